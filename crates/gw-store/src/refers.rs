//! What keys and accounts refer to, and who refers to what: asked within the transaction of a change, while nobody else
//! changes anything, so that nothing is made below what another node is just removing, and nothing is removed that
//! another node has just made something below. The same for every store. It must not know who may do what.

use crate::error::StoreError;
use crate::traits::ControlStore;
use crate::types::{AccountProfile, Doomed, TenantChange};
use gw_model::{AccountId, KeyId, KeyPolicy, Level};
use std::collections::BTreeSet;

/// Changes that are read at once.
const PAGE: usize = 1_000;

/// The accounts that a key with that policy refers to. A name of a team that is no id is no more than a label.
pub fn of_key(policy: &KeyPolicy) -> impl Iterator<Item = AccountId> {
    let named = [
        (&policy.team_id, Level::Team),
        (&policy.project_id, Level::Project),
        (&policy.user_id, Level::User),
        (&policy.plan_id, Level::Plan),
    ];
    let id = |(text, level): (&Option<String>, Level)| {
        text.as_ref()?.parse::<AccountId>().ok().filter(|id| id.level == level)
    };
    named.into_iter().filter_map(id)
}

/// The accounts that an account refers to.
pub fn of_account(parent: Option<AccountId>, profile: &AccountProfile) -> impl Iterator<Item = AccountId> {
    let members = profile.memberships.iter().map(|one| one.account);
    parent.into_iter().chain(profile.plan).chain(members)
}

fn of_change(change: &TenantChange) -> Vec<AccountId> {
    match change {
        TenantChange::CreateAccount(made) => of_account(made.parent, &made.profile).collect(),
        TenantChange::UpdateAccount { profile, .. } => of_account(None, profile).collect(),
        TenantChange::CreateKey(new) => of_key(&new.policy).collect(),
        TenantChange::UpdateKey { policy, .. } => of_key(policy).collect(),
        TenantChange::DeleteAccount { .. } | TenantChange::RevokeKey { .. } => Vec::new(),
    }
}

/// Is all of that there?
///
/// # Errors
/// [`StoreError::Missing`], or the store's own.
pub fn check_there(
    store: &dyn ControlStore,
    ids: impl IntoIterator<Item = AccountId>,
) -> Result<(), StoreError> {
    let mut missing: BTreeSet<AccountId> = ids.into_iter().collect();
    if missing.is_empty() {
        return Ok(());
    }
    for account in store.accounts_of(&missing.iter().copied().collect::<Vec<_>>())? {
        missing.remove(&account.id);
    }
    missing.first().map_or(Ok(()), |id| Err(StoreError::Missing { id: *id }))
}

/// Who refers to what is about to be removed and does not go with it, among what changed after the change `seen`: what was
/// there before is known to whoever put the list together.
///
/// # Errors
/// The store's.
pub fn referring_since(store: &dyn ControlStore, doomed: &Doomed, seen: i64) -> Result<Doomed, StoreError> {
    let going: BTreeSet<AccountId> = doomed.accounts.iter().copied().collect();
    let (mut found, mut last) = (Doomed::default(), seen);
    loop {
        let changes = store.changes_after(last, PAGE)?;
        let Some(latest) = changes.last() else { break };
        last = latest.revision;
        let keys: BTreeSet<KeyId> = changes.iter().filter_map(|change| change.id.parse().ok()).collect();
        let accounts: BTreeSet<AccountId> =
            changes.iter().filter_map(|change| change.id.parse().ok()).collect();
        let keys: Vec<KeyId> = keys.into_iter().filter(|id| !doomed.keys.contains(id)).collect();
        let accounts: Vec<AccountId> = accounts.into_iter().filter(|id| !going.contains(id)).collect();
        let keys = store
            .keys_of(&keys)?
            .into_iter()
            .filter(|key| key.revoked_at.is_none() && of_key(&key.policy).any(|id| going.contains(&id)));
        found.keys.extend(keys.map(|key| key.id));
        let accounts = store.accounts_of(&accounts)?.into_iter().filter(|account| {
            let above = account.parent.into_iter().chain(account.profile.plan);
            above.into_iter().any(|id| going.contains(&id))
        });
        found.accounts.extend(accounts.map(|account| account.id));
    }
    Ok(found)
}

/// Is everything there that many changes refer to, and does nothing refer to what they remove? `seen`: the latest change
/// that they were planned with; `None` where nobody else changes anything.
///
/// # Errors
/// [`StoreError::OneOfMany`] of [`StoreError::Gone`] or [`StoreError::Referred`], or the store's own.
pub fn check_many(
    store: &dyn ControlStore,
    changes: &[TenantChange],
    seen: Option<i64>,
) -> Result<(), StoreError> {
    let made = |change: &TenantChange| match change {
        TenantChange::CreateAccount(made) => Some(made.id),
        _ => None,
    };
    let made: BTreeSet<AccountId> = changes.iter().filter_map(made).collect();
    let refers: Vec<Vec<AccountId>> = changes.iter().map(of_change).collect();
    let above = refers.iter().flatten().filter(|id| !made.contains(id)).copied();
    let one = |at: usize, source| StoreError::OneOfMany { at, source: Box::new(source) };
    match check_there(store, above) {
        Err(StoreError::Missing { id }) => {
            let at = refers.iter().position(|ids| ids.contains(&id)).unwrap_or_default();
            return Err(one(at, StoreError::Gone));
        }
        other => other?,
    }
    let Some(seen) = seen else { return Ok(()) };
    let mut doomed = Doomed::default();
    for change in changes {
        match change {
            TenantChange::DeleteAccount { id, .. } => doomed.accounts.push(*id),
            TenantChange::RevokeKey { id, .. } => doomed.keys.push(*id),
            _ => {}
        }
    }
    if doomed.accounts.is_empty() {
        return Ok(());
    }
    let found = referring_since(store, &doomed, seen)?;
    if found == Doomed::default() {
        return Ok(());
    }
    let is_removed = |change: &TenantChange| matches!(change, TenantChange::DeleteAccount { .. });
    Err(one(changes.iter().position(is_removed).unwrap_or_default(), StoreError::Referred))
}
