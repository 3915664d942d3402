//! Writes sums into the tables `usage`, `spent` and `account_usage`, each with one statement. Rows come in the order of the primary
//! keys, so that two nodes that write at once lock them in the same order.

use super::bytes::clean;
use super::fault::Fault;
use super::session::{Db, Values as Bound};
use crate::rows::{Sums, UsageSum};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// A column to which is added what an upstream says. Without a cap, one that makes absurd numbers up would make the
/// statement fail, and with it every batch that the record stands in.
macro_rules! capped {
    ($column:literal, $table:literal) => {
        concat!(
            $column,
            " = LEAST(GREATEST(",
            $table,
            ".",
            $column,
            "::numeric + excluded.",
            $column,
            ", -9223372036854775808), 9223372036854775807)::bigint, "
        )
    };
}

const ADD_USAGE: &str = concat!(
    "INSERT INTO usage AS u (hour, key, team, model, provider, customer, requests, errors, input, \
     output, cached, cost, saved) \
     SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], \
     $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[]) \
     AS t (hour, key, team, model, provider, customer) ORDER BY hour, key, team, model, provider, customer \
     ON CONFLICT (hour, key, team, model, provider, customer) DO UPDATE SET \
     requests = u.requests + excluded.requests, errors = u.errors + excluded.errors, ",
    capped!("input", "u"),
    capped!("output", "u"),
    capped!("cached", "u"),
    capped!("saved", "u"),
    "cost = LEAST(GREATEST(u.cost::numeric + excluded.cost, -9223372036854775808), 9223372036854775807)::bigint"
);
const ADD_SPENT: &str = "INSERT INTO spent AS s (day, key, cost) \
     SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS t (day, key) ORDER BY day, key \
     ON CONFLICT (day, key) DO UPDATE SET \
     cost = LEAST(GREATEST(s.cost::numeric + excluded.cost, -9223372036854775808), 9223372036854775807)::bigint";

const ADD_OF_ACCOUNT: &str = concat!(
    "INSERT INTO account_usage AS a (hour, account, requests, errors, input, output, cached, cost, saved) \
     SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], \
     $7::bigint[], $8::bigint[], $9::bigint[]) AS t (hour, account) ORDER BY hour, account \
     ON CONFLICT (hour, account) DO UPDATE SET \
     requests = a.requests + excluded.requests, errors = a.errors + excluded.errors, ",
    capped!("input", "a"),
    capped!("output", "a"),
    capped!("cached", "a"),
    capped!("saved", "a"),
    "cost = LEAST(GREATEST(a.cost::numeric + excluded.cost, -9223372036854775808), 9223372036854775807)::bigint"
);

const ADD_OF_PART: &str = concat!(
    "INSERT INTO part_usage AS p (part, hour, organization, value, requests, errors, input, output, cached, cost, saved) \
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[], $4::text[], $5::bigint[], $6::bigint[], \
     $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]) AS t (part, hour, organization, value) \
     WHERE $12::boolean OR EXISTS (SELECT 1 FROM part_usage AS o WHERE o.part = t.part AND o.hour = t.hour \
     AND o.organization = t.organization AND o.value = t.value) \
     ORDER BY part, hour, organization, value \
     ON CONFLICT (part, hour, organization, value) DO UPDATE SET \
     requests = p.requests + excluded.requests, errors = p.errors + excluded.errors, ",
    capped!("input", "p"),
    capped!("output", "p"),
    capped!("cached", "p"),
    capped!("saved", "p"),
    "cost = LEAST(GREATEST(p.cost::numeric + excluded.cost, -9223372036854775808), 9223372036854775807)::bigint"
);

/// Columns of `usage`.
#[derive(Default)]
struct Usage<'a> {
    hour: Vec<i64>,
    key: Vec<Vec<u8>>,
    texts: [Vec<&'a str>; 4],
    counts: [Vec<i64>; 7],
}

/// Adds all of it.
pub(super) async fn write(sums: &Sums, db: &mut Db<'_>) -> Result<(), Fault> {
    write_usage(sums, true, db).await
}

/// Adds what past calls cost more or less than they did to the sums that reports are made of.
pub(super) async fn write_costs(sums: &Sums, db: &mut Db<'_>) -> Result<(), Fault> {
    write_usage(sums, false, db).await
}

async fn write_usage(sums: &Sums, with_spent: bool, db: &mut Db<'_>) -> Result<(), Fault> {
    if sums.is_empty() {
        return Ok(());
    }
    let mut usage = Usage::default();
    let (mut days, mut keys, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    let collected: Result<(), Infallible> = sums.each(
        |row| {
            usage.hour.push(row.group.hour);
            usage.key.push(row.key().to_vec());
            let group = row.group;
            let texts = [group.team, group.model, group.provider, group.customer];
            usage.texts.iter_mut().zip(texts).for_each(|(column, text)| column.push(text));
            let sum = row.sum;
            let counts = [sum.requests, sum.errors, sum.input, sum.output, sum.cached, sum.cost, sum.saved];
            usage.counts.iter_mut().zip(counts).for_each(|(column, count)| column.push(count));
            Ok(())
        },
        |day, key, cost| {
            days.push(day);
            keys.push(key.to_vec());
            costs.push(cost);
            Ok(())
        },
    );
    let Ok(()) = collected;
    let Usage { hour, key, texts: [team, model, provider, customer], counts } = &usage;
    let [requests, errors, input, output, cached, cost, saved] = counts;
    db.execute(
        ADD_USAGE,
        &[hour, key, team, model, provider, customer, requests, errors, input, output, cached, cost, saved],
    )
    .await?;
    if with_spent && !days.is_empty() {
        db.execute(ADD_SPENT, &[&days, &keys, &costs]).await?;
    }
    write_accounts(sums, db).await?;
    // As of roll-ups, money alone makes no rows: of calls of before there are none, and old ones are gone.
    write_parts(sums, with_spent, db).await
}

/// A row of `part_usage`: part, hour, organization, value.
type PartPlace<'a> = (i16, i64, &'a [u8], Cow<'a, str>);

async fn write_parts(sums: &Sums, makes_rows: bool, db: &mut Db<'_>) -> Result<(), Fault> {
    // Texts that differ only in what no text of this database has are one row of it, of which a statement may have but one.
    let mut rows: BTreeMap<PartPlace<'_>, UsageSum> = BTreeMap::new();
    let parts = sums.parts();
    let all = parts.rows();
    for (row, sum) in &all {
        let place = (row.part, row.hour, row.organization, clean(row.value));
        rows.entry(place).or_default().add(sum);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let parts: Vec<i16> = rows.keys().map(|(part, ..)| *part).collect();
    let hours: Vec<i64> = rows.keys().map(|(_, hour, ..)| *hour).collect();
    let organizations: Vec<&[u8]> = rows.keys().map(|(_, _, organization, _)| *organization).collect();
    let values: Vec<&str> = rows.keys().map(|(.., value)| &**value).collect();
    let mut counts: [Vec<i64>; 7] = Default::default();
    for sum in rows.values() {
        let of_row = [sum.requests, sum.errors, sum.input, sum.output, sum.cached, sum.cost, sum.saved];
        counts.iter_mut().zip(of_row).for_each(|(column, count)| column.push(count));
    }
    let [requests, errors, input, output, cached, cost, saved] = &counts;
    let bound: Bound<'_> = &[
        &parts,
        &hours,
        &organizations,
        &values,
        requests,
        errors,
        input,
        output,
        cached,
        cost,
        saved,
        &makes_rows,
    ];
    db.execute(ADD_OF_PART, bound).await.map(drop)
}

async fn write_accounts(sums: &Sums, db: &mut Db<'_>) -> Result<(), Fault> {
    let rows = sums.account_rows();
    if rows.is_empty() {
        return Ok(());
    }
    let hours: Vec<i64> = rows.iter().map(|(hour, ..)| *hour).collect();
    let accounts: Vec<&[u8]> = rows.iter().map(|(_, account, _)| account.as_slice()).collect();
    let mut counts: [Vec<i64>; 7] = Default::default();
    for (_, _, sum) in &rows {
        let of_row = [sum.requests, sum.errors, sum.input, sum.output, sum.cached, sum.cost, sum.saved];
        counts.iter_mut().zip(of_row).for_each(|(column, count)| column.push(count));
    }
    let [requests, errors, input, output, cached, cost, saved] = &counts;
    db.execute(ADD_OF_ACCOUNT, &[&hours, &accounts, requests, errors, input, output, cached, cost, saved])
        .await
        .map(drop)
}
