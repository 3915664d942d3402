//! The fold's side of the store, and what start-up asks of it: how far the journal is folded, which calls
//! were open, what each key spent.

use super::batch::SqliteBatch;
use super::db::SqliteStore;
use super::spending;
use crate::error::StoreError;
use crate::journal::SegmentId;
use crate::memory::{Counter, SpentByPeriod};
use crate::rows::{ALL_DAYS, ALL_HOURS, HOURS_A_DAY, add_spent, first_day, id_bytes};
use crate::traits::{Batch, Ledger};
use crate::types::{Folded, PendingIntent, Spending, SpendingOf, Watermark};
use ahash::AHashMap;
use gw_model::{AccountId, KeyId, Micros};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

impl Ledger for SqliteStore {
    fn fold(
        &self,
        work: &mut dyn FnMut(&mut dyn Batch) -> Result<(), StoreError>,
    ) -> Result<Folded, StoreError> {
        let db = self.writer();
        let mut unsummed = self.unsummed();
        let failed = StoreError::query("begin to fold the journal");
        let tx = Transaction::new_unchecked(&db, TransactionBehavior::Immediate).map_err(failed)?;
        let preparing = || StoreError::query("prepare to fold the journal");
        let mark = unsummed.agree(&tx).map_err(preparing())?;
        // Names of a transaction that is given up are forgotten with it.
        let mut names = std::mem::take(&mut *self.names());
        names.agree(&tx).map_err(preparing())?;
        let mut batch = SqliteBatch::new(&tx, mark.next(), unsummed.take(), names).map_err(preparing())?;
        work(&mut batch)?;
        let folded = batch.folded;
        let (added, names) = batch.finish().map_err(StoreError::query("store entries of the ledger"))?;
        let after = unsummed.end(&tx, &mark, added, false).map_err(StoreError::query("write usage"))?;
        tx.commit().map_err(StoreError::query("commit the folded journal"))?;
        unsummed.committed(after);
        *self.names() = names;
        Ok(folded)
    }

    fn sum_up(&self, all: bool) -> Result<(), StoreError> {
        if !all && !self.unsummed().is_due() {
            return Ok(());
        }
        if !self.read("ask for usage that is not written", super::unsummed::any)? {
            return Ok(());
        }
        self.summed_up("write usage", |_| Ok(()))
    }

    fn sync(&self) -> Result<(), StoreError> {
        let db = self.writer();
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(StoreError::query("force the database to disk"))
    }

    fn watermarks(&self, node: u64) -> Result<Vec<Watermark>, StoreError> {
        self.read("read how far the journal is folded", |db| {
            let mut query = db.prepare_cached(
                "SELECT generation, worker, sequence, offset FROM watermarks WHERE node = ?",
            )?;
            let rows = query.query_map([node.cast_signed()], |row| {
                let segment = SegmentId {
                    generation: row.get::<_, i64>(0)?.cast_unsigned(),
                    worker: row.get(1)?,
                    sequence: row.get::<_, i64>(2)?.cast_unsigned(),
                };
                Ok(Watermark { segment, offset: row.get::<_, i64>(3)?.unsigned_abs() })
            })?;
            rows.collect()
        })
    }

    fn pending(&self, node: u64) -> Result<Vec<PendingIntent>, StoreError> {
        let kept: Vec<String> = self.read("read open calls", |db| {
            let mut query =
                db.prepare_cached("SELECT intent FROM pending WHERE node = ? ORDER BY request, attempt")?;
            query.query_map([node.cast_signed()], |row| row.get(0))?.collect()
        })?;
        let read = |text: &String| serde_json::from_str(text);
        kept.iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|_| StoreError::Damaged { what: "an open call" })
    }

    fn spent(&self, now: Micros) -> Result<Vec<(KeyId, SpentByPeriod)>, StoreError> {
        self.sum_up(true)?;
        let mut by_key: AHashMap<u128, SpentByPeriod> = AHashMap::new();
        self.read("read budgets", |db| {
            each_spent(db, now, None, |key, day, cost| {
                add_spent(by_key.entry(key).or_default(), now, day, cost);
            })
        })?;
        Ok(by_key.into_iter().map(|(key, spent)| (KeyId(key), spent)).collect())
    }

    fn tolls(
        &self,
        now: Micros,
        most: usize,
        counts_ever: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<(Counter, SpentByPeriod)>, StoreError> {
        super::tolls::spent(self, now, most, counts_ever)
    }

    fn spent_of(&self, key: KeyId, now: Micros) -> Result<SpentByPeriod, StoreError> {
        self.sum_up(true)?;
        let mut spent = SpentByPeriod::default();
        self.read("read a budget", |db| {
            each_spent(db, now, Some(key), |_, day, cost| add_spent(&mut spent, now, day, cost))
        })?;
        Ok(spent)
    }

    fn accounts_spent(
        &self,
        of: Option<AccountId>,
        now: Micros,
    ) -> Result<Vec<(AccountId, SpentByPeriod)>, StoreError> {
        self.sum_up(true)?;
        let mut by_account: AHashMap<AccountId, SpentByPeriod> = AHashMap::new();
        self.read("read budgets of accounts", |db| {
            spending::each_hour(db, first_day(now).saturating_mul(HOURS_A_DAY), of, |id, hour, cost| {
                let day = if hour == ALL_HOURS { ALL_DAYS } else { hour.div_euclid(HOURS_A_DAY) };
                add_spent(by_account.entry(id).or_default(), now, day, cost);
            })
        })?;
        Ok(by_account.into_iter().collect())
    }

    fn spending(&self, of: &[SpendingOf]) -> Result<Vec<Spending>, StoreError> {
        self.summed_up("read what was spent", |db| spending::read(db, of))
    }
}

impl SqliteStore {
    /// Writes all sums and asks something before anybody can add to what they are of.
    fn summed_up<T>(
        &self,
        operation: &'static str,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let db = self.writer();
        let mut unsummed = self.unsummed();
        let work = || {
            let tx = Transaction::new_unchecked(&db, TransactionBehavior::Immediate)?;
            let mark = unsummed.agree(&tx)?;
            let taken = unsummed.take();
            let after = unsummed.end(&tx, &mark, taken, true)?;
            let answer = ask(&tx)?;
            tx.commit()?;
            unsummed.committed(after);
            Ok(answer)
        };
        work().map_err(StoreError::query(operation))
    }
}

/// Passes every row that counts in a window of `now`: day since 1970 (or all days) and nano-dollars.
fn each_spent(
    db: &Connection,
    now: Micros,
    key: Option<KeyId>,
    mut on_row: impl FnMut(u128, i64, i64),
) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached(
        "SELECT key, day, cost FROM spent WHERE (day = ?1 OR day >= ?2) AND (?3 IS NULL OR key = ?3)",
    )?;
    let mut rows = query.query(params![ALL_DAYS, first_day(now), key.map(|k| id_bytes(k.0))])?;
    while let Some(row) = rows.next()? {
        on_row(u128::from_be_bytes(row.get(0)?), row.get(1)?, row.get(2)?);
    }
    Ok(())
}
