//! One transaction of the fold. All statements are prepared once for its whole length.

use super::correct::correct;
use super::row::{self, Row, id_bytes, signed};
use super::sums::{Sums, UsageKey};
use crate::error::StoreError;
use crate::journal::{IntentFrame, RecordFrame, SegmentId};
use crate::traits::Batch;
use crate::types::PendingIntent;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

const ENTER: &str = "INSERT INTO ledger (request, attempt, entry, time, key, cost) VALUES (?,?,?,?,?,?) \
     ON CONFLICT DO NOTHING";
const ADD_USAGE: &str = "INSERT INTO usage (hour, key, team, model, provider, customer, requests, errors, \
     input, output, cached, cost, saved) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,0) \
     ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors, \
     input = input + excluded.input, output = output + excluded.output, cached = cached + excluded.cached, \
     cost = cost + excluded.cost";
const ADD_SPENT: &str = "INSERT INTO spent (day, key, cost) VALUES (?,?,?) \
     ON CONFLICT DO UPDATE SET cost = cost + excluded.cost";
const ADVANCE: &str = "INSERT INTO watermarks (node, generation, worker, sequence, offset) VALUES (?,?,?,?,?) \
     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, offset = excluded.offset";

/// See the module.
pub(super) struct SqliteBatch<'c> {
    pub(super) db: &'c Connection,
    pub(super) insert: CachedStatement<'c>,
    enter: CachedStatement<'c>,
    pub(super) sums: Sums,
}

impl<'c> SqliteBatch<'c> {
    pub(super) fn new(db: &'c Connection) -> rusqlite::Result<Self> {
        let insert = db.prepare_cached(row::INSERT)?;
        let enter = db.prepare_cached(ENTER)?;
        Ok(Self { db, insert, enter, sums: Sums::default() })
    }

    /// Writes the sums; the last thing before the commit.
    pub(super) fn finish(mut self) -> rusqlite::Result<()> {
        let mut add = self.db.prepare_cached(ADD_USAGE)?;
        for (packed, sum) in self.sums.take_usage() {
            let Some(key) = UsageKey::unpack(&packed) else { continue };
            add.execute(params![
                key.hour,
                key.key,
                key.team,
                key.model,
                key.provider,
                key.customer,
                sum.requests,
                sum.errors,
                sum.input,
                sum.output,
                sum.cached,
                sum.cost
            ])?;
        }
        let mut add = self.db.prepare_cached(ADD_SPENT)?;
        for ((day, key), cost) in self.sums.take_spent() {
            add.execute(params![day, id_bytes(key), cost])?;
        }
        Ok(())
    }

    /// Enters one amount into the ledger; a second entry of the same number is passed over.
    pub(super) fn enter(
        &mut self,
        row: &Row<'_>,
        attempt: usize,
        entry: i64,
        cost: i64,
    ) -> rusqlite::Result<()> {
        let request = id_bytes(row.id);
        let key = row.key.map(id_bytes);
        let s = &mut self.enter;
        s.raw_bind_parameter(1, request.as_slice())?;
        s.raw_bind_parameter(2, signed(attempt as u64))?;
        s.raw_bind_parameter(3, entry)?;
        s.raw_bind_parameter(4, row.end_time)?;
        s.raw_bind_parameter(5, key.as_ref().map(<[u8; 16]>::as_slice))?;
        s.raw_bind_parameter(6, cost)?;
        s.raw_execute().map(drop)
    }

    fn add_record(&mut self, record: &RecordFrame<'_>) -> rusqlite::Result<bool> {
        let row = Row::of(record);
        if !row.insert(&mut self.insert)? {
            return correct(self, &row, record);
        }
        for (number, attempt) in record.attempts.iter().enumerate() {
            self.enter(&row, number, 0, signed(attempt.cost))?;
        }
        self.sums.count(&row, &record.attempts, 1);
        Ok(true)
    }

    fn add_lost(&mut self, intents: &[PendingIntent]) -> rusqlite::Result<bool> {
        let Some(last) = intents.last() else { return Ok(false) };
        let row = Row::lost(last, intents.len());
        if !row.insert(&mut self.insert)? {
            return Ok(false);
        }
        for (place, intent) in intents.iter().enumerate() {
            // The hold is one for the whole call, and the attempt that was under way is the last.
            let cost = if place + 1 == intents.len() { row.totals.cost } else { 0 };
            self.enter(&row, usize::from(intent.attempt), 0, cost)?;
        }
        self.sums.count(&row, &[], 1);
        Ok(true)
    }

    fn write(&self, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<()> {
        self.db.prepare_cached(sql)?.execute(values).map(drop)
    }
}

impl Batch for SqliteBatch<'_> {
    fn record(&mut self, record: &RecordFrame<'_>) -> Result<bool, StoreError> {
        self.add_record(record).map_err(StoreError::query("store a record"))
    }

    fn lost(&mut self, intents: &[PendingIntent]) -> Result<bool, StoreError> {
        self.add_lost(intents).map_err(StoreError::query("store a lost call"))
    }

    fn keep_pending(&mut self, node: u64, intent: &IntentFrame<'_>) -> Result<(), StoreError> {
        let failed = || StoreError::query("keep an open call");
        let damaged = |_| StoreError::Damaged { what: "an intent" };
        let request = id_bytes(intent.request);
        let mut query = self
            .db
            .prepare_cached("SELECT intent FROM pending WHERE node = ? AND request = ? AND attempt = ?")
            .map_err(failed())?;
        let kept: Option<String> = query
            .query_row(params![node.cast_signed(), request, intent.attempt], |row| row.get(0))
            .optional()
            .map_err(failed())?;
        let mut intent = PendingIntent::new(intent);
        if let Some(kept) = kept {
            let kept: PendingIntent = serde_json::from_str(&kept).map_err(damaged)?;
            intent.hold = intent.hold.max(kept.hold);
        }
        let text = serde_json::to_string(&intent).map_err(damaged)?;
        self.write(
            "INSERT INTO pending (node, request, attempt, intent) VALUES (?,?,?,?) \
             ON CONFLICT DO UPDATE SET intent = excluded.intent",
            params![node.cast_signed(), request, intent.attempt, text],
        )
        .map_err(failed())
    }

    fn drop_pending(&mut self, node: u64, request: u128) -> Result<(), StoreError> {
        let values = params![node.cast_signed(), id_bytes(request)];
        self.write("DELETE FROM pending WHERE node = ? AND request = ?", values)
            .map_err(StoreError::query("forget an open call"))
    }

    fn advance(&mut self, node: u64, segment: SegmentId, offset: u64) -> Result<(), StoreError> {
        let values = params![
            node.cast_signed(),
            segment.generation.cast_signed(),
            segment.worker,
            segment.sequence.cast_signed(),
            signed(offset)
        ];
        self.write(ADVANCE, values).map_err(StoreError::query("note how far the journal is read"))
    }

    fn forget_chain(&mut self, node: u64, segment: SegmentId) -> Result<(), StoreError> {
        let values = params![node.cast_signed(), segment.generation.cast_signed(), segment.worker];
        self.write("DELETE FROM watermarks WHERE node = ? AND generation = ? AND worker = ?", values)
            .map_err(StoreError::query("forget a journal that is read"))
    }
}
