//! What is measured without a socket: examples of other crates, which print a line for each figure that has a bound:
//!
//!     figure | what it is | 42.5 | µs | at most | 60
//!
//! What they measure stands with them; here stands only which are run, and with what.

use crate::build;
use crate::cli::Cli;
use crate::report::{Bound, Figure, note};
use std::process::Command;

/// An example of a crate, what it is given, and what it is about.
struct Program {
    package: &'static str,
    example: &'static str,
    arguments: Vec<String>,
    about: &'static str,
}

fn programs(cli: &Cli) -> Vec<Program> {
    let program = |package, example, arguments: &[&str], about| Program {
        package,
        example,
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
        about,
    };
    // Ten thousand a second, as long as the target says.
    let recording = ["--rate", "10000", "--seconds", "60"];
    let with_bodies = [&recording[..], &["--body-bytes", "4096"]].concat();
    let mut all = vec![
        program("gw-guard", "guard_bench", &[], "guardrails in the process"),
        program("gw-pipeline", "semantic_lookup", &["target/embed-model"], "a look into the semantic cache"),
        program("gw-wasm", "stopping", &[], "a plugin that does not end"),
        program("gw-store", "recording", &recording, "recording"),
        program("gw-store", "recording", &with_bodies, "recording with bodies"),
    ];
    if let Some(database) = &cli.records {
        let database = database.display().to_string();
        all.push(program("gw-store", "asking", &[&database], "answers about records"));
    }
    all
}

/// Runs all of them, one after the other. What can not be run is a figure without a value.
pub(crate) fn run(cli: &Cli) -> Vec<Figure> {
    programs(cli).iter().flat_map(figures).collect()
}

fn figures(program: &Program) -> Vec<Figure> {
    note(&format!("{} of {}: {}", program.example, program.package, program.about));
    let problem = match output(program) {
        Ok(text) => {
            let found: Vec<Figure> = text.lines().filter_map(figure).collect();
            if !found.is_empty() {
                return found;
            }
            "it printed no figure".to_owned()
        }
        Err(problem) => problem,
    };
    note(&format!("{} of {}: {problem}", program.example, program.package));
    vec![Figure { what: program.about.to_owned(), value: None, unit: String::new(), bound: None }]
}

fn output(program: &Program) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--release", "--locked", "--quiet", "--package", program.package]);
    command.args(["--example", program.example, "--"]).args(&program.arguments);
    let done = command.current_dir(build::workspace()).output();
    let done = done.map_err(|error| format!("cargo cannot be started: {error}"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    Err(errors.lines().last().unwrap_or("it failed").to_owned())
}

/// What one line says; `None` where it is none of a figure.
fn figure(line: &str) -> Option<Figure> {
    let mut parts = line.strip_prefix("figure |")?.split('|').map(str::trim);
    let (what, value, unit) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let (kind, limit) = (parts.next()?, parts.next()?.parse().ok()?);
    let bound = match kind {
        "at most" => Bound::AtMost(limit),
        "at least" => Bound::AtLeast(limit),
        _ => return None,
    };
    Some(Figure { what: what.to_owned(), value: Some(value), unit: unit.to_owned(), bound: Some(bound) })
}

#[cfg(test)]
mod tests;
