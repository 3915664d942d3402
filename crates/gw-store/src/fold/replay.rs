//! What earlier runs of the process left in the journal: folds it from where the store stands, and writes
//! off calls that were under way when their process died. Runs at start, before the first request.

use super::remove::{remove_segments, set_aside};
use super::settings::FoldSettings;
use crate::error::StoreError;
use crate::journal::{Frame, JournalError, ReadEnd, SegmentId, SegmentReader, list_segments};
use crate::traits::Ledger;
use crate::types::{PendingIntent, Watermark};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes moved in one transaction.
const BATCH_BYTES: usize = 8 << 20;

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Segments read.
    pub segments: u64,
    /// Records that were not in the store yet.
    pub records: u64,
    /// Calls that were written off as lost.
    pub lost: u64,
    /// Segments whose last entry was cut off when the process or the machine stopped.
    pub torn_segments: u64,
    /// Bytes in the midst of segments that could not be read; their entries are gone.
    pub corrupt_bytes: u64,
    /// Damaged files, put aside with the ending `.damaged`.
    pub set_aside: Vec<PathBuf>,
}

impl ReplayReport {
    /// Writes into the log what is worth it.
    pub fn log(&self) {
        if self.records > 0 || self.lost > 0 {
            let Self { records, lost, .. } = self;
            tracing::info!(records, lost, "the journal of an earlier run was replayed");
        }
        for file in &self.set_aside {
            tracing::error!(file = %file.display(), "a damaged journal file was put aside");
        }
    }
}

/// Folds the segments of all runs but the present one, and removes them. Running it twice changes nothing.
pub fn replay(dir: &Path, ledger: &dyn Ledger, settings: &FoldSettings) -> Result<ReplayReport, StoreError> {
    let mut replay = Replay {
        dir,
        ledger,
        node: settings.node,
        marks: ledger.watermarks(settings.node)?,
        open: BTreeMap::new(),
        buffer: Vec::new(),
        report: ReplayReport::default(),
    };
    for intent in ledger.pending(settings.node)? {
        replay.open.entry(intent.request).or_default().push(intent);
    }
    let old: Vec<SegmentId> =
        list_segments(dir)?.into_iter().filter(|id| id.generation != settings.generation).collect();
    let mut read = Vec::new();
    for id in old {
        if replay.segment(id)? {
            read.push(id);
        }
    }
    replay.write_off()?;
    replay.clean(&read, settings.generation)?;
    Ok(replay.report)
}

/// Removes the segments of all runs without reading them: those of a database that went with its process.
pub fn forget(dir: &Path) -> Result<(), StoreError> {
    remove_segments(dir, &list_segments(dir)?)
}

struct Replay<'a> {
    dir: &'a Path,
    ledger: &'a dyn Ledger,
    node: u64,
    marks: Vec<Watermark>,
    /// Intents without a record so far, by request.
    open: BTreeMap<u128, Vec<PendingIntent>>,
    buffer: Vec<u8>,
    report: ReplayReport,
}

impl Replay<'_> {
    /// Reads one segment whole: the part that is folded only for its open calls. False when the file is put
    /// aside.
    fn segment(&mut self, id: SegmentId) -> Result<bool, StoreError> {
        let path = id.path(self.dir);
        let mut reader = match SegmentReader::open(self.dir, id) {
            Ok(reader) => reader,
            Err(JournalError::NotASegment { .. }) if was_being_made(&path)? => return Ok(true),
            Err(JournalError::NotASegment { path, reason }) => {
                tracing::error!(path = %path.display(), reason, "a journal segment can not be read; it is put aside");
                return self.put_aside(&path).map(|()| false);
            }
            Err(error) => return Err(error.into()),
        };
        self.report.segments += 1;
        let folded = self.folded_to(id);
        let mut damaged = false;
        loop {
            match self.stretch(&mut reader, folded)? {
                ReadEnd::Budget => {}
                end => match reader.resync(&mut self.buffer)? {
                    Some(offset) => {
                        let bytes = offset - reader.offset();
                        tracing::error!(path = %path.display(), bytes, "a stretch of the journal is damaged");
                        self.report.corrupt_bytes += bytes;
                        damaged = true;
                        reader.seek(offset);
                    }
                    None => {
                        self.report.torn_segments += u64::from(end == ReadEnd::Corrupt);
                        break;
                    }
                },
            }
        }
        if damaged {
            self.put_aside(&path)?;
        }
        Ok(!damaged)
    }

    /// How far a segment is folded.
    fn folded_to(&self, id: SegmentId) -> u64 {
        let same =
            |mark: &&Watermark| mark.segment.generation == id.generation && mark.segment.worker == id.worker;
        match self.marks.iter().find(same) {
            Some(mark) if id.sequence < mark.segment.sequence => u64::MAX,
            Some(mark) if id.sequence == mark.segment.sequence => mark.offset,
            _ => 0,
        }
    }

    fn stretch(&mut self, reader: &mut SegmentReader, folded: u64) -> Result<ReadEnd, StoreError> {
        let Self { ledger, node, open, buffer, report, .. } = self;
        let id = reader.info().id;
        let mut end = ReadEnd::End;
        let mut work = |mut batch: Option<&mut dyn crate::traits::Batch>| {
            end = reader.read(buffer, BATCH_BYTES, |frame, behind| {
                match frame {
                    Frame::Intent(intent) => note(open, PendingIntent::new(&intent)),
                    Frame::Record(record) => {
                        let known = open.remove(&record.id).is_some();
                        if let Some(batch) = batch.as_deref_mut().filter(|_| behind > folded) {
                            batch.record(&record)?;
                            if known {
                                batch.drop_pending(*node, record.id)?;
                            }
                        }
                    }
                    Frame::Owned(owned) => {
                        if let Some(batch) = batch.as_deref_mut().filter(|_| behind > folded) {
                            batch.own(&owned)?;
                        }
                    }
                    Frame::Unknown { version, kind } => {
                        tracing::warn!(version, kind, "a journal entry of an unknown kind was passed over");
                    }
                }
                Ok::<(), StoreError>(())
            })?;
            match batch {
                Some(batch) if reader.offset() > folded => batch.advance(*node, id, reader.offset()),
                _ => Ok(()),
            }
        };
        if folded == u64::MAX {
            work(None)?;
        } else {
            report.records += ledger.fold(&mut |batch| work(Some(batch)))?.records;
        }
        Ok(end)
    }

    /// Calls whose process died under way.
    fn write_off(&mut self) -> Result<(), StoreError> {
        if self.open.is_empty() {
            return Ok(());
        }
        let (open, node) = (&self.open, self.node);
        let folded = self.ledger.fold(&mut |batch| {
            for (request, intents) in open {
                batch.lost(intents)?;
                batch.drop_pending(node, *request)?;
            }
            Ok(())
        })?;
        self.report.lost = folded.lost;
        Ok(())
    }

    fn clean(&self, read: &[SegmentId], generation: u64) -> Result<(), StoreError> {
        let old: Vec<_> = self.marks.iter().filter(|mark| mark.segment.generation != generation).collect();
        if read.is_empty() && old.is_empty() {
            return Ok(());
        }
        self.ledger.sync()?;
        remove_segments(self.dir, read)?;
        // Only now: without its mark a segment would be folded again, which is slow but changes nothing.
        self.ledger.fold(&mut |batch| {
            for id in old.iter().map(|mark| mark.segment).chain(read.iter().copied()) {
                batch.forget_chain(self.node, id)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn put_aside(&mut self, path: &Path) -> Result<(), StoreError> {
        self.report.set_aside.push(path.to_owned());
        set_aside(path)
    }
}

/// Adds an intent. An attempt may be noted already: kept in the store and also in its segment, or written
/// again when its hold grew. The largest hold counts, in whatever order they come.
fn note(open: &mut BTreeMap<u128, Vec<PendingIntent>>, intent: PendingIntent) {
    let of_request = open.entry(intent.request).or_default();
    match of_request.binary_search_by_key(&intent.attempt, |known| known.attempt) {
        Ok(place) => {
            if let Some(known) = of_request.get_mut(place) {
                known.hold = known.hold.max(intent.hold);
            }
        }
        Err(place) => of_request.insert(place, intent),
    }
}

/// A file without a header: its process died between making it and writing the header.
fn was_being_made(path: &Path) -> Result<bool, StoreError> {
    let mut head = [0; 64];
    let failed = || StoreError::io("read", path);
    let mut file = File::open(path).map_err(failed())?;
    // A file shorter than that leaves the rest at zero, which is what an unwritten header reads as.
    let mut filled = 0;
    while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest).map_err(failed())? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(head.iter().all(|b| *b == 0))
}
