//! Logs of the gateway itself, and what a collector of OpenTelemetry is told of requests. Neither ever holds prompts or credentials, at any level.

use super::otlp::{LogBlock, MetricBlock, OtlpBlock, TraceBlock};
use crate::shape::{Named, Text, choices, settings};

settings! {
    /// Logs of the gateway itself, and what a collector of OpenTelemetry is told.
    pub struct TelemetrySettings {
        /// `text` or `json`. `--log-format` overrides it.
        default("text") log_format: LogFormat,
        /// `error`, `warn`, `info`, `debug` or `trace`.
        default("info") log_level: LogLevel,
        /// What collectors know the gateway as. `OTEL_SERVICE_NAME` when not given, else `gatewright`.
        optional service_name: Text,
        /// What else collectors are told of the process, as `deployment.environment.name: production`. Beside those of `OTEL_RESOURCE_ATTRIBUTES`.
        section resource: Named<Text>,
        /// The collector (docs/guides/opentelemetry.md).
        section otlp: OtlpBlock,
        /// Spans of requests.
        section traces: TraceBlock,
        /// Metrics, sent beside `/metrics`.
        section metrics: MetricBlock,
        /// Events of requests, and the gateway's own log.
        section logs: LogBlock,
    }
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
