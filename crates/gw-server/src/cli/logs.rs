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
    /// Any other filter of the list, as NAME=VALUE; as often as wanted: `--filter region=eu-west-1 --filter min_cost_usd=0.05`.
    /// The guide of records has their names.
    #[arg(long = "filter", value_name = "NAME=VALUE", value_parser = filter)]
    filters: Vec<(String, String)>,
    /// How many.
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

/// Runs the command.
pub(crate) fn run(arguments: &LogsArguments) -> ExitCode {
    if arguments.follow {
        return follow::run(arguments);
    }
    let limit = [format!("limit={}", arguments.limit)];
    let times = [("request_id", &arguments.request_id), ("from", &arguments.from), ("to", &arguments.to)];
    let times = times.iter().filter_map(|(name, value)| Some(pair(name, value.as_deref()?)));
    let query: Vec<String> = limit.into_iter().chain(arguments.filters()).chain(times).collect();
    let path = format!("/api/v1/logs?{}", query.join("&"));
    arguments.remote.ask_and_print(Method::GET, &path, None, |list| {
        table::print(&COLUMNS, &keys::rows(list));
    })
}

impl LogsArguments {
    /// What is asked of records, as it stands in an address.
    fn filters(&self) -> impl Iterator<Item = String> {
        let named = [("key_id", &self.key_id), ("model", &self.model), ("outcome", &self.outcome)];
        let named = named.into_iter().filter_map(|(name, value)| Some(pair(name, value.as_deref()?)));
        named.chain(self.filters.iter().map(|(name, value)| pair(name, value)))
    }
}

pub(super) fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

/// Reads one filter. Errors: it has no name, or no value.
pub(super) fn filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("write NAME=VALUE, such as region=eu-west-1".to_owned()),
    }
}
