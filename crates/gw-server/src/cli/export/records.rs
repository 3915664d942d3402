//! `gatewright export records`: records of requests in a file, written by a running gateway.

use crate::cli::client::{LONG, Remote};
use crate::cli::{EXIT_USAGE, output};
use clap::{Args, ValueEnum};
use http::Method;
use serde_json::{Map, Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How often it is asked how far the export is.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Which records, and where to.
#[derive(Debug, Args)]
pub(crate) struct RecordsArguments {
    /// Parquet, or JSON with one record to a line.
    #[arg(long, value_enum, default_value = "parquet")]
    format: Format,
    /// Write it to this file. Without it the gateway keeps the file, and its name is printed.
    #[arg(long, conflicts_with = "s3")]
    output: Option<PathBuf>,
    /// Send it to the object storage of the configuration.
    #[arg(long)]
    s3: bool,
    /// With what callers sent and got, where that is kept.
    #[arg(long)]
    with_bodies: bool,
    /// Records from then on, as `2026-11-01` or `2026-11-01T00:00:00Z`.
    #[arg(long)]
    from: Option<String>,
    /// Records of before then; of before now unless given.
    #[arg(long)]
    until: Option<String>,
    /// Only records for which that holds, as `model=chat`: parameters of `GET /api/v1/logs`. May be repeated.
    #[arg(long = "where", value_name = "NAME=VALUE")]
    filter: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Parquet,
    Jsonl,
}

/// Asks for the export, waits for it, and fetches it where it is wanted.
pub(crate) fn run(remote: &Remote, arguments: &RecordsArguments) -> ExitCode {
    let mut filter = Map::new();
    for pair in &arguments.filter {
        let Some((name, value)) = pair.split_once('=') else {
            output::note(format!("gatewright: --where {pair}: write NAME=VALUE, as in --where model=chat"));
            return ExitCode::from(EXIT_USAGE);
        };
        filter.insert(name.to_owned(), value.into());
    }
    let body = json!({
        "format": if arguments.format == Format::Parquet { "parquet" } else { "jsonl" },
        "to": if arguments.s3 { "s3" } else { "directory" },
        "with_bodies": arguments.with_bodies,
        "filter": filter,
        "from": arguments.from,
        "until": arguments.until,
    });
    let done = match wait(remote, &body) {
        Ok(done) => done,
        Err(error) => return output::fail(&*error, 1),
    };
    if done["state"] != "done" {
        let why = done["error"].as_str().unwrap_or("somebody cancelled it");
        output::note(format!(
            "gatewright: the export is {}: {why}",
            done["state"].as_str().unwrap_or("over")
        ));
        return ExitCode::FAILURE;
    }
    if let Some(file) = &arguments.output
        && let Err(error) = fetch(remote, &done, file)
    {
        return output::fail(&*error, 1);
    }
    tell(remote, arguments, &done);
    ExitCode::SUCCESS
}

fn tell(remote: &Remote, arguments: &RecordsArguments, done: &Value) {
    if remote.json {
        output::line(done);
        return;
    }
    let name = done["name"].as_str().unwrap_or_default();
    let place = arguments.output.as_ref().map_or_else(|| name.to_owned(), |file| file.display().to_string());
    output::line(format!("{} records, {} bytes: {place}", done["records"], done["bytes"]));
}

/// The export, once it is over.
fn wait(remote: &Remote, body: &Value) -> Result<Value, Box<dyn std::error::Error>> {
    let mut export = remote.ask(Method::POST, "/api/v1/exports", Some(body))?;
    let path = format!("/api/v1/exports/{}", export["id"].as_str().unwrap_or_default());
    while matches!(export["state"].as_str(), Some("waiting" | "running")) {
        std::thread::sleep(ASK_EVERY);
        export = remote.ask(Method::GET, &path, None)?;
    }
    Ok(export)
}

/// Under its name the file is whole.
fn fetch(remote: &Remote, export: &Value, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let path = format!("/api/v1/exports/{}/download", export["id"].as_str().unwrap_or_default());
    let mut name =
        file.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?.to_owned();
    name.push(".part");
    let part = file.with_file_name(name);
    let fetched = remote.ask_to_file(&path, &part, LONG);
    let expected = export["bytes"].as_u64();
    let written = fetched.and_then(|bytes| match Some(bytes) == expected {
        true => std::fs::rename(&part, file).map_err(Into::into),
        false => Err(format!("{bytes} of {} bytes came", expected.unwrap_or(0)).into()),
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}
