//! A collector of OpenTelemetry, and what it gets. What is not given here comes from the variables that all of OpenTelemetry knows.

use crate::env::Env;
use crate::shape::{Fraction, Named, Text, Whole, choices, settings};
use gw_model::Secret;
use std::collections::BTreeMap;

settings! {
    /// Where the collector is, and how it is spoken to.
    pub struct OtlpBlock {
        /// Its address, as `http://localhost:4318` (HTTP) or `http://localhost:4317` (gRPC). `OTEL_EXPORTER_OTLP_ENDPOINT` when not given; nothing is sent without either.
        optional endpoint: Text,
        /// `http/protobuf` or `grpc`. `OTEL_EXPORTER_OTLP_PROTOCOL` when not given, else `http/protobuf`.
        optional protocol: Protocol,
        /// Headers of each request, such as `authorization`. Beside those of `OTEL_EXPORTER_OTLP_HEADERS`.
        section headers: Named<Secret>,
        /// `gzip` or `none`. `OTEL_EXPORTER_OTLP_COMPRESSION` when not given, else `gzip`.
        optional compression: Compression,
        /// Longest time for one request, in milliseconds. `OTEL_EXPORTER_OTLP_TIMEOUT` when not given, else 10000.
        optional timeout_ms: Whole<100, 60_000>,
        /// How long a batch is tried again while the collector can not take it, in milliseconds. Then it is dropped and counted.
        default(60_000) max_retry_ms: Whole<0, 600_000>,
        /// Most ended requests that wait to be looked at, about 1 KiB each. What comes beyond is dropped and counted.
        default(16_384) max_waiting: Whole<16, 1_000_000>,
        /// PEM file with further certificate authorities. `OTEL_EXPORTER_OTLP_CERTIFICATE` when not given.
        optional ca_file: Text,
        /// PEM file with the certificate that the gateway shows.
        optional client_cert_file: Text,
        /// PEM file with its key.
        optional client_key_file: Text,
        /// Proxy on the way there; overrides the environment. `""` means none.
        optional proxy: Text,
        /// Allow link-local and metadata addresses.
        default(false) allow_link_local: bool,
    }
}

settings! {
    /// Spans of requests: one for each, and one below it for each try, for the cache and for guardrails.
    pub struct TraceBlock {
        /// Off with `false`, or where `OTEL_TRACES_EXPORTER` is `none`.
        optional enabled: bool,
        /// The whole address, where spans go elsewhere. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` when not given.
        optional endpoint: Text,
        /// Share of traces that are kept, from 0 to 1 in thousandths. `OTEL_TRACES_SAMPLER_ARG` when not given, else 1.
        optional sample_ratio: Fraction,
        /// A caller that says in `traceparent` whether it keeps its trace decides.
        default(true) parent_based: bool,
        /// Requests at which the gateway or a provider failed are kept whatever was decided.
        default(true) errors: bool,
        /// Providers get `traceparent` and `tracestate`.
        default(true) to_providers: bool,
        /// Providers also get what callers send as `baggage`.
        default(false) baggage: bool,
        /// Spans have what was asked and answered, of calls whose bodies are kept (`records.logging`), and in the same way: masked, or in full.
        default(false) content: bool,
        /// Most bytes of each of the attributes for that. What is longer is cut.
        default(16_384) max_content_bytes: Whole<256, 262_144>,
        /// Most spans that wait to be sent. What comes beyond is dropped and counted.
        default(8_192) max_queue: Whole<16, 1_000_000>,
        /// Most spans in one request.
        default(512) max_batch: Whole<1, 10_000>,
        /// Longest wait before spans are sent, in milliseconds.
        default(1_000) interval_ms: Whole<50, 600_000>,
    }
}

settings! {
    /// Metrics: those of `/metrics`, and those that the conventions for generative AI name.
    pub struct MetricBlock {
        /// Who may read `/metrics`, here and on `admin_listen`: `open` is whoever reaches the port, `protected` asks for the master key or an admin token with `usage:read` for the gateway as a whole.
        default("open") access: MetricAccess,
        /// Off with `false`, or where `OTEL_METRICS_EXPORTER` is `none`.
        optional enabled: bool,
        /// The whole address, where metrics go elsewhere. `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` when not given.
        optional endpoint: Text,
        /// How often they are sent, in milliseconds. `OTEL_METRIC_EXPORT_INTERVAL` when not given, else 60000.
        optional interval_ms: Whole<100, 3_600_000>,
        /// Most sets of attributes of each metric that the conventions name. What comes beyond is counted in one set.
        default(2_000) max_series: Whole<10, 100_000>,
    }
}

choices! {
    /// Who may read `/metrics`.
    pub enum MetricAccess {
        /// Whoever reaches the port.
        Open = "open",
        /// Whoever shows a credential that may.
        Protected = "protected",
    }
}

settings! {
    /// Events: one for each request that was not answered, and lines of the gateway's own log.
    pub struct LogBlock {
        /// Off with `false`, or where `OTEL_LOGS_EXPORTER` is `none`.
        optional enabled: bool,
        /// The whole address, where events go elsewhere. `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` when not given.
        optional endpoint: Text,
        /// Of requests that were answered too.
        default(false) all: bool,
        /// Lines of the gateway's own log are sent too, from this level on and as far as `log_level` lets them be: `off`, `error`, `warn` or `info`.
        default("off") process: ProcessLines,
        /// Most events that wait to be sent. What comes beyond is dropped and counted.
        default(8_192) max_queue: Whole<16, 1_000_000>,
        /// Most events in one request.
        default(512) max_batch: Whole<1, 10_000>,
        /// Longest wait before events are sent, in milliseconds.
        default(1_000) interval_ms: Whole<50, 600_000>,
    }
}

choices! {
    /// Which lines of the gateway's own log a collector gets.
    pub enum ProcessLines {
        /// None.
        Off = "off",
        /// Failures only.
        Error = "error",
        /// Failures and doubtful states.
        Warn = "warn",
        /// Starts, stops and changes too.
        Info = "info",
    }
}

choices! {
    /// How a collector is spoken to.
    pub enum Protocol {
        /// Protobuf in HTTP requests.
        Http = "http/protobuf",
        /// gRPC.
        Grpc = "grpc",
    } later { "http/json" }
}

choices! {
    /// How bodies are compressed.
    pub enum Compression {
        /// With gzip.
        Gzip = "gzip",
        /// Not.
        None = "none",
    }
}

/// The variables that all of OpenTelemetry knows, as far as they are heard.
const KNOWN: [&str; 18] = [
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_LOGS_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_METRIC_EXPORT_INTERVAL",
];

/// Those of them that are set. Some may hold credentials.
#[derive(Clone, Debug, Default)]
pub struct OtelEnv(BTreeMap<&'static str, Secret>);

impl OtelEnv {
    /// Reads them.
    #[must_use]
    pub fn read(env: &dyn Env) -> Self {
        let set =
            |name: &'static str| env.filled(name).map(|value| (name, Secret::new(value.trim().to_owned())));
        Self(KNOWN.into_iter().filter_map(set).collect())
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose)
    }
}
