//! One worker's chain of segments, followed while it is written. Serves the fold of the running process.

use super::open_calls::OpenCalls;
use super::settings::FoldStats;
use crate::error::StoreError;
use crate::journal::{Frame, JournalError, ReadEnd, SegmentId, SegmentReader};
use crate::traits::{Batch, Ledger};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Rounds after which an entry that is not whole counts as damaged rather than being written just now.
const PATIENCE_ROUNDS: u32 = 20;
/// Segments that may wait for calls that are still open; beyond, those calls' intents move to the store.
const MAX_WAITING: usize = 4;

/// See the module.
#[derive(Debug)]
pub(super) struct Chain {
    dir: PathBuf,
    node: u64,
    reader: SegmentReader,
    /// Segments that are folded whole and still there, in order.
    waiting: VecDeque<SegmentId>,
    open: OpenCalls,
    stalled_rounds: u32,
}

/// Where a chain stood, to go back to when a transaction fails.
#[derive(Debug)]
pub(super) struct Mark {
    id: SegmentId,
    offset: u64,
    waiting: usize,
}

impl Chain {
    /// Follows a chain from one of its segments on.
    pub(super) fn open(dir: &Path, node: u64, first: SegmentId) -> Result<Self, JournalError> {
        Ok(Self {
            dir: dir.to_owned(),
            node,
            reader: SegmentReader::open(dir, first)?,
            waiting: VecDeque::new(),
            open: OpenCalls::default(),
            stalled_rounds: 0,
        })
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { id: self.reader.info().id, offset: self.reader.offset(), waiting: self.waiting.len() }
    }

    /// Goes back to a mark. What was noted of open calls meanwhile is noted again on the second reading.
    pub(super) fn go_back(&mut self, mark: &Mark) -> Result<(), JournalError> {
        if self.reader.info().id != mark.id {
            self.reader = SegmentReader::open(&self.dir, mark.id)?;
        }
        self.reader.seek(mark.offset);
        self.waiting.truncate(mark.waiting);
        Ok(())
    }

    /// True when something was written that is not folded.
    pub(super) fn has_work(&self) -> Result<bool, JournalError> {
        Ok(self.reader.has_more()? || self.successor()?.is_some())
    }

    /// Moves what was written into a batch, about `budget` bytes at most, and notes in `stored` of which requests, where
    /// somebody wants to know. True when there is more.
    pub(super) fn fold(
        &mut self,
        batch: &mut dyn Batch,
        buffer: &mut Vec<u8>,
        budget: usize,
        stats: &mut FoldStats,
        stored: &mut Option<Vec<u128>>,
    ) -> Result<bool, StoreError> {
        let start = self.mark();
        let more = loop {
            match self.read(batch, buffer, budget, stored)? {
                ReadEnd::Budget => break true,
                ReadEnd::End => {
                    let Some(next) = self.successor()? else { break false };
                    // The worker writes to one segment at a time: what is not here now never will be.
                    if !self.reader.has_more()? {
                        self.go_on(next);
                    }
                }
                ReadEnd::Corrupt => {
                    if !self.pass_damage(buffer, stats)? {
                        break false;
                    }
                }
            }
        };
        let (id, offset) = (self.reader.info().id, self.reader.offset());
        if id != start.id || offset != start.offset {
            self.stalled_rounds = 0;
            batch.advance(self.node, id, offset)?;
        }
        Ok(more)
    }

    fn read(
        &mut self,
        batch: &mut dyn Batch,
        buffer: &mut Vec<u8>,
        budget: usize,
        stored: &mut Option<Vec<u128>>,
    ) -> Result<ReadEnd, StoreError> {
        let Self { reader, open, node, .. } = self;
        let sequence = reader.info().id.sequence;
        reader.read(buffer, budget, |frame, _| {
            match frame {
                Frame::Intent(intent) => open.intent(intent.request, sequence),
                Frame::Record(record) => {
                    batch.record(&record)?;
                    if let Some(stored) = stored {
                        stored.push(record.id);
                    }
                    if open.record(record.id) {
                        batch.drop_pending(*node, record.id)?;
                    }
                }
                Frame::Owned(owned) => batch.own(&owned)?,
                Frame::Unknown { version, kind } => {
                    tracing::warn!(version, kind, "a journal entry of an unknown kind was passed over");
                }
            }
            Ok(())
        })
    }

    /// The next segment, once something was written to it.
    fn successor(&self) -> Result<Option<SegmentReader>, JournalError> {
        match SegmentReader::open(&self.dir, self.reader.info().id.next()) {
            Ok(next) => Ok(next.has_more()?.then_some(next)),
            Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            // It is being made.
            Err(JournalError::NotASegment { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn go_on(&mut self, next: SegmentReader) {
        self.waiting.push_back(self.reader.info().id);
        self.reader = next;
    }

    /// Deals with bytes that are no entry. False when they may yet become one.
    fn pass_damage(&mut self, buffer: &mut Vec<u8>, stats: &mut FoldStats) -> Result<bool, StoreError> {
        self.stalled_rounds += 1;
        if self.stalled_rounds < PATIENCE_ROUNDS {
            return Ok(false);
        }
        self.stalled_rounds = 0;
        let id = self.reader.info().id;
        if let Some(offset) = self.reader.resync(buffer)? {
            let lost = offset - self.reader.offset();
            tracing::error!(segment = ?id, bytes = lost, "a damaged stretch of the journal was passed over");
            stats.corrupt_bytes += lost;
            self.reader.seek(offset);
            return Ok(true);
        }
        let Some(next) = self.successor()? else { return Ok(false) };
        tracing::error!(segment = ?id, offset = self.reader.offset(), "the end of a journal segment is damaged");
        stats.corrupt_bytes += 1;
        self.go_on(next);
        Ok(true)
    }

    /// Segments that may be removed now. If too many wait for open calls, those calls' intents are first
    /// moved into the store.
    pub(super) fn removable(
        &mut self,
        ledger: &dyn Ledger,
        buffer: &mut Vec<u8>,
    ) -> Result<Vec<SegmentId>, StoreError> {
        if let Some(oldest) = self.waiting.front().copied()
            && self.waiting.len() > MAX_WAITING
            && self.open.pins(oldest.sequence)
        {
            self.keep_open_calls(ledger, buffer, oldest)?;
        }
        let free = |id: &SegmentId| !self.open.pins(id.sequence);
        Ok(self.waiting.iter().copied().filter(free).collect())
    }

    /// Forgets segments that are removed.
    pub(super) fn removed(&mut self, ids: &[SegmentId]) {
        self.waiting.retain(|id| !ids.contains(id));
    }

    fn keep_open_calls(
        &mut self,
        ledger: &dyn Ledger,
        buffer: &mut Vec<u8>,
        id: SegmentId,
    ) -> Result<(), StoreError> {
        let (node, open) = (self.node, &self.open);
        ledger.fold(&mut |batch| {
            let mut reader = SegmentReader::open(&self.dir, id)?;
            reader.read(buffer, usize::MAX, |frame, _| match frame {
                Frame::Intent(intent) if open.contains(intent.request) => batch.keep_pending(node, &intent),
                _ => Ok::<(), StoreError>(()),
            })?;
            Ok(())
        })?;
        self.open.kept_through(id.sequence);
        Ok(())
    }

    /// After all journals are closed: every segment of the chain that may be removed, the one in use
    /// included; `None` if some call was never settled, so that the next start must see it.
    pub(super) fn all_if_settled(&self) -> Option<(SegmentId, Vec<SegmentId>)> {
        let last = self.reader.info().id;
        let mut all: Vec<_> = self.waiting.iter().copied().collect();
        all.push(last);
        let settled = !all.iter().any(|id| self.open.pins(id.sequence));
        settled.then_some((last, all))
    }
}
