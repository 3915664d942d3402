//! `gatewright logs`: records of requests, newest first.

mod follow;

use super::client::{Remote, encoded};
use super::{keys, table};
use clap::Args;
use http::Method;
use std::process::ExitCode;

/// What of a record is shown to people.
const COLUMNS: [&str; 10] = [
    "time",
    "request_id",
    "model",
    "provider",
    "outcome",
    "status",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "total_ms",
];

/// Arguments of `logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArguments {
    #[command(flatten)]
    remote: Remote,
    /// Only this request.
    #[arg(long)]
    request_id: Option<String>,
    /// Only this key, by id.
    #[arg(long)]
    key_id: Option<String>,
    /// Only this model.
    #[arg(long)]
    model: Option<String>,
    /// Only this outcome: success, refused, upstream_error, stream_cut, client_disconnect, shutdown, lost.
    #[arg(long)]
    outcome: Option<String>,
    /// From when on.
    #[arg(long)]
    from: Option<String>,
    /// Until when.
    #[arg(long)]
    to: Option<String>,
    /// Go on with records as they are stored, until stopped. Filters hold; '--from', '--to' and '--request-id' do not go with it.
    #[arg(long, short, conflicts_with_all = ["from", "to", "request_id"])]
    follow: bool,
    /// How many.
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

/// Runs the command.
pub(crate) fn run(arguments: &LogsArguments) -> ExitCode {
    if arguments.follow {
        return follow::run(arguments);
    }
    let mut path = format!("/api/v1/logs?limit={}", arguments.limit);
    let filters = [
        ("request_id", &arguments.request_id),
        ("key_id", &arguments.key_id),
        ("model", &arguments.model),
        ("outcome", &arguments.outcome),
        ("from", &arguments.from),
        ("to", &arguments.to),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    arguments.remote.ask_and_print(Method::GET, &path, None, |list| {
        table::print(&COLUMNS, &keys::rows(list));
    })
}
