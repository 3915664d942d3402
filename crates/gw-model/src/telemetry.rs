//! What is told of requests to a collector of OpenTelemetry: where it is, and what of traces, metrics and logs it gets.

use crate::secret::Secret;
use crate::snapshot::ConnectOptions;
use crate::trace::TracePolicy;
use std::sync::Arc;

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// Protobuf in HTTP requests.
    HttpProtobuf,
    /// gRPC.
    Grpc,
}

/// Where one kind of telemetry goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpTarget {
    /// How it is spoken to.
    pub protocol: OtlpProtocol,
    /// The whole address; for gRPC scheme, host and port only.
    pub url: Arc<str>,
    /// Headers of each request; values may be credentials.
    pub headers: Vec<(Arc<str>, Secret)>,
    /// Bodies are compressed with gzip.
    pub gzip: bool,
    /// Longest time for one request, in milliseconds.
    pub timeout_ms: u64,
    /// How long a batch is tried again while the collector can not take it, in milliseconds.
    pub max_retry_ms: u64,
    /// How to connect.
    pub connect: ConnectOptions,
}

/// How much is gathered before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// Most that wait; what comes beyond is dropped and counted.
    pub max_queue: usize,
    /// Most that one request carries.
    pub max_batch: usize,
    /// Longest wait before they are sent, in milliseconds.
    pub interval_ms: u64,
}

/// Spans of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceExport {
    /// Where they go.
    pub to: OtlpTarget,
    /// Which are kept.
    pub policy: TracePolicy,
    /// How they are gathered.
    pub batching: Batching,
    /// What was asked and said is told where records keep it, in at most so many bytes for each attribute.
    pub content: Option<usize>,
}

/// Metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricExport {
    /// Where they go.
    pub to: OtlpTarget,
    /// How often they are sent, in milliseconds.
    pub interval_ms: u64,
    /// Most sets of attributes that a metric of the conventions has; what comes beyond is counted in one set.
    pub max_series: usize,
}

/// How grave a line of the gateway's own log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Severity {
    /// Starts, stops and changes.
    Info = 1,
    /// Doubtful states.
    Warn = 2,
    /// Failures.
    Error = 3,
}

/// Events of requests, and lines of the gateway's own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogExport {
    /// Where they go.
    pub to: OtlpTarget,
    /// Requests that were answered well are told of too.
    pub all: bool,
    /// Lines of the gateway's own log are told too, from this on.
    pub lines: Option<Severity>,
    /// How they are gathered.
    pub batching: Batching,
}

/// What is told of requests; at least one of the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telemetry {
    /// Who tells it: names and values, `service.name` first.
    pub resource: Vec<(Arc<str>, Arc<str>)>,
    /// Most requests that wait to be looked at; what comes beyond is dropped and counted.
    pub max_waiting: usize,
    /// Spans.
    pub traces: Option<TraceExport>,
    /// Metrics.
    pub metrics: Option<MetricExport>,
    /// Events.
    pub logs: Option<LogExport>,
}

/// A kind of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Metrics.
    Metrics,
    /// Events.
    Logs,
}

impl Signal {
    /// The name in logs and metrics, and in paths.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}
