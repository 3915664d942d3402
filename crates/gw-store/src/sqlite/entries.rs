//! Entries of the ledger that one batch of the fold makes: many of them are written with one statement. Must be written
//! before the ledger is asked, and before the batch ends.

use super::many::{Insert, ROWS};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, Statement, ToSql};

/// A second entry of the same number is passed over.
const ENTER: Insert = Insert {
    into: "INSERT INTO ledger_rows (request, attempt, entry, time, key, cost)",
    columns: 6,
    conflict: "ON CONFLICT DO NOTHING",
};

/// Whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum EntryKey {
    /// That of a caller, by its number.
    Caller(i64),
    /// This one.
    Bytes([u8; 16]),
}

impl ToSql for EntryKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Caller(number) => Ok(ToSqlOutput::from(*number)),
            Self::Bytes(bytes) => Ok(ToSqlOutput::from(bytes.as_slice())),
        }
    }
}

/// One amount.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) request: [u8; 16],
    pub(super) attempt: i64,
    pub(super) entry: i64,
    pub(super) time: i64,
    pub(super) key: Option<EntryKey>,
    pub(super) cost: i64,
}

impl Entry {
    /// Binds it as the row that begins behind `before` parameters.
    fn bind(&self, statement: &mut Statement<'_>, before: usize) -> rusqlite::Result<()> {
        statement.raw_bind_parameter(before + 1, self.request.as_slice())?;
        statement.raw_bind_parameter(before + 2, self.attempt)?;
        statement.raw_bind_parameter(before + 3, self.entry)?;
        statement.raw_bind_parameter(before + 4, self.time)?;
        statement.raw_bind_parameter(before + 5, self.key)?;
        statement.raw_bind_parameter(before + 6, self.cost)
    }
}

/// See the module.
pub(super) struct Entries<'c> {
    db: &'c Connection,
    waiting: Vec<Entry>,
}

impl<'c> Entries<'c> {
    pub(super) fn new(db: &'c Connection) -> Self {
        Self { db, waiting: Vec::with_capacity(ROWS) }
    }

    /// Takes one up.
    pub(super) fn add(&mut self, entry: Entry) -> rusqlite::Result<()> {
        self.waiting.push(entry);
        if self.waiting.len() < ROWS { Ok(()) } else { self.write() }
    }

    /// Writes those that wait, in the order of the table.
    pub(super) fn write(&mut self) -> rusqlite::Result<()> {
        // Of two of one number, the first stays.
        self.waiting.sort_by_key(|entry| (entry.request, entry.attempt, entry.entry));
        ENTER.all(self.db, &self.waiting, Entry::bind)?;
        self.waiting.clear();
        Ok(())
    }
}
