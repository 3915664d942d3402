//! Roll-ups: the fold adds to them, reports read them, and what is too old is removed.

use super::bytes::{Id, clean, code};
use super::db::{BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values as Bound};
use crate::accounts::bytes_of;
use crate::analytics::{
    Answer, Consumption, OfParts, Part, RollupFirsts, RollupLimits, RollupQuery, RollupRow, Series, Sketch,
    Span, Told, Values, account_value,
};
use crate::error::StoreError;
use crate::journal::outcome_code;
use crate::rows::{HOURS_A_DAY, RollupRows};
use crate::traits::Analytics;
use gw_model::{KeyId, Micros, Outcome};
use smallvec::SmallVec;
use tokio_postgres::Row;

/// What is known stays as it is: to compare would lock the row of every series in every batch.
const NAME: &str = "INSERT INTO rollup_series (id, is_of_caller, key, team, accounts, model, provider, outcome, \
     class, error, cache, first_minute) \
     SELECT * FROM unnest($1::bigint[], $2::bool[], $3::bytea[], $4::text[], $5::bytea[], $6::text[], $7::text[], \
     $8::smallint[], $9::smallint[], $10::text[], $11::text[], $12::bigint[]) AS t (id) ORDER BY id \
     ON CONFLICT (id) DO NOTHING";

/// A column to which is added, up to the largest number: without a cap, an upstream that makes absurd numbers up would make the
/// statement fail, and with it every batch that the record stands in.
macro_rules! capped {
    ($($column:literal)+) => {
        concat!($($column, " = LEAST(GREATEST(r.", $column, "::numeric + excluded.", $column,
            ", -9223372036854775808), 9223372036854775807)::bigint, "),+)
    };
}

const WRITE: &str = concat!(
    "INSERT INTO rollups AS r (kind, start, series, requests, errors, input, output, cached, cache_write, reasoning, \
     cost, saved, latency, first_byte) \
     SELECT kind, start, series, requests, errors, input, output, cached, cache_write, reasoning, cost, saved, \
     latency::bigint[], first_byte::bigint[] \
     FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], \
     $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[]) \
     AS t (kind, start, series, requests, errors, input, output, cached, cache_write, reasoning, cost, saved, \
     latency, first_byte) ORDER BY kind, start, series \
     ON CONFLICT (kind, start, series) DO UPDATE SET ",
    capped!("requests" "errors" "input" "output" "cached" "cache_write" "reasoning" "cost" "saved"),
    "latency = merged_buckets(r.latency, excluded.latency), \
     first_byte = merged_buckets(r.first_byte, excluded.first_byte)"
);

const SERIES: &str = "SELECT id, is_of_caller, key, team, accounts, model, provider, outcome, class, error, cache \
     FROM rollup_series WHERE is_of_caller = $1 AND ($2::bytea IS NULL OR key = $2)";
/// Which series counts for which value comes with the question.
const SUMS: &str = "SELECT CASE WHEN $1 THEN start ELSE 0 END, value, ";
const FROM: &str = " FROM rollups JOIN unnest($2::bigint[], $3::int[]) AS v (id, value) ON v.id = series \
     WHERE kind = $4 AND start >= $5 AND start < $6 GROUP BY 1, 2";
const OF_ACCOUNTS: &str = "SELECT CASE WHEN $1 THEN hour / $2 ELSE 0 END, account, ";
const FROM_ACCOUNTS: &str = " FROM account_usage \
     WHERE hour >= $3 AND hour < $4 AND account >= $5 AND account < $6 GROUP BY 1, 2";

const OF_PARTS: &str = "SELECT CASE WHEN $1 THEN hour / $2 ELSE 0 END, value, ";
const FROM_PARTS: &str = " FROM part_usage WHERE part = $3 AND hour >= $4 AND hour < $5 \
     AND ($6::bytea[] IS NULL OR organization = ANY($6)) GROUP BY 1, 2";

/// The numbers of [`Consumption`]; those that are not kept are 0.
const COUNTS: [&str; Consumption::COUNTS] =
    ["requests", "errors", "input", "output", "cached", "cache_write", "reasoning", "cost", "saved"];

/// Rows that one statement removes.
const REMOVED_AT_ONCE: i64 = 5_000;

/// Adds all of it.
pub(super) async fn write(added: &RollupRows, db: &mut Db<'_>) -> Result<(), Fault> {
    if added.rows.is_empty() {
        return Ok(());
    }
    name(added, db).await?;
    let kinds: Vec<i16> = added.rows.keys().map(|(kind, ..)| *kind).collect();
    let starts: Vec<i64> = added.rows.keys().map(|(_, start, _)| *start).collect();
    let series: Vec<i64> = added.rows.keys().map(|(.., series)| *series).collect();
    let mut counts: [Vec<i64>; Consumption::COUNTS] = Default::default();
    for rollup in added.rows.values() {
        counts.iter_mut().zip(rollup.sums.counts()).for_each(|(column, count)| column.push(count));
    }
    let latency: Vec<String> = added.rows.values().map(|rollup| rollup.latency.to_array()).collect();
    let first_byte: Vec<String> = added.rows.values().map(|rollup| rollup.first_byte.to_array()).collect();
    let [requests, errors, input, output, cached, cache_write, reasoning, cost, saved] = &counts;
    let values: Bound<'_> = &[
        &kinds,
        &starts,
        &series,
        requests,
        errors,
        input,
        output,
        cached,
        cache_write,
        reasoning,
        cost,
        saved,
        &latency,
        &first_byte,
    ];
    db.execute(WRITE, values).await.map(drop)
}

/// Writes down what series are.
async fn name(added: &RollupRows, db: &mut Db<'_>) -> Result<(), Fault> {
    let all = added.series.iter().filter_map(|(id, (packed, first_minute))| {
        Series::unpack(packed).map(|series| (*id, series, *first_minute))
    });
    let all: Vec<(i64, Series<'_>, i64)> = all.collect();
    let texts = |of: for<'a> fn(&'a Series<'_>) -> &'a str| -> Vec<String> {
        all.iter().map(|(_, series, _)| clean(of(series)).into_owned()).collect()
    };
    let ids: Vec<i64> = all.iter().map(|(id, ..)| *id).collect();
    let of_callers: Vec<bool> = all.iter().map(|(_, series, _)| series.told != Told::Calls).collect();
    let keys: Vec<Option<Id>> = all.iter().map(|(_, series, _)| series.key.map(Id)).collect();
    let accounts: Vec<&[u8]> = all.iter().map(|(_, series, _)| series.accounts.as_slice()).collect();
    let outcomes: Vec<i16> = all.iter().map(|(_, series, _)| series.outcome.into()).collect();
    let classes: Vec<i16> = all.iter().map(|(_, series, _)| series.class.into()).collect();
    let firsts: Vec<i64> = all.iter().map(|(.., first)| *first).collect();
    let (teams, models, providers) = (texts(|s| s.team), texts(|s| s.model), texts(|s| s.provider));
    let (errors, caches) = (texts(|s| s.error), texts(|s| s.cache));
    let values: Bound<'_> = &[
        &ids,
        &of_callers,
        &keys,
        &teams,
        &accounts,
        &models,
        &providers,
        &outcomes,
        &classes,
        &errors,
        &caches,
        &firsts,
    ];
    db.execute(NAME, values).await.map(drop)
}

impl Analytics for PostgresStore {
    fn rollups_together(&self, queries: &[RollupQuery]) -> Result<Vec<Vec<RollupRow>>, StoreError> {
        self.transaction("read roll-ups", BULK_LIMIT, async |db| {
            // What several statements read must be of one moment.
            db.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
            let mut answers = Vec::with_capacity(queries.len());
            for query in queries {
                if let Some(of) = query.asked_of_parts() {
                    answers.push(of_parts(db, query, &of).await?);
                    continue;
                }
                answers.push(match query.group_by.filter(|by| by.is_of_account()) {
                    Some(by) => of_accounts(db, query, by.level().unwrap_or_default().code()).await?,
                    None => read(db, query).await?,
                });
            }
            Ok(answers)
        })
    }

    fn first_uses(&self, since: Micros) -> Result<RollupFirsts, StoreError> {
        let minute = since.div_euclid(Span::Minute.us());
        let models = "SELECT model FROM rollup_series WHERE NOT is_of_caller AND model <> '' \
                      AND outcome <> $2 GROUP BY model HAVING MIN(first_minute) >= $1";
        let keys = "SELECT key FROM rollup_series WHERE key IS NOT NULL \
                    GROUP BY key HAVING MIN(first_minute) >= $1";
        self.run("read what was used first", BULK_LIMIT, async |db| {
            // What was only refused is not used.
            let refused = i16::from(outcome_code(Outcome::Refused));
            let models = db.query(models, &[&minute, &refused]).await?;
            let keys = db.query(keys, &[&minute]).await?;
            let key = |row: &Row| Ok(KeyId(row.try_get::<_, Id>(0)?.0));
            Ok(RollupFirsts {
                models: models.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
                keys: keys.iter().map(key).collect::<Result<_, Fault>>()?,
            })
        })
    }

    fn remove_rollups(&self, span: Span, before: Micros) -> Result<usize, StoreError> {
        let end = before.div_euclid(span.us());
        let sql = "DELETE FROM rollups WHERE (kind, start, series) IN (SELECT kind, start, series FROM rollups \
                   WHERE kind = ANY($1) AND start < $2 LIMIT $3)";
        let kinds = [span.kind(false), span.kind(true)];
        self.run("remove old roll-ups", BULK_LIMIT, async |db| {
            let mut removed = db.execute(sql, &[&kinds.as_slice(), &end, &REMOVED_AT_ONCE]).await?;
            if span == Span::Day {
                let sql = "DELETE FROM part_usage WHERE (part, hour, organization, value) IN (SELECT part, hour, \
                           organization, value FROM part_usage WHERE hour < $1 LIMIT $2)";
                removed += db.execute(sql, &[&end.saturating_mul(HOURS_A_DAY), &REMOVED_AT_ONCE]).await?;
            }
            Ok(usize::try_from(removed).unwrap_or(usize::MAX))
        })
    }

    fn remove_series(&self) -> Result<usize, StoreError> {
        // Whoever adds sums has named their series before, in the same transaction, and with a lock that this one waits for: nobody
        // adds to a series that goes.
        let lock = "LOCK TABLE rollup_series IN SHARE ROW EXCLUSIVE MODE";
        let sql =
            "DELETE FROM rollup_series s WHERE NOT EXISTS (SELECT 1 FROM rollups r WHERE r.series = s.id)";
        self.transaction("remove old series", BULK_LIMIT, async |db| {
            db.batch(lock).await?;
            let removed = db.execute(sql, &[]).await?;
            Ok(usize::try_from(removed).unwrap_or(usize::MAX))
        })
    }

    fn limit_rollups(&self, limits: RollupLimits) {
        self.bounds.lock().set(limits);
    }
}

async fn read(db: &mut Db<'_>, query: &RollupQuery) -> Result<Vec<RollupRow>, Fault> {
    let mut values = Values::default();
    let key = query.filter.key_id.map(|key| Id(key.0));
    for row in db.query(SERIES, &[&query.is_of_callers(), &key]).await? {
        values.take(query, row.try_get(0)?, &series(&row)?);
    }
    let (ids, places): (Vec<i64>, Vec<i32>) =
        values.each().map(|(id, place)| (id, i32::try_from(place).unwrap_or(i32::MAX))).unzip();
    let mut answer = Answer::default();
    for Part { told, span, first, end } in query.parts(i64::MAX) {
        let kind = span.kind_of(told);
        let bound: Bound<'_> = &[&query.by_time, &ids, &places, &kind, &first, &end];
        read_part(db, query, bound, &mut answer).await?;
    }
    Ok(answer.rows(query, &values))
}

/// Adds the sums of a kind and time, which stand in `bound`.
async fn read_part(
    db: &mut Db<'_>,
    query: &RollupQuery,
    bound: Bound<'_>,
    answer: &mut Answer,
) -> Result<(), Fault> {
    for row in db.query(&format!("{SUMS}{}{FROM}", sums(Consumption::COUNTS)), bound).await? {
        answer.row(query, row.try_get(0)?, place(&row)?).0.add(&counts(&row)?);
    }
    for column in ["latency", "first_byte"].iter().filter(|_| query.with_latency) {
        // Entries of the same bucket differ in their lower bits, which are the count.
        let sql = format!(
            "{SUMS} entry >> 40, LEAST(SUM(entry & 1099511627775), 1099511627775)::bigint \
             FROM rollups JOIN unnest($2::bigint[], $3::int[]) AS v (id, value) ON v.id = series, \
             unnest({column}) AS entry WHERE kind = $4 AND start >= $5 AND start < $6 GROUP BY 1, 2, 3"
        );
        for row in db.query(&sql, bound).await? {
            let (_, latency, first_byte) = answer.row(query, row.try_get(0)?, place(&row)?);
            let sketch: &mut Sketch = if *column == "latency" { latency } else { first_byte };
            let (bucket, count): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
            sketch.add_count(u16::try_from(bucket).unwrap_or(u16::MAX), count.unsigned_abs());
        }
    }
    Ok(())
}

/// From the sums that are kept for each account of a level.
async fn of_accounts(db: &mut Db<'_>, query: &RollupQuery, level: u8) -> Result<Vec<RollupRow>, Fault> {
    let (mut values, mut answer) = (Values::default(), Answer::default());
    let (first, end) = query.starts();
    let hours = (query.span.us() / Span::Hour.us()).max(1);
    let (first, end) = (first.saturating_mul(hours), end.saturating_mul(hours));
    let [from, to] = [[level], [level + 1]];
    let sql = format!("{OF_ACCOUNTS}{}, {}, {}{FROM_ACCOUNTS}", sums(5), sum("cost"), sum("saved"));
    let bound: Bound<'_> = &[&query.by_time, &hours, &first, &end, &from.as_slice(), &to.as_slice()];
    for row in db.query(&sql, bound).await? {
        let value = values.place(query, account_value(row.try_get(1)?));
        answer.row(query, row.try_get(0)?, value).0.add(&few_counts(&row)?);
    }
    Ok(answer.rows(query, &values))
}

/// From the sums that are kept of parts.
async fn of_parts(db: &mut Db<'_>, query: &RollupQuery, of: &OfParts) -> Result<Vec<RollupRow>, Fault> {
    let (mut values, mut answer) = (Values::default(), Answer::default());
    let (first, end) = query.starts();
    let hours = (query.span.us() / Span::Hour.us()).max(1);
    let (first, end) = (first.saturating_mul(hours), end.saturating_mul(hours));
    let whose: Option<Vec<Vec<u8>>> =
        of.organizations.as_ref().map(|ids| ids.iter().map(|id| bytes_of(*id).to_vec()).collect());
    let sql = format!("{OF_PARTS}{}, {}, {}{FROM_PARTS}", sums(5), sum("cost"), sum("saved"));
    let part = of.part as i16;
    let bound: Bound<'_> = &[&query.by_time, &hours, &part, &first, &end, &whose];
    for row in db.query(&sql, bound).await? {
        let value = values.place(query, query.part_value(row.try_get(1)?));
        answer.row(query, row.try_get(0)?, value).0.add(&few_counts(&row)?);
    }
    Ok(answer.rows(query, &values))
}

/// What is kept of accounts and parts.
fn few_counts(row: &Row) -> Result<Consumption, Fault> {
    let mut counts = [0; Consumption::COUNTS];
    for (to, from) in [0, 1, 2, 3, 4, 7, 8].into_iter().zip(2usize..) {
        if let Some(count) = counts.get_mut::<usize>(to) {
            *count = row.try_get(from)?;
        }
    }
    Ok(Consumption::of_counts(counts))
}

/// The first so many counts, summed up.
fn sums(most: usize) -> String {
    COUNTS.iter().take(most).map(|column| sum(column)).collect::<Vec<_>>().join(", ")
}

fn sum(column: &str) -> String {
    format!("LEAST(SUM({column}), 9223372036854775807)::bigint")
}

fn series(row: &Row) -> Result<Series<'_>, Fault> {
    let key: Option<Id> = row.try_get(2)?;
    Ok(Series {
        told: if row.try_get(1)? { Told::Both } else { Told::Calls },
        key: key.map(|id| id.0),
        team: row.try_get(3)?,
        accounts: SmallVec::from_slice(row.try_get(4)?),
        model: row.try_get(5)?,
        provider: row.try_get(6)?,
        outcome: code(row, 7)?,
        class: code(row, 8)?,
        error: row.try_get(9)?,
        cache: row.try_get(10)?,
    })
}

fn place(row: &Row) -> Result<u32, Fault> {
    Ok(u32::try_from(row.try_get::<_, i32>(1)?).unwrap_or(u32::MAX))
}

fn counts(row: &Row) -> Result<Consumption, Fault> {
    let mut counts = [0; Consumption::COUNTS];
    for (place, count) in counts.iter_mut().enumerate() {
        *count = row.try_get(place + 2)?;
    }
    Ok(Consumption::of_counts(counts))
}
