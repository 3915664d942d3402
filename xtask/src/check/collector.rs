//! The collector of OpenTelemetry that tests send to: the official messages and conventions as pinned Python packages, once, below
//! `target/`. Where the registry is not reached the gate goes on, and those tests say that they skip.

use crate::args::root;
use crate::process::{program, run};
use std::fs;
use std::path::Path;

/// Installs it, unless what the pins want is there.
pub(super) fn ensure() -> Result<(), String> {
    let pins = root().join("tests/telemetry/requirements.txt");
    let wanted = fs::read_to_string(&pins).map_err(|e| format!("{}: {e}", pins.display()))?;
    let folder = root().join("target/collector");
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("there");
        return Ok(());
    }
    let installed =
        install(&folder, &pins).and_then(|()| fs::write(stamp, wanted).map_err(|e| e.to_string()));
    if let Err(why) = installed {
        println!("skipped: {why}; tests that need the collector will say that they skip");
    }
    Ok(())
}

fn install(folder: &Path, pins: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| e.to_string())?;
    }
    let venv = folder.join("venv");
    run(program("python3", ["-m", "venv"]).arg(&venv))?;
    let pip = venv.join("bin/pip").display().to_string();
    // `timeout` bounds a registry that does not answer.
    run(program("timeout", ["300", &pip, "install", "--quiet", "--requirement"]).arg(pins))
}
