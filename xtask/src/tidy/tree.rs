//! The tree that rules look at: every text file that is or would be committed, and the edges between the
//! workspace's crates. Tests build small ones by hand.

use crate::process::{cargo, output};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// From the workspace's root, with `/`.
    pub(crate) path: String,
    /// Content.
    pub(crate) text: String,
}

/// An edge between two crates of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    /// Depends.
    pub(crate) from: String,
    /// On.
    pub(crate) to: String,
    /// Only for its tests.
    pub(crate) dev: bool,
}

/// What rules look at.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Text files, sorted.
    pub(crate) files: Vec<File>,
    /// Names of the workspace's crates.
    pub(crate) crates: BTreeSet<String>,
    /// Edges between them.
    pub(crate) edges: BTreeSet<Edge>,
}

impl File {
    /// A Rust source.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Holds nothing but tests, or what only tests use.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "tests.rs" | "benches" | "testing" | "testing.rs"))
    }
}

impl Tree {
    /// The workspace at `root`.
    pub(crate) fn of_workspace(root: &Path) -> Result<Self, String> {
        let mut tree = Self { files: files(root)?, ..Self::default() };
        tree.read_metadata(&metadata()?)?;
        Ok(tree)
    }

    /// Rust sources.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }

    /// The file at `path`.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn read_metadata(&mut self, metadata: &Value) -> Result<(), String> {
        let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
        let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
        self.crates = packages.iter().map(name).collect();
        for package in packages {
            for dependency in package["dependencies"].as_array().into_iter().flatten() {
                let edge = Edge {
                    from: name(package),
                    to: name(dependency),
                    dev: dependency["kind"].as_str() == Some("dev"),
                };
                if self.crates.contains(&edge.to) {
                    self.edges.insert(edge);
                }
            }
        }
        Ok(())
    }
}

fn metadata() -> Result<Value, String> {
    let out = output(&mut cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&out).map_err(|e| format!("cargo metadata: {e}"))
}

/// What git holds or would add. Without git (an unpacked archive) every file outside `target` and the like.
fn files(root: &Path) -> Result<Vec<File>, String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output();
    let mut paths: Vec<String> = match listed {
        Ok(out) if out.status.success() => String::from_utf8_lossy(&out.stdout)
            .split('\0')
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect(),
        _ => {
            let mut found = Vec::new();
            walk(root, "", &mut found).map_err(|e| e.to_string())?;
            found
        }
    };
    paths.sort();
    paths.dedup();
    let read = |path: String| {
        // Deleted but still listed, or no text.
        let bytes = fs::read(root.join(&path)).ok()?;
        Some(File { path, text: String::from_utf8(bytes).ok()? })
    };
    Ok(paths.into_iter().filter_map(read).collect())
}

fn walk(dir: &Path, prefix: &str, found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if matches!(name.as_str(), "target" | "node_modules" | ".git" | ".venv") {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}
