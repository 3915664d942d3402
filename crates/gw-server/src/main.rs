//! The `gatewright` binary: reads the command line and hands over. The composition root: nothing depends on
//! this crate, and what belongs to a stage, a format or a store does not belong here.
#![forbid(unsafe_code)]

mod admin;
mod app;
mod cli;
mod credentials;
mod identity;
mod scim;
mod serve;
mod telemetry;
mod ui;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Arguments::read())
}
