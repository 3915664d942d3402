//! Answers in the memory of the process, within a number of bytes: those that were used longest ago go first. Shards keep
//! workers out of each other's way; the bound is one for all of them.

use super::{Answer, AnswerKey, Purge};
use gw_model::Micros;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A power of two.
const SHARDS: usize = 16;
/// No slot.
const NONE: usize = usize::MAX;

/// The key is a digest already: some of its bytes are as good as any hash.
#[derive(Default)]
struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*head);
        }
    }
    fn write_usize(&mut self, _: usize) {}
}

struct Slot {
    key: AnswerKey,
    answer: Arc<Answer>,
    size: usize,
    newer: usize,
    older: usize,
}

/// A list from the newest use to the oldest, in slots that are used again.
struct Shard {
    places: HashMap<AnswerKey, usize, BuildHasherDefault<DigestHasher>>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    newest: usize,
    oldest: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { places: HashMap::default(), slots: Vec::new(), free: Vec::new(), newest: NONE, oldest: NONE }
    }
}

impl Shard {
    fn slot(&mut self, at: usize) -> Option<&mut Slot> {
        self.slots.get_mut(at)?.as_mut()
    }

    fn unlink(&mut self, at: usize) {
        let Some(slot) = self.slot(at) else { return };
        let (newer, older) = (slot.newer, slot.older);
        match self.slot(newer) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
        match self.slot(older) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link(&mut self, at: usize) {
        let first = self.newest;
        if let Some(slot) = self.slot(at) {
            (slot.newer, slot.older) = (NONE, first);
        }
        match self.slot(first) {
            Some(slot) => slot.newer = at,
            None => self.oldest = at,
        }
        self.newest = at;
    }

    fn get(&mut self, key: &AnswerKey) -> Option<Arc<Answer>> {
        let at = *self.places.get(key)?;
        if self.newest != at {
            self.unlink(at);
            self.link(at);
        }
        self.slot(at).map(|slot| Arc::clone(&slot.answer))
    }

    /// Gives the bytes that became free.
    fn remove(&mut self, key: &AnswerKey) -> usize {
        let Some(at) = self.places.remove(key) else { return 0 };
        self.unlink(at);
        self.free.push(at);
        self.slots.get_mut(at).and_then(Option::take).map_or(0, |slot| slot.size)
    }

    fn add(&mut self, key: AnswerKey, answer: Arc<Answer>, size: usize) {
        let slot = Slot { key, answer, size, newer: NONE, older: NONE };
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        if let Some(place) = self.slots.get_mut(at) {
            *place = Some(slot);
        }
        self.places.insert(key, at);
        self.link(at);
    }

    fn remove_oldest(&mut self) -> Option<usize> {
        let oldest = self.oldest;
        let key = self.slot(oldest)?.key;
        Some(self.remove(&key))
    }
}

/// See the module.
pub struct Memory {
    shards: [Mutex<Shard>; SHARDS],
    limit: AtomicUsize,
    bytes: AtomicUsize,
    evicted: AtomicUsize,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// How full it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Answers.
    pub entries: usize,
    /// What they take, in bytes.
    pub bytes: usize,
    /// Answers that had to go for others, since the start.
    pub evicted: usize,
}

impl Memory {
    /// An empty one of so many bytes.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            limit: AtomicUsize::new(limit_bytes),
            bytes: AtomicUsize::new(0),
            evicted: AtomicUsize::new(0),
        }
    }

    fn index(key: &AnswerKey) -> usize {
        usize::from(key.0[31]) % SHARDS
    }

    fn shard(&self, key: &AnswerKey) -> &Mutex<Shard> {
        &self.shards[Self::index(key)]
    }

    /// An answer that may still be given; one that may not is thrown away.
    #[must_use]
    pub fn get(&self, key: &AnswerKey, now: Micros) -> Option<Arc<Answer>> {
        let mut shard = self.shard(key).lock();
        let answer = shard.get(key)?;
        if answer.until > now {
            return Some(answer);
        }
        let freed = shard.remove(key);
        self.bytes.fetch_sub(freed, Ordering::Relaxed);
        None
    }

    /// Keeps an answer, in place of an earlier one.
    pub fn put(&self, key: AnswerKey, answer: Arc<Answer>) {
        let size = answer.size();
        let limit = self.limit.load(Ordering::Relaxed);
        let freed = {
            let mut shard = self.shard(&key).lock();
            let freed = shard.remove(&key);
            if size <= limit {
                shard.add(key, answer, size);
                self.bytes.fetch_add(size, Ordering::Relaxed);
            }
            freed
        };
        self.bytes.fetch_sub(freed, Ordering::Relaxed);
        self.evict(Self::index(&key));
    }

    /// Makes room, beginning with the shard that grew.
    fn evict(&self, from: usize) {
        let limit = self.limit.load(Ordering::Relaxed);
        let order = (from..SHARDS).chain(0..from);
        for shard in order.filter_map(|index| self.shards.get(index)) {
            while self.bytes.load(Ordering::Relaxed) > limit {
                let Some(freed) = shard.lock().remove_oldest() else { break };
                self.bytes.fetch_sub(freed, Ordering::Relaxed);
                self.evicted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Another bound from now on.
    pub fn set_limit(&self, limit_bytes: usize) {
        if self.limit.swap(limit_bytes, Ordering::Relaxed) > limit_bytes {
            self.evict(0);
        }
    }

    /// Throws answers away; their keys.
    pub fn purge(&self, purge: &Purge) -> Vec<AnswerKey> {
        let mut all = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock();
            let taken = |slot: &&Slot| purge.takes(&slot.key, &slot.answer.labels);
            let keys: Vec<AnswerKey> =
                shard.slots.iter().flatten().filter(taken).map(|slot| slot.key).collect();
            for key in &keys {
                let freed = shard.remove(key);
                self.bytes.fetch_sub(freed, Ordering::Relaxed);
            }
            all.extend(keys);
        }
        all
    }

    /// How full it is.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            entries: self.shards.iter().map(|shard| shard.lock().places.len()).sum(),
            bytes: self.bytes.load(Ordering::Relaxed),
            evicted: self.evicted.load(Ordering::Relaxed),
        }
    }
}
