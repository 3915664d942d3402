//! `cargo xtask accept`: what takes too long for the gate. It is run before a release, and when what it is about was changed.

mod upgrade;

use crate::args::Args;
use crate::process::{cargo, program, run as run_command};
use crate::steps::{self, Step};

/// What there is.
const STEPS: &[Step] = &[
    ("upgrade", "an earlier version and this one serve together", |_| upgrade::check()),
    ("properties", "property tests with many cases that the gate never saw", |_| properties()),
    ("long", "the long forms of tests that have one", |_| long()),
    ("soak", "half an hour of steady calls: nothing grows but the records", |_| soak()),
    ("drills", "failures of providers, played in full", |_| drills()),
    ("exports", "exports of records, read back by DuckDB and by an S3-compatible server", |_| exports()),
    ("guardrails", "public benchmarks of leaks, personal data and injections", |_| guardrails()),
];

/// Runs the task.
pub(crate) fn run(args: Args) -> Result<(), String> {
    steps::run("accept", STEPS, args)
}

/// Draws twenty times as many cases as usual, from a seed of chance. What fails is written down beside the test, by proptest.
fn properties() -> Result<(), String> {
    let unit = ["test", "--locked", "--workspace", "--lib", "--bins", "--features", super::check::FEATURES];
    run_command(cargo(unit).env("PROPTEST_CASES", "5120"))
}

/// Crashes, disconnects and shared limits, many times over. They take minutes each, so no runner with a limit of time.
fn long() -> Result<(), String> {
    let tests = ["test", "--locked", "--package", "gw-server", "--test", "it", "--"];
    let names = ["accounting::", "crash::", "disconnect::", "disk::", "exactness::"];
    run_command(cargo(tests).args(names).args(["--test-threads", "1"]).env("GATEWRIGHT_LONG", "1"))
}

/// `GATEWRIGHT_SOAK_SECONDS` makes it shorter.
fn soak() -> Result<(), String> {
    let seconds = std::env::var("GATEWRIGHT_SOAK_SECONDS").unwrap_or_else(|_| "1800".to_owned());
    let bench = ["run", "--release", "--locked", "--quiet", "--package", "gw-bench", "--"];
    run_command(cargo(bench).args(["--soak", &seconds, "--soak-rate", "2000"]))
}

fn drills() -> Result<(), String> {
    run_command(&mut program(&binary()?, ["drill", "--all"]))
}

/// Builds the release binary, and says where it is.
fn binary() -> Result<String, String> {
    run_command(&mut cargo(["build", "--release", "--locked", "--package", "gw-server"]))?;
    Ok(crate::clients::release_binary().display().to_string())
}

/// Parquet and JSON Lines, in a directory and in object storage.
fn exports() -> Result<(), String> {
    run_command(&mut program("python3", ["tests/accept/exports.py", "--binary", &binary()?]))
}

/// What they are and where they come from stands in `tests/accept/README.md`.
fn guardrails() -> Result<(), String> {
    run_command(&mut program("python3", ["tests/accept/guardrails.py", "--binary", &binary()?]))
}
