//! Finds the gateway's release binary, building it first unless told not to.

use crate::cli::Cli;
use crate::report::note;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root.
pub(crate) fn workspace() -> &'static Path {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    bench.parent().unwrap_or(bench)
}

/// The binary to measure, or why there is none.
pub(crate) fn gatewright(cli: &Cli) -> Result<PathBuf, String> {
    if let Some(path) = &cli.gatewright {
        return existing(path);
    }
    if !cli.no_build {
        note("building the gateway (cargo build --release)");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--quiet", "--package", "gw-server"])
            .current_dir(workspace())
            .status()
            .map_err(|error| format!("cargo cannot be started: {error}"))?;
        if !status.success() {
            return Err(format!("cargo build --release ended with {status}"));
        }
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    existing(&target.join("release/gatewright"))
}

fn existing(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}
