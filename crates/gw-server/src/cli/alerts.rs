//! `gatewright alerts`: what goes on at a running gateway, what happened, who is told, and a test of a channel.

use super::client::{Remote, encoded};
use super::{keys, output, table};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Arguments of `alerts`.
#[derive(Debug, Args)]
pub(crate) struct AlertsArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: AlertsCommand,
}

#[derive(Debug, Subcommand)]
enum AlertsCommand {
    /// List what goes on now.
    List,
    /// List what happened, newest first.
    Events {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// List channels.
    Channels,
    /// Tell a channel that this is a test.
    Test {
        /// The channel's id, as `alerts channels` lists it.
        channel: String,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &AlertsArguments) -> ExitCode {
    let ask = |path: &str, columns: &'static [&'static str]| {
        arguments.remote.ask_and_print(Method::GET, path, None, |list| {
            let rows: Vec<Value> = keys::rows(list).iter().map(readable).collect();
            table::print(columns, &rows);
        })
    };
    let all = |path: &str, columns: &'static [&'static str]| {
        arguments.remote.list_and_print(path, "", |list| {
            let rows: Vec<Value> = keys::rows(list).iter().map(readable).collect();
            table::print(columns, &rows);
        })
    };
    match &arguments.command {
        AlertsCommand::List => all("/api/v1/alerts", &["fired_at", "severity", "rule", "summary"]),
        AlertsCommand::Events { limit } => {
            let path = format!("/api/v1/alerts/events?limit={limit}");
            ask(&path, &["time", "type", "severity", "rule", "summary", "told"])
        }
        AlertsCommand::Channels => {
            all("/api/v1/alerts/channels", &["id", "name", "kind", "target", "default", "managed_by"])
        }
        AlertsCommand::Test { channel } => {
            let path = format!("/api/v1/alerts/channels/{}/test", encoded(channel));
            arguments.remote.ask_and_print(Method::POST, &path, None, |answer| {
                match answer.get("error").and_then(Value::as_str) {
                    None => output::note("the channel took it"),
                    Some(error) => output::note(format!("the channel did not take it: {error}")),
                }
            })
        }
    }
}

/// A row for people: the rule by its name, and how many channels were told.
fn readable(row: &Value) -> Value {
    let mut out = row.clone();
    if let Some(name) = row.pointer("/rule/name") {
        out["rule"] = name.clone();
    }
    if let Some(deliveries) = row.get("deliveries").and_then(Value::as_array) {
        let sent = deliveries.iter().filter(|one| one.get("state") == Some(&json!("sent"))).count();
        out["told"] = format!("{sent}/{}", deliveries.len()).into();
    }
    out
}
