//! What waits to be written, between workers and the thread that writes. Bounded by number and by bytes; what comes beyond is
//! dropped and counted.

use super::BodySettings;
use super::content::BodyContent;
use gw_model::{Micros, RequestId};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::time::Duration;

/// Calls of one transaction, at most.
const BATCH: usize = 256;
/// How long what has come waits for more of it: a transaction costs as much as the bodies of several calls.
const LINGER: Duration = Duration::from_millis(25);

/// Bodies on their way.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Whose.
    pub request: RequestId,
    /// Until when they are kept.
    pub expires: Micros,
    /// Personal data and credentials are masked first.
    pub is_masked: bool,
    /// The bodies.
    pub content: BodyContent,
}

/// What became of bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BodyStats {
    /// Calls whose bodies are written.
    pub written: u64,
    /// Calls whose bodies were dropped since too much waited, or the database did not take them.
    pub dropped: u64,
    /// Calls whose bodies could not be looked through, and had to be.
    pub unmasked: u64,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Kept>,
    bytes: usize,
    closed: bool,
    stats: BodyStats,
}

/// See the module.
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    settings: BodySettings,
}

impl Queue {
    pub(super) fn new(settings: BodySettings) -> Self {
        Self { state: Mutex::default(), wake: Condvar::new(), settings }
    }

    pub(super) fn push(&self, kept: Kept) {
        let bytes = kept.content.len();
        let mut state = self.state.lock();
        let fits = state.waiting.len() < self.settings.queue_calls
            && (state.bytes == 0 || state.bytes.saturating_add(bytes) <= self.settings.queue_bytes);
        if state.closed || !fits {
            state.stats.dropped += 1;
            return;
        }
        state.bytes += bytes;
        state.waiting.push_back(kept);
        let waiting = state.waiting.len();
        drop(state);
        // Whoever writes waits for the first, and then for a batch.
        if waiting == 1 || waiting == BATCH {
            self.wake.notify_one();
        }
    }

    /// What one transaction is to hold, once there is something; `None` when all is taken and nothing more will come.
    pub(super) fn next(&self) -> Option<Vec<Kept>> {
        let mut state = self.state.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            self.wake.wait(&mut state);
        }
        let is_few = |state: &mut State| state.waiting.len() < BATCH && !state.closed;
        self.wake.wait_while_for(&mut state, is_few, LINGER);
        let count = state.waiting.len().min(BATCH);
        let batch: Vec<Kept> = state.waiting.drain(..count).collect();
        let bytes: usize = batch.iter().map(|kept| kept.content.len()).sum();
        state.bytes = state.bytes.saturating_sub(bytes);
        Some(batch)
    }

    pub(super) fn note(&self, note: impl FnOnce(&mut BodyStats)) {
        note(&mut self.state.lock().stats);
    }

    pub(super) fn stats(&self) -> BodyStats {
        self.state.lock().stats
    }

    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.wake.notify_all();
    }
}
