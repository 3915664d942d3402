//! Reads what a caller wants of an account or a plan. Members that are not given leave it as it is, so the same reader
//! serves creation and change.

use super::error::ApiError;
use super::given::Given;
use super::{access, calls, limits};
use gw_model::{AccountId, Level, Membership, Role};
use gw_store::types::AccountProfile;
use serde::Deserialize;
use serde_json::Value;

/// Members of all of them.
const COMMON: [&str; 22] = [
    "name",
    "models",
    "endpoints",
    "providers",
    "max_output_tokens",
    "guardrails",
    "limits",
    "budget",
    "budgets",
    "metadata",
    "hours",
    "required_metadata",
    "logging",
    "cache",
    "regions",
    "max_input_tokens",
    "tools",
    "denied_tools",
    "fallbacks",
    "parameters",
    "deny_when",
    "deny_message",
];

/// Most memberships of one person.
pub(super) const MAX_MEMBERSHIPS: usize = 256;

/// Most days that records and bodies are kept, as in the configuration.
const MAX_RECORD_DAYS: u32 = 36_500;
const MAX_BODY_DAYS: u32 = 3_650;

/// Longest address in bytes, by the rules of mail.
const MAX_EMAIL: usize = 254;

/// What may stand above an account of a level, by the member that names it.
pub(super) const fn parents(level: Level) -> &'static [(&'static str, Level)] {
    const ORGANIZATION: (&str, Level) = ("organization_id", Level::Organization);
    const TEAM: (&str, Level) = ("team_id", Level::Team);
    const PROJECT: (&str, Level) = ("project_id", Level::Project);
    match level {
        Level::Team => &[ORGANIZATION],
        Level::Project => &[TEAM],
        Level::Customer => &[ORGANIZATION, TEAM],
        // Of service accounts; people are members.
        Level::User => &[ORGANIZATION, TEAM, PROJECT],
        _ => &[],
    }
}

/// Members of an account of a level.
pub(super) fn members(level: Level) -> Vec<&'static str> {
    let mut members = COMMON.to_vec();
    members.extend(parents(level).iter().map(|(member, _)| *member));
    // Where a call comes from is asked before it is known which customer and tags it names.
    if !matches!(level, Level::Customer | Level::Tag) {
        members.extend(["allowed_ips", "allowed_origins"]);
    }
    if level != Level::Plan {
        members.extend(["plan_id", "disabled"]);
    }
    if level == Level::User {
        members.extend(["kind", "email", "memberships", "gateway_role"]);
    }
    if matches!(level, Level::Organization | Level::Team | Level::Project) {
        members.push("member_keys");
    }
    if level == Level::Organization {
        members.extend(["record_retention_days", "body_retention_days"]);
    }
    members
}

/// Reads a body.
pub(super) fn read(level: Level, body: &[u8]) -> Result<Given, ApiError> {
    Given::read(body, &members(level))
}

/// What it is to belong to. Outer `None`: nothing is said about that.
pub(super) fn parent(level: Level, given: &Given) -> Result<Option<Option<AccountId>>, ApiError> {
    let mut found = None;
    for (member, wanted) in parents(level) {
        let Some(text) = given.text(member)? else { continue };
        let id = text.map(|text| id_of(member, &text, *wanted)).transpose()?;
        match (found, id) {
            (Some(Some(_)), Some(_)) => {
                let text = "what it belongs to is said twice: give the nearest, which says what is above it";
                return Err(ApiError::invalid(*member, text));
            }
            (Some(Some(_)), None) => {}
            _ => found = Some(id),
        }
    }
    Ok(found)
}

/// What a body says that a user is. `None`: nothing.
pub(super) fn kind(given: &Given) -> Result<Option<UserKind>, ApiError> {
    let Some(name) = given.text("kind")? else { return Ok(None) };
    let name = name.unwrap_or_default();
    let found = UserKind::ALL.into_iter().find(|kind| kind.as_str() == name);
    let wrong = || ApiError::invalid("kind", "'kind' must be 'person' or 'service'");
    found.ok_or_else(wrong).map(Some)
}

/// Is what a user is to be in keeping with what it is to belong to?
pub(super) fn check_owner(kind: UserKind, parent: Option<AccountId>) -> Result<(), ApiError> {
    match (kind, parent) {
        (UserKind::Service, None) => {
            let text =
                "a service account belongs to something: give 'organization_id', 'team_id' or 'project_id'";
            Err(ApiError::invalid("team_id", text))
        }
        (UserKind::Person, Some(parent)) => {
            let text = "people belong to nothing, they have 'memberships'; with 'kind': 'service' this is a service account";
            Err(ApiError::invalid(format!("{}_id", parent.level.as_str()), text))
        }
        _ => Ok(()),
    }
}

/// Who a user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum UserKind {
    /// Somebody.
    #[default]
    Person,
    /// A program, for which somebody else answers.
    Service,
}

impl UserKind {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Person, Self::Service];

    /// What belongs to something is a service account.
    pub(super) const fn of(parent: Option<AccountId>) -> Self {
        if parent.is_some() { Self::Service } else { Self::Person }
    }

    /// As it is written.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
        }
    }
}

/// Applies a body; `kind` is that of a user. `is_provider`: whether there is a provider of a name.
pub(super) fn apply(
    level: Level,
    kind: UserKind,
    given: &Given,
    profile: &mut AccountProfile,
    is_provider: impl Fn(&str) -> bool,
) -> Result<(), ApiError> {
    match (level, kind) {
        (Level::User, UserKind::Person) => person(given, profile)?,
        (Level::User, UserKind::Service) => service(given, profile)?,
        _ => {}
    }
    given.name(&mut profile.name, "what this is")?;
    let is_nameable = !profile.name.contains(',') && profile.name.trim() == profile.name;
    if level == Level::Tag && given.raw("name").is_some() && !is_nameable {
        let text = "calls name tags between commas: a tag's name has no comma, and no blank at its ends";
        return Err(ApiError::invalid("name", text));
    }
    let policy = &mut profile.policy;
    if let Some(models) = given.patterns_or_null("models")? {
        policy.models = models;
    }
    if let Some(endpoints) = given.endpoints()? {
        policy.endpoints = endpoints;
    }
    if let Some(providers) = given.texts_or_null("providers")? {
        calls::check_providers(providers.as_ref(), is_provider)?;
        policy.providers = providers;
    }
    if let Some(raw) = given.raw("max_output_tokens") {
        let value: Value = serde_json::from_str(raw).unwrap_or_default();
        policy.max_output_tokens = limits::count("max_output_tokens", &value)?;
    }
    if let Some(names) = given.texts("guardrails")? {
        policy.guardrails = names;
    }
    if let Some(allowed) = given.flag("member_keys")? {
        policy.no_member_keys = !allowed;
    }
    if let Some(days) = days(given, "record_retention_days", MAX_RECORD_DAYS)? {
        policy.retention.record_days = days;
    }
    if let Some(days) = days(given, "body_retention_days", MAX_BODY_DAYS)? {
        policy.retention.body_days = days;
    }
    access::apply(given, &mut policy.access, false)?;
    limits::apply(given, &mut policy.limits, &mut policy.budgets)?;
    // A customer made on sight that is given limits or budgets has its own from here on.
    policy.on_sight &= !["limits", "budget", "budgets"].iter().any(|name| given.raw(name).is_some());
    if let Some(metadata) = given.texts_by_name("metadata")? {
        profile.metadata = metadata;
    }
    if let Some(plan) = given.text("plan_id")? {
        profile.plan = plan.map(|text| id_of("plan_id", &text, Level::Plan)).transpose()?;
    }
    profile.disabled = given.flag("disabled")?.unwrap_or(profile.disabled);
    if level == Level::Plan || profile.plan.is_some() {
        limits::check_beside_plan(&profile.policy.limits, &profile.policy.budgets)?;
    }
    Ok(())
}

/// A number of days, or null. Outer `None`: not given.
fn days(given: &Given, field: &'static str, most: u32) -> Result<Option<Option<u32>>, ApiError> {
    let Some(raw) = given.raw(field) else { return Ok(None) };
    let days: Option<Option<u32>> = serde_json::from_str(raw).ok();
    match days.filter(|days| days.is_none_or(|days| (1..=most).contains(&days))) {
        Some(days) => Ok(Some(days)),
        None => {
            let text = format!(
                "'{field}' must be a number of days from 1 to {most}, or null for the configuration's"
            );
            Err(ApiError::invalid(field, text))
        }
    }
}

fn person(given: &Given, profile: &mut AccountProfile) -> Result<(), ApiError> {
    // Who was made on sight may have no address, and a name already.
    let may_lack_email = profile.email.is_none() && !profile.name.is_empty() && given.raw("email").is_none();
    if let Some(email) = given.text("email")? {
        profile.email = email.map(|email| email.trim().to_lowercase());
    }
    let email = profile.email.clone().unwrap_or_default();
    let parts: Vec<&str> = email.split('@').collect();
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    let is_address = matches!(parts[..], [name, host] if !name.is_empty() && !host.is_empty());
    if !may_lack_email && (!is_address || email.len() > MAX_EMAIL || !email.chars().all(is_plain)) {
        let text = "'email' must be an address, such as ada@example.com";
        return Err(ApiError::invalid("email", text));
    }
    if profile.name.is_empty() {
        profile.name = email;
    }
    if let Some(raw) = given.raw("memberships") {
        let mut list = memberships(raw)?;
        Membership::keep_givers(&mut list, &profile.memberships);
        profile.memberships = list;
    }
    if let Some(name) = given.text("gateway_role")? {
        profile.gateway_role = name.map(|name| role("gateway_role", &name)).transpose()?;
    }
    Ok(())
}

fn service(given: &Given, profile: &mut AccountProfile) -> Result<(), ApiError> {
    if given.text("email")?.flatten().is_some() {
        let text = "a service account has no address: nobody signs in as it";
        return Err(ApiError::invalid("email", text));
    }
    if given.text("gateway_role")?.flatten().is_some() {
        let text = "a service account has roles where it belongs: give 'memberships'; for the gateway as a whole, make an \
                    admin token with a role";
        return Err(ApiError::invalid("gateway_role", text));
    }
    if let Some(raw) = given.raw("memberships") {
        let mut list = memberships(raw)?;
        Membership::keep_givers(&mut list, &profile.memberships);
        profile.memberships = list;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MembershipInput {
    account_id: String,
    role: String,
}

fn memberships(raw: &str) -> Result<Vec<Membership>, ApiError> {
    let wrong = |error| {
        let text = format!("'memberships' must be a list of {{\"account_id\", \"role\"}}: {error}");
        ApiError::invalid("memberships", text)
    };
    let list: Option<Vec<MembershipInput>> = serde_json::from_str(raw).map_err(wrong)?;
    let list = list.unwrap_or_default();
    if list.len() > MAX_MEMBERSHIPS {
        return Err(ApiError::invalid("memberships", format!("there may be {MAX_MEMBERSHIPS} memberships")));
    }
    let mut memberships: Vec<Membership> = Vec::with_capacity(list.len());
    for (at, given) in list.iter().enumerate() {
        let field = format!("memberships[{at}].account_id");
        let account: Option<AccountId> = given.account_id.parse().ok();
        let belongs = |id: &AccountId| matches!(id.level, Level::Organization | Level::Team | Level::Project);
        let account = account.filter(belongs).ok_or_else(|| {
            let text = format!("'{field}' must be the id of an organization, a team or a project");
            ApiError::invalid(field.clone(), text)
        })?;
        if memberships.iter().any(|known| known.account == account) {
            return Err(ApiError::invalid(field, "this account stands in the list already"));
        }
        let role = role(&format!("memberships[{at}].role"), &given.role)?;
        memberships.push(Membership::by_hand(account, role));
    }
    memberships.sort_unstable_by_key(|membership| membership.account);
    Ok(memberships)
}

/// A role, in a member.
pub(super) fn role(member: &str, name: &str) -> Result<Role, ApiError> {
    Role::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        let text = format!("there is no role '{name}'; there are {}", names.join(", "));
        ApiError::invalid(member.to_owned(), text)
    })
}

/// An id of a level, in a member.
pub(super) fn id_of(member: &'static str, text: &str, level: Level) -> Result<AccountId, ApiError> {
    text.parse::<AccountId>().ok().filter(|id| id.level == level).ok_or_else(|| {
        let text = format!("'{member}' must be an id such as {}_...; '{text}' is none", level.prefix());
        ApiError::invalid(member, text)
    })
}

#[cfg(test)]
mod tests;
