//! Virtual keys: those of the API live in the database and in the key table, those of the configuration file
//! in the table only. The file is the floor: what it declares cannot be changed here.

mod change;
mod narrow;
mod own;
mod service;
pub(super) mod told;

pub(crate) use change::update;
pub(crate) use told::difference;

use super::accounts::{self, AccountsError};
use super::audit;
use super::authorization::{Caller, Denied, Permission, Reach, Resource, Standing};
use super::state::App;
use gw_config::DeclaredKey;
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Secret, time};
use gw_store::StoreError;
use gw_store::audit::AuditDraft;
use gw_store::keys::{file_key_id, generate_key, generate_key_id, shown_parts};
use gw_store::memory::{Account, KeyEntry, KeySource, KeyTable, Rules};
use gw_store::refers;
use gw_store::restore::{Party, restore_key, restore_keys, restore_windows, restore_windows_or_later};
use gw_store::traits::ControlStore;
use gw_store::types::{KeyLabel, NewKey, NewSecret, StoredKey};
use serde_json::json;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use told::told;

/// Keys read at once.
const PAGE: usize = 10_000;

/// The pepper that new digests are made with.
pub(super) const PEPPER: u32 = 1;

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
    /// It is no key, but a caller with tokens.
    ManagedByIssuer,
    /// There is no such key.
    NotFound,
    /// What it is to belong to does not exist.
    Account(AccountsError),
    /// The project belongs to another team.
    OtherTeam {
        /// The project's team.
        team: String,
    },
    /// An account is named where its id is to stand.
    NameForId {
        /// Where.
        field: &'static str,
        /// What stands there.
        name: String,
        /// What should.
        id: AccountId,
    },
    /// The key is a service account's, and is to belong to something else than that.
    BesideOwner {
        /// What the service account belongs to.
        owner: AccountId,
    },
    /// Whoever asks may not.
    Denied(Denied),
    /// A member may not set that of a key of his own.
    NotForMembers {
        /// What.
        field: &'static str,
    },
    /// Members make no keys there.
    NoMemberKeys,
    /// The holder may only narrow what somebody else set.
    OnlyNarrower {
        /// What he would lift.
        field: &'static str,
    },
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
            Self::ManagedByIssuer => f.write_str(
                "this caller has tokens of an identity provider: change it there, disable its user, or change 'auth' in \
                 the configuration file",
            ),
            Self::NotFound => f.write_str("there is no such key"),
            Self::Account(error) => write!(f, "{error}"),
            Self::NameForId { field, name, id } => {
                let level = id.level.as_str();
                write!(f, "'{field}' takes an id, and '{name}' is the name of a {level}: write {id}")
            }
            Self::OtherTeam { team } => {
                write!(
                    f,
                    "the key's project belongs to the team '{team}'; leave 'team_id' out, or change both"
                )
            }
            Self::BesideOwner { owner } => write!(
                f,
                "the key is a service account's, which belongs to '{owner}': leave 'team_id' and 'project_id' out, or \
                 name what that is or what is below it"
            ),
            Self::Denied(_) => f.write_str("whoever asks may not"),
            Self::NotForMembers { field } => {
                write!(
                    f,
                    "members do not set '{field}' of their keys; ask somebody who may change all keys there"
                )
            }
            Self::NoMemberKeys => {
                f.write_str("members make no keys there ('member_keys' is false); ask an admin for one")
            }
            Self::OnlyNarrower { field } => write!(
                f,
                "somebody else set '{field}' of this key, and its holder may only narrow it; ask somebody who may change \
                 all keys there"
            ),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for KeysError {}

impl From<Denied> for KeysError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

impl From<StoreError> for KeysError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AccountsError> for KeysError {
    fn from(error: AccountsError) -> Self {
        Self::Account(error)
    }
}

/// A key whose secret was just made: the only time that its text is known.
pub(crate) struct Made {
    pub(crate) stored: StoredKey,
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
    let is_new = |key: &&DeclaredKey| table.get(file_key_id(&key.policy.name)).is_none();
    let new: HashSet<&str> = declared.iter().filter(is_new).map(|key| key.policy.name.as_str()).collect();
    if !new.is_empty()
        && let Some(clash) =
            table.filter(|entry| entry.source == KeySource::Api && new.contains(&*entry.name)).first()
    {
        return Err(KeysError::NameTwice { name: clash.name.to_string() });
    }
    let labels: Vec<_> =
        declared.iter().map(|key| KeyLabel::of(file_key_id(&key.policy.name), &key.policy)).collect();
    let fresh: HashSet<KeyId> = labels.iter().map(|l| l.id).filter(|id| table.get(*id).is_none()).collect();
    let now = app.gateway.clock().now();
    if !fresh.is_empty() {
        restore_keys(&*app.storage.database, table, &fresh, now)?;
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

/// The keys that somebody may see, in the order of ids.
pub(crate) fn list(app: &App, caller: &Caller) -> Result<impl Iterator<Item = Arc<KeyEntry>>, KeysError> {
    let read = Resource::Keys.read();
    caller.authority.may_somewhere(read)?;
    let all = app.gateway.keys.list().into_iter();
    Ok(all.filter(move |entry| caller.authority.sees(read, &Standing::of_key(entry))))
}

/// A key that somebody may see.
pub(crate) fn seen(app: &App, caller: &Caller, id: KeyId) -> Result<Arc<KeyEntry>, KeysError> {
    let entry = app.gateway.keys.get(id).ok_or(KeysError::NotFound)?;
    caller.authority.may(Resource::Keys.read(), &Standing::of_key(&entry))?;
    Ok(entry)
}

/// A key that somebody may see, with its row: what it says is newer than the entry where another node has just changed it.
/// `None` for one that is not of the database.
pub(crate) fn find(
    app: &App,
    caller: &Caller,
    id: KeyId,
) -> Result<(Arc<KeyEntry>, Option<StoredKey>), KeysError> {
    if app.gateway.keys.get(id).is_none() {
        // Another node may have made it just now.
        refresh(app, &[id])?;
    }
    let entry = app.gateway.keys.get(id).ok_or(KeysError::NotFound)?;
    if entry.source != KeySource::Api {
        return seen(app, caller, id).map(|entry| (entry, None));
    }
    let stored = stored(app, id)?;
    caller.authority.may(Resource::Keys.read(), &Standing::of_stored(app, &stored.policy))?;
    Ok((entry, Some(stored)))
}

/// The row of a key that is not revoked.
fn stored(app: &App, id: KeyId) -> Result<StoredKey, KeysError> {
    let found = app.storage.database.key(id)?.filter(|key| key.revoked_at.is_none());
    found.ok_or(KeysError::NotFound)
}

/// Has a key of the configuration file that name? No other key of the gateway may then: conditions of the file may be about it.
pub(crate) fn is_of_file(app: &App, name: &str) -> bool {
    app.gateway.keys.get(file_key_id(name)).is_some_and(|known| known.source == KeySource::File)
}

/// Makes a key.
pub(crate) fn create(app: &App, caller: &Caller, mut policy: KeyPolicy) -> Result<Made, KeysError> {
    let _changing = app.changing.lock();
    settle(app, caller, &mut policy, None)?;
    own::name_holder(app, caller, &mut policy);
    service::place(app, &mut policy)?;
    let standing = Standing::of_policy(app, &policy);
    let write = Resource::Keys.write();
    let may = caller.authority.may(write, &standing);
    let reach = may.map_err(|denied| KeysError::Denied(denied.told(write)))?;
    if reach == Reach::Own {
        own::check_new(app, &policy)?;
    }
    policy.made_by_holder = reach == Reach::Own;
    if is_of_file(app, &policy.name) || app.gateway.keys.by_name(policy.owner(), &policy.name).is_some() {
        return Err(KeysError::Store(StoreError::NameTaken { name: policy.name }));
    }
    let key = generate_key()?;
    let id = generate_key_id()?;
    let digest = app.gateway.keys.digest(key.expose());
    let (prefix, last4) = shown_parts(&key);
    let new = NewKey { id, digest, pepper: PEPPER, prefix, last4, policy };
    let mut entry = audit::draft(app, &caller.origin, "key.create", "key");
    (entry.id, entry.name) = (id.to_string(), new.policy.name.clone());
    entry.places = Standing::in_common(&[standing]);
    entry.after = Some(told(&new.policy));
    let now = entry.time;
    let stored = audit::with_entry(app, &entry, |store| {
        refers::check_there(store, refers::of_key(&new.policy))?;
        store.create_key(&new, now).map(Some)
    })?;
    let stored = stored.ok_or(KeysError::NotFound)?;
    if let Some(party) = party(&app.gateway.keys, id, &stored.policy) {
        // From here on they are counted; nothing was spent before.
        let _ = party.tally.open_windows(&party.rules, now);
    }
    put_in_force(app, &stored);
    Ok(Made { stored, key })
}

/// Gives a key another secret; the present one stays good for so many seconds.
pub(crate) fn rotate(
    app: &App,
    caller: &Caller,
    id: KeyId,
    grace_seconds: u32,
    if_revision: Option<i64>,
) -> Result<Made, KeysError> {
    let _changing = app.changing.lock();
    let entry = own(app, caller, id, &[Resource::Keys.write()])?;
    let key = generate_key()?;
    let digest = app.gateway.keys.digest(key.expose());
    let (prefix, last4) = shown_parts(&key);
    let mut noted = noted(app, caller, "key.rotate", id, &entry.name);
    noted.places = Standing::in_common(&[Standing::of_key(&entry)]);
    let now = noted.time;
    let old_until = now.saturating_add(i64::from(grace_seconds) * 1_000_000);
    noted.after = Some(json!({
        "prefix": prefix,
        "last4": last4,
        "previous_key_until": time::format(old_until),
    }));
    let secret = NewSecret { digest, pepper: PEPPER, prefix, last4, old_until };
    let stored = audit::with_entry(app, &noted, |store| store.rotate_key(id, &secret, if_revision, now))?;
    let stored = stored.ok_or(KeysError::NotFound)?;
    put_in_force(app, &stored);
    Ok(Made { stored, key })
}

/// Revokes a key for good. Calls that it has in flight go on; the next one is refused.
pub(crate) fn revoke(
    app: &App,
    caller: &Caller,
    id: KeyId,
    if_revision: Option<i64>,
) -> Result<(), KeysError> {
    let _changing = app.changing.lock();
    let entry = own(app, caller, id, &[Resource::Keys.write()])?;
    let mut noted = noted(app, caller, "key.revoke", id, &entry.name);
    noted.places = Standing::in_common(&[Standing::of_key(&entry)]);
    noted.before = Some(told(&stored(app, id)?.policy));
    let revoke = |store: &dyn ControlStore| {
        if let (Some(expected), Some(present)) = (if_revision, store.key(id)?)
            && present.revision != expected
        {
            return Err(StoreError::Changed { revision: present.revision });
        }
        Ok(store.revoke_key(id, noted.time)?.then_some(()))
    };
    audit::with_entry(app, &noted, revoke)?.ok_or(KeysError::NotFound)?;
    app.gateway.keys.remove(id);
    Ok(())
}

/// An entry about a key.
fn noted(app: &App, caller: &Caller, action: &'static str, id: KeyId, name: &str) -> AuditDraft {
    let mut draft = audit::draft(app, &caller.origin, action, "key");
    (draft.id, draft.name) = (id.to_string(), name.to_owned());
    draft
}

/// A key with what it is to be counted by, when its budgets have windows that may have to be restored.
pub(super) fn party(table: &KeyTable, id: KeyId, policy: &KeyPolicy) -> Option<Party> {
    let rules = Rules::new(&policy.limits, policy.budgets.clone());
    rules.has_other_windows().then(|| Party {
        id: AccountId { level: Level::Key, number: id.0 },
        tally: table.tally(id),
        rules: Arc::new(rules),
    })
}

pub(super) fn put_in_force(app: &App, stored: &StoredKey) {
    let (policy, source) = (stored.policy.clone(), KeySource::Api);
    app.gateway.keys.upsert_retiring(stored.id, stored.digest, policy, false, source, stored.retiring);
}

/// Sees that all exists that a key is to belong to. A name of a team or a project that is no id is a label for reports.
/// A project brings its team along.
fn settle(
    app: &App,
    caller: &Caller,
    policy: &mut KeyPolicy,
    before: Option<&KeyPolicy>,
) -> Result<(), KeysError> {
    let was = |of: fn(&KeyPolicy) -> &Option<String>| before.and_then(|before| of(before).clone());
    let account = |field, level, text: &mut Option<String>, was: Option<String>| {
        let found = account(app, field, level, text)?;
        match &found {
            // What one may not see is as unknown as what there is not; what stood there before may stay.
            Some(account) if *text != was && !accounts::is_seen(app, caller, account.id)? => {
                Err(KeysError::from(accounts::unknown(field, &account.id.to_string(), level)))
            }
            None if *text != was => not_by_name(app, caller, field, level, text.as_deref()).map(|()| found),
            _ => Ok(found),
        }
    };
    account("team_id", Level::Team, &mut policy.team_id, was(|of| &of.team_id))?;
    account("user_id", Level::User, &mut policy.user_id, was(|of| &of.user_id))?;
    service::place(app, policy)?;
    if account("plan_id", Level::Plan, &mut policy.plan_id, was(|of| &of.plan_id))?.is_none()
        && let Some(id) = &policy.plan_id
    {
        return Err(accounts::unknown("plan_id", id, Level::Plan).into());
    }
    let project = account("project_id", Level::Project, &mut policy.project_id, was(|of| &of.project_id))?;
    let Some(team) = project.and_then(|project| Some(project.parent.as_ref()?.id.to_string())) else {
        return Ok(());
    };
    // What the caller did not name goes with the project.
    let is_named = policy.team_id.is_some() && before.is_none_or(|before| before.team_id != policy.team_id);
    let moved = before.is_none_or(|before| before.project_id != policy.project_id);
    if policy.team_id.as_ref() != Some(&team) {
        if is_named || !moved {
            return Err(KeysError::OtherTeam { team });
        }
        policy.team_id = Some(team);
    }
    Ok(())
}

/// Puts keys in force as another node left them.
pub(crate) fn refresh(app: &App, ids: &[KeyId]) -> Result<(), StoreError> {
    let _changing = app.changing.lock();
    take(app, ids)
}

/// The same for whoever is changing something.
pub(super) fn take(app: &App, ids: &[KeyId]) -> Result<(), StoreError> {
    let stored = app.storage.database.keys_of(ids)?;
    put_all_in_force(app, stored)
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
    put_all_in_force(app, stored)
}

fn put_all_in_force(app: &App, stored: Vec<StoredKey>) -> Result<(), StoreError> {
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
            restore_key(&*app.storage.database, table, key.id, now)?;
        }
        if let Some(party) = party(table, key.id, &key.policy) {
            restore_windows(&*app.storage.database, &[party], now)?;
        }
        if is_of_file(app, &key.policy.name) {
            let name = &key.policy.name;
            tracing::error!(
                name,
                "a key of another node has the name of one of this node's file; rename one of them"
            );
        }
        put_in_force(app, &key);
    }
    Ok(())
}

/// A label that reads as the name of an account would have none of its limits and budgets, which nobody means.
fn not_by_name(
    app: &App,
    caller: &Caller,
    field: &'static str,
    level: Level,
    label: Option<&str>,
) -> Result<(), KeysError> {
    let Some(label) = label else { return Ok(()) };
    let all = app.gateway.keys.accounts.list(level);
    for account in all.iter().filter(|account| account.version().name.eq_ignore_ascii_case(label)) {
        if accounts::is_seen(app, caller, account.id)? {
            return Err(KeysError::NameForId { field, name: label.to_owned(), id: account.id });
        }
    }
    Ok(())
}

/// The account that a field of a key names, where it names one; its id is written as it is shown.
fn account(
    app: &App,
    field: &str,
    level: Level,
    text: &mut Option<String>,
) -> Result<Option<Arc<Account>>, KeysError> {
    let Some(id) = text.as_ref().and_then(|text| text.parse::<AccountId>().ok()) else { return Ok(None) };
    if id.level != level {
        return Err(accounts::unknown(field, &id.to_string(), level).into());
    }
    *text = Some(id.to_string());
    Ok(Some(accounts::known(app, id, field)?))
}

/// A key that may be changed through the API, by whoever has one of these permissions.
fn own(app: &App, caller: &Caller, id: KeyId, any_of: &[Permission]) -> Result<Arc<KeyEntry>, KeysError> {
    if app.gateway.keys.get(id).is_none() {
        // Another node may have made it just now.
        take(app, &[id])?;
    }
    let entry = app.gateway.keys.get(id).ok_or(KeysError::NotFound)?;
    caller.authority.may_any(any_of, &Standing::of_key(&entry))?;
    match entry.source {
        KeySource::Api => Ok(entry),
        KeySource::File => Err(KeysError::ManagedByFile),
        KeySource::Token => Err(KeysError::ManagedByIssuer),
    }
}
