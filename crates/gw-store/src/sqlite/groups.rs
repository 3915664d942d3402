//! Groups of directories.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::GroupStore;
use crate::types::{GroupId, StoredGroup};
use gw_model::AccountId;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str =
    "id, organization, name, external_id, members, created_at, updated_at, revision, unique_name";

impl GroupStore for SqliteStore {
    fn groups(&self, organization: Option<AccountId>) -> Result<Vec<StoredGroup>, StoreError> {
        self.read("list groups", |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM scim_groups WHERE ?1 IS NULL OR organization = ?1 ORDER BY id"
            ))?;
            query.query_map([organization.map(|id| id.to_string())], decode)?.collect()
        })
    }

    fn group(&self, id: GroupId) -> Result<Option<StoredGroup>, StoreError> {
        self.read("read a group", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM scim_groups WHERE id = ?"))?;
            query.query_row([id.to_string()], decode).optional()
        })
    }

    fn create_group(&self, new: &StoredGroup) -> Result<(), StoreError> {
        let done = self.writer().execute(
            &format!("INSERT INTO scim_groups ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
            params![
                new.id.to_string(),
                new.organization.to_string(),
                new.name,
                new.external_id,
                new.members_text(),
                new.created_at,
                new.updated_at,
                new.revision,
                new.unique_name()
            ],
        );
        done.map(drop).map_err(|source| failed("create a group", new, source))
    }

    fn update_group(&self, changed: &StoredGroup) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE scim_groups SET name = ?2, unique_name = ?3, external_id = ?4, members = ?5, updated_at = ?6, \
             revision = ?7 WHERE id = ?1 AND revision = ?7 - 1",
            params![
                changed.id.to_string(),
                changed.name,
                changed.unique_name(),
                changed.external_id,
                changed.members_text(),
                changed.updated_at,
                changed.revision
            ],
        );
        done.map(|rows| rows > 0).map_err(|source| failed("change a group", changed, source))
    }

    fn delete_group(&self, id: GroupId) -> Result<bool, StoreError> {
        let done = self.writer().execute("DELETE FROM scim_groups WHERE id = ?1", [id.to_string()]);
        done.map(|rows| rows > 0).map_err(StoreError::query("delete a group"))
    }
}

fn failed(operation: &'static str, group: &StoredGroup, source: rusqlite::Error) -> StoreError {
    if source.to_string().contains("scim_groups.unique_name") {
        return StoreError::NameTaken { name: group.name.clone() };
    }
    StoreError::Query { operation, source }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredGroup> {
    let unreadable =
        |column| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "it can not be read".into());
    let (id, organization, members): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(4)?);
    Ok(StoredGroup {
        id: id.parse().map_err(|_| unreadable(0))?,
        organization: organization.parse().map_err(|_| unreadable(1))?,
        name: row.get(2)?,
        external_id: row.get(3)?,
        members: StoredGroup::members_of(&members).ok_or_else(|| unreadable(4))?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
        revision: row.get(7)?,
    })
}
