//! A request towards a provider and the answer to it. Connection-level headers never show up here.

use crate::body::UpstreamBody;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// One request. Cheap to borrow for several tries.
#[derive(Clone, Debug)]
pub struct UpstreamRequest {
    /// Method.
    pub method: Method,
    /// Path and query as they go on the wire, beginning with `/`: visible ASCII only.
    pub path_and_query: String,
    /// End-to-end headers. `host`, `content-length` and connection-level headers are left out when sent:
    /// the client writes its own.
    pub headers: HeaderMap,
    /// The body in pieces; they go out as they are, one after the other.
    pub body: Vec<Bytes>,
}

impl UpstreamRequest {
    /// Length of the body in bytes.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.body.iter().map(Bytes::len).sum()
    }
}

/// How the connection came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Microseconds spent on connecting; `None` when the connection stood already.
    pub connect_us: Option<u64>,
    /// The connection had served another request before, or serves others now.
    pub reused: bool,
}

/// The head of an answer and its body, which streams.
#[derive(Debug)]
pub struct UpstreamResponse {
    /// Final status, never 1xx.
    pub status: StatusCode,
    /// End-to-end headers; `connection`, `transfer-encoding` and the like are taken out.
    pub headers: HeaderMap,
    /// The body. Dropping it before its end closes the connection (HTTP/2: resets the stream) at once.
    pub body: UpstreamBody,
    /// How the connection came about.
    pub timing: Timing,
}
