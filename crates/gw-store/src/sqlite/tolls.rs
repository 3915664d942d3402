//! What was spent behind the budgets of dynamic routes, by day. Serves the fold, which adds to it in the transaction
//! that stores the records, and start-up, which asks for it. It must not decide what a budget allows.

use super::db::SqliteStore;
use super::ledger::{DAY_US, add_spent};
use super::row::signed;
use super::sums::ALL_DAYS;
use crate::error::StoreError;
use crate::journal::{RecordFrame, TollFrame};
use crate::memory::{Counter, SpentByPeriod};
use ahash::AHashMap;
use gw_model::Micros;
use gw_model::limits::Period;
use rusqlite::{Connection, params};

const ADD: &str = "INSERT INTO tolls (counter, subject, day, cost) VALUES (?,?,?,?) \
     ON CONFLICT DO UPDATE SET cost = cost + excluded.cost";

/// Sums of one batch, by budget, subject and day.
#[derive(Debug, Default)]
pub(super) struct TollSums(AHashMap<(u64, u64, i64), i64>);

impl TollSums {
    /// Counts what a record says.
    pub(super) fn count(&mut self, record: &RecordFrame<'_>) {
        let day = record.end_time().div_euclid(DAY_US);
        for TollFrame { counter, subject, cost } in &record.tolls {
            for day in [day, ALL_DAYS] {
                let sum = self.0.entry((*counter, *subject, day)).or_default();
                *sum = sum.saturating_add(signed(*cost));
            }
        }
    }

    /// Adds all to the table.
    pub(super) fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut add = db.prepare_cached(ADD)?;
        for ((counter, subject, day), cost) in &self.0 {
            add.execute(params![counter.cast_signed(), subject.cast_signed(), day, cost])?;
        }
        Ok(())
    }
}

/// What counts in the windows of `now`, the latest subjects first, at most `most` of them. Days that count in no window
/// any more are removed. What was spent before counts for budgets that `counts_ever` names.
pub(super) fn spent(
    store: &SqliteStore,
    now: Micros,
    most: usize,
    counts_ever: &dyn Fn(u64) -> bool,
) -> Result<Vec<(Counter, SpentByPeriod)>, StoreError> {
    let first = Period::Month.window_start(now).min(Period::Week.window_start(now)).div_euclid(DAY_US);
    store
        .writer()
        .execute("DELETE FROM tolls WHERE day != ?1 AND day < ?2", params![ALL_DAYS, first])
        .map_err(StoreError::query("forget what budgets of routes no longer count"))?;
    let mut found: AHashMap<(i64, i64), SpentByPeriod> = AHashMap::new();
    store.read("read budgets of routes", |db| {
        let mut query =
            db.prepare_cached("SELECT counter, subject, day, cost FROM tolls ORDER BY day DESC")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (gate, day): (i64, i64) = (row.get(0)?, row.get(2)?);
            let key = (gate, row.get(1)?);
            // The sums of all days come last.
            let counts = day != ALL_DAYS || counts_ever(gate.cast_unsigned());
            if found.contains_key(&key) || (counts && found.len() < most) {
                add_spent(found.entry(key).or_default(), now, day, row.get(3)?);
            }
        }
        Ok(())
    })?;
    let counter = |(gate, subject): (i64, i64)| Counter {
        gate: gate.cast_unsigned(),
        subject: subject.cast_unsigned(),
    };
    Ok(found.into_iter().map(|(key, spent)| (counter(key), spent)).collect())
}
