//! The dashboard: its pages are checked and built anew, what comes of it must be what is committed, and the release binary, which the
//! gate has built by then, is driven in a browser. Where the registry of packages is not reached, or there is no Chromium, the gate goes
//! on and says what it left out.

use crate::args::root;
use crate::process::{exists, output, program, run, watch};
use crate::steps::Context;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const BROWSER: &str = "chromium";
const SCREENSHOTS: &str = "target/dashboard/screenshots";

/// Checks the sources, then the pages.
pub(super) fn check(context: &mut Context) -> Result<(), String> {
    if let Err(why) = install() {
        // A lock file that does not fit is a fault; a registry that is not there is the machine's.
        if output(&mut program("timeout", ["60", "npm", "ping", "--loglevel=error"])).is_ok() {
            return Err(why);
        }
        println!("skipped: {why}; the dashboard is neither built nor driven");
        return Ok(());
    }
    let before = files(&folder().join("dist"))?;
    for script in ["api", "types", "lint", "test", "build", "size"] {
        run(&mut npm(&["run", "--silent", script]))?;
    }
    let stale = differences(&before, &files(&folder().join("dist"))?);
    if !stale.is_empty() {
        return Err(format!(
            "dashboard/dist is not what is committed, commit it as it is now: {}",
            stale.join(", ")
        ));
    }
    if !exists(BROWSER) {
        println!("skipped: no `{BROWSER}`, the pages are not driven; on Debian: apt-get install {BROWSER}");
        return Ok(());
    }
    drive(context)
}

fn folder() -> PathBuf {
    root().join("dashboard")
}

fn npm(args: &[&str]) -> Command {
    let mut command = program("npm", args);
    command.current_dir(folder());
    command
}

/// The pinned packages, unless those of this lock file are there.
fn install() -> Result<(), String> {
    let lock = folder().join("package-lock.json");
    let wanted = fs::read_to_string(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    let stamp = folder().join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("packages: there");
        return Ok(());
    }
    // `timeout` bounds a registry that does not answer.
    let mut command = program(
        "timeout",
        ["600", "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
    );
    run(command.current_dir(folder()))?;
    fs::write(stamp, wanted).map_err(|e| e.to_string())
}

/// Every page in a browser; each flow counts as a test.
fn drive(context: &mut Context) -> Result<(), String> {
    let binary = crate::clients::release_binary().display().to_string();
    let shots = root().join(SCREENSHOTS).display().to_string();
    let mut command = program("node", ["e2e/run.mjs", "--binary", &binary, "--shots", &shots]);
    let ok = watch(command.current_dir(folder()), &mut |line| {
        if let Some((passed, failed)) = closing(line) {
            context.tally.passed += passed;
            context.tally.failed += failed;
        }
    })?;
    if ok { Ok(()) } else { Err(format!("a page does not do what it should; see {SCREENSHOTS}")) }
}

/// The counts of `dashboard: 12 passed, 0 failed`.
fn closing(line: &str) -> Option<(u64, u64)> {
    let (passed, rest) = line.strip_prefix("dashboard: ")?.split_once(" passed, ")?;
    Some((passed.parse().ok()?, rest.strip_suffix(" failed")?.parse().ok()?))
}

/// Files by their path. Packed copies are left out: machines pack the same in different ways.
fn files(dir: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let fault = |e: std::io::Error| format!("{}: {e}", dir.display());
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_none_or(|ending| ending != "gz") {
            found.insert(path.clone(), fs::read(&path).map_err(fault)?);
        }
    }
    Ok(found)
}

/// Names of what is in one of them only, or is another there.
fn differences(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
    names
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect()
}
