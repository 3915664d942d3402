//! Logs of the process, to stderr, and to whoever listens for a collector. Prompts, answers and secrets never go there: no call site has them at hand.

use super::lines::Ear;
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. `level` is a filter such as `info` or `gw_pipeline=debug`; an unusable one means `info`.
pub(crate) fn start(format: LogFormat, level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (in tests) changes nothing.
    let _ = match format {
        LogFormat::Text => builder.with_ansi(false).finish().with(Ear).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().with(Ear).try_init(),
    };
}
