//! `gatewright eval`: datasets put to models at a running gateway, and how those fared.

use super::client::{LONG, Remote, encoded};
use super::{EXIT_USAGE, keys, output, table};
use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How often it is asked how far an evaluation is.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Arguments of `eval`.
#[derive(Debug, Args)]
pub(crate) struct EvalArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: EvalCommand,
}

#[derive(Debug, Subcommand)]
enum EvalCommand {
    /// List evaluations, the latest first.
    List,
    /// Begin one that a JSON file describes, as the body of `POST /api/v1/evaluations`, and wait for it.
    Run {
        /// The file.
        file: PathBuf,
        /// Do not wait.
        #[arg(long)]
        no_wait: bool,
        /// Fail where a model passes a smaller share of items, from 0 to 1.
        #[arg(long, value_name = "SHARE")]
        min_pass_rate: Option<f64>,
    },
    /// Show how models fared.
    Show {
        /// The evaluation's id.
        id: String,
    },
    /// End one that is not wanted any more.
    Cancel {
        /// The evaluation's id.
        id: String,
    },
    /// Go on with what has no answer.
    Resume {
        /// The evaluation's id.
        id: String,
        /// What all of it may cost from now on.
        #[arg(long)]
        budget_usd: Option<String>,
    },
    /// Write the results to a file.
    Export {
        /// The evaluation's id.
        id: String,
        /// The file.
        #[arg(long)]
        output: PathBuf,
        /// A table, or JSON with one result to a line.
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

/// Runs the command.
pub(crate) fn run(arguments: &EvalArguments) -> ExitCode {
    let remote = &arguments.remote;
    let path = |id: &str, end: &str| format!("/api/v1/evaluations/{}{end}", encoded(id));
    match &arguments.command {
        EvalCommand::List => remote.list_and_print("/api/v1/evaluations", "", |list| {
            let columns = ["created_at", "id", "name", "state", "dataset_name", "spent_usd"];
            table::print(&columns, &keys::rows(list));
        }),
        EvalCommand::Run { file, no_wait, min_pass_rate } => begin(remote, file, !no_wait, *min_pass_rate),
        EvalCommand::Show { id } => remote.ask_and_print(Method::GET, &path(id, ""), None, tell),
        EvalCommand::Cancel { id } => {
            remote.ask_and_print(Method::POST, &path(id, "/cancel"), None, |shown| output::note(state(shown)))
        }
        EvalCommand::Resume { id, budget_usd } => {
            let body = json!({ "budget_usd": budget_usd });
            remote.ask_and_print(Method::POST, &path(id, "/resume"), Some(&body), |shown| {
                output::note(state(shown));
            })
        }
        EvalCommand::Export { id, output: file, format } => {
            let format = if *format == Format::Csv { "csv" } else { "jsonl" };
            match remote.ask_to_file(&path(id, &format!("/export?format={format}")), file, LONG) {
                Ok(bytes) => {
                    output::note(format!("{bytes} bytes: {}", file.display()));
                    ExitCode::SUCCESS
                }
                Err(error) => output::fail(&*error, 1),
            }
        }
    }
}

fn begin(remote: &Remote, file: &Path, is_waited_for: bool, least: Option<f64>) -> ExitCode {
    let read = std::fs::read(file).map_err(|error| error.to_string());
    let body =
        read.and_then(|text| serde_json::from_slice::<Value>(&text).map_err(|error| error.to_string()));
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            output::note(format!("gatewright: {}: {error}", file.display()));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let mut shown = match remote.ask(Method::POST, "/api/v1/evaluations", Some(&body)) {
        Ok(shown) => shown,
        Err(error) => return output::fail(&error, 1),
    };
    let path = format!("/api/v1/evaluations/{}", shown["id"].as_str().unwrap_or_default());
    while is_waited_for && matches!(shown["state"].as_str(), Some("waiting" | "running")) {
        std::thread::sleep(ASK_EVERY);
        shown = match remote.ask(Method::GET, &path, None) {
            Ok(shown) => shown,
            Err(error) => return output::fail(&error, 1),
        };
    }
    if remote.json {
        output::line(&shown)
    } else {
        tell(&shown)
    }
    let is_done = !is_waited_for || shown["state"] == "done";
    let rates = shown["summary"].as_array().into_iter().flatten().map(|one| one["pass_rate"].as_f64());
    let is_good = least.is_none_or(|least| rates.into_iter().all(|rate| rate.unwrap_or_default() >= least));
    if is_done && is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn state(shown: &Value) -> String {
    let text = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
    let (progress, error) = (&shown["progress"], text("error"));
    let why = if error.is_empty() { error } else { format!(": {error}") };
    format!(
        "{} is {}, {} of {} done, {} USD spent{why}",
        text("id"),
        text("state"),
        progress["done"],
        progress["total"],
        text("spent_usd")
    )
}

/// How models fared, and against each other.
fn tell(shown: &Value) {
    output::note(state(shown));
    let list = |name: &str| shown[name].as_array().cloned().unwrap_or_default();
    let recorded = &shown["recorded"];
    let mut columns = vec![
        "target",
        "passed",
        "failed",
        "errors",
        "pass_rate",
        "mean_score",
        "cost_usd",
        "p50_ms",
        "p95_ms",
    ];
    if !recorded.is_null() {
        columns.extend(["rated", "feedback_score"]);
    }
    table::print(&columns, &list("summary"));
    let pairs = list("comparison");
    if !pairs.is_empty() {
        table::print(&["a", "b", "a_wins", "b_wins", "ties"], &pairs);
    }
    // What people say of the answers that were recorded, where there is any.
    if recorded["rated"].as_u64() > Some(0) {
        output::note(format!(
            "recorded answers: {} rated, {} of them good, mean score {}",
            recorded["rated"], recorded["passed"], recorded["mean_score"]
        ));
        let against = recorded["comparison"].as_array().cloned().unwrap_or_default();
        table::print(&["target", "target_wins", "recorded_wins", "ties"], &against);
    }
}
