//! Streams written from events.

use super::{context, write_frames};
use crate::codec::WireError;
use crate::cohere_chat::stream::Writer;
use gw_model::Usage;
use gw_model::event::{Citation, Event, FinishReason};
use serde_json::{Value, json};

fn start() -> Event {
    Event::Start { id: "a".to_owned(), model: "m".to_owned(), created: None }
}

fn text(block: u32, text: &str) -> Event {
    Event::Text { choice: 0, block, text: text.to_owned() }
}

fn call(block: u32, id: &str) -> Event {
    Event::ToolStart { choice: 0, block, id: id.to_owned(), name: "f".to_owned() }
}

fn piece(block: u32, json: &str) -> Event {
    Event::ToolArguments { choice: 0, block, json: json.to_owned() }
}

fn finish(reason: FinishReason) -> Event {
    Event::Finish { choice: 0, reason }
}

/// Names and indices of the frames.
fn outline(frames: &[(String, Value)]) -> Vec<String> {
    let name = |(name, data): &(String, Value)| match data.get("index") {
        Some(index) => format!("{name} {index}"),
        None => name.clone(),
    };
    frames.iter().map(name).collect()
}

#[test]
fn an_answer_with_everything() {
    let thinking = Event::Thinking { choice: 0, block: 0, text: "hm".to_owned() };
    let source = Citation { range: Some((0, 1)), title: "d".to_owned(), ..Citation::default() };
    let citation = Event::Citation { choice: 0, block: 1, citation: Box::new(source) };
    let usage = Event::Usage(Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() });
    let frames = write_frames(&[
        start(),
        thinking,
        text(1, "a \"quote\"\n"),
        citation,
        text(1, ""),
        text(1, "b"),
        call(2, "c1"),
        piece(2, "{\"x\":"),
        piece(2, "1}"),
        call(3, ""),
        usage,
        finish(FinishReason::Stop),
        Event::End,
    ]);
    assert_eq!(
        outline(&frames),
        [
            "message-start",
            "content-start 0",
            "content-delta 0",
            "content-end 0",
            "content-start 1",
            "content-delta 1",
            "citation-start 0",
            "citation-end 0",
            "content-delta 1",
            "content-end 1",
            "tool-call-start 0",
            "tool-call-delta 0",
            "tool-call-delta 0",
            "tool-call-end 0",
            "tool-call-start 1",
            "tool-call-delta 1",
            "tool-call-end 1",
            "message-end",
            ""
        ]
    );
    assert_eq!(frames[0].1["id"], "a");
    assert_eq!(frames[1].1["delta"]["message"]["content"], json!({"type":"thinking","thinking":""}));
    assert_eq!(frames[5].1["delta"]["message"]["content"], json!({"text":"a \"quote\"\n"}));
    assert_eq!(
        frames[14].1["delta"]["message"]["tool_calls"],
        json!({"id":"call_a_3","type":"function","function":{"name":"f","arguments":""}})
    );
    assert_eq!(frames[15].1["delta"]["message"]["tool_calls"]["function"]["arguments"], "{}");
    assert_eq!(
        frames[17].1["delta"],
        json!({"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":3,"output_tokens":4},
               "tokens":{"input_tokens":3,"output_tokens":4},"cached_tokens":0}})
    );
    assert_eq!(frames[18].1, "[DONE]");
    assert!(frames[..18].iter().all(|(name, data)| data["type"] == name.as_str()));
}

#[test]
fn interleaved_calls_come_one_after_the_other() {
    let frames = write_frames(&[
        start(),
        call(0, "a"),
        piece(0, "{\"s\":\"}"),
        call(1, "b"),
        piece(1, "{}"),
        text(2, "later"),
        piece(0, "\"}"),
        finish(FinishReason::ToolCalls),
        Event::End,
    ]);
    assert_eq!(
        outline(&frames)[1..10],
        [
            "tool-call-start 0",
            "tool-call-delta 0",
            "tool-call-delta 0",
            "tool-call-end 0",
            "tool-call-start 1",
            "tool-call-delta 1",
            "tool-call-end 1",
            "content-start 0",
            "content-delta 0"
        ]
    );
}

#[test]
fn what_waits_is_bounded() {
    let (mut writer, mut out) = (Writer::new(context()), Vec::new());
    writer.event(&call(0, "a"), &mut out).unwrap();
    let large = text(1, &"x".repeat(1 << 20));
    let fault = (0..16).find_map(|_| writer.event(&large, &mut out).err());
    assert!(matches!(fault, Some(WireError::TooLarge { .. })));
}

#[test]
fn an_error_is_the_last_event() {
    let error = Event::Error { kind: String::new(), message: "gone".to_owned() };
    let frames = write_frames(&[start(), text(0, "x"), error, text(0, "y"), Event::End]);
    assert_eq!(outline(&frames), ["message-start", "content-start 0", "content-delta 0", "message-end"]);
    assert_eq!(frames[3].1["delta"], json!({"error":"gone","code":"upstream_error","finish_reason":"ERROR"}));
}

#[test]
fn without_end_there_is_no_end() {
    let frames = write_frames(&[text(0, "x"), finish(FinishReason::Stop)]);
    assert_eq!(outline(&frames), ["message-start", "content-start 0", "content-delta 0", "content-end 0"]);
    assert_eq!(frames[0].1["id"], "req_1");
    let other = Event::Text { choice: 1, block: 0, text: "second choice".to_owned() };
    assert_eq!(outline(&write_frames(&[other])), Vec::<String>::new());
}
