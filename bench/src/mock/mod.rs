//! The mock upstream: answers chat completions and messages with fixed bytes, as fast as one
//! thread can. It serves the benchmark only; `gw-emulator` is the upstream for tests and users.

mod answers;
mod request;
mod server;
#[cfg(test)]
mod tests;

use crate::error::BenchError;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Counters of the running mock.
#[derive(Debug, Default)]
pub(crate) struct MockStats {
    /// Connections open now.
    pub(crate) open: AtomicU64,
    /// Requests answered so far.
    pub(crate) requests: AtomicU64,
}

/// A mock that serves on its own thread until the process ends.
#[derive(Debug)]
pub(crate) struct Mock {
    /// The loopback port it listens on.
    pub(crate) port: u16,
    /// Its counters.
    pub(crate) stats: Arc<MockStats>,
}

/// Starts the mock on loopback; port 0 takes a free one. The thread inherits the caller's pinning.
pub(crate) fn start(port: u16) -> Result<Mock, BenchError> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(BenchError::socket("bind the mock"))?;
    let port = listener.local_addr().map_err(BenchError::socket("mock address"))?.port();
    let stats = Arc::new(MockStats::default());
    // The default backlog is too short for thousands of streams that open at once.
    rustix::net::listen(&listener, 4096)
        .map_err(|source| BenchError::Machine { operation: "listen for the mock", source })?;
    let counters = Arc::clone(&stats);
    std::thread::Builder::new()
        .name("mock".to_owned())
        .spawn(move || {
            if let Err(error) = server::Server::new(listener, counters).and_then(server::Server::run) {
                crate::report::note(&format!("the mock upstream ended: {error}"));
                std::process::exit(1);
            }
        })
        .map_err(|source| BenchError::Spawn { program: "the mock's thread".to_owned(), source })?;
    Ok(Mock { port, stats })
}
