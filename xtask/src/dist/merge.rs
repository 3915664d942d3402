//! From what programs counted to the profile that the compiler reads.

use super::raw::Profile;
use crate::check::tools;
use crate::process::{output, program, run};
use std::path::{Path, PathBuf};

/// How the profile's file begins; what follows is a sum of it, so that another profile is another flag of the compiler.
const NAME: &str = "gatewright-";
const ENDING: &str = "profdata";

/// Merges all raw profiles of a folder.
pub(super) fn all(tool: &str, counted: &Path, folder: &Path) -> Result<PathBuf, String> {
    let fault = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    let mut profile = Profile::default();
    let mut programs = 0;
    for entry in std::fs::read_dir(counted).map_err(|e| fault(counted, e))? {
        let path = entry.map_err(|e| fault(counted, e))?.path();
        let bytes = std::fs::read(&path).map_err(|e| fault(&path, e))?;
        profile.add(&bytes).map_err(|why| format!("{}: {why}", path.display()))?;
        programs += 1;
    }
    let (functions, called) = profile.len();
    println!("{programs} profiles: {called} of {functions} functions were called");
    if called == 0 {
        return Err(format!("nothing was counted in {}", counted.display()));
    }
    let text = profile.text();
    let written = counted.join("all.proftext");
    std::fs::write(&written, &text).map_err(|e| fault(&written, e))?;
    let _ = old(folder).into_iter().map(std::fs::remove_file).collect::<Vec<_>>();
    let merged = folder.join(format!("{NAME}{:016x}.{ENDING}", sum(text.as_bytes())));
    run(program(tool, ["merge", "--output"]).arg(&merged).arg(&written))?;
    // They are large.
    let _ = std::fs::remove_dir_all(counted);
    Ok(merged)
}

/// The profile of an earlier time.
pub(super) fn newest(folder: &Path) -> Option<PathBuf> {
    let time = |path: &PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    old(folder).into_iter().max_by_key(time)
}

fn old(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == ENDING)).collect()
}

/// A program of LLVM that merges profiles: any version, of the compiler's tools or of the system. On Debian, as root, it is installed.
pub(super) fn tool() -> Result<String, String> {
    let find = || of_compiler().or_else(of_system);
    if let Some(tool) = find() {
        return Ok(tool);
    }
    tools::install(&["llvm"])?;
    find().ok_or_else(|| {
        "`llvm-profdata` is missing: on Debian apt-get install llvm, elsewhere rustup component add llvm-tools".to_owned()
    })
}

fn of_compiler() -> Option<String> {
    let root = output(&mut program("rustc", ["--print", "target-libdir"])).ok()?;
    let tool = Path::new(root.trim()).parent()?.join("bin/llvm-profdata");
    tool.is_file().then(|| tool.display().to_string())
}

fn of_system() -> Option<String> {
    let plain = std::iter::once("llvm-profdata".to_owned());
    let versioned = (14..40).rev().map(|version| format!("llvm-profdata-{version}"));
    plain.chain(versioned).find(|name| crate::process::exists(name))
}

/// FNV-1a.
fn sum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
