//! The official SDKs, unmodified, against the release binary: `tests/clients/run.py`. It pins their versions
//! and installs them below `target`, never into the system.

use super::Context;
use super::tools::release_binary;
use crate::args::root;
use crate::process::{program, watch};

const SCRIPT: &str = "tests/clients/run.py";

/// Runs the script; its counts go into the gate's.
pub(super) fn check(context: &mut Context) -> Result<(), String> {
    if !root().join(SCRIPT).exists() {
        return Err(format!("{SCRIPT} is missing"));
    }
    let binary = release_binary().display().to_string();
    let ok = watch(&mut program("python3", [SCRIPT, "--binary", &binary]), &mut |line| {
        if let Some((passed, failed)) = closing(line) {
            context.tally.passed += passed;
            context.tally.failed += failed;
        }
    })?;
    if ok { Ok(()) } else { Err("an SDK does not get what it expects".to_owned()) }
}

/// The counts of `clients: 12 passed, 0 failed`.
fn closing(line: &str) -> Option<(u64, u64)> {
    let (passed, rest) = line.strip_prefix("clients: ")?.split_once(" passed, ")?;
    Some((passed.parse().ok()?, rest.strip_suffix(" failed")?.parse().ok()?))
}
