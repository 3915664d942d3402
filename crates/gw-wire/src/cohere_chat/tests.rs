//! Tests of the Cohere chat codec. What is read here was written by hand after the reference and checked
//! against recorded exchanges.

mod errors;
mod request_read;
mod request_write;
mod response;
mod stream_read;
mod stream_write;

use crate::codec::{Options, WireError, WriteContext};
use gw_model::event::Event;
use serde_json::Value;

/// What a writer needs besides events.
fn context() -> WriteContext {
    WriteContext {
        fallback_id: "req_1".to_owned(),
        fallback_model: "m".to_owned(),
        created: 7,
        include_usage: true,
        ..WriteContext::default()
    }
}

/// Options without wishes.
fn options() -> Options {
    Options::default()
}

/// JSON of bytes.
fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Reads frames given as JSON texts.
fn read_frames(frames: &[&str]) -> Result<Vec<Event>, WireError> {
    let (mut reader, mut events) = (super::stream::Reader::new(), Vec::new());
    for frame in frames {
        reader.frame(frame.as_bytes(), &mut events)?;
    }
    reader.finish(&mut events)?;
    Ok(events)
}

/// Writes events as a stream: each frame's name and data; the mark at the end has no name.
fn write_frames(events: &[Event]) -> Vec<(String, Value)> {
    let (mut writer, mut out) = (super::stream::Writer::new(context()), Vec::new());
    for event in events {
        writer.event(event, &mut out).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    let mut frames = Vec::new();
    for frame in text.split_terminator("\n\n") {
        let name = frame.lines().find_map(|line| line.strip_prefix("event: ")).unwrap_or_default();
        let data = frame.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let data = if data == "[DONE]" { Value::from(data) } else { serde_json::from_str(data).unwrap() };
        frames.push((name.to_owned(), data));
    }
    frames
}
