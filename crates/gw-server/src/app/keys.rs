//! Virtual keys: those of the API live in the database and in the key table, those of the configuration file
//! in the table only. The file is the floor: what it declares cannot be changed here.

use super::audit;
use super::state::App;
use gw_config::DeclaredKey;
use gw_model::{KeyId, KeyPolicy, Micros, Secret, time};
use gw_store::StoreError;
use gw_store::audit::{Origin, changed};
use gw_store::keys::{file_key_id, generate_key, generate_key_id, shown_parts};
use gw_store::memory::{KeyEntry, KeySource, KeyTable, SpentByPeriod};
use gw_store::traits::{ControlStore, Directory, Ledger};
use gw_store::types::{KeyLabel, KeyUpdate, NewKey, StoredKey};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// The pepper that new digests are made with.
const PEPPER: u32 = 1;

/// Why a key cannot be made or changed.
#[derive(Debug)]
pub(crate) enum KeysError {
    /// The name stands in the file and in the database.
    NameTwice {
        /// Which.
        name: String,
    },
    /// The key belongs to the configuration file.
    ManagedByFile,
    /// There is no such key.
    NotFound,
    /// The store.
    Store(StoreError),
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTwice { name } => write!(
                f,
                "the key name '{name}' stands in the configuration file and in the database; rename one of them"
            ),
            Self::ManagedByFile => {
                f.write_str("this key is managed by the configuration file; change it there")
            }
            Self::NotFound => f.write_str("there is no such key"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for KeysError {}

impl From<StoreError> for KeysError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A key that was just made: the only time that its text is known.
pub(crate) struct Made {
    pub(crate) entry: Arc<KeyEntry>,
    pub(crate) key: Secret,
}

/// The keys of a file, with all done that can fail. The table is as it was.
pub(crate) struct Prepared<'a> {
    declared: &'a [DeclaredKey],
    /// What keys that are new to the table have spent already.
    spent: Vec<(KeyId, SpentByPeriod)>,
    now: Micros,
}

/// Checks the keys of a file against those of the database, reads what they spent and notes their names for
/// reports. On an error nothing has changed.
pub(crate) fn prepare<'a>(app: &App, declared: &'a [DeclaredKey]) -> Result<Prepared<'a>, KeysError> {
    let table = &app.gateway.keys;
    let clash = declared
        .iter()
        .find(|d| table.by_name(&d.policy.name).is_some_and(|entry| entry.source == KeySource::Api));
    if let Some(key) = clash {
        return Err(KeysError::NameTwice { name: key.policy.name.clone() });
    }
    let labels: Vec<_> =
        declared.iter().map(|key| KeyLabel::of(file_key_id(&key.policy.name), &key.policy)).collect();
    let fresh: HashSet<KeyId> = labels.iter().map(|l| l.id).filter(|id| table.get(*id).is_none()).collect();
    let now = app.gateway.clock().now();
    let mut spent = Vec::new();
    if !fresh.is_empty() {
        spent = app.storage.database.spent(now)?;
        spent.retain(|(id, _)| fresh.contains(id));
    }
    app.storage.database.label_keys(&labels)?;
    Ok(Prepared { declared, spent, now })
}

impl Prepared<'_> {
    /// Puts the keys in force, and those that the file left out out of force.
    pub(crate) fn put_in_force(self, table: &KeyTable) {
        let ids: HashSet<KeyId> = self.declared.iter().map(|d| file_key_id(&d.policy.name)).collect();
        let gone = table.list().into_iter().filter(|e| e.source == KeySource::File && !ids.contains(&e.id));
        for entry in gone.collect::<Vec<_>>() {
            table.remove(entry.id);
        }
        for (id, spent) in &self.spent {
            table.restore_spent(*id, self.now, spent);
        }
        for key in self.declared {
            let id = file_key_id(&key.policy.name);
            table.upsert(id, table.digest(key.key.expose()), key.policy.clone(), false, KeySource::File);
        }
    }
}

/// Keys of a file that are new, gone or different, at most so many are told of.
const MAX_TOLD: usize = 100;

/// What a file's keys change: those that are different, by name, before and after.
pub(crate) fn difference(table: &KeyTable, declared: &[DeclaredKey]) -> (Value, Value) {
    let (mut before, mut after) = (Map::new(), Map::new());
    let names: HashSet<&str> = declared.iter().map(|key| key.policy.name.as_str()).collect();
    let present = table.list().into_iter().filter(|entry| entry.source == KeySource::File);
    for entry in present.filter(|entry| !names.contains(entry.policy.name.as_str())).take(MAX_TOLD) {
        before.insert(entry.policy.name.clone(), told(&entry.policy));
    }
    for key in declared {
        let old = table.get(file_key_id(&key.policy.name));
        let old_digest = old.as_ref().is_some_and(|_| table.find(key.key.expose()).is_some());
        match old {
            Some(old) if old.policy == key.policy && old_digest => {}
            _ if after.len() >= MAX_TOLD => break,
            Some(old) => {
                let (mut was, mut is) = changed(&told(&old.policy), &told(&key.policy));
                if !old_digest {
                    (was["key"], is["key"]) = (json!("the old one"), json!("another one"));
                }
                before.insert(key.policy.name.clone(), was);
                after.insert(key.policy.name.clone(), is);
            }
            None => drop(after.insert(key.policy.name.clone(), told(&key.policy))),
        }
    }
    (Value::Object(before), Value::Object(after))
}

/// A policy as the audit log tells of it: what stands in the database, times for people.
fn told(policy: &KeyPolicy) -> Value {
    let mut told = serde_json::to_value(policy).unwrap_or_default();
    if let Some(at) = policy.expires_at {
        told["expires_at"] = time::format(at).into();
    }
    told
}

/// Makes a key.
pub(crate) fn create(app: &App, origin: &Origin, policy: KeyPolicy) -> Result<Made, KeysError> {
    let _changing = app.changing.lock();
    if app.gateway.keys.by_name(&policy.name).is_some() {
        return Err(KeysError::Store(StoreError::NameTaken { name: policy.name }));
    }
    let key = generate_key()?;
    let id = generate_key_id()?;
    let digest = app.gateway.keys.digest(key.expose());
    let (prefix, last4) = shown_parts(&key);
    let new = NewKey { id, digest, pepper: PEPPER, prefix, last4, policy };
    let mut entry = audit::draft(app, origin, "key.create", "key");
    (entry.id, entry.name) = (id.to_string(), new.policy.name.clone());
    entry.after = Some(told(&new.policy));
    let stored = audit::with_entry(app, &entry, |store| store.create_key(&new, entry.time).map(Some))?;
    let stored = stored.ok_or(KeysError::NotFound)?;
    let entry = app.gateway.keys.upsert(id, digest, stored.policy, false, KeySource::Api);
    Ok(Made { entry, key })
}

/// Changes a key of the database.
pub(crate) fn update(
    app: &App,
    origin: &Origin,
    id: KeyId,
    policy: KeyPolicy,
) -> Result<Arc<KeyEntry>, KeysError> {
    let _changing = app.changing.lock();
    let entry = own(app, id)?;
    let taken = app.gateway.keys.by_name(&policy.name).is_some_and(|other| other.id != id);
    if taken {
        return Err(KeysError::Store(StoreError::NameTaken { name: policy.name }));
    }
    let update = KeyUpdate { policy, if_revision: None };
    let mut noted = audit::draft(app, origin, "key.update", "key");
    (noted.id, noted.name) = (id.to_string(), update.policy.name.clone());
    let (before, after) = changed(&told(&entry.policy), &told(&update.policy));
    (noted.before, noted.after) = (Some(before), Some(after));
    let stored = audit::with_entry(app, &noted, |store| store.update_key(id, &update, noted.time))?;
    let stored: StoredKey = stored.ok_or(KeysError::NotFound)?;
    Ok(app.gateway.keys.upsert(id, stored.digest, stored.policy, entry.revoked(), KeySource::Api))
}

/// Revokes a key for good. Calls that it has in flight go on; the next one is refused.
pub(crate) fn revoke(app: &App, origin: &Origin, id: KeyId) -> Result<(), KeysError> {
    let _changing = app.changing.lock();
    let entry = own(app, id)?;
    let mut noted = audit::draft(app, origin, "key.revoke", "key");
    (noted.id, noted.name) = (id.to_string(), entry.policy.name.clone());
    noted.before = Some(told(&entry.policy));
    let revoke = |store: &dyn ControlStore| Ok(store.revoke_key(id, noted.time)?.then_some(()));
    audit::with_entry(app, &noted, revoke)?.ok_or(KeysError::NotFound)?;
    app.gateway.keys.remove(id);
    Ok(())
}

/// A key that may be changed through the API.
fn own(app: &App, id: KeyId) -> Result<Arc<KeyEntry>, KeysError> {
    let entry = app.gateway.keys.get(id).ok_or(KeysError::NotFound)?;
    match entry.source {
        KeySource::Api => Ok(entry),
        KeySource::File => Err(KeysError::ManagedByFile),
    }
}
