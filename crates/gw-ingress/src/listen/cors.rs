//! Cross-origin requests of browsers: off unless the configuration lists origins.

use gw_config::compile::Cors;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// The value to allow an origin with; `None` when it is not allowed, or none was sent.
pub(crate) fn allowed(cors: Option<&Cors>, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
    let (cors, origin) = (cors?, origin?);
    let text = origin.to_str().ok()?;
    let listed = cors.allow_any_origin || cors.allow_origins.iter().any(|o| o.eq_ignore_ascii_case(text));
    listed.then(|| origin.clone())
}

/// Headers of every answer to an allowed origin.
pub(crate) fn add_headers(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
}

/// Request headers that the data plane understands, and SDKs in browsers send.
const DATA_PLANE: [&str; 14] = [
    "authorization",
    "content-type",
    "accept",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-portkey-api-key",
    "anthropic-version",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "idempotency-key",
];

/// How long a browser may keep the answer to a preflight, in seconds.
const MAX_AGE: &str = "600";

/// Headers of the answer to a preflight: of the request headers asked for, those that the data plane knows.
pub(crate) fn add_preflight(headers: &mut HeaderMap, requested: Option<&HeaderValue>) {
    headers
        .insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH, DELETE"));
    let known = |name: &str| {
        DATA_PLANE.contains(&name) || name.starts_with("x-gatewright-") || name.starts_with("x-stainless-")
    };
    let requested = requested.and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let allowed: Vec<&str> = requested.split(',').map(str::trim).filter(|n| known(n)).collect();
    if let Ok(value) = HeaderValue::from_str(&allowed.join(", "))
        && !allowed.is_empty()
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, value);
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    headers
        .append(header::VARY, HeaderValue::from(HeaderName::from_static("access-control-request-headers")));
}
