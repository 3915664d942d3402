//! One transaction of the fold. All statements are prepared once for its whole length.

use super::blocks;
use super::correct::correct;
use super::entries::{Entries, Entry, EntryKey};
use super::names::Names;
use super::objects::put_owned;
use super::records;
use super::tolls;
use super::unsummed::Added;
use crate::error::StoreError;
use crate::journal::{IntentFrame, OwnedFrame, RecordFrame, SegmentId};
use crate::rows::{Row, TollSums, id_bytes, signed};
use crate::traits::Batch;
use crate::types::{Folded, PendingIntent};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

const ADVANCE: &str = "INSERT INTO watermarks (node, generation, worker, sequence, offset) VALUES (?,?,?,?,?) \
     ON CONFLICT DO UPDATE SET sequence = excluded.sequence, offset = excluded.offset";

/// See the module.
pub(super) struct SqliteBatch<'c> {
    pub(super) db: &'c Connection,
    pub(super) insert: CachedStatement<'c>,
    entries: Entries<'c>,
    tolls: TollSums,
    names: Names,
    /// The number of the caller of the row that was inserted last.
    caller: Option<i64>,
    /// What tells the rows of this batch from those of others.
    pub(super) number: i64,
    pub(super) added: Added,
    /// Records up to there are described.
    described: Option<u128>,
    /// What of it was new.
    pub(super) folded: Folded,
}

impl<'c> SqliteBatch<'c> {
    pub(super) fn new(db: &'c Connection, number: i64, added: Added, names: Names) -> rusqlite::Result<Self> {
        let insert = db.prepare_cached(records::INSERT)?;
        Ok(Self {
            db,
            insert,
            entries: Entries::new(db),
            tolls: TollSums::default(),
            names,
            caller: None,
            number,
            added,
            described: blocks::described_up_to(db)?,
            folded: Folded::default(),
        })
    }

    /// Writes what still waits, and tells what was added; names are good once it is committed.
    pub(super) fn finish(mut self) -> rusqlite::Result<(Added, Names)> {
        self.entries.write()?;
        tolls::write(&self.tolls, self.db)?;
        Ok((self.added, self.names))
    }

    /// Inserts a row; false when the request has one already.
    pub(super) fn insert(&mut self, row: &Row<'_>) -> rusqlite::Result<bool> {
        let named = self.names.of(row, self.db)?;
        self.caller = named.caller;
        let is_new = records::insert(row, named, &mut self.insert, self.number)?;
        if is_new {
            if self.described.is_some_and(|described| row.id <= described) {
                blocks::touch(self.db, row.id)?;
            }
            self.added.first = Some(self.added.first.map_or(row.id, |first| first.min(row.id)));
        }
        Ok(is_new)
    }

    /// Enters one amount of the row that was inserted last into the ledger; a second entry of the same number is passed over.
    pub(super) fn enter(
        &mut self,
        row: &Row<'_>,
        attempt: usize,
        entry: i64,
        cost: i64,
    ) -> rusqlite::Result<()> {
        self.entries.add(Entry {
            request: id_bytes(row.id),
            attempt: signed(attempt as u64),
            entry,
            time: row.end_time,
            key: row.key.map(|key| self.caller.map_or(EntryKey::Bytes(id_bytes(key)), EntryKey::Caller)),
            cost,
        })
    }

    /// Writes the entries that wait, so that the ledger can be asked.
    pub(super) fn write_entries(&mut self) -> rusqlite::Result<()> {
        self.entries.write()
    }

    fn add_record(&mut self, record: &RecordFrame<'_>) -> rusqlite::Result<bool> {
        let row = Row::of(record);
        if !self.insert(&row)? {
            let is_corrected = correct(self, &row, record)?;
            if is_corrected {
                // A call that was written off counted in no budget of a route.
                self.tolls.count(record);
            }
            return Ok(is_corrected);
        }
        self.tolls.count(record);
        for (number, attempt) in record.attempts.iter().enumerate() {
            self.enter(&row, number, 0, signed(attempt.cost))?;
        }
        self.added.sums.count(&row, &record.attempts, 1);
        Ok(true)
    }

    fn add_lost(&mut self, intents: &[PendingIntent]) -> rusqlite::Result<bool> {
        let Some(last) = intents.last() else { return Ok(false) };
        let row = Row::lost(last, intents.len());
        if !self.insert(&row)? {
            return Ok(false);
        }
        for (place, intent) in intents.iter().enumerate() {
            // The hold is one for the whole call, and the attempt that was under way is the last.
            let cost = if place + 1 == intents.len() { row.totals.cost } else { 0 };
            self.enter(&row, usize::from(intent.attempt), 0, cost)?;
        }
        self.added.sums.count(&row, &[], 1);
        Ok(true)
    }

    fn write(&self, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<()> {
        self.db.prepare_cached(sql)?.execute(values).map(drop)
    }
}

impl Batch for SqliteBatch<'_> {
    fn record(&mut self, record: &RecordFrame<'_>) -> Result<(), StoreError> {
        let is_new = self.add_record(record).map_err(StoreError::query("store a record"))?;
        self.folded.records += u64::from(is_new);
        Ok(())
    }

    fn own(&mut self, owned: &OwnedFrame<'_>) -> Result<(), StoreError> {
        put_owned(self.db, owned).map_err(StoreError::query("store whose an object is"))
    }

    fn lost(&mut self, intents: &[PendingIntent]) -> Result<(), StoreError> {
        let is_new = self.add_lost(intents).map_err(StoreError::query("store a lost call"))?;
        self.folded.lost += u64::from(is_new);
        Ok(())
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
