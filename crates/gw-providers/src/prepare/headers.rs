//! Headers of upstream requests: what is the same for every request of a provider, and which of the
//! caller's may go along.

use bytes::Bytes;
use gw_model::catalog::{AuthScheme, ProviderKind};
use gw_model::format::{Api, Endpoint, WireFormat};
use gw_model::snapshot::Provider;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// The version of Anthropic's API that is spoken when the caller names none.
const ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
/// Name and version of the gateway.
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("gatewright/", env!("CARGO_PKG_VERSION")));
/// `anthropic-version`.
const VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");

/// Headers that no caller decides: credentials, framing, and hop-by-hop ones.
const NEVER_FORWARDED: &[&str] = &[
    "accept-encoding",
    "api-key",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-api-key",
    "x-goog-api-key",
    "x-portkey-api-key",
];

/// What every request of `provider` carries, the key by `auth`. `Err` names the header that cannot be sent.
pub(super) fn fixed(provider: &Provider, auth: &AuthScheme) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::with_capacity(16);
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accept = match provider.kind {
        // Its streams are binary.
        ProviderKind::Bedrock => "*/*",
        _ => "application/json, text/event-stream",
    };
    map.insert(header::ACCEPT, HeaderValue::from_static(accept));
    // Answers are read on their way; a compressed one could not be metered.
    map.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    map.insert(header::USER_AGENT, USER_AGENT);
    if let Some(key) = &provider.api_key {
        let (name, text) = match auth {
            AuthScheme::Bearer => (header::AUTHORIZATION, format!("Bearer {}", key.expose())),
            AuthScheme::Header(name) => {
                let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| name.to_string())?;
                (parsed, key.expose().to_owned())
            }
            AuthScheme::None => (header::AUTHORIZATION, String::new()),
        };
        if !matches!(auth, AuthScheme::None) {
            let mut value = HeaderValue::try_from(text).map_err(|_| name.to_string())?;
            value.set_sensitive(true);
            map.insert(name, value);
        }
    }
    for (name, value) in &provider.headers {
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| name.to_string())?;
        let value = HeaderValue::from_str(value).map_err(|_| name.to_string())?;
        map.insert(parsed, value);
    }
    Ok(map)
}

/// The headers of one request: `fixed`, and of the caller's those that make sense to the upstream's format.
/// A header that the configuration sets is not overridden.
pub(super) fn build(fixed: &HeaderMap, caller: &[(&'static str, Bytes)], format: WireFormat) -> HeaderMap {
    let mut map = fixed.clone();
    for (name, value) in caller {
        // A form's content type has its boundary.
        if *name == "content-type" && format.takes_form() {
            if let Ok(value) = HeaderValue::from_maybe_shared(value.clone()) {
                map.insert(header::CONTENT_TYPE, value);
            }
            continue;
        }
        if NEVER_FORWARDED.contains(name) || !fits(name, format) {
            continue;
        }
        // Values that cannot be a header (control characters) never reach the wire.
        let Ok(value) = HeaderValue::from_maybe_shared(value.clone()) else { continue };
        let name = HeaderName::from_static(name);
        if !fixed.contains_key(&name) {
            map.append(name, value);
        }
    }
    if format.endpoint() == Endpoint::Audio {
        // Audio, subtitles and plain text are answers too.
        map.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    }
    if format.api() == Api::Anthropic && !map.contains_key(VERSION_HEADER) {
        map.insert(VERSION_HEADER, ANTHROPIC_VERSION);
    }
    map
}

/// A provider's own headers mean nothing, or something else, to another's format.
fn fits(name: &str, format: WireFormat) -> bool {
    match format.api() {
        Api::Anthropic => !name.starts_with("openai-"),
        Api::OpenAi => !name.starts_with("anthropic-"),
        Api::Gemini | Api::Bedrock | Api::Cohere => {
            !name.starts_with("anthropic-") && !name.starts_with("openai-")
        }
    }
}
