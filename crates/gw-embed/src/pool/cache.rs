//! Answers about texts seen before, bounded in bytes; what was not asked for the longest goes first. Texts are
//! compared whole, so that no two share an answer. It must not outlive the process: texts are content.

use ahash::AHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an entry costs beside its text and its answer: two map entries and two counters, rounded up.
const ENTRY_BYTES: usize = 200;

#[derive(Debug)]
pub(super) struct Cache<T> {
    entries: AHashMap<Arc<str>, Entry<T>>,
    /// Texts by when they were last asked for.
    order: BTreeMap<u64, Arc<str>>,
    tick: u64,
    bytes: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct Entry<T> {
    answer: T,
    tick: u64,
    bytes: usize,
}

impl<T: Clone> Cache<T> {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { entries: AHashMap::new(), order: BTreeMap::new(), tick: 0, bytes: 0, max_bytes }
    }

    pub(super) fn get(&mut self, text: &str) -> Option<T> {
        let entry = self.entries.get_mut(text)?;
        let text = self.order.remove(&entry.tick)?;
        self.tick += 1;
        entry.tick = self.tick;
        self.order.insert(self.tick, text);
        Some(entry.answer.clone())
    }

    /// `bytes`: what the answer takes.
    pub(super) fn put(&mut self, text: Box<str>, answer: T, bytes: usize) {
        let bytes = text.len() + bytes + ENTRY_BYTES;
        if bytes > self.max_bytes || self.entries.contains_key(&*text) {
            return;
        }
        self.bytes += bytes;
        while self.bytes > self.max_bytes && self.evict() {}
        self.tick += 1;
        let text: Arc<str> = text.into();
        self.order.insert(self.tick, Arc::clone(&text));
        self.entries.insert(text, Entry { answer, tick: self.tick, bytes });
    }

    /// Takes out the entry that was not asked for the longest.
    fn evict(&mut self) -> bool {
        let Some((_, text)) = self.order.pop_first() else { return false };
        if let Some(entry) = self.entries.remove(&text) {
            self.bytes -= entry.bytes;
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
