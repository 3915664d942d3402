//! No target answered: the last failure as a reply, in the caller's wire format.

use super::{guard, headers, refuse};
use crate::attempt::{Failed, Failure};
use crate::guard::blocked;
use crate::reply::{Reply, ReplyBody};
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::{ErrorCode, Outcome, Refusal};
use http::header::{self, HeaderMap, HeaderValue};

/// Ends the call and tells the caller.
pub(crate) fn reply(failed: Failed) -> Reply {
    let Failed { mut ticket, model_name, failure } = failed;
    let caller_format = ticket.record.format;
    let attempts = ticket.record.attempts.len();
    match failure {
        Failure::Refusal { refusal, target } => {
            let mut reply = refuse::refusal_reply(caller_format, &refusal, None);
            headers::add_route(reply.headers_mut(), &ticket, &model_name, target.as_deref());
            headers::add_attempts(reply.headers_mut(), attempts);
            refusal.code.as_str().clone_into(&mut ticket.record.error_code);
            ticket.finish(Outcome::UpstreamError, refusal.code.status());
            reply
        }
        Failure::Passed { status, headers: upstream, body, format, target } => {
            let body = match guarded(&mut ticket, &upstream, body) {
                Ok(body) => body,
                Err(refusal) => {
                    let mut reply = refuse::refusal_reply(caller_format, &refusal, None);
                    headers::add_route(reply.headers_mut(), &ticket, &model_name, Some(&target));
                    headers::add_attempts(reply.headers_mut(), attempts);
                    refusal.code.as_str().clone_into(&mut ticket.record.error_code);
                    ticket.finish(Outcome::Refused, refusal.code.status());
                    return reply;
                }
            };
            let wait_ms = gw_providers::retry_after_ms(&upstream, &body);
            let mut map = headers::passed(upstream);
            // Two faults have codes of their own, since callers act on them whatever the provider.
            let code = match gw_wire::errors::code_of_body(format, status, &body) {
                known @ (ErrorCode::ContextLengthExceeded | ErrorCode::GuardrailBlocked) => known,
                _ => ErrorCode::UpstreamError,
            };
            let body = if format == caller_format {
                body
            } else {
                map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                // The kind of an error in the upstream's words is not the caller's.
                map.remove(headers::AMZN_ERROR_TYPE);
                headers::add_error_type(&mut map, gw_wire::errors::headers_of_status(caller_format, status));
                gw_wire::errors::translate(format, caller_format, status, &body).into()
            };
            map.insert(headers::ERROR, HeaderValue::from_static(code.as_str()));
            whole_retry_after(&mut map, status, wait_ms);
            headers::add_route(&mut map, &ticket, &model_name, Some(&target));
            headers::add_attempts(&mut map, attempts);
            let mut reply = Reply::new(ReplyBody::whole(body));
            *reply.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_GATEWAY);
            *reply.headers_mut() = map;
            code.as_str().clone_into(&mut ticket.record.error_code);
            ticket.finish(Outcome::UpstreamError, status);
            reply
        }
    }
}

/// What guardrails leave of an upstream's words: they may repeat what was sent. Errors: one of them stops it.
fn guarded(ticket: &mut Ticket, upstream: &HeaderMap, body: Bytes) -> Result<Bytes, Refusal> {
    let Some(state) = ticket.guarded.as_mut().filter(|state| state.looks_at_response()) else {
        return Ok(body);
    };
    let is_json = headers::is_json(upstream) || body.trim_ascii_start().first() == Some(&b'{');
    match guard::body(&body, is_json, state) {
        Ok(changed) => Ok(changed.unwrap_or(body)),
        Err(stop) => Err(blocked(&state.chosen, &stop)),
    }
}

/// A 429 always says when to come back, in whole seconds: the upstream's own word, or `wait_ms` rounded up.
fn whole_retry_after(map: &mut HeaderMap, status: u16, wait_ms: Option<u64>) {
    if status != 429 {
        return;
    }
    let stated = map.get(header::RETRY_AFTER).map_or(&b""[..], HeaderValue::as_bytes);
    let is_whole = !stated.is_empty() && stated.iter().all(u8::is_ascii_digit);
    if !is_whole {
        let seconds = wait_ms.unwrap_or(0).div_ceil(1000).max(1);
        map.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

#[cfg(test)]
mod tests;
