//! `cargo xtask bench`: measures the gateway beside other proxies on this machine. Serves no part
//! of the product. It listens and calls on loopback only, and ends every process it starts.
#![forbid(unsafe_code)]

mod build;
mod cli;
mod error;
mod load;
mod memory;
mod mock;
mod poller;
mod probe;
mod process;
mod programs;
mod report;
mod run;
mod scenario;
mod session;
mod soak;
mod systems;
mod wire;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match session::run(&cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::note(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}
