//! Objects in memory: what was put or asked for lately, so that a create is seen by the next request of any worker
//! and most requests need no look into the database. Bounded: the oldest goes first.

use super::object::{Object, ObjectKind};
use ahash::{AHashMap, RandomState};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Locks that the entries are spread over.
const SHARDS: usize = 16;

type Key = (ObjectKind, String);

/// See the module.
pub(super) struct View {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Entries of one shard.
    limit: usize,
}

#[derive(Default)]
struct Shard {
    /// `None` stands for an object that was removed: the database may not know that yet.
    entries: AHashMap<Key, Option<Arc<Object>>>,
    /// Oldest first.
    order: VecDeque<Key>,
}

/// What is known of an id.
pub(super) enum Seen {
    /// This object has it.
    Object(Arc<Object>),
    /// Nothing has it any more.
    Removed,
    /// The database has to be asked.
    Unknown,
}

impl View {
    pub(super) fn new(entries: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new(), limit: entries.div_ceil(SHARDS).max(1) }
    }

    pub(super) fn get(&self, kind: ObjectKind, id: &str) -> Seen {
        let key = (kind, id.to_owned());
        let Some(shard) = self.shard(&key) else { return Seen::Unknown };
        match shard.lock().entries.get(&key) {
            Some(Some(object)) => Seen::Object(Arc::clone(object)),
            Some(None) => Seen::Removed,
            None => Seen::Unknown,
        }
    }

    /// What is known here of these ids, of every kind.
    pub(super) fn named(&self, ids: &[String]) -> Vec<Arc<Object>> {
        let all = ids.iter().flat_map(|id| ObjectKind::ALL.iter().map(move |kind| self.get(*kind, id)));
        let objects = all.filter_map(|seen| match seen {
            Seen::Object(object) => Some(object),
            Seen::Removed | Seen::Unknown => None,
        });
        objects.collect()
    }

    pub(super) fn insert(&self, object: Arc<Object>) {
        let key = (object.kind, object.id.clone());
        self.set(key, Some(object), true);
    }

    /// Adds what the database said, unless something newer is known.
    pub(super) fn insert_loaded(&self, object: &Arc<Object>) {
        let key = (object.kind, object.id.clone());
        self.set(key, Some(Arc::clone(object)), false);
    }

    pub(super) fn remove(&self, kind: ObjectKind, id: &str) {
        self.set((kind, id.to_owned()), None, true);
    }

    /// The database has to be asked again.
    pub(super) fn forget(&self, kind: ObjectKind, id: &str) {
        let key = (kind, id.to_owned());
        if let Some(shard) = self.shard(&key) {
            // Its place in the order stays, and is passed over when its turn comes.
            shard.lock().entries.remove(&key);
        }
    }

    fn set(&self, key: Key, value: Option<Arc<Object>>, replace: bool) {
        let Some(shard) = self.shard(&key) else { return };
        let mut shard = shard.lock();
        let shard = &mut *shard;
        if let Some(known) = shard.entries.get_mut(&key) {
            if replace {
                *known = value;
            }
            return;
        }
        while shard.order.len() >= self.limit {
            let Some(oldest) = shard.order.pop_front() else { break };
            shard.entries.remove(&oldest);
        }
        shard.order.push_back(key.clone());
        shard.entries.insert(key, value);
    }

    fn shard(&self, key: &Key) -> Option<&Mutex<Shard>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.shards.get(hash)
    }
}
