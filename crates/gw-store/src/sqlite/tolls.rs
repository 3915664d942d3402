//! What was spent behind the budgets of dynamic routes, by day. Serves the fold, which adds to it in the transaction
//! that stores the records, and start-up, which asks for it. It must not decide what a budget allows.

use super::db::SqliteStore;
use super::sums::added;
use crate::error::StoreError;
use crate::memory::{Counter, SpentByPeriod};
use crate::rows::{ALL_DAYS, TollSums, add_spent, first_day};
use ahash::AHashMap;
use gw_model::Micros;
use rusqlite::{Connection, params};

const ADD: &str = concat!(
    "INSERT INTO tolls (counter, subject, day, cost) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET ",
    added!("cost")
);

/// Adds all to the table.
pub(super) fn write(sums: &TollSums, db: &Connection) -> rusqlite::Result<()> {
    let rows = sums.rows();
    if rows.is_empty() {
        return Ok(());
    }
    let mut add = db.prepare_cached(ADD)?;
    for (counter, subject, day, cost) in rows {
        add.execute(params![counter, subject, day, cost])?;
    }
    Ok(())
}

/// What counts in the windows of `now`, the latest subjects first, at most `most` of them. Days that count in no window
/// any more are removed. What was spent before counts for budgets that `counts_ever` names.
pub(super) fn spent(
    store: &SqliteStore,
    now: Micros,
    most: usize,
    counts_ever: &dyn Fn(u64) -> bool,
) -> Result<Vec<(Counter, SpentByPeriod)>, StoreError> {
    let first = first_day(now);
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
