//! Programs that the gate's steps use. On Debian, as root, missing ones are installed; elsewhere the gate
//! says what to install.

use crate::process::{cargo, exists, output, program, run};
use std::path::Path;

/// Program, Debian package, and whether the gate cannot do without.
const PROGRAMS: &[(&str, &str, bool)] = &[
    ("cc", "gcc", true),
    ("git", "git", false),
    ("redis-server", "redis-server", true),
    ("postgres", "postgresql", true),
    ("python3", "python3 python3-venv", true),
    ("node", "nodejs", true),
    ("npm", "npm", true),
    ("chromium", "chromium", false),
];

/// Checks for them.
pub(super) fn ensure() -> Result<(), String> {
    let is_there = |name: &str| exists(name) || (name == "postgres" && is_in_debians_place());
    let missing = || PROGRAMS.iter().filter(|(name, ..)| !is_there(name)).collect::<Vec<_>>();
    let packages: Vec<&str> = missing().iter().flat_map(|(_, package, _)| package.split(' ')).collect();
    install(&packages)?;
    let lacking = missing();
    for (name, package, _) in &lacking {
        println!("`{name}` is missing; on Debian: apt-get install {package}");
    }
    if !exists("cargo-nextest") {
        println!("`cargo-nextest` is missing, `cargo test` takes its place");
    }
    if lacking.iter().any(|(_, _, needed)| *needed) {
        return Err("install what is missing".to_owned());
    }
    Ok(())
}

/// Licences, bans and sources by `deny.toml`, where cargo-deny is installed. Advisories need a network and
/// are left to a scheduled run.
pub(super) fn deny() -> Result<(), String> {
    if !exists("cargo-deny") {
        println!("`cargo-deny` is missing, not checked; cargo install cargo-deny --locked");
        return Ok(());
    }
    run(&mut cargo(["deny", "--offline", "check", "bans", "licenses", "sources"]))
}

/// Debian puts the programs of PostgreSQL's server where no path leads.
fn is_in_debians_place() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/postgres").is_file())
}

/// Installs packages, where that may be.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() || !can_install() {
        return Ok(());
    }
    run(program("apt-get", ["install", "-y", "--no-install-recommends"]).args(packages))
}

fn can_install() -> bool {
    let root_user = output(&mut program("id", ["-u"])).is_ok_and(|id| id.trim() == "0");
    root_user && exists("apt-get") && Path::new("/etc/debian_version").exists()
}
