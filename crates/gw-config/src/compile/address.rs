//! Where a provider is: its base URL, given or usual, and that it is not ourselves.

use super::credentials::{self, VertexPlace};
use super::{placeholders, url};
use crate::errors::Faults;
use crate::place::At;
use crate::settings::providers::ProviderSettings;
use crate::shape::{NamedEntry, Text};
use gw_model::catalog::{ProviderKind, ProviderSpec};
use gw_model::snapshot::Provider;
use std::net::SocketAddr;

/// The emulator runs in process, so its URL is a name that no resolver knows; the server puts in its own.
pub(super) const EMULATOR_URL: &str = "http://emulator.invalid";

/// The base URL; for Azure the resource's root, for Bedrock the region's endpoint unless another is given.
pub(super) fn base_url(
    entry: &NamedEntry<ProviderSettings>,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Option<String> {
    let settings = &entry.value;
    let has_endpoint = matches!(spec.kind, ProviderKind::AzureOpenAi | ProviderKind::Bedrock);
    if let Some(endpoint) = settings.endpoint.as_ref().filter(|_| !has_endpoint) {
        faults.add(endpoint.place, "'endpoint' is for azure-openai and bedrock only: write 'base_url'");
    }
    if let (true, Some(_), Some(base)) = (has_endpoint, &settings.endpoint, &settings.base_url) {
        faults.add(base.place, "'base_url' and 'endpoint' say the same: remove one");
        return None;
    }
    let given = match (has_endpoint, &settings.endpoint, &settings.base_url) {
        (true, Some(endpoint), _) => Some(("endpoint", endpoint)),
        (_, _, Some(base)) => Some(("base_url", base)),
        _ => None,
    };
    if let Some((key, given)) = given.filter(|_| spec.kind == ProviderKind::Emulator) {
        faults.add(
            given.place,
            format!("'{key}' is not for the emulator, which runs inside Gatewright: remove it"),
        );
    }
    if spec.kind == ProviderKind::Emulator {
        return Some(EMULATOR_URL.to_owned());
    }
    placeholders::check_names(entry, spec, given.is_some(), faults);
    if spec.kind == ProviderKind::Vertex {
        let place = credentials::vertex_place(entry, faults);
        let host = match given {
            Some((key, given)) => check_url(key, given, settings.allow_link_local.value, faults),
            None => place.as_ref().map(VertexPlace::host),
        };
        return Some(host? + &place?.path);
    }
    for (name, at) in [("project", &settings.project), ("location", &settings.location)] {
        if let Some(at) = at {
            faults.add(at.place, format!("'{name}' is for vertex only: remove it"));
        }
    }
    match given {
        Some((key, given)) => check_url(key, given, settings.allow_link_local.value, faults),
        None => usual_url(entry, spec, faults),
    }
}

/// What the catalogue knows.
fn usual_url(
    entry: &NamedEntry<ProviderSettings>,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Option<String> {
    if let Some(usual) = &spec.base_url {
        return placeholders::fill(usual.trim_end_matches('/'), entry, spec, faults);
    }
    let (key, example) = match spec.kind {
        ProviderKind::AzureOpenAi => ("endpoint", "https://NAME.openai.azure.com"),
        _ => ("base_url", "http://127.0.0.1:8080/v1"),
    };
    faults
        .add(entry.place, format!("provider '{}' needs '{key}': add it, for example {example}", entry.name));
    None
}

/// Can the text stand in a host's name?
pub(super) fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 32
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn check_url(key: &str, given: &At<Text>, allow_link_local: bool, faults: &mut Faults) -> Option<String> {
    match url::parse(given.value.as_str()) {
        Ok(url) if url::is_link_local(&url.host) && !allow_link_local => {
            let message = format!(
                "'{key}' is a link-local or metadata address: add 'allow_link_local: true' if that is meant"
            );
            faults.add(given.place, message);
            None
        }
        Ok(url) => Some(url.text),
        Err(why) => {
            faults.add(given.place, format!("'{key}' {why}"));
            None
        }
    }
}

/// A shell that points its clients at Gatewright with `OPENAI_BASE_URL` must not make it call itself.
pub(super) fn check_not_ourselves(
    entry: &NamedEntry<ProviderSettings>,
    provider: &Provider,
    listen: SocketAddr,
    faults: &mut Faults,
) {
    if listen.port() != 0 && url::reaches(&provider.base_url, listen) {
        let place = entry.value.base_url.as_ref().map_or(entry.place, |url| url.place);
        let message = format!(
            "provider '{}' is at Gatewright's own address ({listen}), so it would call itself: correct its base URL",
            entry.name
        );
        faults.add(place, message);
    }
}
