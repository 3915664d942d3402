//! One batch for a collector: sent over the client that speaks to providers, so that its TLS, proxies and forbidden addresses hold here too;
//! sent again with growing pauses while the collector can not take it, and then given up. It must not keep anything.

use super::grpc;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use gw_model::telemetry::{OtlpProtocol, OtlpTarget, Signal};
use gw_model::{Clock, Micros};
use gw_pipeline::{Dropped, TelemetryMetrics};
use gw_telemetry::proto::collector::ExportAnswer;
use gw_upstream::{
    Destination, DestinationError, PhaseTimeouts, ProxyEnv, Upstream, UpstreamBody, UpstreamRequest,
    UpstreamResponse,
};
use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{Method, StatusCode};
use prost::Message;
use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 << 10;
/// Longest time for connecting, in milliseconds.
const CONNECT_MS: u64 = 5_000;
/// First pause before a batch is sent again, in milliseconds; each further one is twice as long.
const FIRST_PAUSE_MS: u64 = 500;
/// Longest pause.
const MAX_PAUSE_MS: u64 = 30_000;
/// Longest text of a collector in a log line, in bytes.
const MAX_SAID: usize = 300;

/// Why a collector did not take a batch.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) is_worth_another: bool,
    pub(super) after_ms: Option<u64>,
    said: String,
}

impl Fault {
    /// The same batch may be taken later.
    pub(super) fn again(said: impl Into<String>, after_ms: Option<u64>) -> Self {
        Self { is_worth_another: true, after_ms, said: said.into() }
    }

    /// It will never be taken.
    pub(super) fn last(said: impl Into<String>) -> Self {
        Self { is_worth_another: false, after_ms: None, said: said.into() }
    }
}

/// See the module.
pub(super) struct Sender {
    signal: Signal,
    target: OtlpTarget,
    destination: Destination,
    path: String,
    upstream: Rc<Upstream>,
    clock: Arc<dyn Clock>,
    metrics: TelemetryMetrics,
    /// The last batch was not taken: said once.
    is_failing: Cell<bool>,
}

impl Sender {
    /// To be used on the thread of its client. Errors: the address, a certificate or the like is of no use.
    pub(super) fn new(
        signal: Signal,
        target: &OtlpTarget,
        upstream: &Rc<Upstream>,
        clock: Arc<dyn Clock>,
        metrics: TelemetryMetrics,
    ) -> Result<Self, DestinationError> {
        let proxies = ProxyEnv::from_vars(|name| std::env::var(name).ok());
        let (origin, path) = split(&target.url);
        let (destination, _) = Destination::parse(origin, &target.connect, &proxies)?;
        let path = match target.protocol {
            OtlpProtocol::HttpProtobuf if path.is_empty() => "/".to_owned(),
            OtlpProtocol::HttpProtobuf => path.to_owned(),
            OtlpProtocol::Grpc => service(signal).to_owned(),
        };
        let (upstream, target) = (Rc::clone(upstream), target.clone());
        let is_failing = Cell::new(false);
        Ok(Self { signal, target, destination, path, upstream, clock, metrics, is_failing })
    }

    /// Sends a batch of so many, and notes what came of it.
    pub(super) async fn send(&self, count: u64, message: Vec<u8>) {
        let request = self.request(message);
        let began = self.clock.now();
        let mut pause_ms = FIRST_PAUSE_MS;
        loop {
            let within = Duration::from_millis(self.target.timeout_ms);
            let sent = tokio::time::timeout(within, self.once(&request)).await;
            let fault = match sent.unwrap_or_else(|_| Err(Fault::again("no answer in time", None))) {
                Ok(answer) => return self.taken(count, &answer),
                Err(fault) => fault,
            };
            // Half of it is chance: gateways that lost a collector together do not come back together.
            let own_ms = pause_ms / 2 + fastrand::u64(0..=pause_ms / 2);
            let wait_ms = fault.after_ms.unwrap_or(own_ms);
            let left_ms = self.target.max_retry_ms.saturating_sub(self.elapsed_ms(began));
            if !fault.is_worth_another || wait_ms > left_ms {
                return self.given_up(count, &fault);
            }
            self.metrics.note_export(self.signal, "retry");
            self.note_failing(&fault.said);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            pause_ms = (pause_ms * 2).min(MAX_PAUSE_MS);
        }
    }

    fn elapsed_ms(&self, began: Micros) -> u64 {
        u64::try_from(self.clock.now() - began).unwrap_or(0) / 1000
    }

    fn request(&self, message: Vec<u8>) -> UpstreamRequest {
        let packed = if self.target.gzip { gzip(&message) } else { None };
        let is_compressed = packed.is_some();
        let body = packed.unwrap_or(message);
        let mut headers = HeaderMap::new();
        for (name, value) in &self.target.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_str(value.expose())) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        let agent = concat!("gatewright/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let body = match self.target.protocol {
            OtlpProtocol::HttpProtobuf => {
                headers.insert("content-type", HeaderValue::from_static("application/x-protobuf"));
                if is_compressed {
                    headers.insert("content-encoding", HeaderValue::from_static("gzip"));
                }
                Bytes::from(body)
            }
            OtlpProtocol::Grpc => {
                grpc::put_headers(&mut headers, is_compressed, self.target.timeout_ms);
                grpc::framed(&body, is_compressed)
            }
        };
        UpstreamRequest { method: Method::POST, path_and_query: self.path.clone(), headers, body: vec![body] }
    }

    async fn once(&self, request: &UpstreamRequest) -> Result<ExportAnswer, Fault> {
        let timeout_ms = self.target.timeout_ms;
        let connect_ms = timeout_ms.min(CONNECT_MS);
        let phases = PhaseTimeouts { connect_ms, first_byte_ms: timeout_ms, idle_ms: timeout_ms };
        let sent = self.upstream.send(&self.destination, request, phases).await;
        let response = sent.map_err(|error| Fault::again(error.to_string(), None))?;
        let UpstreamResponse { status, headers, mut body, .. } = response;
        let whole = read(&mut body).await;
        let is_grpc = self.target.protocol == OtlpProtocol::Grpc;
        if is_grpc && status == StatusCode::OK {
            grpc::outcome(&headers, body.trailers())?;
            let whole = whole.unwrap_or_default();
            // What it says besides can be done without.
            return Ok(ExportAnswer::decode(grpc::unframed(&whole)).unwrap_or_default());
        }
        judge(status, &headers)?;
        Ok(ExportAnswer::decode(whole.unwrap_or_default().as_slice()).unwrap_or_default())
    }

    fn taken(&self, count: u64, answer: &ExportAnswer) {
        let partial = answer.partial_success.clone().unwrap_or_default();
        let rejected = u64::try_from(partial.rejected).unwrap_or(0).min(count);
        self.metrics.note_export(self.signal, if rejected > 0 { "partial" } else { "ok" });
        self.metrics.note_sent(self.signal, count - rejected);
        if rejected > 0 {
            self.metrics.note_dropped(self.signal, Dropped::Rejected, rejected);
        }
        if rejected > 0 || !partial.error_message.is_empty() {
            self.note_failing(&format!("it did not take {rejected} of {count}: {}", partial.error_message));
        } else if self.is_failing.replace(false) {
            tracing::info!(signal = self.signal.as_str(), "the collector takes telemetry again");
        }
    }

    fn given_up(&self, count: u64, fault: &Fault) {
        let reason = if fault.is_worth_another { Dropped::Unreachable } else { Dropped::Rejected };
        self.metrics.note_export(self.signal, "failed");
        self.metrics.note_dropped(self.signal, reason, count);
        self.note_failing(&fault.said);
    }

    /// Said once until it goes well again: a dead collector must not fill the log.
    fn note_failing(&self, said: &str) {
        if self.is_failing.replace(true) {
            return;
        }
        let said: String = said.chars().filter(|c| !c.is_control()).take(MAX_SAID).collect();
        let host = self.destination.host();
        tracing::warn!(signal = self.signal.as_str(), host, "the collector does not take telemetry: {said}");
    }
}

/// Scheme, host and port; and the path.
fn split(url: &str) -> (&str, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(start..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| start + at);
    url.split_at_checked(end).unwrap_or((url, ""))
}

/// The service of gRPC that takes a signal.
const fn service(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    }
}

/// What a status means for the batch.
fn judge(status: StatusCode, headers: &HeaderMap) -> Result<(), Fault> {
    if status.is_success() {
        return Ok(());
    }
    let said = format!("status {}", status.as_u16());
    match status.as_u16() {
        429 | 502 | 503 | 504 => Err(Fault::again(said, retry_after_ms(headers))),
        _ => Err(Fault::last(said)),
    }
}

/// Seconds, or a date.
#[expect(clippy::disallowed_methods, reason = "the date of a header is compared with the machine's")]
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let until = httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).unwrap_or_default();
    u64::try_from(until.as_millis()).ok()
}

/// An answer, as far as it is wanted; `None` where it broke off.
async fn read(body: &mut UpstreamBody) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.ok()?;
        let room = MAX_ANSWER.saturating_sub(out.len());
        out.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
        if out.len() >= MAX_ANSWER {
            return None;
        }
    }
    Some(out)
}

fn gzip(message: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 4), Compression::fast());
    encoder.write_all(message).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests;
