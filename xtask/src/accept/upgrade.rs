//! An earlier version, built from the repository's own history, and the present one on one PostgreSQL.

use crate::args::root;
use crate::process::{cargo, program, run};

/// The earliest version that must be able to serve beside this one: its tables in PostgreSQL have version 4.
const EARLIER: &str = "2bdd039";

/// Builds the earlier version and plays the upgrade.
pub(super) fn check() -> Result<(), String> {
    let folder = root().join("target/earlier");
    let tree = folder.join("tree");
    let shown = tree.display().to_string();
    if !tree.join("Cargo.toml").is_file() {
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        run(&mut program("git", ["worktree", "prune"]))?;
        run(&mut program("git", ["worktree", "add", "--quiet", "--detach", &shown, EARLIER]))?;
    }
    let build = ["build", "--locked", "--package", "gw-server"];
    run(cargo(build).current_dir(&tree).env("CARGO_TARGET_DIR", folder.join("build")))?;
    let binary = folder.join("build/debug/gatewright");
    let tests = ["test", "--locked", "--package", "gw-server", "--test", "it", "upgrade::"];
    run(cargo(tests).env("GATEWRIGHT_EARLIER", binary))
}
