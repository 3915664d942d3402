//! The audit log in two tables. What is hashed and sealed stands in [`crate::audit`]; here it is written and read.

use super::db::{BUSY, SqliteStore};
use crate::audit::{
    AuditDraft, AuditEntry, AuditFilter, AuditPage, AuditRow, AuditSeal, Head, Link, Unaltered, anew,
    first_kept, grow, shorten,
};
use crate::error::StoreError;
use crate::traits::{AuditLog, ControlStore};
use gw_model::Micros;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params, params_from_iter};
use std::path::Path;

const COLUMNS: &str = "number, time, actor, action, kind, target, name, outcome, before, after, address, agent, hash, seal, places";
const MAX_LIMIT: usize = 10_000;

/// What went wrong within a transaction.
enum Failed {
    /// The change itself.
    Change(StoreError),
    /// The entry.
    Entry(StoreError),
    /// The transaction around both.
    Around(rusqlite::Error),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Around(error)
    }
}

impl AuditLog for SqliteStore {
    fn audited_all(
        &self,
        seal: &AuditSeal,
        drafts: &[AuditDraft],
        change: &mut dyn FnMut(&dyn ControlStore) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        let done = self.write(|db| {
            if !change(self).map_err(Failed::Change)? {
                return Ok(None);
            }
            let written = append(db, seal, drafts).map_err(StoreError::query("write the audit log"));
            written.map(Some).map_err(Failed::Entry)
        });
        match done {
            Ok(done) => Ok(done.is_some()),
            Err(Failed::Change(error)) => Err(error),
            Err(Failed::Entry(error)) => Err(StoreError::NotAudited(Box::new(error))),
            Err(Failed::Around(source)) => {
                let error = StoreError::Query { operation: "write a change and its audit entry", source };
                Err(StoreError::NotAudited(Box::new(error)))
            }
        }
    }

    fn audit_page(&self, filter: &AuditFilter) -> Result<AuditPage, StoreError> {
        let limit = filter.limit.clamp(1, MAX_LIMIT);
        let (conditions, values) = conditions(filter);
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE {conditions} ORDER BY number DESC LIMIT {}",
            limit + 1
        );
        let mut rows = self.read("read the audit log", |db| {
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map(params_from_iter(values), |row| Ok((entry(row)?, row.get(12)?)))?;
            rows.collect::<Result<Vec<(AuditEntry, [u8; 32])>, _>>()
        })?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(entry, _)| entry.number);
        Ok(AuditPage { rows, next })
    }

    fn walk_audit(&self, each: &mut dyn FnMut(AuditRow) -> bool) -> Result<(), StoreError> {
        self.read("read the audit log", |db| walk(db, each))
    }

    fn prune_audit(
        &self,
        seal: &AuditSeal,
        before: Micros,
        now: Micros,
        most: usize,
    ) -> Result<usize, StoreError> {
        let done = self.write(|db| prune(db, seal, (before, now), most));
        done.map(Option::unwrap_or_default).map_err(StoreError::query("drop old entries of the audit log"))
    }
}

/// Walks the audit log of a database file that another process may have in use, as [`AuditLog::walk_audit`] does.
///
/// # Errors
/// The file is none, or has no audit log.
pub fn walk_audit_file(path: &Path, each: &mut dyn FnMut(AuditRow) -> bool) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |source| StoreError::Open { path: path.to_owned(), source };
    let db = Connection::open_with_flags(path, flags).map_err(failed)?;
    db.busy_timeout(BUSY).map_err(failed)?;
    walk(&db, each).map_err(StoreError::query("read the audit log"))
}

fn walk(db: &Connection, each: &mut dyn FnMut(AuditRow) -> bool) -> rusqlite::Result<()> {
    // Head and entries of one moment.
    let tx = db.unchecked_transaction()?;
    let head = match read_head(&tx) {
        Ok(head) => AuditRow::Head(head),
        Err(error) if is_value(&error) => AuditRow::BadHead,
        Err(error) => return Err(error),
    };
    if !each(head) {
        return Ok(());
    }
    let mut query = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM audit ORDER BY number"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let read = match linked(row) {
            Ok(linked) => AuditRow::Entry(Box::new(linked)),
            Err(error) if is_value(&error) => AuditRow::BadEntry(row.get(0)?, row.get(1).ok()),
            Err(error) => return Err(error),
        };
        if !each(read) {
            break;
        }
    }
    Ok(())
}

/// Did a value have another type than it was written with?
const fn is_value(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// Writes entries behind the last one.
fn append(db: &Connection, seal: &AuditSeal, drafts: &[AuditDraft]) -> rusqlite::Result<()> {
    let Some(first) = drafts.first() else { return Ok(()) };
    let mut head = match whole_head(db, seal)? {
        Some(head) => head,
        None => begin_anew(db, seal, first)?,
    };
    for draft in drafts {
        add(db, seal, &mut head, draft)?;
    }
    write_head(db, seal, &head)
}

/// The head, where it is as it was written; also of a log that nothing was ever written to.
fn whole_head(db: &Connection, seal: &AuditSeal) -> rusqlite::Result<Option<Head>> {
    let head = match read_head(db) {
        Err(error) if !is_value(&error) => return Err(error),
        read => read.ok(),
    };
    match head {
        Some(Some((head, sealed))) => Ok(seal.is_sealed_head(&head, &sealed).then_some(head)),
        Some(None) => {
            let any = db.query_row("SELECT EXISTS (SELECT 1 FROM audit)", [], |row| row.get::<_, bool>(0))?;
            Ok((!any).then_some(Head::EMPTY))
        }
        None => Ok(None),
    }
}

/// Begins a chain behind entries that nothing can be chained to.
fn begin_anew(db: &Connection, seal: &AuditSeal, draft: &AuditDraft) -> rusqlite::Result<Head> {
    let numbers = "SELECT COALESCE(MIN(number), 1), COALESCE(MAX(number), 0) FROM audit";
    let there = db.query_row(numbers, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let said: Option<i64> =
        db.query_row("SELECT last FROM audit_head", [], |row| row.get(0)).optional().unwrap_or_default();
    let (mut head, entry) = anew(there, said, draft.time);
    add(db, seal, &mut head, &entry)?;
    Ok(head)
}

fn add(db: &Connection, seal: &AuditSeal, head: &mut Head, draft: &AuditDraft) -> rusqlite::Result<()> {
    let (entry, link) = grow(head, seal, draft);
    let mut insert = db.prepare_cached(&format!(
        "INSERT INTO audit ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    ))?;
    insert.execute(params![
        entry.number,
        entry.time,
        entry.actor,
        entry.action,
        entry.kind,
        entry.id,
        entry.name,
        entry.outcome,
        entry.before,
        entry.after,
        entry.address,
        entry.agent,
        link.hash,
        link.seal,
        entry.places
    ])?;
    Ok(())
}

fn prune(
    db: &Connection,
    seal: &AuditSeal,
    (before, now): (Micros, Micros),
    most: usize,
) -> rusqlite::Result<Option<usize>> {
    let Some(mut head) = whole_head(db, seal)? else { return Ok(None) };
    // Entries are in the order of their numbers, not of a clock that may have been set back.
    let young: Option<i64> = db.query_row(
        "SELECT MIN(number) FROM audit WHERE number >= ?1 AND time >= ?2",
        [head.first, before],
        |row| row.get(0),
    )?;
    let Some(next) = first_kept(&head, young, most) else { return Ok(None) };
    let Some(base) = whole_until(db, seal, &head, next)? else { return Ok(None) };
    let dropped = db.execute("DELETE FROM audit WHERE number >= ?1 AND number < ?2", [head.first, next])?;
    let entry = shorten(&mut head, next, base, now);
    add(db, seal, &mut head, &entry)?;
    write_head(db, seal, &head)?;
    Ok(Some(dropped))
}

/// The hash of the entry before that number, if all from the first to it are there as they were written.
fn whole_until(
    db: &Connection,
    seal: &AuditSeal,
    head: &Head,
    next: i64,
) -> rusqlite::Result<Option<[u8; 32]>> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM audit WHERE number >= ?1 AND number < ?2 ORDER BY number"
    ))?;
    let mut rows = query.query([head.first, next])?;
    let mut unaltered = Unaltered::of(head);
    while let Some(row) = rows.next()? {
        let (entry, link) = match linked(row) {
            Ok(linked) => linked,
            Err(error) if is_value(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if !unaltered.take(seal, &entry, &link) {
            return Ok(None);
        }
    }
    Ok(unaltered.until(next))
}

fn read_head(db: &Connection) -> rusqlite::Result<Option<(Head, Vec<u8>)>> {
    let mut query = db.prepare_cached("SELECT first, base, last, hash, seal FROM audit_head")?;
    let read = query.query_row([], |row| {
        let head = Head { first: row.get(0)?, base: row.get(1)?, last: row.get(2)?, hash: row.get(3)? };
        Ok((head, row.get(4)?))
    });
    read.optional()
}

fn write_head(db: &Connection, seal: &AuditSeal, head: &Head) -> rusqlite::Result<()> {
    let mut write = db.prepare_cached(
        "INSERT INTO audit_head (one, first, base, last, hash, seal) VALUES (1, ?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (one) DO UPDATE SET first = excluded.first, base = excluded.base, last = excluded.last, \
         hash = excluded.hash, seal = excluded.seal",
    )?;
    write.execute(params![head.first, head.base, head.last, head.hash, seal.seal_head(head)])?;
    Ok(())
}

fn linked(row: &Row<'_>) -> rusqlite::Result<(AuditEntry, Link)> {
    Ok((entry(row)?, Link { hash: row.get(12)?, seal: row.get(13)? }))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        number: row.get(0)?,
        time: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        kind: row.get(4)?,
        id: row.get(5)?,
        name: row.get(6)?,
        outcome: row.get(7)?,
        before: row.get(8)?,
        after: row.get(9)?,
        address: row.get(10)?,
        agent: row.get(11)?,
        places: row.get(14)?,
    })
}

fn conditions(filter: &AuditFilter) -> (String, Vec<Value>) {
    let text = |text: &Option<String>| text.clone().map(Value::Text);
    let parts = [
        ("actor = ?", text(&filter.actor)),
        ("action = ?", text(&filter.action)),
        ("kind = ?", text(&filter.kind)),
        ("target = ?", text(&filter.id)),
        ("time >= ?", filter.from.map(Value::Integer)),
        ("time < ?", filter.to.map(Value::Integer)),
        ("number < ?", filter.before.map(Value::Integer)),
    ];
    let given = parts.into_iter().filter_map(|(part, value)| Some((part, value?)));
    let (mut parts, mut values) = (vec!["1 = 1"], Vec::new());
    for (part, value) in given {
        parts.push(part);
        values.push(value);
    }
    let mut conditions = parts.join(" AND ");
    if let Some(accounts) = &filter.seen_from {
        // Ids are all of one length within a level, and no id stands within another.
        let any = vec!["instr(places, ?) > 0"; accounts.len()].join(" OR ");
        conditions.push_str(&format!(" AND ({})", if any.is_empty() { "0" } else { &any }));
        values.extend(accounts.iter().map(|id| Value::Text(id.to_string())));
    }
    (conditions, values)
}
