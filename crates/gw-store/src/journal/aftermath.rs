//! What is left of a write that failed: which of its entries stand in the file all the same, and which nobody may rely
//! on. Serves the writer. It must not write entries.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Stretches of refused entries that are told apart. Their calls ask within a turn or two of the worker.
const MAX_STRETCHES: usize = 64;

/// What a look at the file says of a failed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Entries that stand whole, from the first on; readers take them as they take any other.
    pub(super) entries: usize,
    /// Their bytes.
    pub(super) bytes: usize,
    /// Behind them the file is as it was, so that the next entry may go there.
    pub(super) clean: bool,
}

/// Looks at what stands of `written` at `at`; `ends` says where its entries end. What can not be read does not stand.
pub(super) fn look(file: &File, at: u64, written: &[u8], ends: &[usize]) -> Standing {
    // A failed write is rare; it needs no buffer that is kept.
    let mut found = vec![0; written.len()];
    if file.read_exact_at(&mut found, at).is_err() {
        return Standing { entries: 0, bytes: 0, clean: false };
    }
    let same = found.iter().zip(written).take_while(|(found, written)| found == written).count();
    let entries = ends.partition_point(|end| *end <= same);
    let bytes = ends.get(..entries).and_then(|whole| whole.last()).copied().unwrap_or(0);
    let clean = found.iter().skip(bytes).all(|byte| *byte == 0);
    Standing { entries, bytes, clean }
}

/// Makes the file end at `offset` for readers, at its full length: what is cut comes back as zeros.
pub(super) fn cut(file: &File, offset: u64, length: u64) -> io::Result<()> {
    file.set_len(offset)?;
    file.set_len(length)
}

/// The entries, by their numbers in the order of taking, that a failed write left nowhere.
#[derive(Debug, Default)]
pub(super) struct Refused {
    stretches: VecDeque<Range<u64>>,
}

impl Refused {
    /// Notes entries, behind all that were noted before.
    pub(super) fn note(&mut self, entries: Range<u64>) {
        if entries.is_empty() {
            return;
        }
        self.stretches.push_back(entries);
        if self.stretches.len() > MAX_STRETCHES
            && let Some(oldest) = self.stretches.pop_front()
            && let Some(next) = self.stretches.front_mut()
        {
            // Who asks that late hears of a failure: safe, if not always true.
            next.start = oldest.start;
        }
    }

    pub(super) fn contains(&self, entry: u64) -> bool {
        self.stretches.iter().any(|stretch| stretch.contains(&entry))
    }
}

#[cfg(test)]
mod tests;
