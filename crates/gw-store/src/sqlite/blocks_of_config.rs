//! Providers and models that the API manages.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::BlockStore;
use crate::types::StoredBlock;
use rusqlite::{ErrorCode, Row, params};

const COLUMNS: &str = "kind, name, document, sealed, created_at, updated_at, revision";

impl BlockStore for SqliteStore {
    fn blocks(&self) -> Result<Vec<StoredBlock>, StoreError> {
        self.read("list blocks of the configuration", |db| {
            let sql = format!("SELECT {COLUMNS} FROM config_blocks ORDER BY kind, name");
            db.prepare_cached(&sql)?.query_map([], decode)?.collect()
        })
    }

    fn create_block(&self, new: &StoredBlock) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO config_blocks ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        let StoredBlock { kind, name, document, sealed, created_at, updated_at, revision } = new;
        let values = params![kind, name, document, sealed, created_at, updated_at, revision];
        match self.writer().execute(&sql, values) {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(StoreError::NameTaken { name: name.clone() })
            }
            Err(error) => Err(StoreError::query("create a block of the configuration")(error)),
        }
    }

    fn update_block(&self, changed: &StoredBlock) -> Result<bool, StoreError> {
        let sql = "UPDATE config_blocks SET document = ?3, sealed = ?4, updated_at = ?5, revision = ?6 \
                   WHERE kind = ?1 AND name = ?2 AND revision = ?6 - 1";
        let StoredBlock { kind, name, document, sealed, updated_at, revision, .. } = changed;
        let done = self.writer().execute(sql, params![kind, name, document, sealed, updated_at, revision]);
        done.map(|rows| rows > 0).map_err(StoreError::query("change a block of the configuration"))
    }

    fn delete_block(&self, kind: &str, name: &str, revision: Option<i64>) -> Result<bool, StoreError> {
        let sql =
            "DELETE FROM config_blocks WHERE kind = ?1 AND name = ?2 AND revision = COALESCE(?3, revision)";
        let done = self.writer().execute(sql, params![kind, name, revision]);
        done.map(|rows| rows > 0).map_err(StoreError::query("delete a block of the configuration"))
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredBlock> {
    Ok(StoredBlock {
        kind: row.get(0)?,
        name: row.get(1)?,
        document: row.get(2)?,
        sealed: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
        revision: row.get(6)?,
    })
}
