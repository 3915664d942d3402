//! The data directory: made if missing, locked against a second process, with the number of this run. The
//! first thing a start opens. It must not know what the files mean.

use crate::error::StoreError;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "gatewright.lock";
const GENERATION_FILE: &str = "generation";
const NODE_FILE: &str = "node";
const JOURNAL_DIR: &str = "journal";
/// Where files of bodies are.
pub(crate) const BODIES_DIR: &str = "bodies";
/// Says where the database is when it is not here.
const DATABASE_NOTE: &str = "database-place";
/// What that file says of a database in PostgreSQL; else it is a path.
pub const IN_POSTGRES: &str = "postgres://";
/// And what it says of one that is in the gateway's memory.
pub use crate::sqlite::IN_MEMORY;

/// A data directory held by this process. The lock ends with the value, or with the process however it dies.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    node: u64,
    generation: u64,
    _lock: File,
}

impl DataDir {
    /// Opens a data directory and starts a new run on it. Errors: it can not be made or written, or another
    /// process has it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        make_dir(&path.join(JOURNAL_DIR))?;
        let node = match read_number(&path.join(NODE_FILE))? {
            Some(node) => node,
            None => write_number(path, NODE_FILE, random_u64()?)?,
        };
        let last = read_number(&path.join(GENERATION_FILE))?.unwrap_or(0);
        let generation = write_number(path, GENERATION_FILE, last + 1)?;
        Ok(Self { path: path.to_owned(), node, generation, _lock: lock })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down where the database is, for whoever saves this directory: `None` for here.
    pub fn note_database(&self, place: Option<&Path>) -> Result<(), StoreError> {
        let path = self.path.join(DATABASE_NOTE);
        let Some(place) = place else {
            return match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(StoreError::io("remove", &path)(error))
                }
                _ => Ok(()),
            };
        };
        let elsewhere = [IN_POSTGRES, IN_MEMORY].into_iter().find(|name| place == Path::new(name));
        let place = std::path::absolute(place).ok().filter(|_| elsewhere.is_none());
        let text = place.as_deref().and_then(Path::to_str).or(elsewhere).unwrap_or(IN_POSTGRES);
        if std::fs::read_to_string(&path).is_ok_and(|noted| noted == text) {
            return Ok(());
        }
        replace_file(&self.path, DATABASE_NOTE, text.as_bytes())
    }

    /// Where the journal's segments are.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL_DIR)
    }

    /// Where bodies of calls are, if they stand in files.
    #[must_use]
    pub fn bodies(&self) -> PathBuf {
        self.path.join(BODIES_DIR)
    }

    /// The node's number: random, made at the first start.
    #[must_use]
    pub const fn node(&self) -> u64 {
        self.node
    }

    /// The number of this run; grows by one with each start.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }
}

/// Where the database of a data directory is, if it is a file. Errors: it is in PostgreSQL or in memory.
pub fn database_of(dir: &Path) -> Result<PathBuf, StoreError> {
    match std::fs::read_to_string(dir.join(DATABASE_NOTE)) {
        Ok(text) if text == IN_POSTGRES => Err(StoreError::InPostgres { path: dir.to_owned() }),
        Ok(text) if text == IN_MEMORY => Err(StoreError::InMemory { path: dir.to_owned() }),
        Ok(text) => Ok(PathBuf::from(text)),
        Err(_) => Ok(dir.join(crate::sqlite::DATABASE_FILE)),
    }
}

/// Takes the lock of a data directory, making the directory if need be.
pub(crate) fn lock(path: &Path) -> Result<File, StoreError> {
    make_dir(path)?;
    let file = path.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(&file).map_err(StoreError::io("write to", &file))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(StoreError::io("lock", &file)(source)),
    }
}

pub(crate) fn make_dir(path: &Path) -> Result<(), StoreError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(StoreError::io("create the directory", path))
}

/// Reads a file that holds one number in hexadecimal; `None` when there is no such file, or it is damaged
/// (a power cut may leave it empty).
fn read_number(path: &Path) -> Result<Option<u64>, StoreError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(u64::from_str_radix(text.trim(), 16).ok()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(StoreError::io("read", path)(e)),
    }
}

fn write_number(dir: &Path, name: &str, number: u64) -> Result<u64, StoreError> {
    replace_file(dir, name, format!("{number:016x}\n").as_bytes())?;
    Ok(number)
}

/// Writes a file, mode 0600, so that after a crash it is the old one or the new one.
pub(crate) fn replace_file(dir: &Path, name: &str, content: &[u8]) -> Result<(), StoreError> {
    let (path, next) = (dir.join(name), dir.join(format!("{name}.new")));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&next).map_err(StoreError::io("write to", &next))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(StoreError::io("write to", &next))?;
    std::fs::rename(&next, &path).map_err(StoreError::io("rename a file to", &path))?;
    // What is sealed with a key must not be there before the key is.
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io("write to", dir))
}

pub(crate) fn random_u64() -> Result<u64, StoreError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests;
