//! Events to a stream for a caller.

use super::{context, events_of, frames, stream_of};
use crate::anthropic::stream::Writer;
use crate::codec::WireError;
use gw_model::event::{Event, FinishReason};
use gw_model::usage::Usage;
use serde_json::Value;

fn start() -> Event {
    Event::Start { id: "chatcmpl-1".to_owned(), model: "gpt".to_owned(), created: Some(1) }
}

fn text(block: u32, text: &str) -> Event {
    Event::Text { choice: 0, block, text: text.to_owned() }
}

fn tool(block: u32, id: &str) -> Event {
    Event::ToolStart { choice: 0, block, id: id.to_owned(), name: format!("f{block}") }
}

fn arguments(block: u32, json: &str) -> Event {
    Event::ToolArguments { choice: 0, block, json: json.to_owned() }
}

fn finish(reason: FinishReason) -> Event {
    Event::Finish { choice: 0, reason }
}

/// Types, indices and pieces of a stream, for comparing its order.
fn outline(stream: &str) -> Vec<String> {
    let data: Vec<Value> =
        frames(stream.as_bytes()).iter().map(|data| serde_json::from_slice(data).unwrap()).collect();
    data.iter()
        .map(|frame| match frame["type"].as_str().unwrap() {
            "content_block_start" => format!("start {} {}", frame["index"], frame["content_block"]["type"]),
            "content_block_delta" => {
                let delta = &frame["delta"];
                let piece =
                    ["text", "thinking", "partial_json", "signature"].iter().find_map(|m| delta.get(m));
                format!("delta {} {}", frame["index"], piece.unwrap())
            }
            "content_block_stop" => format!("stop {}", frame["index"]),
            "message_delta" => format!("end {}", frame["delta"]["stop_reason"]),
            other => other.to_owned(),
        })
        .collect()
}

#[test]
fn writes_blocks_one_after_another() {
    let usage = Usage { input_tokens: 30, output_tokens: 7, cached_tokens: 10, ..Usage::default() };
    let events = [
        start(),
        Event::Thinking { choice: 0, block: 0, text: "hm".to_owned() },
        text(1, ""),
        text(1, "a"),
        text(1, "b"),
        tool(2, "call:1"),
        arguments(2, "{}"),
        finish(FinishReason::ToolCalls),
        Event::Usage(usage),
        Event::End,
    ];
    let stream = stream_of(&events);
    assert_eq!(
        outline(&stream),
        [
            "message_start",
            "start 0 \"thinking\"",
            "delta 0 \"hm\"",
            "stop 0",
            "start 1 \"text\"",
            "delta 1 \"a\"",
            "delta 1 \"b\"",
            "stop 1",
            "start 2 \"tool_use\"",
            "delta 2 \"{}\"",
            "stop 2",
            "end \"tool_use\"",
            "message_stop",
        ]
    );
    assert!(stream.starts_with(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"chatcmpl-1\","
    ));
    assert!(stream.contains("\"id\":\"gw_call_3a1\""));
    assert!(stream.contains(r#""usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":10,"output_tokens":7}"#));
}

#[test]
fn interleaved_calls_wait_for_their_turn() {
    let events = [
        start(),
        tool(0, "a"),
        tool(1, "b"),
        arguments(0, "{\"x\":\"}"),
        arguments(1, "{\"y\""),
        tool(2, "c"),
        arguments(0, "\"}"),
        arguments(2, "{"),
        arguments(1, ":1}"),
        text(3, "after"),
        arguments(2, "}"),
        finish(FinishReason::ToolCalls),
        Event::End,
    ];
    let expected = [
        "message_start",
        "start 0 \"tool_use\"",
        "delta 0 \"{\\\"x\\\":\\\"}\"",
        "delta 0 \"\\\"}\"",
        "stop 0",
        "start 1 \"tool_use\"",
        "delta 1 \"{\\\"y\\\"\"",
        "delta 1 \":1}\"",
        "stop 1",
        "start 2 \"tool_use\"",
        "delta 2 \"{\"",
        "delta 2 \"}\"",
        "stop 2",
        "start 3 \"text\"",
        "delta 3 \"after\"",
        "stop 3",
        "end \"tool_use\"",
        "message_stop",
    ];
    let stream = stream_of(&events);
    assert_eq!(outline(&stream), expected);
    let ids: Vec<String> = events_of(stream.as_bytes())
        .into_iter()
        .filter_map(|event| match event {
            Event::ToolStart { id, .. } => Some(id),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn calls_without_arguments_get_an_object() {
    let stream = stream_of(&[start(), tool(0, ""), tool(1, ""), finish(FinishReason::Stop), Event::End]);
    assert_eq!(
        outline(&stream),
        [
            "message_start",
            "start 0 \"tool_use\"",
            "delta 0 \"{}\"",
            "stop 0",
            "start 1 \"tool_use\"",
            "delta 1 \"{}\"",
            "stop 1",
            "end \"tool_use\"",
            "message_stop"
        ]
    );
    // Ids are made up, different ones, and the same ones each time.
    assert!(stream.contains("toolu_chatcmpl-1_0") && stream.contains("toolu_chatcmpl-1_1"));
}

#[test]
fn an_answer_without_content_is_complete() {
    assert_eq!(outline(&stream_of(&[Event::End])), ["message_start", "end \"end_turn\"", "message_stop"]);
    assert!(stream_of(&[Event::End]).contains("msg_fallback"));
}

#[test]
fn an_error_is_the_last_event() {
    let error = Event::Error { kind: "server_error".to_owned(), message: "bad \"day\"".to_owned() };
    let stream = stream_of(&[start(), text(0, "a"), error, text(0, "b"), Event::End]);
    assert!(stream.ends_with(
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"bad \\\"day\\\"\",\"code\":\"upstream_error\"}}\n\n"
    ));
}

#[test]
fn what_waits_is_bounded() {
    let mut writer = Writer::new(context());
    let mut out = Vec::new();
    writer.event(&tool(0, "a"), &mut out).unwrap();
    let piece = arguments(1, &"x".repeat(1 << 20));
    let refused = (0..10).find_map(|_| writer.event(&piece, &mut out).err());
    assert!(matches!(refused, Some(WireError::TooLarge { .. })));
}

#[test]
fn stop_reasons_follow_the_content() {
    let reason = |events: &[Event]| {
        outline(&stream_of(events)).into_iter().find(|line| line.starts_with("end")).unwrap()
    };
    assert_eq!(reason(&[tool(0, "a"), finish(FinishReason::Stop), Event::End]), "end \"tool_use\"");
    assert_eq!(reason(&[tool(0, "a"), finish(FinishReason::Length), Event::End]), "end \"max_tokens\"");
    assert_eq!(reason(&[text(0, "a"), finish(FinishReason::ContentFilter), Event::End]), "end \"refusal\"");
    let refusal = Event::Refusal { choice: 0, block: 0, text: "no".to_owned() };
    assert_eq!(reason(&[refusal, finish(FinishReason::Stop), Event::End]), "end \"refusal\"");
    let stopped = stream_of(&[finish(FinishReason::StopSequence(Some("X".to_owned()))), Event::End]);
    assert!(stopped.contains(r#""stop_reason":"stop_sequence","stop_sequence":"X""#));
}
