//! Work that is done in the background by whichever node takes it first: exports, re-costings. Each sort has a table, and all
//! tables have the same columns.

use super::bytes::{Id, clean, limit};
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::error::StoreError;
use crate::types::{JobState, StoredJob};
use gw_model::Micros;
use tokio_postgres::Row;

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
        store: &PostgresStore,
        before: Option<u128>,
        most: usize,
    ) -> Result<Vec<StoredJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} WHERE id < $1 ORDER BY id DESC LIMIT $2", self.table);
        store.run(self.what, ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[&Id(before.unwrap_or(u128::MAX)), &limit(most)];
            db.query(&sql, values).await?.iter().map(decode).collect()
        })
    }

    /// Those that wait or are being done, the first first.
    pub(super) fn open(self, store: &PostgresStore, most: usize) -> Result<Vec<StoredJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} WHERE state < 2 ORDER BY id LIMIT $1", self.table);
        store.run(self.what, ANSWER_LIMIT, async |db| {
            db.query(&sql, &[&limit(most)]).await?.iter().map(decode).collect()
        })
    }

    /// The one of that id.
    pub(super) fn find(self, store: &PostgresStore, id: u128) -> Result<Option<StoredJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} WHERE id = $1", self.table);
        store.run(self.what, ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&Id(id)]).await?.as_ref().map(decode).transpose()
        })
    }

    /// Adds one; false when it is there, or the table has no room for it.
    pub(super) fn add(self, store: &PostgresStore, new: &StoredJob) -> Result<bool, StoreError> {
        let sql = format!(
            "INSERT INTO {} ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            self.table
        );
        let job = clean(&new.job).into_owned();
        let added = store.transaction(self.what, ANSWER_LIMIT, async |db| {
            let (id, state, node) = (Id(new.id), new.state.code(), new.node.cast_signed());
            db.execute(&sql, &[&id, &state, &node, &new.touched_at, &new.revision, &job]).await
        })?;
        Ok(added > 0)
    }

    /// Replaces one, if its revision is the one behind the present one.
    pub(super) fn change(self, store: &PostgresStore, changed: &StoredJob) -> Result<bool, StoreError> {
        store.transaction(self.what, ANSWER_LIMIT, async |db| self.change_in(db, changed).await)
    }

    /// The same within a transaction.
    pub(super) async fn change_in(self, db: &mut Db<'_>, changed: &StoredJob) -> Result<bool, Fault> {
        let sql = format!(
            "UPDATE {} SET state = $2, node = $3, touched = $4, revision = $5, job = $6 \
             WHERE id = $1 AND revision = $5::bigint - 1",
            self.table
        );
        let job = clean(&changed.job).into_owned();
        let (id, state, node) = (Id(changed.id), changed.state.code(), changed.node.cast_signed());
        let values: Values<'_> = &[&id, &state, &node, &changed.touched_at, &changed.revision, &job];
        Ok(db.execute(&sql, values).await? > 0)
    }

    /// Removes some of those that are over and were last touched before a time, and gives them.
    pub(super) fn remove(
        self,
        store: &PostgresStore,
        before: Micros,
        most: usize,
    ) -> Result<Vec<StoredJob>, StoreError> {
        let sql = format!(
            "DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE state >= 2 AND touched < $1 LIMIT $2) \
             RETURNING {COLUMNS}",
            self.table
        );
        store.transaction(self.what, ANSWER_LIMIT, async |db| {
            db.query(&sql, &[&before, &limit(most)]).await?.iter().map(decode).collect()
        })
    }
}

fn decode(row: &Row) -> Result<StoredJob, Fault> {
    Ok(StoredJob {
        id: row.try_get::<_, Id>(0)?.0,
        state: JobState::of_code(row.try_get(1)?),
        node: row.try_get::<_, i64>(2)?.cast_unsigned(),
        touched_at: row.try_get(3)?,
        revision: row.try_get(4)?,
        job: row.try_get(5)?,
    })
}
