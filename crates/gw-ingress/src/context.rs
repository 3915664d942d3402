//! What else a head says: the caller's context headers, and which of its headers may go upstream.

use crate::trace::TRACEPARENT;
use bytes::Bytes;
use gw_model::{Api, WireFormat};
use gw_pipeline::CallerContext;
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers of a caller that mean something to the upstream, by format. Everything else stays here:
/// credentials, cookies, forwarding and proxy headers above all.
static OPENAI: [Forwarded; 3] =
    [named("openai-beta"), named("idempotency-key"), named("x-client-request-id")];
static ANTHROPIC: [Forwarded; 3] =
    [named("anthropic-version"), named("anthropic-beta"), named("idempotency-key")];

/// Longest user agent that is kept, in bytes.
const MAX_AGENT_BYTES: usize = 160;

/// What the names of context headers begin with.
const CONTEXT: &str = "x-gatewright-";

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

/// Headers that are kept for conditions, at most, and the largest of their values in bytes.
const MAX_KEPT: usize = 32;
const MAX_KEPT_BYTES: usize = 1 << 10;

/// A header with one of these words in its name may be a credential, and no condition sees it.
const SECRET_WORDS: [&str; 16] = [
    "auth",
    "authentication",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "jwt",
    "key",
    "apikey",
    "password",
    "secret",
    "signature",
    "token",
    "gatewright",
];

/// Reads the `x-gatewright-*` headers, and keeps others when conditions ask for them. Most calls have none of the former:
/// one pass over the names costs less than a look for each.
pub fn caller(headers: &HeaderMap, keeps_headers: bool) -> CallerContext {
    let mut context = CallerContext {
        headers: if keeps_headers { kept(headers) } else { Vec::new() },
        ..CallerContext::default()
    };
    for name in headers.keys() {
        if name == http::header::USER_AGENT {
            context.user_agent = headers.get(name).and_then(agent);
            continue;
        }
        if name == http::header::ORIGIN {
            context.origin = origin(headers);
            continue;
        }
        let Some(rest) = name.as_str().strip_prefix(CONTEXT) else {
            if *name == TRACEPARENT {
                context.trace_id = crate::trace::trace_id(headers);
            }
            continue;
        };
        let place = match rest {
            "customer" => &mut context.customer,
            "session" => &mut context.session,
            "tags" => &mut context.tags,
            "metadata" => {
                context.metadata = whole(headers, name);
                continue;
            }
            "guardrails" => {
                context.guardrails = all_lines(headers, name);
                continue;
            }
            "priority" => &mut context.priority,
            "timeout-ms" => &mut context.timeout_ms,
            _ => continue,
        };
        // Names of people and tags may be of any script.
        let value = headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        *place = value.filter(|value| !value.is_empty()).map(ToOwned::to_owned);
    }
    context
}

/// The web page whose script calls. Several, or what is no text, is none that anybody allowed.
pub(crate) fn origin(headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all(http::header::ORIGIN).iter();
    let first = lines.next()?;
    let only = if lines.next().is_none() { first.to_str().ok() } else { None };
    Some(only.unwrap_or_default().to_owned())
}

/// A user agent, cut to what is kept of it. Bytes that are no text are U+FFFD: it must not be lost for one of them.
fn agent(value: &HeaderValue) -> Option<String> {
    let text = String::from_utf8_lossy(value.as_bytes());
    let kept = text.get(..text.floor_char_boundary(MAX_AGENT_BYTES)).unwrap_or_default();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// What must stand in one line of UTF-8. Anything else is handed on as a text that is refused where it is read, since it must
/// not be overlooked.
fn whole(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut lines = headers.get_all(name).iter();
    let text = std::str::from_utf8(lines.next()?.as_bytes()).unwrap_or("\u{fffd}");
    let text = if lines.next().is_none() { text } else { "\u{fffd}" };
    (!text.is_empty()).then(|| text.to_owned())
}

/// A list that may stand in several lines. What is no text is kept as such, since it must not be overlooked.
fn all_lines(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> =
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    let all = lines.join(",");
    (!all.is_empty()).then_some(all)
}

/// The headers that conditions may see. What stands there more than once is joined as HTTP has it.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let is_open = |name: &&HeaderName| {
        !name.as_str().split(['-', '_']).any(|word| SECRET_WORDS.contains(&word) || word.ends_with("token"))
    };
    let joined = |name: &HeaderName| {
        let values: Result<Vec<&str>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
        let value = values.ok()?.join(", ");
        (value.len() <= MAX_KEPT_BYTES).then(|| (name.as_str().to_owned(), value))
    };
    headers.keys().filter(is_open).filter_map(joined).take(MAX_KEPT).collect()
}

#[cfg(test)]
mod tests;
