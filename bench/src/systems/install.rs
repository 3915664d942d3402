//! Installs what a system needs below the work directory, through the ordinary package clients,
//! once: a finished installation leaves a stamp. No system-wide change.

use crate::error::BenchError;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs one step of an installation; its output goes to `log`.
fn step(system: &str, directory: &Path, log: &Path, program: &str, args: &[&str]) -> Result<(), BenchError> {
    let out = File::options().create(true).append(true).open(log).map_err(BenchError::file(log))?;
    let err = out.try_clone().map_err(BenchError::file(log))?;
    let failed = |detail: String| BenchError::Install { system: system.to_owned(), detail };
    // `timeout` bounds a registry that does not answer.
    let status = Command::new("timeout")
        .args(["900", program])
        .args(args)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .status()
        .map_err(|source| failed(format!("{program}: {source}")))?;
    if status.success() {
        return Ok(());
    }
    Err(failed(format!("`{program} {}` ended with {status}: {}", args.join(" "), super::tail(log))))
}

/// Runs the steps (program and arguments each) in `directory` unless its stamp says that `version`
/// stands there already.
pub(super) fn ensure(
    system: &str,
    directory: &Path,
    version: &str,
    steps: &[(&str, &[&str])],
) -> Result<(), BenchError> {
    let stamp = directory.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == version) {
        return Ok(());
    }
    crate::report::note(&format!("installing {system} {version} (once, below {})", directory.display()));
    std::fs::create_dir_all(directory).map_err(BenchError::file(directory))?;
    let log = directory.join("install.log");
    for (program, args) in steps {
        step(system, directory, &log, program, args)?;
    }
    std::fs::write(&stamp, version).map_err(BenchError::file(&stamp))
}

/// The first line that a program prints about its version.
pub(super) fn version_line(system: &str, program: &str, args: &[&str]) -> Result<String, BenchError> {
    let output = Command::new(program).args(args).output().map_err(|source| BenchError::Install {
        system: system.to_owned(),
        detail: format!("{program}: {source}"),
    })?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Ok(String::from_utf8_lossy(&text).lines().next().unwrap_or("unknown").trim().to_owned())
}
