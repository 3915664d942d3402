//! The credential that a request shows, wherever its format puts it, and the check of a required one. It
//! must not be mistaken for security: a signature is looked at, never verified.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};

use crate::answer::Rejection;
use crate::route::Family;

/// Headers that hold a bare credential.
const KEY_HEADERS: [&str; 3] = ["x-api-key", "api-key", "x-goog-api-key"];

/// The scheme of a request that is signed with AWS credentials.
const SIGNED: &str = "AWS4-HMAC-SHA256 ";

/// The credential a request shows: a key, a bearer token, or the access key id of a signature.
pub(crate) fn shown(request: &Request<Bytes>) -> Option<&[u8]> {
    let headers = request.headers();
    let plain = KEY_HEADERS.iter().find_map(|name| headers.get(*name)).map(HeaderValue::as_bytes);
    let authorization = || headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let bearer = || authorization()?.strip_prefix(b"Bearer ");
    let query = || in_query(request.uri().query()?).map(str::as_bytes);
    plain.or_else(bearer).or_else(|| signer(request).map(str::as_bytes)).or_else(query)
}

/// Refuses a request that does not show the required credential, as its format does. A complete
/// signature passes for Converse, as the emulator has no secret to verify it with.
pub(crate) fn check(request: &Request<Bytes>, family: Family, required: &str) -> Result<(), Rejection> {
    let shown = shown(request);
    if shown == Some(required.as_bytes()) || family == Family::Converse && signer(request).is_some() {
        return Ok(());
    }
    let (status, text) = match (family, shown) {
        (Family::Gemini, Some(_)) => (400, "API key not valid. Please pass a valid API key."),
        (Family::Gemini, None) => (403, "The request has no API key, and this method needs one."),
        (Family::Converse, _) => (403, "The security token included in the request is invalid."),
        _ => (401, "The API key is wrong or missing."),
    };
    Err(Rejection { code: Some("invalid_api_key"), ..Rejection::new(status, text) })
}

/// The access key id of a request with all parts of a signature.
fn signer(request: &Request<Bytes>) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix(SIGNED)?;
    let part = |name: &str| {
        value.split(',').find_map(|part| part.trim().strip_prefix(name)).filter(|part| !part.is_empty())
    };
    part("SignedHeaders=").and(part("Signature=")).and_then(|_| part("Credential="))?.split('/').next()
}

/// The value of `key=` in a query.
fn in_query(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("key="))
}
