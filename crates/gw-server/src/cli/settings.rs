//! `gatewright settings`: plain settings of a running gateway, where they come from, and changes of those that count at once.

use super::client::{Remote, encoded};
use super::{keys, output, table};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

const PATH: &str = "/api/v1/settings";

/// Arguments of `settings`.
#[derive(Debug, Args)]
pub(crate) struct SettingsArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: SettingsCommand,
}

#[derive(Debug, Subcommand)]
enum SettingsCommand {
    /// List the settings: what is in force, and where it comes from.
    List {
        /// Only those that are not as they are by default.
        #[arg(long)]
        given: bool,
    },
    /// Show a setting.
    Get {
        /// Name, as `records.logging`.
        name: String,
    },
    /// Change a setting, at every gateway. The configuration file goes before.
    Set {
        /// Name, as `records.logging`.
        name: String,
        /// A number, true or false, or a word.
        value: String,
    },
    /// Take the value away that the API gave: the default counts again.
    Reset {
        /// Name, as `records.logging`.
        name: String,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &SettingsArguments) -> ExitCode {
    let remote = &arguments.remote;
    let one = |name: &str| format!("{PATH}/{}", encoded(name));
    match &arguments.command {
        SettingsCommand::List { given } => remote.list_and_print(PATH, "", |list| {
            let mut rows = keys::rows(list);
            rows.retain(|row| !given || row["source"] != "default");
            show(&rows);
        }),
        SettingsCommand::Get { name } => {
            remote.ask_and_print(Method::GET, &one(name), None, |row| show(std::slice::from_ref(row)))
        }
        SettingsCommand::Set { name, value } => {
            let typed: Value = match serde_json::from_str(value) {
                Ok(typed @ (Value::Bool(_) | Value::Number(_))) => typed,
                _ => value.as_str().into(),
            };
            remote.ask_and_print(Method::PATCH, &one(name), Some(&json!({ "value": typed })), |row| {
                show(std::slice::from_ref(row));
            })
        }
        SettingsCommand::Reset { name } => remote.ask_and_print(Method::DELETE, &one(name), None, |_| {
            output::line(format!("{} is as it is by default", output::printable(name)));
        }),
    }
}

fn show(rows: &[Value]) {
    let shown = |row: &Value| {
        let mut row = row.clone();
        if row["hidden"] == true {
            row["value"] = "(hidden)".into();
        }
        row
    };
    let rows: Vec<Value> = rows.iter().map(shown).collect();
    table::print(&["id", "value", "source", "place", "changeable"], &rows);
}
