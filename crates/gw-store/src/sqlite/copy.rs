//! A consistent copy of the database while it is in use, and the check of a copy.

use super::db::SqliteStore;
use super::migrate::is_current;
use super::unsummed::sum_up_file;
use crate::error::StoreError;
use crate::traits::Ledger;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Pages copied at a time; between two steps writers may go on.
const STEP_PAGES: i32 = 1024;
/// How often a step may find the database busy before the copy is given up.
const MAX_BUSY: u32 = 1000;

impl SqliteStore {
    /// Copies the database as it stands to a new file.
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        self.sum_up(true)?;
        self.read("copy the database", |from| copy(from, target))
    }
}

/// Copies a database file that another process may have in use to a new file.
pub(crate) fn copy_file(source: &Path, target: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let from = Connection::open_with_flags(source, flags)
        .map_err(|e| StoreError::Open { path: source.to_owned(), source: e })?;
    copy(&from, target).map_err(StoreError::query("copy the database"))
}

fn copy(from: &Connection, target: &Path) -> rusqlite::Result<()> {
    let mut to = Connection::open(target)?;
    // One read transaction over all steps, so that writers meanwhile do not start the copy anew.
    from.execute_batch("BEGIN")?;
    from.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let done = steps(from, &mut to);
    from.execute_batch("ROLLBACK")?;
    done?;
    // A copy is one file: no log beside it.
    to.pragma_update(None, "journal_mode", "DELETE")?;
    // What another process keeps back of its sums the copy knows from its records.
    if is_current(&to)? { sum_up_file(&mut to) } else { Ok(()) }
}

fn steps(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    let backup = Backup::new(from, to)?;
    let mut busy = 0;
    loop {
        match backup.step(STEP_PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked if busy < MAX_BUSY => {
                busy += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            StepResult::Busy | StepResult::Locked => {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                    Some("the database stayed busy".to_owned()),
                ));
            }
            _ => {}
        }
    }
}

/// Reads a whole database file and checks its structure; the error is what is wrong with it.
pub(crate) fn check_file(path: &Path) -> Result<(), String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(|e| e.to_string())?;
    let verdict: String =
        db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(|e| e.to_string())?;
    if verdict == "ok" { Ok(()) } else { Err(verdict) }
}
