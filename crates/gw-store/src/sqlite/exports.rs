//! Exports of records: what is to be written, and how far it is.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::traits::ExportStore;
use crate::types::{ExportState, StoredExport};
use gw_model::Micros;
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str = "id, state, node, touched, revision, job";

impl ExportStore for SqliteStore {
    fn exports(&self, before: Option<u128>, limit: usize) -> Result<Vec<StoredExport>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exports WHERE id < ? ORDER BY id DESC LIMIT ?");
        let values = params![id_bytes(before.unwrap_or(u128::MAX)), i64::try_from(limit).unwrap_or(i64::MAX)];
        self.read("list exports", |db| db.prepare_cached(&sql)?.query_map(values, decode)?.collect())
    }

    fn open_exports(&self, limit: usize) -> Result<Vec<StoredExport>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exports WHERE state < 2 ORDER BY id LIMIT ?");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read("list exports", |db| db.prepare_cached(&sql)?.query_map([limit], decode)?.collect())
    }

    fn export(&self, id: u128) -> Result<Option<StoredExport>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exports WHERE id = ?");
        self.read("read an export", |db| {
            db.prepare_cached(&sql)?.query_row([id_bytes(id)], decode).optional()
        })
    }

    fn add_export(&self, new: &StoredExport) -> Result<bool, StoreError> {
        let sql = format!("INSERT INTO exports ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
        let added = self.writer().execute(
            &sql,
            params![
                id_bytes(new.id),
                new.state.code(),
                new.node.cast_signed(),
                new.touched_at,
                new.revision,
                new.job
            ],
        );
        added.map(|rows| rows > 0).map_err(StoreError::query("add an export"))
    }

    fn change_export(&self, changed: &StoredExport) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE exports SET state = ?2, node = ?3, touched = ?4, revision = ?5, job = ?6 \
             WHERE id = ?1 AND revision = ?5 - 1",
            params![
                id_bytes(changed.id),
                changed.state.code(),
                changed.node.cast_signed(),
                changed.touched_at,
                changed.revision,
                changed.job
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("change an export"))
    }

    fn remove_exports(&self, before: Micros, most: usize) -> Result<Vec<StoredExport>, StoreError> {
        let sql = format!(
            "DELETE FROM exports WHERE id IN (SELECT id FROM exports WHERE state >= 2 AND touched < ? LIMIT ?) \
             RETURNING {COLUMNS}"
        );
        let values = params![before, i64::try_from(most).unwrap_or(i64::MAX)];
        let db = self.writer();
        let remove = || db.prepare_cached(&sql)?.query_map(values, decode)?.collect::<rusqlite::Result<_>>();
        remove().map_err(StoreError::query("remove old exports"))
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredExport> {
    Ok(StoredExport {
        id: u128::from_be_bytes(row.get(0)?),
        state: ExportState::of_code(row.get(1)?),
        node: row.get::<_, i64>(2)?.cast_unsigned(),
        touched_at: row.get(3)?,
        revision: row.get(4)?,
        job: row.get(5)?,
    })
}
