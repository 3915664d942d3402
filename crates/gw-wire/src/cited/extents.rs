//! How long the texts of an answer are, block by block. Serves writers of formats whose citations state a range.

use super::position;
use gw_model::event::Citation;

/// The texts of one choice so far.
#[derive(Debug, Default)]
pub(crate) struct Extents {
    blocks: Vec<Extent>,
}

#[derive(Debug)]
struct Extent {
    block: u32,
    /// Characters of the choice's text before it.
    start: u32,
    characters: u32,
}

impl Extents {
    /// A piece of a block's text.
    pub(crate) fn text(&mut self, block: u32, text: &str) {
        let characters = position(text.chars().count() as u64);
        let end = self.blocks.last().map_or(0, |last| last.start.saturating_add(last.characters));
        match self.blocks.last_mut().filter(|last| last.block == block) {
            Some(last) => last.characters = last.characters.saturating_add(characters),
            None => self.blocks.push(Extent { block, start: end, characters }),
        }
    }

    /// The range that a citation is for, within the text of its block.
    pub(crate) fn in_block(&self, block: u32, citation: &Citation) -> (u32, u32) {
        let whole = self.of(block).map_or(0, |extent| extent.characters);
        let (start, end) = citation.range.unwrap_or((0, whole));
        (start.min(whole), end.min(whole))
    }

    /// The same within the text of the choice, its blocks one behind the other.
    pub(crate) fn in_choice(&self, block: u32, citation: &Citation) -> (u32, u32) {
        let before = self.of(block).map_or(0, |extent| extent.start);
        let (start, end) = self.in_block(block, citation);
        (start.saturating_add(before), end.saturating_add(before))
    }

    fn of(&self, block: u32) -> Option<&Extent> {
        self.blocks.iter().rfind(|extent| extent.block == block)
    }
}
