//! Rule: no ignored tests. A test that cannot run everywhere says so and passes; one that fails is mended.

use super::{Tree, Violation};

/// Finds `#[ignore]` in its forms.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust() {
        for (at, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with("#[ignore") {
                found.push(Violation::new(&file.path, at + 1, "an ignored test proves nothing"));
            }
        }
    }
    found
}
