//! Datasets and what is in them.

use super::bytes::{Id, clean, limit, within};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::Values;
use crate::error::StoreError;
use crate::traits::DatasetStore;
use crate::types::{DatasetId, ItemChanges, ItemId, PageSize, StoredDataset, StoredItem, StoredView};
use gw_model::RequestId;
use tokio_postgres::Row;

const COLUMNS: &str = "id, owner, place, name, description, created_at, updated_at, revision, origins";
const COUNT: &str = "(SELECT COUNT(*) FROM dataset_items i WHERE i.dataset = datasets.id)";
const UPDATE: &str = "UPDATE datasets SET place = $2, name = $3, description = $4, updated_at = $5, revision = $6 \
     WHERE id = $1 AND revision = $6::bigint - 1";
const TOUCH: &str = "UPDATE datasets SET updated_at = $2, origins = COALESCE($4, origins) \
     WHERE id = $1 AND origins = COALESCE($3, origins)";
const ITEM: &str = "id, source, created_at, updated_at, sealed";
/// Items that are neither written nor removed, and their bytes.
const OTHERS: &str = "SELECT COUNT(*), COALESCE(SUM(octet_length(sealed)), 0)::bigint FROM dataset_items \
     WHERE dataset = $1 AND NOT id = ANY($2)";
const WRITE: &str = "INSERT INTO dataset_items (dataset, id, source, created_at, updated_at, sealed) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (dataset, id) DO UPDATE SET source = excluded.source, \
     created_at = excluded.created_at, updated_at = excluded.updated_at, sealed = excluded.sealed";

impl DatasetStore for PostgresStore {
    fn datasets(&self) -> Result<Vec<(StoredDataset, usize)>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, {COUNT} FROM datasets ORDER BY id COLLATE \"C\"");
        self.run("list datasets", ANSWER_LIMIT, async |db| {
            db.query(&sql, &[]).await?.iter().map(decode).collect()
        })
    }

    fn dataset(&self, id: DatasetId) -> Result<Option<(StoredDataset, usize)>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, {COUNT} FROM datasets WHERE id = $1");
        self.run("read a dataset", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&id.to_string()]).await?.as_ref().map(decode).transpose()
        })
    }

    fn create_dataset(&self, new: &StoredDataset) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO datasets ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        self.transaction("create a dataset", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &new.id.to_string(),
                &clean(&new.owner),
                &StoredView::column_of(new.place),
                &clean(&new.name),
                &clean(&new.description),
                &new.created_at,
                &new.updated_at,
                &new.revision,
                &new.origins,
            ];
            db.execute(&sql, values).await.map(drop)
        })
    }

    fn update_dataset(&self, changed: &StoredDataset) -> Result<bool, StoreError> {
        self.transaction("change a dataset", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &changed.id.to_string(),
                &StoredView::column_of(changed.place),
                &clean(&changed.name),
                &clean(&changed.description),
                &changed.updated_at,
                &changed.revision,
            ];
            Ok(db.execute(UPDATE, values).await? > 0)
        })
    }

    fn delete_dataset(&self, id: DatasetId) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.transaction("delete a dataset", BULK_LIMIT, async |db| {
            db.execute("DELETE FROM dataset_items WHERE dataset = $1", &[&id]).await?;
            Ok(db.execute("DELETE FROM datasets WHERE id = $1", &[&id]).await? > 0)
        })
    }

    fn items(
        &self,
        dataset: DatasetId,
        after: Option<ItemId>,
        page: PageSize,
    ) -> Result<Vec<StoredItem>, StoreError> {
        let after = after.map_or_else(String::new, |after| after.to_string());
        let rows =
            format!("SELECT {ITEM} FROM dataset_items WHERE dataset = $1 AND id > $2 ORDER BY id LIMIT $3");
        let sql = within(&rows, (ITEM, "sealed", "id"), "$4");
        self.run("read items of a dataset", BULK_LIMIT, async |db| {
            let rows = db
                .query(&sql, &[&dataset.to_string(), &after, &limit(page.rows), &limit(page.bytes)])
                .await?;
            rows.iter().map(decode_item).collect()
        })
    }

    fn item_sources(&self, dataset: DatasetId) -> Result<Vec<RequestId>, StoreError> {
        const SOURCES: &str =
            "SELECT source FROM dataset_items WHERE dataset = $1 AND source IS NOT NULL ORDER BY source";
        self.run("read items of a dataset", BULK_LIMIT, async |db| {
            let rows = db.query(SOURCES, &[&dataset.to_string()]).await?;
            rows.iter().map(|row| Ok(RequestId(row.try_get::<_, Id>(0)?.0))).collect()
        })
    }

    fn change_items(&self, dataset: DatasetId, changes: &ItemChanges) -> Result<bool, StoreError> {
        let id = dataset.to_string();
        let ids: Vec<String> = changes
            .write
            .iter()
            .map(|item| item.id)
            .chain(changes.remove.iter().copied())
            .map(|id| id.to_string())
            .collect();
        let removed: Vec<String> = changes.remove.iter().map(ToString::to_string).collect();
        self.transaction("change items of a dataset", BULK_LIMIT, async |db| {
            // Held to the end, so that two who add at the same time do not go beyond the most together.
            if db.first("SELECT 1 FROM datasets WHERE id = $1 FOR UPDATE", &[&id]).await?.is_none() {
                return Ok(false);
            }
            let row = db.one(OTHERS, &[&id, &ids]).await?;
            let others = usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or(usize::MAX);
            let bytes = u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or(u64::MAX);
            let written = changes.write.iter().map(|item| item.sealed.len() as u64).sum::<u64>();
            let is_full = others.saturating_add(changes.write.len()) > changes.most
                || bytes.saturating_add(written) > changes.most_bytes;
            if is_full && !changes.write.is_empty() {
                return Ok(false);
            }
            let (found, becomes) = changes.origins.as_ref().map(|(found, becomes)| (found, becomes)).unzip();
            if db.execute(TOUCH, &[&id, &changes.now, &found, &becomes]).await? == 0 {
                return Ok(false);
            }
            let remove = "DELETE FROM dataset_items WHERE dataset = $1 AND id = ANY($2)";
            db.execute(remove, &[&id, &removed]).await?;
            for item in &changes.write {
                let source = item.source.map(|source| Id(source.0));
                let values: Values<'_> =
                    &[&id, &item.id.to_string(), &source, &item.created_at, &item.updated_at, &item.sealed];
                db.execute(WRITE, values).await?;
            }
            Ok(true)
        })
    }
}

fn decode(row: &Row) -> Result<(StoredDataset, usize), Fault> {
    let damaged = || StoreError::Damaged { what: "a dataset" };
    let (id, place): (&str, &str) = (row.try_get(0)?, row.try_get(2)?);
    let dataset = StoredDataset {
        id: id.parse().map_err(|_| damaged())?,
        owner: row.try_get(1)?,
        place: StoredView::place_of(place).ok_or_else(damaged)?,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        created_at: row.try_get(5)?,
        updated_at: row.try_get(6)?,
        revision: row.try_get(7)?,
        origins: row.try_get(8)?,
    };
    Ok((dataset, usize::try_from(row.try_get::<_, i64>(9)?).unwrap_or(0)))
}

fn decode_item(row: &Row) -> Result<StoredItem, Fault> {
    let id: &str = row.try_get(0)?;
    Ok(StoredItem {
        id: id.parse().map_err(|_| StoreError::Damaged { what: "an item of a dataset" })?,
        source: row.try_get::<_, Option<Id>>(1)?.map(|source| RequestId(source.0)),
        created_at: row.try_get(2)?,
        updated_at: row.try_get(3)?,
        sealed: row.try_get(4)?,
    })
}
