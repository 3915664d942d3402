//! Logs of the gateway itself. They never hold prompts or credentials, at any level.

use crate::shape::{choices, settings};

settings! {
    /// Logs.
    pub struct TelemetrySettings {
        /// `text` or `json`. `--log-format` overrides it.
        default("text") log_format: LogFormat,
        /// `error`, `warn`, `info`, `debug` or `trace`.
        default("info") log_level: LogLevel,
    } later { "otlp_endpoint", "otlp", "traces" }
}

choices! {
    /// Shape of a log line.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// For machines.
        Json = "json",
    }
}

choices! {
    /// How much is logged.
    pub enum LogLevel {
        /// Failures only.
        Error = "error",
        /// Failures and doubtful states.
        Warn = "warn",
        /// Starts, stops and changes.
        Info = "info",
        /// Each request.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}
