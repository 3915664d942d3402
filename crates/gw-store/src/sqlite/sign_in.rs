//! How people sign in, and who is signed in.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::{NO_ISSUER, SignInStore};
use crate::types::{PasswordLink, SessionHolder, SessionId, StoredLogin, StoredSession, Via};
use gw_model::{AccountId, Level, Micros};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

const LOGIN: &str = "user_id, password, totp, totp_pending, totp_step, recovery, link, link_until, link_resets, updated_at, revision";
const SESSION: &str =
    "id, digest, holder, via, provider, id_token, created_at, used_at, expires_at, address, agent";

const NOTE_IDENTITY: &str = "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (issuer, subject) DO UPDATE SET user_id = excluded.user_id, created_at = excluded.created_at \
     WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = identities.user_id)";

impl SignInStore for SqliteStore {
    fn login(&self, user: AccountId) -> Result<Option<StoredLogin>, StoreError> {
        self.read("read how a user signs in", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {LOGIN} FROM logins WHERE user_id = ?"))?;
            query.query_row([user.to_string()], login).optional()
        })
    }

    fn login_of_link(&self, digest: &[u8; 32]) -> Result<Option<StoredLogin>, StoreError> {
        self.read("read a link", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {LOGIN} FROM logins WHERE link = ?"))?;
            query.query_row([digest], login).optional()
        })
    }

    fn save_login(&self, new: &StoredLogin) -> Result<bool, StoreError> {
        let sql = match new.revision {
            1 => format!(
                "INSERT OR IGNORE INTO logins ({LOGIN}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
            ),
            _ => "UPDATE logins SET password = ?2, totp = ?3, totp_pending = ?4, totp_step = ?5, recovery = ?6, link = ?7, \
                 link_until = ?8, link_resets = ?9, updated_at = ?10, revision = ?11 WHERE user_id = ?1 AND revision = ?11 - 1"
                .to_owned(),
        };
        let done = self.writer().execute(
            &sql,
            params![
                new.user.to_string(),
                new.password,
                new.totp,
                new.totp_pending,
                new.totp_step,
                new.recovery_column(),
                new.link.map(|link| link.digest),
                new.link.map(|link| link.until),
                new.link.is_some_and(|link| link.resets_totp),
                new.updated_at,
                new.revision
            ],
        );
        done.map(|rows| rows > 0).map_err(StoreError::query("write how a user signs in"))
    }

    fn identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountId>, StoreError> {
        self.read("look for a person of an identity provider", |db| {
            let mut query =
                db.prepare_cached("SELECT user_id FROM identities WHERE issuer = ? AND subject = ?")?;
            query.query_row([issuer, subject], user).optional()
        })
    }

    fn create_identity(
        &self,
        issuer: &str,
        subject: &str,
        user: AccountId,
        now: Micros,
    ) -> Result<bool, StoreError> {
        let values = params![issuer, subject, user.to_string(), now];
        let done = self.writer().execute(NOTE_IDENTITY, values);
        done.map(|rows| rows > 0).map_err(StoreError::query("note a person of an identity provider"))
    }

    fn session_of(&self, digest: &[u8; 32]) -> Result<Option<StoredSession>, StoreError> {
        self.read("read a session", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {SESSION} FROM sessions WHERE digest = ?"))?;
            query.query_row([digest], session).optional()
        })
    }

    fn sessions_of(&self, holder: SessionHolder) -> Result<Vec<StoredSession>, StoreError> {
        self.read("list sessions", |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {SESSION} FROM sessions WHERE holder = ? ORDER BY created_at DESC, id"
            ))?;
            query.query_map([holder.column()], session)?.collect()
        })
    }

    fn create_session(&self, new: &StoredSession) -> Result<(), StoreError> {
        let writer = self.writer();
        if let SessionHolder::User(id) = new.holder {
            let known = "SELECT 1 FROM accounts WHERE id = ? AND NOT disabled";
            let found = writer.query_row(known, [id.to_string()], |_| Ok(())).optional();
            found.map_err(StoreError::query("begin a session"))?.ok_or(StoreError::Gone)?;
        }
        let done = writer.execute(
            &format!(
                "INSERT INTO sessions ({SESSION}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
            ),
            params![
                new.id.to_string(),
                new.digest,
                new.holder.column(),
                new.via.as_str(),
                new.provider,
                new.id_token,
                new.created_at,
                new.used_at,
                new.expires_at,
                new.address,
                new.agent
            ],
        );
        done.map(drop).map_err(StoreError::query("begin a session"))
    }

    fn touch_session(&self, id: SessionId, now: Micros) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET used_at = ?2 WHERE id = ?1 AND used_at < ?2";
        let done = self.writer().execute(sql, params![id.to_string(), now]);
        done.map(drop).map_err(StoreError::query("note that a session is used"))
    }

    fn delete_session(&self, id: SessionId) -> Result<bool, StoreError> {
        let done = self.writer().execute("DELETE FROM sessions WHERE id = ?", [id.to_string()]);
        done.map(|rows| rows > 0).map_err(StoreError::query("end a session"))
    }

    fn delete_sessions_of(&self, holder: SessionHolder, but: Option<SessionId>) -> Result<usize, StoreError> {
        let but = but.map_or_else(String::new, |id| id.to_string());
        let sql = "DELETE FROM sessions WHERE holder = ?1 AND id <> ?2";
        let done = self.writer().execute(sql, [holder.column(), but]);
        done.map_err(StoreError::query("end sessions"))
    }

    fn delete_sessions_over(&self, now: Micros, idle_since: Micros) -> Result<usize, StoreError> {
        let sql = "DELETE FROM sessions WHERE expires_at <= ?1 OR used_at < ?2";
        let done = self.writer().execute(sql, [now, idle_since]);
        done.map_err(StoreError::query("remove sessions that are over"))
    }
}

/// Ends the sessions of a user who is disabled.
pub(super) fn end_sessions(tx: &Connection, user: AccountId) -> rusqlite::Result<()> {
    if user.level != Level::User {
        return Ok(());
    }
    let holder = SessionHolder::User(user).column();
    tx.execute("DELETE FROM sessions WHERE holder = ?", [holder]).map(drop)
}

/// Removes all with which a user could sign in.
pub(super) fn forget(tx: &Connection, user: AccountId, now: Micros) -> rusqlite::Result<()> {
    if user.level != Level::User {
        return Ok(());
    }
    end_sessions(tx, user)?;
    let id = user.to_string();
    tx.execute("DELETE FROM logins WHERE user_id = ?", [&id])?;
    // What issuers call him stays, so that nobody is made again for it.
    tx.execute(NOTE_IDENTITY, params![NO_ISSUER, id, id, now]).map(drop)
}

fn user(row: &Row<'_>) -> rusqlite::Result<AccountId> {
    let text: String = row.get(0)?;
    text.parse().map_err(|_| unreadable(0))
}

fn login(row: &Row<'_>) -> rusqlite::Result<StoredLogin> {
    let recovery: String = row.get(5)?;
    let link = (row.get::<_, Option<[u8; 32]>>(6)?, row.get::<_, Option<i64>>(7)?);
    let resets_totp = row.get(8)?;
    Ok(StoredLogin {
        user: user(row)?,
        password: row.get(1)?,
        totp: row.get(2)?,
        totp_pending: row.get(3)?,
        totp_step: row.get(4)?,
        recovery: StoredLogin::recovery_of(&recovery).ok_or_else(|| unreadable(5))?,
        link: match link {
            (Some(digest), Some(until)) => Some(PasswordLink { digest, until, resets_totp }),
            _ => None,
        },
        updated_at: row.get(9)?,
        revision: row.get(10)?,
    })
}

fn session(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    let (id, holder, via): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(3)?);
    Ok(StoredSession {
        id: id.parse().map_err(|_| unreadable(0))?,
        digest: row.get(1)?,
        holder: SessionHolder::of_column(&holder).ok_or_else(|| unreadable(2))?,
        via: Via::from_name(&via).ok_or_else(|| unreadable(3))?,
        provider: row.get(4)?,
        id_token: row.get(5)?,
        created_at: row.get(6)?,
        used_at: row.get(7)?,
        expires_at: row.get(8)?,
        address: row.get(9)?,
        agent: row.get(10)?,
    })
}

fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "it can not be read".into())
}
