//! Which calls of a chain have an intent and no record yet, and in which segments their intents stand: those
//! segments can not be removed. Serves the fold of the running process.

use ahash::AHashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    /// Sequence numbers of the segments that hold its intents, first and last.
    first: u64,
    last: u64,
    /// Its intents up to some segment were copied into the store.
    kept: bool,
}

/// See the module. Holds at most as many entries as calls are in flight.
#[derive(Debug, Default)]
pub(super) struct OpenCalls(AHashMap<u128, Open>);

impl OpenCalls {
    pub(super) fn intent(&mut self, request: u128, sequence: u64) {
        self.0.entry(request).and_modify(|open| open.last = sequence).or_insert(Open {
            first: sequence,
            last: sequence,
            kept: false,
        });
    }

    /// A record settles all attempts of its request. True when intents of it were kept in the store.
    pub(super) fn record(&mut self, request: u128) -> bool {
        self.0.remove(&request).is_some_and(|open| open.kept)
    }

    /// Whether a segment holds an intent of an open call.
    pub(super) fn pins(&self, sequence: u64) -> bool {
        self.0.values().any(|open| (open.first..=open.last).contains(&sequence))
    }

    pub(super) fn contains(&self, request: u128) -> bool {
        self.0.contains_key(&request)
    }

    /// Notes that the intents in segments up to `sequence` are kept in the store.
    pub(super) fn kept_through(&mut self, sequence: u64) {
        for open in self.0.values_mut().filter(|open| open.first <= sequence) {
            open.kept = true;
            open.first = sequence + 1;
            open.last = open.last.max(sequence);
        }
    }
}

#[cfg(test)]
mod tests;
