//! A refusal as an answer like any other: where a guardrail has words for its callers, they get these in their format,
//! whole or as the stream that they asked for. The record says what it was. Serves refusals. It must not decide who is
//! refused.

use super::headers;
use super::shape::Shape;
use crate::reply::{Reply, ReplyBody};
use crate::ticket::Open;
use bytes::Bytes;
use gw_model::event::{Event, FinishReason};
use gw_model::{Refusal, Usage};
use gw_wire::codec::WriteContext;
use gw_wire::translate::{as_stream, as_whole};
use http::header::{self, HeaderValue};

/// The answer; `None` where the refusal has no words, or the caller's format no answers in words.
pub(super) fn reply(ticket: &Open, refusal: &Refusal) -> Option<Reply> {
    let words = refusal.answer.as_deref()?;
    let format = ticket.record.format;
    let guarded = ticket.guarded.as_ref()?;
    let (choice, block) = (0, 0);
    let events = vec![
        Event::Start { id: String::new(), model: String::new(), created: None },
        Event::Text { choice, block, text: words.to_owned() },
        Event::BlockEnd { choice, block },
        Event::Finish { choice, reason: FinishReason::Stop },
        Event::Usage(Usage::default()),
        Event::End,
    ];
    let context = WriteContext {
        fallback_id: ticket.record.id.to_string(),
        fallback_model: ticket.record.model.clone(),
        created: ticket.record.time / 1_000_000,
        include_usage: guarded.wanted.include_usage,
        json_array: guarded.wanted.json_array,
        request: guarded.original.clone(),
        ..WriteContext::default()
    };
    // A call without a conversation gets the error.
    let (kind, body) = match ticket.record.stream {
        true => {
            let kind = Shape::of(format, guarded.wanted.json_array).content_type();
            (kind, as_stream(format, events, context).ok()?)
        }
        false => ("application/json", as_whole(format, &events, &context).ok()?),
    };
    let mut reply = Reply::new(ReplyBody::whole(Bytes::from(body)));
    let map = reply.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers::add_id(map, ticket.record.id, format);
    Some(reply)
}
