//! Rule: nothing in the repository depends on, or tells about, the machine it was written on: no home
//! folders, and lock files point to the public registries only.

use super::tree::File;
use super::{Tree, Violation};

/// Folders that exist on some machines only. Split, so that this file does not hold them itself.
const FOLDERS: &[&str] =
    &[concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/"), concat!("/ho", "me/")];
/// Where Rust packages come from.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Where Node packages come from.
const NPM: &str = "https://registry.npmjs.org/";

/// Finds them.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in &tree.files {
        for (at, line) in file.text.lines().enumerate() {
            let path = FOLDERS.iter().find(|folder| is_absolute(line, folder));
            if let Some(folder) = path {
                let what = format!("`{folder}` is a folder of one machine; take it from a setting");
                found.push(Violation::new(&file.path, at + 1, what));
            }
            if let Some(what) = foreign_registry(file, line) {
                found.push(Violation::new(&file.path, at + 1, what));
            }
        }
    }
    found
}

/// The folder stands at the start of a path, not inside one (`/v1/work/x` is no machine's).
fn is_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '~' | '*'))
    })
}

fn foreign_registry(file: &File, line: &str) -> Option<&'static str> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let line = line.trim();
    match name {
        "Cargo.lock" => {
            let source = line.strip_prefix("source = \"")?;
            (!source.starts_with(CRATES)).then_some("a crate from elsewhere than crates.io")
        }
        "package-lock.json" => {
            let source = line.strip_prefix("\"resolved\": \"")?;
            (!source.starts_with(NPM)).then_some("a package from elsewhere than the public npm registry")
        }
        ".npmrc" => line.starts_with("registry").then_some("a registry set in the repository"),
        _ if name.ends_with(".txt") || name == "pip.conf" => (line.contains("index-url")
            || line.starts_with("--trusted-host"))
        .then_some("a package index set in the repository"),
        _ => None,
    }
}
