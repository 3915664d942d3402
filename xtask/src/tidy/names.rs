//! Rule: no module named `utils`, `helpers` or `common`: a name says what is inside.

use super::{Tree, Violation};

const FORBIDDEN: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];

/// Finds files, folders and inline modules of such names.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let stem = file.path.trim_end_matches(".rs");
        if let Some(name) = stem.split('/').find(|part| FORBIDDEN.contains(part)) {
            let what = format!("a module named `{name}` says nothing; name it after what it holds");
            found.push(Violation::new(&file.path, 0, what));
        }
        for (at, line) in file.text.lines().enumerate() {
            let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            let name = line.strip_prefix("mod ").and_then(|rest| rest.split([' ', ';', '{']).next());
            if let Some(name) = name.filter(|name| FORBIDDEN.contains(name)) {
                let what = format!("a module named `{name}` says nothing; name it after what it holds");
                found.push(Violation::new(&file.path, at + 1, what));
            }
        }
    }
    found
}
