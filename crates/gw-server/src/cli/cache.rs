//! `gatewright cache`: how full the cache of a running gateway is, and throwing answers away.

use super::client::Remote;
use super::{output, table};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Arguments of `cache`.
#[derive(Debug, Args)]
pub(crate) struct CacheArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Show how full it is.
    Stats,
    /// Print how often the semantic cache would be right at each threshold, on pairs of texts that are known to mean the
    /// same or not.
    #[cfg(feature = "embed")]
    Calibrate(super::calibrate::CalibrateArguments),
    /// Throw answers away of which all that is given holds.
    Purge(PurgeArguments),
}

#[derive(Debug, Args)]
struct PurgeArguments {
    /// One answer, by its `x-gatewright-cache-key`.
    #[arg(long)]
    answer: Option<String>,
    /// Of a model, as callers name it.
    #[arg(long)]
    model: Option<String>,
    /// Of calls with this tag.
    #[arg(long)]
    tag: Option<String>,
    /// Of calls of this virtual key, by its id.
    #[arg(long)]
    key_id: Option<String>,
    /// Of calls that count for this team, organization, project, user, customer or tag, by its id.
    #[arg(long)]
    account_id: Option<String>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &CacheArguments) -> ExitCode {
    match &arguments.command {
        CacheCommand::Stats => arguments.remote.ask_and_print(Method::GET, "/api/v1/cache", None, |stats| {
            table::print(
                &[
                    "enabled",
                    "entries",
                    "bytes",
                    "max_bytes",
                    "evicted",
                    "index_entries",
                    "index_bytes",
                    "pending_purges",
                ],
                std::slice::from_ref(stats),
            );
        }),
        #[cfg(feature = "embed")]
        CacheCommand::Calibrate(calibrate) => super::calibrate::run(calibrate, arguments.remote.json),
        CacheCommand::Purge(purge) => {
            let body = body(purge);
            arguments.remote.ask_and_print(Method::POST, "/api/v1/cache/purge", Some(&body), |answer| {
                output::note(format!("{} answers purged", answer.get("purged").unwrap_or(&Value::Null)));
                if answer.get("pending") == Some(&Value::Bool(true)) {
                    output::note("the store of answers is out of reach: it is told as soon as it is back");
                }
            })
        }
    }
}

fn body(purge: &PurgeArguments) -> Value {
    let mut body = Map::new();
    let texts = [
        ("key", &purge.answer),
        ("model", &purge.model),
        ("tag", &purge.tag),
        ("key_id", &purge.key_id),
        ("account_id", &purge.account_id),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            body.insert(name.to_owned(), json!(text));
        }
    }
    if purge.all {
        body.insert("all".to_owned(), json!(true));
    }
    Value::Object(body)
}
