//! The codec against samples of its own.

mod any_bytes;
mod errors;
mod request_read;
mod request_write;
mod response;
mod stream_read;
mod stream_write;

use crate::codec::WriteContext;
use gw_model::Event;
use serde_json::Value;

fn context() -> WriteContext {
    WriteContext {
        fallback_id: "resp_fallback".to_owned(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

fn start() -> Event {
    Event::Start { id: "resp_1".to_owned(), model: "m".to_owned(), created: Some(7) }
}

fn text(block: u32, text: &str) -> Event {
    Event::Text { choice: 0, block, text: text.to_owned() }
}

fn thinking(block: u32, text: &str) -> Event {
    Event::Thinking { choice: 0, block, text: text.to_owned() }
}

fn call(block: u32, id: &str, name: &str) -> Event {
    Event::ToolStart { choice: 0, block, id: id.to_owned(), name: name.to_owned() }
}

fn arguments(block: u32, json: &str) -> Event {
    Event::ToolArguments { choice: 0, block, json: json.to_owned() }
}

fn end(block: u32) -> Event {
    Event::BlockEnd { choice: 0, block }
}

/// The events of a stream: their names and data.
fn parsed(stream: &[u8]) -> Vec<(String, Value)> {
    let text = std::str::from_utf8(stream).unwrap();
    text.split_terminator("\n\n")
        .map(|event| {
            let (name, data) = event.split_once('\n').unwrap();
            let name = name.strip_prefix("event: ").unwrap().to_owned();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(data["type"], name);
            (name, data)
        })
        .collect()
}
