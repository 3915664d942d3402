//! Keys of members: what they may make and set for themselves, where that is allowed. Limits and budgets only narrow what the
//! accounts above the key allow.

use super::KeysError;
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
    let id =
        policy.project_id.as_ref().or(policy.team_id.as_ref()).and_then(|id| id.parse::<AccountId>().ok());
    let above = id.and_then(|id| app.gateway.keys.accounts.get(id));
    let is_closed =
        above.is_some_and(|account| account.lineage().any(|account| account.version().policy.no_member_keys));
    if is_closed {
        return Err(KeysError::NoMemberKeys);
    }
    check_change(&KeyPolicy::default(), policy)
}

/// May a member change his key so?
pub(super) fn check_change(before: &KeyPolicy, after: &KeyPolicy) -> Result<(), KeysError> {
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
