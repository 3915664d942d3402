//! Headers of a reply: the upstream's, less what is only between it and us, plus ours. Must not let an
//! upstream set cookies or speak in our name.

mod lines;

use crate::attempt::Sent;
use crate::ticket::Open;
use gw_model::snapshot::Target;
use gw_model::{NanoUsd, RequestId, Usage, WireFormat};
use gw_store::memory::{LimitsView, Remaining};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use lines::Lines;
use smallvec::SmallVec;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const ERROR: HeaderName = HeaderName::from_static("x-gatewright-error");
pub(crate) const AMZN_ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");
const MODEL: HeaderName = HeaderName::from_static("x-gatewright-model");
const PROVIDER: HeaderName = HeaderName::from_static("x-gatewright-provider");
const UPSTREAM_MODEL: HeaderName = HeaderName::from_static("x-gatewright-upstream-model");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-gatewright-attempts");
const FAILED_ATTEMPTS: HeaderName = HeaderName::from_static("x-gatewright-failed-attempts");
const QUEUE_MS: HeaderName = HeaderName::from_static("x-gatewright-queue-ms");
const COST: HeaderName = HeaderName::from_static("x-gatewright-cost-usd");
const ENSEMBLE: HeaderName = HeaderName::from_static("x-gatewright-ensemble");
const GUARDRAILS: HeaderName = HeaderName::from_static("x-gatewright-guardrails");
const CACHE: HeaderName = HeaderName::from_static("x-gatewright-cache");
const CACHE_SIMILARITY: HeaderName = HeaderName::from_static("x-gatewright-cache-similarity");
const CACHE_KEY: HeaderName = HeaderName::from_static("x-gatewright-cache-key");
const REUSED: HeaderName = HeaderName::from_static("x-gatewright-cache-inputs");
const SAVED: HeaderName = HeaderName::from_static("x-gatewright-saved-usd");
const TOKEN_COUNT: HeaderName = HeaderName::from_static("x-gatewright-token-count");
const DROPPED: HeaderName = HeaderName::from_static("x-gatewright-dropped");
const CLAMPED: HeaderName = HeaderName::from_static("x-gatewright-clamped");

/// Between the upstream and us only, or set anew by the server.
const NOT_PASSED: [HeaderName; 14] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
    header::SET_COOKIE,
    header::DATE,
    header::SERVER,
    header::STRICT_TRANSPORT_SECURITY,
    header::ALT_SVC,
    header::VARY,
];

/// Is the answer a stream, of server-sent events or of Bedrock's binary ones?
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    const TYPES: [&[u8]; 2] = [b"text/event-stream", b"application/vnd.amazon.eventstream"];
    let Some(stated) = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes) else { return false };
    TYPES.iter().any(|known| stated.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)))
}

/// Are its frames binary messages?
pub(crate) fn is_binary(headers: &HeaderMap) -> bool {
    let stated = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    stated.is_some_and(|text| text.starts_with(b"application/vnd.amazon.eventstream"))
}

/// Is the answer JSON, by its own word?
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let stated = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let kind = stated.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    kind.eq_ignore_ascii_case(b"application/json") || kind.to_ascii_lowercase().ends_with(b"+json")
}

/// The header that names the kind of an error, in formats whose SDKs look there; from [`gw_wire::errors::headers`].
pub(crate) fn add_error_type(headers: &mut HeaderMap, kind: Option<(&'static str, &'static str)>) {
    if let Some((name, value)) = kind {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// The upstream's headers as the caller may see them.
pub(crate) fn passed(mut upstream: HeaderMap) -> HeaderMap {
    let is_passed = |name: &HeaderName| {
        let text = name.as_str();
        let is_foreign = text.starts_with("x-gatewright-") || text.starts_with("access-control-");
        !is_foreign && !NOT_PASSED.contains(name)
    };
    let names: SmallVec<[HeaderName; 8]> = upstream.keys().filter(|name| !is_passed(name)).cloned().collect();
    for name in &names {
        upstream.remove(name);
    }
    let id = upstream.remove(REQUEST_ID);
    let id = id
        .or_else(|| ["request-id", "x-amzn-requestid"].iter().find_map(|name| upstream.get(*name).cloned()));
    if let Some(id) = id {
        upstream.insert(UPSTREAM_REQUEST_ID, id);
    }
    upstream
}

/// Who answered, and after how many tries.
pub(crate) fn add_route(headers: &mut HeaderMap, ticket: &Open, model: &str, target: Option<&Target>) {
    let mut lines = Lines::default();
    lines.add(MODEL, model);
    if let Some(target) = target {
        lines.add(PROVIDER, &target.provider.name);
        // A path of a provider may name none.
        if !target.model.is_empty() {
            lines.add(UPSTREAM_MODEL, &target.model);
        }
    }
    if !ticket.record.cache.is_empty() {
        lines.add(CACHE, &ticket.record.cache);
    }
    if let Some(hit) = &ticket.hit {
        lines.add_number(header::AGE, u64::try_from(hit.age_us / 1_000_000).unwrap_or(0));
        lines.add(CACHE_KEY, &hit.key.to_string());
        if let Some(similarity) = hit.similarity {
            lines.add(CACHE_SIMILARITY, &format!("{similarity:.3}"));
        }
    }
    if let Some(view) = ticket.limits_view() {
        limits(&mut lines, &view);
    }
    if let Some(found) = ticket.guarded.as_ref().and_then(|guarded| guarded.header()) {
        lines.add(GUARDRAILS, &found);
    }
    if ticket.waited_us > 0 {
        lines.add_number(QUEUE_MS, ticket.waited_us.div_ceil(1000));
    }
    add_failed(&mut lines, ticket);
    lines.put(headers);
    add_request_id(headers, ticket);
}

pub(crate) fn add_request_id(headers: &mut HeaderMap, ticket: &Open) {
    add_id(headers, ticket.record.id, ticket.record.format);
}

/// Our id of the request, also where the format's SDKs look for one, unless an upstream's stands there.
pub(crate) fn add_id(headers: &mut HeaderMap, id: RequestId, format: WireFormat) {
    let Ok(value) = HeaderValue::from_bytes(&id.encode()) else { return };
    let own = match format {
        WireFormat::AnthropicMessages => Some(HeaderName::from_static("request-id")),
        WireFormat::BedrockConverse => Some(HeaderName::from_static("x-amzn-requestid")),
        _ => None,
    };
    if let Some(name) = own {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    headers.insert(REQUEST_ID, value);
}

/// How many tries there were.
pub(crate) fn add_attempts(headers: &mut HeaderMap, attempts: usize) {
    headers.insert(ATTEMPTS, HeaderValue::from(attempts));
}

/// Why tries failed, in their order, where any did: `azure-east=429, openai=timeout`.
fn add_failed(lines: &mut Lines, ticket: &Open) {
    let failed = || ticket.record.attempts.iter().filter(|attempt| !attempt.reason.is_empty());
    if failed().next().is_none() {
        return;
    }
    let list: Vec<String> =
        failed().map(|attempt| format!("{}={}", attempt.provider, attempt.reason)).collect();
    lines.add(FAILED_ATTEMPTS, &list.join(", "));
}

/// What the call cost.
pub(crate) fn add_cost(headers: &mut HeaderMap, cost: NanoUsd) {
    put(headers, COST, &cost.to_string());
}

/// What guardrails found, of a refused call.
pub(crate) fn add_guardrails(headers: &mut HeaderMap, found: &str) {
    put(headers, GUARDRAILS, found);
}

/// What it would have cost, had the answer not been in the cache.
pub(crate) fn add_saved(headers: &mut HeaderMap, saved: Option<NanoUsd>) {
    if let Some(saved) = saved {
        put(headers, SAVED, &saved.to_string());
    }
}

/// How many inputs' vectors were in the cache, beside those that were asked for.
pub(crate) fn add_reused(headers: &mut HeaderMap, inputs: usize) {
    if inputs > 0 {
        put(headers, REUSED, &inputs.to_string());
    }
}

/// How the answers of an ensemble became one.
pub(crate) fn add_ensemble(headers: &mut HeaderMap, text: &str) {
    put(headers, ENSEMBLE, text);
}

/// The count of tokens is the gateway's estimate.
pub(crate) fn mark_estimate(headers: &mut HeaderMap) {
    headers.insert(TOKEN_COUNT, HeaderValue::from_static("estimated"));
}

/// Tokens that Bedrock states beside answers of the models' own formats.
pub(crate) fn stated_usage(headers: &HeaderMap) -> Option<Usage> {
    let stated = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let input_tokens = stated("x-amzn-bedrock-input-token-count")?;
    let output_tokens = stated("x-amzn-bedrock-output-token-count").unwrap_or(0);
    Some(Usage { input_tokens, output_tokens, ..Usage::default() })
}

/// Which parameters had to be left out for the target, and which were lowered to what it takes.
pub(crate) fn add_changes(headers: &mut HeaderMap, sent: &Sent) {
    for (name, list) in [(DROPPED, &sent.dropped), (CLAMPED, &sent.clamped)] {
        if !list.is_empty() {
            put(headers, name, &list.join(", "));
        }
    }
}

/// The standard limit headers; they replace an upstream's.
pub(crate) fn add_limits(headers: &mut HeaderMap, view: &LimitsView) {
    let mut lines = Lines::default();
    limits(&mut lines, view);
    lines.put(headers);
}

fn limits(lines: &mut Lines, view: &LimitsView) {
    const REQUESTS: [HeaderName; 3] = [
        HeaderName::from_static("x-ratelimit-limit-requests"),
        HeaderName::from_static("x-ratelimit-remaining-requests"),
        HeaderName::from_static("x-ratelimit-reset-requests"),
    ];
    const TOKENS: [HeaderName; 3] = [
        HeaderName::from_static("x-ratelimit-limit-tokens"),
        HeaderName::from_static("x-ratelimit-remaining-tokens"),
        HeaderName::from_static("x-ratelimit-reset-tokens"),
    ];
    for (names, remaining) in [(REQUESTS, &view.requests), (TOKENS, &view.tokens)] {
        if let Some(Remaining { limit, remaining, reset_us }) = remaining {
            let [limit_name, remaining_name, reset_name] = names;
            lines.add_number(limit_name, *limit);
            lines.add_number(remaining_name, *remaining);
            lines.add_seconds(reset_name, *reset_us);
        }
    }
}

/// Sets a header unless its text cannot stand in one (a model name with a line break, say).
fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests;
