//! Prices that were in force, and costs of past calls that are computed again: a page of records is rewritten with all sums of
//! them, and with how far the job is, in one transaction. What budgets were settled with stays known beside.

use super::blocks;
use super::db::SqliteStore;
use super::jobs::Jobs;
use super::sums::{self, added};
use super::unsummed::Unsummed;
use crate::error::StoreError;
use crate::journal::rest_with_prices;
use crate::rows::{CostChanges, id_bytes, id_of, recost_entries, signed};
use crate::traits::RecostStore;
use crate::types::{FormerCost, PricePage, Recost, StoredRecosting, Written};
use gw_model::{Micros, NanoUsd, RequestId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

const RECOSTINGS: Jobs = Jobs { table: "recostings", what: "look after re-costings" };

const FORMER: &str = "INSERT INTO former_costs (request, recosting, time, before, charged) VALUES (?1, ?2, ?3, ?4, ?4) \
     ON CONFLICT DO UPDATE SET recosting = excluded.recosting, time = excluded.time, before = excluded.before";
/// A correction is a further entry; its time and key are those of the attempt.
const ENTER: &str = "INSERT INTO ledger_rows (request, attempt, entry, time, key, cost) \
     SELECT request, attempt, entry + 1, time, key, ?3 FROM ledger_rows WHERE request = ?1 AND attempt = ?2 \
     ORDER BY entry DESC LIMIT 1";
const ADD_TO_ROLLUP: &str = "UPDATE rollups SET cost = CASE WHEN typeof(cost + ?1) = 'integer' THEN cost + ?1 \
     WHEN ?1 < 0 THEN -9223372036854775807 ELSE 9223372036854775807 END WHERE kind = ?2 AND start = ?3 AND series = ?4";
const APART: &str = concat!(
    "INSERT INTO recosted_sums (account, hour, cost) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET ",
    added!("cost")
);

impl RecostStore for SqliteStore {
    fn price_pages(&self, book: &str) -> Result<Vec<PricePage>, StoreError> {
        self.read("read prices", |db| {
            let mut query = db.prepare_cached(
                "SELECT since, digest, source, content FROM price_pages WHERE book = ? ORDER BY since",
            )?;
            let pages = query.query_map([book], |row| {
                Ok(PricePage {
                    since: row.get(0)?,
                    digest: row.get(1)?,
                    source: row.get(2)?,
                    content: row.get(3)?,
                })
            })?;
            pages.collect()
        })
    }

    fn add_price_page(&self, book: &str, page: &PricePage, most: usize) -> Result<bool, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let add = |db: &Connection| {
            let mut latest = db.prepare_cached(
                "SELECT since, digest FROM price_pages WHERE book = ? ORDER BY since DESC LIMIT 1",
            )?;
            let latest: Option<(Micros, Vec<u8>)> =
                latest.query_row([book], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            if latest.as_ref().is_some_and(|(_, digest)| *digest == page.digest) {
                return Ok(None);
            }
            // A clock may stand still, or be set back.
            let since = page.since.max(latest.map_or(Micros::MIN, |(since, _)| since.saturating_add(1)));
            db.prepare_cached(
                "INSERT INTO price_pages (book, since, digest, source, content) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![book, since, page.digest, page.source, page.content])?;
            db.prepare_cached(
                "DELETE FROM price_pages WHERE book = ?1 AND since <= \
                 (SELECT since FROM price_pages WHERE book = ?1 ORDER BY since DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![book, most])?;
            Ok::<_, rusqlite::Error>(Some(()))
        };
        self.write(add).map(|added| added.is_some()).map_err(StoreError::query("keep prices"))
    }

    fn recostings(&self, before: Option<u128>, limit: usize) -> Result<Vec<StoredRecosting>, StoreError> {
        RECOSTINGS.list(self, before, limit)
    }

    fn open_recosting(&self) -> Result<Option<StoredRecosting>, StoreError> {
        RECOSTINGS.open(self, 1).map(|mut open| open.pop())
    }

    fn recosting(&self, id: u128) -> Result<Option<StoredRecosting>, StoreError> {
        RECOSTINGS.find(self, id)
    }

    fn add_recosting(&self, new: &StoredRecosting) -> Result<bool, StoreError> {
        RECOSTINGS.add(self, new)
    }

    fn change_recosting(&self, changed: &StoredRecosting) -> Result<bool, StoreError> {
        RECOSTINGS.change(self, changed)
    }

    fn remove_recostings(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        RECOSTINGS.remove(self, before, most).map(|gone| gone.len())
    }

    fn recost(&self, progress: &StoredRecosting, records: &[Recost]) -> Result<Written, StoreError> {
        let db = self.writer();
        let mut unsummed = self.unsummed();
        recost(&db, &mut unsummed, progress, records).map_err(StoreError::query("write what calls cost"))
    }

    fn former_cost(&self, request: RequestId) -> Result<Option<FormerCost>, StoreError> {
        self.read("read what a call cost before", |db| {
            let mut query = db.prepare_cached(
                "SELECT recosting, time, before, charged FROM former_costs WHERE request = ?",
            )?;
            let read = query.query_row([id_bytes(request.0)], |row| {
                Ok(FormerCost {
                    recosting: u128::from_be_bytes(row.get(0)?),
                    time: row.get(1)?,
                    before: NanoUsd(row.get::<_, i64>(2)?.unsigned_abs()),
                    charged: NanoUsd(row.get::<_, i64>(3)?.unsigned_abs()),
                })
            });
            read.optional()
        })
    }
}

fn recost(
    db: &Connection,
    unsummed: &mut Unsummed,
    progress: &StoredRecosting,
    records: &[Recost],
) -> rusqlite::Result<Written> {
    let tx = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    // Sums that are not written yet are of what records cost before. They are made anew from records after a crash, which must
    // not find them changed: so they are written first.
    let mark = unsummed.agree(&tx)?;
    let taken = unsummed.take();
    let after = unsummed.end(&tx, &mark, taken, true)?;
    for record in records {
        if !rewrite(&tx, progress, record)? {
            return Ok(Written::Outdated);
        }
    }
    let changes = CostChanges::of(records);
    sums::write_costs(&changes.sums, &tx)?;
    write_rollups(&tx, &changes)?;
    let mut apart = tx.prepare_cached(APART)?;
    for (account, hour, more) in changes.apart() {
        apart.execute(params![account, hour, more])?;
    }
    drop(apart);
    if !RECOSTINGS.change_in(&tx, progress)? {
        return Ok(Written::Lost);
    }
    tx.commit()?;
    unsummed.committed(after);
    Ok(Written::Done)
}

/// Rewrites one record; false when it is not as it was read.
fn rewrite(tx: &Connection, progress: &StoredRecosting, record: &Recost) -> rusqlite::Result<bool> {
    let (id, was) = (id_of(record), signed(record.row.cost.0));
    let mut read = tx.prepare_cached("SELECT details FROM record_rows WHERE id = ? AND cost = ?")?;
    let found: Option<Option<Vec<u8>>> = read.query_row(params![id, was], |row| row.get(0)).optional()?;
    let Some(details) = found else { return Ok(false) };
    let details = rest_with_prices(details.as_deref().unwrap_or_default(), record.lines()).or(details);
    tx.prepare_cached("UPDATE record_rows SET cost = ?2, tries = ?3, details = ?4 WHERE id = ?1")?
        .execute(params![id, signed(record.cost().0), record.tries(), details])?;
    tx.prepare_cached(FORMER)?.execute(params![id, id_bytes(progress.id), progress.touched_at, was])?;
    for (attempt, more) in recost_entries(record) {
        tx.prepare_cached(ENTER)?.execute(params![id, attempt, more])?;
    }
    blocks::touch(tx, record.id().0)?;
    Ok(true)
}

fn write_rollups(tx: &Connection, changes: &CostChanges) -> rusqlite::Result<()> {
    let mut add = tx.prepare_cached(ADD_TO_ROLLUP)?;
    for ((kind, start, first, second), more) in changes.rollups() {
        if add.execute(params![more, kind, start, first])? == 0 && second != first {
            add.execute(params![more, kind, start, second])?;
        }
    }
    Ok(())
}
