//! Connections to the database: one that writes, a few that read.

use super::migrate::migrate;
use super::names::Names;
use super::names::sweep::Look;
use super::unsummed::{SumSettings, Unsummed};
use crate::bodies::filing::BodyFiles;
use crate::error::StoreError;
use crate::traits::Database;
use parking_lot::{Mutex, MutexGuard, ReentrantMutex, ReentrantMutexGuard};
use rusqlite::{Connection, OpenFlags};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// What a database is called that is in this process's memory.
pub const IN_MEMORY: &str = ":memory:";

/// The database's name in the data directory.
pub const DATABASE_FILE: &str = "gatewright.db";

/// How long to wait for another process (a backup, a person with a shell) to let go of the database.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Connections for reading that are kept open between queries.
const KEPT_READERS: usize = 2;

/// The store. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    /// There is no file: whoever reads waits for whoever writes, on the one connection that there is.
    is_in_memory: bool,
    /// A thread may hold it more than once: changes within an audited change take part in its transaction.
    writer: ReentrantMutex<Connection>,
    /// Locked by whoever holds the writer, or for a look.
    unsummed: Mutex<Unsummed>,
    /// Numbers of what records have in common; locked by whoever holds the writer.
    names: Mutex<Names>,
    /// A look for what no record has in common any more.
    look: Mutex<Option<Look>>,
    readers: Mutex<Vec<Connection>>,
    /// Where bodies of calls stand that are not in the database.
    files: OnceLock<BodyFiles>,
}

impl SqliteStore {
    /// Opens the database file, making it and its tables when missing.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, SumSettings::default())
    }

    /// Opens the database file with other settings than usual for when sums are written.
    pub fn open_with(path: &Path, sums: SumSettings) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open { path: path.to_owned(), source };
        make_private(path)?;
        let mut writer = open_writer(path).map_err(failed)?;
        if migrate(&mut writer, path)? {
            // It would keep in memory what migrations touched.
            drop(writer);
            writer = open_writer(path).map_err(failed)?;
        }
        Ok(Self::of(writer, path, false, sums))
    }

    /// A database in memory, which is gone with the value.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = Path::new(IN_MEMORY);
        let mut writer =
            open_writer(path).map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        migrate(&mut writer, path)?;
        Ok(Self::of(writer, path, true, SumSettings::default()))
    }

    fn of(writer: Connection, path: &Path, is_in_memory: bool, sums: SumSettings) -> Self {
        Self {
            path: path.to_owned(),
            is_in_memory,
            writer: ReentrantMutex::new(writer),
            unsummed: Mutex::new(Unsummed::new(sums)),
            names: Mutex::default(),
            look: Mutex::default(),
            readers: Mutex::default(),
            files: OnceLock::new(),
        }
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Files of bodies, where there are any.
    pub(super) fn files(&self) -> Option<&BodyFiles> {
        self.files.get()
    }

    pub(super) fn set_files(&self, files: BodyFiles) {
        // The first ones stay.
        let _ = self.files.set(files);
    }

    /// The connection that writes. Whoever holds it keeps all other writers waiting.
    pub(super) fn writer(&self) -> ReentrantMutexGuard<'_, Connection> {
        self.writer.lock()
    }

    /// Runs a change in a transaction of its own, or as a part of the one that this thread is in. `None` undoes what it did.
    pub(super) fn write<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let db = self.writer();
        let (begin, keep, undo) = match db.is_autocommit() {
            true => ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"),
            false => ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part"),
        };
        db.execute_batch(begin)?;
        let done = work(&db);
        let kept = match &done {
            Ok(Some(_)) => db.execute_batch(keep),
            _ => Ok(()),
        };
        // SQLite itself undoes the whole transaction after some errors.
        let undone = match (&done, &kept) {
            (Ok(Some(_)), Ok(())) => Ok(()),
            _ if db.is_autocommit() => Ok(()),
            _ => db.execute_batch(undo),
        };
        kept?;
        undone?;
        done
    }

    /// Sums that are not written yet. To change them, hold the writer first.
    pub(super) fn unsummed(&self) -> MutexGuard<'_, Unsummed> {
        self.unsummed.lock()
    }

    /// What is remembered of names. Hold the writer first.
    pub(super) fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock()
    }

    /// The look that is under way. Lock it before the writer.
    pub(super) fn look(&self) -> MutexGuard<'_, Option<Look>> {
        self.look.lock()
    }

    /// Runs a query on a connection that can not write.
    pub(super) fn read<T>(
        &self,
        operation: &'static str,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        if self.is_in_memory {
            return query(&self.writer()).map_err(StoreError::query(operation));
        }
        let kept = self.readers.lock().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => {
                self.open_reader().map_err(|source| StoreError::Open { path: self.path.clone(), source })?
            }
        };
        let result = query(&connection).map_err(StoreError::query(operation));
        let mut readers = self.readers.lock();
        if readers.len() < KEPT_READERS {
            readers.push(connection);
        }
        result
    }

    fn open_reader(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "cache_size", -1024)?;
        Ok(connection)
    }
}

impl Database for SqliteStore {}

/// Makes the file, if need be, before SQLite does: readable for its owner only, and so are its logs.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map(drop).map_err(StoreError::io("open the database", path))
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let writer = Connection::open(path)?;
    configure(&writer)?;
    Ok(writer)
}

/// WAL, so that readers and the writer do not wait for each other. `NORMAL` forces the log to disk at
/// checkpoints only: what a power cut takes from the end of the log still stands in the journal, whose
/// files are removed after a checkpoint.
fn configure(writer: &Connection) -> rusqlite::Result<()> {
    writer.busy_timeout(BUSY)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    writer.pragma_update(None, "synchronous", "NORMAL")?;
    writer.pragma_update(None, "temp_store", "MEMORY")?;
    // Small: rows are appended, so only the right edge of each table is in use. Negative is KiB.
    writer.pragma_update(None, "cache_size", -2048)?;
    writer.pragma_update(None, "wal_autocheckpoint", 4000)?;
    writer.pragma_update(None, "journal_size_limit", 32 << 20)?;
    writer.set_prepared_statement_cache_capacity(48);
    Ok(())
}
