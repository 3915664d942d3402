//! Packed keys that many sums share, each kept once and named by its place. Serves the sums of the fold. It must not know
//! what the keys say.

use ahash::AHashMap;
use std::sync::Arc;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_text: AHashMap<Arc<[u8]>, u32>,
    list: Vec<Arc<[u8]>>,
    /// The latest one asked for: mostly the next one too.
    latest: u32,
    scratch: Vec<u8>,
}

impl Places {
    /// The place of what `pack` writes.
    pub(super) fn of(&mut self, pack: impl FnOnce(&mut Vec<u8>)) -> u32 {
        self.scratch.clear();
        pack(&mut self.scratch);
        if self.list.get(self.latest as usize).is_some_and(|text| **text == *self.scratch) {
            return self.latest;
        }
        let text = std::mem::take(&mut self.scratch);
        self.latest = self.place(&text);
        self.scratch = text;
        self.latest
    }

    /// The place of what is packed already.
    pub(super) fn place(&mut self, text: &[u8]) -> u32 {
        if let Some(place) = self.by_text.get(text) {
            return *place;
        }
        // Whoever asks writes them all long before there are so many.
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let text: Arc<[u8]> = text.into();
        self.list.push(Arc::clone(&text));
        self.by_text.insert(text, place);
        place
    }

    /// What was packed there; empty for a place that is none.
    pub(super) fn text(&self, place: u32) -> &[u8] {
        self.list.get(place as usize).map_or(&[], |text| text)
    }

    /// What was packed, by place.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(|text| &**text)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
