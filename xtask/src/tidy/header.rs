//! Rule: every Rust file opens with `//!`: what it is, which stage it serves, what it must not do.

use super::{Tree, Violation};

/// Finds files without it.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let bare = tree.rust().filter(|file| !file.text.starts_with("//! "));
    bare.map(|file| Violation::new(&file.path, 1, "open the file with `//!`: what it is and is for"))
        .collect()
}
