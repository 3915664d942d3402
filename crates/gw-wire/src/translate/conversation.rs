//! Conversations of one format in the intermediate form, for whoever makes a request or an answer of others of its kind.
//! Serves ensembles. It must not be used where bytes can go on as they are.

use super::request::{self, PathFacts};
use super::stream::StreamTranslator;
use super::whole;
use crate::codec::{Options, WireError, WriteContext, Written};
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
