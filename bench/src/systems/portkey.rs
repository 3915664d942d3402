//! Portkey's gateway from npm: no keys, no limits; the upstream is named by each request's headers.

use super::{Bench, Running, System, free_port, fresh_directory, install, write};
use crate::error::BenchError;
use crate::process::Child;
use std::path::Path;
use std::time::Duration;

const VERSION: &str = "1.15.2";

pub(super) fn start(bench: &Bench) -> Result<Running, BenchError> {
    let home = bench.work.join("portkey");
    let package = format!("@portkey-ai/gateway@{VERSION}");
    std::fs::create_dir_all(&home).map_err(BenchError::file(&home))?;
    // A manifest of its own keeps npm from looking for one further up.
    write(&home.join("package.json"), "{\"name\":\"bench-portkey\",\"private\":true}\n")?;
    install::ensure(
        "portkey",
        &home,
        VERSION,
        &[("npm", &["install", "--no-audit", "--no-fund", "--loglevel=error", &package])],
    )?;
    let node = install::version_line("portkey", "node", &["--version"])?;
    let directory = fresh_directory(bench, "portkey")?;
    let port = free_port()?;
    let log = directory.join("log");
    let script = home.join("node_modules/@portkey-ai/gateway/build/start-server.js");
    let args = [script.display().to_string(), "--headless".to_owned(), format!("--port={port}")];
    let env = [("NODE_ENV".to_owned(), "production".to_owned())];
    let child = Child::start(Path::new("node"), &args, &env, &directory, &log, bench.pin)?;
    let header = |name: &str, value: String| (name.to_owned(), value);
    Running {
        system: System::Portkey,
        version: format!("{VERSION} (Node {node})"),
        port,
        headers: vec![
            header("x-portkey-provider", "openai".to_owned()),
            header("x-portkey-custom-host", format!("http://127.0.0.1:{}/v1", bench.mock_port)),
        ],
        keys: vec!["sk-mock".to_owned()],
        child: Some(child),
        _needs: None,
        started_in: Duration::ZERO,
    }
    .wait_ready(bench, &log, Duration::from_secs(60))
}
