//! What else a head says: the caller's context headers, and which of its headers may go upstream.

use bytes::Bytes;
use gw_model::{Api, WireFormat};
use gw_pipeline::CallerContext;
use http::HeaderMap;

/// Headers of a caller that mean something to the upstream, by format. Everything else stays here:
/// credentials, cookies, forwarding and proxy headers above all.
const OPENAI: [&str; 3] = ["openai-beta", "idempotency-key", "x-client-request-id"];
const ANTHROPIC: [&str; 3] = ["anthropic-version", "anthropic-beta", "idempotency-key"];

/// Picks the headers that go upstream.
pub(crate) fn forwarded(format: WireFormat, headers: &HeaderMap) -> Vec<(&'static str, Bytes)> {
    let names: &[&'static str] = match format.api() {
        Api::OpenAi => &OPENAI,
        Api::Anthropic => &ANTHROPIC,
        Api::Gemini | Api::Bedrock | Api::Cohere => &[],
    };
    let mut out = Vec::new();
    if format.takes_form()
        && let Some(value) = headers.get(http::header::CONTENT_TYPE)
    {
        out.push(("content-type", Bytes::copy_from_slice(value.as_bytes())));
    }
    for name in names {
        for value in headers.get_all(*name) {
            out.push((*name, Bytes::copy_from_slice(value.as_bytes())));
        }
    }
    out
}

/// Reads the `x-gatewright-*` headers.
pub(crate) fn caller(headers: &HeaderMap) -> CallerContext {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.filter(|value| !value.is_empty()).map(ToOwned::to_owned)
    };
    CallerContext { customer: text("x-gatewright-customer"), session: text("x-gatewright-session") }
}
