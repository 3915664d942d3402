//! `gatewright prices`: what models cost from when on, and past calls that are to cost something else.

use super::client::{Remote, encoded};
use super::{keys, output, table};
use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// How often it is asked how far a re-costing is.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Arguments of `prices`.
#[derive(Debug, Args)]
pub(crate) struct PricesArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: PricesCommand,
}

#[derive(Debug, Subcommand)]
enum PricesCommand {
    /// Show what a model costs, and cost before: an alias, MODEL, or PROVIDER/MODEL.
    History {
        /// Its name.
        model: String,
        /// At that provider only.
        #[arg(long)]
        provider: Option<String>,
    },
    /// Have past calls cost what they do at the prices in force, or at others, and wait for it.
    Recost(RecostArguments),
    /// List re-costings, the latest first.
    Recostings,
    /// Show how far a re-costing is, and what it changes.
    Show {
        /// Its id.
        id: String,
    },
    /// End one that is not wanted any more; what it changed stays changed.
    Cancel {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Args)]
struct RecostArguments {
    /// Calls from then on, as `2026-11-01`.
    #[arg(long)]
    from: String,
    /// And before then; until now unless given.
    #[arg(long)]
    to: Option<String>,
    /// Attempts at that provider only.
    #[arg(long)]
    provider: Option<String>,
    /// Attempts with that name of a model there only.
    #[arg(long)]
    upstream_model: Option<String>,
    /// Calls of that model, as callers name it, only.
    #[arg(long)]
    model: Option<String>,
    /// A price in place of those in force, by its name in the configuration; may be given several times.
    #[arg(long = "price", value_name = "NAME=USD")]
    prices: Vec<String>,
    /// Not before then.
    #[arg(long)]
    not_before: Option<String>,
    /// Change nothing, and show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Do not wait.
    #[arg(long)]
    no_wait: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &PricesArguments) -> ExitCode {
    let remote = &arguments.remote;
    let path = |id: &str, end: &str| format!("/api/v1/prices/recostings/{}{end}", encoded(id));
    match &arguments.command {
        PricesCommand::History { model, provider } => {
            let mut path = format!("/api/v1/prices/{}/history", encoded(model));
            if let Some(provider) = provider {
                path.push_str(&format!("?provider={}", encoded(provider)));
            }
            remote.ask_and_print(Method::GET, &path, None, tell_history)
        }
        PricesCommand::Recost(asked) => recost(remote, asked),
        PricesCommand::Recostings => remote.list_and_print("/api/v1/prices/recostings", "", |list| {
            let columns =
                ["created_at", "id", "state", "dry_run", "upstream_model", "records", "difference_usd"];
            table::print(&columns, &keys::rows(list));
        }),
        PricesCommand::Show { id } => remote.ask_and_print(Method::GET, &path(id, ""), None, tell),
        PricesCommand::Cancel { id } => {
            remote.ask_and_print(Method::POST, &path(id, "/cancel"), None, |shown| output::note(state(shown)))
        }
    }
}

fn recost(remote: &Remote, asked: &RecostArguments) -> ExitCode {
    let mut prices = Map::new();
    for price in &asked.prices {
        let Some((name, usd)) = price.split_once('=') else {
            output::note(format!("gatewright: '{price}' is no price: write NAME=USD"));
            return ExitCode::from(super::EXIT_USAGE);
        };
        prices.insert(name.to_owned(), usd.into());
    }
    let body = json!({
        "from": asked.from,
        "to": asked.to,
        "provider": asked.provider,
        "upstream_model": asked.upstream_model,
        "model": asked.model,
        "prices": (!prices.is_empty()).then_some(prices),
        "not_before": asked.not_before,
        "dry_run": asked.dry_run,
    });
    let mut shown = match remote.ask(Method::POST, "/api/v1/prices/recostings", Some(&body)) {
        Ok(shown) => shown,
        Err(error) => return output::fail(&error, 1),
    };
    let path = format!("/api/v1/prices/recostings/{}", shown["id"].as_str().unwrap_or_default());
    while !asked.no_wait && matches!(shown["state"].as_str(), Some("waiting" | "running")) {
        std::thread::sleep(ASK_EVERY);
        shown = match remote.ask(Method::GET, &path, None) {
            Ok(shown) => shown,
            Err(error) => return output::fail(&error, 1),
        };
    }
    if remote.json {
        output::line(&shown);
    } else {
        tell(&shown);
    }
    if asked.no_wait || shown["state"] == "done" { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn state(shown: &Value) -> String {
    let text = |name: &str| shown[name].as_str().unwrap_or_default();
    let verb = if shown["dry_run"] == true { "would change" } else { "changed" };
    let left: Vec<String> = shown["left"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(why, count)| format!("{count} {why}"))
        .collect();
    let left =
        if left.is_empty() { String::new() } else { format!("; left as they are: {}", left.join(", ")) };
    format!(
        "{} is {}: {} of {} calls {verb}, {} USD before, {} USD after{left}{}",
        text("id"),
        text("state"),
        shown["records"],
        shown["seen"],
        text("cost_before_usd"),
        text("cost_after_usd"),
        shown["error"].as_str().map(|why| format!(": {why}")).unwrap_or_default(),
    )
}

/// How far it is, and what it changes.
fn tell(shown: &Value) {
    output::note(state(shown));
    let columns = ["name", "records", "cost_before_usd", "cost_after_usd", "difference_usd"];
    for part in ["models", "teams"] {
        let rows = shown[part].as_array().cloned().unwrap_or_default();
        if !rows.is_empty() {
            output::note(format!("{part}:"));
            table::print(&columns, &rows);
        }
    }
}

/// A line for each price from each time on.
fn tell_history(list: &Value) {
    let mut rows = Vec::new();
    for model in keys::rows(list) {
        for stretch in model["history"].as_array().into_iter().flatten() {
            for price in stretch["prices"].as_array().into_iter().flatten() {
                rows.push(json!({
                    "from": stretch["from"],
                    "to": stretch["to"],
                    "provider": model["provider"],
                    "model": model["model"],
                    "unit": price["unit"],
                    "tier": price["tier"],
                    "above_tokens": price["above_tokens"],
                    "usd_per_million": price["usd_per_million"],
                    "book": stretch["book"],
                }));
            }
        }
    }
    let columns =
        ["from", "to", "provider", "model", "unit", "tier", "above_tokens", "usd_per_million", "book"];
    table::print(&columns, &rows);
}
