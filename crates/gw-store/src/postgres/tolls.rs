//! What was spent behind the budgets of dynamic routes. Serves the fold, which adds to it in the transaction that stores
//! the records, and start-up, which asks for it. It must not decide what a budget allows.

use super::fault::Fault;
use super::session::Db;
use crate::memory::{Counter, SpentByPeriod};
use crate::rows::{ALL_DAYS, TollSums, add_spent, first_day};
use ahash::AHashMap;
use gw_model::Micros;

const ADD: &str = "INSERT INTO tolls AS t (counter, subject, day, cost) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS n (counter, subject, day) \
     ORDER BY counter, subject, day ON CONFLICT (counter, subject, day) DO UPDATE SET \
     cost = LEAST(t.cost::numeric + excluded.cost, 9223372036854775807)::bigint";

/// Adds all to the table.
pub(super) async fn write(sums: &TollSums, db: &mut Db<'_>) -> Result<(), Fault> {
    let rows = sums.rows();
    if rows.is_empty() {
        return Ok(());
    }
    let counters: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let subjects: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let days: Vec<i64> = rows.iter().map(|row| row.2).collect();
    let costs: Vec<i64> = rows.iter().map(|row| row.3).collect();
    db.execute(ADD, &[&counters, &subjects, &days, &costs]).await.map(drop)
}

/// What counts in the windows of `now`, the latest subjects first, at most `most` of them. Days that count in no window
/// any more are removed. What was spent before counts for budgets that `counts_ever` names.
pub(super) async fn spent(
    db: &mut Db<'_>,
    now: Micros,
    most: usize,
    counts_ever: &dyn Fn(u64) -> bool,
) -> Result<Vec<(Counter, SpentByPeriod)>, Fault> {
    db.execute("DELETE FROM tolls WHERE day != $1 AND day < $2", &[&ALL_DAYS, &first_day(now)]).await?;
    let mut found: AHashMap<(i64, i64), SpentByPeriod> = AHashMap::new();
    // The sums of all days come last.
    for row in db.query("SELECT counter, subject, day, cost FROM tolls ORDER BY day DESC", &[]).await? {
        let (gate, day): (i64, i64) = (row.try_get(0)?, row.try_get(2)?);
        let key = (gate, row.try_get(1)?);
        let counts = day != ALL_DAYS || counts_ever(gate.cast_unsigned());
        if found.contains_key(&key) || (counts && found.len() < most) {
            add_spent(found.entry(key).or_default(), now, day, row.try_get(3)?);
        }
    }
    let counter = |(gate, subject): (i64, i64)| Counter {
        gate: gate.cast_unsigned(),
        subject: subject.cast_unsigned(),
    };
    Ok(found.into_iter().map(|(key, spent)| (counter(key), spent)).collect())
}
