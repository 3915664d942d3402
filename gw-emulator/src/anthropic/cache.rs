//! The emulated prompt cache: prefixes that a request marks with `cache_control` are written on first
//! sight and read on a repeat. Bounded; it must not remember any text, only hashes.

use std::collections::{HashSet, VecDeque};

use parking_lot::Mutex;

/// Most prefixes remembered; the oldest are forgotten first.
const MAX_PREFIXES: usize = 4096;

/// A prefix of a request that is marked for caching.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Breakpoint {
    /// Hash of everything up to here.
    pub(crate) hash: u64,
    /// Tokens of everything up to here.
    pub(crate) tokens: u64,
    /// Lives an hour rather than five minutes.
    pub(crate) one_hour: bool,
}

/// Input tokens split as the usage reports them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CacheSplit {
    pub(crate) read: u64,
    pub(crate) written_5m: u64,
    pub(crate) written_1h: u64,
}

impl CacheSplit {
    /// Tokens written, whatever their life.
    pub(crate) fn written(self) -> u64 {
        self.written_5m + self.written_1h
    }
}

/// Prefixes seen so far. Entries never expire by time: the emulator has no clock.
#[derive(Debug, Default)]
pub(crate) struct PromptCache {
    seen: Mutex<(HashSet<u64>, VecDeque<u64>)>,
}

impl PromptCache {
    /// Reads the longest known prefix, writes the rest up to the last breakpoint.
    pub(crate) fn look_up(&self, breakpoints: &[Breakpoint]) -> CacheSplit {
        let mut guard = self.seen.lock();
        let (seen, order) = &mut *guard;
        let mut split = CacheSplit::default();
        if let Some(hit) = breakpoints.iter().rev().find(|point| seen.contains(&point.hash)) {
            split.read = hit.tokens;
        }
        let mut covered = split.read;
        for point in breakpoints.iter().filter(|point| point.tokens > split.read) {
            let fresh = point.tokens.saturating_sub(covered);
            if point.one_hour {
                split.written_1h += fresh
            } else {
                split.written_5m += fresh
            }
            covered = covered.max(point.tokens);
            if seen.insert(point.hash) {
                order.push_back(point.hash);
            }
        }
        while order.len() > MAX_PREFIXES {
            if let Some(oldest) = order.pop_front() {
                seen.remove(&oldest);
            }
        }
        split
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        let mut guard = self.seen.lock();
        guard.0.clear();
        guard.1.clear();
    }
}
