//! The benchmark's errors: one variant per operation that can fail, each with its cause.
//! Serves every part of the benchmark; it must not decide what happens after a failure.

use std::fmt;
use std::io;

/// What went wrong, and during which operation.
#[derive(Debug)]
pub(crate) enum BenchError {
    /// A file could not be read or written.
    File { path: String, source: io::Error },
    /// A socket operation failed.
    Socket { operation: &'static str, source: io::Error },
    /// The machine refused a limit or a pinning.
    Machine { operation: &'static str, source: rustix::io::Errno },
    /// A child process could not be started.
    Spawn { program: String, source: io::Error },
    /// A program needed for a system is missing or its installation failed.
    Install { system: String, detail: String },
    /// A system did not answer in time after its start, or ended.
    Start { system: String, detail: String },
    /// An answer was wrong or did not come.
    Answer(String),
    /// The measurement has no result: too many failed requests, or nothing completed.
    Measure(String),
}

impl BenchError {
    /// A closure for `map_err` that names the file.
    pub(crate) fn file(path: impl AsRef<std::path::Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().display().to_string();
        move |source| Self::File { path, source }
    }

    /// A closure for `map_err` that names the socket operation.
    pub(crate) fn socket(operation: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Socket { operation, source }
    }
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(f, "{path}: {source}"),
            Self::Socket { operation, source } => write!(f, "{operation}: {source}"),
            Self::Machine { operation, source } => write!(f, "{operation}: {source}"),
            Self::Spawn { program, source } => write!(f, "cannot start {program}: {source}"),
            Self::Install { system, detail } => write!(f, "{system} is not installed: {detail}"),
            Self::Start { system, detail } => write!(f, "{system} did not start: {detail}"),
            Self::Answer(detail) | Self::Measure(detail) => f.write_str(detail),
        }
    }
}

impl std::error::Error for BenchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::Socket { source, .. } | Self::Spawn { source, .. } => {
                Some(source)
            }
            Self::Machine { source, .. } => Some(source),
            _ => None,
        }
    }
}
