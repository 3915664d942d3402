//! What calls may be, in the API: where they may go, how large they may be, which tools they may bring; read and shown.

use super::error::ApiError;
use super::given::Given;
use super::limits;
use gw_model::access::CallRules;
use serde_json::{Map, Value, json};

/// Members that every level has.
pub(super) const MEMBERS: [&str; 5] = ["regions", "max_input_tokens", "tools", "denied_tools", "fallbacks"];

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
    if let Some(tools) = given.texts_or_null("tools")? {
        rules.tools = tools;
    }
    if let Some(tools) = given.texts("denied_tools")? {
        rules.denied_tools = tools;
    }
    if given.raw("fallbacks") == Some("null") {
        rules.no_fallbacks = false;
    } else if let Some(allowed) = given.flag("fallbacks")? {
        rules.no_fallbacks = !allowed;
    }
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
