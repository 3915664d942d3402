//! Rule: no source file over 600 lines; over the files that are no tests, the median is at most 150
//! lines and nine in ten have at most 400.

use super::{Tree, Violation};

const LIMIT: usize = 600;
const MEDIAN: usize = 150;
const P90: usize = 400;

/// Endings of files that people write and read as source.
const SOURCES: &[&str] = &[".rs", ".py", ".ts", ".tsx", ".js", ".mjs", ".sh", ".sql"];

/// Finds files that are too long, and a tree that is so on the whole.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let is_source = |path: &str| SOURCES.iter().any(|ending| path.ends_with(ending));
    let sources = tree.files.iter().filter(|file| is_source(&file.path) && !file.path.contains("/dist/"));
    let mut found: Vec<Violation> = sources
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LIMIT)
        .map(|(file, lines)| {
            Violation::new(&file.path, LIMIT, format!("{lines} lines; split it, {LIMIT} is the limit"))
        })
        .collect();
    let mut lengths: Vec<usize> =
        tree.rust().filter(|file| !file.is_test()).map(|file| file.text.lines().count()).collect();
    lengths.sort_unstable();
    for (name, percent, limit) in [("median", 50, MEDIAN), ("90th percentile", 90, P90)] {
        let lines = lengths.get(lengths.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
        if lines > limit {
            let what = format!("the {name} of file lengths is {lines} lines, {limit} is the limit");
            found.push(Violation::new("(all)", 0, what));
        }
    }
    found
}
