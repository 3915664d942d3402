//! `cargo xtask clients`: real clients against the release binary, which it builds. The gate runs the SDKs among
//! them (`check`); frameworks and command-line agents are for `--all`. What they are and do stands in
//! `tests/clients`; this must not know any of them.

use crate::args::{Args, root};
use crate::process::{cargo, program, run as run_command, watch};
use std::path::PathBuf;

const SCRIPT: &str = "tests/clients/run.py";

/// Runs the task: `--all`, `--only NAME,...`, and whatever else the script takes.
pub(crate) fn run(args: Args) -> Result<(), String> {
    run_command(&mut cargo(["build", "--release", "--locked", "--package", "gw-server"]))?;
    drive(&args.rest(), &mut |_, _| {})
}

/// Runs the script; `counts` gets what passed and what failed.
pub(crate) fn drive(args: &[String], counts: &mut dyn FnMut(u64, u64)) -> Result<(), String> {
    if !root().join(SCRIPT).exists() {
        return Err(format!("{SCRIPT} is missing"));
    }
    let binary = release_binary().display().to_string();
    let mut command = program("python3", [SCRIPT, "--binary", &binary]);
    let ok = watch(command.args(args), &mut |line| {
        if let Some((passed, failed)) = closing(line) {
            counts(passed, failed);
        }
    })?;
    if ok { Ok(()) } else { Err("a client does not get what it expects".to_owned()) }
}

/// Where the release build puts the binary.
pub(crate) fn release_binary() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root().join(target).join("release").join("gatewright")
}

/// The counts of `clients: 12 passed, 0 failed`.
fn closing(line: &str) -> Option<(u64, u64)> {
    let (passed, rest) = line.strip_prefix("clients: ")?.split_once(" passed, ")?;
    Some((passed.parse().ok()?, rest.strip_suffix(" failed")?.parse().ok()?))
}
