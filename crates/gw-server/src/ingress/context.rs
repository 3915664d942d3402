//! What else a head says: the caller's context headers, and which of its headers may go upstream.

use bytes::Bytes;
use gw_model::{Api, WireFormat};
use gw_pipeline::CallerContext;
use http::header::{HeaderMap, HeaderName};

/// Headers of a caller that mean something to the upstream, by format. Everything else stays here:
/// credentials, cookies, forwarding and proxy headers above all.
static OPENAI: [Forwarded; 3] =
    [named("openai-beta"), named("idempotency-key"), named("x-client-request-id")];
static ANTHROPIC: [Forwarded; 3] =
    [named("anthropic-version"), named("anthropic-beta"), named("idempotency-key")];
static CUSTOMER: HeaderName = HeaderName::from_static("x-gatewright-customer");
static SESSION: HeaderName = HeaderName::from_static("x-gatewright-session");

/// A name as it is looked up, which is made once, and as a text.
type Forwarded = (HeaderName, &'static str);

const fn named(name: &'static str) -> Forwarded {
    (HeaderName::from_static(name), name)
}

/// Picks the headers that go upstream.
pub(crate) fn forwarded(format: WireFormat, headers: &HeaderMap) -> Vec<(&'static str, Bytes)> {
    let names: &[Forwarded] = match format.api() {
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
    for (name, text) in names {
        for value in headers.get_all(name) {
            out.push((*text, Bytes::copy_from_slice(value.as_bytes())));
        }
    }
    out
}

/// Reads the `x-gatewright-*` headers.
pub(crate) fn caller(headers: &HeaderMap) -> CallerContext {
    let text = |name: &HeaderName| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.filter(|value| !value.is_empty()).map(ToOwned::to_owned)
    };
    CallerContext { customer: text(&CUSTOMER), session: text(&SESSION) }
}
