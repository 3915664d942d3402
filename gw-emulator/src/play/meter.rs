//! Counts what a body hands out and whether its reader stayed to the end; the counts reach the
//! statistics even when the body is dropped half-way. It must not touch the bytes.

use std::sync::Arc;

use crate::journal::Journal;
use crate::stats::Counters;

/// The accounting of one body, closed on drop.
#[derive(Debug)]
pub(crate) struct BodyMeter {
    counters: Arc<Counters>,
    model: Option<Arc<str>>,
    tokens: u64,
    streamed: bool,
    ended: bool,
    /// What is handed out is no whole answer, however it ends.
    partial: bool,
    request: Option<(Arc<Journal>, u64)>,
}

impl BodyMeter {
    /// Opens the accounting; a stream counts as open from here on.
    pub(crate) fn new(counters: Arc<Counters>, model: Option<Arc<str>>, streamed: bool) -> Self {
        if streamed {
            counters.stream_opened();
        }
        Self { counters, model, tokens: 0, streamed, ended: false, partial: false, request: None }
    }

    /// The recorded request that the body answers: how it ended is noted there.
    pub(crate) fn of_request(mut self, journal: &Arc<Journal>, serial: u64) -> Self {
        self.request = Some((Arc::clone(journal), serial));
        self
    }

    /// What is played leaves something out, although it may end cleanly.
    pub(crate) fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self
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

    /// The body was broken off on purpose: no disconnect, but no whole answer either.
    pub(crate) fn broken_off(&mut self) {
        (self.ended, self.partial) = (true, true);
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
        if let Some((journal, serial)) = &self.request {
            journal.ended(*serial, self.tokens, self.ended && !self.partial);
        }
        if let Some(model) = &self.model {
            self.counters.bill_model(model, 0, self.tokens);
        }
    }
}
