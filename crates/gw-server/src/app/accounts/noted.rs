//! Accounts as the audit log tells of them.

use crate::app::audit;
use crate::app::authorization::Caller;
use crate::app::state::App;
use gw_model::{AccountId, Level};
use gw_store::audit::{AuditDraft, changed};
use gw_store::types::{AccountProfile, Doomed, StoredAccount};
use serde_json::{Value, json};

/// What was done.
#[derive(Clone, Copy)]
pub(in crate::app) enum Done {
    Create,
    Update,
    Delete,
}

/// An entry about an account.
pub(in crate::app) fn noted(app: &App, caller: &Caller, done: Done, id: AccountId, name: &str) -> AuditDraft {
    let mut draft = audit::draft(app, &caller.origin, action(id.level, done), id.level.as_str());
    (draft.id, draft.name) = (id.to_string(), name.to_owned());
    draft
}

fn action(level: Level, done: Done) -> &'static str {
    macro_rules! of {
        ($level:literal) => {
            match done {
                Done::Create => concat!($level, ".create"),
                Done::Update => concat!($level, ".update"),
                Done::Delete => concat!($level, ".delete"),
            }
        };
    }
    match level {
        Level::Key => of!("key"),
        Level::Customer => of!("customer"),
        Level::Tag => of!("tag"),
        Level::User => of!("user"),
        Level::Project => of!("project"),
        Level::Team => of!("team"),
        Level::Organization => of!("organization"),
        Level::Plan => of!("plan"),
        // Those are changed in the file.
        Level::Model => of!("model"),
        Level::Deployment => of!("deployment"),
        Level::Provider => of!("provider"),
    }
}

/// An account as it is stored.
pub(in crate::app) fn told(parent: Option<AccountId>, profile: &AccountProfile) -> Value {
    let memberships = profile.memberships.iter();
    let memberships: Vec<Value> = memberships
        .map(|one| json!({ "account_id": one.account.to_string(), "role": one.role.as_str() }))
        .collect();
    let mut told = json!({
        "name": profile.name,
        "plan_id": profile.plan.map(|id| id.to_string()),
        "policy": profile.policy,
        "metadata": profile.metadata,
        "disabled": profile.disabled,
    });
    if let Some(parent) = parent {
        told["parent_id"] = parent.to_string().into();
    }
    if let Some(email) = &profile.email {
        told["email"] = email.as_str().into();
    }
    if let Some(scim) = &profile.scim {
        told["scim"] = json!(scim);
    }
    if let Some(role) = profile.gateway_role {
        told["gateway_role"] = role.as_str().into();
    }
    if !memberships.is_empty() {
        told["memberships"] = memberships.into();
    }
    told
}

/// What of an account changes.
pub(in crate::app) fn difference(present: &StoredAccount, profile: &AccountProfile) -> (Value, Value) {
    changed(&told(present.parent, &present.profile), &told(present.parent, profile))
}

/// An account with all that goes with it.
pub(in crate::app) fn told_with(present: &StoredAccount, doomed: &Doomed) -> Value {
    let mut before = told(present.parent, &present.profile);
    let accounts: Vec<String> = doomed.accounts.iter().skip(1).map(ToString::to_string).collect();
    let keys: Vec<String> = doomed.keys.iter().map(ToString::to_string).collect();
    if !accounts.is_empty() {
        before["deleted_accounts"] = accounts.into();
    }
    if !keys.is_empty() {
        before["revoked_keys"] = keys.into();
    }
    before
}
