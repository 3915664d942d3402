//! From where, when and with what a key may be used, and blocks of addresses wherever they stand.

use crate::errors::Faults;
use crate::place::At;
use crate::settings::keys::{HourSettings, KeySettings};
use crate::shape::Texts;
use gw_model::access::{Access, Hours};
use gw_model::{Network, NetworkError};

/// Most blocks, hours or members of one key.
const MAX_RULES: usize = 256;

/// The rules of a key; `None` where it has none.
pub(super) fn access(entry: &KeySettings, faults: &mut Faults) -> Option<Box<Access>> {
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
    };
    (!access.is_empty()).then(|| Box::new(access))
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
