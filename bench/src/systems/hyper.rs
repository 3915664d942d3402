//! The bare hyper proxy of `probe`, as a process of its own.

use super::{Bench, Running, System, free_port, fresh_directory};
use crate::error::BenchError;
use crate::process::Child;
use std::time::Duration;

pub(super) fn start(bench: &Bench) -> Result<Running, BenchError> {
    let own = std::env::current_exe().map_err(BenchError::file("the benchmark's own program"))?;
    let directory = fresh_directory(bench, "hyper")?;
    let port = free_port()?;
    let log = directory.join("log");
    let args = ["--probe".to_owned(), format!("{port}:{}", bench.mock_port)];
    let child = Child::start(&own, &args, &[], &directory, &log, bench.pin)?;
    Running {
        system: System::Hyper,
        version: "1 (bare probe)".to_owned(),
        port,
        headers: Vec::new(),
        keys: vec!["none".to_owned()],
        child: Some(child),
    }
    .wait_ready(&log, Duration::from_secs(10))
}
