//! Base URLs of the catalogue with parts that only the configuration knows: a region, an account, a workspace.
//! It must not let such a part reach beyond its place in the URL.

use super::address::is_region;
use crate::errors::Faults;
use crate::settings::providers::ProviderSettings;
use crate::shape::NamedEntry;
use gw_model::catalog::{Placeholder, ProviderKind, ProviderSpec};

/// The placeholder that has a setting of its own.
const REGION: &str = "region";
/// Longest value in bytes; a host's name has no more.
const MAX_VALUE_BYTES: usize = 253;

/// The URL with everything filled in; `None` when something is missing or cannot stand there.
pub(super) fn fill(
    usual: &str,
    entry: &NamedEntry<ProviderSettings>,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Option<String> {
    let mut url = usual.to_owned();
    let mut is_complete = true;
    let region = format!("{{{REGION}}}");
    if url.contains(&region) {
        match in_region(entry, spec, faults) {
            Some(name) => url = url.replace(&region, name),
            None => is_complete = false,
        }
    }
    for placeholder in &spec.placeholders {
        match value(placeholder, entry, faults) {
            Some(text) => url = url.replace(&format!("{{{}}}", placeholder.name), text),
            None => is_complete = false,
        }
    }
    is_complete.then_some(url)
}

/// Values for names that the URL does not have, or for a URL that is not used.
pub(super) fn check_names(
    entry: &NamedEntry<ProviderSettings>,
    spec: &ProviderSpec,
    has_own_url: bool,
    faults: &mut Faults,
) {
    let given = &entry.value.base_url_values;
    for value in &given.value.0 {
        let known: Vec<&str> = spec.placeholders.iter().map(|known| &*known.name).collect();
        if has_own_url {
            faults.add(value.place, "'base_url_values' is of no use beside a base URL: remove one");
        } else if known.is_empty() {
            let message = format!("the base URL of '{}' has nothing to fill in: remove it", spec.name);
            faults.add(value.place, message);
        } else if !known.contains(&value.name.as_str()) {
            let message =
                format!("the base URL of '{}' has no '{}', but {}", spec.name, value.name, known.join(", "));
            faults.add(value.place, message);
        }
    }
}

fn in_region<'a>(
    entry: &'a NamedEntry<ProviderSettings>,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Option<&'a str> {
    let region = entry.value.region.as_ref();
    let name = region.map(|region| region.value.as_str()).filter(|region| is_region(region));
    // With Bedrock a missing region is a fault of its own.
    if name.is_none() && spec.kind != ProviderKind::Bedrock {
        let place = region.map_or(entry.place, |region| region.place);
        let message =
            format!("provider '{}' needs 'region': add it, for example region: us-east-1", entry.name);
        faults.add(place, message);
    }
    name
}

fn value<'a>(
    placeholder: &Placeholder,
    entry: &'a NamedEntry<ProviderSettings>,
    faults: &mut Faults,
) -> Option<&'a str> {
    let name = &*placeholder.name;
    let example = &*placeholder.example;
    let given = entry.value.base_url_values.value.0.iter().find(|value| value.name == name);
    let Some(given) = given else {
        let message = format!(
            "provider '{}' needs '{name}' for its base URL: add base_url_values: {{ {name}: {example} }}",
            entry.name
        );
        faults.add(entry.place, message);
        return None;
    };
    // Hosts are often copied as URLs.
    let text = given.value.as_str().trim();
    let text = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
    if !is_plain(text) {
        let message =
            format!("'{name}' may have letters, digits, '-', '_' and '.' only, for example {example}");
        faults.add(given.place, message);
        return None;
    }
    Some(text)
}

/// Can the text stand in a host's name or be a path segment, and nothing more?
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_VALUE_BYTES
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.bytes().any(|b| b != b'.')
}
