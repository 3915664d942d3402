//! Tests: through nextest where it is installed, else through cargo itself. Either way the counts are kept
//! for the gate's last line.

use crate::process::{cargo, exists, watch};
use crate::steps::Context;
use std::time::Duration;

/// How many tests ran, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Passed.
    pub(crate) passed: u64,
    /// Failed, timed out or died.
    pub(crate) failed: u64,
    /// Left out by a filter.
    pub(crate) skipped: u64,
}

impl Tally {
    /// The line that ends the gate; its first part is spelt as nextest spells it.
    pub(crate) fn summary(&self, took: Duration) -> String {
        let Self { passed, failed, skipped } = self;
        let run = passed + failed;
        format!(
            "     Summary [{:8.3}s] {run} tests run: {passed} passed, {failed} failed, {skipped} skipped",
            took.as_secs_f64()
        )
    }

    /// Adds the counts of one line of a test runner's output, if it holds any.
    pub(crate) fn read(&mut self, line: &str) {
        let line = strip_colours(line);
        let counts = match line.trim_start() {
            text if text.starts_with("Summary [") => text.split_once("tests run:").map(|(_, rest)| rest),
            // nextest indents what one test printed, this line among it; that test is counted in the summary.
            _ => line.strip_prefix("test result:").map(|rest| rest.split_once(". ").map_or(rest, |(_, r)| r)),
        };
        for part in counts.unwrap_or_default().split([',', ';']) {
            let mut words = part.split_whitespace();
            let Some(count) = words.next().and_then(|n| n.parse::<u64>().ok()) else { continue };
            // nextest adds details in brackets: `12 passed (1 slow)`.
            match words.next() {
                Some("passed") => self.passed += count,
                Some("failed" | "timed" | "exec") => self.failed += count,
                Some("skipped" | "ignored" | "filtered") => self.skipped += count,
                _ => {}
            }
        }
    }
}

/// What the usual build leaves out and the gate builds and tests all the same, in the one build that it makes.
pub(crate) const FEATURES: &str = "gw-server/wasm";

/// Property tests try the same cases each time: who changes one thing must not meet the rare fault of another. `cargo xtask
/// accept --only properties` draws others.
const SEED: &str = "20261122";

/// Unit and integration tests of every crate.
pub(super) fn workspace(context: &mut Context) -> Result<(), String> {
    let mut command = if exists("cargo-nextest") {
        // Every failure is worth seeing, not just the first.
        cargo([
            "nextest",
            "run",
            "--workspace",
            "--all-targets",
            "--features",
            FEATURES,
            "--locked",
            "--no-fail-fast",
        ])
    } else {
        cargo([
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--features",
            FEATURES,
            "--locked",
            "--no-fail-fast",
        ])
    };
    command.env("PROPTEST_RNG_SEED", SEED);
    counted(context, command)
}

/// Examples in doc comments, which nextest does not run.
pub(super) fn documentation(context: &mut Context) -> Result<(), String> {
    counted(context, cargo(["test", "--workspace", "--doc", "--locked", "--quiet"]))
}

fn counted(context: &mut Context, mut command: std::process::Command) -> Result<(), String> {
    let before = context.tally.failed;
    let ok = watch(&mut command, &mut |line| context.tally.read(line))?;
    match context.tally.failed - before {
        0 if ok => Ok(()),
        0 => Err("the tests did not run to their end".to_owned()),
        n => Err(format!("{n} tests failed")),
    }
}

/// Takes out terminal colours (`ESC [ ... m`).
fn strip_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    out
}

#[cfg(test)]
mod tests;
