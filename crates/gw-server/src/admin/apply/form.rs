//! Accounts and keys in the form of documents: what is not said is as usual. What differs between two of them is told
//! field by field. Serves plans and exports.

use crate::admin::{access, calls, limits};
use crate::app::apply::Paths;
use gw_model::access::Access;
use gw_model::limits::{Budget, Limits};
use gw_model::{AccountId, KeyPolicy, Level, time};
use gw_store::types::AccountProfile;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An entry of a document.
pub(super) type Form = Map<String, Value>;

/// An account without what belongs to it, nor what it belongs to.
pub(super) fn account(level: Level, profile: &AccountProfile, paths: &Paths) -> Form {
    let policy = &profile.policy;
    let mut form = Form::new();
    let mut add = |name: &str, value: Value| drop(form.insert(name.to_owned(), value));
    if let Some(email) = &profile.email {
        add("email", json!(email));
    }
    if profile.email.as_ref() != Some(&profile.name) {
        add("name", json!(profile.name));
    }
    if let Some(models) = &policy.models {
        add("models", json!(models));
    }
    if let Some(endpoints) = &policy.endpoints {
        add("endpoints", endpoints.iter().map(|endpoint| endpoint.as_str()).collect());
    }
    if let Some(providers) = &policy.providers {
        add("providers", json!(providers));
    }
    if let Some(most) = policy.max_output_tokens {
        add("max_output_tokens", most.into());
    }
    if !policy.guardrails.is_empty() {
        add("guardrails", json!(policy.guardrails));
    }
    if let Some(plan) = profile.plan {
        add("plan", paths.of(plan).into());
    }
    if profile.disabled {
        add("disabled", true.into());
    }
    if level == Level::User && !profile.memberships.is_empty() {
        let mut memberships = profile.memberships.clone();
        memberships.sort_by_cached_key(|membership| paths.of(membership.account));
        let memberships = memberships.iter().map(|membership| {
            let of = membership.account;
            json!({ of.level.as_str(): paths.of(of), "role": membership.role.as_str() })
        });
        add("memberships", memberships.collect());
    }
    if let Some(role) = profile.gateway_role {
        add("gateway_role", role.as_str().into());
    }
    let kept = policy.retention;
    for (name, days) in [("record_retention_days", kept.record_days), ("body_retention_days", kept.body_days)]
    {
        if let Some(days) = days {
            add(name, days.into());
        }
    }
    if policy.no_member_keys {
        add("member_keys", false.into());
    }
    accessed(&mut form, policy.access.as_deref());
    counted(&mut form, &policy.limits, &policy.budgets, &profile.metadata);
    form
}

/// A key without what it belongs to.
pub(super) fn key(policy: &KeyPolicy, paths: &Paths) -> Form {
    let mut form = Form::new();
    let mut add = |name: &str, value: Value| drop(form.insert(name.to_owned(), value));
    add("name", json!(policy.name));
    if policy.models != ["*"] {
        add("models", json!(policy.models));
    }
    if let Some(endpoints) = &policy.endpoints {
        add("endpoints", endpoints.iter().map(|endpoint| endpoint.as_str()).collect());
    }
    if let Some(at) = policy.expires_at {
        add("expires_at", time::format(at).into());
    }
    if let Some(plan) = policy.plan_id.as_ref().and_then(|id| id.parse().ok()) {
        add("plan", paths.of(plan).into());
    }
    if policy.priority != gw_model::Priority::default() {
        add("priority", policy.priority.as_str().into());
    }
    if policy.disabled {
        add("disabled", true.into());
    }
    if !policy.guardrails.is_empty() {
        add("guardrails", json!(policy.guardrails));
    }
    if !policy.credentials.is_empty() {
        add("credentials", json!(policy.credentials));
    }
    accessed(&mut form, policy.access.as_deref());
    counted(&mut form, &policy.limits, &policy.budgets, &policy.metadata);
    form
}

/// From where, when and with what calls may come.
fn accessed(form: &mut Form, access: Option<&Access>) {
    let Some(access) = access else { return };
    let mut add = |name: &str, value: Value| drop(form.insert(name.to_owned(), value));
    if !access.allowed_ips.is_empty() {
        add("allowed_ips", access.allowed_ips.iter().map(ToString::to_string).collect());
    }
    if !access.allowed_origins.is_empty() {
        add("allowed_origins", json!(access.allowed_origins));
    }
    if !access.hours.is_empty() {
        add("hours", access::hours_shown(access).into());
    }
    if !access.required_metadata.is_empty() {
        add("required_metadata", json!(access.required_metadata));
    }
    if let Some(logging) = access.logging {
        add("logging", logging.as_str().into());
    }
    if let Some(rule) = access.cache {
        add("cache", json!(rule));
    }
    form.append(&mut calls::said(&access.calls));
}

/// What a key belongs to; labels for reports under names of their own.
pub(super) fn key_above(policy: &KeyPolicy, paths: &Paths) -> Form {
    let mut form = Form::new();
    let named = [("team", &policy.team_id), ("project", &policy.project_id), ("user", &policy.user_id)];
    for (name, text) in named {
        let Some(text) = text else { continue };
        match text.parse::<AccountId>() {
            // A project says its team.
            Ok(_) if name == "team" && policy.project_id.as_ref().is_some_and(|id| is_account(id)) => {}
            Ok(id) => drop(form.insert(name.to_owned(), paths.of(id).into())),
            Err(_) => drop(form.insert(format!("{name}_label"), json!(text))),
        }
    }
    form
}

fn is_account(text: &str) -> bool {
    text.parse::<AccountId>().is_ok()
}

fn counted(form: &mut Form, limits: &Limits, budgets: &[Budget], metadata: &BTreeMap<String, String>) {
    let limits = without_usual(limits::shown(limits));
    if limits.as_object().is_some_and(|limits| !limits.is_empty()) {
        form.insert("limits".to_owned(), limits);
    }
    let mut budgets: Vec<Value> = budgets.iter().map(limits::budget_given).map(without_usual).collect();
    match budgets.len() {
        0 => {}
        1 => drop(form.insert("budget".to_owned(), budgets.remove(0))),
        _ => drop(form.insert("budgets".to_owned(), budgets.into())),
    }
    if !metadata.is_empty() {
        form.insert("metadata".to_owned(), json!(metadata));
    }
}

/// Without members that say what is meant anyway.
fn without_usual(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.into_iter().filter(|(name, value)| !is_usual(name, value));
            Value::Object(said.map(|(name, value)| (name, without_usual(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_usual).collect(),
        other => other,
    }
}

fn is_usual(name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty() && name != "models",
        Value::String(text) => {
            matches!(
                (name, text.as_str()),
                ("kind", "sliding") | ("mode", "strict") | ("on_unavailable", "local")
            )
        }
        Value::Number(number) => name == "burst" && number.as_u64() == Some(0),
        Value::Object(_) | Value::Bool(true) => false,
    }
}

/// What differs: field, as it is, as it will be; null for what is not said.
pub(super) fn differences(before: &Form, after: &Form) -> Vec<Value> {
    let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
    flatten("", before, &mut was);
    flatten("", after, &mut is);
    let mut fields: Vec<&String> = was.keys().chain(is.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    let differ = fields.into_iter().filter(|field| was.get(*field) != is.get(*field));
    differ
        .map(|field| {
            json!({ "field": field, "before": was.get(field.as_str()), "after": is.get(field.as_str()) })
        })
        .collect()
}

/// Members of members by their dotted names; lists are compared whole.
fn flatten<'v>(above: &str, form: &'v Form, found: &mut BTreeMap<String, &'v Value>) {
    for (name, value) in form {
        let field = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            Value::Object(members) => flatten(&field, members, found),
            value => drop(found.insert(field, value)),
        }
    }
}
