//! `gatewright emulate`: the provider emulator alone; or a store filled with made-up records.

mod seed;

use super::output;
use clap::Args;
use gw_emulator::{Emulator, EmulatorConfig};
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// Arguments of `emulate`.
#[derive(Debug, Args)]
pub(crate) struct EmulateArguments {
    /// Address to listen on; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
    #[command(flatten)]
    seed: seed::SeedArguments,
}

/// Runs until interrupted, or until the store is filled.
pub(crate) fn run(arguments: &EmulateArguments) -> ExitCode {
    if let Some(records) = arguments.seed.records() {
        return seed::run(&arguments.seed, records);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&error, 1),
    };
    gw_ingress::listen::nofile::raise();
    let result = runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen).await?;
        output::line(format!("Emulator is ready at http://{}", listener.local_addr()?));
        let emulator = Emulator::new(EmulatorConfig::default());
        emulator.serve(listener, crate::serve::shutdown::asked_to_stop()).await;
        Ok::<(), std::io::Error>(())
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(format!("gatewright: cannot listen on {}: {error}", arguments.listen));
            ExitCode::FAILURE
        }
    }
}
