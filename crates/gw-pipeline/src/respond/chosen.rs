//! An answer that was chosen among several, in the caller's format and whole: it goes back as it is, or as the stream that
//! was asked for. What it cost is settled with the calls that made it. It must not choose.

use super::shape::Shape;
use super::{headers, refuse};
use crate::reply::{Reply, ReplyBody};
use crate::ticket::{Settled, Ticket};
use bytes::Bytes;
use gw_model::{Call, ErrorCode, Event, Outcome, Refusal, WireFormat};
use gw_wire::codec::WriteContext;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// What was chosen.
pub(crate) struct Chosen<'a> {
    /// Of the call that made it.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) events: Vec<Event>,
    /// How it was chosen.
    pub(crate) note: &'a str,
}

/// Ends the call with it.
pub(crate) fn reply(mut ticket: Ticket, call: &Call, chosen: Chosen<'_>) -> Reply {
    let Chosen { headers: mut map, body, events, note } = chosen;
    let format = ticket.record.format;
    let body = match call.facts.stream {
        false => body,
        true => match stream(&ticket, call, events, &mut map) {
            Ok(stream) => stream,
            Err(refusal) => {
                let reply = refuse::refusal_reply(format, &refusal, Some(ticket.record.id));
                ticket.refused(refusal.code);
                return reply;
            }
        },
    };
    // The ids of the call that made it are not the request's.
    if format == WireFormat::AnthropicMessages {
        map.remove(HeaderName::from_static("request-id"));
    }
    headers::add_request_id(&mut map, &ticket);
    headers::add_ensemble(&mut map, note);
    if let Some(view) = ticket.limits_view() {
        headers::add_limits(&mut map, &view);
    }
    ticket.note_first_byte();
    let Settled { cost, .. } = ticket.finish(Outcome::Success, StatusCode::OK.as_u16());
    headers::add_cost(&mut map, cost);
    let mut reply = Reply::new(ReplyBody::whole(body));
    *reply.headers_mut() = map;
    reply
}

fn stream(
    ticket: &Ticket,
    call: &Call,
    events: Vec<Event>,
    headers: &mut HeaderMap,
) -> Result<Bytes, Refusal> {
    let shape = Shape::of(call.format, call.facts.json_array);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shape.content_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let context = WriteContext {
        fallback_id: ticket.record.id.to_string(),
        fallback_model: ticket.record.model.clone(),
        created: ticket.record.time / 1_000_000,
        include_usage: call.facts.include_usage,
        request: call.asked().clone(),
        json_array: call.facts.json_array,
        ..WriteContext::default()
    };
    let written = gw_wire::translate::as_stream(call.format, events, context);
    written.map(Bytes::from).map_err(|error| {
        tracing::warn!(request_id = %ticket.record.id, error = error.for_log(), "an answer could not be written as a stream");
        Refusal::new(ErrorCode::Internal, "the answer can not be written as a stream")
    })
}
