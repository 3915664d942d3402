//! Exports of records: what is to be written, and how far it is.

use super::bytes::{Id, clean, limit};
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::Values;
use crate::error::StoreError;
use crate::traits::ExportStore;
use crate::types::{ExportState, StoredExport};
use gw_model::Micros;
use tokio_postgres::Row;

const COLUMNS: &str = "id, state, node, touched, revision, job";

impl ExportStore for PostgresStore {
    fn exports(&self, before: Option<u128>, most: usize) -> Result<Vec<StoredExport>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exports WHERE id < $1 ORDER BY id DESC LIMIT $2");
        self.run("list exports", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[&Id(before.unwrap_or(u128::MAX)), &limit(most)];
            db.query(&sql, values).await?.iter().map(decode).collect()
        })
    }

    fn open_exports(&self, most: usize) -> Result<Vec<StoredExport>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exports WHERE state < 2 ORDER BY id LIMIT $1");
        self.run("list exports", ANSWER_LIMIT, async |db| {
            db.query(&sql, &[&limit(most)]).await?.iter().map(decode).collect()
        })
    }

    fn export(&self, id: u128) -> Result<Option<StoredExport>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exports WHERE id = $1");
        self.run("read an export", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&Id(id)]).await?.as_ref().map(decode).transpose()
        })
    }

    fn add_export(&self, new: &StoredExport) -> Result<bool, StoreError> {
        let sql =
            format!("INSERT INTO exports ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING");
        let job = clean(&new.job).into_owned();
        let added = self.transaction("add an export", ANSWER_LIMIT, async |db| {
            let (id, state, node) = (Id(new.id), new.state.code(), new.node.cast_signed());
            db.execute(&sql, &[&id, &state, &node, &new.touched_at, &new.revision, &job]).await
        })?;
        Ok(added > 0)
    }

    fn change_export(&self, changed: &StoredExport) -> Result<bool, StoreError> {
        let job = clean(&changed.job).into_owned();
        let done = self.transaction("change an export", ANSWER_LIMIT, async |db| {
            let (id, state, node) = (Id(changed.id), changed.state.code(), changed.node.cast_signed());
            db.execute(
                "UPDATE exports SET state = $2, node = $3, touched = $4, revision = $5, job = $6 \
                 WHERE id = $1 AND revision = $5::bigint - 1",
                &[&id, &state, &node, &changed.touched_at, &changed.revision, &job],
            )
            .await
        })?;
        Ok(done > 0)
    }

    fn remove_exports(&self, before: Micros, most: usize) -> Result<Vec<StoredExport>, StoreError> {
        let sql = format!(
            "DELETE FROM exports WHERE id IN (SELECT id FROM exports WHERE state >= 2 AND touched < $1 LIMIT $2) \
             RETURNING {COLUMNS}"
        );
        self.transaction("remove old exports", ANSWER_LIMIT, async |db| {
            db.query(&sql, &[&before, &limit(most)]).await?.iter().map(decode).collect()
        })
    }
}

fn decode(row: &Row) -> Result<StoredExport, Fault> {
    Ok(StoredExport {
        id: row.try_get::<_, Id>(0)?.0,
        state: ExportState::of_code(row.try_get(1)?),
        node: row.try_get::<_, i64>(2)?.cast_unsigned(),
        touched_at: row.try_get(3)?,
        revision: row.try_get(4)?,
        job: row.try_get(5)?,
    })
}
