//! Writes sums into the tables `usage`, `spent`, `account_usage` and `rollups`, and when keys were used.

use super::{rollups, used};
use crate::rows::{Group, PartRow, Sums, UsageSum};
use rusqlite::{Connection, params};

/// Adds to columns what is `excluded`. A sum that no integer holds stays at the largest there is: SQLite would go on in floating
/// point, which nothing can read as money.
macro_rules! added {
    ($column:literal) => {
        concat!(
            $column, " = CASE WHEN typeof(", $column, " + excluded.", $column, ") = 'integer' THEN ", $column, " + excluded.",
            $column, " WHEN excluded.", $column, " < 0 THEN -9223372036854775807 ELSE 9223372036854775807 END"
        )
    };
    ($first:literal $($more:literal)+) => {
        concat!(added!($first) $(, ", ", added!($more))+)
    };
}
pub(super) use added;

const ADD_USAGE: &str = concat!(
    "INSERT INTO usage (hour, key, team, model, provider, customer, requests, errors, input, output, cached, cost, saved) \
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET ",
    added!("requests" "errors" "input" "output" "cached" "cost" "saved")
);
const ADD_SPENT: &str =
    concat!("INSERT INTO spent (day, key, cost) VALUES (?,?,?) ON CONFLICT DO UPDATE SET ", added!("cost"));
const ADD_OF_ACCOUNT: &str = concat!(
    "INSERT INTO account_usage (hour, account, requests, errors, input, output, cached, cost, saved) \
     VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET ",
    added!("requests" "errors" "input" "output" "cached" "cost" "saved")
);

const ADD_OF_PART: &str = concat!(
    "INSERT INTO part_usage (part, hour, organization, value, requests, errors, input, output, cached, cost, saved) \
     VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET ",
    added!("requests" "errors" "input" "output" "cached" "cost" "saved")
);

/// As roll-ups are, only rows that are there are put right: of calls of before there are none, and old ones are gone.
const CORRECT_PART: &str = "UPDATE part_usage SET cost = CASE WHEN typeof(cost + ?1) = 'integer' THEN cost + ?1 \
     WHEN ?1 < 0 THEN -9223372036854775807 ELSE 9223372036854775807 END \
     WHERE part = ?2 AND hour = ?3 AND organization = ?4 AND value = ?5";

/// Adds all of it.
pub(super) fn write(sums: &Sums, db: &Connection) -> rusqlite::Result<()> {
    let mut add_spent = db.prepare_cached(ADD_SPENT)?;
    write_usage(sums, db, |day, key, cost| add_spent.execute(params![day, key, cost]).map(drop))?;
    write_parts(sums, db)?;
    used::write(sums, db)?;
    rollups::write(&sums.rollup_rows(true), db)
}

/// Adds what past calls cost more or less than they did to the sums that reports are made of.
pub(super) fn write_costs(sums: &Sums, db: &Connection) -> rusqlite::Result<()> {
    write_usage(sums, db, |_, _, _| Ok(()))?;
    let mut correct = db.prepare_cached(CORRECT_PART)?;
    for (PartRow { part, hour, organization, value }, sum) in sums.parts().rows() {
        correct.execute(params![sum.cost, part, hour, organization, value])?;
    }
    Ok(())
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

fn write_parts(sums: &Sums, db: &Connection) -> rusqlite::Result<()> {
    let mut add = db.prepare_cached(ADD_OF_PART)?;
    for (row, sum) in sums.parts().rows() {
        let PartRow { part, hour, organization, value } = row;
        let UsageSum { requests, errors, input, output, cached, cost, saved } = sum;
        let values =
            params![part, hour, organization, value, requests, errors, input, output, cached, cost, saved];
        add.execute(values)?;
    }
    Ok(())
}
