//! Records for people: newest first, filtered, in pages. Ids are in the order of time, so a search reads stretches of the
//! primary key backwards.

use super::bytes::{Id, clean, code, count, limit, small};
use super::db::{BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use crate::accounts::{bytes_of, unpack};
use crate::bodies::filing::{BodyFiles, find};
use crate::error::StoreError;
use crate::journal::{outcome_of, rest_of, role_of, source_of};
use crate::rows::search::{Beyond, Deadline, Dialect, Found, Scalar, Steps, Where, body_column, rows_since};
use crate::rows::verdicts;
use crate::traits::{Keep, Reports};
use crate::types::{LogFilter, LogPage, LogRow, UpstreamUsage, UsageFilter, UsageRow};
use gw_model::{AccountId, KeyId, Micros, NanoUsd, Outcome, RequestId};
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

const COLUMNS: &str = "id, time, key, team, format, model, provider, upstream_model, stream, outcome, status, \
     error_code, error_detail, attempts, cache, customer, input, output, cached, cache_write, reasoning, \
     usage_source, cost, first_byte_us, total_us, tries, parent, role, accounts, user_agent, session, tags, \
     guardrails, saved, details";
/// What is done here, for whoever reads that it failed.
const READ: &str = "read logs";
const EDGE: &str = "SELECT id FROM records WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT 1 OFFSET $3";

impl Reports for PostgresStore {
    fn search(
        &self,
        filter: &LogFilter,
        limit: Option<Duration>,
        keep: &mut Keep<'_>,
    ) -> Result<LogPage, StoreError> {
        search(self, filter, Deadline::after(limit), keep)
    }

    fn records_of(&self, ids: &[RequestId], filter: &LogFilter) -> Result<Vec<LogRow>, StoreError> {
        let conditions = Where::of(filter, Dialect::Postgres);
        let (text, bodies) = (conditions.text(1), body_column(filter, Dialect::Postgres));
        let sql = format!("SELECT {COLUMNS}, {bodies} FROM records WHERE id = ANY($1) AND {text}");
        let ids: Vec<Id> = ids.iter().map(|id| Id(id.0)).collect();
        let values: Vec<Box<dyn ToSql + Sync>> = conditions.values.into_iter().map(value).collect();
        let mut all: Vec<&(dyn ToSql + Sync)> = vec![&ids];
        all.extend(values.iter().map(|value| &**value as &(dyn ToSql + Sync)));
        let rows = self.run(READ, BULK_LIMIT, async |db| db.query(&sql, &all).await)?;
        rows.iter().filter_map(|row| read(row, self.bodies(), Beyond::of(filter)).transpose()).collect()
    }

    fn ids_since(&self, from: RequestId, most: usize) -> Result<Vec<RequestId>, StoreError> {
        const SINCE: &str = "SELECT id FROM records WHERE id >= $1 ORDER BY id DESC LIMIT $2";
        self.run(READ, BULK_LIMIT, async |db| {
            let rows = db.query(SINCE, &[&Id(from.0), &limit(most)]).await?;
            rows.iter().map(|row| Ok(RequestId(row.try_get::<_, Id>(0)?.0))).collect()
        })
    }

    fn upstream_usage(
        &self,
        provider: &str,
        between: (Micros, Micros),
    ) -> Result<Vec<UpstreamUsage>, StoreError> {
        self.sum_upstream(provider, between)
    }

    fn usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError> {
        self.sum_usage(filter)
    }

    fn keys_used(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, Micros)>, StoreError> {
        self.read_keys_used(keys)
    }
}

/// Rows that are read at once where their bodies come with them.
const WITH_BODIES: usize = 32;

/// Rows that are read at once where most of them may turn out not to be wanted.
const LOOKED_AT: usize = 2_048;

/// Where bodies are read that are not in the database.
#[derive(Clone, Copy)]
struct BodySource<'a> {
    files: Option<&'a BodyFiles>,
    /// This node.
    node: i64,
}

impl PostgresStore {
    fn bodies(&self) -> BodySource<'_> {
        BodySource { files: self.files(), node: self.own_node() }
    }
}

/// A connection is lent for each statement: bodies are read outside, and may stand in a storage that is slow.
fn search(
    store: &PostgresStore,
    filter: &LogFilter,
    deadline: Deadline,
    keep: &mut Keep<'_>,
) -> Result<LogPage, StoreError> {
    let conditions = Where::of(filter, Dialect::Postgres);
    let sql = format!(
        "SELECT {COLUMNS}, {} FROM records WHERE id >= $1 AND id < $2 AND {} ORDER BY id DESC LIMIT $3",
        body_column(filter, Dialect::Postgres),
        conditions.text(3)
    );
    let values: Vec<Box<dyn ToSql + Sync>> = conditions.values.into_iter().map(value).collect();
    // What has an index of its own is found at once.
    let is_narrow = filter.request_id.is_some() || filter.parent_id.is_some() || filter.session.is_some();
    let (floor, top) = rows_since(filter);
    let mut steps = Steps::new(floor, top);
    let (mut found, beyond) = (Found::new(filter.page_rows(), filter.max_bytes), Beyond::of(filter));
    while let Some(rows) = steps.begin(0) {
        let edge = if is_narrow { None } else { edge(store, floor, steps.top(), rows)? };
        let (low, mut high) = steps.step(0, edge);
        loop {
            // Bodies of rows that are read together are in memory together.
            let most = if filter.with_bodies { WITH_BODIES } else { usize::MAX };
            let looked_at = if beyond.is_asked() { LOOKED_AT } else { 0 };
            let most = limit(found.wanted().max(looked_at).min(most));
            let (from, to) = (Id(low), Id(high));
            let mut all: Vec<&(dyn ToSql + Sync)> = vec![&from, &to, &most];
            all.extend(values.iter().map(|value| &**value as &(dyn ToSql + Sync)));
            let rows = store.run(READ, BULK_LIMIT, async |db| db.query(&sql, &all).await)?;
            for row in &rows {
                high = id_of(row)?;
                if let Some(row) = read(row, store.bodies(), beyond)?
                    && keep(&row)
                {
                    found.add(row);
                    if found.wanted() == 0 {
                        return Ok(found.page(low, false));
                    }
                }
                // Bodies take time to be read.
                if filter.with_bodies && deadline.is_over() {
                    return Ok(found.page(high, false));
                }
            }
            if limit(rows.len()) < most {
                break;
            }
            // Some were not wanted after all, and there are more.
            if deadline.is_over() {
                return Ok(found.page(high, false));
            }
        }
        if deadline.is_over() {
            break;
        }
    }
    Ok(found.page(steps.top(), steps.is_done()))
}

/// Where a stretch of so many rows ends, if there are so many.
fn edge(store: &PostgresStore, floor: u128, top: u128, rows: usize) -> Result<Option<u128>, StoreError> {
    let before = limit(rows.saturating_sub(1));
    let edge =
        store.run(READ, BULK_LIMIT, async |db| db.first(EDGE, &[&Id(floor), &Id(top), &before]).await)?;
    edge.as_ref().map(id_of).transpose()
}

fn id_of(row: &Row) -> Result<u128, StoreError> {
    let id = row.try_get::<_, Id>(0).map_err(|error| Fault::from(error).into_error(READ))?;
    Ok(id.0)
}

/// [`wanted`], outside of a connection.
fn read(row: &Row, bodies: BodySource<'_>, beyond: Beyond<'_>) -> Result<Option<LogRow>, StoreError> {
    wanted(row, bodies, beyond).map_err(|fault| fault.into_error(READ))
}

fn value(scalar: Scalar) -> Box<dyn ToSql + Sync> {
    match scalar {
        Scalar::Id(id) => Box::new(Id(id)),
        Scalar::Int(number) => Box::new(number),
        Scalar::Flag(flag) => Box::new(flag),
        Scalar::Text(text) => Box::new(clean(&text).into_owned()),
        Scalar::Bytes(bytes) => Box::new(bytes),
    }
}

/// What a row must be.
pub(super) struct Conditions {
    pub(super) text: String,
    pub(super) values: Vec<Box<dyn ToSql + Sync>>,
}

impl Conditions {
    /// That a record counts for any of these accounts.
    pub(super) fn counts_for_any(&mut self, accounts: &[AccountId]) {
        let each: Vec<String> = accounts
            .iter()
            .map(|account| {
                let place = self.value(bytes_of(*account).to_vec());
                format!("position({place}::bytea IN accounts) > 0")
            })
            .collect();
        let any = if each.is_empty() { "FALSE".to_owned() } else { each.join(" OR ") };
        self.text.push_str(&format!(" AND ({any})"));
    }

    pub(super) fn and(&mut self, part: &str, value: impl ToSql + Sync + 'static) {
        let place = self.value(value);
        self.text.push_str(&format!(" AND {part} {place}"));
    }

    /// How the value is called in the text.
    fn value(&mut self, value: impl ToSql + Sync + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }
}

/// The row, unless what is packed in it says that it is not wanted.
fn wanted(row: &Row, bodies: BodySource<'_>, beyond: Beyond<'_>) -> Result<Option<LogRow>, Fault> {
    if !beyond.takes(row.try_get(34)?) {
        return Ok(None);
    }
    Ok(Some(decode(row, bodies)?).filter(|row| beyond.takes_row(row)))
}

fn decode(row: &Row, source: BodySource<'_>) -> Result<LogRow, Fault> {
    let key: Option<Id> = row.try_get(2)?;
    let parent: Option<Id> = row.try_get(26)?;
    let role: Option<i16> = row.try_get(27)?;
    let request_id = RequestId(row.try_get::<_, Id>(0)?.0);
    let elsewhere = row.try_get::<_, Option<i64>>(36)?.filter(|node| *node != source.node);
    let (bodies, unread) =
        find(source.files, request_id, row.try_get(35)?, elsewhere.map(i64::cast_unsigned));
    Ok(LogRow {
        request_id,
        time: row.try_get(1)?,
        key_id: key.map(|id| KeyId(id.0)),
        team_id: row.try_get(3)?,
        format: row.try_get(4)?,
        model: row.try_get(5)?,
        provider: row.try_get(6)?,
        upstream_model: row.try_get(7)?,
        stream: row.try_get(8)?,
        outcome: outcome_of(code(row, 9)?).unwrap_or(Outcome::UpstreamError),
        status: small(row, 10, "the status of a record")?,
        error_code: row.try_get(11)?,
        error_detail: row.try_get(12)?,
        attempts: small(row, 13, "the attempts of a record")?,
        cache: row.try_get(14)?,
        customer: row.try_get(15)?,
        input_tokens: count(row, 16)?,
        output_tokens: count(row, 17)?,
        cached_tokens: count(row, 18)?,
        cache_write_tokens: count(row, 19)?,
        reasoning_tokens: count(row, 20)?,
        usage_source: source_of(code(row, 21)?).unwrap_or_default(),
        cost: NanoUsd(count(row, 22)?),
        first_byte_us: row.try_get::<_, Option<i64>>(23)?.map(i64::unsigned_abs),
        total_us: count(row, 24)?,
        tries: row.try_get(25)?,
        parent_id: parent.map(|id| RequestId(id.0)),
        role: role.and_then(|code| u8::try_from(code).ok()).and_then(role_of),
        accounts: unpack(row.try_get::<_, Option<&[u8]>>(28)?.unwrap_or_default()),
        user_agent: row.try_get(29)?,
        session: row.try_get(30)?,
        tags: LogRow::tags_of(row.try_get(31)?),
        verdicts: row.try_get::<_, Option<&str>>(32)?.map(verdicts::read).unwrap_or_default(),
        saved: NanoUsd(row.try_get::<_, Option<i64>>(33)?.unwrap_or(0).unsigned_abs()),
        details: row.try_get::<_, Option<&[u8]>>(34)?.map(rest_of).unwrap_or_default(),
        bodies,
        unread,
    })
}
