//! Redis, for what gateways count together: without files, and on the load generator's core, since its work is not the
//! gateway's. It is no system that is measured.

use super::{Bench, free_port, fresh_directory};
use crate::error::BenchError;
use crate::process::{Child, Pin};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a server of its own for one gateway. The server, and its URL.
pub(super) fn start(bench: &Bench, name: &str) -> Result<(Child, String), BenchError> {
    let directory = fresh_directory(bench, name)?;
    let port = free_port()?;
    let args: Vec<String> =
        ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            .map(str::to_owned)
            .to_vec();
    let log = directory.join("log");
    let mut child = Child::start(Path::new("redis-server"), &args, &[], &directory, &log, Pin::Anywhere)?;
    let begin = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        let ended = child.ended();
        if ended.is_some() || begin.elapsed() > PATIENCE {
            let detail = ended.unwrap_or_else(|| "no connection".to_owned());
            return Err(BenchError::Start { system: "redis-server".to_owned(), detail });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((child, format!("redis://127.0.0.1:{port}")))
}
