//! The caller's credential: the first one present, in the order of the contract.

use http::header::{self, HeaderMap, HeaderName};

/// What Portkey's SDK sends as a bearer token when its own header carries the key.
const DUMMY_BEARER: &str = "OPENAI_API_KEY";

// Made once: a name that is looked up as a text is parsed each time.
const PORTKEY: HeaderName = HeaderName::from_static("x-portkey-api-key");
const ANTHROPIC: HeaderName = HeaderName::from_static("x-api-key");
const GOOGLE: HeaderName = HeaderName::from_static("x-goog-api-key");
const AZURE: HeaderName = HeaderName::from_static("api-key");

/// Finds the credential.
pub fn find(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    let text = |name: HeaderName| {
        headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty())
    };
    text(PORTKEY)
        .or_else(|| text(ANTHROPIC))
        .or_else(|| text(GOOGLE))
        .or_else(|| query.and_then(key_parameter))
        .or_else(|| text(AZURE))
        .or_else(|| bearer(headers))
        .map(ToOwned::to_owned)
}

/// `?key=`, as Gemini's clients send it. Keys have no characters that would be encoded.
fn key_parameter(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("key=")).filter(|key| !key.is_empty())
}

/// `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token != DUMMY_BEARER).then_some(token)
}

#[cfg(test)]
mod tests;
