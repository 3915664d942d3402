//! `gatewright backup` and `gatewright restore`: a data directory, saved whole and put back whole.

use super::output;
use clap::Args;
use gw_store::backup::{self, Manifest};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// Directory to write the backup to. It holds the keys too: keep it safe.
    target: PathBuf,
    /// Data directory; a running gateway may have it in use.
    #[arg(long, env = "GATEWRIGHT_DATA_DIR", default_value = "./gatewright-data")]
    data_dir: PathBuf,
    /// Write over what is in the target.
    #[arg(long)]
    force: bool,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// Directory of the backup.
    source: PathBuf,
    /// Data directory to put it in. No gateway may have it in use.
    #[arg(long, env = "GATEWRIGHT_DATA_DIR", default_value = "./gatewright-data")]
    data_dir: PathBuf,
    /// Replace the data that is there.
    #[arg(long)]
    force: bool,
}

/// Saves a data directory and checks the copy.
pub(crate) fn backup(arguments: &BackupArguments) -> ExitCode {
    match backup::backup(&arguments.data_dir, &arguments.target, arguments.force) {
        Ok(manifest) => told("saved and checked", &arguments.target, &manifest),
        Err(error) => output::fail(&error, 1),
    }
}

/// Checks a backup and puts it in place.
pub(crate) fn restore(arguments: &RestoreArguments) -> ExitCode {
    match backup::restore(&arguments.source, &arguments.data_dir, arguments.force) {
        Ok(manifest) => told("restored", &arguments.data_dir, &manifest),
        Err(error) => output::fail(&error, 1),
    }
}

fn told(done: &str, place: &std::path::Path, manifest: &Manifest) -> ExitCode {
    output::line(format!(
        "{done}: {} files, {} bytes, {}",
        manifest.files.len(),
        manifest.bytes(),
        place.display()
    ));
    ExitCode::SUCCESS
}
