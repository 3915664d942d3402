//! Changes of accounts: each is made to the row that stands there, below what is there, and takes along what refers to it, also
//! where another node has just changed something.

use super::noted::{self, Done, noted};
use super::{AccountsError, Referring, allowed, check, find, label, put_in_force, restore, take};
use crate::app::authorization::Caller;
use crate::app::state::App;
use crate::app::{audit, keys};
use gw_model::{AccountId, Level};
use gw_store::keys::generate_account_id;
use gw_store::memory::{KeyEntry, KeySource};
use gw_store::types::{AccountProfile, Doomed, StoredAccount};
use gw_store::{StoreError, refers};
use std::collections::HashSet;

/// Tries of a change that another node was faster than.
const MAX_TRIES: u32 = 5;

/// Makes an account.
pub(crate) fn create(
    app: &App,
    caller: &Caller,
    level: Level,
    parent: Option<AccountId>,
    profile: &AccountProfile,
) -> Result<StoredAccount, AccountsError> {
    create_as(app, caller, generate_account_id(level)?, parent, profile)
}

/// Makes an account of an id that is given.
pub(crate) fn create_as(
    app: &App,
    caller: &Caller,
    id: AccountId,
    parent: Option<AccountId>,
    profile: &AccountProfile,
) -> Result<StoredAccount, AccountsError> {
    let _changing = app.changing.lock();
    allowed::create(app, caller, id.level, parent, profile)?;
    check(app, parent, profile)?;
    let mut entry = noted(app, caller, Done::Create, id, &profile.name);
    entry.places = allowed::places_of_new(app, parent, profile);
    entry.after = Some(noted::told(parent, profile));
    let now = entry.time;
    let made = audit::with_entry(app, &entry, |store| {
        refers::check_there(store, refers::of_account(parent, profile))?;
        store.create_account(id, parent, profile, now).map(Some)
    })?;
    let made = made.ok_or(AccountsError::NotFound)?;
    label(app, &[&made]);
    put_in_force(&app.gateway.keys.accounts, &made);
    Ok(made)
}

/// Changes an account: `change` is given what it is now, again where another node changed it meanwhile and no revision is
/// wanted.
pub(crate) fn update<E: From<AccountsError>>(
    app: &App,
    caller: &Caller,
    id: AccountId,
    if_revision: Option<i64>,
    mut change: impl FnMut(&StoredAccount) -> Result<AccountProfile, E>,
) -> Result<StoredAccount, E> {
    let _changing = app.changing.lock();
    let mut tries = 1;
    loop {
        let present = find(app, caller, id)?;
        if if_revision.is_some_and(|expected| expected != present.revision) {
            let revision = present.revision;
            return Err(AccountsError::Store(StoreError::Changed { revision }).into());
        }
        let profile = change(&present)?;
        match write(app, caller, &present, profile) {
            Err(AccountsError::Store(StoreError::Changed { .. }))
                if if_revision.is_none() && tries < MAX_TRIES =>
            {
                tries += 1;
            }
            other => return Ok(other?),
        }
    }
}

/// Writes an account as it is to be, if it still is as it was.
fn write(
    app: &App,
    caller: &Caller,
    present: &StoredAccount,
    profile: AccountProfile,
) -> Result<StoredAccount, AccountsError> {
    let id = present.id;
    let profile = allowed::update(app, caller, present, profile)?;
    check(app, present.service_of(), &profile)?;
    restore(app, id, &profile)?;
    let mut entry = noted(app, caller, Done::Update, id, &profile.name);
    let (before, after) = noted::difference(present, &profile);
    (entry.before, entry.after) = (Some(before), Some(after));
    entry.places = allowed::places(app, present, &profile);
    let (now, revision) = (entry.time, Some(present.revision));
    let changed = audit::with_entry(app, &entry, |store| {
        refers::check_there(store, refers::of_account(None, &profile))?;
        store.update_account(id, &profile, revision, now)
    })?;
    let changed = changed.ok_or(AccountsError::NotFound)?;
    label(app, &[&changed]);
    put_in_force(&app.gateway.keys.accounts, &changed);
    Ok(changed)
}

/// Removes an account; with `cascade` also what belongs to it, and revokes its keys.
pub(crate) fn remove(
    app: &App,
    caller: &Caller,
    id: AccountId,
    cascade: bool,
    if_revision: Option<i64>,
) -> Result<(), AccountsError> {
    let _changing = app.changing.lock();
    let mut tries = 1;
    loop {
        let present = find(app, caller, id)?;
        allowed::remove(app, caller, &present)?;
        if let Some(days) = present.profile.policy.retention.record_days {
            return Err(AccountsError::Keeps(days));
        }
        let (doomed, ids) = doomed(app, id, cascade)?;
        let mut newcomers = Doomed::default();
        match erase(app, caller, &present, &doomed, if_revision, &mut newcomers) {
            Err(AccountsError::Store(StoreError::Referred)) if tries < MAX_TRIES => {
                // Made by another node just now: they go too, or are told of.
                take(app, app.storage.database.accounts_of(&newcomers.accounts)?)?;
                keys::take(app, &newcomers.keys)?;
                tries += 1;
                continue;
            }
            other => other?,
        }
        let table = &app.gateway.keys;
        for key in &doomed.keys {
            table.remove(*key);
        }
        for account in &doomed.accounts {
            table.accounts.remove(*account);
        }
        table.forget_tokens(|entry| refers_to(entry, &ids));
        return Ok(());
    }
}

/// What goes with an account, itself first, if it may; and the accounts among it.
fn doomed(app: &App, id: AccountId, cascade: bool) -> Result<(Doomed, HashSet<AccountId>), AccountsError> {
    let table = &app.gateway.keys;
    let below = table.accounts.referring(id);
    let mut ids: HashSet<AccountId> = below.iter().map(|account| account.id).collect();
    ids.insert(id);
    let keys = table.filter(|entry| entry.source != KeySource::Token && refers_to(entry, &ids));
    let of_file = keys.iter().filter(|entry| entry.source == KeySource::File);
    let referring = Referring {
        accounts: below.iter().map(|account| account.id).collect(),
        keys: keys.iter().map(|entry| entry.id).collect(),
        of_file: of_file.map(|entry| entry.name.to_string()).collect(),
        is_plan: id.level == Level::Plan,
    };
    let is_alone = referring.accounts.is_empty() && referring.keys.is_empty();
    let may_cascade = cascade && !referring.is_plan && referring.of_file.is_empty();
    if !is_alone && !may_cascade {
        return Err(AccountsError::InUse(referring));
    }
    let accounts = std::iter::once(id).chain(referring.accounts).collect();
    Ok((Doomed { accounts, keys: referring.keys }, ids))
}

/// Removes it from the store, unless something else refers to it, which is noted then.
fn erase(
    app: &App,
    caller: &Caller,
    present: &StoredAccount,
    doomed: &Doomed,
    if_revision: Option<i64>,
    newcomers: &mut Doomed,
) -> Result<(), AccountsError> {
    let mut entry = noted(app, caller, Done::Delete, present.id, &present.profile.name);
    entry.places = allowed::places(app, present, &present.profile);
    entry.before = Some(noted::told_with(present, doomed));
    let now = entry.time;
    audit::with_entry(app, &entry, |store| {
        if let Some(seen) = app.seen() {
            *newcomers = refers::referring_since(store, doomed, seen)?;
            if *newcomers != Doomed::default() {
                return Err(StoreError::Referred);
            }
        }
        store.delete_accounts(doomed, if_revision, now).map(Some)
    })?;
    Ok(())
}

/// Does the key belong to one of them, or have one as plan?
fn refers_to(entry: &KeyEntry, ids: &HashSet<AccountId>) -> bool {
    entry.above().iter().chain(entry.plan()).any(|account| ids.contains(&account.id))
}
