//! Keys of members: what they may make and set for themselves, where that is allowed. Limits and budgets only narrow what the
//! accounts above the key allow.

use super::{KeysError, narrow};
use crate::app::authorization::{Caller, Resource, Standing};
use crate::app::state::App;
use gw_model::{AccountId, KeyPolicy, Priority};

/// A key that somebody may make only for himself is his, also when that is not said.
pub(super) fn name_holder(app: &App, caller: &Caller, policy: &mut KeyPolicy) {
    let may = |policy: &KeyPolicy| {
        caller.authority.may(Resource::Keys.write(), &Standing::of_policy(app, policy)).is_ok()
    };
    if policy.user_id.is_some() || may(policy) {
        return;
    }
    let his = KeyPolicy { user_id: caller.authority.user().map(|id| id.to_string()), ..policy.clone() };
    if may(&his) {
        *policy = his;
    }
}

/// May a member make such a key for himself?
pub(super) fn check_new(app: &App, policy: &KeyPolicy) -> Result<(), KeysError> {
    check_place(app, policy)?;
    check_fields(&KeyPolicy::default(), policy)
}

/// May a member change his key so? What somebody else set of it he may narrow.
pub(super) fn check_change(app: &App, before: &KeyPolicy, after: &KeyPolicy) -> Result<(), KeysError> {
    if (&before.team_id, &before.project_id) != (&after.team_id, &after.project_id) {
        check_place(app, after)?;
    }
    check_fields(before, after)?;
    match narrow::lifted(before, after) {
        Some(field) if !before.made_by_holder => Err(KeysError::OnlyNarrower { field }),
        _ => Ok(()),
    }
}

/// May members have keys of their own there?
fn check_place(app: &App, policy: &KeyPolicy) -> Result<(), KeysError> {
    // A mere label says nothing of where the key stands.
    let id = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<AccountId>().ok());
    let id = id(&policy.project_id).or_else(|| id(&policy.team_id));
    let above = id.and_then(|id| app.gateway.keys.accounts.get(id));
    let is_closed =
        above.is_some_and(|account| account.lineage().any(|account| account.version().policy.no_member_keys));
    if is_closed { Err(KeysError::NoMemberKeys) } else { Ok(()) }
}

/// What members never set.
fn check_fields(before: &KeyPolicy, after: &KeyPolicy) -> Result<(), KeysError> {
    let more = after.priority != before.priority && after.priority == Priority::High;
    let fields = [
        ("priority", more),
        ("plan_id", after.plan_id != before.plan_id),
        ("credentials", after.credentials != before.credentials),
        ("guardrails", after.guardrails != before.guardrails),
    ];
    match fields.into_iter().find(|(_, is_set)| *is_set) {
        Some((field, _)) => Err(KeysError::NotForMembers { field }),
        None => Ok(()),
    }
}
