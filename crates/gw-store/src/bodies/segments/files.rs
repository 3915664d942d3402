//! Reads frames of segments, keeping a few files open, and overwrites what is to go.

use super::place::{Place, SegmentName};
use super::{FRAME_BYTES, MAGIC, VERSION};
use gw_model::RequestId;
use parking_lot::Mutex;
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that are kept open for reading.
const MOST_OPEN: usize = 8;
/// Bytes that are overwritten at once.
const ZEROS: [u8; 4096] = [0; 4096];

/// See the module.
#[derive(Debug)]
pub(super) struct Files {
    dir: PathBuf,
    /// The one that was used last comes last.
    open: Mutex<Vec<(SegmentName, Arc<File>)>>,
}

impl Files {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, open: Mutex::default() }
    }

    /// A segment, opened. Errors: it is not there, or is none.
    pub(super) fn get(&self, name: SegmentName) -> Result<Arc<File>> {
        let mut open = self.open.lock();
        if let Some(at) = open.iter().position(|(known, _)| *known == name) {
            let found = open.remove(at);
            let file = Arc::clone(&found.1);
            open.push(found);
            return Ok(file);
        }
        drop(open);
        let file = Arc::new(File::open(self.dir.join(name.file()))?);
        let mut head = [0; 12];
        file.read_exact_at(&mut head, 0)?;
        let (magic, version) = head.split_at(MAGIC.len());
        if magic != MAGIC || version != VERSION.to_le_bytes() {
            return Err(Error::new(ErrorKind::InvalidData, "it is not a segment that this program knows"));
        }
        let mut open = self.open.lock();
        // One that went, or was opened by another meanwhile, is read once.
        if file.metadata()?.nlink() == 0 || open.iter().any(|(known, _)| *known == name) {
            return Ok(file);
        }
        if open.len() >= MOST_OPEN {
            open.remove(0);
        }
        open.push((name, Arc::clone(&file)));
        Ok(file)
    }

    /// How many are open.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.open.lock().len()
    }

    /// A file goes.
    pub(super) fn forget(&self, name: SegmentName) {
        self.open.lock().retain(|(known, _)| *known != name);
    }
}

/// What stands at a place; `None` when it is not what was written there for that call.
pub(super) fn read_frame(file: &File, request: RequestId, place: Place) -> Result<Option<Vec<u8>>> {
    let start = u64::from(place.start);
    let end = start + u64::from(FRAME_BYTES) + u64::from(place.length);
    // No room is made for what cannot be there.
    if end > file.metadata()?.len() {
        return Ok(None);
    }
    let mut head = [0; FRAME_BYTES as usize];
    file.read_exact_at(&mut head, start)?;
    let mut sealed = vec![0; place.length as usize];
    file.read_exact_at(&mut sealed, start + u64::from(FRAME_BYTES))?;
    Ok(is_it(&head, &sealed, request, place).then_some(sealed))
}

/// Is a frame what was written at that place for that call?
pub(super) fn is_it(head: &[u8], sealed: &[u8], request: RequestId, place: Place) -> bool {
    sealed.len() == place.length as usize
        && head
            == [
                request.0.to_be_bytes().as_slice(),
                &place.length.to_le_bytes(),
                &crc32fast::hash(sealed).to_le_bytes(),
            ]
            .concat()
}

/// Overwrites the sealed bytes at places and gives their room back. The file, for whoever wants it on the disk; `None` where it is
/// gone.
pub(super) fn erase(path: &Path, places: &[Place]) -> Result<Option<File>> {
    if places.is_empty() {
        return Ok(None);
    }
    let file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    places.iter().try_for_each(|place| erase_one(&file, *place))?;
    Ok(Some(file))
}

fn erase_one(file: &File, place: Place) -> Result<()> {
    let (start, length) = (u64::from(place.start) + u64::from(FRAME_BYTES), u64::from(place.length));
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    if length == 0 || fallocate(file, hole, start, length).is_ok() {
        return Ok(());
    }
    // Not every file system knows holes.
    let end = (start + length).min(file.metadata()?.len());
    let mut at = start;
    while at < end {
        let piece = usize::try_from(end - at).unwrap_or(ZEROS.len()).min(ZEROS.len());
        file.write_all_at(ZEROS.get(..piece).unwrap_or_default(), at)?;
        at += piece as u64;
    }
    Ok(())
}
