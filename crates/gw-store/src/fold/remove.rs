//! Removes segments that are folded. Only called once the store is forced to disk.

use crate::error::StoreError;
use crate::journal::SegmentId;
use std::io::ErrorKind;
use std::path::Path;

pub(super) fn remove_segments(dir: &Path, ids: &[SegmentId]) -> Result<(), StoreError> {
    for id in ids {
        let path = id.path(dir);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(StoreError::io("remove", &path)(e)),
            _ => {}
        }
    }
    Ok(())
}

/// Puts a file that can not be read aside, for people to look at.
pub(super) fn set_aside(path: &Path) -> Result<(), StoreError> {
    let aside = path.with_extension("damaged");
    std::fs::rename(path, &aside).map_err(StoreError::io("set aside", path))
}
