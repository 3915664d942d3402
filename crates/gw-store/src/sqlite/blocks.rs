//! Describes stretches of records that are old enough for nothing to come to them any more, as a rule, so that searches can
//! pass over them. A record that comes later takes the description of its stretch away, in the transaction that writes
//! it; the stretch is described again afterwards. Stretches lie side by side: each begins where the one before it ends.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::journal::trace_of;
use crate::rows::id_bytes;
use crate::rows::search::{Summary, SummaryRow};
use gw_model::{Micros, RequestId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

/// Records of a stretch.
const ROWS: usize = 4_096;
/// How old the records of a stretch are when it is described.
const AGE_US: Micros = 15 * 60 * 1_000_000;

const READ: &str = "SELECT id, key, team, model, provider, upstream_model, outcome, status, error_code, cache, customer, \
     session, tags, guardrails, format, accounts, parent, cost, total_us, first_byte_us, details \
     FROM records WHERE id > ? AND id < ? ORDER BY id LIMIT ?";

/// Describes up to so many stretches; how many it were.
pub(super) fn describe(store: &SqliteStore, now: Micros, most: usize) -> Result<usize, StoreError> {
    let horizon = RequestId::lower_bound(now.saturating_sub(AGE_US).max(0)).0;
    let mut done = 0;
    // Whose description was taken away, and then what has become old.
    for find in [hole, edge] {
        while done < most && one(store, horizon, find).map_err(StoreError::query("describe records"))? {
            done += 1;
        }
    }
    Ok(done)
}

/// Where a stretch begins that is to be described (above that id), and where the one behind it does, if there is one.
type Gap = Option<(u128, Option<u128>)>;

/// Describes a stretch below the horizon; false when there is none.
fn one(
    store: &SqliteStore,
    horizon: u128,
    find: fn(&Connection) -> rusqlite::Result<Gap>,
) -> rusqlite::Result<bool> {
    let db = store.writer();
    let tx = Transaction::new_unchecked(&db, TransactionBehavior::Immediate)?;
    let Some((first, end)) = find(&tx)?.filter(|(first, _)| *first < horizon) else { return Ok(false) };
    let (mut summary, mut count, mut last) = (Summary::default(), 0usize, first);
    {
        let mut query = tx.prepare_cached(READ)?;
        let rows = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let mut rows = query.query(params![id_bytes(first), id_bytes(end.unwrap_or(horizon)), rows])?;
        while let Some(row) = rows.next()? {
            last = u128::from_be_bytes(row.get(0)?);
            add(&mut summary, row)?;
            count += 1;
        }
    }
    // What is followed by another stretch is described up to that, however few there are.
    let last = match end {
        Some(end) if count < ROWS => end.saturating_sub(1),
        None if count < ROWS => return Ok(false),
        _ => last,
    };
    tx.prepare_cached("INSERT INTO record_blocks (last, first, rows, summary) VALUES (?, ?, ?, ?)")?
        .execute(params![
            id_bytes(last),
            id_bytes(first),
            i64::try_from(count).unwrap_or(i64::MAX),
            summary.bytes()
        ])?;
    tx.commit()?;
    Ok(true)
}

/// What lies between two stretches.
fn hole(db: &Connection) -> rusqlite::Result<Gap> {
    // A stretch whose beginning is no other's end, save for the oldest.
    let mut query = db.prepare_cached(
        "SELECT b.first, (SELECT MAX(a.last) FROM record_blocks a WHERE a.last < b.last) FROM record_blocks b \
         WHERE b.first > ? AND NOT EXISTS (SELECT 1 FROM record_blocks a WHERE a.last = b.first) \
         ORDER BY b.last LIMIT 1",
    )?;
    let found = query.query_row([id_bytes(0)], |row| {
        let begin: Option<[u8; 16]> = row.get(1)?;
        let end = u128::from_be_bytes(row.get(0)?).saturating_add(1);
        Ok((begin.map_or(0, u128::from_be_bytes), Some(end)))
    });
    found.optional()
}

/// What lies behind the newest stretch.
fn edge(db: &Connection) -> rusqlite::Result<Gap> {
    Ok(Some((described_up_to(db)?.unwrap_or(0), None)))
}

fn add(summary: &mut Summary, row: &Row<'_>) -> rusqlite::Result<()> {
    let bytes =
        |column: usize| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob_or_null()?.unwrap_or_default());
    let text =
        |column: usize| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()?.unwrap_or_default());
    summary.add(&SummaryRow {
        key: bytes(1)?,
        team: text(2)?,
        model: text(3)?,
        provider: text(4)?,
        upstream_model: text(5)?,
        outcome: row.get(6)?,
        status: row.get(7)?,
        error_code: text(8)?,
        cache: text(9)?,
        customer: text(10)?,
        session: text(11)?,
        tags: text(12)?,
        guardrails: text(13)?,
        format: text(14)?,
        accounts: bytes(15)?,
        parent: bytes(16)?,
        cost: row.get(17)?,
        total_us: row.get(18)?,
        first_byte_us: row.get::<_, Option<i64>>(19)?.unwrap_or(0),
        trace: trace_of(bytes(20)?),
    });
    Ok(())
}

/// The newest id that is described; a record up to there takes a description away.
pub(super) fn described_up_to(db: &Connection) -> rusqlite::Result<Option<u128>> {
    let mut query = db.prepare_cached("SELECT last FROM record_blocks ORDER BY last DESC LIMIT 1")?;
    let last: Option<[u8; 16]> = query.query_row([], |row| row.get(0)).optional()?;
    Ok(last.map(u128::from_be_bytes))
}

/// A record was written at this place, or taken from it.
pub(super) fn touch(db: &Connection, id: u128) -> rusqlite::Result<()> {
    let id = id_bytes(id);
    let mut query = db.prepare_cached(
        "DELETE FROM record_blocks WHERE last = (SELECT last FROM record_blocks WHERE last >= ?1 ORDER BY last LIMIT 1) \
         AND first < ?1",
    )?;
    query.execute([id]).map(drop)
}
