//! Rule: ARCHITECTURE.md names every crate and stays under 300 lines, so that it is read and stays true.

use super::{Tree, Violation};

const FILE: &str = "ARCHITECTURE.md";
const LIMIT: usize = 300;

/// Finds crates that it does not name, and too many lines.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(file) = tree.file(FILE) else {
        return vec![Violation::new(FILE, 0, "is missing")];
    };
    let mut found = Vec::new();
    let lines = file.text.lines().count();
    if lines >= LIMIT {
        found.push(Violation::new(FILE, LIMIT, format!("{lines} lines; fewer than {LIMIT} are read")));
    }
    for name in tree.crates.iter().filter(|name| !file.text.contains(name.as_str())) {
        found.push(Violation::new(FILE, 0, format!("does not name the crate `{name}`")));
    }
    found
}
