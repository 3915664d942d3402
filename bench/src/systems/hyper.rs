//! The bare hyper proxy of `probe`, as a process of its own, in its two flavours.

use super::{Bench, Running, System, free_port, fresh_directory};
use crate::error::BenchError;
use crate::process::Child;
use std::time::Duration;

pub(super) fn start(bench: &Bench, system: System) -> Result<Running, BenchError> {
    let own = std::env::current_exe().map_err(BenchError::file("the benchmark's own program"))?;
    let directory = fresh_directory(bench, system.name())?;
    let port = free_port()?;
    let log = directory.join("log");
    let mut args = vec!["--probe".to_owned(), format!("{port}:{}", bench.mock_port)];
    if system == System::HyperStealing {
        args.push("--probe-stealing".to_owned());
    }
    let child = Child::start(&own, &args, &[], &directory, &log, bench.pin)?;
    Running {
        system,
        version: "1 (bare probe)".to_owned(),
        port,
        headers: Vec::new(),
        keys: vec!["none".to_owned()],
        child: Some(child),
        _needs: None,
        started_in: Duration::ZERO,
    }
    .wait_ready(bench, &log, Duration::from_secs(10))
}
