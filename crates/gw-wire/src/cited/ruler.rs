//! Positions of a text in characters and in bytes of UTF-8. Serves Google's format, which counts bytes.

use super::position;

/// Characters of more than one byte that are told apart; positions behind them are unknown.
const MAX_WIDE: usize = 1 << 18;

/// A text so far.
#[derive(Debug, Default)]
pub(crate) struct Ruler {
    characters: u32,
    bytes: u32,
    /// Every character of more than one byte: its number, and where it ends in bytes.
    wide: Vec<(u32, u32)>,
    is_blind: bool,
}

impl Ruler {
    /// The text goes on.
    pub(crate) fn push(&mut self, text: &str) {
        if text.is_ascii() {
            let length = position(text.len() as u64);
            self.characters = self.characters.saturating_add(length);
            self.bytes = self.bytes.saturating_add(length);
            return;
        }
        for character in text.chars() {
            self.bytes = self.bytes.saturating_add(position(character.len_utf8() as u64));
            if !character.is_ascii() {
                if self.wide.len() < MAX_WIDE {
                    self.wide.push((self.characters, self.bytes));
                } else {
                    self.is_blind = true;
                }
            }
            self.characters = self.characters.saturating_add(1);
        }
    }

    /// Which character begins at a byte; one that begins within a character counts as its end.
    pub(crate) fn character_at(&self, byte: u32) -> Option<u32> {
        let byte = byte.min(self.bytes);
        let before = self.wide.partition_point(|(_, end)| *end <= byte);
        let found = match before.checked_sub(1).and_then(|at| self.wide.get(at)) {
            Some((number, end)) => number.saturating_add(1).saturating_add(byte - end),
            None => byte,
        };
        // Within a wide character.
        let found = self.wide.get(before).map_or(found, |(number, _)| found.min(number.saturating_add(1)));
        (!self.is_blind).then_some(found.min(self.characters))
    }

    /// Where a character begins, in bytes.
    pub(crate) fn byte_at(&self, character: u32) -> Option<u32> {
        let character = character.min(self.characters);
        let before = self.wide.partition_point(|(number, _)| *number < character);
        let found = match before.checked_sub(1).and_then(|at| self.wide.get(at)) {
            Some((number, end)) => end.saturating_add(character - number - 1),
            None => character,
        };
        (!self.is_blind).then_some(found)
    }
}
