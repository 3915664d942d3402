//! `gatewright check FILE`: is this configuration good?

use super::{EXIT_USAGE, output};
use crate::app::embeddings::{self, Reading};
use crate::app::{local_models, plugins};
use crate::serve::configuration::{self, ConfigurationError, Origin};
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
    let read = configuration::read(&origin, 1).and_then(|compiled| {
        let loaded = embeddings::load(compiled.embeddings.as_ref(), None, Reading::Now);
        let loaded = loaded.and_then(|_| local_models::load(&compiled.local_models, Reading::Now));
        let loaded = loaded.and_then(|_| plugins::load(&compiled.plugins));
        loaded.map(|()| compiled).map_err(ConfigurationError::Faults)
    });
    match read {
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
