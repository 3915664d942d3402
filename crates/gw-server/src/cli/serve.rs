//! `gatewright serve`.

use super::{EXIT_USAGE, output};
use crate::serve::boot::{self, BootError, Start};
use crate::serve::configuration::Origin;
use crate::telemetry::LogFormat;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Configuration file. Without one, every provider whose usual key is in the environment is on.
    #[arg(long, env = "GATEWRIGHT_CONFIG")]
    config: Option<PathBuf>,
    /// Address and port to listen on; overrides the configuration.
    #[arg(long, env = "GATEWRIGHT_LISTEN")]
    listen: Option<String>,
    /// Directory of the store, the journal and the keys.
    #[arg(long, env = "GATEWRIGHT_DATA_DIR", default_value = "./gatewright-data")]
    data_dir: PathBuf,
    /// Worker threads, 1 to 1024; one per core when not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Add the built-in provider emulator as provider `demo`.
    #[arg(long)]
    demo: bool,
    /// How log lines look; overrides the configuration.
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
    /// Which log lines are written, such as `info` or `gw_pipeline=debug`; overrides the configuration.
    #[arg(long, env = "GATEWRIGHT_LOG")]
    log: Option<String>,
}

/// Runs until asked to stop.
pub(crate) fn run(arguments: ServeArguments) -> ExitCode {
    let listen = match arguments.listen.as_deref().map(gw_config::parse_listen).transpose() {
        Ok(listen) => listen,
        Err(error) => {
            output::note(format!("gatewright: --listen: {error}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let start = Start {
        origin: Origin { file: arguments.config, demo: arguments.demo, listen },
        data_dir: arguments.data_dir,
        workers: arguments.workers,
        log_format: arguments.log_format,
        log: arguments.log,
    };
    match boot::run(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(BootError::Configuration(error)) => {
            output::note(error);
            ExitCode::from(EXIT_USAGE)
        }
        Err(error) => output::fail(&error, error.exit_code()),
    }
}
