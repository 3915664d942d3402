//! Does what a plan says, a batch at a time: each batch is written in one transaction and in force when it is over. What
//! somebody else changed meanwhile stops it, with the batches before done and no other begun.

use super::{Change, Plan, Planned, told};
use crate::app::accounts::{self, AccountsError};
use crate::app::audit::with_entries;
use crate::app::authorization::Caller;
use crate::app::keys::{self, PEPPER};
use crate::app::state::App;
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Micros, Secret};
use gw_store::audit::AuditDraft;
use gw_store::keys::{generate_key, shown_parts};
use gw_store::memory::KeySource;
use gw_store::restore::restore_windows;
use gw_store::traits::ControlStore;
use gw_store::types::{
    AccountLabel, AccountProfile, MadeAccount, NewKey, NewSecret, StoredAccount, StoredKey, TenantBatch,
    TenantChange,
};
use gw_store::{StoreError, refers};
use std::collections::{HashMap, HashSet};

/// Changes of one transaction.
const BATCH: usize = 500;

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// How many changes of the plan, from the first on.
    pub(crate) applied: usize,
    /// Keys that were given a secret here: the only time that it is known.
    pub(crate) made: Vec<Made>,
    /// Why the rest was not done.
    pub(crate) error: Option<Stopped>,
}

/// A key whose secret was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) id: KeyId,
    pub(crate) name: String,
    pub(crate) key: Secret,
}

/// Why not all was done.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Another document is being applied.
    Busy,
    /// One of the changes could not be made.
    Refused {
        /// Its number in the plan, from 0.
        at: usize,
        /// Why not.
        error: StoreError,
    },
    /// The store.
    Store(StoreError),
}

/// Does it. `secrets`: what keys of the plan without one are to be, by what they go by; others are made.
pub(crate) fn execute(app: &App, caller: &Caller, plan: &Plan, secrets: &HashMap<String, Secret>) -> Done {
    let mut done = Done::default();
    let Some(_turn) = app.applying.try_lock() else {
        return Done { error: Some(Stopped::Busy), ..done };
    };
    for batch in plan.changes.chunks(BATCH) {
        if let Err(error) = write(app, caller, plan, (batch, secrets), &mut done) {
            done.error = Some(error);
            return done;
        }
    }
    if !plan.claimed.is_empty() || !plan.released.is_empty() {
        let batch = TenantBatch {
            changes: &[],
            document: &plan.document,
            claimed: &plan.claimed,
            released: &plan.released,
        };
        let entry = told::managed(app, caller, plan);
        let noted =
            with_entries(app, &[entry], |store| store.write_tenants(&batch, app.gateway.clock().now()));
        done.error = noted.err().map(Stopped::Store);
    }
    done
}

fn write(
    app: &App,
    caller: &Caller,
    plan: &Plan,
    (batch, secrets): (&[Planned], &HashMap<String, Secret>),
    done: &mut Done,
) -> Result<(), Stopped> {
    let _changing = app.changing.lock();
    let now = app.gateway.clock().now();
    let at = |place: usize| done.applied + place;
    let (mut changes, mut made) = (Vec::with_capacity(batch.len()), Vec::new());
    let mut coming = HashSet::new();
    for (place, planned) in batch.iter().enumerate() {
        let change = prepare(app, planned, secrets, &mut made, now).and_then(|change| {
            coming.insert(planned.change.account());
            is_possible(app, &planned.change, &coming).map(|()| change)
        });
        changes.push(change.map_err(|error| Stopped::Refused { at: at(place), error })?);
    }
    let tenants = TenantBatch { changes: &changes, document: &plan.document, claimed: &[], released: &[] };
    let both = batch.iter().zip(&changes);
    let entries: Vec<AuditDraft> =
        both.map(|(planned, change)| told::entry(app, caller, &planned.change, change)).collect();
    let write = |store: &dyn ControlStore| {
        refers::check_many(store, &changes, app.seen())?;
        store.write_tenants(&tenants, now)
    };
    with_entries(app, &entries, write).map_err(|error| match error {
        StoreError::OneOfMany { at: place, source } => Stopped::Refused { at: at(place), error: *source },
        error => Stopped::Store(error),
    })?;
    let labels: Vec<AccountLabel> = changes.iter().filter_map(label).collect();
    if let Err(error) = app.storage.database.label_accounts(&labels) {
        tracing::warn!(%error, "names of accounts could not be noted for reports");
    }
    for (planned, change) in batch.iter().zip(changes) {
        put_in_force(app, &planned.change, change, now);
    }
    done.applied += batch.len();
    done.made.append(&mut made);
    Ok(())
}

/// Is everything there that it refers to, and its name free on this node?
fn is_possible(app: &App, change: &Change, coming: &HashSet<AccountId>) -> Result<(), StoreError> {
    let table = &app.gateway.keys;
    let missing = |id: &AccountId| !coming.contains(id) && table.accounts.get(*id).is_none();
    let of_key = |policy: &KeyPolicy| {
        let named = [&policy.team_id, &policy.project_id, &policy.user_id, &policy.plan_id];
        named.into_iter().flatten().filter_map(|id| id.parse::<AccountId>().ok()).any(|id| missing(&id))
    };
    let is_broken = match change {
        Change::CreateAccount(made) => made.parent.iter().chain(&made.profile.plan).any(missing),
        Change::UpdateAccount { profile, .. } => profile.plan.iter().any(missing),
        Change::CreateKey { policy, .. } | Change::UpdateKey { policy, .. } => of_key(policy),
        Change::DeleteAccount(_) | Change::RevokeKey(_) => false,
    };
    if is_broken {
        return Err(StoreError::Gone);
    }
    if let Change::CreateKey { policy, .. } | Change::UpdateKey { policy, .. } = change
        && keys::is_of_file(app, &policy.name)
    {
        return Err(StoreError::NameTaken { name: policy.name.clone() });
    }
    Ok(())
}

/// A change as the store takes it. Budgets with windows of their own learn first what was spent in them.
fn prepare(
    app: &App,
    Planned { path, change, .. }: &Planned,
    secrets: &HashMap<String, Secret>,
    made: &mut Vec<Made>,
    now: Micros,
) -> Result<TenantChange, StoreError> {
    Ok(match change {
        Change::CreateAccount(made) => TenantChange::CreateAccount(MadeAccount::clone(made)),
        Change::UpdateAccount { before, profile } => {
            let profile = AccountProfile::clone(profile);
            accounts::restore(app, before.id, &profile).map_err(|error| match error {
                AccountsError::Store(error) => error,
                _ => StoreError::Gone,
            })?;
            TenantChange::UpdateAccount { id: before.id, profile, if_revision: before.revision }
        }
        Change::DeleteAccount(before) => {
            TenantChange::DeleteAccount { id: before.id, if_revision: before.revision }
        }
        Change::CreateKey { id, policy, secret } => {
            let key = match secret.as_ref().or_else(|| secrets.get(path)) {
                Some(key) => key.clone(),
                None => {
                    let key = generate_key()?;
                    made.push(Made { id: *id, name: path.clone(), key: key.clone() });
                    key
                }
            };
            let digest = app.gateway.keys.digest(key.expose());
            let (prefix, last4) = shown_parts(&key);
            let policy = KeyPolicy::clone(policy);
            TenantChange::CreateKey(NewKey { id: *id, digest, pepper: PEPPER, prefix, last4, policy })
        }
        Change::UpdateKey { before, policy, secret } => {
            if let Some(party) = keys::party(&app.gateway.keys, before.id, policy) {
                restore_windows(&*app.storage.database, &[party], now)?;
            }
            let secret = secret.as_ref().map(|key| {
                let (prefix, last4) = shown_parts(key);
                let digest = app.gateway.keys.digest(key.expose());
                NewSecret { digest, pepper: PEPPER, prefix, last4, old_until: now }
            });
            let policy = KeyPolicy::clone(policy);
            TenantChange::UpdateKey { id: before.id, policy, secret, if_revision: before.revision }
        }
        Change::RevokeKey(before) => TenantChange::RevokeKey { id: before.id, if_revision: before.revision },
    })
}

fn label(change: &TenantChange) -> Option<AccountLabel> {
    match change {
        TenantChange::CreateAccount(MadeAccount { id, profile, .. })
        | TenantChange::UpdateAccount { id, profile, .. } => {
            Some(AccountLabel { id: *id, name: profile.name.clone() })
        }
        _ => None,
    }
}

/// What is written counts from now on.
fn put_in_force(app: &App, planned: &Change, written: TenantChange, now: Micros) {
    let table = &app.gateway.keys;
    match (planned, written) {
        (_, TenantChange::CreateAccount(MadeAccount { id, parent, profile })) => {
            account(
                app,
                StoredAccount { id, parent, profile, created_at: now, updated_at: now, revision: 0 },
            );
        }
        (Change::UpdateAccount { before, .. }, TenantChange::UpdateAccount { profile, .. }) => {
            account(app, StoredAccount { profile, ..StoredAccount::clone(before) });
        }
        (_, TenantChange::DeleteAccount { id, .. }) => drop(table.accounts.remove(id)),
        (_, TenantChange::CreateKey(NewKey { id, digest, policy, .. })) => {
            if let Some(party) = keys::party(table, id, &policy) {
                // From here on they are counted; nothing was spent before.
                let _ = party.tally.open_windows(&party.rules, now);
            }
            table.upsert(id, digest, policy, false, KeySource::Api);
        }
        (Change::UpdateKey { before, .. }, TenantChange::UpdateKey { policy, secret, .. }) => {
            let before = StoredKey::clone(before);
            let (digest, retiring) = match secret {
                Some(secret) => (secret.digest, None),
                None => (before.digest, before.retiring),
            };
            keys::put_in_force(app, &StoredKey { policy, digest, retiring, ..before });
        }
        (_, TenantChange::RevokeKey { id, .. }) => drop(table.remove(id)),
        _ => {}
    }
}

fn account(app: &App, stored: StoredAccount) {
    if !accounts::put_in_force(&app.gateway.keys.accounts, &stored) {
        let level: Level = stored.id.level;
        tracing::error!(id = %stored.id, level = level.as_str(), "what this account belongs to, or its plan, is gone");
    }
}
