//! `cargo xtask tidy`: rules of the house that no lint can hold. One file per rule; each is proven by a
//! deliberate violation in `tidy/tests.rs`. A rule looks at the tree that it is given and at nothing else.

mod allows;
mod architecture;
mod edges;
mod frozen;
mod header;
mod ignored;
mod length;
mod machine;
mod names;
mod native;
mod run_length;
mod sleeps;
mod tree;

pub(crate) use tree::Tree;

use crate::args::{Args, root};

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// File, from the workspace's root; a crate's name for edges.
    pub(crate) path: String,
    /// Line from 1; 0 when the whole file is meant.
    pub(crate) line: usize,
    /// What is wrong and the way out.
    pub(crate) what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

/// A rule: its name, and what finds violations of it.
type Rule = (&'static str, fn(&Tree) -> Vec<Violation>);

/// Every rule.
const RULES: &[Rule] = &[
    ("header", header::check),
    ("length", length::check),
    ("names", names::check),
    ("ignored", ignored::check),
    ("allows", allows::check),
    ("sleeps", sleeps::check),
    ("architecture", architecture::check),
    ("run-length", run_length::check),
    ("native", native::check),
    ("machine", machine::check),
    ("edges", edges::check),
    ("frozen", frozen::check),
];

/// Runs the task: every rule, or the one that `--rule` names.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let only = args.value("--rule")?;
    args.finish()?;
    check(only.as_deref())
}

/// Applies the rules to the workspace.
pub(crate) fn check(only: Option<&str>) -> Result<(), String> {
    let tree = Tree::of_workspace(&root())?;
    let mut broken = 0;
    let mut ran = 0;
    for (name, rule) in RULES.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        ran += 1;
        for Violation { path, line, what } in rule(&tree) {
            let at = if line == 0 { path } else { format!("{path}:{line}") };
            println!("{at}: {what} [{name}]");
            broken += 1;
        }
    }
    match (ran, broken) {
        (0, _) => Err("no such rule".to_owned()),
        (_, 0) => {
            println!("{ran} rules hold over {} files", tree.files.len());
            Ok(())
        }
        (_, n) => Err(format!("{n} violations")),
    }
}

#[cfg(test)]
mod tests;
