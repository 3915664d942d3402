//! `gatewright apply`: makes organizations, keys and what else there is as documents say. It asks the gateway what would
//! be done, shows that, and has it done. What keys are is decided here and written down before the gateway hears of
//! it, so that no key is lost, whatever breaks.

mod files;
mod keys_file;
mod show;

use super::client::{ClientError, Remote};
use super::{EXIT_USAGE, output};
use clap::{Args, ValueEnum};
use files::Files;
use gw_model::Secret;
use gw_store::keys::generate_key;
use http::Method;
use keys_file::KeysFile;
use serde_json::{Map, Value, json};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

const PATH: &str = "/api/v1/apply";

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    remote: Remote,
    /// Document: a file, a folder whose .yaml and .yml files are one document, or `-` for standard input; may be repeated.
    #[arg(short = 'f', long = "file", required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Remove what the document manages and no longer has.
    #[arg(long)]
    prune: bool,
    /// Manage from now on what other documents manage.
    #[arg(long)]
    take_over: bool,
    /// Do not ask before anything is removed.
    #[arg(long, short = 'y')]
    yes: bool,
    /// Where the keys go that the document gives no secret, one JSON object a line, readable for you alone.
    #[arg(long, value_name = "FILE", default_value = "gatewright-keys.jsonl")]
    keys_file: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    output: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// Runs the command.
pub(crate) fn run(arguments: &ApplyArguments) -> ExitCode {
    match steps(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}

fn steps(arguments: &ApplyArguments) -> Result<(), ExitCode> {
    let files = Files::read(&arguments.files).map_err(|message| usage(&message))?;
    let as_json = arguments.remote.json || arguments.output == Form::Json;
    let mut request = files.request(|name| std::env::var(name).ok());
    request.insert("prune".to_owned(), arguments.prune.into());
    request.insert("take_over".to_owned(), arguments.take_over.into());
    request.insert("dry_run".to_owned(), true.into());
    let mut request = Value::Object(request);
    let plan = ask(&arguments.remote, &request)?;
    if !as_json {
        show::plan(&plan);
    }
    let is_empty = plan["changes"].as_array().is_none_or(Vec::is_empty);
    if arguments.dry_run {
        if as_json {
            output::line(&plan);
        }
        return Ok(());
    }
    if !is_empty {
        confirm(arguments, &plan)?;
    }
    let names = show::keys_to_make(&plan);
    let mut kept = None;
    if !names.is_empty() {
        let made = made(&names).map_err(|error| output::fail(&error, 1))?;
        let file = KeysFile::append(&arguments.keys_file, &made).map_err(|message| failed(&message))?;
        let secrets: Map<String, Value> =
            made.iter().map(|(name, key)| (name.clone(), key.expose().into())).collect();
        request["secrets"] = Value::Object(secrets);
        kept = Some(file);
    }
    request["dry_run"] = false.into();
    request["plan"] = plan["plan"].clone();
    let done = match arguments.remote.ask_long(Method::POST, PATH, &request) {
        Ok(done) => done,
        Err(error) => return Err(stopped(error, kept, &plan)),
    };
    if as_json {
        output::line(&done);
    } else if !is_empty {
        output::line(format!("done: {}", show::summary(&done)));
    }
    if let Some(file) = kept {
        output::note(format!("{} keys were made; they stand in {}", names.len(), file.path().display()));
    }
    Ok(())
}

/// A document with faults is a mistake of the command line's, whatever else a failure.
fn ask(remote: &Remote, request: &Value) -> Result<Value, ExitCode> {
    remote.ask_long(Method::POST, PATH, request).map_err(|error| match &error {
        ClientError::Refused { status: 400, answer, .. } => {
            let lines = show::faults(answer);
            if lines.is_empty() {
                return output::fail(&error, EXIT_USAGE);
            }
            lines.iter().for_each(output::note);
            ExitCode::from(EXIT_USAGE)
        }
        _ => output::fail(&error, 1),
    })
}

/// Nobody removes anything by mistake.
fn confirm(arguments: &ApplyArguments, plan: &Value) -> Result<(), ExitCode> {
    let removed = plan["summary"]["delete"].as_u64().unwrap_or(0);
    if removed == 0 || arguments.yes {
        return Ok(());
    }
    let reads_document = arguments.files.iter().any(|file| file.as_os_str() == "-");
    let input = std::io::stdin();
    if reads_document || !input.is_terminal() {
        return Err(usage(&format!(
            "{removed} would be removed: add --yes if that is meant; nothing was changed"
        )));
    }
    output::note(format!(
        "{removed} will be removed, and keys among them stop at once. Write 'yes' to go on:"
    ));
    let mut answer = String::new();
    // An answer that cannot be read is none.
    let _ = input.lock().read_line(&mut answer);
    if answer.trim() == "yes" { Ok(()) } else { Err(usage("nothing was changed")) }
}

fn made(names: &[String]) -> Result<Vec<(String, Secret)>, gw_store::StoreError> {
    names.iter().map(|name| Ok((name.clone(), generate_key()?))).collect()
}

/// Says what was done and what not. Of the keys in the file, those stay that are there, or may be.
fn stopped(error: ClientError, kept: Option<KeysFile>, plan: &Value) -> ExitCode {
    let applied = match &error {
        ClientError::Refused { answer, .. } => {
            Some(answer.pointer("/error/result/applied").and_then(Value::as_u64).unwrap_or(0))
        }
        // Nobody knows how far it went.
        _ => None,
    };
    if let Some(file) = kept {
        let path = file.path().display().to_string();
        match applied {
            None => output::note(format!(
                "it is not known which of the keys in {path} were made; apply it again to see, and keep the file"
            )),
            Some(applied) => {
                let there = usize::try_from(applied).unwrap_or(usize::MAX);
                if let Err(message) = file.keep(&show::keys_among(plan, there)) {
                    output::note(message);
                }
                output::note(format!("keys that were made stand in {path}"));
            }
        }
    }
    output::fail(&error, 1)
}

fn usage(message: &str) -> ExitCode {
    output::note(format!("gatewright: {message}"));
    ExitCode::from(EXIT_USAGE)
}

fn failed(message: &str) -> ExitCode {
    output::note(format!("gatewright: {message}"));
    ExitCode::FAILURE
}

/// A request about these files.
impl Files {
    fn request(&self, variable: impl Fn(&str) -> Option<String>) -> Map<String, Value> {
        let files: Vec<Value> =
            self.all.iter().map(|(name, text)| json!({ "name": name, "text": text })).collect();
        let mut variables = Map::new();
        for name in self.variables() {
            // What is not set here is not set; the gateway says where it is wanted.
            if let Some(value) = variable(&name) {
                variables.insert(name, value.into());
            }
        }
        let mut request = Map::new();
        request.insert("files".to_owned(), files.into());
        request.insert("variables".to_owned(), Value::Object(variables));
        request
    }
}
