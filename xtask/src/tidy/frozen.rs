//! Rule: whoever writes bytes that outlive a version keeps samples of them, and tests that read them.

use super::{Tree, Violation};

/// Folders that must hold samples: what is stored, and the wire formats.
const FOLDERS: &[&str] = &["crates/gw-store/tests/frozen/", "crates/gw-wire/tests/samples/"];

/// Finds folders without samples.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let empty =
        FOLDERS.iter().filter(|folder| !tree.files.iter().any(|file| file.path.starts_with(**folder)));
    empty.map(|folder| Violation::new(folder, 0, "holds no frozen sample of what is written there")).collect()
}
