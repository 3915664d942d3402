//! The reading end of a journal: follows one segment while it is written, or reads one that a dead process
//! left behind. Serves the fold. It must not change or remove a file.

use super::error::JournalError;
use super::frame::{Frame, FrameError, MAX_FRAME_BYTES, decode};
use super::segment::{HEADER_BYTES, SegmentId, SegmentInfo, open};
use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes read at a time, at first; grown for longer entries only.
const CHUNK_BYTES: usize = 64 << 10;

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadEnd {
    /// Nothing further is written.
    End,
    /// What follows is no whole entry: being written this moment, torn, or damaged.
    Corrupt,
    /// The given number of bytes was read; there may be more.
    Budget,
}

/// See the module.
#[derive(Debug)]
pub struct SegmentReader {
    file: File,
    path: PathBuf,
    info: SegmentInfo,
    offset: u64,
}

impl SegmentReader {
    /// Opens a segment.
    pub fn open(dir: &Path, id: SegmentId) -> Result<Self, JournalError> {
        let path = id.path(dir);
        let (file, info) = open(&path)?;
        if info.id != id {
            return Err(JournalError::NotASegment {
                path,
                reason: "its header has another number than its name",
            });
        }
        // Reading ahead of the writer makes the system fill pages with zeros that are then written over. If
        // the advice is not taken, nothing is lost.
        let _ = fadvise(&file, 0, None, Advice::Random);
        Ok(Self { file, path, info, offset: HEADER_BYTES })
    }

    /// The segment's header.
    #[must_use]
    pub const fn info(&self) -> &SegmentInfo {
        &self.info
    }

    /// Where the next entry will be read.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Continues at a place where an entry is known to start.
    pub fn seek(&mut self, offset: u64) {
        self.offset = offset.max(HEADER_BYTES);
    }

    /// True when something was written at the present place.
    pub fn has_more(&self) -> Result<bool, JournalError> {
        let mut length = [0; 4];
        match self.file.read_at(&mut length, self.offset) {
            Ok(read) => Ok(read > 0 && length != [0; 4]),
            Err(e) => Err(JournalError::io("read", &self.path)(e)),
        }
    }

    /// Reads entries into `on_frame` (with the place behind each) until there are no more, or about
    /// `budget` bytes were read. `buffer` is kept by the caller from call to call.
    pub fn read<E: From<JournalError>>(
        &mut self,
        buffer: &mut Vec<u8>,
        budget: usize,
        mut on_frame: impl FnMut(Frame<'_>, u64) -> Result<(), E>,
    ) -> Result<ReadEnd, E> {
        let mut chunk = CHUNK_BYTES;
        let mut done = 0;
        loop {
            let filled = self.fill(buffer, chunk)?;
            let mut at = 0;
            let stop = loop {
                match decode(filled.get(at..).unwrap_or_default()) {
                    Ok((frame, length)) => {
                        at += length;
                        on_frame(frame, self.offset + at as u64)?;
                    }
                    Err(stop) => break stop,
                }
            };
            let whole = filled.len() < chunk;
            self.offset += at as u64;
            done += at;
            match stop {
                FrameError::End => return Ok(ReadEnd::End),
                FrameError::Corrupt => return Ok(ReadEnd::Corrupt),
                FrameError::More(_) if whole => {
                    let left = self.info.bytes.saturating_sub(self.offset);
                    return Ok(if left < 8 { ReadEnd::End } else { ReadEnd::Corrupt });
                }
                FrameError::More(length) => chunk = chunk.max(length),
            }
            if done >= budget {
                return Ok(ReadEnd::Budget);
            }
        }
    }

    /// The next place behind the present one where a whole entry stands; `None` when there is none up to
    /// the end. For segments that are no longer written.
    pub fn resync(&self, buffer: &mut Vec<u8>) -> Result<Option<u64>, JournalError> {
        let mut from = self.offset + 1;
        while from < self.info.bytes {
            // An entry may start anywhere in the first half and reach into the second.
            let filled = Self::fill_at(&self.file, &self.path, buffer, 2 * MAX_FRAME_BYTES, from)?;
            let first = filled.len().min(MAX_FRAME_BYTES);
            let mut at = 0;
            while at < first {
                let rest = filled.get(at..).unwrap_or_default();
                if rest.starts_with(&[0; 64]) {
                    at += 32;
                    continue;
                }
                if decode(rest).is_ok() {
                    return Ok(Some(from + at as u64));
                }
                at += 1;
            }
            from += first.max(1) as u64;
        }
        Ok(None)
    }

    fn fill<'b>(&self, buffer: &'b mut Vec<u8>, bytes: usize) -> Result<&'b [u8], JournalError> {
        Self::fill_at(&self.file, &self.path, buffer, bytes, self.offset)
    }

    fn fill_at<'b>(
        file: &File,
        path: &Path,
        buffer: &'b mut Vec<u8>,
        bytes: usize,
        offset: u64,
    ) -> Result<&'b [u8], JournalError> {
        if buffer.len() < bytes {
            buffer.resize(bytes, 0);
        }
        let into = buffer.get_mut(..bytes).unwrap_or_default();
        let mut filled = 0;
        while filled < bytes {
            let rest = into.get_mut(filled..).unwrap_or_default();
            match file.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(JournalError::io("read", path)(e)),
            }
        }
        Ok(buffer.get(..filled).unwrap_or_default())
    }
}
