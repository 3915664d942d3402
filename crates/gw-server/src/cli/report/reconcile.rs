//! `gatewright report reconcile FILE`: a provider's invoice beside what was metered. Its exit code is 1 where they differ.

use crate::cli::client::Remote;
use crate::cli::{output, table};
use clap::Args;
use http::Method;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct ReconcileArguments {
    /// The invoice, as CSV.
    file: PathBuf,
    /// The provider, as the configuration names it.
    #[arg(long)]
    provider: String,
    /// Which column says what, as `day=Date`: day, model, input_tokens, output_tokens, cached_tokens, cost_usd.
    #[arg(long = "column", value_name = "WHAT=NAME", value_parser = pair)]
    columns: Vec<(String, String)>,
    /// What the gateway calls a model that the invoice calls otherwise, as `gpt-4o-2024-08-06=gpt-4o`.
    #[arg(long = "model", value_name = "THEIRS=OURS", value_parser = pair)]
    models: Vec<(String, String)>,
    /// Input tokens of the invoice are without those that were read from a cache.
    #[arg(long)]
    input_excludes_cached: bool,
    /// What stands before the places of numbers, `.` or `,`; found out unless given.
    #[arg(long, default_value = "")]
    decimal: String,
    /// How far amounts may be apart, in percent of the larger.
    #[arg(long, default_value = "0")]
    tolerance_percent: String,
    /// How far costs may be apart at least.
    #[arg(long, default_value = "0")]
    tolerance_usd: String,
    /// From this day on; from the invoice's first unless given.
    #[arg(long)]
    from: Option<String>,
    /// Before this day; up to the invoice's last unless given.
    #[arg(long)]
    to: Option<String>,
    /// Show lines that agree too.
    #[arg(long)]
    all: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (one, other) = text.split_once('=').ok_or("write it as NAME=NAME")?;
    Ok((one.to_owned(), other.to_owned()))
}

/// A name that is given twice.
fn twice(pairs: &[(String, String)]) -> Option<&str> {
    let is_twice =
        |(at, (name, _)): &(usize, &(String, String))| pairs[..*at].iter().any(|(one, _)| one == name);
    pairs.iter().enumerate().find(is_twice).map(|(_, (name, _))| name.as_str())
}

/// Runs the command.
pub(super) fn run(remote: &Remote, asked: &ReconcileArguments) -> ExitCode {
    if let Some(name) = twice(&asked.columns).or_else(|| twice(&asked.models)) {
        output::note(format!("gatewright: '{name}' is given twice"));
        return ExitCode::from(2);
    }
    let csv = match std::fs::read_to_string(&asked.file) {
        Ok(csv) => csv,
        Err(error) => {
            output::note(format!("gatewright: {} cannot be read", asked.file.display()));
            return output::fail(&error, 2);
        }
    };
    let texts = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
    };
    let body = json!({
        "provider": asked.provider,
        "csv": csv,
        "columns": texts(&asked.columns),
        "models": texts(&asked.models),
        "input_excludes_cached": asked.input_excludes_cached,
        "decimal": asked.decimal,
        "tolerance_percent": asked.tolerance_percent,
        "tolerance_usd": asked.tolerance_usd,
        "from": asked.from,
        "to": asked.to,
    });
    let report = match remote.ask_long(Method::POST, "/api/v1/reports/reconcile", &body) {
        Ok(report) => report,
        Err(error) => return output::fail(&error, 2),
    };
    if remote.json {
        output::line(&report);
    } else {
        show(&report, asked.all);
    }
    ExitCode::from(u8::from(report["agrees"] != true))
}

fn show(report: &Value, all: bool) {
    let lines = report["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let wanted = lines.iter().filter(|line| all || line["status"] != "agrees");
    let mut rows: Vec<Value> = wanted.map(flat).collect();
    let mut total = report["total"].clone();
    total["day"] = "total".into();
    rows.push(flat(&total));
    let kinds = ["input_tokens", "output_tokens", "cached_tokens", "cost_usd"];
    let kinds = kinds.into_iter().filter(|kind| !report["total"]["invoice"][kind].is_null());
    let names: Vec<String> = kinds
        .flat_map(|kind| ["invoice", "gateway", "difference"].map(|side| format!("{side} {kind}")))
        .collect();
    let columns: Vec<&str> =
        ["day", "model", "status"].into_iter().chain(names.iter().map(String::as_str)).collect();
    table::print(&columns, &rows);
    for unread in report["unread"].as_array().into_iter().flatten() {
        let text = unread["message"].as_str().unwrap_or_default();
        output::note(format!("line {} is not counted: {text}", unread["line"]));
    }
    output::note(format!("{} of {} lines differ", report["differing"], report["lines"]));
}

/// A line with its amounts beside each other.
fn flat(line: &Value) -> Value {
    let mut flat = json!({ "day": line["day"], "model": line["model"], "status": line["status"] });
    for side in ["invoice", "gateway", "difference"] {
        for (kind, amount) in line[side].as_object().into_iter().flatten() {
            flat[format!("{side} {kind}")] = amount.clone();
        }
    }
    flat
}
