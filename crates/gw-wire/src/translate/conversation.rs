//! Conversations of one format in the intermediate form, for whoever makes a request or an answer of others of its kind.
//! Serves ensembles and the cache. It must not be used where bytes can go on as they are.

use super::request::{self, PathFacts};
use super::stream::StreamTranslator;
use super::whole;
use crate::codec::{Options, WireError, WriteContext, Written};
use crate::frames::Framer;
use bytes::Bytes;
use gw_model::WireFormat;
use gw_model::chat::ChatRequest;
use gw_model::event::Event;
use gw_model::refusal::Refusal;

/// Reads a request.
///
/// # Errors
/// 400 `invalid_request` when it is not one of its format, or the format has no conversations.
pub fn read_request(format: WireFormat, body: &[u8], path: PathFacts<'_>) -> Result<ChatRequest, Refusal> {
    request::read(format, format, body, path)
}

/// Writes a request.
///
/// # Errors
/// The format has no conversations, or cannot express what stands in this one.
pub fn write_request(format: WireFormat, chat: &ChatRequest, options: &Options) -> Result<Written, Refusal> {
    request::write(format, format, chat, options)
}

/// Reads a whole answer.
///
/// # Errors
/// It is not one of its format, or the format has no conversations.
pub fn answer_events(format: WireFormat, body: &[u8]) -> Result<Vec<Event>, WireError> {
    whole::read(format, body)
}

/// An answer that is there already as the stream that a caller asked for.
///
/// # Errors
/// The format has no streams of conversations, or a limit is reached.
pub fn as_stream(
    format: WireFormat,
    events: Vec<Event>,
    context: WriteContext,
) -> Result<Vec<u8>, WireError> {
    let mut translator = StreamTranslator::new(format, format, context)?;
    let mut out = Vec::new();
    translator.events_into(events, &mut out)?;
    Ok(out)
}

/// A whole answer of a streamed one. Events behind its end are no part of it.
///
/// # Errors
/// It is no stream of its format, it is not complete, it reports a failure, or the format has no conversations.
pub fn stream_events(format: WireFormat, framer: &mut Framer, body: Bytes) -> Result<Vec<Event>, WireError> {
    let mut translator = StreamTranslator::new(format, format, WriteContext::default())?;
    let mut events = Vec::new();
    framer.push(body);
    while let Some(frame) = framer.next() {
        translator.take_events(&frame?, &mut events)?;
        if let Some(Event::Error { kind, message }) =
            events.iter().find(|event| matches!(event, Event::Error { .. }))
        {
            return Err(WireError::Reported { kind: kind.clone(), message: message.clone() });
        }
        if matches!(events.last(), Some(Event::End)) {
            return Ok(events);
        }
    }
    if let Some(frame) = framer.finish()? {
        translator.take_events(&frame, &mut events)?;
    }
    translator.take_end(&mut events)?;
    if matches!(events.last(), Some(Event::End)) { Ok(events) } else { Err(WireError::Cut) }
}

/// An answer as a whole one.
///
/// # Errors
/// The format has no conversations.
pub fn as_whole(format: WireFormat, events: &[Event], context: &WriteContext) -> Result<Vec<u8>, WireError> {
    whole::write(format, events, context)
}
