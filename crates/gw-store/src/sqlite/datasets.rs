//! Datasets and what is in them.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::traits::DatasetStore;
use crate::types::page::fill;
use crate::types::{DatasetId, ItemChanges, ItemId, PageSize, StoredDataset, StoredItem, StoredView};
use gw_model::RequestId;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, owner, place, name, description, created_at, updated_at, revision, origins";

impl DatasetStore for SqliteStore {
    fn datasets(&self) -> Result<Vec<(StoredDataset, usize)>, StoreError> {
        self.read("list datasets", |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS}, (SELECT COUNT(*) FROM dataset_items i WHERE i.dataset = datasets.id) \
                 FROM datasets ORDER BY id"
            ))?;
            query.query_map([], decode)?.collect()
        })
    }

    fn dataset(&self, id: DatasetId) -> Result<Option<(StoredDataset, usize)>, StoreError> {
        self.read("read a dataset", |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS}, (SELECT COUNT(*) FROM dataset_items i WHERE i.dataset = datasets.id) \
                 FROM datasets WHERE id = ?"
            ))?;
            query.query_row([id.to_string()], decode).optional()
        })
    }

    fn create_dataset(&self, new: &StoredDataset) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO datasets ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        let (id, place) = (new.id.to_string(), StoredView::column_of(new.place));
        let StoredDataset { owner, name, description, created_at, updated_at, revision, origins, .. } = new;
        let values = params![id, owner, place, name, description, created_at, updated_at, revision, origins];
        self.writer().execute(&sql, values).map(drop).map_err(StoreError::query("create a dataset"))
    }

    fn update_dataset(&self, changed: &StoredDataset) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE datasets SET place = ?2, name = ?3, description = ?4, updated_at = ?5, revision = ?6 \
             WHERE id = ?1 AND revision = ?6 - 1",
            params![
                changed.id.to_string(),
                StoredView::column_of(changed.place),
                changed.name,
                changed.description,
                changed.updated_at,
                changed.revision
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("change a dataset"))
    }

    fn delete_dataset(&self, id: DatasetId) -> Result<bool, StoreError> {
        let done = self.write(|db| {
            db.execute("DELETE FROM dataset_items WHERE dataset = ?", [id.to_string()])?;
            let gone = db.execute("DELETE FROM datasets WHERE id = ?", [id.to_string()])?;
            Ok((gone > 0).then_some(()))
        });
        done.map(|done| done.is_some()).map_err(StoreError::query("delete a dataset"))
    }

    fn items(
        &self,
        dataset: DatasetId,
        after: Option<ItemId>,
        page: PageSize,
    ) -> Result<Vec<StoredItem>, StoreError> {
        self.read("read items of a dataset", |db| {
            let mut query = db.prepare_cached(
                "SELECT id, source, created_at, updated_at, sealed FROM dataset_items \
                 WHERE dataset = ? AND id > ? ORDER BY id LIMIT ?",
            )?;
            let after = after.map_or_else(String::new, |after| after.to_string());
            let limit = i64::try_from(page.rows).unwrap_or(i64::MAX);
            let mut rows = query.query(params![dataset.to_string(), after, limit])?;
            let next = || rows.next()?.map(decode_item).transpose();
            fill(page, next, |item| item.sealed.len())
        })
    }

    fn item_sources(&self, dataset: DatasetId) -> Result<Vec<RequestId>, StoreError> {
        self.read("read items of a dataset", |db| {
            let mut query = db.prepare_cached(
                "SELECT source FROM dataset_items WHERE dataset = ? AND source IS NOT NULL ORDER BY source",
            )?;
            let read = |row: &Row<'_>| Ok(RequestId(u128::from_be_bytes(row.get(0)?)));
            query.query_map([dataset.to_string()], read)?.collect()
        })
    }

    fn change_items(&self, dataset: DatasetId, changes: &ItemChanges) -> Result<bool, StoreError> {
        let done = self.write(|db| change(db, &dataset.to_string(), changes));
        done.map(|done| done.is_some()).map_err(StoreError::query("change items of a dataset"))
    }
}

fn change(db: &Connection, dataset: &str, changes: &ItemChanges) -> rusqlite::Result<Option<()>> {
    let (found, becomes) = changes.origins.as_ref().map(|(found, becomes)| (found, becomes)).unzip();
    let touched = db.execute(
        "UPDATE datasets SET updated_at = ?1, origins = COALESCE(?3, origins) \
         WHERE id = ?4 AND origins = COALESCE(?2, origins)",
        params![changes.now, found, becomes, dataset],
    )?;
    if touched == 0 {
        return Ok(None);
    }
    let mut remove = db.prepare_cached("DELETE FROM dataset_items WHERE dataset = ? AND id = ?")?;
    for id in &changes.remove {
        remove.execute(params![dataset, id.to_string()])?;
    }
    let mut write = db.prepare_cached(
        "INSERT OR REPLACE INTO dataset_items (dataset, id, source, created_at, updated_at, sealed) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    for item in &changes.write {
        let source = item.source.map(|source| id_bytes(source.0));
        write.execute(params![
            dataset,
            item.id.to_string(),
            source.as_ref().map(<[u8; 16]>::as_slice),
            item.created_at,
            item.updated_at,
            item.sealed
        ])?;
    }
    if changes.write.is_empty() {
        return Ok(Some(()));
    }
    let mut sums = db.prepare_cached(
        "SELECT COUNT(*), COALESCE(SUM(LENGTH(sealed)), 0) FROM dataset_items WHERE dataset = ?",
    )?;
    let (count, bytes): (i64, i64) = sums.query_row([dataset], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let fits = usize::try_from(count).is_ok_and(|count| count <= changes.most)
        && u64::try_from(bytes).is_ok_and(|bytes| bytes <= changes.most_bytes);
    Ok(fits.then_some(()))
}

fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "it can not be read".into())
}

fn decode(row: &Row<'_>) -> rusqlite::Result<(StoredDataset, usize)> {
    let (id, place): (String, String) = (row.get(0)?, row.get(2)?);
    let dataset = StoredDataset {
        id: id.parse().map_err(|_| unreadable(0))?,
        owner: row.get(1)?,
        place: StoredView::place_of(&place).ok_or_else(|| unreadable(2))?,
        name: row.get(3)?,
        description: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
        revision: row.get(7)?,
        origins: row.get(8)?,
    };
    Ok((dataset, usize::try_from(row.get::<_, i64>(9)?).unwrap_or(0)))
}

fn decode_item(row: &Row<'_>) -> rusqlite::Result<StoredItem> {
    let id: String = row.get(0)?;
    let source: Option<[u8; 16]> = row.get(1)?;
    Ok(StoredItem {
        id: id.parse().map_err(|_| unreadable(0))?,
        source: source.map(|source| RequestId(u128::from_be_bytes(source))),
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        sealed: row.get(4)?,
    })
}
