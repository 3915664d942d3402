//! Requests to collectors and their answers (`opentelemetry/proto/collector/*/v1`), and how gRPC says that a request may be sent again
//! (`google/rpc`). The answers of the three services have the same shape.

use super::logs::ResourceLogs;
use super::metrics::ResourceMetrics;
use super::trace::ResourceSpans;

/// Spans for a collector.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExportTraces {
    /// By process.
    #[prost(message, repeated, tag = "1")]
    pub resource_spans: Vec<ResourceSpans>,
}

/// Metrics for a collector.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExportMetrics {
    /// By process.
    #[prost(message, repeated, tag = "1")]
    pub resource_metrics: Vec<ResourceMetrics>,
}

/// Events for a collector.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExportLogs {
    /// By process.
    #[prost(message, repeated, tag = "1")]
    pub resource_logs: Vec<ResourceLogs>,
}

/// A collector's answer.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExportAnswer {
    /// Given where it did not take all.
    #[prost(message, optional, tag = "1")]
    pub partial_success: Option<PartialSuccess>,
}

/// What a collector did not take.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PartialSuccess {
    /// How many.
    #[prost(int64, tag = "1")]
    pub rejected: i64,
    /// Why.
    #[prost(string, tag = "2")]
    pub error_message: String,
}

/// Details of a failure.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RpcStatus {
    /// Code of gRPC.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// What went wrong.
    #[prost(string, tag = "2")]
    pub message: String,
    /// More about it.
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Detail>,
}

/// A message of some type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Detail {
    /// Its type.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// Itself.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// When to send again.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RetryInfo {
    /// Not before that time has passed.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<Pause>,
}

/// A length of time.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Pause {
    /// Seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds besides.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl RpcStatus {
    /// How long to wait before the request is sent again, in milliseconds; `None` where nothing is said of that.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        let info = self.details.iter().find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
        let info = <RetryInfo as prost::Message>::decode(info.value.as_slice()).ok()?;
        let pause = info.retry_delay?;
        let (seconds, nanos) = (u64::try_from(pause.seconds).ok()?, u64::try_from(pause.nanos).ok()?);
        Some(seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000))
    }
}
