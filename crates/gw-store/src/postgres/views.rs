//! Saved views.

use super::bytes::clean;
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::Values;
use crate::error::StoreError;
use crate::traits::ViewStore;
use crate::types::{StoredView, ViewId};
use tokio_postgres::Row;

const COLUMNS: &str = "id, owner, place, name, filters, created_at, updated_at, revision";
const UPDATE: &str = "UPDATE saved_views SET place = $2, name = $3, filters = $4, updated_at = $5, revision = $6 \
     WHERE id = $1 AND revision = $6::bigint - 1";

impl ViewStore for PostgresStore {
    fn views(&self) -> Result<Vec<StoredView>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM saved_views ORDER BY id COLLATE \"C\"");
        self.run("list saved views", ANSWER_LIMIT, async |db| {
            db.query(&sql, &[]).await?.iter().map(decode).collect()
        })
    }

    fn view(&self, id: ViewId) -> Result<Option<StoredView>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM saved_views WHERE id = $1");
        self.run("read a saved view", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&id.to_string()]).await?.as_ref().map(decode).transpose()
        })
    }

    fn create_view(&self, new: &StoredView) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO saved_views ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        self.transaction("create a saved view", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &new.id.to_string(),
                &clean(&new.owner),
                &StoredView::column_of(new.place),
                &clean(&new.name),
                &clean(&new.filters),
                &new.created_at,
                &new.updated_at,
                &new.revision,
            ];
            db.execute(&sql, values).await.map(drop)
        })
    }

    fn update_view(&self, changed: &StoredView) -> Result<bool, StoreError> {
        self.transaction("change a saved view", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &changed.id.to_string(),
                &StoredView::column_of(changed.place),
                &clean(&changed.name),
                &clean(&changed.filters),
                &changed.updated_at,
                &changed.revision,
            ];
            Ok(db.execute(UPDATE, values).await? > 0)
        })
    }

    fn delete_view(&self, id: ViewId) -> Result<bool, StoreError> {
        self.transaction("delete a saved view", ANSWER_LIMIT, async |db| {
            Ok(db.execute("DELETE FROM saved_views WHERE id = $1", &[&id.to_string()]).await? > 0)
        })
    }
}

fn decode(row: &Row) -> Result<StoredView, Fault> {
    let damaged = || StoreError::Damaged { what: "a saved view" };
    let (id, place): (&str, &str) = (row.try_get(0)?, row.try_get(2)?);
    Ok(StoredView {
        id: id.parse().map_err(|_| damaged())?,
        owner: row.try_get(1)?,
        place: StoredView::place_of(place).ok_or_else(damaged)?,
        name: row.try_get(3)?,
        filters: row.try_get(4)?,
        created_at: row.try_get(5)?,
        updated_at: row.try_get(6)?,
        revision: row.try_get(7)?,
    })
}
