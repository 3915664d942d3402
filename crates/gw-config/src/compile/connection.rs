//! How a provider is reached: headers of the configuration, certificates, proxy.

use super::url;
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::providers::ProviderSettings;
use crate::shape::{Named, Text};
use gw_model::catalog::{AuthScheme, ProviderSpec};
use gw_model::snapshot::ConnectOptions;
use std::sync::Arc;

/// Headers that belong to the connection, or that the gateway writes itself.
const RESERVED_HEADERS: [&str; 8] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "accept-encoding",
];

pub(super) fn headers(
    settings: &Named<gw_model::Secret>,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Vec<(Arc<str>, Arc<str>)> {
    let mut list: Vec<(Arc<str>, Arc<str>)> = Vec::with_capacity(settings.0.len());
    for entry in &settings.0 {
        let name = entry.name.to_ascii_lowercase();
        let is_auth = matches!(&spec.auth, AuthScheme::Header(header) if **header == *name)
            || (spec.auth == AuthScheme::Bearer && name == "authorization");
        let wrong = if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            Some("is not a header name".to_owned())
        } else if RESERVED_HEADERS.contains(&name.as_str()) {
            Some("is set by the gateway: remove it".to_owned())
        } else if is_auth {
            Some("carries the credential: write 'api_key' instead".to_owned())
        } else if list.iter().any(|(known, _)| **known == *name) {
            Some("stands twice: remove one".to_owned())
        } else {
            None
        };
        match wrong {
            Some(why) => faults.add(entry.place, format!("header '{}' {why}", entry.name)),
            None => list.push((name.into(), entry.value.expose().into())),
        }
    }
    // What the provider always wants, unless the file says otherwise.
    for (name, value) in &spec.headers {
        if !list.iter().any(|(known, _)| known == name) {
            list.push((Arc::clone(name), Arc::clone(value)));
        }
    }
    list
}

pub(super) fn connect(settings: &ProviderSettings, faults: &mut Faults) -> ConnectOptions {
    let text =
        |field: &Option<At<Text>>| -> Option<Arc<str>> { field.as_ref().map(|t| t.value.as_str().into()) };
    let pair = (settings.client_cert_file.as_ref(), settings.client_key_file.as_ref());
    let half: Option<(Place, &str)> = match pair {
        (Some(cert), None) => {
            Some((cert.place, "'client_cert_file' needs 'client_key_file' beside it: add it"))
        }
        (None, Some(key)) => {
            Some((key.place, "'client_key_file' needs 'client_cert_file' beside it: add it"))
        }
        _ => None,
    };
    if let Some((place, message)) = half {
        faults.add(place, message);
    }
    for (name, file) in [
        ("ca_file", &settings.ca_file),
        ("client_cert_file", &settings.client_cert_file),
        ("client_key_file", &settings.client_key_file),
    ] {
        if let Some(file) = file.as_ref().filter(|f| f.value.as_str().is_empty()) {
            faults.add(file.place, format!("'{name}' is empty: write a path, or remove the key"));
        }
    }
    if let Some(proxy) = settings.proxy.as_ref().filter(|p| !p.value.as_str().is_empty()) {
        check_proxy(proxy, faults);
    }
    ConnectOptions {
        ca_file: text(&settings.ca_file),
        client_cert_file: text(&settings.client_cert_file),
        client_key_file: text(&settings.client_key_file),
        proxy: text(&settings.proxy),
        allow_link_local: settings.allow_link_local.value,
        only_public: false,
        http2_prior_knowledge: settings.http2_prior_knowledge.value,
    }
}

/// A proxy may carry a user and a password, other than a provider.
fn check_proxy(proxy: &At<Text>, faults: &mut Faults) {
    let text = proxy.value.as_str();
    let bare = match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => text.to_owned(),
    };
    if let Err(why) = url::parse(&bare) {
        faults.add(proxy.place, format!("'proxy' {why}"));
    }
}
