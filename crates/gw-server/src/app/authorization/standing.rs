//! Where things stand: which organizations, teams and projects they belong to, and whose they are.

use crate::app::state::App;
use gw_model::{AccountId, KeyPolicy, Level};
use gw_store::memory::{Account, KeyEntry};
use gw_store::types::StoredAccount;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The accounts that it belongs to, itself among them where it is one. Empty: to the gateway alone.
    pub(super) under: Vec<AccountId>,
    /// The user whose it is.
    pub(super) of: Option<AccountId>,
    /// Whoever has any role has it here.
    pub(super) is_common: bool,
    /// That there is such a thing is no secret: who may not see it is told so.
    pub(super) is_known: bool,
}

impl Standing {
    /// Of what belongs to the gateway as a whole.
    pub(crate) fn of_gateway() -> Self {
        Self { is_known: true, ..Self::default() }
    }

    /// Of what everybody with a role may see.
    pub(crate) fn common() -> Self {
        Self { is_common: true, is_known: true, ..Self::default() }
    }

    /// Of an account that may hold roles or belongs to one that may. One that there is not is nobody's.
    pub(crate) fn of_account(app: &App, id: AccountId) -> Self {
        let account = app.gateway.keys.accounts.get(id);
        Self { under: account.iter().flat_map(lineage).collect(), ..Self::default() }
    }

    /// Of what belongs to that account, or to the gateway.
    pub(crate) fn below(app: &App, parent: Option<AccountId>) -> Self {
        parent.map_or_else(Self::of_gateway, |parent| Self::of_account(app, parent))
    }

    /// Of a key.
    pub(crate) fn of_key(entry: &KeyEntry) -> Self {
        let above = entry.above().iter().map(|account| account.id);
        let (users, under) = above.partition::<Vec<_>, _>(|id| id.level == Level::User);
        Self { under, of: users.first().copied(), ..Self::default() }
    }

    /// Of a key with that policy.
    pub(crate) fn of_policy(app: &App, policy: &KeyPolicy) -> Self {
        let id = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<AccountId>().ok());
        let named = [id(&policy.project_id), id(&policy.team_id)];
        let accounts = named.into_iter().flatten().filter_map(|id| app.gateway.keys.accounts.get(id));
        let mut under: Vec<AccountId> = accounts.flat_map(|account| lineage(&account)).collect();
        under.dedup();
        let user = id(&policy.user_id);
        if under.is_empty() {
            under = user.map(|user| service_under(app, user)).unwrap_or_default();
        }
        let is_known = under.is_empty();
        Self { under, of: user, is_common: false, is_known }
    }

    /// Of a key that there is, with that policy.
    pub(crate) fn of_stored(app: &App, policy: &KeyPolicy) -> Self {
        Self { is_known: false, ..Self::of_policy(app, policy) }
    }

    /// The same, of what is that user's.
    pub(crate) fn owned_by(self, user: Option<AccountId>) -> Self {
        Self { of: user, ..self }
    }

    /// Of what is a person's own, for somebody with roles at these accounts.
    pub(crate) fn of_person(user: AccountId, under: Vec<AccountId>) -> Self {
        Self { under, of: Some(user), ..Self::default() }
    }

    /// Of what belongs to an account, or to the gateway; that there is such a thing is a secret in either case.
    pub(crate) fn hidden_below(app: &App, parent: Option<AccountId>) -> Self {
        Self { is_known: false, ..Self::below(app, parent) }
    }

    /// What an entry about what stood and stands at all of these belongs to: to what they have in common, so that it tells nobody
    /// of what he does not see.
    pub(crate) fn in_common(standings: &[Self]) -> Vec<AccountId> {
        let Some((first, others)) = standings.split_first() else { return Vec::new() };
        let is_common = |id: &&AccountId| others.iter().all(|other| other.under.contains(id));
        first.under.iter().filter(is_common).copied().collect()
    }

    /// Of what acts as a service account: that is for those who answer for what it belongs to.
    pub(crate) fn of_service(app: &App, user: AccountId) -> Self {
        Self { under: service_under(app, user), of: Some(user), ..Self::default() }
    }

    /// Of a person: wherever he is a member. Of a service account besides: where it belongs.
    pub(crate) fn of_user(app: &App, user: &StoredAccount) -> Self {
        let accounts = user.profile.memberships.iter();
        let accounts = accounts.filter_map(|one| app.gateway.keys.accounts.get(one.account));
        let mut under: Vec<AccountId> = accounts.flat_map(|account| lineage(&account)).collect();
        under.extend(user.service_of().map(|owner| Self::of_account(app, owner).under).unwrap_or_default());
        Self { under, of: Some(user.id), ..Self::default() }
    }
}

/// What a service account belongs to; nothing for a person.
fn service_under(app: &App, user: AccountId) -> Vec<AccountId> {
    let found = app.gateway.keys.accounts.get(user).filter(|account| account.id.level == Level::User);
    found.and_then(|user| user.parent.as_ref().map(lineage)).unwrap_or_default()
}

fn lineage(account: &Arc<Account>) -> Vec<AccountId> {
    account.lineage().map(|account| account.id).collect()
}
