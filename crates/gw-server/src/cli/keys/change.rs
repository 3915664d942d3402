//! `gatewright keys update`: changes what is given of a key, and leaves the rest.

use super::policy::PolicyArguments;
use super::{Which, show};
use crate::cli::client::Remote;
use crate::cli::{EXIT_USAGE, output};
use clap::Args;
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Arguments of `keys update`.
#[derive(Debug, Args)]
pub(super) struct UpdateArguments {
    #[command(flatten)]
    which: Which,
    /// Name, for people.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    policy: PolicyArguments,
    /// What to take away, separated by commas: members as the API names them, as `expires_at,budget,limits.rpm`.
    #[arg(long, value_delimiter = ',', value_name = "MEMBERS")]
    clear: Vec<String>,
}

impl UpdateArguments {
    /// Errors: what is given and taken away at once.
    fn body(&self) -> Result<Value, String> {
        let mut body = self.policy.body();
        if let Some(name) = &self.name {
            body.insert("name".to_owned(), json!(name));
        }
        for member in &self.clear {
            let pointer = format!("/{}", member.replace('.', "/"));
            if Value::Object(body.clone()).pointer(&pointer).is_some_and(|given| !given.is_null()) {
                return Err(member.clone());
            }
            match member.split_once('.') {
                // Null lifts one limit, and leaves the others.
                Some(("limits", limit)) => {
                    let limits = body.entry("limits").or_insert_with(|| json!({}));
                    limits[limit] = Value::Null;
                }
                _ => {
                    body.insert(member.clone(), Value::Null);
                }
            }
        }
        Ok(Value::Object(body))
    }
}

/// Runs the command. Errors: it is over, with that exit code.
pub(super) fn run(remote: &Remote, arguments: &UpdateArguments) -> Result<ExitCode, ExitCode> {
    let body = arguments.body().map_err(|member| {
        output::note(format!(
            "gatewright: '{member}' is given, and taken away with --clear: do one after the other"
        ));
        ExitCode::from(EXIT_USAGE)
    })?;
    if body.as_object().is_none_or(Map::is_empty) {
        output::note(
            "gatewright: nothing to change: give what is to be another, as --rpm 60 or --clear expires_at",
        );
        return Err(ExitCode::from(EXIT_USAGE));
    }
    let path = arguments.which.path(remote)?;
    Ok(remote.ask_and_print(Method::PATCH, &path, Some(&body), show))
}
