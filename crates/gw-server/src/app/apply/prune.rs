//! What a document manages and no longer has. It is removed where that is asked for, and then only if nothing refers to it
//! that stays.

use super::present::{stored_accounts, stored_keys};
use super::resolve::{Work, shown};
use super::{Change, Entry, Left, Options, Planned};
use gw_model::{AccountId, KeyId, Level};
use gw_store::StoreError;
use gw_store::memory::{KeyEntry, KeySource};
use std::collections::HashSet;

/// The order in which things are removed: what refers to others goes first.
const ORDER: [Level; 8] = [
    Level::Key,
    Level::Tag,
    Level::Customer,
    Level::User,
    Level::Project,
    Level::Team,
    Level::Organization,
    Level::Plan,
];

pub(super) fn plan(work: &mut Work<'_>, options: Options) -> Result<(), StoreError> {
    let table = &work.app.gateway.keys;
    let (mut gone, mut missing) = (Vec::new(), Vec::new());
    for text in work.app.storage.database.managed_by(&work.wanted.document)? {
        let Ok(id) = text.parse::<AccountId>() else {
            gone.push(text);
            continue;
        };
        let is_there = match id.level {
            Level::Key => table.get(KeyId(id.number)).is_some(),
            _ => table.accounts.get(id).is_some(),
        };
        match is_there {
            false => gone.push(text),
            true if work.held.contains_key(&id) => {}
            true => missing.push(id),
        }
    }
    work.plan.released = gone;
    missing.sort_by_key(|id| ORDER.iter().position(|level| *level == id.level));
    let shared = shared_names(work, &missing);
    if !options.prune {
        work.plan.left = missing.into_iter().map(|id| left(work, id, &shared)).collect();
        return Ok(());
    }
    check(work, &missing);
    remove(work, &missing, &shared)
}

/// Names that these keys share with others: they say nothing of which is meant.
fn shared_names(work: &Work<'_>, missing: &[AccountId]) -> HashSet<String> {
    let table = &work.app.gateway.keys;
    let of_key = |id: &&AccountId| id.level == Level::Key;
    let names: HashSet<Box<str>> = missing
        .iter()
        .filter(of_key)
        .filter_map(|id| table.get(KeyId(id.number)).map(|entry| entry.name.clone()))
        .collect();
    if names.is_empty() {
        return HashSet::new();
    }
    let (mut once, mut twice) = (HashSet::new(), HashSet::new());
    for entry in table.filter(|entry| names.contains(&entry.name)) {
        if !once.insert(entry.name.clone()) {
            twice.insert(entry.name.to_string());
        }
    }
    twice
}

fn left(work: &Work<'_>, id: AccountId, shared: &HashSet<String>) -> Left {
    Left { level: id.level, id: shown(id), path: name(work, id, shared) }
}

fn name(work: &Work<'_>, id: AccountId, shared: &HashSet<String>) -> String {
    match id.level {
        Level::Key => {
            let entry = work.app.gateway.keys.get(KeyId(id.number));
            entry.map_or_else(|| shown(id), |entry| key_name(work, entry.owner(), &entry.name, shared))
        }
        _ => work.path_of(id),
    }
}

fn key_name(work: &Work<'_>, owner: &str, name: &str, shared: &HashSet<String>) -> String {
    if shared.contains(name) { work.key_path(owner, name) } else { name.to_owned() }
}

/// Nothing that stays may refer to what goes.
fn check(work: &mut Work<'_>, missing: &[AccountId]) {
    let going: HashSet<AccountId> = missing.iter().copied().collect();
    let used = std::mem::take(&mut work.used);
    for (id, entry) in used.iter().filter(|(id, _)| going.contains(id)) {
        let what = id.level.as_str();
        let text = format!(
            "the {what} '{}' is no longer in the document, and would be removed: add it again, or name another",
            work.path_of(*id)
        );
        work.fault(entry, text);
    }
    for id in missing.iter().filter(|id| id.level != Level::Key) {
        let mut staying = Vec::new();
        let table = &work.app.gateway.keys;
        for account in table.accounts.referring(*id) {
            let stays = !going.contains(&account.id)
                && work.held.get(&account.id).is_none_or(|held| held.refers_to.contains(id));
            if stays {
                staying.push(format!("{} '{}'", account.id.level.as_str(), work.path_of(account.id)));
            }
        }
        for entry in table.filter(|entry| entry.source != KeySource::Token && refers(entry, *id)) {
            let key = AccountId { level: Level::Key, number: entry.id.0 };
            // Callers with tokens come as their provider says; without the account they come no more.
            if entry.source == KeySource::Token {
                continue;
            }
            let moves = work.held.get(&key).is_some_and(|held| !held.refers_to.contains(id));
            if entry.source == KeySource::File || !(going.contains(&key) || moves) {
                staying.push(format!("key '{}'", entry.name));
            }
        }
        if staying.is_empty() {
            continue;
        }
        staying.sort_unstable();
        let more = staying.len().saturating_sub(3);
        staying.truncate(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text = format!(
            "the {} '{}' is no longer in the document, and cannot be removed: {}{more} belong to it, which the document \
             does not manage; move or remove them first",
            id.level.as_str(),
            work.path_of(*id),
            staying.join(", ")
        );
        work.fault(&Entry::default(), text);
    }
}

/// Does the key belong to it, or have it as plan?
fn refers(entry: &KeyEntry, id: AccountId) -> bool {
    entry.above().iter().chain(entry.plan()).any(|account| account.id == id)
}

fn remove(work: &mut Work<'_>, missing: &[AccountId], shared: &HashSet<String>) -> Result<(), StoreError> {
    let (keys, accounts): (Vec<AccountId>, Vec<AccountId>) =
        missing.iter().copied().partition(|id| id.level == Level::Key);
    let keys: Vec<KeyId> = keys.into_iter().map(|id| KeyId(id.number)).collect();
    let mut stored = stored_keys(work.app, &keys)?;
    for id in keys {
        if let Some(before) = stored.remove(&id) {
            let path = key_name(work, before.policy.owner(), &before.policy.name, shared);
            let change = Change::RevokeKey(Box::new(before));
            work.plan.changes.push(Planned { path, entry: None, change });
        }
    }
    let mut stored = stored_accounts(work.app, &accounts)?;
    for id in accounts {
        if let Some(before) = stored.remove(&id) {
            let path = work.path_of(id);
            let change = Change::DeleteAccount(Box::new(before));
            work.plan.changes.push(Planned { path, entry: None, change });
        }
    }
    Ok(())
}
