//! Admin tokens.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::memory::Retiring;
use crate::traits::TokenStore;
use crate::types::{StoredToken, TokenId};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str = "id, name, digest, old_digest, old_until, prefix, last4, role, place, user_id, scopes, expires_at, created_by, \
     created_at, updated_at, revision";

impl TokenStore for SqliteStore {
    fn admin_tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        self.read("list admin tokens", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM admin_tokens ORDER BY id"))?;
            query.query_map([], decode)?.collect()
        })
    }

    fn admin_token(&self, id: TokenId) -> Result<Option<StoredToken>, StoreError> {
        self.read("read an admin token", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM admin_tokens WHERE id = ?"))?;
            query.query_row([id.to_string()], decode).optional()
        })
    }

    fn admin_token_of(&self, digest: &[u8; 32]) -> Result<Option<StoredToken>, StoreError> {
        self.read("read an admin token", |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM admin_tokens WHERE digest = ?1 OR old_digest = ?1"
            ))?;
            query.query_row([digest], decode).optional()
        })
    }

    fn create_admin_token(&self, new: &StoredToken) -> Result<(), StoreError> {
        let (role, place, user) = new.columns();
        let done = self.writer().execute(
            &format!(
                "INSERT INTO admin_tokens ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
                 ?13, ?14, ?15, ?16)"
            ),
            params![
                new.id.to_string(),
                new.name,
                new.digest,
                new.retiring.map(|retiring| retiring.digest),
                new.retiring.map(|retiring| retiring.until),
                new.prefix,
                new.last4,
                role,
                place,
                user,
                scopes(new)?,
                new.expires_at,
                new.created_by,
                new.created_at,
                new.updated_at,
                new.revision
            ],
        );
        done.map(drop).map_err(StoreError::query("create an admin token"))
    }

    fn update_admin_token(&self, changed: &StoredToken) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE admin_tokens SET name = ?2, digest = ?3, old_digest = ?4, old_until = ?5, prefix = ?6, last4 = ?7, \
             scopes = ?8, expires_at = ?9, updated_at = ?10, revision = ?11 WHERE id = ?1 AND revision = ?11 - 1",
            params![
                changed.id.to_string(),
                changed.name,
                changed.digest,
                changed.retiring.map(|retiring| retiring.digest),
                changed.retiring.map(|retiring| retiring.until),
                changed.prefix,
                changed.last4,
                scopes(changed)?,
                changed.expires_at,
                changed.updated_at,
                changed.revision
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("change an admin token"))
    }

    fn delete_admin_token(&self, id: TokenId) -> Result<bool, StoreError> {
        let done = self.writer().execute("DELETE FROM admin_tokens WHERE id = ?1", [id.to_string()]);
        done.map(|rows| rows > 0).map_err(StoreError::query("delete an admin token"))
    }
}

fn scopes(token: &StoredToken) -> Result<String, StoreError> {
    serde_json::to_string(&token.scopes).map_err(|_| StoreError::Damaged { what: "the scopes of a token" })
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredToken> {
    let unreadable =
        |column| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "it can not be read".into());
    let (id, scopes): (String, String) = (row.get(0)?, row.get(10)?);
    let (role, place, user): (String, String, String) = (row.get(7)?, row.get(8)?, row.get(9)?);
    Ok(StoredToken {
        id: id.parse().map_err(|_| unreadable(0))?,
        name: row.get(1)?,
        digest: row.get(2)?,
        retiring: match (row.get::<_, Option<[u8; 32]>>(3)?, row.get::<_, Option<i64>>(4)?) {
            (Some(digest), Some(until)) => Some(Retiring { digest, until }),
            _ => None,
        },
        prefix: row.get(5)?,
        last4: row.get(6)?,
        holder: StoredToken::holder_of(&role, &place, &user).ok_or_else(|| unreadable(7))?,
        scopes: serde_json::from_str(&scopes).map_err(|_| unreadable(10))?,
        expires_at: row.get(11)?,
        created_by: row.get(12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
        revision: row.get(15)?,
    })
}
