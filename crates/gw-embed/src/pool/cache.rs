//! Vectors of texts seen before, bounded in bytes; what was not asked for the longest goes first. Texts are
//! compared whole, so that no two share a vector. It must not outlive the process: texts are content.

use super::Vector;
use ahash::AHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an entry costs beside its text and its numbers: two map entries and two counters, rounded up.
const ENTRY_BYTES: usize = 200;

#[derive(Debug)]
pub(super) struct Cache {
    entries: AHashMap<Arc<str>, Entry>,
    /// Texts by when they were last asked for.
    order: BTreeMap<u64, Arc<str>>,
    tick: u64,
    bytes: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    vector: Vector,
    tick: u64,
}

impl Cache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { entries: AHashMap::new(), order: BTreeMap::new(), tick: 0, bytes: 0, max_bytes }
    }

    pub(super) fn get(&mut self, text: &str) -> Option<Vector> {
        let entry = self.entries.get_mut(text)?;
        let text = self.order.remove(&entry.tick)?;
        self.tick += 1;
        entry.tick = self.tick;
        self.order.insert(self.tick, text);
        Some(Arc::clone(&entry.vector))
    }

    pub(super) fn put(&mut self, text: Box<str>, vector: Vector) {
        let bytes = cost(&text, &vector);
        if bytes > self.max_bytes || self.entries.contains_key(&*text) {
            return;
        }
        self.bytes += bytes;
        while self.bytes > self.max_bytes && self.evict() {}
        self.tick += 1;
        let text: Arc<str> = text.into();
        self.order.insert(self.tick, Arc::clone(&text));
        self.entries.insert(text, Entry { vector, tick: self.tick });
    }

    /// Takes out the entry that was not asked for the longest.
    fn evict(&mut self) -> bool {
        let Some((_, text)) = self.order.pop_first() else { return false };
        if let Some(entry) = self.entries.remove(&text) {
            self.bytes -= cost(&text, &entry.vector);
        }
        true
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn cost(text: &str, vector: &[f32]) -> usize {
    text.len() + size_of_val(vector) + ENTRY_BYTES
}
