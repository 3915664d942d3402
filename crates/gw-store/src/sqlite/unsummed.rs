//! Sums that `usage` and `spent` do not hold yet: when they are written there, and how they are found again
//! after a crash. Serves the fold.
//!
//! With many virtual keys each round of the fold would change a page per key. So sums outlive a round, and
//! are written when they have grown old enough for their number. A transaction adds to them, and takes them away when it is
//! given up. Nothing hangs on them: they are what the
//! records say that stand in the database already, and the database knows which those are. Whoever finds
//! that another batch than its own was the latest (after a start, after a commit of unknown outcome, with
//! two processes on one database) makes its sums anew from them.

use super::sums;
use crate::journal::{outcome_of, resolved_and_region};
use crate::rows::{Counted, Share, SharedBounds, Sums, Totals, id_bytes, signed};
use gw_model::{NanoUsd, Outcome};
use rusqlite::{Connection, Row, params};
use serde::Deserialize;
use std::time::{Duration, Instant};

/// When sums are written to the database, unless they are asked for before.
#[derive(Clone, Copy, Debug)]
pub struct SumSettings {
    /// They are kept at least so long.
    pub min_age: Duration,
    /// And so long for each row: what writing costs stays below a small share of one core, however many rows
    /// there are. A row takes about 8 µs.
    pub age_per_row: Duration,
    /// More rows than that are not kept; 0 is none.
    pub max_rows: usize,
}

impl Default for SumSettings {
    fn default() -> Self {
        Self {
            min_age: Duration::from_secs(1),
            age_per_row: Duration::from_micros(500),
            // About 15 MB.
            max_rows: 200_000,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Unsummed {
    settings: SumSettings,
    sums: Sums,
    /// The batch up to which `sums` are right.
    batch: i64,
    /// When the oldest of them were taken up.
    since: Option<Instant>,
    /// How much of callers roll-ups tell apart.
    pub(super) bounds: SharedBounds,
}

/// How far the database is, as the row of `summing` says.
#[derive(Debug)]
pub(super) struct Mark {
    batch: i64,
    summed: i64,
    first: Option<[u8; 16]>,
}

impl Mark {
    /// The number of the batch that comes next.
    pub(super) const fn next(&self) -> i64 {
        self.batch + 1
    }
}

/// The sums as one batch leaves them, and what it added.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub(super) sums: Sums,
    /// The smallest id of a record.
    pub(super) first: Option<u128>,
    /// Something was taken back that may be summed up already, which the records no longer say.
    pub(super) corrected: bool,
}

/// What becomes of the sums once a transaction is committed.
#[derive(Debug)]
#[must_use]
pub(super) struct AfterCommit {
    sums: Sums,
    batch: i64,
    written: bool,
}

impl Unsummed {
    pub(super) fn new(settings: SumSettings) -> Self {
        let bounds = SharedBounds::default();
        Self { settings, sums: Sums::within(&bounds), batch: -1, since: None, bounds }
    }

    /// True when sums are kept here that are due, or when it is not known which are: a transaction was given up.
    pub(super) fn is_due(&self) -> bool {
        self.batch < 0 || (!self.sums.is_empty() && self.due(self.sums.len()))
    }

    fn due(&self, rows: usize) -> bool {
        let per_row = self.settings.age_per_row.saturating_mul(u32::try_from(rows).unwrap_or(u32::MAX));
        rows > self.settings.max_rows
            || self.since.is_some_and(|since| since.elapsed() >= self.settings.min_age.max(per_row))
    }

    /// Begins a transaction: sums are as the database says from here on.
    pub(super) fn agree(&mut self, db: &Connection) -> rusqlite::Result<Mark> {
        let mark = read_mark(db)?;
        if mark.batch != self.batch {
            self.sums = match mark.first {
                Some(first) => sum_again(db, mark.summed, first, &self.bounds)?,
                None => Sums::within(&self.bounds),
            };
            self.batch = mark.batch;
            self.since = (!self.sums.is_empty()).then(now);
        }
        Ok(mark)
    }

    /// Hands the sums to a transaction. Until it has handed them back they are not known here, and are found again in the
    /// database if it never does.
    pub(super) fn take(&mut self) -> Added {
        self.batch = -1;
        Added { sums: std::mem::take(&mut self.sums), ..Added::default() }
    }

    /// Ends a transaction: writes the sums if it is time, or if `all`; else notes that they are still to be written.
    pub(super) fn end(
        &mut self,
        db: &Connection,
        mark: &Mark,
        added: Added,
        all: bool,
    ) -> rusqlite::Result<AfterCommit> {
        let next = mark.next();
        let Added { sums, first, corrected } = added;
        let rows = sums.len();
        if corrected || ((all || self.due(rows)) && rows > 0) {
            sums::write(&sums, db)?;
            write_mark(db, &Mark { batch: next, summed: next, first: None })?;
            return Ok(AfterCommit { sums, batch: next, written: true });
        }
        let Some(added_first) = first.map(id_bytes) else {
            return Ok(AfterCommit { sums, batch: mark.batch, written: false });
        };
        let first = mark.first.map_or(added_first, |first| first.min(added_first));
        write_mark(db, &Mark { batch: next, summed: mark.summed, first: Some(first) })?;
        Ok(AfterCommit { sums, batch: next, written: false })
    }

    /// Takes up what a transaction did, once it is committed.
    pub(super) fn committed(&mut self, after: AfterCommit) {
        let AfterCommit { sums, batch, written } = after;
        (self.sums, self.batch) = (sums, batch);
        if written {
            self.sums.clear();
        }
        match self.sums.is_empty() {
            true => self.since = None,
            false => drop(self.since.get_or_insert_with(now)),
        }
    }
}

/// Writes all sums of a database that nobody else has in use, as of a copy of one.
pub(super) fn sum_up_file(db: &mut Connection) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    let mut unsummed = Unsummed::new(SumSettings::default());
    let mark = unsummed.agree(&tx)?;
    let taken = unsummed.take();
    let _ = unsummed.end(&tx, &mark, taken, true)?;
    tx.commit()
}

/// True when some record is not summed up.
pub(super) fn any(db: &Connection) -> rusqlite::Result<bool> {
    read_mark(db).map(|mark| mark.first.is_some())
}

fn read_mark(db: &Connection) -> rusqlite::Result<Mark> {
    let mut query = db.prepare_cached("SELECT batch, summed, first FROM summing")?;
    query.query_row([], |row| Ok(Mark { batch: row.get(0)?, summed: row.get(1)?, first: row.get(2)? }))
}

fn write_mark(db: &Connection, mark: &Mark) -> rusqlite::Result<()> {
    let mut write = db.prepare_cached("UPDATE summing SET batch = ?, summed = ?, first = ?")?;
    write.execute(params![mark.batch, mark.summed, mark.first]).map(drop)
}

/// The sums of all records above a batch, none of which has an id below `first`.
fn sum_again(db: &Connection, summed: i64, first: [u8; 16], bounds: &SharedBounds) -> rusqlite::Result<Sums> {
    let mut query = db.prepare_cached(
        "SELECT time, total_us, key, team, model, provider, customer, outcome, input, output, cached, cost, \
         attempts, tries, parent IS NOT NULL, accounts, saved, status, error_code, cache, first_byte_us, cache_write, \
         reasoning, upstream_model, details, format, guardrails FROM records WHERE id >= ? AND batch > ?",
    )?;
    let mut rows = query.query(params![first, summed])?;
    let mut sums = Sums::within(bounds);
    while let Some(row) = rows.next()? {
        count_again(&mut sums, row)?;
    }
    Ok(sums)
}

fn count_again(sums: &mut Sums, row: &Row<'_>) -> rusqlite::Result<()> {
    let text = |column: usize| -> rusqlite::Result<&str> {
        Ok(row.get_ref(column)?.as_str_or_null()?.unwrap_or_default())
    };
    let key: Option<[u8; 16]> = row.get(2)?;
    let (is_resolved, region) = resolved_and_region(row.get_ref(24)?.as_blob_or_null()?.unwrap_or_default());
    let counted = Counted {
        end_time: row.get::<_, i64>(0)?.saturating_add(row.get(1)?),
        key: key.map(u128::from_be_bytes),
        team: text(3)?,
        model: text(4)?,
        is_resolved,
        provider: text(5)?,
        upstream_model: text(23)?,
        customer: text(6)?,
        outcome: outcome_of(row.get(7)?).unwrap_or(Outcome::UpstreamError),
        status: row.get(17)?,
        error: text(18)?,
        cache: text(19)?,
        first_byte_us: row.get(20)?,
        total_us: row.get(1)?,
        is_sub_call: row.get(14)?,
        accounts: row.get_ref(15)?.as_blob_or_null()?.unwrap_or_default(),
        format: text(25)?,
        region,
        guardrails: text(26)?,
    };
    let totals = Totals {
        input: row.get(8)?,
        output: row.get(9)?,
        cached: row.get(10)?,
        cost: row.get(11)?,
        saved: row.get::<_, Option<i64>>(16)?.unwrap_or(0),
        cache_write: row.get(21)?,
        reasoning: row.get(22)?,
    };
    // With one attempt, and for a call that was written off, all is in the row itself.
    let tries: Vec<Try> = match text(13)? {
        list if row.get::<_, i64>(12)? > 1 && !list.is_empty() => {
            serde_json::from_str(list).map_err(|source| {
                rusqlite::Error::FromSqlConversionFailure(13, rusqlite::types::Type::Text, Box::new(source))
            })?
        }
        _ => Vec::new(),
    };
    if tries.is_empty() {
        sums.count_shares(&counted, std::iter::once(Share::whole(&counted, totals)), 1);
    } else {
        // Of some tokens the list says nothing: they are counted for the last attempt.
        let rest =
            Totals { cache_write: totals.cache_write, reasoning: totals.reasoning, ..Totals::default() };
        let mut shares: Vec<Share<'_>> = tries.iter().map(Try::share).collect();
        if let Some(last) = shares.last_mut() {
            last.totals = last.totals.plus(rest);
        }
        sums.count_shares(&counted, shares.into_iter(), 1);
    }
    Ok(())
}

/// What is counted of an attempt, as `records.tries` lists it.
#[derive(Deserialize)]
struct Try {
    provider: String,
    #[serde(default)]
    upstream_model: String,
    input_tokens: u64,
    output_tokens: u64,
    cached_tokens: u64,
    cost_usd: String,
}

impl Try {
    fn share(&self) -> Share<'_> {
        Share { provider: &self.provider, upstream_model: &self.upstream_model, totals: self.totals() }
    }

    fn totals(&self) -> Totals {
        // The amount was written by this program; it is a decimal.
        let cost = NanoUsd::parse_usd(&self.cost_usd).unwrap_or_default();
        Totals {
            input: signed(self.input_tokens),
            output: signed(self.output_tokens),
            cached: signed(self.cached_tokens),
            cost: signed(cost.0),
            ..Totals::default()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long sums were kept; no result depends on it")]
fn now() -> Instant {
    Instant::now()
}
