//! `gatewright schema` and `gatewright openapi`.

use super::output;
use std::process::ExitCode;

/// Prints the JSON Schema of the configuration.
pub(crate) fn config() -> ExitCode {
    print(&gw_config::schema())
}

/// Prints the admin API's OpenAPI document.
pub(crate) fn openapi() -> ExitCode {
    print(&crate::admin::openapi::document())
}

fn print(value: &serde_json::Value) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => {
            output::line(text);
            ExitCode::SUCCESS
        }
        Err(error) => output::fail(&error, 1),
    }
}
