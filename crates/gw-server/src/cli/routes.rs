//! `gatewright routes`: dynamic routes of a running gateway, and where a request would go, also without one.

use super::client::{Remote, encoded};
use super::{EXIT_USAGE, keys, output, table};
use crate::app::embeddings::{self, Reading};
use crate::app::routes::explain::{Asked, explain};
use crate::serve::configuration::{self, Origin};
use clap::{Args, Subcommand};
use gw_model::Clock;
use gw_pipeline::{Live, SystemClock};
use gw_store::memory::Gates;
use http::Method;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Largest body that is read.
const MAX_BODY_BYTES: u64 = 64 << 20;

/// Arguments of `routes`.
#[derive(Debug, Args)]
pub(crate) struct RoutesArguments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: RoutesCommand,
}

#[derive(Debug, Subcommand)]
enum RoutesCommand {
    /// List the routes of the admin API.
    List,
    /// Show a route with its draft and what is published.
    Show {
        /// Its name.
        name: String,
    },
    /// Put the draft in force.
    Publish {
        /// Its name.
        name: String,
    },
    /// Put an earlier version in force.
    Rollback {
        /// Its name.
        name: String,
        /// The version; the one published before unless given.
        #[arg(long)]
        version: Option<i64>,
    },
    /// Say which way a request would take through a route, or an alias of a file, and why.
    Explain(Box<ExplainArguments>),
}

#[derive(Debug, Args)]
struct ExplainArguments {
    /// The route's name.
    name: String,
    /// File with the body of the request; `-` is standard input.
    #[arg(long)]
    body: PathBuf,
    /// A header of the request, as `name=value`; may be repeated.
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
    /// The wire format of the request.
    #[arg(long, default_value = "chat")]
    format: String,
    /// Ask the routes of this configuration file, without a gateway.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The version: a number, or `draft`; what is published unless given.
    #[arg(long, conflicts_with = "config")]
    version: Option<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &RoutesArguments) -> ExitCode {
    let remote = &arguments.remote;
    match &arguments.command {
        RoutesCommand::List => remote.list_and_print("/api/v1/routes", "", |list| {
            let rows: Vec<Value> = keys::rows(list).iter().map(readable).collect();
            table::print(&["id", "name", "published", "draft", "updated_at"], &rows);
        }),
        RoutesCommand::Show { name } => with_id(remote, name, |id| {
            remote.ask_and_print(Method::GET, &format!("/api/v1/routes/{id}"), None, |route| {
                output::line(format!("{route:#}"));
            })
        }),
        RoutesCommand::Publish { name } => in_force(remote, name, "publish", &json!({})),
        RoutesCommand::Rollback { name, version } => {
            in_force(remote, name, "rollback", &json!({ "version": version }))
        }
        RoutesCommand::Explain(asked) => match &asked.config {
            Some(file) => offline(asked, file, remote.json),
            None => online(asked, remote),
        },
    }
}

fn in_force(remote: &Remote, name: &str, verb: &str, body: &Value) -> ExitCode {
    with_id(remote, name, |id| {
        let path = format!("/api/v1/routes/{id}/{verb}");
        remote.ask_and_print(Method::POST, &path, Some(body), |route| {
            let number = route.pointer("/published/number").cloned().unwrap_or_default();
            output::line(format!("version {number} of '{name}' is in force"));
        })
    })
}

/// Versions by their numbers alone.
fn readable(row: &Value) -> Value {
    let mut row = row.clone();
    for state in ["published", "draft"] {
        row[state] = row[state]["number"].take();
    }
    row
}

/// Goes on with the id of the route of that name.
fn with_id(remote: &Remote, name: &str, then: impl FnOnce(&str) -> ExitCode) -> ExitCode {
    let found = match remote.ask(Method::GET, &format!("/api/v1/routes?name={}", encoded(name)), None) {
        Ok(list) => keys::rows(&list).first().and_then(|row| Some(row.get("id")?.as_str()?.to_owned())),
        Err(error) => return output::fail(&error, 1),
    };
    match found {
        Some(id) => then(&id),
        None => {
            output::note(format!("gatewright: there is no route named '{name}'"));
            ExitCode::FAILURE
        }
    }
}

/// What is to be asked, or what is wrong with it.
fn question(arguments: &ExplainArguments) -> Result<(Value, Vec<(String, String)>), String> {
    let shown = arguments.body.display();
    let mut text = String::new();
    let read = if arguments.body.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_BODY_BYTES).read_to_string(&mut text)
    } else {
        std::fs::File::open(&arguments.body)
            .and_then(|file| file.take(MAX_BODY_BYTES).read_to_string(&mut text))
    };
    read.map_err(|error| format!("{shown}: cannot be read: {error}"))?;
    let body = serde_json::from_str(&text).map_err(|error| format!("{shown}: is no JSON: {error}"))?;
    let pair = |header: &String| {
        let (name, value) = header.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    let wrong = |header: &String| format!("'{header}' is no header: write NAME=VALUE");
    let headers = arguments.headers.iter().map(|header| pair(header).ok_or_else(|| wrong(header)));
    Ok((body, headers.collect::<Result<_, _>>()?))
}

fn online(arguments: &ExplainArguments, remote: &Remote) -> ExitCode {
    let (body, headers) = match question(arguments) {
        Ok(asked) => asked,
        Err(message) => return usage(&message),
    };
    let headers: Map<String, Value> = headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    let version = arguments.version.as_ref().map(|version| match version.parse::<i64>() {
        Ok(number) => json!(number),
        Err(_) => json!(version),
    });
    let request = json!({ "format": arguments.format, "body": body, "headers": headers });
    let asked = json!({ "version": version, "request": request });
    with_id(remote, &arguments.name, |id| {
        remote.ask_and_print(Method::POST, &format!("/api/v1/routes/{id}/simulate"), Some(&asked), show)
    })
}

/// Asks a route of a file. All deployments are taken to be well.
fn offline(arguments: &ExplainArguments, file: &std::path::Path, as_json: bool) -> ExitCode {
    let origin = Origin { file: Some(file.to_owned()), ..Origin::default() };
    let compiled = match configuration::read(&origin, 1) {
        Ok(compiled) => compiled,
        Err(error) => return usage(&error),
    };
    let (body, headers) = match question(arguments) {
        Ok(asked) => asked,
        Err(message) => return usage(&message),
    };
    let Some(model) = compiled.snapshot.models.get(arguments.name.as_str()).map(Arc::clone) else {
        return usage(&format!("{}: there is no route '{}'", file.display(), arguments.name));
    };
    // Without the weights the rest can be said all the same.
    let loaded = embeddings::load(compiled.embeddings.as_ref(), None, Reading::Now);
    let loaded = loaded.inspect_err(|error| output::note(error)).ok().flatten();
    let live = match Live::alone(compiled.snapshot, embeddings::of(loaded.as_ref())) {
        Ok(live) => live,
        Err(error) => return output::fail(&error, EXIT_USAGE),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&error, 1),
    };
    let asked = Asked { format: Some(arguments.format.clone()), body, headers, key: None };
    let when = (SystemClock::new().now(), fastrand::u64(..));
    match runtime.block_on(explain(&live, &Gates::default(), &model, asked, when)) {
        Ok(said) if as_json => output::line(&said),
        Ok(said) => show(&said),
        Err(error) => return output::fail(&error, 1),
    }
    ExitCode::SUCCESS
}

fn usage(message: &dyn std::fmt::Display) -> ExitCode {
    output::note(message);
    ExitCode::from(EXIT_USAGE)
}

/// The way, a line for each step, then the targets.
fn show(said: &Value) {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    for step in said["steps"].as_array().into_iter().flatten() {
        let after = if step["on_failure"] == true { "  on failure: " } else { "" };
        output::line(format!(
            "{after}{} ({}): {}",
            text(step, "node"),
            text(step, "type"),
            text(step, "reason")
        ));
    }
    for choice in said["choices"].as_array().into_iter().flatten() {
        output::line(format!("{}: {}", text(choice, "strategy"), text(choice, "reason")));
        for score in choice["scores"].as_array().into_iter().flatten() {
            let lacks = if score["suits"] == false { ", cannot do it" } else { "" };
            output::line(format!(
                "  {} for {}: quality {}, cost {}, latency {}{lacks}",
                score["score"],
                text(score, "name"),
                score["quality"],
                score["cost"],
                score["latency"]
            ));
        }
    }
    for (index, target) in said["targets"].as_array().into_iter().flatten().enumerate() {
        output::line(format!("target {}: {}/{}", index + 1, text(target, "provider"), text(target, "model")));
    }
    if let Some(refusal) = said["refusal"].as_object() {
        let status = refusal.get("status").cloned().unwrap_or_default();
        let message = refusal.get("message").and_then(Value::as_str).unwrap_or_default();
        output::line(format!("refused with {status}: {message}"));
    }
}
