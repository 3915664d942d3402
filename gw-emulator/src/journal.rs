//! Remembers the last requests as they arrived, so that a test can see what really reached the
//! upstream. Bounded in number and bytes; it must not change what it remembers.

use std::collections::VecDeque;
use std::time::Instant;

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
    /// Number of the request, growing with each.
    pub serial: u64,
    /// When it had arrived, in microseconds since the emulator was made.
    pub arrived_us: u64,
    /// What it got, as far as it has come.
    pub answer: RecordedAnswer,
}

/// What a recorded request got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// Status; 0 while there is none.
    pub status: u16,
    /// Input tokens billed.
    pub input_tokens: u64,
    /// Output tokens billed.
    pub output_tokens: u64,
    /// The whole answer was handed over.
    pub whole: bool,
}

impl RecordedRequest {
    fn new(request: &Request<Bytes>, serial: u64, arrived_us: u64) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or("").to_owned(),
            headers: request.headers().clone(),
            body: request.body().clone(),
            serial,
            arrived_us,
            answer: RecordedAnswer::default(),
        }
    }

    /// The request as JSON: `{method, path, query, headers, body, body_bytes, serial, arrived_us, answer}`; a
    /// header that stands several times becomes one text joined by `, `, bytes that are no UTF-8 are replaced.
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
            "body": String::from_utf8_lossy(&self.body), "body_bytes": self.body.len(),
            "serial": self.serial, "arrived_us": self.arrived_us, "answer": {
                "status": self.answer.status, "input_tokens": self.answer.input_tokens,
                "output_tokens": self.answer.output_tokens, "whole": self.answer.whole
            }
        })
    }
}

/// The last requests, oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    requests: Mutex<Kept>,
    max_requests: usize,
    max_bytes: usize,
    begun: Instant,
}

#[derive(Debug, Default)]
struct Kept {
    queue: VecDeque<RecordedRequest>,
    bytes: usize,
}

impl Journal {
    pub(crate) fn new(max_requests: usize, max_bytes: usize) -> Self {
        Self { requests: Mutex::default(), max_requests, max_bytes, begun: begin() }
    }

    /// Microseconds since the emulator was made.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Adds a request and drops the oldest above the bounds (the newest always stays).
    pub(crate) fn add(&self, request: &Request<Bytes>, serial: u64) {
        if self.max_requests == 0 {
            return;
        }
        let recorded = RecordedRequest::new(request, serial, self.now_us());
        let mut kept = self.requests.lock();
        kept.bytes += recorded.body.len();
        kept.queue.push_back(recorded);
        while kept.queue.len() > self.max_requests || (kept.bytes > self.max_bytes && kept.queue.len() > 1) {
            let Some(oldest) = kept.queue.pop_front() else { break };
            kept.bytes -= oldest.body.len();
        }
    }

    /// The request got an answer of this status.
    pub(crate) fn answered(&self, serial: u64, status: u16) {
        self.change(serial, |answer| answer.status = status);
    }

    /// Tokens that are billed as the answer begins.
    pub(crate) fn billed(&self, serial: u64, input_tokens: u64, output_tokens: u64) {
        self.change(serial, |answer| {
            (answer.input_tokens, answer.output_tokens) = (input_tokens, output_tokens);
        });
    }

    /// The answer's body is over.
    pub(crate) fn ended(&self, serial: u64, streamed_tokens: u64, whole: bool) {
        self.change(serial, |answer| {
            answer.output_tokens += streamed_tokens;
            answer.whole = whole;
        });
    }

    /// Serials grow nearly in order: the newest are looked at first.
    fn change(&self, serial: u64, change: impl FnOnce(&mut RecordedAnswer)) {
        let mut kept = self.requests.lock();
        if let Some(recorded) = kept.queue.iter_mut().rev().find(|recorded| recorded.serial == serial) {
            change(&mut recorded.answer);
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

#[expect(clippy::disallowed_methods, reason = "when requests arrived is told in the machine's time")]
fn begin() -> Instant {
    Instant::now()
}
