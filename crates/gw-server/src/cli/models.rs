//! `gatewright models`: what can be called, and at what price.

use super::client::{Remote, encoded};
use super::{keys, table};
use clap::Args;
use http::Method;
use std::process::ExitCode;

/// Arguments of `models`.
#[derive(Debug, Args)]
pub(crate) struct ModelsArguments {
    #[command(flatten)]
    remote: Remote,
    /// Only this provider's.
    #[arg(long)]
    provider: Option<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &ModelsArguments) -> ExitCode {
    let mut path = "/api/v1/models?limit=10000".to_owned();
    if let Some(provider) = &arguments.provider {
        path.push_str(&format!("&provider={}", encoded(provider)));
    }
    arguments.remote.ask_and_print(Method::GET, &path, None, |list| {
        table::print(
            &[
                "id",
                "providers",
                "input_usd_per_million_tokens",
                "output_usd_per_million_tokens",
                "max_input_tokens",
                "max_output_tokens",
                "capabilities",
            ],
            &keys::rows(list),
        );
    })
}
