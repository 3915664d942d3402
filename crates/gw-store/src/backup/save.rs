//! Makes a backup. Order matters: first the journal, then the database, then files of bodies. What is folded and removed in
//! between stands in the database; the other way round it would stand nowhere.

use super::manifest::{Manifest, verify};
use super::{JOURNAL_DIR, MANIFEST_FILE, SMALL_FILES};
use crate::bodies::segments::files_in;
use crate::data_dir::{BODIES_DIR, database_of, make_dir, replace_file};
use crate::error::StoreError;
use crate::journal::{Frame, JournalError, ReadEnd, SegmentId, SegmentReader, list_segments};
use crate::sqlite::{DATABASE_FILE, copy_file};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a backup of a data directory, which a server may have in use, into a directory, and checks it.
/// Errors: the target has files in it and `force` is not set; something can not be read or written.
pub fn backup(data_dir: &Path, target: &Path, force: bool) -> Result<Manifest, StoreError> {
    let database = database_of(data_dir)?;
    std::fs::metadata(&database).map_err(StoreError::io("read", &database))?;
    prepare(target, force)?;
    let mut files = Vec::new();
    let journal = data_dir.join(JOURNAL_DIR);
    if journal.is_dir() {
        make_dir(&target.join(JOURNAL_DIR))?;
        for id in list_segments(&journal)? {
            files.extend(copy_segment(&journal, &target.join(JOURNAL_DIR), id)?);
        }
    }
    let copy = target.join(DATABASE_FILE);
    create(&copy)?;
    copy_file(&database, &copy)?;
    files.push(DATABASE_FILE.to_owned());
    files.extend(copy_bodies(data_dir, target)?);
    for name in SMALL_FILES {
        match std::fs::read(data_dir.join(name)) {
            Ok(content) => {
                replace_file(target, name, &content)?;
                files.push(name.to_owned());
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(StoreError::io("read", &data_dir.join(name))(e)),
        }
    }
    let manifest = Manifest::of(target, &files)?;
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|_| StoreError::Damaged { what: "the manifest" })?;
    // Last: a backup without a manifest is none.
    replace_file(target, MANIFEST_FILE, &text)?;
    verify(target)
}

/// Copies bodies that stand in files: after the database, which then knows of none that is missing.
fn copy_bodies(data_dir: &Path, target: &Path) -> Result<Vec<String>, StoreError> {
    let (from, to) = (data_dir.join(BODIES_DIR), target.join(BODIES_DIR));
    let mut copied = Vec::new();
    for name in files_in(&from)? {
        let (source, copy) = (from.join(&name), to.join(&name));
        let file = match File::open(&source) {
            // Its time was over meanwhile.
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            file => file.map_err(StoreError::io("read", &source))?,
        };
        make_dir(&to)?;
        let mut made = create(&copy)?;
        // What is appended from now on, the copy of the database does not know.
        let bytes = file.metadata().map_err(StoreError::io("read", &source))?.len();
        std::io::copy(&mut file.take(bytes), &mut made)
            .and_then(|_| made.sync_all())
            .map_err(StoreError::io("write to", &copy))?;
        copied.push(format!("{BODIES_DIR}/{name}"));
    }
    Ok(copied)
}

fn prepare(target: &Path, force: bool) -> Result<(), StoreError> {
    make_dir(target)?;
    let mut entries = std::fs::read_dir(target).map_err(StoreError::io("list", target))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let manifest = target.join(MANIFEST_FILE);
    if !force || !manifest.is_file() {
        // Even with force: only an older backup is written over, never some other directory.
        return Err(StoreError::NotEmpty { path: target.to_owned() });
    }
    std::fs::remove_dir_all(target).map_err(StoreError::io("remove", target))?;
    make_dir(target)
}

/// Copies what was written of a segment; `None` if nothing was, or it was removed meanwhile.
fn copy_segment(from: &Path, to: &Path, id: SegmentId) -> Result<Option<String>, StoreError> {
    let source = id.path(from);
    let mut reader = match SegmentReader::open(from, id) {
        Ok(reader) => reader,
        Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(None),
        // It is being made, so nothing is in it.
        Err(JournalError::NotASegment { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let start = reader.offset();
    let end = reader.read(&mut Vec::new(), usize::MAX, |_: Frame<'_>, _| Ok::<(), StoreError>(()))?;
    let bytes = reader.info().bytes;
    let used = if end == ReadEnd::End { reader.offset() } else { bytes };
    if used == start {
        return Ok(None);
    }
    let file = match File::open(&source) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(StoreError::io("read", &source)(e)),
    };
    let target = id.path(to);
    let mut copy = create(&target)?;
    std::io::copy(&mut file.take(used), &mut copy).map_err(StoreError::io("write", &target))?;
    copy.set_len(bytes).and_then(|()| copy.sync_all()).map_err(StoreError::io("write", &target))?;
    let name = target.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    Ok(Some(format!("{JOURNAL_DIR}/{name}")))
}

fn create(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(StoreError::io("create", path))
}
