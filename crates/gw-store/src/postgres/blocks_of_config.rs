//! Providers and models that the API manages.

use super::bytes::clean;
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::session::Values;
use crate::error::StoreError;
use crate::traits::BlockStore;
use crate::types::StoredBlock;
use tokio_postgres::Row;

/// How changes call them.
const KIND: &str = "config";
const COLUMNS: &str = "kind, name, document, sealed, created_at, updated_at, revision";
const UPDATE: &str = "UPDATE config_blocks SET document = $3, sealed = $4, updated_at = $5, revision = $6 \
     WHERE kind = $1 AND name = $2 AND revision = $6::bigint - 1";

impl BlockStore for PostgresStore {
    fn blocks(&self) -> Result<Vec<StoredBlock>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM config_blocks ORDER BY kind, name");
        let read = self.run("list blocks of the configuration", ANSWER_LIMIT, async |db| {
            let decode = |row: &Row| {
                Ok(StoredBlock {
                    kind: row.try_get(0)?,
                    name: row.try_get(1)?,
                    document: row.try_get(2)?,
                    sealed: row.try_get(3)?,
                    created_at: row.try_get(4)?,
                    updated_at: row.try_get(5)?,
                    revision: row.try_get(6)?,
                })
            };
            db.query(&sql, &[]).await?.iter().map(decode).collect()
        });
        self.standby.or_blocks(read)
    }

    fn create_block(&self, new: &StoredBlock) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO config_blocks ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let change = (new.created_at, KIND, new.name.as_str());
        let made = self.change("create a block of the configuration", change, async |db, _| {
            let values: Values<'_> = &[
                &new.kind,
                &new.name,
                &clean(&new.document),
                &new.sealed,
                &new.created_at,
                &new.updated_at,
                &new.revision,
            ];
            match db.execute(&sql, values).await {
                Err(fault) if fault.is_taken() => {
                    Err(StoreError::NameTaken { name: new.name.clone() }.into())
                }
                other => other.map(Some),
            }
        });
        made.map(drop)
    }

    fn update_block(&self, changed: &StoredBlock) -> Result<bool, StoreError> {
        let change = (changed.updated_at, KIND, changed.name.as_str());
        let done = self.change("change a block of the configuration", change, async |db, _| {
            let values: Values<'_> = &[
                &changed.kind,
                &changed.name,
                &clean(&changed.document),
                &changed.sealed,
                &changed.updated_at,
                &changed.revision,
            ];
            Ok((db.execute(UPDATE, values).await? > 0).then_some(()))
        })?;
        Ok(done.is_some())
    }

    fn delete_block(&self, kind: &str, name: &str, revision: Option<i64>) -> Result<bool, StoreError> {
        let sql = "DELETE FROM config_blocks \
             WHERE kind = $1 AND name = $2 AND revision = COALESCE($3::bigint, revision)";
        let change = (self.clock(), KIND, name);
        let done = self.change("delete a block of the configuration", change, async |db, _| {
            Ok((db.execute(sql, &[&kind, &name, &revision]).await? > 0).then_some(()))
        })?;
        Ok(done.is_some())
    }
}
