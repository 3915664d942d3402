//! Remembers the last requests as they arrived, so that a test can see what really reached the
//! upstream. Bounded in number and bytes; it must not change what it remembers.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// Method.
    pub method: Method,
    /// Path without query, as sent.
    pub path: String,
    /// Query without `?`, empty when there is none.
    pub query: String,
    /// Headers as sent.
    pub headers: HeaderMap,
    /// Body as sent.
    pub body: Bytes,
}

impl RecordedRequest {
    pub(crate) fn new(request: &Request<Bytes>) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or("").to_owned(),
            headers: request.headers().clone(),
            body: request.body().clone(),
        }
    }

    /// The request as JSON: `{method, path, query, headers, body, body_bytes}`; a header that stands
    /// several times becomes one text joined by `, `, bytes that are no UTF-8 are replaced.
    pub fn to_json(&self) -> Value {
        let mut headers: Map<String, Value> = Map::new();
        for name in self.headers.keys() {
            let values =
                self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let joined = values.collect::<Vec<_>>().join(", ");
            headers.insert(name.as_str().to_owned(), Value::from(joined));
        }
        json!({
            "method": self.method.as_str(), "path": self.path, "query": self.query, "headers": headers,
            "body": String::from_utf8_lossy(&self.body), "body_bytes": self.body.len()
        })
    }
}

/// The last requests, oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    requests: Mutex<Kept>,
    max_requests: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Kept {
    queue: VecDeque<RecordedRequest>,
    bytes: usize,
}

impl Journal {
    pub(crate) fn new(max_requests: usize, max_bytes: usize) -> Self {
        Self { requests: Mutex::default(), max_requests, max_bytes }
    }

    /// Adds a request and drops the oldest above the bounds (the newest always stays).
    pub(crate) fn add(&self, request: &Request<Bytes>) {
        if self.max_requests == 0 {
            return;
        }
        let recorded = RecordedRequest::new(request);
        let mut kept = self.requests.lock();
        kept.bytes += recorded.body.len();
        kept.queue.push_back(recorded);
        while kept.queue.len() > self.max_requests || (kept.bytes > self.max_bytes && kept.queue.len() > 1) {
            let Some(oldest) = kept.queue.pop_front() else { break };
            kept.bytes -= oldest.body.len();
        }
    }

    /// The last `count` requests, oldest first.
    pub(crate) fn last(&self, count: usize) -> Vec<RecordedRequest> {
        let kept = self.requests.lock();
        let skip = kept.queue.len().saturating_sub(count);
        kept.queue.iter().skip(skip).cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.requests.lock() = Kept::default();
    }
}
