//! What somebody may do with accounts. What restricts an account is set from above it: whoever has a role at a team renames it,
//! and does not raise its limits. Nobody gives away a role that he does not have.

use super::{AccountsError, known, unknown};
use crate::app::authorization::{Authority, Caller, Denied, Permission, Resource, Standing};
use crate::app::state::App;
use gw_model::{AccountId, Level, Membership};
use gw_store::StoreError;
use gw_store::types::{AccountProfile, StoredAccount};

/// What the permissions for a level are called.
pub(crate) const fn resource(level: Level) -> Resource {
    match level {
        Level::Organization => Resource::Organizations,
        Level::Team => Resource::Teams,
        Level::Project => Resource::Projects,
        Level::User => Resource::Users,
        Level::Customer => Resource::Customers,
        Level::Tag => Resource::Tags,
        Level::Plan => Resource::Plans,
        Level::Model => Resource::Models,
        Level::Deployment | Level::Provider => Resource::Providers,
        Level::Key => Resource::Keys,
    }
}

/// Where an account stands for whoever wants to see it.
fn standing(app: &App, account: &StoredAccount) -> Standing {
    match account.id.level {
        Level::User => Standing::of_user(app, account),
        Level::Plan => Standing::common(),
        _ => Standing::of_account(app, account.id),
    }
}

/// May he see it?
pub(super) fn see(app: &App, caller: &Caller, account: &StoredAccount) -> Result<(), AccountsError> {
    let permission = resource(account.id.level).read();
    Ok(caller.authority.may(permission, &standing(app, account)).map(drop)?)
}

/// Where the account of that id stands; one that there is not is nobody's.
pub(crate) fn standing_of(app: &App, id: AccountId) -> Result<Standing, StoreError> {
    Ok(match id.level {
        Level::Plan => Standing::common(),
        Level::User => {
            let user = app.storage.database.account(id)?;
            user.map_or_else(Standing::default, |user| Standing::of_user(app, &user))
        }
        _ => Standing::of_account(app, id),
    })
}

/// Does he see what a field of his names? Of one that there is not, he does not.
pub(crate) fn is_seen(app: &App, caller: &Caller, id: AccountId) -> Result<bool, StoreError> {
    Ok(caller.authority.knows(resource(id.level), &standing_of(app, id)?))
}

/// What the entry about a new account belongs to.
pub(in crate::app) fn places_of_new(
    app: &App,
    parent: Option<AccountId>,
    profile: &AccountProfile,
) -> Vec<AccountId> {
    let members = profile.memberships.iter().map(|one| one.account);
    let above: Vec<Standing> =
        parent.into_iter().chain(members).map(|id| Standing::of_account(app, id)).collect();
    Standing::in_common(&above)
}

/// What the entry about an account belongs to that becomes like that.
pub(in crate::app) fn places(app: &App, present: &StoredAccount, profile: &AccountProfile) -> Vec<AccountId> {
    match present.id.level {
        Level::User => {
            let both = present.profile.memberships.iter().chain(&profile.memberships);
            let at = both.map(|one| one.account).chain(present.service_of());
            let at: Vec<Standing> = at.map(|id| Standing::of_account(app, id)).collect();
            Standing::in_common(&at)
        }
        Level::Tag | Level::Plan => Vec::new(),
        _ => Standing::in_common(&[standing(app, present)]),
    }
}

/// What of a person's memberships he sees.
pub(crate) fn seen_memberships(app: &App, caller: &Caller, user: &StoredAccount) -> Vec<Membership> {
    let sees_all = Some(user.id) == caller.authority.user();
    let sees = |one: &&Membership| {
        let of = resource(one.account.level);
        sees_all || caller.authority.knows(of, &Standing::of_account(app, one.account))
    };
    user.profile.memberships.iter().filter(sees).cloned().collect()
}

/// May he make that?
pub(super) fn create(
    app: &App,
    caller: &Caller,
    level: Level,
    parent: Option<AccountId>,
    profile: &AccountProfile,
) -> Result<(), AccountsError> {
    if let Some(parent) = parent {
        let field = format!("{}_id", parent.level.as_str());
        named(app, caller, parent, &field)?;
    }
    refers(app, caller, profile, None)?;
    let write = resource(level).write();
    if level != Level::User {
        let allowed = caller.authority.may(write, &Standing::below(app, parent));
        return Ok(allowed.map(drop).map_err(|denied| denied.told(write))?);
    }
    if parent.is_some() || profile.memberships.is_empty() {
        // A service account is made where it belongs.
        let allowed = caller.authority.may(write, &Standing::below(app, parent));
        allowed.map_err(|denied| denied.told(write))?;
    }
    give(app, &caller.authority, profile).map_err(|denied| denied.told(write).into())
}

/// May he change it so? Gives what is to be stored: memberships that he does not see stay.
pub(super) fn update(
    app: &App,
    caller: &Caller,
    present: &StoredAccount,
    mut profile: AccountProfile,
) -> Result<AccountProfile, AccountsError> {
    refers(app, caller, &profile, Some(&present.profile))?;
    let level = present.id.level;
    if level == Level::User {
        change_person(app, caller, present, &mut profile)?;
        return Ok(profile);
    }
    let (old, authority) = (&present.profile, &caller.authority);
    let write = resource(level).write();
    let mut same =
        AccountProfile { name: profile.name.clone(), metadata: profile.metadata.clone(), ..old.clone() };
    if same == profile && level != Level::Plan {
        authority.may(write, &Standing::of_account(app, present.id))?;
        return Ok(profile);
    }
    let above = Standing::below(app, present.parent);
    same.policy.budgets.clone_from(&profile.policy.budgets);
    same.policy.on_sight = profile.policy.on_sight;
    let budgets: [Permission; 2] = [Resource::Budgets.write(), write];
    let any_of = if same == profile && level != Level::Plan { &budgets } else { budgets.split_at(1).1 };
    authority.may_any(any_of, &above).map_err(|_| Denied::Missing(write))?;
    Ok(profile)
}

/// May he remove it?
pub(super) fn remove(app: &App, caller: &Caller, present: &StoredAccount) -> Result<(), AccountsError> {
    see(app, caller, present)?;
    if present.id.level == Level::User {
        return whole_person(app, &caller.authority, present);
    }
    let write = resource(present.id.level).write();
    let allowed = caller.authority.may(write, &Standing::below(app, present.parent));
    Ok(allowed.map(drop).map_err(|_| Denied::Missing(write))?)
}

/// May he give others what they can act as that person with?
pub(in crate::app) fn act_as(app: &App, caller: &Caller, user: &StoredAccount) -> Result<(), AccountsError> {
    whole_person(app, &caller.authority, user)
}

fn change_person(
    app: &App,
    caller: &Caller,
    present: &StoredAccount,
    profile: &mut AccountProfile,
) -> Result<(), AccountsError> {
    let (old, authority) = (&present.profile, &caller.authority);
    if profile.memberships != old.memberships {
        let seen = seen_memberships(app, caller, present);
        let is_new = |one: &&Membership| !profile.memberships.iter().any(|new| new.account == one.account);
        let hidden: Vec<Membership> =
            old.memberships.iter().filter(|one| !seen.contains(one)).filter(is_new).cloned().collect();
        profile.memberships.extend(hidden);
        profile.memberships.sort_unstable_by_key(|one| one.account);
    }
    // The order in which they stand says nothing.
    let has = |list: &[Membership], one: &Membership| {
        list.iter().any(|known| (known.account, known.role) == (one.account, one.role))
    };
    let added = profile.memberships.iter().filter(|one| !has(&old.memberships, one));
    let removed = old.memberships.iter().filter(|one| !has(&profile.memberships, one));
    let is_given_anew = |one: &&Membership| has(&old.memberships, one) && !old.memberships.contains(one);
    let given_anew = profile.memberships.iter().filter(is_given_anew);
    let mut changes = 0;
    for one in added.chain(removed).chain(given_anew) {
        authority.may_give(one.role, &Standing::of_account(app, one.account))?;
        changes += 1;
    }
    if profile.gateway_role != old.gateway_role {
        for role in profile.gateway_role.into_iter().chain(old.gateway_role) {
            authority.may_give(role, &Standing::of_gateway())?;
        }
        changes += 1;
    }
    let same = AccountProfile {
        memberships: profile.memberships.clone(),
        gateway_role: profile.gateway_role,
        ..old.clone()
    };
    if changes == 0 || same != *profile {
        whole_person(app, authority, present)?;
    }
    Ok(())
}

/// Is the person all his: may he give every role that it has?
fn whole_person(app: &App, authority: &Authority, user: &StoredAccount) -> Result<(), AccountsError> {
    let profile = &user.profile;
    if let Some(owner) = user.service_of() {
        authority.may(Resource::Users.write(), &Standing::of_account(app, owner))?;
    } else if profile.memberships.is_empty() && profile.gateway_role.is_none() {
        authority.may(Resource::Users.write(), &Standing::of_gateway())?;
    }
    Ok(give(app, authority, profile).map_err(|_| Denied::Missing(Resource::Users.write()))?)
}

/// May he give all roles that stand there?
fn give(app: &App, authority: &Authority, profile: &AccountProfile) -> Result<(), Denied> {
    for one in &profile.memberships {
        authority.may_give(one.role, &Standing::of_account(app, one.account))?;
    }
    if let Some(role) = profile.gateway_role {
        authority.may_give(role, &Standing::of_gateway())?;
    }
    Ok(())
}

/// Does all exist that it refers to, as far as he sees? What stood there before may stay.
fn refers(
    app: &App,
    caller: &Caller,
    profile: &AccountProfile,
    before: Option<&AccountProfile>,
) -> Result<(), AccountsError> {
    if let Some(plan) = profile.plan
        && before.is_none_or(|before| before.plan != profile.plan)
    {
        named(app, caller, plan, "plan_id")?;
    }
    // A list that was given is checked whole: else it would tell what stands there that he does not see.
    if before.is_none_or(|before| before.memberships != profile.memberships) {
        for (at, one) in profile.memberships.iter().enumerate() {
            named(app, caller, one.account, &format!("memberships[{at}].account_id"))?;
        }
    }
    Ok(())
}

fn named(app: &App, caller: &Caller, id: AccountId, field: &str) -> Result<(), AccountsError> {
    known(app, id, field)?;
    match is_seen(app, caller, id)? {
        true => Ok(()),
        false => Err(unknown(field, &id.to_string(), id.level)),
    }
}
