//! What calls may be, in the API: where they may go, how large they may be, which tools and parameters they may bring, and
//! conditions that refuse them; read and shown.

use super::error::ApiError;
use super::given::Given;
use super::limits;
use gw_model::access::{CallRules, DenyRule, ParameterRules};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Members that every level has.
pub(super) const MEMBERS: [&str; 8] = [
    "regions",
    "max_input_tokens",
    "tools",
    "denied_tools",
    "fallbacks",
    "parameters",
    "deny_when",
    "deny_message",
];

/// Members that a key has besides; accounts have them apart.
pub(super) const OF_KEYS: [&str; 2] = ["providers", "max_output_tokens"];

/// Applies the members that are given; null lifts them. `is_key`: with those that accounts have apart.
pub(super) fn apply(given: &Given, rules: &mut CallRules, is_key: bool) -> Result<(), ApiError> {
    if let Some(regions) = given.texts_or_null("regions")? {
        rules.regions = regions;
    }
    if let Some(most) = count(given, "max_input_tokens")? {
        rules.max_input_tokens = most;
    }
    if let Some(tools) = given.patterns_or_null("tools")? {
        rules.tools = tools;
    }
    if let Some(tools) = given.patterns_or_null("denied_tools")? {
        rules.denied_tools = tools.unwrap_or_default();
    }
    if given.raw("fallbacks") == Some("null") {
        rules.no_fallbacks = false;
    } else if let Some(allowed) = given.flag("fallbacks")? {
        rules.no_fallbacks = !allowed;
    }
    if let Some(raw) = given.raw("parameters") {
        rules.parameters = parameters(raw)?.map(Box::new);
    }
    deny(given, rules)?;
    if is_key {
        if let Some(providers) = given.texts_or_null("providers")? {
            rules.providers = providers;
        }
        if let Some(most) = count(given, "max_output_tokens")? {
            rules.max_output_tokens = most;
        }
    }
    Ok(())
}

/// Parameters as callers write them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParametersInput {
    #[serde(default)]
    allowed: Option<Vec<String>>,
    #[serde(default)]
    denied: Option<Vec<String>>,
    #[serde(default)]
    defaults: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    forced: Option<BTreeMap<String, Value>>,
}

/// Rules for parameters; none where they ask for nothing.
fn parameters(raw: &str) -> Result<Option<ParameterRules>, ApiError> {
    let wrong = |error| {
        let text = format!(
            "'parameters' must be an object with allowed and denied (lists of names), defaults and forced (objects): {error}"
        );
        ApiError::invalid("parameters", text)
    };
    // An object by itself first: a list would pass for one without members.
    let members: Option<Map<String, Value>> = serde_json::from_str(raw).map_err(wrong)?;
    let Some(members) = members else { return Ok(None) };
    let input: ParametersInput = serde_json::from_value(Value::Object(members)).map_err(wrong)?;
    let rules = ParameterRules {
        allowed: input.allowed,
        denied: input.denied.unwrap_or_default(),
        defaults: input.defaults.unwrap_or_default(),
        forced: input.forced.unwrap_or_default(),
    };
    rules.check().map_err(|(member, text)| ApiError::invalid(format!("parameters.{member}"), text))?;
    Ok((!rules.is_empty()).then_some(rules))
}

/// Applies `deny_when` and `deny_message`; without a condition there is nothing to be told.
fn deny(given: &Given, rules: &mut CallRules) -> Result<(), ApiError> {
    let message = given.text("deny_message")?;
    let Some(raw) = given.raw("deny_when") else {
        let Some(message) = message else { return Ok(()) };
        return match &mut rules.deny {
            Some(rule) => {
                **rule = DenyRule::new(rule.when.clone(), message);
                Ok(())
            }
            None if message.is_none() => Ok(()),
            None => Err(no_condition()),
        };
    };
    let wrong = |_| ApiError::invalid("deny_when", "'deny_when' must be a string");
    let when: Option<String> = serde_json::from_str(raw).map_err(wrong)?;
    let kept = rules.deny.take().and_then(|rule| rule.message);
    let Some(when) = when.filter(|when| !when.trim().is_empty()) else {
        return if message.flatten().is_some() { Err(no_condition()) } else { Ok(()) };
    };
    let compiled = gw_policy::compile(&when).map_err(|error| {
        ApiError::invalid("deny_when", format!("'deny_when' is no condition: {error}"))
            .with("column", error.column.into())
    })?;
    if compiled.reads().text {
        let text = "'deny_when' names 'text', which only guardrails of kind cel have";
        return Err(ApiError::invalid("deny_when", text));
    }
    rules.deny = Some(Box::new(DenyRule::new(when, message.unwrap_or(kept))));
    Ok(())
}

fn no_condition() -> ApiError {
    ApiError::invalid("deny_message", "'deny_message' needs a 'deny_when'")
}

fn count(given: &Given, name: &'static str) -> Result<Option<Option<u64>>, ApiError> {
    let Some(raw) = given.raw(name) else { return Ok(None) };
    let value: Value = serde_json::from_str(raw).unwrap_or_default();
    limits::count(name, &value).map(Some)
}

/// Is there a provider for every name? Errors: it names the one that there is not.
pub(super) fn check_providers(
    names: Option<&Vec<String>>,
    is_provider: impl Fn(&str) -> bool,
) -> Result<(), ApiError> {
    match names.into_iter().flatten().find(|name| !is_provider(name)) {
        Some(name) => Err(ApiError::invalid("providers", format!("there is no provider '{name}' here"))),
        None => Ok(()),
    }
}

/// As they can be sent back.
pub(super) fn shown(rules: Option<&CallRules>, is_key: bool) -> Map<String, Value> {
    let nothing = CallRules::default();
    let rules = rules.unwrap_or(&nothing);
    let mut shown = Map::new();
    let mut add = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    add("regions", json!(rules.regions));
    add("max_input_tokens", json!(rules.max_input_tokens));
    add("tools", json!(rules.tools));
    add("denied_tools", json!(rules.denied_tools));
    add("fallbacks", (!rules.no_fallbacks).into());
    add("parameters", json!(rules.parameters));
    add("deny_when", json!(rules.deny.as_ref().map(|rule| &rule.when)));
    add("deny_message", json!(rules.deny.as_ref().and_then(|rule| rule.message.as_ref())));
    if is_key {
        add("providers", json!(rules.providers));
        add("max_output_tokens", json!(rules.max_output_tokens));
    }
    shown
}

/// Only what they ask for.
pub(super) fn said(rules: &CallRules) -> Map<String, Value> {
    let (mut said, usual) = (shown(Some(rules), true), shown(None, true));
    said.retain(|name, value| usual.get(name) != Some(value));
    said
}
