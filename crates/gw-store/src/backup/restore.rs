//! Puts a backup in the place of a data directory. It must not touch a directory that a server has in use.

use super::manifest::{Manifest, verify};
use super::{JOURNAL_DIR, SMALL_FILES};
use crate::data_dir::{BODIES_DIR, lock, make_dir};
use crate::error::StoreError;
use crate::sqlite::DATABASE_FILE;
use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Where files are put together before they replace the old ones.
const STAGING_DIR: &str = "restore.new";

/// Checks a backup and makes it the content of a data directory. Errors: the backup is not whole; the
/// directory is in use; it has data in it and `force` is not set.
pub fn restore(source: &Path, data_dir: &Path, force: bool) -> Result<Manifest, StoreError> {
    let manifest = verify(source)?;
    let _held = lock(data_dir)?;
    if !force && data_dir.join(DATABASE_FILE).exists() {
        return Err(StoreError::NotEmpty { path: data_dir.to_owned() });
    }
    let staging = data_dir.join(STAGING_DIR);
    remove_tree(&staging)?;
    make_dir(&staging.join(JOURNAL_DIR))?;
    make_dir(&staging.join(BODIES_DIR))?;
    for file in &manifest.files {
        let (from, to) = (source.join(&file.path), staging.join(&file.path));
        std::fs::copy(&from, &to).map_err(StoreError::io("write", &to))?;
        std::fs::set_permissions(&to, Permissions::from_mode(0o600)).map_err(StoreError::io("write", &to))?;
    }
    remove_old(data_dir)?;
    for name in SMALL_FILES.into_iter().chain([JOURNAL_DIR, BODIES_DIR, DATABASE_FILE]) {
        let (from, to) = (staging.join(name), data_dir.join(name));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(StoreError::io("rename a file to", &to))?;
        }
    }
    remove_tree(&staging)?;
    Ok(manifest)
}

/// Everything that is the old data's: a log of the old database beside the new one would destroy it.
fn remove_old(data_dir: &Path) -> Result<(), StoreError> {
    remove_tree(&data_dir.join(JOURNAL_DIR))?;
    remove_tree(&data_dir.join(BODIES_DIR))?;
    let beside = ["", "-wal", "-shm", "-journal"].map(|suffix| format!("{DATABASE_FILE}{suffix}"));
    for name in beside.iter().map(String::as_str).chain(SMALL_FILES) {
        let path = data_dir.join(name);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(StoreError::io("remove", &path)(e)),
            _ => {}
        }
    }
    Ok(())
}

fn remove_tree(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(StoreError::io("remove", path)(e)),
        _ => Ok(()),
    }
}
