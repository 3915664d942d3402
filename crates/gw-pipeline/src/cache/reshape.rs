//! Streams made of whole answers, and whole answers made of streams, in the format that they have. Serves the cache stage:
//! whoever asked first decided which of the two is kept. It must not translate between formats.

use super::head::Head;
use super::wish::is_conversation;
use crate::respond::{headers, stream};
use crate::ticket::Open;
use bytes::Bytes;
use gw_model::snapshot::PathSettings;
use gw_model::{Call, WireFormat};
use gw_wire::codec::{WireError, WriteContext};
use gw_wire::translate;
use http::header::{self, HeaderMap, HeaderValue};

/// What an answer states of its own making, where it does not say.
pub(super) struct Made {
    id: String,
    /// Seconds since the epoch.
    at: i64,
}

impl Made {
    /// By that call.
    pub(super) fn of(ticket: &Open) -> Self {
        Self { id: ticket.record.id.to_string(), at: ticket.record.time / 1_000_000 }
    }
}

/// Is the answer of the shape that was asked for, as far as its format has both?
pub(super) fn fits(head: &Head, call: &Call) -> bool {
    let is_stream = headers::is_event_stream(&head.headers());
    is_stream == call.facts.stream || !is_conversation(head.format)
}

/// The whole answer in the other shape, with the headers that it has then.
///
/// # Errors
/// It can not be read.
pub(super) fn reshape(
    head: &Head,
    call: &Call,
    made: &Made,
    settings: &PathSettings,
    body: Bytes,
) -> Result<(HeaderMap, Bytes), WireError> {
    let mut map = head.headers();
    let format = head.format;
    let context = WriteContext {
        fallback_id: made.id.clone(),
        fallback_model: head.target.model.to_string(),
        created: made.at,
        // Hidden again where the caller does not want it.
        include_usage: true,
        request: match format == call.format && format == WireFormat::OpenAiResponses {
            true => call.asked().clone(),
            false => Bytes::new(),
        },
        ..WriteContext::default()
    };
    let (kind, body) = if call.facts.stream {
        let events = translate::answer_events(format, &body)?;
        let kind = match format {
            WireFormat::BedrockConverse => "application/vnd.amazon.eventstream",
            _ => "text/event-stream; charset=utf-8",
        };
        (kind, translate::as_stream(format, events, context)?)
    } else {
        let mut framer = stream::framer(format, &map, settings);
        let events = translate::stream_events(format, &mut framer, body)?;
        ("application/json", translate::as_whole(format, &events, &context)?)
    };
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok((map, body.into()))
}
