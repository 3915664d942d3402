//! Tests of the Converse codec: each direction on its own, and both together.

mod errors;
mod request_read;
mod request_write;
mod response;
mod stream_read;
mod stream_write;

use crate::codec::WriteContext;
use crate::eventstream::{Decoder, HeaderValue, Message, encode};
use bytes::Bytes;
use gw_model::event::Event;
use serde_json::Value;

/// A message of a stream: the value of the header `:KIND-type` and the payload.
pub(super) fn message(kind: &str, name: &str, payload: &str) -> Vec<u8> {
    let type_header = format!(":{kind}-type");
    let headers = [
        (type_header.as_str(), HeaderValue::Text(name)),
        (":content-type", HeaderValue::Text("application/json")),
        (":message-type", HeaderValue::Text(kind)),
    ];
    let mut out = Vec::new();
    encode(&headers, payload.as_bytes(), &mut out).unwrap();
    out
}

/// A stream of events, by type and payload.
pub(super) fn stream(events: &[(&str, &str)]) -> Vec<u8> {
    events.iter().flat_map(|(name, payload)| message("event", name, payload)).collect()
}

pub(super) fn messages(bytes: &[u8]) -> Vec<Message> {
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(Bytes::copy_from_slice(bytes));
    let messages = std::iter::from_fn(|| decoder.next_message()).map(Result::unwrap).collect();
    decoder.finish().unwrap();
    messages
}

/// Events of a stream, its end included.
pub(super) fn events_of(bytes: &[u8]) -> Vec<Event> {
    let mut reader = super::stream::Reader::new();
    let mut events = Vec::new();
    for message in messages(bytes) {
        reader.frame(&message, &mut events).unwrap();
    }
    reader.finish(&mut events).unwrap();
    events
}

/// The stream that events make: type and payload of each message.
pub(super) fn stream_of(events: &[Event]) -> Vec<(String, Value)> {
    let mut writer = super::stream::Writer::new(context());
    let mut out = Vec::new();
    for event in events {
        writer.event(event, &mut out).unwrap();
    }
    let named = |message: &Message| {
        let headers = &message.headers;
        let kind = headers.text(":message-type").unwrap();
        let name = headers.text(&format!(":{kind}-type")).unwrap().to_owned();
        (name, serde_json::from_slice(&message.payload).unwrap())
    };
    messages(&out).iter().map(named).collect()
}

pub(super) fn context() -> WriteContext {
    WriteContext {
        fallback_id: "gw_fallback".to_owned(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

pub(super) fn start() -> Event {
    Event::Start { id: String::new(), model: String::new(), created: None }
}

pub(super) fn text(block: u32, text: &str) -> Event {
    Event::Text { choice: 0, block, text: text.to_owned() }
}

pub(super) fn tool(block: u32, id: &str, name: &str) -> Event {
    Event::ToolStart { choice: 0, block, id: id.to_owned(), name: name.to_owned() }
}

pub(super) fn arguments(block: u32, json: &str) -> Event {
    Event::ToolArguments { choice: 0, block, json: json.to_owned() }
}

pub(super) const fn end_of(block: u32) -> Event {
    Event::BlockEnd { choice: 0, block }
}
