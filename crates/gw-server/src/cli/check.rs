//! `gatewright check FILE`: is this configuration good?

use super::{EXIT_USAGE, output};
use crate::serve::configuration::{self, Origin};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The configuration file.
    file: PathBuf,
}

/// Prints a summary, or every fault with its place.
pub(crate) fn run(arguments: &CheckArguments) -> ExitCode {
    let origin = Origin { file: Some(arguments.file.clone()), ..Origin::default() };
    match configuration::read(&origin, 1) {
        Ok(compiled) => {
            let snapshot = &compiled.snapshot;
            for warning in &compiled.warnings {
                output::note(warning);
            }
            output::line(format!(
                "{}: good: {} providers, {} models, {} keys",
                arguments.file.display(),
                snapshot.providers.len(),
                snapshot.models.len(),
                compiled.keys.len()
            ));
            ExitCode::SUCCESS
        }
        Err(error) => {
            output::note(error);
            ExitCode::from(EXIT_USAGE)
        }
    }
}
