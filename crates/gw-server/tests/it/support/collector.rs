//! A collector of OpenTelemetry that keeps what it gets, over HTTP or gRPC, and answers as a test wants it.

use bytes::Bytes;
use flate2::read::GzDecoder;
use gw_telemetry::proto::collector::{ExportLogs, ExportMetrics, ExportTraces};
use gw_telemetry::proto::logs::LogRecord;
use gw_telemetry::proto::metrics::Metric;
use gw_telemetry::proto::trace::Span;
use gw_telemetry::proto::values::{KeyValue, Value};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::poll::eventually_within;

/// Time for telemetry to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    /// Status of HTTP; 200 when 0.
    pub(crate) status: u16,
    /// `retry-after`.
    pub(crate) retry_after: Option<&'static str>,
    /// The body.
    pub(crate) body: &'static [u8],
    /// `grpc-status`.
    pub(crate) grpc_status: &'static str,
    /// It never answers.
    pub(crate) hangs: bool,
}

/// What came.
#[derive(Default)]
struct Got {
    requests: Vec<(String, HeaderMap)>,
    resources: Vec<KeyValue>,
    spans: Vec<Span>,
    metrics: Vec<Metric>,
    logs: Vec<LogRecord>,
}

/// A running one; dropping it closes the port.
pub(crate) struct Collector {
    addr: SocketAddr,
    got: Arc<Mutex<Got>>,
    manner: Arc<Mutex<Manner>>,
    _serving: JoinSet<()>,
}

impl Collector {
    /// One that speaks HTTP/1.1.
    pub(crate) async fn http() -> Self {
        Self::start(false).await
    }

    /// One that speaks gRPC.
    pub(crate) async fn grpc() -> Self {
        Self::start(true).await
    }

    async fn start(is_grpc: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (got, manner): (Arc<Mutex<Got>>, Arc<Mutex<Manner>>) = Default::default();
        let (all, wanted) = (Arc::clone(&got), Arc::clone(&manner));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (all, wanted) = (Arc::clone(&all), Arc::clone(&wanted));
                let service = service_fn(move |request| {
                    let (all, wanted) = (Arc::clone(&all), Arc::clone(&wanted));
                    async move { Ok::<_, Infallible>(answer(request, &all, &wanted, is_grpc).await) }
                });
                connections.spawn(async move {
                    let io = TokioIo::new(stream);
                    if is_grpc {
                        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                        drop(server.serve_connection(io, service).await);
                    } else {
                        let server = hyper::server::conn::http1::Builder::new();
                        drop(server.serve_connection(io, service).await);
                    }
                });
            }
        });
        Self { addr, got, manner, _serving: serving }
    }

    /// `http://ADDRESS`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// From now on, it answers so.
    pub(crate) fn answer(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Paths and heads of all requests.
    pub(crate) fn requests(&self) -> Vec<(String, HeaderMap)> {
        self.got.lock().unwrap().requests.clone()
    }

    /// What the process said of itself.
    pub(crate) fn resource(&self, name: &str) -> Option<String> {
        attribute(&self.got.lock().unwrap().resources, name).map(shown)
    }

    /// The spans, once so many have come.
    pub(crate) async fn spans(&self, count: usize) -> Vec<Span> {
        eventually_within(PATIENCE, &format!("{count} spans"), async || {
            let spans = self.got.lock().unwrap().spans.clone();
            (spans.len() >= count).then_some(spans)
        })
        .await
    }

    /// The last reading of a metric, once it has come and `fits`.
    pub(crate) async fn metric(&self, name: &str, fits: impl Fn(&Metric) -> bool) -> Metric {
        eventually_within(PATIENCE, name, async || {
            let got = self.got.lock().unwrap();
            got.metrics.iter().rev().find(|metric| metric.name == name).filter(|m| fits(m)).cloned()
        })
        .await
    }

    /// The events, once so many have come.
    pub(crate) async fn logs(&self, count: usize) -> Vec<LogRecord> {
        eventually_within(PATIENCE, &format!("{count} events"), async || {
            let logs = self.got.lock().unwrap().logs.clone();
            (logs.len() >= count).then_some(logs)
        })
        .await
    }
}

/// The value of an attribute.
pub(crate) fn attribute<'a>(list: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    list.iter().find(|pair| pair.key == name)?.value.as_ref()?.value.as_ref()
}

/// A value as a text.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
    }
}

/// An attribute of a span, as a text; empty when it has none.
pub(crate) fn of(span: &Span, name: &str) -> String {
    attribute(&span.attributes, name).map(shown).unwrap_or_default()
}

type Body = http_body_util::combinators::BoxBody<Bytes, Infallible>;

async fn answer(
    request: Request<Incoming>,
    got: &Mutex<Got>,
    manner: &Mutex<Manner>,
    is_grpc: bool,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let manner = manner.lock().unwrap().clone();
    got.lock().unwrap().requests.push((head.uri.path().to_owned(), head.headers.clone()));
    if manner.hangs {
        return std::future::pending().await;
    }
    let is_taken = manner.status == 0 && matches!(manner.grpc_status, "" | "0");
    if is_taken {
        keep(&mut got.lock().unwrap(), head.uri.path(), &message(&head.headers, &body, is_grpc));
    }
    let mut response = Response::builder().status(if manner.status == 0 { 200 } else { manner.status });
    if let Some(after) = manner.retry_after {
        response = response.header("retry-after", after);
    }
    if !is_grpc {
        return response.body(Full::new(Bytes::from_static(manner.body)).boxed()).unwrap();
    }
    let status = if manner.grpc_status.is_empty() { "0" } else { manner.grpc_status };
    let trailers: HeaderMap =
        [("grpc-status".parse().unwrap(), status.parse().unwrap())].into_iter().collect();
    let frame = if manner.body.is_empty() { &b"\0\0\0\0\0"[..] } else { manner.body };
    let body = Full::new(Bytes::from_static(frame)).with_trailers(async move { Some(Ok(trailers)) });
    response.header("content-type", "application/grpc").body(body.boxed()).unwrap()
}

/// The message in a body, unpacked.
fn message(headers: &HeaderMap, body: &[u8], is_grpc: bool) -> Vec<u8> {
    let (packed, name) = if is_grpc {
        let (prefix, rest) = body.split_at(5);
        let length = u32::from_be_bytes(prefix[1..].try_into().unwrap());
        assert_eq!(length as usize, rest.len());
        assert_eq!(prefix[0] == 1, headers.contains_key("grpc-encoding"));
        (rest, "grpc-encoding")
    } else {
        (body, "content-encoding")
    };
    if headers.get(name).is_none() {
        return packed.to_vec();
    }
    let mut whole = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut whole).unwrap();
    whole
}

fn keep(got: &mut Got, path: &str, message: &[u8]) {
    let lower = path.to_ascii_lowercase();
    if lower.contains("trace") {
        for part in ExportTraces::decode(message).unwrap().resource_spans {
            got.resources = part.resource.unwrap().attributes;
            got.spans.extend(part.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    } else if lower.contains("metrics") {
        for part in ExportMetrics::decode(message).unwrap().resource_metrics {
            got.metrics.extend(part.scope_metrics.into_iter().flat_map(|scope| scope.metrics));
        }
    } else {
        for part in ExportLogs::decode(message).unwrap().resource_logs {
            got.logs.extend(part.scope_logs.into_iter().flat_map(|scope| scope.log_records));
        }
    }
}
