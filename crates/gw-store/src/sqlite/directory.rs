//! Virtual keys that the API manages, and the list of changes that other nodes and this one's key table
//! follow.

use super::db::SqliteStore;
use crate::accounts::bytes_of;
use crate::error::StoreError;
use crate::memory::Retiring;
use crate::rows::id_bytes;
use crate::traits::Directory;
use crate::types::{AccountLabel, Change, KeyLabel, KeyUpdate, NewKey, NewSecret, StoredKey};
use gw_model::{KeyId, KeyPolicy, Micros};
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, digest, pepper, prefix, last4, policy, created_at, updated_at, revoked_at, revision, old_digest, old_until";

impl Directory for SqliteStore {
    fn create_key(&self, key: &NewKey, now: Micros) -> Result<StoredKey, StoreError> {
        let policy = encode(&key.policy)?;
        self.change("create a key", now, key.id, &key.policy.name, |tx, revision| {
            label(tx, &KeyLabel::of(key.id, &key.policy))?;
            insert(tx, key, &policy, now, revision)?;
            select(tx, key.id)
        })?
        .ok_or(StoreError::Damaged { what: "a key just written" })
    }

    fn update_key(
        &self,
        id: KeyId,
        update: &KeyUpdate,
        now: Micros,
    ) -> Result<Option<StoredKey>, StoreError> {
        let policy = encode(&update.policy)?;
        let Some(present) = self.key(id)?.filter(|key| key.revoked_at.is_none()) else { return Ok(None) };
        let expected = update.if_revision.unwrap_or(present.revision);
        let changed = self.change("change a key", now, id, &update.policy.name, |tx, revision| {
            let done = tx.execute(
                "UPDATE keys SET name = ?, policy = ?, updated_at = ?, revision = ? \
                 WHERE id = ? AND revoked_at IS NULL AND (revision = ? OR ?)",
                params![
                    update.policy.name,
                    policy,
                    now,
                    revision,
                    id_bytes(id.0),
                    expected,
                    update.if_revision.is_none()
                ],
            )?;
            if done == 0 {
                return Ok(None);
            }
            label(tx, &KeyLabel::of(id, &update.policy))?;
            select(tx, id)
        })?;
        if changed.is_none() && update.if_revision.is_some() {
            return Err(StoreError::Changed { revision: present.revision });
        }
        Ok(changed)
    }

    fn revoke_key(&self, id: KeyId, now: Micros) -> Result<bool, StoreError> {
        let done = self.change("revoke a key", now, id, "", |tx, revision| {
            let done = tx.execute(
                "UPDATE keys SET revoked_at = ?1, updated_at = ?1, revision = ?2 \
                 WHERE id = ?3 AND revoked_at IS NULL",
                params![now, revision, id_bytes(id.0)],
            )?;
            Ok((done > 0).then_some(()))
        })?;
        Ok(done.is_some())
    }

    fn rotate_key(
        &self,
        id: KeyId,
        secret: &NewSecret,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredKey>, StoreError> {
        let mut present = None;
        let changed = self.change("rotate a key", now, id, "", |tx, revision| {
            let found = select(tx, id)?.filter(|key| key.revoked_at.is_none());
            present = found.map(|key| key.revision);
            if present.is_none() || if_revision.is_some_and(|expected| Some(expected) != present) {
                return Ok(None);
            }
            replace_secret(tx, id, secret, now, revision)?;
            select(tx, id)
        })?;
        match (present, changed) {
            (Some(revision), None) => Err(StoreError::Changed { revision }),
            (_, changed) => Ok(changed),
        }
    }

    fn key(&self, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
        self.read("read a key", |db| select(db, id))
    }

    fn keys(&self, after: Option<KeyId>, limit: usize) -> Result<Vec<StoredKey>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // A plain bound, so that the index leads there: with `OR` each page would begin at the first key.
        let after = after.map_or(Vec::new(), |key| id_bytes(key.0).to_vec());
        self.read("list keys", |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM keys WHERE revoked_at IS NULL AND id > ?1 ORDER BY id LIMIT ?2"
            ))?;
            let rows = query.query_map(params![after, limit], decode)?;
            rows.collect()
        })
    }

    fn label_keys(&self, labels: &[KeyLabel]) -> Result<(), StoreError> {
        let noted = self.write(|db| {
            for one in labels {
                label(db, one)?;
            }
            Ok(Some(()))
        });
        noted.map(drop).map_err(StoreError::query("note the names of keys"))
    }

    fn label_accounts(&self, labels: &[AccountLabel]) -> Result<(), StoreError> {
        let noted = self.write(|db| {
            for label in labels {
                db.prepare_cached("INSERT OR REPLACE INTO account_labels (account, name) VALUES (?,?)")?
                    .execute(params![bytes_of(label.id), label.name])?;
            }
            Ok(Some(()))
        });
        noted.map(drop).map_err(StoreError::query("note the names of accounts"))
    }

    fn changes_after(&self, revision: i64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read("read changes", |db| {
            let mut query = db.prepare_cached(
                "SELECT revision, time, kind, id FROM changes WHERE revision > ? ORDER BY revision LIMIT ?",
            )?;
            let rows = query.query_map([revision, limit], |row| {
                Ok(Change { revision: row.get(0)?, time: row.get(1)?, kind: row.get(2)?, id: row.get(3)? })
            })?;
            rows.collect()
        })
    }

    fn revision(&self) -> Result<i64, StoreError> {
        self.read("read the latest revision", |db| {
            db.query_row("SELECT COALESCE(MAX(revision), 0) FROM changes", [], |row| row.get(0))
        })
    }
}

impl SqliteStore {
    /// Runs a change in a transaction that also assigns its revision. `None` from `work` undoes everything.
    fn change<T>(
        &self,
        operation: &'static str,
        now: Micros,
        id: KeyId,
        name: &str,
        work: impl FnOnce(&Connection, i64) -> rusqlite::Result<Option<T>>,
    ) -> Result<Option<T>, StoreError> {
        let done = self.write(|db| {
            db.execute(
                "INSERT INTO changes (time, kind, id) VALUES (?, 'key', ?)",
                params![now, id.to_string()],
            )?;
            let revision = db.last_insert_rowid();
            work(db, revision)
        });
        done.map_err(|source: rusqlite::Error| {
            if source.to_string().contains("keys_name") {
                return StoreError::NameTaken { name: name.to_owned() };
            }
            StoreError::Query { operation, source }
        })
    }
}

impl KeyLabel {
    /// The label of a key with that policy.
    #[must_use]
    pub fn of(id: KeyId, policy: &KeyPolicy) -> Self {
        Self {
            id,
            name: policy.name.clone(),
            team_id: policy.team_id.clone(),
            project_id: policy.project_id.clone(),
        }
    }
}

pub(super) fn insert(
    tx: &Connection,
    key: &NewKey,
    policy: &str,
    now: Micros,
    revision: i64,
) -> rusqlite::Result<()> {
    let mut write = tx.prepare_cached(
        "INSERT INTO keys (id, name, digest, pepper, policy, prefix, last4, created_at, updated_at, \
         revision) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?8,?9)",
    )?;
    write.execute(params![
        id_bytes(key.id.0),
        key.policy.name,
        key.digest,
        key.pepper,
        policy,
        key.prefix,
        key.last4,
        now,
        revision
    ])?;
    Ok(())
}

/// The present secret goes on for the time that the new one says.
pub(super) fn replace_secret(
    tx: &Connection,
    id: KeyId,
    secret: &NewSecret,
    now: Micros,
    revision: i64,
) -> rusqlite::Result<()> {
    let mut write = tx.prepare_cached(
        "UPDATE keys SET old_digest = digest, old_until = ?, digest = ?, pepper = ?, prefix = ?, last4 = ?, \
         updated_at = ?, revision = ? WHERE id = ?",
    )?;
    write.execute(params![
        secret.old_until,
        secret.digest,
        secret.pepper,
        secret.prefix,
        secret.last4,
        now,
        revision,
        id_bytes(id.0)
    ])?;
    Ok(())
}

pub(super) fn label(tx: &Connection, label: &KeyLabel) -> rusqlite::Result<()> {
    let mut write = tx.prepare_cached(
        "INSERT INTO key_labels (id, name, team, project) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET \
         name = excluded.name, team = excluded.team, project = excluded.project",
    )?;
    let (team, project) = (label.team_id.as_deref(), label.project_id.as_deref());
    write.execute(params![id_bytes(label.id.0), label.name, team.unwrap_or(""), project.unwrap_or("")])?;
    Ok(())
}

pub(super) fn encode(policy: &KeyPolicy) -> Result<String, StoreError> {
    serde_json::to_string(policy).map_err(|_| StoreError::Damaged { what: "a key's policy" })
}

fn select(db: &Connection, id: KeyId) -> rusqlite::Result<Option<StoredKey>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM keys WHERE id = ?"))?;
    query.query_row([id_bytes(id.0)], decode).optional()
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredKey> {
    let policy: String = row.get(5)?;
    let policy: KeyPolicy = serde_json::from_str(&policy).map_err(|source| {
        rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(source))
    })?;
    Ok(StoredKey {
        id: KeyId(u128::from_be_bytes(row.get(0)?)),
        digest: row.get(1)?,
        pepper: row.get(2)?,
        prefix: row.get(3)?,
        last4: row.get(4)?,
        policy,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
        revoked_at: row.get(8)?,
        revision: row.get(9)?,
        retiring: match (row.get::<_, Option<[u8; 32]>>(10)?, row.get::<_, Option<i64>>(11)?) {
            (Some(digest), Some(until)) => Some(Retiring { digest, until }),
            _ => None,
        },
    })
}
