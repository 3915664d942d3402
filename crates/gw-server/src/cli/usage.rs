//! `gatewright usage`: what was used and what it cost.

use super::client::{Remote, encoded};
use super::{keys, logs, table};
use clap::Args;
use http::Method;
use std::process::ExitCode;

/// Arguments of `usage`.
#[derive(Debug, Args)]
pub(crate) struct UsageArguments {
    #[command(flatten)]
    remote: Remote,
    /// Dimension: key, user, team, project, organization, customer, tag, model, provider or day.
    #[arg(long, default_value = "key")]
    group_by: String,
    /// From when on, as `2026-11-01` or `2026-11-01T12:00:00Z`.
    #[arg(long)]
    from: Option<String>,
    /// Until when.
    #[arg(long)]
    to: Option<String>,
    /// Only calls with that, as NAME=VALUE; as often as wanted: `--filter tag=checkout --filter region=eu-west-1`. The guide of
    /// figures has the names.
    #[arg(long = "filter", value_name = "NAME=VALUE", value_parser = logs::filter)]
    filters: Vec<(String, String)>,
}

/// Runs the command.
pub(crate) fn run(arguments: &UsageArguments) -> ExitCode {
    let mut path = format!("/api/v1/usage?group_by={}", encoded(&arguments.group_by));
    for (name, value) in [("from", &arguments.from), ("to", &arguments.to)] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    for (name, value) in &arguments.filters {
        path.push_str(&format!("&{}", logs::pair(name, value)));
    }
    arguments.remote.ask_and_print(Method::GET, &path, None, |list| {
        let by_key = arguments.group_by == "key";
        let rows = keys::rows(list);
        let has_names = rows.iter().any(|row| row["name"].is_string());
        let mut columns: Vec<&str> = match (by_key, has_names) {
            (true, _) => vec!["key_name", "key_id"],
            (false, true) => vec!["name", &arguments.group_by],
            (false, false) => vec![&arguments.group_by],
        };
        columns.extend(["requests", "errors", "input_tokens", "output_tokens", "cached_tokens", "cost_usd"]);
        table::print(&columns, &rows);
    })
}
