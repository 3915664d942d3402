//! Everything that there is as one document, nested as it belongs together. What the configuration file manages is not in
//! it, nor are customers that were made on sight, nor what keys are.

use super::form::{self, Form};
use crate::admin::error::ApiError;
use crate::app::apply::Exported;
use crate::app::state::App;
use gw_model::{AccountId, Level};
use gw_store::types::{StoredAccount, StoredKey};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// What belongs to an account, by the name of the list.
type Below = HashMap<(AccountId, &'static str), Vec<Value>>;

/// The document. `organization`: only that one, by name or id, and what belongs to it.
pub(super) fn document(app: &App, organization: Option<&str>, ids: bool) -> Result<Value, ApiError> {
    let all = Exported::read(app)?;
    let only = match organization {
        None => None,
        Some(text) => Some(all.organization(text).ok_or_else(|| {
            ApiError::invalid("organization", format!("there is no organization '{text}'"))
        })?),
    };
    let is_wanted = |id: Option<AccountId>| only.is_none() || id.is_some_and(|id| all.top(id) == only);
    let (mut below, mut top) = (Below::new(), Form::new());
    let mut put = |above: Option<AccountId>, list: &'static str, entry: Value, below: &mut Below| match above
    {
        Some(above) => below.entry((above, list)).or_default().push(entry),
        None => {
            if let Some(list) = top.entry(list).or_insert_with(|| json!([])).as_array_mut() {
                list.push(entry);
            }
        }
    };
    // Of one organization, only the plans that something of it has.
    let mut plans: HashSet<AccountId> = HashSet::new();
    for stored in all.keys.iter().filter(|key| is_wanted(holder(key).or_else(|| service(key)))) {
        plans.extend(stored.policy.plan_id.as_ref().and_then(|id| id.parse::<AccountId>().ok()));
        let (above, entry) = key(stored, &all, ids);
        put(above, "keys", entry, &mut below);
    }
    // What belongs to others is written before them, and the plans come first in the end.
    let order = [Level::Tag, Level::Customer, Level::User, Level::Project, Level::Team, Level::Organization];
    for level in order.into_iter().chain([Level::Plan]) {
        let had = std::mem::take(&mut plans);
        let own = |account: &&StoredAccount| match level {
            Level::Plan => only.is_none() || had.contains(&account.id),
            Level::User if account.parent.is_some() => is_wanted(Some(account.id)),
            Level::User => {
                only.is_none() || account.profile.memberships.iter().any(|m| is_wanted(Some(m.account)))
            }
            _ => is_wanted(Some(account.id)),
        };
        for stored in all.accounts(level).filter(own) {
            plans.extend(stored.profile.plan);
            let entry = account(stored, &all, ids, &mut below);
            let list = if stored.service_of().is_some() { "service_accounts" } else { list_of(level) };
            put(stored.parent, list, entry, &mut below);
        }
        plans.extend(had);
    }
    // What belongs to nothing that is here stands at the top, with the name of what it belongs to.
    let lists = ["plans", "organizations", "teams", "projects", "users", "customers", "tags", "keys"];
    let mut document = Form::new();
    document.insert("version".to_owned(), 1.into());
    for list in lists {
        if let Some(entries) = top.remove(list) {
            document.insert(list.to_owned(), entries);
        }
    }
    Ok(Value::Object(document))
}

/// Where a key stands: with its project, else its team.
fn holder(key: &StoredKey) -> Option<AccountId> {
    let id = |text: &Option<String>| text.as_ref()?.parse::<AccountId>().ok();
    id(&key.policy.project_id).or_else(|| id(&key.policy.team_id))
}

/// The user of a key; where that is a service account, the key is of what it belongs to.
fn service(key: &StoredKey) -> Option<AccountId> {
    key.policy.user_id.as_ref()?.parse().ok()
}

fn key(stored: &StoredKey, all: &Exported, ids: bool) -> (Option<AccountId>, Value) {
    let policy = &stored.policy;
    let mut form = Form::new();
    if ids {
        form.insert("id".to_owned(), stored.id.to_string().into());
    }
    form.append(&mut form::key(policy, &all.paths));
    let mut above = form::key_above(policy, &all.paths);
    let holder = holder(stored);
    if let Some(holder) = holder {
        above.remove(holder.level.as_str());
    }
    form.append(&mut above);
    (holder, Value::Object(form))
}

fn account(stored: &StoredAccount, all: &Exported, ids: bool, below: &mut Below) -> Value {
    let mut form = Form::new();
    if ids {
        form.insert("id".to_owned(), stored.id.to_string().into());
    }
    form.append(&mut form::account(stored.id.level, &stored.profile, &all.paths));
    for list in ["teams", "projects", "customers", "service_accounts", "keys"] {
        if let Some(entries) = below.remove(&(stored.id, list)) {
            form.insert(list.to_owned(), entries.into());
        }
    }
    Value::Object(form)
}

fn list_of(level: Level) -> &'static str {
    match level {
        // What is called is never exported.
        Level::Plan | Level::Model | Level::Deployment | Level::Provider => "plans",
        Level::Organization => "organizations",
        Level::Team => "teams",
        Level::Project => "projects",
        Level::User => "users",
        Level::Customer => "customers",
        Level::Tag => "tags",
        Level::Key => "keys",
    }
}
