//! Many accounts and keys at once, as documents want them, and which document manages what. Whoever changes them holds the
//! lock of all changes.

use super::accounts::{self as rows, Columns, REVOKE};
use super::bytes::{Id, clean};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::directory::{self as keys, IN_ORDER, NOTE, WAKE};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::error::StoreError;
use crate::traits::BulkStore;
use crate::types::{KeyLabel, MadeAccount, NewKey, TenantBatch, TenantChange};
use gw_model::{KeyId, Micros};

const CLAIM: &str = "INSERT INTO managed (id, document) SELECT id, $2 FROM unnest($1::text[]) AS t (id) ORDER BY id \
     ON CONFLICT (id) DO UPDATE SET document = excluded.document";
const RELEASE: &str = "DELETE FROM managed WHERE id = ANY($1)";

impl BulkStore for PostgresStore {
    fn write_tenants(&self, batch: &TenantBatch<'_>, now: Micros) -> Result<(), StoreError> {
        self.transaction("write accounts and keys", BULK_LIMIT, async |db| {
            db.batch(IN_ORDER).await?;
            for (at, change) in batch.changes.iter().enumerate() {
                write(db, change, now).await.map_err(|fault| refused(at, change, fault))?;
            }
            let labels = batch.changes.iter().filter_map(|change| match change {
                TenantChange::CreateKey(new) => Some(KeyLabel::of(new.id, &new.policy)),
                TenantChange::UpdateKey { id, policy, .. } => Some(KeyLabel::of(*id, policy)),
                _ => None,
            });
            keys::label(db, &labels.collect::<Vec<_>>()).await?;
            note_managed(db, batch).await?;
            db.batch(WAKE).await
        })
    }

    fn managed_by(&self, document: &str) -> Result<Vec<String>, StoreError> {
        let document = clean(document);
        self.run("read what a document manages", BULK_LIMIT, async |db| {
            let rows =
                db.query("SELECT id FROM managed WHERE document = $1 ORDER BY id", &[&document]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        })
    }

    fn managers(&self, ids: &[String]) -> Result<Vec<(String, String)>, StoreError> {
        self.run("read which documents manage something", ANSWER_LIMIT, async |db| {
            let sql = "SELECT id, document FROM managed WHERE id = ANY($1) ORDER BY id";
            let rows = db.query(sql, &[&ids]).await?;
            rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
        })
    }
}

fn refused(at: usize, change: &TenantChange, fault: Fault) -> Fault {
    let source = match fault {
        Fault::Store(error) => error,
        fault if fault.is_taken() => match change {
            TenantChange::CreateAccount(MadeAccount { profile, .. })
            | TenantChange::UpdateAccount { profile, .. } => {
                StoreError::NameTaken { name: profile.name.clone() }
            }
            TenantChange::CreateKey(NewKey { policy, .. }) | TenantChange::UpdateKey { policy, .. } => {
                StoreError::NameTaken { name: policy.name.clone() }
            }
            _ => return fault,
        },
        fault => return fault,
    };
    StoreError::OneOfMany { at, source: Box::new(source) }.into()
}

async fn write(db: &mut Db<'_>, change: &TenantChange, now: Micros) -> Result<(), Fault> {
    match change {
        TenantChange::CreateAccount(MadeAccount { id, parent, profile }) => {
            let revision = rows::note(db, *id, now).await?;
            rows::insert(db, *id, *parent, &Columns::of(*id, profile)?, now, revision).await?;
            rows::write_memberships(db, *id, &profile.memberships).await
        }
        TenantChange::UpdateAccount { id, profile, if_revision } => {
            expect(rows::revision_of(db, *id).await?, *if_revision)?;
            let revision = rows::note(db, *id, now).await?;
            rows::change(db, *id, &Columns::of(*id, profile)?, now, revision).await?;
            rows::write_memberships(db, *id, &profile.memberships).await
        }
        TenantChange::DeleteAccount { id, if_revision } => {
            expect(rows::revision_of(db, *id).await?, *if_revision)?;
            rows::delete(db, *id, now).await
        }
        TenantChange::CreateKey(new) => create_key(db, new, now).await,
        TenantChange::UpdateKey { id, policy, secret, if_revision } => {
            expect(revision_of_key(db, *id).await?, *if_revision)?;
            let revision = note_key(db, *id, now).await?;
            let (name, text) = (clean(&policy.name), keys::encode(policy)?);
            let values: Values<'_> = &[&name, &text, &now, &revision, &Id(id.0), &None::<i64>];
            db.execute(keys::UPDATE, values).await?;
            let Some(secret) = secret else { return Ok(()) };
            let pepper = i32::try_from(secret.pepper).unwrap_or(i32::MAX);
            let digest = secret.digest.as_slice();
            let (until, prefix, last4) = (&secret.old_until, &secret.prefix, &secret.last4);
            let values: Values<'_> = &[until, &digest, &pepper, prefix, last4, &now, &revision, &Id(id.0)];
            db.execute(keys::ROTATE, values).await.map(drop)
        }
        TenantChange::RevokeKey { id, if_revision } => {
            expect(revision_of_key(db, *id).await?, *if_revision)?;
            let revision = note_key(db, *id, now).await?;
            db.execute(REVOKE, &[&now, &revision, &Id(id.0)]).await.map(drop)
        }
    }
}

/// Its label is written with those of the others.
async fn create_key(db: &mut Db<'_>, new: &NewKey, now: Micros) -> Result<(), Fault> {
    let (name, policy) = (clean(&new.policy.name), keys::encode(&new.policy)?);
    let pepper = i32::try_from(new.pepper).unwrap_or(i32::MAX);
    let digest = new.digest.as_slice();
    let revision = note_key(db, new.id, now).await?;
    let values: Values<'_> =
        &[&Id(new.id.0), &name, &digest, &pepper, &policy, &new.prefix, &new.last4, &now, &revision];
    db.execute(keys::INSERT, values).await.map(drop)
}

fn expect(present: Option<i64>, expected: i64) -> Result<(), StoreError> {
    match present {
        None => Err(StoreError::Gone),
        Some(revision) if revision != expected => Err(StoreError::Changed { revision }),
        Some(_) => Ok(()),
    }
}

async fn note_key(db: &mut Db<'_>, id: KeyId, now: Micros) -> Result<i64, Fault> {
    Ok(db.one(NOTE, &[&now, &"key", &id.to_string()]).await?.try_get(0)?)
}

async fn revision_of_key(db: &mut Db<'_>, id: KeyId) -> Result<Option<i64>, Fault> {
    let sql = "SELECT revision FROM keys WHERE id = $1 AND revoked_at IS NULL";
    let row = db.first(sql, &[&Id(id.0)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

async fn note_managed(db: &mut Db<'_>, batch: &TenantBatch<'_>) -> Result<(), Fault> {
    let ids =
        |removes: bool| batch.changes.iter().filter(move |c| c.removes() == removes).map(TenantChange::id);
    let claimed: Vec<String> = ids(false).chain(batch.claimed.iter().cloned()).collect();
    let released: Vec<String> = ids(true).chain(batch.released.iter().cloned()).collect();
    let document = clean(batch.document);
    db.execute(CLAIM, &[&claimed, &document]).await?;
    db.execute(RELEASE, &[&released]).await.map(drop)
}
