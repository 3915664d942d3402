//! Groups of directories.

use super::bytes::clean;
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::Values;
use crate::error::StoreError;
use crate::traits::GroupStore;
use crate::types::{GroupId, StoredGroup};
use gw_model::AccountId;
use tokio_postgres::Row;

const COLUMNS: &str =
    "id, organization, name, external_id, members, created_at, updated_at, revision, unique_name";
const UPDATE: &str = "UPDATE scim_groups SET name = $2, unique_name = $3, external_id = $4, members = $5, \
     updated_at = $6, revision = $7 WHERE id = $1 AND revision = $7::bigint - 1";

impl GroupStore for PostgresStore {
    fn groups(&self, organization: Option<AccountId>) -> Result<Vec<StoredGroup>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM scim_groups WHERE $1::text IS NULL OR organization = $1 ORDER BY id"
        );
        let organization = organization.map(|id| id.to_string());
        self.run("list groups", BULK_LIMIT, async |db| {
            db.query(&sql, &[&organization]).await?.iter().map(decode).collect()
        })
    }

    fn group(&self, id: GroupId) -> Result<Option<StoredGroup>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM scim_groups WHERE id = $1");
        self.run("read a group", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&id.to_string()]).await?.as_ref().map(decode).transpose()
        })
    }

    fn create_group(&self, new: &StoredGroup) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO scim_groups ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let unique_name = new.unique_name();
        self.transaction("create a group", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &new.id.to_string(),
                &new.organization.to_string(),
                &clean(&new.name),
                &new.external_id.as_deref().map(clean),
                &new.members_text(),
                &new.created_at,
                &new.updated_at,
                &new.revision,
                &clean(&unique_name),
            ];
            db.execute(&sql, values).await.map(drop).map_err(|fault| taken(fault, new))
        })
    }

    fn update_group(&self, changed: &StoredGroup) -> Result<bool, StoreError> {
        let unique_name = changed.unique_name();
        self.transaction("change a group", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &changed.id.to_string(),
                &clean(&changed.name),
                &clean(&unique_name),
                &changed.external_id.as_deref().map(clean),
                &changed.members_text(),
                &changed.updated_at,
                &changed.revision,
            ];
            db.execute(UPDATE, values).await.map(|rows| rows > 0).map_err(|fault| taken(fault, changed))
        })
    }

    fn delete_group(&self, id: GroupId) -> Result<bool, StoreError> {
        self.transaction("delete a group", ANSWER_LIMIT, async |db| {
            Ok(db.execute("DELETE FROM scim_groups WHERE id = $1", &[&id.to_string()]).await? > 0)
        })
    }
}

fn taken(fault: Fault, group: &StoredGroup) -> Fault {
    if fault.is_taken() {
        return StoreError::NameTaken { name: group.name.clone() }.into();
    }
    fault
}

fn decode(row: &Row) -> Result<StoredGroup, Fault> {
    let damaged = || StoreError::Damaged { what: "a group of a directory" };
    let (id, organization, members): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(4)?);
    Ok(StoredGroup {
        id: id.parse().map_err(|_| damaged())?,
        organization: organization.parse().map_err(|_| damaged())?,
        name: row.try_get(2)?,
        external_id: row.try_get(3)?,
        members: StoredGroup::members_of(members).ok_or_else(damaged)?,
        created_at: row.try_get(5)?,
        updated_at: row.try_get(6)?,
        revision: row.try_get(7)?,
    })
}
