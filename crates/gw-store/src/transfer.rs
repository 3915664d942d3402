//! Moves an installation from its SQLite file to PostgreSQL, whole or not at all: what stands there is read from a copy
//! of the file and written in one transaction. The source stays as it is. It must not run beside a gateway that has the
//! data directory in use.

mod tables;

use crate::data_dir::{self, BODIES_DIR, database_of};
use crate::error::StoreError;
use crate::journal::list_segments;
use crate::keys;
use crate::postgres::PostgresStore;
use crate::sqlite::{SqliteStore, copy_file};
use crate::traits::Ledger;
use gw_model::Secret;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

pub(crate) use tables::fill;

/// The copy that is read, beside the source for as long as it takes.
const COPY: &str = "moving.db";

/// What was moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Rows by table.
    pub rows: Vec<(&'static str, u64)>,
    /// Segments of the journal that are not folded: the next start with this data directory does it.
    pub journal_segments: usize,
}

/// Moves what a data directory holds to the database of that address. `given` are the encryption keys where they do not
/// stand in the directory. With `force` all that the database holds is replaced.
///
/// # Errors
/// The directory is in use; more than one encryption key is needed; the database holds something and `force` is not set; something cannot be read or written:
/// then nothing was.
pub fn to_postgres(
    dir: &Path,
    url: &Secret,
    given: Option<Vec<Secret>>,
    force: bool,
) -> Result<Moved, StoreError> {
    let source = database_of(dir)?;
    std::fs::metadata(&source).map_err(StoreError::io("read", &source))?;
    let _lock = data_dir::lock(dir)?;
    let keys = encryption_keys(dir, given)?;
    if keys.len() > 1 {
        return Err(StoreError::KeysPending);
    }
    let target = PostgresStore::open_to_fill(url, &keys, dir)?;
    let copy = Copy::of(&source, dir)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let from = Connection::open_with_flags(&copy.0, flags)
        .map_err(|error| StoreError::Open { path: copy.0.clone(), source: error })?;
    let rows = target.fill_from(&from, force)?;
    let journal = dir.join("journal");
    let journal_segments = if journal.is_dir() { list_segments(&journal)?.len() } else { 0 };
    Ok(Moved { rows, journal_segments })
}

/// Never makes a key: the source stays as it is.
fn encryption_keys(dir: &Path, given: Option<Vec<Secret>>) -> Result<Vec<Secret>, StoreError> {
    given.map_or_else(|| keys::present_encryption_keys(dir), Ok)
}

/// Removes what a move left that was ended in the midst of it: it holds bodies of calls. For whoever has the directory's lock.
pub fn remove_copy(dir: &Path) {
    remove(&dir.join(COPY));
}

fn remove(copy: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        // It may not be there.
        let _ = std::fs::remove_file(format!("{}{ending}", copy.display()));
    }
}

/// A copy of the source in today's form, with all sums written. Removed with its value.
struct Copy(PathBuf);

impl Copy {
    fn of(source: &Path, dir: &Path) -> Result<Self, StoreError> {
        let copy = Self(dir.join(COPY));
        copy.remove();
        copy_file(source, &copy.0)?;
        let store = SqliteStore::open(&copy.0)?;
        store.sum_up(true)?;
        store.keep_bodies_in(dir.join(BODIES_DIR), None);
        store.take_bodies_in()?;
        drop(store);
        Ok(copy)
    }

    fn remove(&self) {
        remove(&self.0);
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}
