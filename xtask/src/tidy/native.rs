//! Rule: native providers consist of files of the same names, so that who knows one knows all.

use super::{Tree, Violation};
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = "crates/gw-providers/src/native/";
const FILES: &[&str] = &["errors.rs", "mod.rs", "request.rs", "response.rs", "stream.rs"];

/// Finds providers whose files differ.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut providers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let inside = file.path.strip_prefix(FOLDER).and_then(|rest| rest.split_once('/'));
        if let Some((provider, name)) = inside {
            providers.entry(provider).or_default().insert(name);
        }
    }
    let wanted: BTreeSet<&str> = FILES.iter().copied().collect();
    let odd = providers.iter().filter(|(_, files)| **files != wanted);
    odd.map(|(provider, files)| {
        let path = format!("{FOLDER}{provider}");
        Violation::new(&path, 0, format!("has {files:?}; a native provider has {FILES:?}"))
    })
    .collect()
}
