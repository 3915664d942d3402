//! How people sign in, and who is signed in, at whatever node.

use super::bytes::clean;
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::error::StoreError;
use crate::traits::{NO_ISSUER, SignInStore};
use crate::types::{PasswordLink, SessionHolder, SessionId, StoredLogin, StoredSession, Via};
use gw_model::{AccountId, Level, Micros};
use tokio_postgres::Row;

const LOGIN: &str = "user_id, password, totp, totp_pending, totp_step, recovery, link, link_until, link_resets, updated_at, revision";
const SESSION: &str =
    "id, digest, holder, via, provider, id_token, created_at, used_at, expires_at, address, agent";
const UPDATE: &str = "UPDATE logins SET password = $2, totp = $3, totp_pending = $4, totp_step = $5, recovery = $6, link = $7, \
     link_until = $8, link_resets = $9, updated_at = $10, revision = $11 WHERE user_id = $1 AND revision = $11::bigint - 1";

const NOTE_IDENTITY: &str = "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (issuer, subject) DO UPDATE SET user_id = excluded.user_id, created_at = excluded.created_at \
     WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = identities.user_id COLLATE \"C\")";

impl SignInStore for PostgresStore {
    fn login(&self, user: AccountId) -> Result<Option<StoredLogin>, StoreError> {
        let sql = format!("SELECT {LOGIN} FROM logins WHERE user_id = $1");
        self.run("read how a user signs in", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&user.to_string()]).await?.as_ref().map(login).transpose()
        })
    }

    fn login_of_link(&self, digest: &[u8; 32]) -> Result<Option<StoredLogin>, StoreError> {
        let sql = format!("SELECT {LOGIN} FROM logins WHERE link = $1");
        self.run("read a link", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&digest.as_slice()]).await?.as_ref().map(login).transpose()
        })
    }

    fn save_login(&self, new: &StoredLogin) -> Result<bool, StoreError> {
        let sql = match new.revision {
            1 => format!(
                "INSERT INTO logins ({LOGIN}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                 ON CONFLICT (user_id) DO NOTHING"
            ),
            _ => UPDATE.to_owned(),
        };
        self.transaction("write how a user signs in", ANSWER_LIMIT, async |db| {
            let link = new.link.as_ref();
            let values: Values<'_> = &[
                &new.user.to_string(),
                &new.password,
                &new.totp,
                &new.totp_pending,
                &new.totp_step,
                &new.recovery_column(),
                &link.map(|link| link.digest.as_slice()),
                &link.map(|link| link.until),
                &link.is_some_and(|link| link.resets_totp),
                &new.updated_at,
                &new.revision,
            ];
            Ok(db.execute(&sql, values).await? > 0)
        })
    }

    fn identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountId>, StoreError> {
        let sql = "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2";
        self.run("look for a person of an identity provider", ANSWER_LIMIT, async |db| {
            db.first(sql, &[&clean(issuer), &clean(subject)]).await?.as_ref().map(user).transpose()
        })
    }

    fn create_identity(
        &self,
        issuer: &str,
        subject: &str,
        user: AccountId,
        now: Micros,
    ) -> Result<bool, StoreError> {
        self.transaction("note a person of an identity provider", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[&clean(issuer), &clean(subject), &user.to_string(), &now];
            Ok(db.execute(NOTE_IDENTITY, values).await? > 0)
        })
    }

    fn session_of(&self, digest: &[u8; 32]) -> Result<Option<StoredSession>, StoreError> {
        let sql = format!("SELECT {SESSION} FROM sessions WHERE digest = $1");
        self.run("read a session", ANSWER_LIMIT, async |db| {
            db.first(&sql, &[&digest.as_slice()]).await?.as_ref().map(session).transpose()
        })
    }

    fn sessions_of(&self, holder: SessionHolder) -> Result<Vec<StoredSession>, StoreError> {
        let sql = format!("SELECT {SESSION} FROM sessions WHERE holder = $1 ORDER BY created_at DESC, id");
        self.run("list sessions", ANSWER_LIMIT, async |db| {
            db.query(&sql, &[&holder.column()]).await?.iter().map(session).collect()
        })
    }

    fn create_session(&self, new: &StoredSession) -> Result<(), StoreError> {
        let sql =
            format!("INSERT INTO sessions ({SESSION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        let user = match new.holder {
            SessionHolder::User(id) => Some(id.to_string()),
            SessionHolder::Key(_) => None,
        };
        self.transaction("begin a session", ANSWER_LIMIT, async |db| {
            // Another node may be disabling him: whoever comes second sees what the first has done.
            if let Some(user) = &user {
                let known = "SELECT 1 FROM accounts WHERE id = $1 AND NOT disabled FOR SHARE";
                db.first(known, &[user]).await?.ok_or(StoreError::Gone)?;
            }
            let values: Values<'_> = &[
                &new.id.to_string(),
                &new.digest.as_slice(),
                &new.holder.column(),
                &new.via.as_str(),
                &new.provider,
                &new.id_token,
                &new.created_at,
                &new.used_at,
                &new.expires_at,
                &clean(&new.address),
                &clean(&new.agent),
            ];
            db.execute(&sql, values).await.map(drop)
        })
    }

    fn touch_session(&self, id: SessionId, now: Micros) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET used_at = $2 WHERE id = $1 AND used_at < $2";
        self.transaction("note that a session is used", ANSWER_LIMIT, async |db| {
            db.execute(sql, &[&id.to_string(), &now]).await.map(drop)
        })
    }

    fn delete_session(&self, id: SessionId) -> Result<bool, StoreError> {
        self.transaction("end a session", ANSWER_LIMIT, async |db| {
            Ok(db.execute("DELETE FROM sessions WHERE id = $1", &[&id.to_string()]).await? > 0)
        })
    }

    fn delete_sessions_of(&self, holder: SessionHolder, but: Option<SessionId>) -> Result<usize, StoreError> {
        let but = but.map_or_else(String::new, |id| id.to_string());
        let sql = "DELETE FROM sessions WHERE holder = $1 AND id <> $2";
        self.transaction("end sessions", ANSWER_LIMIT, async |db| {
            db.execute(sql, &[&holder.column(), &but]).await.map(count)
        })
    }

    fn delete_sessions_over(&self, now: Micros, idle_since: Micros) -> Result<usize, StoreError> {
        let sql = "DELETE FROM sessions WHERE expires_at <= $1 OR used_at < $2";
        self.transaction("remove sessions that are over", ANSWER_LIMIT, async |db| {
            db.execute(sql, &[&now, &idle_since]).await.map(count)
        })
    }
}

/// Ends the sessions of a user who is disabled.
pub(super) async fn end_sessions(db: &mut Db<'_>, user: AccountId) -> Result<(), Fault> {
    if user.level != Level::User {
        return Ok(());
    }
    let holder = SessionHolder::User(user).column();
    db.execute("DELETE FROM sessions WHERE holder = $1", &[&holder]).await.map(drop)
}

/// Removes all with which a user could sign in.
pub(super) async fn forget(db: &mut Db<'_>, user: AccountId, now: Micros) -> Result<(), Fault> {
    if user.level != Level::User {
        return Ok(());
    }
    end_sessions(db, user).await?;
    let id = user.to_string();
    db.execute("DELETE FROM logins WHERE user_id = $1", &[&id]).await?;
    // What issuers call him stays, so that nobody is made again for it.
    db.execute(NOTE_IDENTITY, &[&NO_ISSUER, &id, &id, &now]).await.map(drop)
}

fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

fn damaged(what: &'static str) -> Fault {
    StoreError::Damaged { what }.into()
}

fn user(row: &Row) -> Result<AccountId, Fault> {
    row.try_get::<_, &str>(0)?.parse().map_err(|_| damaged("the id of a user"))
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], Fault> {
    <[u8; 32]>::try_from(bytes).map_err(|_| damaged("a digest"))
}

fn login(row: &Row) -> Result<StoredLogin, Fault> {
    let link = match (row.try_get::<_, Option<&[u8]>>(6)?, row.try_get::<_, Option<i64>>(7)?) {
        (Some(link), Some(until)) => {
            Some(PasswordLink { digest: digest(link)?, until, resets_totp: row.try_get(8)? })
        }
        _ => None,
    };
    Ok(StoredLogin {
        user: user(row)?,
        password: row.try_get(1)?,
        totp: row.try_get(2)?,
        totp_pending: row.try_get(3)?,
        totp_step: row.try_get(4)?,
        recovery: StoredLogin::recovery_of(row.try_get(5)?).ok_or_else(|| damaged("recovery codes"))?,
        link,
        updated_at: row.try_get(9)?,
        revision: row.try_get(10)?,
    })
}

fn session(row: &Row) -> Result<StoredSession, Fault> {
    let read = || damaged("a session");
    Ok(StoredSession {
        id: row.try_get::<_, &str>(0)?.parse().map_err(|_| read())?,
        digest: digest(row.try_get(1)?)?,
        holder: SessionHolder::of_column(row.try_get(2)?).ok_or_else(read)?,
        via: Via::from_name(row.try_get(3)?).ok_or_else(read)?,
        provider: row.try_get(4)?,
        id_token: row.try_get(5)?,
        created_at: row.try_get(6)?,
        used_at: row.try_get(7)?,
        expires_at: row.try_get(8)?,
        address: row.try_get(9)?,
        agent: row.try_get(10)?,
    })
}
