//! Rule: tests do not sleep. They wait for what they wait for: polling with a deadline, a channel, a paused
//! clock. A poll's own step (a literal of at most 50 ms) is fine.

use super::{Tree, Violation};

/// Files of tests that may sleep, with the reason.
const ALLOWED: &[(&str, &str)] = &[
    ("xtask/src/tidy/tests.rs", "holds samples of what this rule finds"),
    (
        "crates/gw-upstream/tests/suite/http1.rs",
        "the peer paces its answer, to stay above and below time limits",
    ),
];

/// The longest step of a poll, in milliseconds.
const STEP_MS: u64 = 50;

/// Finds sleeps in tests.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let allowed = |path: &str| ALLOWED.iter().any(|(known, _)| *known == path);
    for file in tree.rust().filter(|file| file.is_test() && !allowed(&file.path)) {
        for (at, line) in file.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let Some(call) = code.split("sleep(").nth(1) else { continue };
            let sleeps = code.contains("thread::sleep(") || code.contains("time::sleep(") || {
                code.trim_start().starts_with("sleep(") || code.contains(" sleep(")
            };
            if sleeps && !is_step(call) {
                let what =
                    "a test that sleeps is slow or flaky: poll with a deadline, in steps of at most 50 ms";
                found.push(Violation::new(&file.path, at + 1, what));
            }
        }
    }
    found
}

/// `Duration::from_millis(N)` of a literal N up to a poll's step.
fn is_step(argument: &str) -> bool {
    let literal = argument.split("from_millis(").nth(1).and_then(|rest| rest.split(')').next());
    literal.and_then(|n| n.parse::<u64>().ok()).is_some_and(|ms| ms <= STEP_MS)
}
