//! Rule: the one place that orders the stages stays readable at a glance: under 120 lines.

use super::{Tree, Violation};

const FILE: &str = "crates/gw-pipeline/src/run.rs";
const LIMIT: usize = 120;

/// Finds a `run.rs` that grew, or went.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    match tree.file(FILE).map(|file| file.text.lines().count()) {
        None => vec![Violation::new(FILE, 0, "is missing: the order of the stages has one place")],
        Some(lines) if lines >= LIMIT => {
            let what = format!("{lines} lines; it orders stages and does no work, {LIMIT} is the limit");
            vec![Violation::new(FILE, LIMIT, what)]
        }
        Some(_) => Vec::new(),
    }
}
