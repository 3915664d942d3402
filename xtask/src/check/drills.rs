//! Failures of providers, played in short against the release binary, which the gate has built by then: every built-in
//! scenario must hold its objectives. What needs time to show is judged by the long form, `gatewright drill --all`.

use crate::process::{program, run};

/// Runs all of them.
pub(super) fn check() -> Result<(), String> {
    let binary = crate::clients::release_binary().display().to_string();
    run(&mut program(&binary, ["drill", "--all", "--quick"]))
}
