//! Virtual keys that the API manages, and the list of changes that every node follows.

use super::bytes::{Id, clean, limit};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::accounts::bytes_of;
use crate::error::StoreError;
use crate::memory::Retiring;
use crate::traits::Directory;
use crate::types::{AccountLabel, Change, KeyLabel, KeyUpdate, NewKey, NewSecret, StoredKey};
use gw_model::{KeyId, KeyPolicy, Micros};
use std::collections::BTreeMap;
use tokio_postgres::Row;

const COLUMNS: &str = "id, digest, pepper, prefix, last4, policy, created_at, updated_at, revoked_at, revision, \
     old_digest, old_until";
pub(super) const INSERT: &str = "INSERT INTO keys (id, name, digest, pepper, policy, prefix, last4, created_at, updated_at, \
     revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)";
pub(super) const UPDATE: &str = "UPDATE keys SET name = $1, policy = $2, updated_at = $3, revision = $4 \
     WHERE id = $5 AND revoked_at IS NULL AND ($6::bigint IS NULL OR revision = $6)";
pub(super) const ROTATE: &str = "UPDATE keys SET old_digest = digest, old_until = $1, digest = $2, pepper = $3, prefix = $4, \
     last4 = $5, updated_at = $6, revision = $7 WHERE id = $8";
const LABEL: &str = "INSERT INTO key_labels (id, name, team, project) \
     SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[]) AS t (id) ORDER BY id \
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, team = excluded.team, project = excluded.project";

const LABEL_ACCOUNTS: &str = "INSERT INTO account_labels (account, name) \
     SELECT * FROM unnest($1::bytea[], $2::text[]) AS t (account) ORDER BY account \
     ON CONFLICT (account) DO UPDATE SET name = excluded.name";

/// Held to the commit by whoever changes something, so that revisions come into sight in their order. The number means
/// nothing.
pub(super) const IN_ORDER: &str = "SELECT pg_advisory_xact_lock(7166230190331150402)";
pub(super) const NOTE: &str = "INSERT INTO changes (time, kind, id) VALUES ($1, $2, $3) RETURNING revision";
/// Heard by those that wait, once it is committed. It only wakes them: what changed stands in the table.
pub(super) const WAKE: &str = "NOTIFY gatewright_changes";

impl Directory for PostgresStore {
    fn create_key(&self, key: &NewKey, now: Micros) -> Result<StoredKey, StoreError> {
        let policy = encode(&key.policy)?;
        let name = clean(&key.policy.name);
        let made = self.change_key("create a key", now, key.id, &key.policy.name, async |db, revision| {
            let pepper = i32::try_from(key.pepper).unwrap_or(i32::MAX);
            let digest = key.digest.as_slice();
            let values: Values<'_> =
                &[&Id(key.id.0), &name, &digest, &pepper, &policy, &key.prefix, &key.last4, &now, &revision];
            db.execute(INSERT, values).await?;
            label(db, &[KeyLabel::of(key.id, &key.policy)]).await?;
            select(db, key.id).await
        })?;
        made.ok_or(StoreError::Damaged { what: "a key just written" })
    }

    fn update_key(
        &self,
        id: KeyId,
        update: &KeyUpdate,
        now: Micros,
    ) -> Result<Option<StoredKey>, StoreError> {
        let policy = encode(&update.policy)?;
        let name = clean(&update.policy.name);
        let mut present = None;
        let changed =
            self.change_key("change a key", now, id, &update.policy.name, async |db, revision| {
                let values: Values<'_> = &[&name, &policy, &now, &revision, &Id(id.0), &update.if_revision];
                if db.execute(UPDATE, values).await? == 0 {
                    present = select(db, id).await?.filter(|key| key.revoked_at.is_none());
                    return Ok(None);
                }
                label(db, &[KeyLabel::of(id, &update.policy)]).await?;
                select(db, id).await
            })?;
        match (changed, present) {
            (None, Some(present)) => Err(StoreError::Changed { revision: present.revision }),
            (changed, _) => Ok(changed),
        }
    }

    fn rotate_key(
        &self,
        id: KeyId,
        secret: &NewSecret,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredKey>, StoreError> {
        self.change_key("rotate a key", now, id, "", async |db, revision| {
            let present = select(db, id).await?.filter(|key| key.revoked_at.is_none());
            let Some(present) = present else { return Ok(None) };
            if if_revision.is_some_and(|expected| expected != present.revision) {
                return Err(StoreError::Changed { revision: present.revision }.into());
            }
            let (digest, pepper) =
                (secret.digest.as_slice(), i32::try_from(secret.pepper).unwrap_or(i32::MAX));
            let (prefix, last4) = (&secret.prefix, &secret.last4);
            let values: Values<'_> =
                &[&secret.old_until, &digest, &pepper, prefix, last4, &now, &revision, &Id(id.0)];
            db.execute(ROTATE, values).await?;
            select(db, id).await
        })
    }

    fn revoke_key(&self, id: KeyId, now: Micros) -> Result<bool, StoreError> {
        let sql = "UPDATE keys SET revoked_at = $1, updated_at = $1, revision = $2 \
                   WHERE id = $3 AND revoked_at IS NULL";
        let done = self.change_key("revoke a key", now, id, "", async |db, revision| {
            let done = db.execute(sql, &[&now, &revision, &Id(id.0)]).await?;
            Ok((done > 0).then_some(()))
        })?;
        Ok(done.is_some())
    }

    fn key(&self, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
        self.run("read a key", ANSWER_LIMIT, async |db| select(db, id).await)
    }

    fn keys_of(&self, ids: &[KeyId]) -> Result<Vec<StoredKey>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM keys WHERE id = ANY($1)");
        let ids: Vec<Id> = ids.iter().map(|id| Id(id.0)).collect();
        self.run("read keys", BULK_LIMIT, async |db| {
            db.query(&sql, &[&ids]).await?.iter().map(decode).collect()
        })
    }

    fn keys(&self, after: Option<KeyId>, rows: usize) -> Result<Vec<StoredKey>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM keys WHERE revoked_at IS NULL AND id > $1 ORDER BY id LIMIT $2");
        // A plain bound, so that the index leads there.
        let behind = after.map_or(Vec::new(), |id| id.0.to_be_bytes().to_vec());
        let read = self.run("list keys", BULK_LIMIT, async |db| {
            let rows = db.query(&sql, &[&behind, &limit(rows)]).await?;
            rows.iter().map(decode).collect()
        });
        self.standby.or_keys(read, after, rows)
    }

    fn label_keys(&self, labels: &[KeyLabel]) -> Result<(), StoreError> {
        if labels.is_empty() {
            return Ok(());
        }
        let written =
            self.retried("note the names of keys", ANSWER_LIMIT, async |db| label(db, labels).await);
        self.standby.or_later(written, labels)
    }

    fn label_accounts(&self, labels: &[AccountLabel]) -> Result<(), StoreError> {
        // Of several names for one account, the last counts; one statement takes an account once.
        let last: BTreeMap<_, _> =
            labels.iter().map(|label| (bytes_of(label.id), clean(&label.name))).collect();
        if last.is_empty() {
            return Ok(());
        }
        let ids: Vec<&[u8]> = last.keys().map(<[u8; _]>::as_slice).collect();
        let names: Vec<&str> = last.values().map(|name| &**name).collect();
        self.retried("note the names of accounts", ANSWER_LIMIT, async |db| {
            db.execute(LABEL_ACCOUNTS, &[&ids, &names]).await.map(drop)
        })
    }

    fn changes_after(&self, revision: i64, rows: usize) -> Result<Vec<Change>, StoreError> {
        let sql =
            "SELECT revision, time, kind, id FROM changes WHERE revision > $1 ORDER BY revision LIMIT $2";
        self.run("read changes", ANSWER_LIMIT, async |db| {
            let read = |row: &Row| {
                Ok(Change {
                    revision: row.try_get(0)?,
                    time: row.try_get(1)?,
                    kind: row.try_get(2)?,
                    id: row.try_get(3)?,
                })
            };
            db.query(sql, &[&revision, &limit(rows)]).await?.iter().map(read).collect()
        })
    }

    fn revision(&self) -> Result<i64, StoreError> {
        let read = self.run("read the latest revision", ANSWER_LIMIT, async |db| {
            let row = db.one("SELECT COALESCE(MAX(revision), 0) FROM changes", &[]).await?;
            Ok(row.try_get(0)?)
        });
        self.standby.or_revision(read)
    }
}

impl PostgresStore {
    /// Runs a change in a transaction that also gives it its revision. `None` from `work` undoes everything.
    pub(super) fn change<T>(
        &self,
        operation: &'static str,
        (now, kind, id): (Micros, &str, &str),
        work: impl AsyncFnOnce(&mut Db<'_>, i64) -> Result<Option<T>, Fault>,
    ) -> Result<Option<T>, StoreError> {
        let work = async |db: &mut Db<'_>| {
            db.batch(IN_ORDER).await?;
            let revision: i64 = db.one(NOTE, &[&now, &kind, &id]).await?.try_get(0)?;
            let done = work(db, revision).await?.ok_or(Fault::Undone)?;
            db.batch(WAKE).await?;
            Ok(done)
        };
        match self.with(|session| session.transaction(ANSWER_LIMIT, work)) {
            Err(Fault::Undone) => Ok(None),
            other => other.map(Some).map_err(|fault| fault.into_error(operation)),
        }
    }

    fn change_key<T>(
        &self,
        operation: &'static str,
        now: Micros,
        id: KeyId,
        name: &str,
        work: impl AsyncFnOnce(&mut Db<'_>, i64) -> Result<Option<T>, Fault>,
    ) -> Result<Option<T>, StoreError> {
        self.change(operation, (now, "key", &id.to_string()), async |db, revision| {
            work(db, revision).await.map_err(|fault| match fault.is_taken() {
                true => StoreError::NameTaken { name: name.to_owned() }.into(),
                false => fault,
            })
        })
    }
}

pub(super) async fn label(db: &mut Db<'_>, labels: &[KeyLabel]) -> Result<(), Fault> {
    let ids: Vec<Id> = labels.iter().map(|label| Id(label.id.0)).collect();
    let text = |text: &str| clean(text).into_owned();
    let names: Vec<String> = labels.iter().map(|label| text(&label.name)).collect();
    let teams: Vec<String> = labels.iter().map(|l| text(l.team_id.as_deref().unwrap_or(""))).collect();
    let projects: Vec<String> = labels.iter().map(|l| text(l.project_id.as_deref().unwrap_or(""))).collect();
    db.execute(LABEL, &[&ids, &names, &teams, &projects]).await.map(drop)
}

pub(super) fn encode(policy: &KeyPolicy) -> Result<String, StoreError> {
    serde_json::to_string(policy).map_err(|_| StoreError::Damaged { what: "a key's policy" })
}

async fn select(db: &mut Db<'_>, id: KeyId) -> Result<Option<StoredKey>, Fault> {
    let row = db.first(&format!("SELECT {COLUMNS} FROM keys WHERE id = $1"), &[&Id(id.0)]).await?;
    row.as_ref().map(decode).transpose()
}

fn decode(row: &Row) -> Result<StoredKey, Fault> {
    let damaged = |what| move |_| Fault::from(StoreError::Damaged { what });
    let policy: KeyPolicy =
        serde_json::from_str(row.try_get(5)?).map_err(|_| StoreError::Damaged { what: "a key's policy" })?;
    let retiring = match (row.try_get::<_, Option<&[u8]>>(10)?, row.try_get::<_, Option<i64>>(11)?) {
        (Some(digest), Some(until)) => {
            Some(Retiring { digest: digest.try_into().map_err(damaged("a key's digest"))?, until })
        }
        _ => None,
    };
    Ok(StoredKey {
        id: KeyId(row.try_get::<_, Id>(0)?.0),
        digest: row.try_get::<_, &[u8]>(1)?.try_into().map_err(damaged("a key's digest"))?,
        pepper: super::bytes::small(row, 2, "a key's pepper")?,
        prefix: row.try_get(3)?,
        last4: row.try_get(4)?,
        policy,
        created_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
        revoked_at: row.try_get(8)?,
        revision: row.try_get(9)?,
        retiring,
    })
}
