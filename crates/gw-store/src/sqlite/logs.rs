//! Records for people: newest first, filtered, in pages. The table is ordered by request id, which is ordered by time, so a
//! search reads stretches of it backwards; those that are described in `record_blocks` and cannot hold anything it passes
//! over.

use super::db::SqliteStore;
use super::narrow::narrowed;
use crate::accounts::unpack;
use crate::bodies::filing::{BodyFiles, find};
use crate::error::StoreError;
use crate::journal::{outcome_of, rest_of, role_of, source_of};
use crate::rows::search::{
    Beyond, Deadline, Dialect, Found, Scalar, Steps, Wanted, Where, body_column, rows_since,
};
use crate::rows::{id_bytes, verdicts};
use crate::traits::{Keep, RecordStore, Reports};
use crate::types::{
    Feedback, KeptPart, LogFilter, LogPage, LogRow, NamesSwept, Rating, SealedBodies, Swept, UpstreamUsage,
    UsageFilter, UsageRow, Whose,
};
use gw_model::{KeyId, Micros, NanoUsd, Outcome, RequestId};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::time::Duration;

const COLUMNS: &str = "id, time, key, team, format, model, provider, upstream_model, stream, outcome, status, \
     error_code, error_detail, attempts, cache, customer, input, output, cached, cache_write, reasoning, \
     usage_source, cost, first_byte_us, total_us, tries, parent, role, accounts, user_agent, session, tags, \
     guardrails, saved, details";

/// Where `details` stands among them.
const DETAILS: usize = 34;

/// Descriptions of stretches that are read at once.
const BLOCKS: usize = 128;

/// Rows after which the time is looked at, where most of them may turn out not to be wanted.
const LOOKED_AT: usize = 512;

/// Ids of one statement.
const IDS: usize = 500;

impl RecordStore for SqliteStore {
    fn describe_records(&self, now: Micros, most: usize) -> Result<usize, StoreError> {
        super::blocks::describe(self, now, most)
    }

    fn write_bodies(&self, bodies: &[SealedBodies]) -> Result<(), StoreError> {
        super::kept::write_bodies(self, bodies)
    }

    fn remove_expired_bodies(&self, now: Micros, most: usize) -> Result<usize, StoreError> {
        super::kept::remove_expired_bodies(self, now, most)
    }

    fn sweep(
        &self,
        kept: KeptPart,
        whose: &Whose,
        after: RequestId,
        before: Micros,
        most: usize,
    ) -> Result<Swept, StoreError> {
        super::kept::sweep(self, (kept, whose), (after, before), most)
    }

    fn remove_records(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        super::kept::remove_records(self, before, most)
    }

    fn sweep_names(&self, most: usize) -> Result<NamesSwept, StoreError> {
        super::names::sweep::sweep(self, most)
    }

    fn add_feedback(&self, feedback: &Feedback, most: usize) -> Result<bool, StoreError> {
        super::kept::add_feedback(self, feedback, most)
    }

    fn feedback(&self, request: RequestId) -> Result<Vec<Feedback>, StoreError> {
        super::kept::feedback(self, request)
    }

    fn ratings(&self, requests: &[RequestId]) -> Result<Vec<Rating>, StoreError> {
        super::kept::ratings(self, requests)
    }
}

impl Reports for SqliteStore {
    fn search(
        &self,
        filter: &LogFilter,
        limit: Option<Duration>,
        keep: &mut Keep<'_>,
    ) -> Result<LogPage, StoreError> {
        let deadline = Deadline::after(limit);
        self.read("read logs", |db| Search::new(db, self.files(), filter, keep)?.run(deadline))
    }

    fn records_of(&self, ids: &[RequestId], filter: &LogFilter) -> Result<Vec<LogRow>, StoreError> {
        self.read("read logs", |db| records_of(db, self.files(), ids, filter))
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

/// Records of these ids that a filter lets through.
fn records_of(
    db: &Connection,
    files: Option<&BodyFiles>,
    ids: &[RequestId],
    filter: &LogFilter,
) -> rusqlite::Result<Vec<LogRow>> {
    let conditions = Where::of(filter, Dialect::Sqlite);
    let text = conditions.text(0);
    let values: Vec<Value> = conditions.values.into_iter().map(value).collect();
    let (mut found, beyond) = (Vec::new(), Beyond::of(filter));
    for ids in ids.chunks(IDS) {
        let places = vec!["?"; ids.len()].join(",");
        let bodies = body_column(filter, Dialect::Sqlite);
        let sql = format!("SELECT {COLUMNS}, {bodies} FROM records WHERE id IN ({places}) AND {text}");
        let mut query = db.prepare(&sql)?;
        let ids = ids.iter().map(|id| Value::Blob(id_bytes(id.0).to_vec()));
        let mut rows = query.query(params_from_iter(ids.chain(values.iter().cloned())))?;
        while let Some(row) = rows.next()? {
            found.extend(wanted(row, files, beyond)?);
        }
    }
    Ok(found)
}

/// One search under way.
struct Search<'a, 'k> {
    db: &'a Connection,
    files: Option<&'a BodyFiles>,
    sql: String,
    values: Vec<Value>,
    wanted: Wanted,
    steps: Steps,
    found: Found,
    keep: &'a mut Keep<'k>,
    beyond: Beyond<'a>,
    reads_bodies: bool,
}

/// A stretch that is described: above `first`, up to and with `last`.
struct Block {
    first: u128,
    last: u128,
    /// Something may be found there.
    is_worth_it: bool,
}

impl<'a, 'k> Search<'a, 'k> {
    fn new(
        db: &'a Connection,
        files: Option<&'a BodyFiles>,
        filter: &'a LogFilter,
        keep: &'a mut Keep<'k>,
    ) -> rusqlite::Result<Self> {
        let conditions = Where::of(filter, Dialect::Sqlite);
        let sql = format!(
            "SELECT {COLUMNS}, {} FROM records WHERE id >= ? AND id < ?{} AND {} ORDER BY id DESC",
            body_column(filter, Dialect::Sqlite),
            narrowed(db, filter)?,
            conditions.text(0)
        );
        let (floor, top) = rows_since(filter);
        // No step is made where there are no rows at all.
        let edge = |sql: &str| -> rusqlite::Result<Option<u128>> {
            let found: Option<[u8; 16]> =
                db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
            Ok(found.map(u128::from_be_bytes))
        };
        let first = edge("SELECT id FROM record_rows ORDER BY id LIMIT 1")?;
        let last = edge("SELECT id FROM record_rows ORDER BY id DESC LIMIT 1")?;
        let top = top.min(last.map_or(0, |last| last.saturating_add(1)));
        Ok(Self {
            db,
            files,
            sql,
            values: conditions.values.into_iter().map(value).collect(),
            wanted: Wanted::of(filter),
            steps: Steps::new(floor.max(first.unwrap_or(u128::MAX)), top),
            found: Found::new(filter.page_rows(), filter.max_bytes),
            keep,
            beyond: Beyond::of(filter),
            reads_bodies: filter.with_bodies,
        })
    }

    fn run(mut self, deadline: Deadline) -> rusqlite::Result<LogPage> {
        while !self.steps.is_done() {
            let blocks = self.blocks()?;
            let is_last = blocks.len() < BLOCKS;
            for block in blocks {
                // Rows between two stretches are described by none.
                if !self.steps_down_to(block.last.saturating_add(1), deadline)? {
                    return Ok(self.page());
                }
                if block.is_worth_it {
                    let low = block.first.saturating_add(1);
                    let high = self.steps.top();
                    self.steps.skip_to(low);
                    if !self.stretch(low, high, deadline)? || deadline.is_over() {
                        return Ok(self.page());
                    }
                }
                self.steps.skip_to(block.first.saturating_add(1));
                if self.steps.is_done() {
                    return Ok(self.page());
                }
            }
            if is_last && !self.steps_down_to(0, deadline)? {
                return Ok(self.page());
            }
        }
        Ok(self.page())
    }

    fn page(self) -> LogPage {
        self.found.page(self.steps.top(), self.steps.is_done())
    }

    /// Looks at what no description covers. False: the page is full, or the time is up.
    fn steps_down_to(&mut self, bound: u128, deadline: Deadline) -> rusqlite::Result<bool> {
        while let Some(rows) = self.steps.begin(bound) {
            let mut edge = self.db.prepare_cached(
                "SELECT id FROM record_rows WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?",
            )?;
            let ends = [bound, self.steps.top()].map(id_bytes);
            let before = i64::try_from(rows).unwrap_or(i64::MAX).saturating_sub(1);
            let edge: Option<[u8; 16]> =
                edge.query_row(rusqlite::params![ends[0], ends[1], before], |row| row.get(0)).optional()?;
            let (low, high) = self.steps.step(bound, edge.map(u128::from_be_bytes));
            if !self.stretch(low, high, deadline)? || deadline.is_over() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks at one stretch. False: the page is full, or the time is up within it.
    fn stretch(&mut self, low: u128, high: u128, deadline: Deadline) -> rusqlite::Result<bool> {
        let mut query = self.db.prepare_cached(&self.sql)?;
        let ends = [low, high].map(|id| Value::Blob(id_bytes(id).to_vec()));
        let mut rows = query.query(params_from_iter(ends.iter().chain(&self.values)))?;
        let mut looked_at = 0_usize;
        while let Some(row) = rows.next()? {
            let id = u128::from_be_bytes(row.get(0)?);
            if let Some(row) = wanted(row, self.files, self.beyond)?
                && (self.keep)(&row)
            {
                self.found.add(row);
                if self.found.wanted() == 0 {
                    return Ok(false);
                }
            }
            looked_at += 1;
            // Bodies take time to be looked through, and so do many rows that are not wanted.
            let is_long = self.beyond.is_asked() && looked_at.is_multiple_of(LOOKED_AT);
            if (self.reads_bodies || is_long) && deadline.is_over() {
                self.steps.back_to(id);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next stretches that are described, from where the search is.
    fn blocks(&self) -> rusqlite::Result<Vec<Block>> {
        let top = id_bytes(self.steps.top());
        let read = |row: &Row<'_>| {
            Ok(Block {
                first: u128::from_be_bytes(row.get(0)?),
                last: u128::from_be_bytes(row.get(1)?),
                is_worth_it: self.wanted.may_be_in(row.get_ref(2)?.as_blob()?),
            })
        };
        // That in which the search is, if it is in one; then those below.
        let mut within = self.db.prepare_cached(
            "SELECT first, last, summary FROM record_blocks WHERE last >= ? ORDER BY last LIMIT 1",
        )?;
        let within = within.query_row([top], read).optional()?;
        let mut below = self.db.prepare_cached(
            "SELECT first, last, summary FROM record_blocks WHERE last < ? ORDER BY last DESC LIMIT ?",
        )?;
        let mut blocks: Vec<Block> = Vec::new();
        if let Some(block) = within.filter(|block| block.first.saturating_add(1) < self.steps.top()) {
            // Of it, only what is below.
            blocks.push(Block { last: self.steps.top().saturating_sub(1), ..block });
        }
        let most = i64::try_from(BLOCKS - blocks.len()).unwrap_or(0);
        for block in below.query_map(rusqlite::params![top, most], read)? {
            blocks.push(block?);
        }
        Ok(blocks)
    }
}

pub(super) fn value(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Id(id) => Value::Blob(id_bytes(id).to_vec()),
        Scalar::Int(number) => Value::Integer(number),
        Scalar::Flag(flag) => Value::Integer(flag.into()),
        Scalar::Text(text) => Value::Text(text),
        Scalar::Bytes(bytes) => bytes.map_or(Value::Null, Value::Blob),
    }
}

/// That a record counts for any of so many accounts.
pub(super) fn any_of(accounts: usize) -> String {
    match accounts {
        0 => "0".to_owned(),
        accounts => format!("({})", vec!["instr(accounts, ?) > 0"; accounts].join(" OR ")),
    }
}

/// The row, unless what is packed in it says that it is not wanted.
fn wanted(row: &Row<'_>, files: Option<&BodyFiles>, beyond: Beyond<'_>) -> rusqlite::Result<Option<LogRow>> {
    if !beyond.takes(row.get_ref(DETAILS)?.as_blob_or_null()?) {
        return Ok(None);
    }
    Ok(Some(decode(row, files)?).filter(|row| beyond.takes_row(row)))
}

fn decode(row: &Row<'_>, files: Option<&BodyFiles>) -> rusqlite::Result<LogRow> {
    let count = |column: usize| row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    let key: Option<[u8; 16]> = row.get(2)?;
    let request_id = RequestId(u128::from_be_bytes(row.get(0)?));
    let (bodies, unread) = find(files, request_id, row.get(35)?, None);
    Ok(LogRow {
        request_id,
        time: row.get(1)?,
        key_id: key.map(|k| KeyId(u128::from_be_bytes(k))),
        team_id: row.get(3)?,
        format: row.get(4)?,
        model: row.get(5)?,
        provider: row.get(6)?,
        upstream_model: row.get(7)?,
        stream: row.get(8)?,
        outcome: outcome_of(row.get(9)?).unwrap_or(Outcome::UpstreamError),
        status: row.get(10)?,
        error_code: row.get(11)?,
        error_detail: row.get(12)?,
        attempts: row.get(13)?,
        cache: row.get(14)?,
        customer: row.get(15)?,
        input_tokens: count(16)?,
        output_tokens: count(17)?,
        cached_tokens: count(18)?,
        cache_write_tokens: count(19)?,
        reasoning_tokens: count(20)?,
        usage_source: source_of(row.get(21)?).unwrap_or_default(),
        cost: NanoUsd(count(22)?),
        first_byte_us: row.get::<_, Option<i64>>(23)?.map(i64::unsigned_abs),
        total_us: count(24)?,
        tries: row.get(25)?,
        parent_id: row.get::<_, Option<[u8; 16]>>(26)?.map(|id| RequestId(u128::from_be_bytes(id))),
        role: row.get::<_, Option<u8>>(27)?.and_then(role_of),
        accounts: unpack(row.get_ref(28)?.as_blob_or_null()?.unwrap_or_default()),
        user_agent: row.get(29)?,
        session: row.get(30)?,
        tags: LogRow::tags_of(row.get_ref(31)?.as_str_or_null()?),
        verdicts: row.get_ref(32)?.as_str_or_null()?.map(verdicts::read).unwrap_or_default(),
        saved: NanoUsd(row.get::<_, Option<i64>>(33)?.unwrap_or(0).unsigned_abs()),
        details: row.get_ref(DETAILS)?.as_blob_or_null()?.map(rest_of).unwrap_or_default(),
        bodies,
        unread,
    })
}
