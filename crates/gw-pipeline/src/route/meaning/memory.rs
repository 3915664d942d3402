//! Vectors of texts that a provider's model has embedded before, bounded in bytes: two generations, of which the older
//! is dropped when the younger is full. (The model in the process has a cache of its own, which its threads fill.) It
//! must not outlive what the model's name stands for: another may stand behind it in the next configuration.

use crate::embedding::Vector;
use ahash::AHashMap;
use parking_lot::Mutex;
use std::sync::Arc;

/// What an entry costs beside its text and its numbers, rounded up.
const ENTRY_BYTES: usize = 100;

#[derive(Debug)]
pub(super) struct Memory {
    generations: Mutex<Generations>,
    /// Of one generation.
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Generations {
    young: AHashMap<Arc<str>, Vector>,
    old: AHashMap<Arc<str>, Vector>,
    young_bytes: usize,
}

impl Memory {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { generations: Mutex::default(), max_bytes: max_bytes / 2 }
    }

    pub(super) fn get(&self, text: &str) -> Option<Vector> {
        let mut all = self.generations.lock();
        if let Some(vector) = all.young.get(text) {
            return Some(Arc::clone(vector));
        }
        let (text, vector) = all.old.remove_entry(text)?;
        self.insert(&mut all, text, Arc::clone(&vector));
        Some(vector)
    }

    pub(super) fn put(&self, text: &str, vector: Vector) {
        let mut all = self.generations.lock();
        if !all.young.contains_key(text) {
            self.insert(&mut all, text.into(), vector);
        }
    }

    fn insert(&self, all: &mut Generations, text: Arc<str>, vector: Vector) {
        let bytes = text.len() + size_of_val(&*vector) + ENTRY_BYTES;
        if bytes > self.max_bytes {
            return;
        }
        if all.young_bytes + bytes > self.max_bytes {
            all.old = std::mem::take(&mut all.young);
            all.young_bytes = 0;
        }
        all.young_bytes += bytes;
        all.young.insert(text, vector);
    }
}

#[cfg(test)]
mod tests;
