//! Admin tokens.

use super::bytes::clean;
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::Values;
use crate::error::StoreError;
use crate::memory::Retiring;
use crate::traits::TokenStore;
use crate::types::{StoredToken, TokenId};
use tokio_postgres::Row;

const COLUMNS: &str = "id, name, digest, old_digest, old_until, prefix, last4, role, place, user_id, scopes, expires_at, created_by, \
     created_at, updated_at, revision";
const UPDATE: &str = "UPDATE admin_tokens SET name = $2, digest = $3, old_digest = $4, old_until = $5, prefix = $6, \
     last4 = $7, scopes = $8, expires_at = $9, updated_at = $10, revision = $11 WHERE id = $1 AND revision = $11::bigint - 1";

impl TokenStore for PostgresStore {
    fn admin_tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM admin_tokens ORDER BY id COLLATE \"C\"");
        self.run("list admin tokens", ANSWER_LIMIT, async |db| {
            db.query(&sql, &[]).await?.iter().map(decode).collect()
        })
    }

    fn admin_token(&self, id: TokenId) -> Result<Option<StoredToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM admin_tokens WHERE id = $1");
        self.run("read an admin token", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&id.to_string()]).await?.as_ref().map(decode).transpose()
        })
    }

    fn admin_token_of(&self, digest: &[u8; 32]) -> Result<Option<StoredToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM admin_tokens WHERE digest = $1 OR old_digest = $1");
        self.run("read an admin token", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&digest.as_slice()]).await?.as_ref().map(decode).transpose()
        })
    }

    fn create_admin_token(&self, new: &StoredToken) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO admin_tokens ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
             $14, $15, $16)"
        );
        let ((role, place, user), scopes) = (new.columns(), scopes(new)?);
        let (old, until) = retiring(new);
        self.transaction("create an admin token", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &new.id.to_string(),
                &clean(&new.name),
                &new.digest.as_slice(),
                &old,
                &until,
                &new.prefix,
                &new.last4,
                &role,
                &place,
                &user,
                &scopes,
                &new.expires_at,
                &new.created_by,
                &new.created_at,
                &new.updated_at,
                &new.revision,
            ];
            db.execute(&sql, values).await.map(drop)
        })
    }

    fn update_admin_token(&self, changed: &StoredToken) -> Result<bool, StoreError> {
        let scopes = scopes(changed)?;
        let (old, until) = retiring(changed);
        self.transaction("change an admin token", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &changed.id.to_string(),
                &clean(&changed.name),
                &changed.digest.as_slice(),
                &old,
                &until,
                &changed.prefix,
                &changed.last4,
                &scopes,
                &changed.expires_at,
                &changed.updated_at,
                &changed.revision,
            ];
            Ok(db.execute(UPDATE, values).await? > 0)
        })
    }

    fn delete_admin_token(&self, id: TokenId) -> Result<bool, StoreError> {
        self.transaction("delete an admin token", ANSWER_LIMIT, async |db| {
            Ok(db.execute("DELETE FROM admin_tokens WHERE id = $1", &[&id.to_string()]).await? > 0)
        })
    }
}

fn retiring(token: &StoredToken) -> (Option<&[u8]>, Option<i64>) {
    let retiring = token.retiring.as_ref();
    (retiring.map(|old| old.digest.as_slice()), retiring.map(|old| old.until))
}

fn scopes(token: &StoredToken) -> Result<String, StoreError> {
    serde_json::to_string(&token.scopes).map_err(|_| StoreError::Damaged { what: "the scopes of a token" })
}

fn decode(row: &Row) -> Result<StoredToken, Fault> {
    let damaged = || StoreError::Damaged { what: "an admin token" };
    let digest = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| damaged());
    let (id, scopes): (&str, &str) = (row.try_get(0)?, row.try_get(10)?);
    let retiring = match (row.try_get::<_, Option<&[u8]>>(3)?, row.try_get::<_, Option<i64>>(4)?) {
        (Some(old), Some(until)) => Some(Retiring { digest: digest(old)?, until }),
        _ => None,
    };
    let holder = StoredToken::holder_of(row.try_get(7)?, row.try_get(8)?, row.try_get(9)?);
    Ok(StoredToken {
        id: id.parse().map_err(|_| damaged())?,
        name: row.try_get(1)?,
        digest: digest(row.try_get(2)?)?,
        retiring,
        prefix: row.try_get(5)?,
        last4: row.try_get(6)?,
        holder: holder.ok_or_else(damaged)?,
        scopes: serde_json::from_str(scopes).map_err(|_| damaged())?,
        expires_at: row.try_get(11)?,
        created_by: row.try_get(12)?,
        created_at: row.try_get(13)?,
        updated_at: row.try_get(14)?,
        revision: row.try_get(15)?,
    })
}
