//! Roll-ups: the fold adds to them, reports read them, and what is too old is removed.

use super::db::SqliteStore;
use crate::accounts::{AccountBytes, bytes_of};
use crate::analytics::Span;
use crate::analytics::{
    Answer, Consumption, OfParts, Part, PartOf, RollupFirsts, RollupLimits, RollupQuery, RollupRow, Series,
    Sketch, Told, Values, account_value,
};
use crate::error::StoreError;
use crate::journal::outcome_code;
use crate::rows::{HOURS_A_DAY, Rollup, RollupRows, id_bytes};
use crate::traits::{Analytics, Ledger};
use gw_model::{KeyId, Micros, Outcome};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use smallvec::SmallVec;

const KNOWN: &str = "SELECT requests, errors, input, output, cached, cache_write, reasoning, cost, saved, latency, \
     first_byte FROM rollups WHERE kind = ? AND start = ? AND series = ?";
const WRITE: &str = "INSERT INTO rollups (kind, start, series, requests, errors, input, output, cached, cache_write, \
     reasoning, cost, saved, latency, first_byte) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) \
     ON CONFLICT DO UPDATE SET requests = excluded.requests, errors = excluded.errors, input = excluded.input, \
     output = excluded.output, cached = excluded.cached, cache_write = excluded.cache_write, \
     reasoning = excluded.reasoning, cost = excluded.cost, saved = excluded.saved, latency = excluded.latency, \
     first_byte = excluded.first_byte";
const NAME: &str = "INSERT INTO rollup_series (id, is_of_caller, key, team, accounts, model, provider, outcome, class, \
     error, cache, first_minute) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) \
     ON CONFLICT DO UPDATE SET first_minute = excluded.first_minute WHERE excluded.first_minute < first_minute";
const SERIES: &str = "SELECT id, is_of_caller, key, team, accounts, model, provider, outcome, class, error, cache \
     FROM rollup_series WHERE is_of_caller = ?1 AND (?2 IS NULL OR key = ?2)";
const READ: &str = "SELECT start, series, requests, errors, input, output, cached, cache_write, reasoning, cost, saved, \
     latency, first_byte FROM rollups WHERE kind = ? AND start >= ? AND start < ?";

/// Rows that one transaction removes.
const REMOVED_AT_ONCE: i64 = 5_000;

/// Adds all of it.
pub(super) fn write(added: &RollupRows, db: &Connection) -> rusqlite::Result<()> {
    let mut name = db.prepare_cached(NAME)?;
    for (id, (packed, first_minute)) in &added.series {
        let Some(series) = Series::unpack(packed) else { continue };
        name.execute(params![
            id,
            series.told as u8,
            series.key.map(id_bytes),
            series.team,
            series.accounts.as_slice(),
            series.model,
            series.provider,
            series.outcome,
            series.class,
            series.error,
            series.cache,
            first_minute
        ])?;
    }
    let (mut known, mut write) = (db.prepare_cached(KNOWN)?, db.prepare_cached(WRITE)?);
    for ((kind, start, series), more) in &added.rows {
        let place = params![kind, start, series];
        let before = known.query_row(place, |row| Ok((counts(row, 0)?, sketch(row, 9)?, sketch(row, 10)?)));
        let mut sum = more.clone();
        if let Some((sums, latency, first_byte)) = before.optional()? {
            let Rollup { sums: added, latency: longer, first_byte: first } = &mut sum;
            added.add(&sums);
            longer.merge(&latency);
            first.merge(&first_byte);
        }
        let [requests, errors, input, output, cached, cache_write, reasoning, cost, saved] =
            sum.sums.counts();
        let (latency, first_byte) = (sum.latency.to_bytes(), sum.first_byte.to_bytes());
        write.execute(params![
            kind,
            start,
            series,
            requests,
            errors,
            input,
            output,
            cached,
            cache_write,
            reasoning,
            cost,
            saved,
            latency,
            first_byte
        ])?;
    }
    Ok(())
}

impl Analytics for SqliteStore {
    fn rollups_together(&self, queries: &[RollupQuery]) -> Result<Vec<Vec<RollupRow>>, StoreError> {
        if let Err(error) = self.sum_up(true) {
            // A disk that is full must not hide what was used before.
            tracing::warn!(%error, "roll-ups are reported without the latest calls");
        }
        self.read("read roll-ups", |db| {
            // What several statements read must be of one moment.
            let tx = db.unchecked_transaction()?;
            together(&tx, queries)
        })
    }

    fn first_uses(&self, since: Micros) -> Result<RollupFirsts, StoreError> {
        self.sum_up(true)?;
        let minute = since.div_euclid(Span::Minute.us());
        self.read("read what was used first", |db| {
            let mut models = db.prepare_cached(
                "SELECT model, MIN(first_minute) AS first FROM rollup_series WHERE is_of_caller = 0 AND model != '' \
                 AND outcome != ? GROUP BY model HAVING first >= ?",
            )?;
            // What was only refused is not used.
            let refused = i64::from(outcome_code(Outcome::Refused));
            let models =
                models.query_map([refused, minute], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut keys = db.prepare_cached(
                "SELECT key, MIN(first_minute) AS first FROM rollup_series WHERE key IS NOT NULL \
                 GROUP BY key HAVING first >= ?",
            )?;
            let id = |row: &Row<'_>| Ok(KeyId(u128::from_be_bytes(row.get(0)?)));
            let keys = keys.query_map([minute], id)?.collect::<Result<_, _>>()?;
            Ok(RollupFirsts { models, keys })
        })
    }

    fn remove_rollups(&self, span: Span, before: Micros) -> Result<usize, StoreError> {
        let end = before.div_euclid(span.us());
        let sql = "DELETE FROM rollups WHERE (kind, start, series) IN (SELECT kind, start, series FROM rollups \
                   WHERE kind = ? AND start < ? LIMIT ?)";
        let mut removed = 0;
        for told in Told::ALL {
            let values = params![span.kind_of(*told), end, REMOVED_AT_ONCE];
            removed +=
                self.writer().execute(sql, values).map_err(StoreError::query("remove old roll-ups"))?;
        }
        if span == Span::Day {
            let sql = "DELETE FROM part_usage WHERE (part, hour, organization, value) IN (SELECT part, hour, \
                       organization, value FROM part_usage WHERE part = ? AND hour < ? LIMIT ?)";
            for part in PartOf::ALL {
                let values = params![*part as i16, end.saturating_mul(HOURS_A_DAY), REMOVED_AT_ONCE];
                removed +=
                    self.writer().execute(sql, values).map_err(StoreError::query("remove old roll-ups"))?;
            }
        }
        Ok(removed)
    }

    fn remove_series(&self) -> Result<usize, StoreError> {
        // Sums and what they have in common are written in one transaction, so that nothing is between the two.
        let sql = "DELETE FROM rollup_series WHERE id NOT IN (SELECT series FROM rollups)";
        self.writer().execute(sql, []).map_err(StoreError::query("remove old series"))
    }

    fn limit_rollups(&self, limits: RollupLimits) {
        self.unsummed().bounds.lock().set(limits);
    }
}

/// A query on its way to its answer.
struct Asked<'q> {
    query: &'q RollupQuery,
    /// What it reads; nothing where sums of accounts answer it.
    parts: Vec<Part>,
    values: Values,
    answer: Answer,
}

/// The answers to several queries. Series are read once for all of them, and so are sums where several ask for the same.
fn together(db: &Connection, queries: &[RollupQuery]) -> rusqlite::Result<Vec<Vec<RollupRow>>> {
    let ask =
        |query| Asked { query, parts: Vec::new(), values: Values::default(), answer: Answer::default() };
    let mut asked: Vec<Asked<'_>> = queries.iter().map(ask).collect();
    let level = |one: &Asked<'_>| one.query.group_by.filter(|by| by.is_of_account());
    let callers_since = callers_alone_since(db)?;
    for one in &mut asked {
        if let Some(asked_for) = one.query.asked_of_parts() {
            of_parts(db, one, &asked_for)?;
            continue;
        }
        match level(one) {
            Some(by) => of_accounts(db, one, by.level().unwrap_or_default().code())?,
            None => one.parts = one.query.parts(callers_since),
        }
    }
    for told in Told::ALL {
        let mut wanted: Vec<&mut Asked<'_>> =
            asked.iter_mut().filter(|one| one.parts.iter().any(|part| part.told == *told)).collect();
        name(db, *told, &mut wanted)?;
    }
    let mut parts: Vec<Part> = asked.iter().flat_map(|one| one.parts.iter().copied()).collect();
    parts.sort_unstable();
    parts.dedup();
    for part in parts {
        let mut same: Vec<&mut Asked<'_>> =
            asked.iter_mut().filter(|one| one.parts.contains(&part)).collect();
        read(db, part, &mut same)?;
    }
    Ok(asked.into_iter().map(|one| one.answer.rows(one.query, &one.values)).collect())
}

/// The day since 1970 from which on callers are summed up alone.
fn callers_alone_since(db: &Connection) -> rusqlite::Result<i64> {
    let mut query = db.prepare_cached("SELECT value FROM meta WHERE name = 'callers_alone_since'")?;
    query.query_row([], |row| row.get(0)).optional().map(|since| since.unwrap_or(i64::MAX))
}

/// Says of every series which value of each query it counts for.
fn name(db: &Connection, told: Told, asked: &mut [&mut Asked<'_>]) -> rusqlite::Result<()> {
    let Some(first) = asked.first() else { return Ok(()) };
    let key = first.query.filter.key_id;
    let key = key.filter(|_| asked.iter().all(|one| one.query.filter.key_id == key));
    let mut series = db.prepare_cached(SERIES)?;
    let mut rows = series.query(params![told as u8, key.map(|key| id_bytes(key.0))])?;
    while let Some(row) = rows.next()? {
        let key: Option<[u8; 16]> = row.get(2)?;
        let text = |column: usize| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
        let of_row = Series {
            told,
            key: key.map(u128::from_be_bytes),
            team: text(3)?,
            accounts: SmallVec::from_slice(row.get_ref(4)?.as_blob()?),
            model: text(5)?,
            provider: text(6)?,
            outcome: row.get(7)?,
            class: row.get(8)?,
            error: text(9)?,
            cache: text(10)?,
        };
        let id = row.get(0)?;
        asked.iter_mut().for_each(|one| one.values.take(one.query, id, &of_row));
    }
    Ok(())
}

/// Adds the sums of a kind and time to all answers that are made of them.
fn read(db: &Connection, part: Part, asked: &mut [&mut Asked<'_>]) -> rusqlite::Result<()> {
    let mut read = db.prepare_cached(READ)?;
    let mut rows = read.query(params![part.span.kind_of(part.told), part.first, part.end])?;
    while let Some(row) = rows.next()? {
        let (start, series) = (row.get(0)?, row.get(1)?);
        let mut sums: Option<Consumption> = None;
        for one in asked.iter_mut() {
            let Some(value) = one.values.of(series) else { continue };
            let more = match sums {
                Some(known) => known,
                None => *sums.insert(counts(row, 2)?),
            };
            let (sum, latency, first_byte) = one.answer.row(one.query, start, value);
            sum.add(&more);
            if one.query.with_latency {
                latency.merge(&sketch(row, 11)?);
                first_byte.merge(&sketch(row, 12)?);
            }
        }
    }
    Ok(())
}

/// From the sums that are kept for each account of a level.
fn of_accounts(db: &Connection, asked: &mut Asked<'_>, level: u8) -> rusqlite::Result<()> {
    let query = asked.query;
    let mut read = db.prepare_cached(
        "SELECT hour, account, requests, errors, input, output, cached, 0, 0, cost, saved FROM account_usage \
         WHERE hour >= ? AND hour < ? AND account >= ? AND account < ?",
    )?;
    let (first, end) = query.starts();
    let hours = query.span.us() / Span::Hour.us();
    let mut rows =
        read.query(params![first.saturating_mul(hours), end.saturating_mul(hours), [level], [level + 1]])?;
    while let Some(row) = rows.next()? {
        let account: AccountBytes = row.get(1)?;
        let value = asked.values.place(query, account_value(&account));
        let start = row.get::<_, i64>(0)?.div_euclid(hours.max(1));
        asked.answer.row(query, start, value).0.add(&counts(row, 2)?);
    }
    Ok(())
}

/// From the sums that are kept of parts.
fn of_parts(db: &Connection, asked: &mut Asked<'_>, of: &OfParts) -> rusqlite::Result<()> {
    let query = asked.query;
    let whose = match &of.organizations {
        None => String::new(),
        Some(ids) => format!(" AND organization IN ({})", vec!["?"; ids.len()].join(",")),
    };
    let mut read = db.prepare(&format!(
        "SELECT hour, value, requests, errors, input, output, cached, 0, 0, cost, saved FROM part_usage \
         WHERE part = ? AND hour >= ? AND hour < ?{whose}"
    ))?;
    let (first, end) = query.starts();
    let hours = (query.span.us() / Span::Hour.us()).max(1);
    let ends =
        [of.part as i64, first.saturating_mul(hours), end.saturating_mul(hours)].map(SqlValue::Integer);
    let ids = of.organizations.iter().flatten().map(|id| SqlValue::Blob(bytes_of(*id).to_vec()));
    let mut rows = read.query(params_from_iter(ends.into_iter().chain(ids)))?;
    while let Some(row) = rows.next()? {
        let value = asked.values.place(query, query.part_value(row.get_ref(1)?.as_str()?));
        let start = row.get::<_, i64>(0)?.div_euclid(hours);
        asked.answer.row(query, start, value).0.add(&counts(row, 2)?);
    }
    Ok(())
}

fn counts(row: &Row<'_>, first: usize) -> rusqlite::Result<Consumption> {
    let mut counts = [0; Consumption::COUNTS];
    for (place, count) in counts.iter_mut().enumerate() {
        *count = row.get(first + place)?;
    }
    Ok(Consumption::of_counts(counts))
}

fn sketch(row: &Row<'_>, column: usize) -> rusqlite::Result<Sketch> {
    // One that cannot be read says nothing; the sums beside it still do.
    Ok(Sketch::from_bytes(row.get_ref(column)?.as_blob()?).unwrap_or_default())
}
