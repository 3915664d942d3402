//! Turns that may be compared with each other: everything around them is the same. Serves the search for similar turns.
//! Few are looked at one by one; of many, most are in a graph, and those that came last are looked at one by one.

use super::codes::{Code, Codes};
use super::graph::{BYTES_PER_VECTOR, Graph, Near};
use crate::answers::AnswerKey;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// Turns that are looked at one by one.
const EXACT_MOST: usize = 4_000;
/// What a turn takes beside its text and its numbers, in bytes, about.
const ENTRY_BYTES: usize = 160;

/// A turn that is near enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    /// The answer to it.
    pub key: AnswerKey,
    /// Its text.
    pub text: Arc<str>,
    /// The cosine.
    pub similarity: f32,
}

#[derive(Debug)]
struct Entry {
    key: AnswerKey,
    text: Arc<str>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Room {
    codes: Codes,
    /// By the numbers of the vectors; `None`: it is gone.
    entries: Vec<Option<Entry>>,
    places: HashMap<AnswerKey, u32>,
    graph: Graph,
    is_closed: bool,
}

impl Room {
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            codes: Codes::new(dimensions),
            entries: Vec::new(),
            places: HashMap::new(),
            graph: Graph::default(),
            is_closed: false,
        }
    }

    /// Takes nobody in any more, if nobody is there. Gives whether it is so.
    pub(super) fn close_if_empty(&mut self) -> bool {
        self.is_closed |= self.places.is_empty();
        self.is_closed
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Vectors that a search may have to look at.
    pub(super) const fn extent(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn has(&self, key: &AnswerKey) -> bool {
        self.places.contains_key(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &AnswerKey> {
        self.places.keys()
    }

    /// Takes a turn in; gives what it takes in bytes. `None`: it is there, or can not be compared.
    pub(super) fn put(&mut self, key: AnswerKey, text: Arc<str>, code: &Code) -> Option<usize> {
        let at = u32::try_from(self.entries.len()).ok()?;
        if code.dimensions() != self.codes.dimensions() || self.places.contains_key(&key) {
            return None;
        }
        let bytes = self.bytes(&text);
        self.codes.push(code);
        self.places.insert(key, at);
        self.entries.push(Some(Entry { key, text }));
        Some(bytes)
    }

    fn bytes(&self, text: &str) -> usize {
        text.len() + self.codes.dimensions() + BYTES_PER_VECTOR + ENTRY_BYTES
    }

    /// Forgets a turn; gives what it took in bytes.
    pub(super) fn remove(&mut self, key: &AnswerKey) -> Option<usize> {
        let at = self.places.remove(key)?;
        let entry = self.entries.get_mut(at as usize)?.take()?;
        let bytes = self.bytes(&entry.text);
        let gone = self.entries.len() - self.places.len();
        if gone > self.places.len() + 64 {
            self.close_up();
        }
        Some(bytes)
    }

    /// Gives up the places of those that are gone. The graph grows anew.
    fn close_up(&mut self) {
        let mut closed = Self::new(self.codes.dimensions());
        for (at, entry) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            let (Some(Entry { key, text }), Ok(at)) = (entry, u32::try_from(at)) else { continue };
            let code = self.codes.get(at);
            closed.put(key, text, &code);
        }
        *self = closed;
    }

    /// Is there something to be taken into the graph?
    pub(super) const fn is_growing(&self) -> bool {
        self.entries.len() > EXACT_MOST && self.graph.len() < self.entries.len()
    }

    /// Takes one turn into the graph.
    pub(super) fn grow(&mut self) {
        if self.is_growing() {
            self.graph.grow(&self.codes);
        }
    }

    /// The turns that are at least as near as that, the nearest first.
    pub(super) fn nearest(&self, code: &Code, least: f32, most: usize) -> Vec<Similar> {
        if code.dimensions() != self.codes.dimensions() {
            return Vec::new();
        }
        let mut found = self.graph.search(&self.codes, code);
        let ungraphed = self.graph.len()..self.entries.len();
        found.extend(ungraphed.filter_map(|at| u32::try_from(at).ok()).filter_map(|at| {
            let similarity = self.codes.similarity(code, at);
            (similarity >= least).then_some(Near { similarity, at })
        }));
        found.retain(|near| near.similarity >= least);
        found.sort_by_key(|near| Reverse(*near));
        let entry = |near: &Near| {
            let entry = self.entries.get(near.at as usize)?.as_ref()?;
            let text = Arc::clone(&entry.text);
            Some(Similar { key: entry.key, text, similarity: near.similarity.min(1.0) })
        };
        found.iter().filter_map(entry).take(most).collect()
    }
}
