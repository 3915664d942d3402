//! Counters of one emulator and their snapshot for `GET /emulator/stats`. Plain counting; it must not
//! influence what is answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// Most model names counted one by one; the rest is counted together as `(other)`.
const MAX_MODELS: usize = 1024;

/// What one model was asked and billed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModelStats {
    /// Requests that named the model.
    pub requests: u64,
    /// Input tokens billed.
    pub input_tokens: u64,
    /// Output tokens billed.
    pub output_tokens: u64,
}

/// A copy of all counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests to provider paths, whatever their outcome.
    pub requests: u64,
    /// Open connections that carried no control request as their last request.
    pub open_connections: u64,
    /// Streamed answers under way.
    pub open_streams: u64,
    /// Input tokens of all answered requests, cache reads and writes included.
    pub billed_input_tokens: u64,
    /// Output tokens that were generated, also when the client left before it got them.
    pub billed_output_tokens: u64,
    /// Requests whose client left before the answer was complete.
    pub client_disconnects: u64,
    /// By model name as it stood in the request.
    pub by_model: BTreeMap<String, ModelStats>,
    /// Responses by status.
    pub by_status: BTreeMap<u16, u64>,
}

/// The live counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    open_connections: AtomicU64,
    open_streams: AtomicU64,
    billed_input: AtomicU64,
    billed_output: AtomicU64,
    client_disconnects: AtomicU64,
    by_model: Mutex<BTreeMap<String, ModelStats>>,
    by_status: Mutex<BTreeMap<u16, u64>>,
}

impl Counters {
    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection_opened(&self) {
        self.open_connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection_closed(&self) {
        self.open_connections.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_opened(&self) {
        self.open_streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_closed(&self) {
        self.open_streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn client_left(&self) {
        self.client_disconnects.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn status(&self, status: u16) {
        *self.by_status.lock().entry(status).or_insert(0) += 1;
    }

    pub(crate) fn bill_input(&self, tokens: u64) {
        self.billed_input.fetch_add(tokens, Ordering::Relaxed);
    }

    pub(crate) fn bill_output(&self, tokens: u64) {
        self.billed_output.fetch_add(tokens, Ordering::Relaxed);
    }

    /// Counts a request that names a model.
    pub(crate) fn model_request(&self, model: &str) {
        self.with_model(model, |stats| stats.requests += 1);
    }

    /// Adds billed tokens to a model; the totals are counted by `bill_input` and `bill_output`.
    pub(crate) fn bill_model(&self, model: &str, input: u64, output: u64) {
        self.with_model(model, |stats| {
            stats.input_tokens += input;
            stats.output_tokens += output;
        });
    }

    pub(crate) fn snapshot(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            open_connections: self.open_connections.load(Ordering::Relaxed),
            open_streams: self.open_streams.load(Ordering::Relaxed),
            billed_input_tokens: self.billed_input.load(Ordering::Relaxed),
            billed_output_tokens: self.billed_output.load(Ordering::Relaxed),
            client_disconnects: self.client_disconnects.load(Ordering::Relaxed),
            by_model: self.by_model.lock().clone(),
            by_status: self.by_status.lock().clone(),
        }
    }

    /// Sets everything to zero but what is open now.
    pub(crate) fn reset(&self) {
        for counter in [&self.requests, &self.billed_input, &self.billed_output, &self.client_disconnects] {
            counter.store(0, Ordering::Relaxed);
        }
        self.by_model.lock().clear();
        self.by_status.lock().clear();
    }

    fn with_model(&self, model: &str, change: impl FnOnce(&mut ModelStats)) {
        let mut models = self.by_model.lock();
        if let Some(stats) = models.get_mut(model) {
            return change(stats);
        }
        let name = if models.len() < MAX_MODELS { model } else { "(other)" };
        change(models.entry(name.to_owned()).or_default());
    }
}
