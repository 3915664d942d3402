//! The parts of one item of an upstream's answer, and the blocks that they become. Serves the tracker. It must not
//! hold content.

use super::tracker::Text;
use crate::codec::WireError;

/// Largest number of parts of an item.
const MAX_PARTS: usize = 1024;

/// What went out of one part.
#[derive(Debug)]
pub(super) struct Seen {
    kind: Text,
    index: u64,
    /// The block that it belongs to.
    pub(super) block: u32,
    /// Length of what went out.
    pub(super) bytes: usize,
    /// Something else of the same block went out before it.
    pub(super) needs_gap: bool,
    /// The opening of a custom tool's arguments went out.
    pub(super) is_open: bool,
    /// How many of its annotations went out.
    pub(super) annotations: usize,
}

/// The parts of an item, in the order they began. A message's parts are a block each, a reasoning item's parts
/// one block together.
#[derive(Debug, Default)]
pub(super) struct Parts {
    list: Vec<Seen>,
    /// The block of a reasoning item without any text.
    sealed: Option<u32>,
}

impl Parts {
    /// The part that `kind` and `index` name. `None` when it says what another kind of text says already:
    /// reasoning in full beside its summary.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn part(
        &mut self,
        kind: Text,
        index: u64,
        next_block: &mut u32,
    ) -> Result<Option<&mut Seen>, WireError> {
        let is_reasoning = matches!(kind, Text::Summary | Text::Reasoning);
        if is_reasoning && self.list.iter().any(|seen| seen.kind != kind && seen.bytes > 0) {
            return Ok(None);
        }
        if let Some(at) = self.list.iter().rposition(|seen| seen.kind == kind && seen.index == index) {
            return Ok(self.list.get_mut(at));
        }
        if self.list.len() >= MAX_PARTS {
            return Err(WireError::TooLarge { what: "parts of an output item", limit: MAX_PARTS });
        }
        let block = match self.list.first() {
            Some(first) if is_reasoning => first.block,
            _ => super::tracker::take(next_block),
        };
        let needs_gap = is_reasoning && self.has_text();
        self.list.push(Seen { kind, index, block, bytes: 0, needs_gap, is_open: false, annotations: 0 });
        Ok(self.list.last_mut())
    }

    /// The part that stands at `position` in the whole item: the one that began as that many-th, since some
    /// upstreams count otherwise in events.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn at(
        &mut self,
        kind: Text,
        position: usize,
        next_block: &mut u32,
    ) -> Result<Option<&mut Seen>, WireError> {
        let index = self.list.iter().filter(|seen| seen.kind == kind).nth(position).map(|seen| seen.index);
        let free = || self.list.iter().map(|seen| seen.index.saturating_add(1)).max().unwrap_or(0);
        let index = index.unwrap_or_else(free);
        self.part(kind, index, next_block)
    }

    /// A call has one part.
    pub(super) fn start_call(&mut self, block: u32) {
        let kind = Text::Output;
        self.list.push(Seen {
            kind,
            index: 0,
            block,
            bytes: 0,
            needs_gap: false,
            is_open: false,
            annotations: 0,
        });
    }

    /// The first part.
    pub(super) fn first(&mut self) -> Option<&mut Seen> {
        self.list.first_mut()
    }

    /// Whether any text went out.
    pub(super) fn has_text(&self) -> bool {
        self.list.iter().any(|seen| seen.bytes > 0)
    }

    /// The block of a reasoning item.
    pub(super) fn block_of_reasoning(&mut self, next_block: &mut u32) -> u32 {
        match self.list.first() {
            Some(first) => first.block,
            None => *self.sealed.get_or_insert_with(|| super::tracker::take(next_block)),
        }
    }

    /// The blocks, each once.
    pub(super) fn blocks(&self) -> impl Iterator<Item = u32> + '_ {
        let mut last = None;
        let listed = self.list.iter().map(|seen| seen.block);
        listed.chain(self.sealed).filter(move |block| last.replace(*block) != Some(*block))
    }
}
