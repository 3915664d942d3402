//! The caller's credential: the first one present, in the order of the contract.

use http::header::{self, HeaderMap};

/// What Portkey's SDK sends as a bearer token when its own header carries the key.
const DUMMY_BEARER: &str = "OPENAI_API_KEY";

/// Finds the credential.
pub(crate) fn find(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    let text =
        |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty());
    text("x-portkey-api-key")
        .or_else(|| text("x-api-key"))
        .or_else(|| text("x-goog-api-key"))
        .or_else(|| query.and_then(key_parameter))
        .or_else(|| text("api-key"))
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
