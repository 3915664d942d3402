//! The trace that a caller says its request belongs to, in the headers of W3C Trace Context. What is malformed is as if it were not there:
//! a new trace begins.

use gw_model::trace::{Brought, MAX_BAGGAGE_BYTES, TraceContext, TraceId};
use gw_pipeline::Gateway;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

pub(super) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
static BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// What the caller brings along; `None` where that is nothing, or nobody wants to know.
pub(super) fn brought(gateway: &Gateway, headers: &HeaderMap) -> Option<Box<Brought>> {
    if !gateway.outbox.is_used() {
        return None;
    }
    let baggage = if gateway.outbox.passes_baggage() { baggage(headers) } else { None };
    let context = context(headers);
    (context.is_some() || baggage.is_some()).then(|| Box::new(Brought { context, baggage, is_own: false }))
}

/// The trace that the caller says its request belongs to.
pub(super) fn trace_id(headers: &HeaderMap) -> Option<TraceId> {
    parent(headers).map(|parent| parent.trace)
}

fn parent(headers: &HeaderMap) -> Option<TraceContext> {
    let mut parents = headers.get_all(&TRACEPARENT).iter();
    // Of two, neither can be trusted.
    let parent = parents.next().filter(|_| parents.next().is_none())?;
    TraceContext::parse(parent.to_str().ok()?.trim())
}

fn context(headers: &HeaderMap) -> Option<TraceContext> {
    let context = parent(headers)?;
    Some(context.with_state(texts(headers, &TRACESTATE)))
}

fn baggage(headers: &HeaderMap) -> Option<Box<str>> {
    let whole = texts(headers, &BAGGAGE).collect::<Vec<_>>().join(",");
    (!whole.is_empty() && whole.len() <= MAX_BAGGAGE_BYTES).then(|| whole.into_boxed_str())
}

fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value: &HeaderValue| value.to_str().ok())
}
