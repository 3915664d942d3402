//! Virtual keys: those of the API live in the database and in the key table, those of the configuration file
//! in the table only. The file is the floor: what it declares cannot be changed here.

use super::state::App;
use gw_config::DeclaredKey;
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Secret};
use gw_store::StoreError;
use gw_store::keys::{file_key_id, generate_key, generate_key_id, shown_parts};
use gw_store::memory::{KeyEntry, KeySource, KeyTable, Rules};
use gw_store::restore::{Party, restore_windows, restore_windows_or_later};
use gw_store::types::{KeyLabel, KeyUpdate, NewKey, StoredKey};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// Keys read at once.
const PAGE: usize = 10_000;

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
}

/// Checks the keys of a file against those of the database, restores what they spent and notes their names for
/// reports. On an error no key has changed.
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
    if !fresh.is_empty() {
        for (id, spent) in app.storage.database.spent(now)? {
            if fresh.contains(&id) {
                table.restore_spent(id, now, &spent);
            }
        }
    }
    let parties = declared.iter().filter_map(|key| party(table, file_key_id(&key.policy.name), &key.policy));
    restore_windows_or_later(&*app.storage.database, &parties.collect::<Vec<_>>(), now)?;
    app.storage.database.label_keys(&labels)?;
    Ok(Prepared { declared })
}

impl Prepared<'_> {
    /// Puts the keys in force, and those that the file left out out of force.
    pub(crate) fn put_in_force(self, table: &KeyTable) {
        let ids: HashSet<KeyId> = self.declared.iter().map(|d| file_key_id(&d.policy.name)).collect();
        let gone = table.list().into_iter().filter(|e| e.source == KeySource::File && !ids.contains(&e.id));
        for entry in gone.collect::<Vec<_>>() {
            table.remove(entry.id);
        }
        for key in self.declared {
            let id = file_key_id(&key.policy.name);
            table.upsert(id, table.digest(key.key.expose()), key.policy.clone(), false, KeySource::File);
        }
    }
}

/// Makes a key.
pub(crate) fn create(app: &App, policy: KeyPolicy) -> Result<Made, KeysError> {
    let _changing = app.changing.lock();
    if app.gateway.keys.by_name(&policy.name).is_some() {
        return Err(KeysError::Store(StoreError::NameTaken { name: policy.name }));
    }
    let key = generate_key()?;
    let id = generate_key_id()?;
    let digest = app.gateway.keys.digest(key.expose());
    let (prefix, last4) = shown_parts(&key);
    let new = NewKey { id, digest, pepper: PEPPER, prefix, last4, policy };
    let now = app.gateway.clock().now();
    let stored = app.storage.database.create_key(&new, now)?;
    if let Some(party) = party(&app.gateway.keys, id, &stored.policy) {
        // From here on they are counted; nothing was spent before.
        let _ = party.tally.open_windows(&party.rules, now);
    }
    let entry = app.gateway.keys.upsert(id, digest, stored.policy, false, KeySource::Api);
    Ok(Made { entry, key })
}

/// Changes a key of the database.
pub(crate) fn update(app: &App, id: KeyId, policy: KeyPolicy) -> Result<Arc<KeyEntry>, KeysError> {
    let _changing = app.changing.lock();
    let entry = own(app, id)?;
    let taken = app.gateway.keys.by_name(&policy.name).is_some_and(|other| other.id != id);
    if taken {
        return Err(KeysError::Store(StoreError::NameTaken { name: policy.name }));
    }
    let now = app.gateway.clock().now();
    if let Some(party) = party(&app.gateway.keys, id, &policy) {
        restore_windows(&*app.storage.database, &[party], now)?;
    }
    let update = KeyUpdate { policy, if_revision: None };
    let stored = app.storage.database.update_key(id, &update, now)?;
    let stored: StoredKey = stored.ok_or(KeysError::NotFound)?;
    Ok(app.gateway.keys.upsert(id, stored.digest, stored.policy, entry.revoked(), KeySource::Api))
}

/// Revokes a key for good. Calls that it has in flight go on; the next one is refused.
pub(crate) fn revoke(app: &App, id: KeyId) -> Result<(), KeysError> {
    let _changing = app.changing.lock();
    own(app, id)?;
    if !app.storage.database.revoke_key(id, app.gateway.clock().now())? {
        return Err(KeysError::NotFound);
    }
    app.gateway.keys.remove(id);
    Ok(())
}

/// A key with what it is to be counted by, when its budgets have windows that may have to be restored.
fn party(table: &KeyTable, id: KeyId, policy: &KeyPolicy) -> Option<Party> {
    let rules = Rules::new(&policy.limits, policy.budgets.clone());
    rules.has_other_windows().then(|| Party {
        id: AccountId { level: Level::Key, number: id.0 },
        tally: table.tally(id),
        rules: Arc::new(rules),
    })
}

/// Puts keys in force as another node left them.
pub(crate) fn refresh(app: &App, ids: &[KeyId]) -> Result<(), StoreError> {
    let _changing = app.changing.lock();
    let stored = app.storage.database.keys_of(ids)?;
    put_in_force(app, stored)
}

/// Makes the table what the database says, all of it.
pub(crate) fn reload(app: &App) -> Result<(), StoreError> {
    let _changing = app.changing.lock();
    let mut stored: Vec<StoredKey> = Vec::new();
    loop {
        let page = app.storage.database.keys(stored.last().map(|key| key.id), PAGE)?;
        if page.is_empty() {
            break;
        }
        stored.extend(page);
    }
    let ids: HashSet<KeyId> = stored.iter().map(|key| key.id).collect();
    let gone = |entry: &Arc<KeyEntry>| entry.source == KeySource::Api && !ids.contains(&entry.id);
    for entry in app.gateway.keys.list().iter().filter(|entry| gone(entry)) {
        app.gateway.keys.remove(entry.id);
    }
    put_in_force(app, stored)
}

fn put_in_force(app: &App, stored: Vec<StoredKey>) -> Result<(), StoreError> {
    let table = &app.gateway.keys;
    let now = app.gateway.clock().now();
    for key in stored {
        let known = table.get(key.id);
        if known.as_ref().is_some_and(|entry| entry.source == KeySource::File) {
            continue;
        }
        if key.revoked_at.is_some() {
            table.remove(key.id);
            continue;
        }
        if known.is_none() && !key.policy.budgets.is_empty() {
            table.restore_spent(key.id, now, &app.storage.database.spent_of(key.id, now)?);
        }
        if let Some(party) = party(table, key.id, &key.policy) {
            restore_windows(&*app.storage.database, &[party], now)?;
        }
        if table.by_name(&key.policy.name).is_some_and(|other| other.source == KeySource::File) {
            let name = &key.policy.name;
            tracing::error!(
                name,
                "a key of another node has the name of one of this node's file; rename one of them"
            );
        }
        table.upsert(key.id, key.digest, key.policy, false, KeySource::Api);
    }
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
