//! Tests of the Gemini codec: each direction on its own, both together, and through callers of other formats.

mod counts;
mod errors;
mod reasoning;
mod request_read;
mod request_write;
mod response;
mod round_trip;
mod schema;
mod signatures;
mod stream_read;
mod stream_write;

use crate::codec::{Options, WriteContext};
use gw_model::chat::ChatRequest;
use gw_model::event::Event;
use serde_json::Value;

fn context() -> WriteContext {
    WriteContext {
        fallback_id: "fallback".to_owned(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

/// A request to a model of the third generation.
fn read(body: &Value) -> ChatRequest {
    super::request::read("gemini-3-pro", body.to_string().as_bytes(), false).unwrap()
}

fn written(request: &ChatRequest) -> (Value, Vec<String>) {
    let written = super::request::write(request, &Options::default()).unwrap();
    (serde_json::from_slice(&written.body).unwrap(), written.dropped)
}

/// Events of a stream's frames.
fn events_of(frames: &[Value]) -> Vec<Event> {
    let (mut reader, mut events) = (super::stream::Reader::new(), Vec::new());
    frames.iter().for_each(|frame| reader.frame(frame.to_string().as_bytes(), &mut events).unwrap());
    reader.finish(&mut events).unwrap();
    events
}

/// A frame with parts.
fn frame(parts: &Value, reason: Option<&str>) -> Value {
    let mut candidate = serde_json::json!({"content":{"parts":parts,"role":"model"},"index":0});
    if let Some(reason) = reason {
        candidate["finishReason"] = reason.into();
    }
    serde_json::json!({"candidates":[candidate],"modelVersion":"gemini-x","responseId":"r1"})
}

/// The frames of a written stream.
fn frames_of(stream: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(stream).unwrap();
    let data = text.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap());
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn stream_of(events: &[Event]) -> Vec<u8> {
    let (mut writer, mut out) = (super::stream::Writer::new(context()), Vec::new());
    events.iter().for_each(|event| writer.event(event, &mut out).unwrap());
    out
}
