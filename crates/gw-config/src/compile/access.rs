//! From where, when and with what a key may be used, and blocks of addresses wherever they stand.

use super::keys::names_or_beginnings;
use crate::errors::Faults;
use crate::place::At;
use crate::settings::keys::{HourSettings, KeySettings, ParameterSettings};
use crate::shape::{Anything, Named, Texts};
use gw_model::access::{Access, CallRules, DenyRule, Hours, ParameterRules, origin_of};
use gw_model::snapshot::Provider;
use gw_model::{Network, NetworkError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most blocks, hours or members of one key.
const MAX_RULES: usize = 256;

/// The rules of a key; `None` where it has none.
pub(super) fn access(
    entry: &KeySettings,
    providers: &BTreeMap<Arc<str>, Arc<Provider>>,
    faults: &mut Faults,
) -> Option<Box<Access>> {
    let required = &entry.required_metadata;
    for name in &required.value.0 {
        if name.value.0.trim().is_empty() {
            faults.add(name.place, "'required_metadata' has an empty name: remove it");
        }
    }
    for (place, name, count) in [
        (entry.allowed_ips.place, "allowed_ips", entry.allowed_ips.value.0.len()),
        (entry.allowed_origins.place, "allowed_origins", entry.allowed_origins.value.0.len()),
        (entry.hours.place, "hours", entry.hours.value.len()),
        (required.place, "required_metadata", required.value.0.len()),
    ] {
        if count > MAX_RULES {
            faults.add(place, format!("'{name}' has more than {MAX_RULES} entries"));
        }
    }
    let access = Access {
        allowed_ips: networks("allowed_ips", &entry.allowed_ips.value, faults),
        allowed_origins: origins(&entry.allowed_origins.value, faults),
        hours: entry.hours.value.iter().filter_map(|one| hours(one, faults)).collect(),
        required_metadata: required.value.0.iter().map(|name| name.value.0.clone()).collect(),
        logging: entry.logging.map(|name| super::records::level(name.value)),
        cache: entry.cache.as_ref().and_then(|at| super::cache::of_key(&at.value)),
        calls: calls(entry, providers, faults),
    };
    (!access.is_empty()).then(|| Box::new(access))
}

/// What its calls may be.
fn calls(
    entry: &KeySettings,
    providers: &BTreeMap<Arc<str>, Arc<Provider>>,
    faults: &mut Faults,
) -> CallRules {
    for name in entry.providers.iter().flat_map(|names| &names.value.0) {
        if !providers.contains_key(name.value.as_str()) {
            faults.add(name.place, format!("there is no provider '{}'", name.value.as_str()));
        }
    }
    let texts = |texts: &Texts| texts.0.iter().map(|text| text.value.0.clone()).collect::<Vec<_>>();
    CallRules {
        providers: entry.providers.as_ref().map(|names| texts(&names.value)),
        regions: entry.regions.as_ref().map(|names| texts(&names.value)),
        max_input_tokens: entry.max_input_tokens.map(|most| most.value.get()),
        max_output_tokens: entry.max_output_tokens.map(|most| most.value.get()),
        tools: entry.tools.as_ref().map(|names| names_or_beginnings(&names.value, faults)),
        denied_tools: names_or_beginnings(&entry.denied_tools.value, faults),
        no_fallbacks: !entry.fallbacks.value,
        parameters: parameters(&entry.parameters, faults).map(Box::new),
        deny: deny(entry, faults).map(Box::new),
    }
}

/// Rules for parameters; none where they ask for nothing.
fn parameters(settings: &At<ParameterSettings>, faults: &mut Faults) -> Option<ParameterRules> {
    let texts = |texts: &Texts| texts.0.iter().map(|text| text.value.0.clone()).collect::<Vec<_>>();
    let set = |named: &Named<Anything>| {
        named.0.iter().map(|entry| (entry.name.clone(), entry.value.0.clone())).collect::<BTreeMap<_, _>>()
    };
    let own = &settings.value;
    let rules = ParameterRules {
        allowed: own.allowed.as_ref().map(|list| texts(&list.value)),
        denied: texts(&own.denied.value),
        defaults: set(&own.defaults.value),
        forced: set(&own.forced.value),
    };
    if let Err((member, text)) = rules.check() {
        faults.add(settings.place, format!("'parameters.{member}': {text}"));
    }
    (!rules.is_empty()).then_some(rules)
}

/// A condition that refuses calls.
fn deny(entry: &KeySettings, faults: &mut Faults) -> Option<DenyRule> {
    let Some(when) = &entry.deny_when else {
        if let Some(message) = &entry.deny_message {
            faults.add(message.place, "'deny_message' needs a 'deny_when'");
        }
        return None;
    };
    match gw_policy::compile(when.value.as_str()) {
        Ok(condition) if condition.reads().text => {
            faults.add(when.place, "'deny_when' names 'text', which only guardrails of kind cel have");
        }
        Ok(_) => {}
        Err(error) => faults.add(when.place, format!("'deny_when' is no condition: {error}")),
    }
    let message = entry.deny_message.as_ref().map(|message| message.value.0.clone());
    Some(DenyRule::new(when.value.0.clone(), message))
}

/// Blocks of addresses, each at its place.
pub(super) fn networks(setting: &str, texts: &Texts, faults: &mut Faults) -> Vec<Network> {
    let mut read = Vec::with_capacity(texts.0.len());
    for text in &texts.0 {
        match text.value.as_str().parse::<Network>() {
            Ok(network) => read.push(network),
            Err(error @ (NetworkError::Address | NetworkError::Prefix | NetworkError::HostBits { .. })) => {
                faults.add(text.place, format!("'{setting}': '{}' {error}", text.value.as_str()));
            }
        }
    }
    read
}

/// Origins of web pages, each at its place.
fn origins(texts: &Texts, faults: &mut Faults) -> Vec<String> {
    let mut read = Vec::with_capacity(texts.0.len());
    for text in &texts.0 {
        match origin_of(text.value.as_str()) {
            Ok(origin) => read.push(origin),
            Err(error) => {
                faults.add(text.place, format!("'allowed_origins': '{}' {error}", text.value.as_str()));
            }
        }
    }
    read
}

fn hours(one: &At<HourSettings>, faults: &mut Faults) -> Option<Hours> {
    let settings = &one.value;
    let days: Vec<&str> = settings.days.value.0.iter().map(|day| day.value.as_str()).collect();
    let zone = settings.time_zone.as_ref().map(|zone| zone.value.0.clone());
    let (from, to) = (&settings.from, &settings.to);
    match Hours::read(&days, Some(from.value.as_str()), Some(to.value.as_str()), zone) {
        Ok(hours) => Some(hours),
        Err((member, text)) => {
            let place = match member {
                "from" => from.place,
                "to" => to.place,
                _ => settings.days.place,
            };
            faults.add(place, format!("'{member}': {text}"));
            None
        }
    }
}
