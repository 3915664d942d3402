//! Saved views.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::ViewStore;
use crate::types::{StoredView, ViewId};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str = "id, owner, place, name, filters, created_at, updated_at, revision";

impl ViewStore for SqliteStore {
    fn views(&self) -> Result<Vec<StoredView>, StoreError> {
        self.read("list saved views", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM saved_views ORDER BY id"))?;
            query.query_map([], decode)?.collect()
        })
    }

    fn view(&self, id: ViewId) -> Result<Option<StoredView>, StoreError> {
        self.read("read a saved view", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM saved_views WHERE id = ?"))?;
            query.query_row([id.to_string()], decode).optional()
        })
    }

    fn create_view(&self, new: &StoredView) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO saved_views ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        let place = StoredView::column_of(new.place);
        let id = new.id.to_string();
        let StoredView { owner, name, filters, created_at, updated_at, revision, .. } = new;
        let values = params![id, owner, place, name, filters, created_at, updated_at, revision];
        self.writer().execute(&sql, values).map(drop).map_err(StoreError::query("create a saved view"))
    }

    fn update_view(&self, changed: &StoredView) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE saved_views SET place = ?2, name = ?3, filters = ?4, updated_at = ?5, revision = ?6 \
             WHERE id = ?1 AND revision = ?6 - 1",
            params![
                changed.id.to_string(),
                StoredView::column_of(changed.place),
                changed.name,
                changed.filters,
                changed.updated_at,
                changed.revision
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("change a saved view"))
    }

    fn delete_view(&self, id: ViewId) -> Result<bool, StoreError> {
        let done = self.writer().execute("DELETE FROM saved_views WHERE id = ?1", [id.to_string()]);
        done.map(|rows| rows > 0).map_err(StoreError::query("delete a saved view"))
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredView> {
    let unreadable =
        |column| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "it can not be read".into());
    let (id, place): (String, String) = (row.get(0)?, row.get(2)?);
    Ok(StoredView {
        id: id.parse().map_err(|_| unreadable(0))?,
        owner: row.get(1)?,
        place: StoredView::place_of(&place).ok_or_else(|| unreadable(2))?,
        name: row.get(3)?,
        filters: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
        revision: row.get(7)?,
    })
}
