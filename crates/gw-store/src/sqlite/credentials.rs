//! Credentials of providers that the API manages, sealed.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::CredentialStore;
use crate::types::StoredCredential;
use gw_model::Micros;
use rusqlite::{ErrorCode, Row, params};

const COLUMNS: &str = "name, sealed, last4, description, created_at, updated_at";

impl CredentialStore for SqliteStore {
    fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        self.read("list credentials", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM credentials ORDER BY name"))?;
            query.query_map([], decode)?.collect()
        })
    }

    fn create_credential(&self, new: &StoredCredential) -> Result<(), StoreError> {
        let done = self.writer().execute(
            &format!("INSERT INTO credentials ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
            params![new.name, new.sealed, new.last4, new.description, new.created_at, new.updated_at],
        );
        match done {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(StoreError::NameTaken { name: new.name.clone() })
            }
            Err(error) => Err(StoreError::query("create a credential")(error)),
        }
    }

    fn update_credential(&self, changed: &StoredCredential, now: Micros) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE credentials SET sealed = ?2, last4 = ?3, description = ?4, updated_at = ?5 \
             WHERE name = ?1 AND updated_at = ?6",
            params![
                changed.name,
                changed.sealed,
                changed.last4,
                changed.description,
                now,
                changed.updated_at
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("change a credential"))
    }

    fn delete_credential(&self, name: &str, seen: Micros) -> Result<bool, StoreError> {
        let done = self
            .writer()
            .execute("DELETE FROM credentials WHERE name = ?1 AND updated_at = ?2", params![name, seen]);
        done.map(|rows| rows > 0).map_err(StoreError::query("delete a credential"))
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredCredential> {
    Ok(StoredCredential {
        name: row.get(0)?,
        sealed: row.get(1)?,
        last4: row.get(2)?,
        description: row.get(3)?,
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
    })
}
