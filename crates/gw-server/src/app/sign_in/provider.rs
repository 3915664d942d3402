//! Signing in at an identity provider: whom it means here, what his groups make of him, and who is made on the way.

use super::session::{Begun, Entrance, begin};
use super::{SignInError, admit, user_of};
use crate::app::accounts::{self, AccountsError};
use crate::app::audit;
use crate::app::authorization::{Authority, Caller};
use crate::app::state::App;
use gw_config::compile::{GroupRole, OidcSettings};
use gw_identity::Claims;
use gw_model::{AccountId, Level, Membership, Role, Secret};
use gw_store::audit::{Actor, Origin};
use gw_store::memory::{Account, named_account_id};
use gw_store::types::{AccountProfile, SessionHolder, StoredAccount, Via};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest name of a person that is kept, in characters.
const MAX_NAME: usize = 200;

/// Longest address in bytes, by the rules of mail.
const MAX_EMAIL: usize = 254;

/// Why somebody whom a provider knows does not get in.
#[derive(Debug)]
pub(crate) enum Unwelcome {
    /// The provider does not say who it is.
    NoSubject,
    /// It gives no address.
    NoEmail,
    /// It does not say that the address is verified.
    UnverifiedEmail,
    /// The address is of another domain.
    EmailDomain,
    /// Nobody made a user for the person.
    Unknown,
    /// The user is disabled.
    Disabled,
    /// It could not be done.
    Failed(SignInError),
}

impl Unwelcome {
    /// The word in the address of the page that says so.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NoSubject => "token_refused",
            Self::NoEmail => "email_missing",
            Self::UnverifiedEmail => "email_not_verified",
            Self::EmailDomain => "email_domain",
            Self::Unknown => "not_provisioned",
            Self::Disabled => "account_disabled",
            Self::Failed(SignInError::TooMany { .. }) => "too_many_attempts",
            Self::Failed(_) => "server_error",
        }
    }
}

impl<E: Into<SignInError>> From<E> for Unwelcome {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a provider says of somebody, as far as it counts.
struct Said {
    subject: String,
    name: String,
    email: Email,
    groups: Vec<String>,
}

/// An address, in lower case.
enum Email {
    Counts(String),
    Unverified,
    Missing,
}

impl Email {
    fn known(&self) -> Result<&str, Unwelcome> {
        match self {
            Self::Counts(email) => Ok(email),
            Self::Unverified => Err(Unwelcome::UnverifiedEmail),
            Self::Missing => Err(Unwelcome::NoEmail),
        }
    }
}

/// Counts a try from there; gives it back where it was none.
pub(crate) fn tried(app: &App, origin: &Origin) -> Result<impl FnOnce(&App) + use<>, SignInError> {
    let tries = admit(app, None, origin)?;
    Ok(move |app: &App| app.sign_ins.throttle.give_back(&app.sign_ins.settings.load(), &tries))
}

/// Notes that somebody came back from a provider and did not get in.
pub(crate) fn refused(app: &App, origin: &Origin) {
    audit::sign_in_refused(app, origin, None, "oidc");
}

/// Signs somebody in whom a provider knows.
pub(crate) fn with_provider(
    app: &App,
    origin: &Origin,
    provider: &OidcSettings,
    claims: &Claims,
    id_token: Secret,
) -> Result<Begun, Unwelcome> {
    let said = said(provider, claims)?;
    let user = match found(app, provider, &said)? {
        Some(user) => user,
        None => create(app, origin, provider, &said)?,
    };
    if user.profile.disabled {
        audit::sign_in_refused(app, origin, Some(&user), "disabled");
        return Err(Unwelcome::Disabled);
    }
    renew(app, origin, provider, &said.groups, &user)?;
    let holder = SessionHolder::User(user.id);
    let (via, provider_name) = (Via::Oidc, provider.name.clone());
    let entrance = Entrance { holder, via, provider: provider_name, id_token: Some(id_token) };
    let now = app.gateway.clock().now();
    let issuer = &provider.issuer.issuer;
    Ok(begin(app, origin, entrance, |store| {
        // From now on he is known by what never changes there.
        store.create_identity(issuer, &said.subject, user.id, now)?;
        Ok(true)
    })?)
}

fn said(provider: &OidcSettings, claims: &Claims) -> Result<Said, Unwelcome> {
    let names = &provider.claims;
    let subject = claims.text("sub").ok_or(Unwelcome::NoSubject)?;
    let email = email(provider, claims);
    if let Some(domains) = &provider.allowed_email_domains {
        let domain = email.known()?.rsplit_once('@').map_or("", |(_, domain)| domain);
        if !domains.iter().any(|allowed| allowed == domain) {
            return Err(Unwelcome::EmailDomain);
        }
    }
    let name = claims.text(&names.name).unwrap_or_else(|| email.known().unwrap_or(&subject).to_owned());
    let name = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    Ok(Said { subject, name, email, groups: claims.texts(&names.groups) })
}

/// Addresses that a person may have typed in at the provider are nobody's.
fn email(provider: &OidcSettings, claims: &Claims) -> Email {
    let text = claims.text(&provider.claims.email).map(|email| email.to_lowercase());
    let is_address = |email: &String| {
        email.contains('@') && email.len() <= MAX_EMAIL && !email.contains(char::is_whitespace)
    };
    let Some(email) = text.filter(is_address) else { return Email::Missing };
    let is_verified = claims.text("email_verified").is_some_and(|is| is == "true");
    if is_verified || !provider.require_verified_email { Email::Counts(email) } else { Email::Unverified }
}

/// The id of whoever is made for a person of a provider: the same as for his tokens, where their issuer names users by `sub`.
fn id_of(provider: &OidcSettings, subject: &str) -> AccountId {
    named_account_id(Level::User, None, &format!("{}\0{subject}", provider.issuer.issuer))
}

/// Who that is here: by what the provider calls him, else by his address.
fn found(app: &App, provider: &OidcSettings, said: &Said) -> Result<Option<StoredAccount>, Unwelcome> {
    let database = &app.storage.database;
    let known = database.identity(&provider.issuer.issuer, &said.subject)?;
    for id in known.into_iter().chain([id_of(provider, &said.subject)]) {
        if let Some(user) = database.account(id)? {
            return Ok(Some(user));
        }
    }
    Ok(user_of(app, said.email.known()?)?)
}

fn create(
    app: &App,
    origin: &Origin,
    provider: &OidcSettings,
    said: &Said,
) -> Result<StoredAccount, Unwelcome> {
    if !provider.create_users {
        return Err(Unwelcome::Unknown);
    }
    let (database, id) = (&app.storage.database, id_of(provider, &said.subject));
    if database.identity(&provider.issuer.issuer, &said.subject)?.is_some() || database.was_removed(id)? {
        // He was removed here: it is for people to let him in again.
        return Err(Unwelcome::Disabled);
    }
    let email = Some(said.email.known()?.to_owned());
    let profile = AccountProfile { name: said.name.clone(), email, ..AccountProfile::default() };
    Ok(accounts::create_as(app, &gateway(origin), id, None, &profile)?)
}

/// The gateway, which does what its configuration says, for somebody who comes from there.
fn gateway(origin: &Origin) -> Caller {
    let origin = Origin { actor: Actor::System, ..origin.clone() };
    Caller { origin, authority: Authority::everything() }
}

/// Gives him the roles that his groups have now, and takes what this provider's groups gave and do not any more, also where the
/// place has got another name since. Other roles where no group has one stay as they are.
fn renew(
    app: &App,
    origin: &Origin,
    provider: &OidcSettings,
    groups: &[String],
    user: &StoredAccount,
) -> Result<(), Unwelcome> {
    let (places, giver) = (places(app, provider), giver(provider));
    // Stores have orders of their own.
    let mut present = user.profile.clone();
    present.memberships.sort_unstable_by_key(|one| one.account);
    if with_roles(&present, &places, groups, &giver) == present {
        return Ok(());
    }
    accounts::update::<AccountsError>(app, &gateway(origin), user.id, None, |present| {
        Ok(with_roles(&present.profile, &places, groups, &giver))
    })?;
    Ok(())
}

/// What memberships say that this provider's groups gave.
fn giver(provider: &OidcSettings) -> Arc<str> {
    format!("oidc:{}", provider.name).into()
}

/// Where the rules' roles hold. What does not exist gives nothing.
fn places<'p>(app: &App, provider: &'p OidcSettings) -> Vec<(Option<AccountId>, &'p GroupRole)> {
    let place = |rule: &'p GroupRole| match account(app, rule) {
        Ok(place) => Some((place, rule)),
        Err(missing) => {
            tracing::warn!(
                provider = provider.name,
                group = rule.group,
                missing,
                "what a group has a role at is not there, or there are several of that name; nobody gets it"
            );
            None
        }
    };
    provider.groups.iter().filter_map(place).collect()
}

/// Errors: what there is not.
fn account<'r>(app: &App, rule: &'r GroupRole) -> Result<Option<AccountId>, &'r str> {
    let table = &app.gateway.keys.accounts;
    let by_id = |level, text: &str| {
        let id = text.parse::<AccountId>().ok().filter(|id| id.level == level);
        id.and_then(|id| table.get(id))
    };
    let organization = match &rule.organization {
        None => None,
        Some(text) => {
            let level = Level::Organization;
            let found = by_id(level, text).or_else(|| table.only_named(level, text, None));
            Some(found.ok_or(text.as_str())?)
        }
    };
    // Each within the one before, where that is said.
    let mut above = organization;
    for (level, text) in [(Level::Team, &rule.team), (Level::Project, &rule.project)] {
        let Some(text) = text else { continue };
        let below = above.as_ref().map(|above| above.id);
        let is_within = |found: &Arc<Account>| {
            below.is_none_or(|below| found.lineage().any(|account| account.id == below))
        };
        let found = by_id(level, text).or_else(|| table.only_named(level, text, below));
        above = Some(found.filter(is_within).ok_or(text.as_str())?);
    }
    Ok(above.map(|account| account.id))
}

/// A profile with the roles of these groups, where rules say any: of several at the same place the first in the order of
/// [`Role::ALL`].
fn with_roles(
    profile: &AccountProfile,
    places: &[(Option<AccountId>, &GroupRole)],
    groups: &[String],
    giver: &Arc<str>,
) -> AccountProfile {
    let order = |role: Role| Role::ALL.iter().position(|known| *known == role);
    let mut given: BTreeMap<Option<AccountId>, Option<Role>> = BTreeMap::new();
    for (place, rule) in places {
        let role = given.entry(*place).or_default();
        let is_his = rule.group == "*" || groups.contains(&rule.group);
        if is_his && role.is_none_or(|role| order(rule.role) < order(role)) {
            *role = Some(rule.role);
        }
    }
    let before = &profile.memberships;
    let mut profile = profile.clone();
    let is_given = |one: &Membership| one.given_by.as_ref() == Some(giver);
    profile.memberships.retain(|one| !is_given(one) && !given.contains_key(&Some(one.account)));
    for (place, role) in given {
        match (place, role) {
            (None, role) => profile.gateway_role = role,
            (Some(account), Some(role)) => {
                // What he has by hand, too, stays what it is.
                let same = before.iter().find(|one| (one.account, one.role) == (account, role));
                let new = || Membership { account, role, given_by: Some(Arc::clone(giver)) };
                profile.memberships.push(same.cloned().unwrap_or_else(new));
            }
            (Some(_), None) => {}
        }
    }
    profile.memberships.sort_unstable_by_key(|one| one.account);
    profile
}

#[cfg(test)]
mod tests;
