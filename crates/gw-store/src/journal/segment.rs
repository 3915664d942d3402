//! One file of a journal: its name, header and allocation. Serves the writer and the reader. It must not
//! know what is in the entries.
//!
//! Header, 64 bytes, little-endian: magic (8), format version (2), worker (2), zero (4), node (8),
//! generation (8), sequence (8), length of the file (8), checksum of all that (4), zero.

use super::error::JournalError;
use super::settings::JournalSettings;
use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where the first entry stands.
pub(super) const HEADER_BYTES: u64 = 64;
const MAGIC: [u8; 8] = *b"GWJOURNL";
const FORMAT: u16 = 1;
const SUFFIX: &str = ".seg";
/// Bytes of the header that its checksum covers.
const COVERED: usize = 48;

/// Which segment: it orders those of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId {
    /// Run of the process.
    pub generation: u64,
    /// Worker thread.
    pub worker: u16,
    /// Number from 0 in that worker's chain.
    pub sequence: u64,
}

impl SegmentId {
    /// The next one of the same chain.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { sequence: self.sequence + 1, ..self }
    }

    /// Its file.
    #[must_use]
    pub fn path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{:016x}-{:04x}-{:012x}{SUFFIX}", self.generation, self.worker, self.sequence))
    }

    /// Reads a file's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(SUFFIX)?.splitn(3, '-');
        let mut part = |digits: usize| {
            let text = parts.next().filter(|t| t.len() == digits)?;
            u64::from_str_radix(text, 16).ok()
        };
        let generation = part(16)?;
        let worker = u16::try_from(part(4)?).ok()?;
        Some(Self { generation, worker, sequence: part(12)? })
    }
}

/// A segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Which segment.
    pub id: SegmentId,
    /// The node that wrote it.
    pub node: u64,
    /// Length of the file in bytes.
    pub bytes: u64,
}

impl SegmentInfo {
    fn encode(&self) -> [u8; 64] {
        let mut header = Vec::with_capacity(64);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&FORMAT.to_le_bytes());
        header.extend_from_slice(&self.id.worker.to_le_bytes());
        header.extend_from_slice(&[0; 4]);
        for number in [self.node, self.id.generation, self.id.sequence, self.bytes] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        let crc = crc32fast::hash(&header);
        header.extend_from_slice(&crc.to_le_bytes());
        let mut bytes = [0; 64];
        for (to, from) in bytes.iter_mut().zip(header) {
            *to = from;
        }
        bytes
    }

    fn decode(header: &[u8; 64]) -> Result<Self, &'static str> {
        let (covered, rest) = header.split_at(COVERED);
        if !covered.starts_with(&MAGIC) {
            return Err("it does not start as one");
        }
        let number = |at: usize| {
            let bytes = covered.get(at..at + 8).and_then(|b| b.try_into().ok()).unwrap_or_default();
            u64::from_le_bytes(bytes)
        };
        let short = |at: usize| {
            let bytes = covered.get(at..at + 2).and_then(|b| b.try_into().ok()).unwrap_or_default();
            u16::from_le_bytes(bytes)
        };
        if !rest.starts_with(&crc32fast::hash(covered).to_le_bytes()) {
            return Err("the checksum of its header is wrong");
        }
        if short(8) != FORMAT {
            return Err("its format version is newer than this program");
        }
        let id = SegmentId { worker: short(10), generation: number(24), sequence: number(32) };
        Ok(Self { id, node: number(16), bytes: number(40) })
    }
}

/// A segment that can be written to.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: File,
    pub(super) path: PathBuf,
}

impl Segment {
    /// Makes a segment with all its space allocated.
    pub(super) fn create(
        dir: &Path,
        id: SegmentId,
        settings: &JournalSettings,
    ) -> Result<Self, JournalError> {
        let bytes = settings.segment_bytes;
        let full = || JournalError::Full { path: dir.to_owned(), free_bytes: 0 };
        if settings.quota.as_ref().is_some_and(|quota| !quota.take(bytes)) {
            return Err(full());
        }
        let path = id.path(dir);
        let made = Self::create_file(&path, id, settings.node, bytes);
        made.map(|file| Self { file, path: path.clone() }).map_err(|(operation, source)| {
            if let Some(quota) = &settings.quota {
                quota.grant(bytes);
            }
            if source.kind() != io::ErrorKind::AlreadyExists {
                // What was made of it is of no use; if it can not be removed, the fold will.
                let _ = std::fs::remove_file(&path);
            }
            match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(),
                _ => JournalError::Io { operation, path, source },
            }
        })
    }

    fn create_file(
        path: &Path,
        id: SegmentId,
        node: u64,
        bytes: u64,
    ) -> Result<File, (&'static str, io::Error)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(path).map_err(|e| ("create", e))?;
        allocate(&file, bytes).map_err(|e| ("allocate space for", e))?;
        let header = SegmentInfo { id, node, bytes }.encode();
        file.write_all_at(&header, 0).map_err(|e| ("write", e))?;
        Ok(file)
    }
}

/// Allocates the file's space; where the file system can not, by writing zeros.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
            let zeros = [0u8; 64 << 10];
            let mut at = 0;
            while at < bytes {
                let piece = usize::try_from(bytes - at).unwrap_or(usize::MAX).min(zeros.len());
                file.write_all_at(zeros.get(..piece).unwrap_or(&zeros), at)?;
                at += piece as u64;
            }
            Ok(())
        }
        other => other.map_err(io::Error::from),
    }
}

/// Opens a segment for reading.
pub(super) fn open(path: &Path) -> Result<(File, SegmentInfo), JournalError> {
    let file = File::open(path).map_err(JournalError::io("open", path))?;
    let mut header = [0; 64];
    match file.read_exact_at(&mut header, 0) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err("it is shorter than a header"),
        Err(e) => return Err(JournalError::io("read", path)(e)),
        Ok(()) => SegmentInfo::decode(&header),
    }
    .map(|info| (file, info))
    .map_err(|reason| JournalError::NotASegment { path: path.to_owned(), reason })
}

/// The segments in a directory, in order. Files with other names are passed over.
pub fn list_segments(dir: &Path) -> Result<Vec<SegmentId>, JournalError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(JournalError::io("list", dir))? {
        let entry = entry.map_err(JournalError::io("list", dir))?;
        found.extend(entry.file_name().to_str().and_then(SegmentId::from_name));
    }
    found.sort_unstable();
    Ok(found)
}
