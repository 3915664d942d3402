//! `gatewright report`: reports for whoever pays.

mod reconcile;

use super::client::{LONG, Remote, encoded};
use super::{keys, logs, output, table};
use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// What each team, project or customer used and what it cost, month by month.
    Chargeback(ChargebackArguments),
    /// A provider's invoice (CSV) beside what was metered, by day and model; exit code 1 where they differ.
    Reconcile(reconcile::ReconcileArguments),
}

#[derive(Debug, Args)]
struct ChargebackArguments {
    /// Whom it is charged to: team, project, customer, organization, user, key or tag.
    #[arg(long, default_value = "team")]
    group_by: String,
    /// From when on, as `2026-11-01`; the beginning of the month unless given.
    #[arg(long)]
    from: Option<String>,
    /// Until when; until now unless given.
    #[arg(long)]
    to: Option<String>,
    /// Only calls with that, as NAME=VALUE; as often as wanted: `--filter model=chat-prod`.
    #[arg(long = "filter", value_name = "NAME=VALUE", value_parser = logs::filter)]
    filters: Vec<(String, String)>,
    /// A table for people, CSV or JSON.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Write it to a file.
    #[arg(long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &ReportArguments) -> ExitCode {
    match &arguments.command {
        ReportCommand::Chargeback(asked) => chargeback(arguments, asked),
        ReportCommand::Reconcile(asked) => reconcile::run(&arguments.remote, asked),
    }
}

fn chargeback(arguments: &ReportArguments, asked: &ChargebackArguments) -> ExitCode {
    let format = if arguments.remote.json { Format::Json } else { asked.format };
    let mut path = format!("/api/v1/reports/chargeback?group_by={}", encoded(&asked.group_by));
    for (name, value) in [("from", &asked.from), ("to", &asked.to)] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    for (name, value) in &asked.filters {
        path.push_str(&format!("&{}", logs::pair(name, value)));
    }
    if format == Format::Csv {
        path.push_str("&format=csv");
    }
    if format == Format::Table && asked.output.is_none() {
        return arguments.remote.ask_and_print(Method::GET, &path, None, |list| {
            let columns =
                ["month", "id", "name", "requests", "input_tokens", "output_tokens", "cost_usd", "saved_usd"];
            table::print(&columns, &keys::rows(list));
        });
    }
    let told = match arguments.remote.ask_bytes(Method::GET, &path, None, LONG) {
        Ok(told) => told,
        Err(error) => return output::fail(&error, 1),
    };
    match &asked.output {
        None => output::line(String::from_utf8_lossy(&told).trim_end()),
        Some(file) => {
            if let Err(error) = std::fs::write(file, &told) {
                output::note(format!("gatewright: {} cannot be written", file.display()));
                return output::fail(&error, 1);
            }
        }
    }
    ExitCode::SUCCESS
}
