//! Many accounts and keys at once, as documents want them, and which document manages what.

use super::accounts as rows;
use super::db::SqliteStore;
use super::directory as keys;
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::traits::BulkStore;
use crate::types::{KeyLabel, MadeAccount, NewSecret, TenantBatch, TenantChange};
use gw_model::{KeyId, KeyPolicy, Micros};
use rusqlite::{Connection, OptionalExtension, params};

const OPERATION: &str = "write accounts and keys";

/// Ids of one statement.
const IDS: usize = 500;

impl BulkStore for SqliteStore {
    fn write_tenants(&self, batch: &TenantBatch<'_>, now: Micros) -> Result<(), StoreError> {
        let done = self.write(|db| {
            for (at, change) in batch.changes.iter().enumerate() {
                write(db, change, now).map_err(|error| Refused::Store(refused(at, change, error)))?;
            }
            note_managed(db, batch)?;
            Ok(Some(()))
        });
        done.map(drop).map_err(|error| match error {
            Refused::Store(error) => error,
            Refused::Sqlite(source) => StoreError::Query { operation: OPERATION, source },
        })
    }

    fn managed_by(&self, document: &str) -> Result<Vec<String>, StoreError> {
        self.read("read what a document manages", |db| {
            let mut query = db.prepare_cached("SELECT id FROM managed WHERE document = ? ORDER BY id")?;
            let rows = query.query_map([document], |row| row.get(0))?;
            rows.collect()
        })
    }

    fn managers(&self, ids: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        self.read("read which documents manage something", |db| {
            let mut query = db.prepare_cached(
                "SELECT id, document FROM managed WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            )?;
            let mut found = Vec::new();
            for ids in ids.chunks(IDS) {
                // Ids are of letters, digits and '_': nothing in them needs an escape.
                let list = format!("[\"{}\"]", ids.join("\",\""));
                let rows = query.query_map([list], |row| Ok((row.get(0)?, row.get(1)?)))?;
                for row in rows {
                    found.push(row?);
                }
            }
            Ok(found)
        })
    }
}

/// Why a change was not made.
enum Refused {
    Store(StoreError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn refused(at: usize, change: &TenantChange, error: Refused) -> StoreError {
    let source = match error {
        Refused::Store(error) => error,
        Refused::Sqlite(source) => {
            let text = source.to_string();
            let is_taken = text.contains("accounts.unique_name") || text.contains("keys_name");
            match change {
                TenantChange::CreateAccount(MadeAccount { profile, .. })
                | TenantChange::UpdateAccount { profile, .. }
                    if is_taken =>
                {
                    StoreError::NameTaken { name: profile.name.clone() }
                }
                TenantChange::CreateKey(new) if is_taken => {
                    StoreError::NameTaken { name: new.policy.name.clone() }
                }
                TenantChange::UpdateKey { policy, .. } if is_taken => {
                    StoreError::NameTaken { name: policy.name.clone() }
                }
                _ => return StoreError::Query { operation: OPERATION, source },
            }
        }
    };
    StoreError::OneOfMany { at, source: Box::new(source) }
}

fn write(tx: &Connection, change: &TenantChange, now: Micros) -> Result<(), Refused> {
    match change {
        TenantChange::CreateAccount(MadeAccount { id, parent, profile }) => {
            let (policy, metadata) = rows::encode(profile)?;
            let revision = rows::note(tx, *id, now)?;
            rows::insert(tx, *id, *parent, profile, (&policy, &metadata), now, revision)?;
            rows::write_memberships(tx, *id, &profile.memberships)?;
        }
        TenantChange::UpdateAccount { id, profile, if_revision } => {
            expect(rows::revision_of(tx, *id)?, *if_revision)?;
            let (policy, metadata) = rows::encode(profile)?;
            let revision = rows::note(tx, *id, now)?;
            rows::change(tx, *id, profile, (&policy, &metadata), now, revision)?;
            rows::write_memberships(tx, *id, &profile.memberships)?;
        }
        TenantChange::DeleteAccount { id, if_revision } => {
            expect(rows::revision_of(tx, *id)?, *if_revision)?;
            rows::delete(tx, *id, now)?;
        }
        TenantChange::CreateKey(new) => {
            let policy = keys::encode(&new.policy)?;
            let revision = note_key(tx, new.id, now)?;
            keys::insert(tx, new, &policy, now, revision)?;
            keys::label(tx, &KeyLabel::of(new.id, &new.policy))?;
        }
        TenantChange::UpdateKey { id, policy, secret, if_revision } => {
            expect(revision_of_key(tx, *id)?, *if_revision)?;
            update_key(tx, *id, policy, secret.as_ref(), now)?;
        }
        TenantChange::RevokeKey { id, if_revision } => {
            expect(revision_of_key(tx, *id)?, *if_revision)?;
            let revision = note_key(tx, *id, now)?;
            tx.prepare_cached(rows::REVOKE)?.execute(params![now, revision, id_bytes(id.0)])?;
        }
    }
    Ok(())
}

fn update_key(
    tx: &Connection,
    id: KeyId,
    policy: &KeyPolicy,
    secret: Option<&NewSecret>,
    now: Micros,
) -> Result<(), Refused> {
    let text = keys::encode(policy)?;
    let revision = note_key(tx, id, now)?;
    tx.prepare_cached("UPDATE keys SET name = ?, policy = ?, updated_at = ?, revision = ? WHERE id = ?")?
        .execute(params![policy.name, text, now, revision, id_bytes(id.0)])?;
    if let Some(secret) = secret {
        keys::replace_secret(tx, id, secret, now, revision)?;
    }
    Ok(keys::label(tx, &KeyLabel::of(id, policy))?)
}

fn expect(present: Option<i64>, expected: i64) -> Result<(), StoreError> {
    match present {
        None => Err(StoreError::Gone),
        Some(revision) if revision != expected => Err(StoreError::Changed { revision }),
        Some(_) => Ok(()),
    }
}

/// Lists a change of a key, and gives its revision.
fn note_key(tx: &Connection, id: KeyId, now: Micros) -> rusqlite::Result<i64> {
    tx.prepare_cached("INSERT INTO changes (time, kind, id) VALUES (?, 'key', ?)")?
        .execute(params![now, id.to_string()])?;
    Ok(tx.last_insert_rowid())
}

fn revision_of_key(tx: &Connection, id: KeyId) -> rusqlite::Result<Option<i64>> {
    let mut query = tx.prepare_cached("SELECT revision FROM keys WHERE id = ? AND revoked_at IS NULL")?;
    query.query_row([id_bytes(id.0)], |row| row.get(0)).optional()
}

fn note_managed(tx: &Connection, batch: &TenantBatch<'_>) -> rusqlite::Result<()> {
    let mut claim = tx.prepare_cached("INSERT OR REPLACE INTO managed (id, document) VALUES (?, ?)")?;
    let mut release = tx.prepare_cached("DELETE FROM managed WHERE id = ?")?;
    for change in batch.changes {
        match change.removes() {
            true => release.execute([change.id()])?,
            false => claim.execute([change.id().as_str(), batch.document])?,
        };
    }
    for id in batch.claimed {
        claim.execute([id.as_str(), batch.document])?;
    }
    for id in batch.released {
        release.execute([id])?;
    }
    Ok(())
}
