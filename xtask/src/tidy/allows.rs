//! Rule: lints are silenced with `#[expect(..., reason = "...")]`, which tells when it is no longer needed,
//! never with `#[allow]`.

use super::{Tree, Violation};

/// Finds `#[allow]`, and `#[expect]` without a reason.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust() {
        for (at, line) in file.text.lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("#[allow(") || line.starts_with("#![allow(") {
                found.push(Violation::new(&file.path, at + 1, "use `#[expect(..., reason = \"...\")]`"));
            }
            let expects = line.starts_with("#[expect(") || line.starts_with("#![expect(");
            // The attribute may span lines: it ends at the first `)]`.
            let attribute: String = file.text.lines().skip(at).take(8).collect::<Vec<_>>().join(" ");
            let attribute = attribute.split(")]").next().unwrap_or_default();
            if expects && !attribute.contains("reason") {
                found.push(Violation::new(&file.path, at + 1, "give the `reason` of the exception"));
            }
        }
    }
    found
}
