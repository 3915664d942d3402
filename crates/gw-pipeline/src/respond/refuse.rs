//! Refusals of the gateway itself, in the caller's wire format. The one place where a [`Refusal`] becomes a
//! response.

use super::{headers, soft};
use crate::reply::{Reply, ReplyBody};
use crate::ticket::{Rejected, Ticket};
use gw_model::{ErrorCode, Outcome, Refusal, RequestId, WireFormat};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Ends a refused call and tells the caller.
pub(crate) fn refused(rejected: Rejected, format: WireFormat) -> Reply {
    let Rejected { ticket, refusal } = rejected;
    let id = ticket.record.id;
    let soft = soft::reply(&ticket, &refusal);
    let mut reply = soft.unwrap_or_else(|| refusal_reply(format, &refusal, Some(id)));
    if let Some(found) = ticket.guarded.as_ref().and_then(|guarded| guarded.header()) {
        headers::add_guardrails(reply.headers_mut(), &found);
    }
    if let Some(view) = ticket.limits_view() {
        headers::add_limits(reply.headers_mut(), &view);
    }
    end(ticket, refusal.code, &reply);
    reply
}

/// Ends a refused call with what the caller gets.
pub(super) fn end(mut ticket: Ticket, code: ErrorCode, reply: &Reply) {
    code.as_str().clone_into(&mut ticket.record.error_code);
    ticket.finish(Outcome::Refused, reply.status().as_u16());
}

/// A refusal as a response, for whoever refuses before a call exists.
#[must_use]
pub fn refusal_reply(format: WireFormat, refusal: &Refusal, request_id: Option<RequestId>) -> Reply {
    let mut reply = Reply::new(ReplyBody::whole(gw_wire::errors::body(format, refusal)));
    *reply.status_mut() =
        http::StatusCode::from_u16(refusal.code.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let map = reply.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    add_code(map, refusal);
    headers::add_error_type(map, gw_wire::errors::headers(format, refusal.code));
    if let Some(id) = request_id {
        headers::add_id(map, id, format);
    }
    reply
}

/// The machine code, and whether and when to try again, also in the headers that OpenAI's and Anthropic's SDKs
/// ask first.
pub(crate) fn add_code(map: &mut HeaderMap, refusal: &Refusal) {
    map.insert(headers::ERROR, HeaderValue::from_static(refusal.code.as_str()));
    let seconds = match (refusal.retry_after_seconds, refusal.code.status()) {
        (Some(seconds), _) => Some(seconds),
        (None, 429 | 503) => Some(1),
        (None, _) => None,
    };
    if let Some(seconds) = seconds {
        map.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        map.insert(RETRY_AFTER_MS, HeaderValue::from(u64::from(seconds) * 1000));
    }
    if refusal.is_final || refusal.code == ErrorCode::NotImplemented {
        map.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
}
