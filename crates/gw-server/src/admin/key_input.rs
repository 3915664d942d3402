//! Reads what a caller wants of a key. Members that are not given leave the policy as it is, so the same reader
//! serves creation and change.

use super::error::ApiError;
use super::given::Given;
use super::{access, limits};
use crate::app::authorization::{Permission, Resource};
use gw_model::{KeyPolicy, Priority};

/// Members of a key.
pub(super) const MEMBERS: [&str; 32] = [
    "name",
    "team_id",
    "project_id",
    "user_id",
    "plan_id",
    "models",
    "endpoints",
    "expires_at",
    "limits",
    "budget",
    "budgets",
    "priority",
    "allowed_ips",
    "allowed_origins",
    "hours",
    "required_metadata",
    "logging",
    "cache",
    "providers",
    "regions",
    "max_input_tokens",
    "max_output_tokens",
    "tools",
    "denied_tools",
    "fallbacks",
    "parameters",
    "deny_when",
    "deny_message",
    "guardrails",
    "credentials",
    "metadata",
    "disabled",
];

/// What whoever changes a key so must be permitted, any of it. A body that cannot be read is refused elsewhere.
pub(super) fn needed(body: &[u8]) -> &'static [Permission] {
    const KEYS: &[Permission] = &[Resource::Keys.write()];
    const BUDGETS: &[Permission] = &[Resource::Budgets.write(), Resource::Keys.write()];
    if Given::read(body, &["budget", "budgets"]).is_ok() { BUDGETS } else { KEYS }
}

/// Applies a body to a policy.
pub(super) fn apply(body: &[u8], policy: &mut KeyPolicy) -> Result<(), ApiError> {
    let given = Given::read(body, &MEMBERS)?;
    given.name(&mut policy.name, "whose key this is")?;
    if let Some(team) = given.text("team_id")? {
        policy.team_id = team;
    }
    if let Some(project) = given.text("project_id")? {
        policy.project_id = project;
    }
    if let Some(user) = given.text("user_id")? {
        policy.user_id = user;
    }
    if let Some(plan) = given.text("plan_id")? {
        policy.plan_id = plan;
    }
    if let Some(models) = given.patterns_or_null("models")? {
        policy.models = models.unwrap_or_default();
    }
    if let Some(endpoints) = given.endpoints()? {
        policy.endpoints = endpoints;
    }
    if let Some(at) = given.text("expires_at")? {
        policy.expires_at = super::query::time("expires_at", at.as_deref())?;
    }
    limits::apply(&given, &mut policy.terms.limits, &mut policy.terms.budgets)?;
    if let Some(name) = given.text("priority")? {
        policy.priority = priority(name.as_deref())?;
    }
    access::apply(&given, &mut policy.access, true)?;
    if let Some(names) = given.texts("guardrails")? {
        policy.guardrails = names;
    }
    if let Some(credentials) = given.texts_by_name("credentials")? {
        policy.credentials = credentials;
    }
    if let Some(metadata) = given.texts_by_name("metadata")? {
        policy.metadata = metadata;
    }
    policy.disabled = given.flag("disabled")?.unwrap_or(policy.disabled);
    if policy.plan_id.is_some() {
        limits::check_beside_plan(&policy.limits, &policy.budgets)?;
    }
    Ok(())
}

fn priority(name: Option<&str>) -> Result<Priority, ApiError> {
    let Some(name) = name else { return Ok(Priority::default()) };
    let wrong = || ApiError::invalid("priority", "'priority' must be low, normal or high");
    Priority::from_name(name).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
