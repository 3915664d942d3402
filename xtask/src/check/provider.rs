//! The identity provider that tests sign in with: a pinned package of the Node registry, once, below `target/`. Where the
//! registry is not reached the gate goes on, and those tests say that they skip.

use crate::args::root;
use crate::process::{program, run};
use std::fs;
use std::path::Path;

/// Installs it, unless what the pins want is there.
pub(super) fn ensure() -> Result<(), String> {
    let pins = root().join("tests/identity/package.json");
    let wanted = fs::read_to_string(&pins).map_err(|e| format!("{}: {e}", pins.display()))?;
    let folder = root().join("target/identity-provider");
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("there");
        return Ok(());
    }
    if let Err(why) =
        install(&folder, &pins).and_then(|()| fs::write(stamp, wanted).map_err(|e| e.to_string()))
    {
        println!("skipped: {why}; tests that need the provider will say that they skip");
    }
    Ok(())
}

fn install(folder: &Path, pins: &Path) -> Result<(), String> {
    let fault = |e: std::io::Error| e.to_string();
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(fault)?;
    }
    fs::create_dir_all(folder).map_err(fault)?;
    fs::copy(pins, folder.join("package.json")).map_err(fault)?;
    let place = folder.display().to_string();
    let quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
    // `timeout` bounds a registry that does not answer.
    run(program("timeout", ["300", "npm", "install", "--prefix", &place]).args(quiet))
}
