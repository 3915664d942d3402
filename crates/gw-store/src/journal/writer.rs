//! The writing end of a journal: one per worker thread, no locks and no waiting on the way. Serves the
//! attempt stage (intents) and the record stage. It must not lose a record for want of space: every intent
//! is only accepted if the space for its record is set aside.
//!
//! An entry is **taken** first, then **written**. Calls that do something at the same time take theirs one after another,
//! and one `pwrite` brings them all to the file. Until then nobody may act on one.
//!
//! Of a write that failed, the entries that stand whole in the file are written: readers may have taken them already.
//! The others are refused. If a piece of one stands there, nothing is written to that segment any more.

use super::aftermath::{Refused, cut, look};
use super::error::JournalError;
use super::frame::{
    DETAILS_BYTES, Intent, TIMES_BYTES, TOLLS_BYTES, encode_intent, encode_owned, encode_record,
};
use super::keeper::Keeper;
use super::owned::{OWNED_BYTES, Owned};
use super::segment::{HEADER_BYTES, SegmentId, list_segments};
use super::settings::JournalSettings;
use super::text::{DETAIL, MODEL, NAME, WORD};
use crate::accounts::ACCOUNT_BYTES;
use crate::memory::MAX_LINKS;
use gw_model::Record;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

/// Most bytes of one attempt in a record: its texts, twelve numbers of at most ten bytes, and its times.
const ATTEMPT_BYTES: u64 = (NAME + MODEL + WORD + 128 + TIMES_BYTES) as u64;
/// Most bytes of the accounts that a call counts for, besides its key.
const ACCOUNTS_BYTES: u64 = (MAX_LINKS * ACCOUNT_BYTES) as u64;
/// Most bytes of a record with one attempt (its texts, three ids, and numbers), and of what its request may own.
pub(super) const RECORD_BYTES: u64 =
    ATTEMPT_BYTES + TEXTS_BYTES + (TOLLS_BYTES + DETAILS_BYTES) as u64 + ACCOUNTS_BYTES + OWNED_BYTES;
/// Of them: the texts and numbers of the record itself.
const TEXTS_BYTES: u64 = (NAME + MODEL + WORD + DETAIL + WORD + MODEL + 160) as u64;
/// What may be left over at the end of a segment because the next entry did not fit.
const WASTE_BYTES: u64 = 2 * RECORD_BYTES;
/// Smallest segment that makes sense.
const MIN_SEGMENT_BYTES: u64 = 64 << 10;

/// Most bytes that wait to be written.
const MAX_TAKEN_BYTES: usize = 64 << 10;

/// An entry that is taken; [`Journal::written`] makes sure of it.
#[derive(Debug)]
#[must_use = "an entry is nowhere until it is written"]
pub struct Taken {
    /// How many were taken before.
    number: u64,
}

/// See the module. Used by one thread.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    keeper: Arc<Keeper>,
    thread: Option<JoinHandle<()>>,
    file: Arc<File>,
    id: SegmentId,
    segment_bytes: u64,
    /// Where the next entry goes, behind those that are taken.
    offset: u64,
    /// Entries that are taken and not written; they end at `offset`.
    taken: Vec<u8>,
    /// Where each of these ends.
    ends: Vec<usize>,
    /// How many entries were ever taken.
    count: u64,
    writes: u64,
    refused: Refused,
    /// A write left a piece of an entry: the segment ends at `offset`.
    ended: bool,
    /// Bytes promised to records of calls in flight.
    promised: u64,
    buffer: Vec<u8>,
    /// How many bytes the next write brings to the file before it fails.
    #[cfg(test)]
    fails_after: Option<usize>,
}

impl Journal {
    /// Opens a journal for one worker in a directory that exists: makes its first segment and its reserve.
    pub fn open(dir: &Path, worker: u16, settings: &JournalSettings) -> Result<Self, JournalError> {
        let mut settings = settings.clone();
        settings.segment_bytes = settings.segment_bytes.max(MIN_SEGMENT_BYTES);
        let of_worker = |id: &SegmentId| id.generation == settings.generation && id.worker == worker;
        let last = list_segments(dir)?.into_iter().rfind(of_worker);
        let first = SegmentId { generation: settings.generation, worker, sequence: 0 };
        let keeper = Keeper::new(dir, last.map_or(first, SegmentId::next), &settings);
        let (id, segment) = keeper.take()?;
        keeper.make_one()?;
        let file = Arc::new(segment.file);
        keeper.in_use(Arc::clone(&file));
        let runner = Arc::clone(&keeper);
        let thread = std::thread::Builder::new()
            .name(format!("journal-{worker}"))
            .stack_size(128 << 10)
            .spawn(move || runner.run())
            .map_err(JournalError::io("start the thread for", dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            keeper,
            thread: Some(thread),
            file,
            id,
            segment_bytes: settings.segment_bytes,
            offset: HEADER_BYTES,
            taken: Vec::with_capacity(1024),
            ends: Vec::with_capacity(16),
            count: 0,
            writes: 0,
            refused: Refused::default(),
            ended: false,
            promised: 0,
            buffer: Vec::with_capacity(1024),
            #[cfg(test)]
            fails_after: None,
        })
    }

    /// Takes down that an attempt is about to go out. `first` says that it is the first of its request,
    /// for which the space of the record is set aside. On an error, here or when it is written, the call must not go
    /// out.
    pub fn take_intent(&mut self, intent: &Intent<'_>, first: bool) -> Result<Taken, JournalError> {
        encode_intent(&mut self.buffer, intent).map_err(JournalError::Encode)?;
        let promise = if first { RECORD_BYTES } else { ATTEMPT_BYTES };
        self.make_room(promise)?;
        let taken = self.take()?;
        self.promised += promise;
        Ok(taken)
    }

    /// As [`Self::take_intent`], and writes it.
    pub fn intent(&mut self, intent: &Intent<'_>, first: bool) -> Result<(), JournalError> {
        let taken = self.take_intent(intent, first)?;
        self.written(taken)
    }

    /// Writes down that the hold of a call under way has grown: its last intent again, with the new hold. If
    /// the process dies, the call is charged at the largest. On an error the call must not go on beyond its
    /// old hold.
    pub fn extended(&mut self, intent: &Intent<'_>) -> Result<(), JournalError> {
        encode_intent(&mut self.buffer, intent).map_err(JournalError::Encode)?;
        // The space of the record was set aside with the first intent.
        self.make_room(0)?;
        let taken = self.take()?;
        self.written(taken)
    }

    /// Takes down a request's record, which also settles all its attempts. `announced` says how many intents of it
    /// were taken, whatever became of them: the space that was set aside with each is given back. After one it can not
    /// fail for want of space, unless failed writes have ended segments and a full disk has no others.
    pub fn take_record(&mut self, record: &Record, announced: u32) -> Result<Taken, JournalError> {
        if let Some(others) = announced.checked_sub(1) {
            self.promised = self.promised.saturating_sub(RECORD_BYTES + u64::from(others) * ATTEMPT_BYTES);
        }
        encode_record(&mut self.buffer, record).map_err(JournalError::Encode)?;
        if announced == 0 {
            self.make_room(0)?;
        }
        self.take()
    }

    /// As [`Self::take_record`], and writes it.
    pub fn record(&mut self, record: &Record, announced: u32) -> Result<(), JournalError> {
        let taken = self.take_record(record, announced)?;
        self.written(taken)
    }

    /// Writes down whose something is that an announced request made, before its record; once for each request. The
    /// space for the first was set aside with that of the record; the others need space that is free.
    pub fn owned<'a>(&mut self, owned: impl Iterator<Item = Owned<'a>>) -> Result<(), JournalError> {
        self.buffer.clear();
        let (mut first, mut written) = (None, false);
        for one in owned {
            encode_owned(&mut self.buffer, &one).map_err(JournalError::Encode)?;
            first.get_or_insert(self.buffer.len());
            // No more at once than may be left over at the end of a segment.
            if self.buffer.len() as u64 > RECORD_BYTES {
                self.append_owned(first, written)?;
                written = true;
            }
        }
        self.append_owned(first, written)
    }

    /// Appends what the buffer holds; at least the first `promised` bytes, unless they are written.
    fn append_owned(&mut self, promised: Option<usize>, written: bool) -> Result<(), JournalError> {
        let promised = promised.filter(|_| !written).unwrap_or(0);
        let room = if self.buffer.len() > promised { self.make_room(0) } else { Ok(()) };
        if room.is_err() {
            self.buffer.truncate(promised);
        }
        let appended = match self.buffer.is_empty() {
            true => Ok(()),
            false => self.take().and_then(|taken| self.written(taken)),
        };
        self.buffer.clear();
        room.and(appended)
    }

    /// Bytes that can still be written without the disk giving any more.
    #[must_use]
    pub fn free_bytes(&self) -> u64 {
        let spare = self.segment_bytes - HEADER_BYTES - WASTE_BYTES;
        self.free_here() + self.keeper.ready() * spare
    }

    /// Those in the segment in use.
    const fn free_here(&self) -> u64 {
        if self.ended { 0 } else { self.segment_bytes.saturating_sub(self.offset + WASTE_BYTES) }
    }

    /// The segment being written, and how far.
    #[must_use]
    pub const fn position(&self) -> (SegmentId, u64) {
        (self.id, self.offset - self.taken.len() as u64)
    }

    /// Entries that are taken and not written.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.ends.len()
    }

    /// How many writes there were.
    #[must_use]
    pub const fn writes(&self) -> u64 {
        self.writes
    }

    /// Sees to it that an entry is written, with all others that are taken.
    ///
    /// # Errors
    /// The write that it was in failed, and it is in no file.
    pub fn written(&mut self, taken: Taken) -> Result<(), JournalError> {
        let now = self.write();
        if !self.refused.contains(taken.number) {
            return Ok(());
        }
        now?;
        let earlier = std::io::Error::other("a write of several entries failed");
        Err(JournalError::io("write", &self.id.path(&self.dir))(earlier))
    }

    /// Sees to it that what is in the buffer fits besides `promise` more bytes and all earlier promises.
    fn make_room(&self, promise: u64) -> Result<(), JournalError> {
        let needed = self.promised + promise + self.buffer.len() as u64;
        // The segment in use alone has room, nearly always.
        if needed <= self.free_here() {
            return Ok(());
        }
        while self.free_bytes() < needed {
            let full = || JournalError::Full { path: self.dir.clone(), free_bytes: self.free_bytes() };
            if self.keeper.is_full() {
                return Err(full());
            }
            self.keeper.make_one().map_err(|error| match error {
                JournalError::Full { .. } => full(),
                other => other,
            })?;
        }
        Ok(())
    }

    /// Puts what is in the buffer behind the entries that are taken.
    fn take(&mut self) -> Result<Taken, JournalError> {
        let length = self.buffer.len() as u64;
        if self.taken.len() > MAX_TAKEN_BYTES || !self.has_place(length) {
            // Those whose entries these are hear of a failure.
            let _ = self.write();
        }
        if !self.has_place(length) {
            self.turn()?;
        }
        self.taken.extend_from_slice(&self.buffer);
        self.ends.push(self.taken.len());
        self.offset += length;
        let number = self.count;
        self.count += 1;
        Ok(Taken { number })
    }

    /// Whether the segment in use takes so many bytes more.
    const fn has_place(&self, length: u64) -> bool {
        !self.ended && self.offset + length <= self.segment_bytes
    }

    /// Writes what is taken.
    fn write(&mut self) -> Result<(), JournalError> {
        if self.taken.is_empty() {
            return Ok(());
        }
        let at = self.offset - self.taken.len() as u64;
        let put = self.put(at);
        if put.is_err() {
            self.refuse_rest(at);
        }
        self.taken.clear();
        self.ends.clear();
        self.writes += 1;
        if !self.keeper.dirty.load(Ordering::Relaxed) {
            self.keeper.dirty.store(true, Ordering::Relaxed);
        }
        put.map_err(JournalError::io("write", &self.id.path(&self.dir)))
    }

    fn put(&mut self, at: u64) -> std::io::Result<()> {
        #[cfg(test)]
        if let Some(bytes) = self.fails_after.take() {
            self.file.write_all_at(self.taken.get(..bytes).unwrap_or(&self.taken), at)?;
            return Err(std::io::Error::other("a test wants it to fail"));
        }
        self.file.write_all_at(&self.taken, at)
    }

    /// After a write failed: refuses the entries that do not stand in the file, and sees to it that nothing is put
    /// where a piece of one may stand.
    fn refuse_rest(&mut self, at: u64) {
        let standing = look(&self.file, at, &self.taken, &self.ends);
        let refused = self.ends.len() - standing.entries;
        self.refused.note(self.count - refused as u64..self.count);
        self.offset = at + standing.bytes as u64;
        if !standing.clean {
            self.ended = true;
            // Without it readers take a while to tell the piece from an entry that is being written.
            if let Err(error) = cut(&self.file, self.offset, self.segment_bytes) {
                tracing::warn!(%error, segment = ?self.id, "the end of a journal segment can not be cut off");
            }
        }
    }

    /// Goes on in the next segment.
    fn turn(&mut self) -> Result<(), JournalError> {
        let (id, segment) = self.keeper.take()?;
        self.file = Arc::new(segment.file);
        self.id = id;
        self.offset = HEADER_BYTES;
        self.ended = false;
        self.keeper.in_use(Arc::clone(&self.file));
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Nobody waits for it any more, or it would be written.
        let _ = self.write();
        self.keeper.stop();
        if let Some(thread) = self.thread.take() {
            // It panicked or it ended; there is nothing left to do in either case.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
