//! `gatewright export`: what a running gateway has, as a document that `gatewright apply` takes; or its records.

mod records;

use super::client::{LONG, Remote, encoded};
use super::output;
use clap::{Args, Subcommand};
use http::Method;
use std::process::ExitCode;

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    remote: Remote,
    /// Only this organization, by name or id, and what belongs to it.
    #[arg(long)]
    organization: Option<String>,
    /// Write ids too: names may then be changed in the document.
    #[arg(long)]
    ids: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write records of requests to a file, here or in object storage.
    Records(records::RecordsArguments),
}

/// Runs the command.
pub(crate) fn run(arguments: &ExportArguments) -> ExitCode {
    if let Some(What::Records(wanted)) = &arguments.what {
        return records::run(&arguments.remote, wanted);
    }
    let format = if arguments.remote.json { "json" } else { "yaml" };
    let mut path = format!("/api/v1/export?format={format}&ids={}", arguments.ids);
    if let Some(name) = &arguments.organization {
        path.push_str(&format!("&organization={}", encoded(name)));
    }
    match arguments.remote.ask_bytes(Method::GET, &path, None, LONG) {
        Ok(text) => {
            output::line(String::from_utf8_lossy(&text).trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => output::fail(&error, 1),
    }
}
