//! Which earlier turns a turn is similar to, by their vectors. Serves the semantic cache. Turns are kept in rooms: only
//! those in the same room are ever compared, and who may be in one is in its key. Bounded in turns and bytes over all
//! rooms; the oldest go first. It must not decide what is similar enough, nor keep an answer.

mod codes;
mod graph;
mod room;

pub use room::Similar;

use super::AnswerKey;
use codes::Code;
use parking_lot::{Mutex, RwLock};
use room::Room;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Vectors that are looked at where the caller is; with more, it should ask elsewhere.
const QUICK_MOST: usize = 512;

/// Which turns are compared: a digest over everything around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoomKey(pub [u8; 32]);

/// A turn that others are compared with.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Where it is compared.
    pub room: RoomKey,
    /// What it says.
    pub text: Arc<str>,
    /// What it means.
    pub vector: Arc<[f32]>,
}

/// See the module.
#[derive(Default)]
pub struct Index {
    rooms: Mutex<HashMap<RoomKey, Arc<RwLock<Room>>>>,
    /// In the order that they came in; some are gone.
    order: Mutex<VecDeque<(RoomKey, AnswerKey)>>,
    entries: AtomicUsize,
    bytes: AtomicUsize,
    max_entries: AtomicUsize,
    max_bytes: AtomicUsize,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("entries", &self.entries).finish_non_exhaustive()
    }
}

impl Index {
    /// An empty one with these bounds.
    #[must_use]
    pub fn new(max_entries: usize, max_bytes: usize) -> Self {
        let index = Self::default();
        index.set_limits(max_entries, max_bytes);
        index
    }

    /// Other bounds from now on.
    pub fn set_limits(&self, max_entries: usize, max_bytes: usize) {
        self.max_entries.store(max_entries, Ordering::Relaxed);
        self.max_bytes.store(max_bytes, Ordering::Relaxed);
        self.evict();
    }

    /// Turns, and what they take in bytes.
    #[must_use]
    pub fn totals(&self) -> (usize, usize) {
        (self.entries.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    fn room(&self, key: &RoomKey) -> Option<Arc<RwLock<Room>>> {
        self.rooms.lock().get(key).map(Arc::clone)
    }

    /// Is a search in that room done in no time?
    #[must_use]
    pub fn is_quick(&self, room: &RoomKey) -> bool {
        self.room(room).is_none_or(|room| room.try_read().is_some_and(|room| room.extent() <= QUICK_MOST))
    }

    /// The turns that are at least as near as that, the nearest first.
    #[must_use]
    pub fn nearest(&self, room: &RoomKey, vector: &[f32], least: f32, most: usize) -> Vec<Similar> {
        match (self.room(room), Code::new(vector)) {
            (Some(room), Some(code)) => room.read().nearest(&code, least, most),
            _ => Vec::new(),
        }
    }

    /// Keeps a turn. True: the room wants to [`Self::grow`].
    pub fn put(&self, turn: &Turn, key: AnswerKey) -> bool {
        let Some(code) = Code::new(&turn.vector) else { return false };
        let new = || Arc::new(RwLock::new(Room::new(code.dimensions())));
        let (added, is_growing) = loop {
            let room = Arc::clone(self.rooms.lock().entry(turn.room).or_insert_with(new));
            let mut room = room.write();
            // Somebody may have taken it away meanwhile, empty as it was.
            if !room.is_closed() {
                let added = room.put(key, Arc::clone(&turn.text), &code);
                break (added, room.is_growing());
            }
        };
        if let Some(bytes) = added {
            self.entries.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.order.lock().push_back((turn.room, key));
            self.evict();
        }
        is_growing
    }

    /// Takes what came last into the graph of a large room: some tenths of a millisecond each.
    pub fn grow(&self, room: &RoomKey) {
        let Some(room) = self.room(room) else { return };
        loop {
            // One at a time, so that searches get their turn.
            let mut room = room.write();
            if !room.is_growing() {
                return;
            }
            room.grow();
        }
    }

    /// Forgets a turn.
    pub fn remove(&self, key: &RoomKey, turn: &AnswerKey) {
        let Some(room) = self.room(key) else { return };
        let (freed, is_closed) = {
            let mut room = room.write();
            let freed = room.remove(turn);
            (freed, room.close_if_empty())
        };
        if is_closed {
            let mut rooms = self.rooms.lock();
            if rooms.get(key).is_some_and(|known| Arc::ptr_eq(known, &room)) {
                rooms.remove(key);
            }
        }
        if let Some(bytes) = freed {
            self.entries.fetch_sub(1, Ordering::Relaxed);
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Forgets the turns whose answers are gone.
    pub fn retain(&self, has_answer: impl Fn(&AnswerKey) -> bool) {
        let rooms: Vec<_> = self.rooms.lock().iter().map(|(key, room)| (*key, Arc::clone(room))).collect();
        for (key, room) in rooms {
            let gone: Vec<AnswerKey> = room.read().keys().filter(|key| !has_answer(key)).copied().collect();
            gone.iter().for_each(|turn| self.remove(&key, turn));
        }
        self.order.lock().retain(|(room, turn)| self.room(room).is_some_and(|room| room.read().has(turn)));
    }

    fn evict(&self) {
        let is_full = || {
            self.entries.load(Ordering::Relaxed) > self.max_entries.load(Ordering::Relaxed)
                || self.bytes.load(Ordering::Relaxed) > self.max_bytes.load(Ordering::Relaxed)
        };
        while is_full() {
            let Some((room, turn)) = self.order.lock().pop_front() else { return };
            self.remove(&room, &turn);
        }
    }
}

#[cfg(test)]
mod tests;
