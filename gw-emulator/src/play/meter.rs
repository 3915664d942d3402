//! Counts what a body hands out and whether its reader stayed to the end; the counts reach the
//! statistics even when the body is dropped half-way. It must not touch the bytes.

use std::sync::Arc;

use crate::stats::Counters;

/// The accounting of one body, closed on drop.
#[derive(Debug)]
pub(crate) struct BodyMeter {
    counters: Arc<Counters>,
    model: Option<Arc<str>>,
    tokens: u64,
    streamed: bool,
    ended: bool,
}

impl BodyMeter {
    /// Opens the accounting; a stream counts as open from here on.
    pub(crate) fn new(counters: Arc<Counters>, model: Option<Arc<str>>, streamed: bool) -> Self {
        if streamed {
            counters.stream_opened();
        }
        Self { counters, model, tokens: 0, streamed, ended: false }
    }

    /// Output tokens sent with a frame; they are billed at once.
    pub(crate) fn sent(&mut self, tokens: u64) {
        if tokens > 0 {
            self.counters.bill_output(tokens);
            self.tokens += tokens;
        }
    }

    /// The body ended the way the emulator wanted: a later drop is no disconnect.
    pub(crate) fn ended(&mut self) {
        self.ended = true;
    }
}

impl Drop for BodyMeter {
    fn drop(&mut self) {
        if self.streamed {
            self.counters.stream_closed();
        }
        if !self.ended {
            self.counters.client_left();
        }
        if let Some(model) = &self.model {
            self.counters.bill_model(model, 0, self.tokens);
        }
    }
}
