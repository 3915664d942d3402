//! The number of crates in the default build. Each is code that is compiled, audited and updated.

use crate::process::{cargo, output};
use std::collections::BTreeSet;

/// More than this is refused.
const LIMIT: usize = 350;

/// Counts them.
pub(super) fn check() -> Result<(), String> {
    let args = ["tree", "--package", "gw-server", "--edges", "normal,build", "--prefix", "none", "--locked"];
    let tree = output(&mut cargo(args))?;
    let crates = distinct(&tree);
    println!("{} crates in the default build (limit {LIMIT})", crates.len());
    if crates.len() < LIMIT {
        Ok(())
    } else {
        Err(format!("{} crates; fewer than {LIMIT} are allowed", crates.len()))
    }
}

/// Name and version of every crate in `cargo tree`'s list.
fn distinct(tree: &str) -> BTreeSet<(&str, &str)> {
    let pair = |line| {
        let (name, rest) = str::split_once(line, ' ')?;
        Some((name, rest.split(' ').next()?))
    };
    tree.lines().filter_map(pair).collect()
}
