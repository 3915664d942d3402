//! Work that is done in the background by whichever node takes it first: exports, re-costings. Each sort has a table, and all
//! tables have the same columns.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::types::{JobState, StoredJob};
use gw_model::Micros;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, state, node, touched, revision, job";

/// The jobs of one table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jobs {
    pub(super) table: &'static str,
    /// What they are, for messages.
    pub(super) what: &'static str,
}

impl Jobs {
    /// Those of before an id, the latest first.
    pub(super) fn list(
        self,
        store: &SqliteStore,
        before: Option<u128>,
        limit: usize,
    ) -> Result<Vec<StoredJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} WHERE id < ? ORDER BY id DESC LIMIT ?", self.table);
        let values = params![id_bytes(before.unwrap_or(u128::MAX)), i64::try_from(limit).unwrap_or(i64::MAX)];
        store.read(self.what, |db| db.prepare_cached(&sql)?.query_map(values, decode)?.collect())
    }

    /// Those that wait or are being done, the first first.
    pub(super) fn open(self, store: &SqliteStore, limit: usize) -> Result<Vec<StoredJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} WHERE state < 2 ORDER BY id LIMIT ?", self.table);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        store.read(self.what, |db| db.prepare_cached(&sql)?.query_map([limit], decode)?.collect())
    }

    /// The one of that id.
    pub(super) fn find(self, store: &SqliteStore, id: u128) -> Result<Option<StoredJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} WHERE id = ?", self.table);
        store.read(self.what, |db| db.prepare_cached(&sql)?.query_row([id_bytes(id)], decode).optional())
    }

    /// Adds one; false when it is there, or the table has no room for it.
    pub(super) fn add(self, store: &SqliteStore, new: &StoredJob) -> Result<bool, StoreError> {
        let sql = format!(
            "INSERT INTO {} ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            self.table
        );
        let values = params![
            id_bytes(new.id),
            new.state.code(),
            new.node.cast_signed(),
            new.touched_at,
            new.revision,
            new.job
        ];
        let added = store.writer().execute(&sql, values);
        added.map(|rows| rows > 0).map_err(StoreError::query(self.what))
    }

    /// Replaces one, if its revision is the one behind the present one.
    pub(super) fn change(self, store: &SqliteStore, changed: &StoredJob) -> Result<bool, StoreError> {
        self.change_in(&store.writer(), changed).map_err(StoreError::query(self.what))
    }

    /// The same within a transaction.
    pub(super) fn change_in(self, db: &Connection, changed: &StoredJob) -> rusqlite::Result<bool> {
        let sql = format!(
            "UPDATE {} SET state = ?2, node = ?3, touched = ?4, revision = ?5, job = ?6 \
             WHERE id = ?1 AND revision = ?5 - 1",
            self.table
        );
        let values = params![
            id_bytes(changed.id),
            changed.state.code(),
            changed.node.cast_signed(),
            changed.touched_at,
            changed.revision,
            changed.job
        ];
        db.execute(&sql, values).map(|rows| rows > 0)
    }

    /// Removes some of those that are over and were last touched before a time, and gives them.
    pub(super) fn remove(
        self,
        store: &SqliteStore,
        before: Micros,
        most: usize,
    ) -> Result<Vec<StoredJob>, StoreError> {
        let sql = format!(
            "DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE state >= 2 AND touched < ? LIMIT ?) \
             RETURNING {COLUMNS}",
            self.table
        );
        let values = params![before, i64::try_from(most).unwrap_or(i64::MAX)];
        let db = store.writer();
        let remove = || db.prepare_cached(&sql)?.query_map(values, decode)?.collect::<rusqlite::Result<_>>();
        remove().map_err(StoreError::query(self.what))
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredJob> {
    Ok(StoredJob {
        id: u128::from_be_bytes(row.get(0)?),
        state: JobState::of_code(row.get(1)?),
        node: row.get::<_, i64>(2)?.cast_unsigned(),
        touched_at: row.get(3)?,
        revision: row.get(4)?,
        job: row.get(5)?,
    })
}
