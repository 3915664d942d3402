//! Credentials of providers that the API manages, sealed.

use super::db::{ANSWER_LIMIT, PostgresStore};
use super::session::Values;
use crate::error::StoreError;
use crate::traits::CredentialStore;
use crate::types::StoredCredential;
use gw_model::Micros;
use tokio_postgres::Row;

const KIND: &str = "credential";
const INSERT: &str = "INSERT INTO credentials (name, sealed, last4, description, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";
const UPDATE: &str = "UPDATE credentials SET sealed = $2, last4 = $3, description = $4, updated_at = $5 \
     WHERE name = $1 AND updated_at = $6";

impl CredentialStore for PostgresStore {
    fn credentials(&self) -> Result<Vec<StoredCredential>, StoreError> {
        let sql =
            "SELECT name, sealed, last4, description, created_at, updated_at FROM credentials ORDER BY name";
        let read = self.run("list credentials", ANSWER_LIMIT, async |db| {
            let decode = |row: &Row| {
                Ok(StoredCredential {
                    name: row.try_get(0)?,
                    sealed: row.try_get(1)?,
                    last4: row.try_get(2)?,
                    description: row.try_get(3)?,
                    created_at: row.try_get(4)?,
                    updated_at: row.try_get(5)?,
                })
            };
            db.query(sql, &[]).await?.iter().map(decode).collect()
        });
        self.standby.or_credentials(read)
    }

    fn create_credential(&self, new: &StoredCredential) -> Result<(), StoreError> {
        let made = self.change("create a credential", (new.created_at, KIND, &new.name), async |db, _| {
            let values: Values<'_> =
                &[&new.name, &new.sealed, &new.last4, &new.description, &new.created_at, &new.updated_at];
            match db.execute(INSERT, values).await {
                Err(fault) if fault.is_taken() => {
                    Err(StoreError::NameTaken { name: new.name.clone() }.into())
                }
                other => other.map(Some),
            }
        });
        made.map(drop)
    }

    fn update_credential(&self, changed: &StoredCredential, now: Micros) -> Result<bool, StoreError> {
        let done = self.change("change a credential", (now, KIND, &changed.name), async |db, _| {
            let values: Values<'_> = &[
                &changed.name,
                &changed.sealed,
                &changed.last4,
                &changed.description,
                &now,
                &changed.updated_at,
            ];
            Ok((db.execute(UPDATE, values).await? > 0).then_some(()))
        })?;
        Ok(done.is_some())
    }

    fn delete_credential(&self, name: &str, seen: Micros) -> Result<bool, StoreError> {
        let done = self.change("delete a credential", (self.clock(), KIND, name), async |db, _| {
            let sql = "DELETE FROM credentials WHERE name = $1 AND updated_at = $2";
            let gone = db.execute(sql, &[&name, &seen]).await?;
            Ok((gone > 0).then_some(()))
        })?;
        Ok(done.is_some())
    }
}
