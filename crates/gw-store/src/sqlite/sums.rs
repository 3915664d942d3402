//! Writes sums into the tables `usage`, `spent`, `account_usage` and `rollups`.

use super::rollups;
use crate::rows::{Group, Sums, UsageSum};
use rusqlite::{Connection, params};

const ADD_USAGE: &str = "INSERT INTO usage (hour, key, team, model, provider, customer, requests, errors, \
     input, output, cached, cost, saved) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) \
     ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors, \
     input = input + excluded.input, output = output + excluded.output, cached = cached + excluded.cached, \
     cost = cost + excluded.cost, saved = saved + excluded.saved";
const ADD_SPENT: &str = "INSERT INTO spent (day, key, cost) VALUES (?,?,?) \
     ON CONFLICT DO UPDATE SET cost = cost + excluded.cost";
const ADD_OF_ACCOUNT: &str = "INSERT INTO account_usage (hour, account, requests, errors, input, output, cached, cost, \
     saved) VALUES (?,?,?,?,?,?,?,?,?) \
     ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors, \
     input = input + excluded.input, output = output + excluded.output, cached = cached + excluded.cached, \
     cost = cost + excluded.cost, saved = saved + excluded.saved";

/// Adds all of it.
pub(super) fn write(sums: &Sums, db: &Connection) -> rusqlite::Result<()> {
    let mut add_spent = db.prepare_cached(ADD_SPENT)?;
    write_usage(sums, db, |day, key, cost| add_spent.execute(params![day, key, cost]).map(drop))?;
    rollups::write(&sums.rollup_rows(true), db)
}

/// Adds what past calls cost more or less than they did to the sums that reports are made of.
pub(super) fn write_costs(sums: &Sums, db: &Connection) -> rusqlite::Result<()> {
    write_usage(sums, db, |_, _, _| Ok(()))
}

fn write_usage(
    sums: &Sums,
    db: &Connection,
    on_spent: impl FnMut(i64, [u8; 16], i64) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut add_usage = db.prepare_cached(ADD_USAGE)?;
    sums.each(
        |row| {
            let Group { hour, team, model, provider, customer, .. } = row.group;
            let UsageSum { requests, errors, input, output, cached, cost, saved } = row.sum;
            let key = row.key();
            let values = params![
                hour, key, team, model, provider, customer, requests, errors, input, output, cached, cost,
                saved
            ];
            add_usage.execute(values).map(drop)
        },
        on_spent,
    )?;
    let mut add = db.prepare_cached(ADD_OF_ACCOUNT)?;
    for (hour, account, sum) in sums.account_rows() {
        let UsageSum { requests, errors, input, output, cached, cost, saved } = sum;
        add.execute(params![hour, account, requests, errors, input, output, cached, cost, saved])?;
    }
    Ok(())
}
