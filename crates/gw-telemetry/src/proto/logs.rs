//! Events (`opentelemetry/proto/logs/v1`).

use super::values::{AnyValue, InstrumentationScope, KeyValue, Resource};

/// Events of one process.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceLogs {
    /// The process.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    /// Its events by library.
    #[prost(message, repeated, tag = "2")]
    pub scope_logs: Vec<ScopeLogs>,
    /// The conventions that they follow.
    #[prost(string, tag = "3")]
    pub schema_url: String,
}

/// Events of one library.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ScopeLogs {
    /// The library.
    #[prost(message, optional, tag = "1")]
    pub scope: Option<InstrumentationScope>,
    /// Its events.
    #[prost(message, repeated, tag = "2")]
    pub log_records: Vec<LogRecord>,
    /// The conventions that they follow.
    #[prost(string, tag = "3")]
    pub schema_url: String,
}

/// An event.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LogRecord {
    /// Nanoseconds since the epoch.
    #[prost(fixed64, tag = "1")]
    pub time_unix_nano: u64,
    /// The same of when it was noted.
    #[prost(fixed64, tag = "11")]
    pub observed_time_unix_nano: u64,
    /// How grave it is: 9 is information, 13 a warning, 17 an error.
    #[prost(int32, tag = "2")]
    pub severity_number: i32,
    /// The same as a word.
    #[prost(string, tag = "3")]
    pub severity_text: String,
    /// What happened, for people.
    #[prost(message, optional, tag = "5")]
    pub body: Option<AnyValue>,
    /// What is known of it.
    #[prost(message, repeated, tag = "6")]
    pub attributes: Vec<KeyValue>,
    /// Flags of the trace.
    #[prost(fixed32, tag = "8")]
    pub flags: u32,
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "9")]
    pub trace_id: Vec<u8>,
    /// 8 bytes.
    #[prost(bytes = "vec", tag = "10")]
    pub span_id: Vec<u8>,
    /// What kind of event it is.
    #[prost(string, tag = "12")]
    pub event_name: String,
}
