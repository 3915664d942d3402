//! From where, when and with what a key may be used, and blocks of addresses wherever they stand.

use crate::errors::Faults;
use crate::place::At;
use crate::settings::keys::{HourSettings, KeySettings};
use crate::shape::Texts;
use gw_model::access::{Access, CallRules, Hours};
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
        (entry.hours.place, "hours", entry.hours.value.len()),
        (required.place, "required_metadata", required.value.0.len()),
    ] {
        if count > MAX_RULES {
            faults.add(place, format!("'{name}' has more than {MAX_RULES} entries"));
        }
    }
    let access = Access {
        allowed_ips: networks("allowed_ips", &entry.allowed_ips.value, faults),
        hours: entry.hours.value.iter().filter_map(|one| hours(one, faults)).collect(),
        required_metadata: required.value.0.iter().map(|name| name.value.0.clone()).collect(),
        logging: entry.logging.map(|name| super::records::level(name.value)),
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
        tools: entry.tools.as_ref().map(|names| texts(&names.value)),
        denied_tools: texts(&entry.denied_tools.value),
        no_fallbacks: !entry.fallbacks.value,
    }
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
