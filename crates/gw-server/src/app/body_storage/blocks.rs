//! Pieces of segments that were read from object storage, remembered for whoever reads on beside: bodies of calls that follow
//! each other stand side by side. Bounded; the one that was used longest ago goes.

use bytes::Bytes;
use std::collections::VecDeque;

/// Bytes of a block, and how many are remembered.
pub(super) const BLOCK: u64 = 256 << 10;
const MOST: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Blocks(VecDeque<Block>);

#[derive(Debug)]
struct Block {
    segment: String,
    number: u64,
    /// Fewer than a whole block at the end of the segment.
    bytes: Bytes,
}

/// The blocks that hold so many bytes from one on: where the first begins, and how many bytes they have.
pub(super) fn around(start: u64, length: usize) -> (u64, usize) {
    let from = start / BLOCK * BLOCK;
    let to = start.saturating_add(length as u64).div_ceil(BLOCK).saturating_mul(BLOCK);
    (from, usize::try_from(to - from).unwrap_or(usize::MAX))
}

impl Blocks {
    /// So many bytes from one on, where all their blocks are known; fewer where the segment ends before.
    pub(super) fn find(&mut self, segment: &str, start: u64, length: usize) -> Option<Vec<u8>> {
        let (from, bytes) = around(start, length);
        let mut found = Vec::with_capacity(bytes);
        for number in from / BLOCK..(from + bytes as u64) / BLOCK {
            let at = self.0.iter().position(|one| one.number == number && one.segment == segment)?;
            let block = self.0.remove(at)?;
            found.extend_from_slice(&block.bytes);
            self.0.push_back(block);
        }
        Some(cut(&found, start - from, length).to_vec())
    }

    /// Remembers what was read: whole blocks from one on, but for the end of the segment.
    pub(super) fn add(&mut self, segment: &str, from: u64, bytes: &Bytes) {
        let mut left = bytes.clone();
        for number in from / BLOCK.. {
            let piece = left.split_to(left.len().min(usize::try_from(BLOCK).unwrap_or(usize::MAX)));
            let is_last = left.is_empty();
            self.0.retain(|one| one.number != number || one.segment != segment);
            if self.0.len() >= MOST {
                self.0.pop_front();
            }
            // What is remembered must not hold what was read with it.
            let bytes = Bytes::copy_from_slice(&piece);
            self.0.push_back(Block { segment: segment.to_owned(), number, bytes });
            if is_last {
                return;
            }
        }
    }

    /// A segment is another one, or is gone.
    pub(super) fn forget(&mut self, segment: &str) {
        self.0.retain(|one| one.segment != segment);
    }
}

/// So many of these bytes from one on, as far as there are any.
pub(super) fn cut(bytes: &[u8], start: u64, length: usize) -> &[u8] {
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
    let end = start.saturating_add(length).min(bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
