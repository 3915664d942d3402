//! Credentials of providers that the API manages: sealed in the database, and in force at once for the providers that
//! name them. What they are is never given out again.

use super::audit;
use super::authorization::Caller;
use super::state::App;
use gw_model::credential::CredentialSource;
use gw_model::{Micros, Secret};
use gw_store::audit::{AuditDraft, changed};
use gw_store::traits::ControlStore;
use gw_store::types::StoredCredential;
use gw_store::{StoreError, peppers};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fmt;

/// Why a credential cannot be made, changed or removed.
#[derive(Debug)]
pub(crate) enum CredentialError {
    /// There is none of that name.
    NotFound,
    /// Providers use it.
    InUse {
        /// Their names.
        providers: Vec<String>,
    },
    /// It was changed since it was read; when it was last.
    Changed(Micros),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such credential"),
            Self::InUse { providers } => {
                write!(
                    f,
                    "the configuration uses this credential for {}; take it out there first",
                    providers.join(", ")
                )
            }
            Self::Changed(_) => f.write_str("it was changed since it was read"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for CredentialError {}

impl From<StoreError> for CredentialError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What to change; what is not given stays.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) api_key: Option<Secret>,
    pub(crate) description: Option<String>,
}

/// Puts all that is stored in force, at start. One that cannot be opened is left out and logged: the rest of the
/// gateway works without it.
pub(crate) fn load(app: &App) -> Result<(), StoreError> {
    let now = app.gateway.clock().now();
    for stored in list(app)? {
        put_in_force(app, &stored, now);
    }
    Ok(())
}

/// Puts those in force that another node changed or removed.
pub(crate) fn refresh(app: &App, names: &HashSet<&str>) -> Result<(), StoreError> {
    let _changing = app.changing.lock();
    let now = app.gateway.clock().now();
    let all = list(app)?;
    for name in names {
        match all.iter().find(|stored| stored.name == *name) {
            Some(stored) => put_in_force(app, stored, now),
            None => app.gateway.room.set_stored(name, None, now),
        }
    }
    Ok(())
}

fn put_in_force(app: &App, stored: &StoredCredential, now: Micros) {
    match app.storage.vault.open(&stored.name, &stored.sealed) {
        Ok(secret) => app.gateway.room.set_stored(&stored.name, Some(secret), now),
        Err(error) => {
            tracing::error!(credential = %stored.name, %error, "a stored credential cannot be opened");
        }
    }
}

/// All of them, by name. What stands beside them for older keys is none.
pub(crate) fn list(app: &App) -> Result<Vec<StoredCredential>, StoreError> {
    let mut all = app.storage.database.credentials()?;
    all.retain(|stored| !peppers::is_one(&stored.name));
    Ok(all)
}

/// One of them.
pub(crate) fn find(app: &App, name: &str) -> Result<StoredCredential, CredentialError> {
    list(app)?.into_iter().find(|stored| stored.name == name).ok_or(CredentialError::NotFound)
}

/// Makes one.
pub(crate) fn create(
    app: &App,
    caller: &Caller,
    name: String,
    api_key: Secret,
    description: String,
) -> Result<StoredCredential, CredentialError> {
    let _changing = app.changing.lock();
    let now = app.gateway.clock().now();
    let sealed = app.storage.vault.seal(&name, &api_key)?;
    let last4 = last4(&api_key);
    let stored = StoredCredential { name, sealed, last4, description, created_at: now, updated_at: now };
    let mut entry = noted(app, caller, "credential.create", &stored);
    entry.after = Some(told(&stored));
    audit::with_entry(app, &entry, |store| store.create_credential(&stored).map(Some))?;
    app.gateway.room.set_stored(&stored.name, Some(api_key), now);
    Ok(stored)
}

/// Changes one; calls that start from now on carry the new key.
pub(crate) fn change(
    app: &App,
    caller: &Caller,
    name: &str,
    change: Change,
    seen: Option<Micros>,
) -> Result<StoredCredential, CredentialError> {
    let _changing = app.changing.lock();
    let now = app.gateway.clock().now();
    let mut stored = expected(find(app, name)?, seen)?;
    let old = told(&stored);
    if let Some(key) = &change.api_key {
        stored.sealed = app.storage.vault.seal(name, key)?;
        stored.last4 = last4(key);
    }
    if let Some(description) = change.description {
        stored.description = description;
    }
    let mut entry = noted(app, caller, "credential.update", &stored);
    let (before, mut after) = changed(&old, &told(&stored));
    if change.api_key.is_some() {
        after["api_key"] = "another one".into();
    }
    (entry.before, entry.after) = (Some(before), Some(after));
    let update = |store: &dyn ControlStore| Ok(store.update_credential(&stored, now)?.then_some(()));
    audit::with_entry(app, &entry, update)?.ok_or_else(|| overtaken(app, name))?;
    stored.updated_at = now;
    if let Some(key) = change.api_key {
        app.gateway.room.set_stored(name, Some(key), now);
    }
    Ok(stored)
}

/// Removes one that no provider uses.
pub(crate) fn remove(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Option<Micros>,
) -> Result<(), CredentialError> {
    let _changing = app.changing.lock();
    let providers = users(app, name);
    let stored = expected(find(app, name)?, seen)?;
    if !providers.is_empty() {
        return Err(CredentialError::InUse { providers });
    }
    let mut entry = noted(app, caller, "credential.delete", &stored);
    entry.before = Some(told(&stored));
    let delete =
        |store: &dyn ControlStore| Ok(store.delete_credential(name, stored.updated_at)?.then_some(()));
    audit::with_entry(app, &entry, delete)?.ok_or_else(|| overtaken(app, name))?;
    app.gateway.room.set_stored(name, None, app.gateway.clock().now());
    Ok(())
}

/// Is it still the one that was read? Its last change serves as its revision.
fn expected(stored: StoredCredential, seen: Option<Micros>) -> Result<StoredCredential, CredentialError> {
    match seen.is_some_and(|seen| seen != stored.updated_at) {
        true => Err(CredentialError::Changed(stored.updated_at)),
        false => Ok(stored),
    }
}

/// Another gateway was first.
fn overtaken(app: &App, name: &str) -> CredentialError {
    find(app, name).map_or_else(|error| error, |stored| CredentialError::Changed(stored.updated_at))
}

/// An entry about a credential.
fn noted(app: &App, caller: &Caller, action: &'static str, stored: &StoredCredential) -> AuditDraft {
    let mut entry = audit::draft(app, &caller.origin, action, "credential");
    (entry.id, entry.name) = (stored.name.clone(), stored.name.clone());
    entry
}

/// What the audit log tells of a credential: never what it is.
fn told(stored: &StoredCredential) -> Value {
    json!({ "description": stored.description, "last4": stored.last4 })
}

/// Names of the providers that use it.
pub(crate) fn users(app: &App, name: &str) -> Vec<String> {
    let live = app.gateway.live();
    let uses =
        |source: &CredentialSource| matches!(source, CredentialSource::Stored(used) if **used == *name);
    let providers = live.snapshot.providers.values();
    let users = providers.filter(|p| p.credentials.iter().any(|credential| uses(&credential.source)));
    users.map(|provider| provider.name.to_string()).collect()
}

/// What is shown of a key; nothing of a short one.
fn last4(key: &Secret) -> String {
    let text = key.expose();
    let shown = text.char_indices().rev().nth(3).map(|(at, _)| at).filter(|_| text.len() >= 16);
    shown.and_then(|at| text.get(at..)).unwrap_or_default().to_owned()
}
