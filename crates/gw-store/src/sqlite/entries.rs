//! Entries of the ledger that one batch of the fold makes: many of them are written with one statement. Must be written
//! before the ledger is asked, and before the batch ends.

use rusqlite::types::ToSqlOutput;
use rusqlite::{CachedStatement, Connection, Statement, ToSql};
use std::sync::LazyLock;

/// Rows of one statement.
const ROWS: usize = 32;
const COLUMNS: usize = 6;

/// A second entry of the same number is passed over.
static ENTER_MANY: LazyLock<String> = LazyLock::new(|| enter(ROWS));
static ENTER_ONE: LazyLock<String> = LazyLock::new(|| enter(1));

fn enter(rows: usize) -> String {
    let rows = vec!["(?,?,?,?,?,?)"; rows].join(",");
    format!(
        "INSERT INTO ledger_rows (request, attempt, entry, time, key, cost) VALUES {rows} ON CONFLICT DO NOTHING"
    )
}

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
        statement.raw_bind_parameter(before + COLUMNS, self.cost)
    }
}

/// See the module.
pub(super) struct Entries<'c> {
    db: &'c Connection,
    many: CachedStatement<'c>,
    waiting: Vec<Entry>,
}

impl<'c> Entries<'c> {
    pub(super) fn new(db: &'c Connection) -> rusqlite::Result<Self> {
        let many = db.prepare_cached(&ENTER_MANY)?;
        Ok(Self { db, many, waiting: Vec::with_capacity(ROWS) })
    }

    /// Takes one up.
    pub(super) fn add(&mut self, entry: Entry) -> rusqlite::Result<()> {
        self.waiting.push(entry);
        if self.waiting.len() < ROWS {
            return Ok(());
        }
        // In the order of the table, where the place of a row is mostly right behind that of the one before.
        self.waiting.sort_unstable();
        for (number, entry) in self.waiting.drain(..).enumerate() {
            entry.bind(&mut self.many, number * COLUMNS)?;
        }
        self.many.raw_execute().map(drop)
    }

    /// Writes those that wait.
    pub(super) fn write(&mut self) -> rusqlite::Result<()> {
        let mut one = self.db.prepare_cached(&ENTER_ONE)?;
        self.waiting.drain(..).try_for_each(|entry| {
            entry.bind(&mut one, 0)?;
            one.raw_execute().map(drop)
        })
    }
}
