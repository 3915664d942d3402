//! The command line. What it leaves open has bounds, so that a run always ends.

use crate::scenario::Scenario;
use crate::systems::System;
use std::path::PathBuf;

/// Measures Gatewright beside other proxies on this machine, over loopback.
///
/// The quick comparison (nginx and gatewright, three scenarios, under a minute): `--quick`.
#[derive(Debug, clap::Parser)]
#[command(name = "gw-bench", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// nginx and gatewright only, three scenarios, two short rounds.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Systems, separated by commas [default: all but hyper, hyper-stealing and baseline].
    #[arg(long, value_delimiter = ',')]
    pub(crate) systems: Vec<System>,
    /// Scenarios, separated by commas [default: all].
    #[arg(long, value_delimiter = ',')]
    pub(crate) scenarios: Vec<Scenario>,
    /// Rounds; each runs every system once per scenario, medians are reported [default: 3].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) rounds: Option<u32>,
    /// Rounds of LiteLLM and Portkey, which take many times as much [default: as all].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) far_rounds: Option<u32>,
    /// Seconds of each window [default: 5].
    #[arg(long, value_parser = seconds)]
    pub(crate) window_seconds: Option<f64>,
    /// Seconds of warm-up before each window [default: 2].
    #[arg(long, value_parser = seconds)]
    pub(crate) warmup_seconds: Option<f64>,
    /// Seconds of load before the memory of the `sustained` scenario is read.
    #[arg(long, default_value_t = 60.0, value_parser = seconds)]
    pub(crate) sustained_seconds: f64,
    /// Keys in the larger half of the `keys` scenario.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub(crate) keys: u32,
    /// Streams that the `streams` scenario opens.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=6_000))]
    pub(crate) streams: u32,
    /// A database of ten million records, as `gatewright emulate --seed-records` makes it, for the `programs` scenario;
    /// without it, answers about records are not measured.
    #[arg(long, value_name = "PATH")]
    pub(crate) records: Option<PathBuf>,
    /// The gateway's binary; without it, `cargo build --release` makes it first.
    #[arg(long, value_name = "PATH")]
    pub(crate) gatewright: Option<PathBuf>,
    /// Another build of the gateway, to compare two in one run.
    #[arg(long, value_name = "PATH")]
    pub(crate) baseline: Option<PathBuf>,
    /// Does not build; takes the release binary as it stands.
    #[arg(long)]
    pub(crate) no_build: bool,
    /// A further argument for `gatewright serve` (repeatable; the last of a repeated flag counts).
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) gatewright_arg: Vec<String>,
    /// A further top-level line of YAML for the gateway's configuration (repeatable).
    #[arg(long, value_name = "YAML")]
    pub(crate) gatewright_yaml: Vec<String>,
    /// Writes the results as JSON to this file (`-` is standard output, instead of the tables).
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the results to bench/RESULTS.md.
    #[arg(long)]
    pub(crate) write: bool,
    /// Only serves the mock upstream on this port (0: any), until it is interrupted.
    #[arg(long, value_name = "PORT", conflicts_with_all = ["quick", "write", "json"])]
    pub(crate) mock: Option<u16>,
    /// Only calls the gateway steadily for so many seconds, and looks at its memory, handles and disk meanwhile.
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["quick", "write", "json", "mock"], value_parser = clap::value_parser!(u64).range(10..=7_200))]
    pub(crate) soak: Option<u64>,
    /// Calls a second of the soak.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) soak_rate: u32,
    /// Runs as the bare hyper proxy, from one port to another.
    #[arg(long, value_name = "PORT:PORT", hide = true, value_parser = ports)]
    pub(crate) probe: Option<(u16, u16)>,
    /// Threads of the probe.
    #[arg(long, default_value_t = 1, hide = true, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) probe_threads: u16,
    /// The probe's threads take work from each other.
    #[arg(long, hide = true)]
    pub(crate) probe_stealing: bool,
}

fn ports(text: &str) -> Result<(u16, u16), String> {
    let (from, to) = text.split_once(':').ok_or("write PORT:PORT")?;
    let port = |text: &str| text.parse().map_err(|_| "a port is a number up to 65535".to_owned());
    Ok((port(from)?, port(to)?))
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.1..=600.0).contains(&value) => Ok(value),
        _ => Err("write a number of seconds from 0.1 to 600".to_owned()),
    }
}
