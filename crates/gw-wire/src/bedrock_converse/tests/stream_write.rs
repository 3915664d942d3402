//! Events to a stream.

use super::{arguments, context, end_of, events_of, messages, start, stream_of, text, tool};
use crate::WireError;
use crate::bedrock_converse::response;
use crate::bedrock_converse::stream::Writer;
use gw_model::event::{Event, FinishReason};
use gw_model::usage::Usage;
use serde_json::{Value, json};

fn finish(reason: FinishReason) -> Event {
    Event::Finish { choice: 0, reason }
}

fn answer() -> Vec<Event> {
    vec![
        start(),
        Event::Thinking { choice: 0, block: 0, text: "why".to_owned() },
        Event::ThinkingSignature { choice: 0, block: 0, signature: "sig".to_owned() },
        Event::RedactedThinking { choice: 0, block: 1, data: "hidden".to_owned() },
        text(2, "Hi \"you\""),
        text(2, ""),
        tool(3, "a.b", "f"),
        arguments(3, r#"{"a":1}"#),
        tool(4, "c", "none"),
        finish(FinishReason::Stop),
        Event::Usage(Usage { input_tokens: 3, output_tokens: 2, cached_tokens: 1, ..Usage::default() }),
        Event::End,
    ]
}

#[test]
fn writes_what_sdks_expect() {
    let index = |index: u32| json!({ "contentBlockIndex": index });
    let delta = |index: u32, delta: Value| json!({ "contentBlockIndex": index, "delta": delta });
    let expected = [
        ("messageStart", json!({"role": "assistant"})),
        ("contentBlockDelta", delta(0, json!({"reasoningContent": {"text": "why"}}))),
        ("contentBlockDelta", delta(0, json!({"reasoningContent": {"signature": "sig"}}))),
        ("contentBlockStop", index(0)),
        ("contentBlockDelta", delta(1, json!({"reasoningContent": {"redactedContent": "aGlkZGVu"}}))),
        ("contentBlockStop", index(1)),
        ("contentBlockDelta", delta(2, json!({"text": "Hi \"you\""}))),
        ("contentBlockStop", index(2)),
        (
            "contentBlockStart",
            json!({"contentBlockIndex": 3, "start": {"toolUse": {"toolUseId": "gw_a_2eb", "name": "f"}}}),
        ),
        ("contentBlockDelta", delta(3, json!({"toolUse": {"input": "{\"a\":1}"}}))),
        ("contentBlockStop", index(3)),
        (
            "contentBlockStart",
            json!({"contentBlockIndex": 4, "start": {"toolUse": {"toolUseId": "c", "name": "none"}}}),
        ),
        ("contentBlockDelta", delta(4, json!({"toolUse": {"input": "{}"}}))),
        ("contentBlockStop", index(4)),
        ("messageStop", json!({"stopReason": "tool_use"})),
        (
            "metadata",
            json!({"usage": {"inputTokens": 2, "outputTokens": 2, "totalTokens": 5, "cacheReadInputTokens": 1,
                "cacheWriteInputTokens": 0}, "metrics": {"latencyMs": 0}}),
        ),
    ];
    assert_eq!(stream_of(&answer()), expected.map(|(name, payload)| (name.to_owned(), payload)));
}

#[test]
fn headers_are_those_of_the_service() {
    let (mut writer, mut out) = (Writer::new(context()), Vec::new());
    writer.event(&start(), &mut out).unwrap();
    let all = messages(&out);
    let headers: Vec<_> = all[0].headers.iter().map(|(name, _)| (name, all[0].headers.text(name))).collect();
    assert_eq!(
        headers,
        [
            (":event-type", Some("messageStart")),
            (":content-type", Some("application/json")),
            (":message-type", Some("event"))
        ]
    );
}

#[test]
fn what_is_written_reads_back() {
    let (mut writer, mut out) = (Writer::new(context()), Vec::new());
    for event in answer() {
        writer.event(&event, &mut out).unwrap();
    }
    assert!(writer.ended());
    let again = events_of(&out);
    assert_eq!(response::write(&again, &context()), response::write(&answer(), &context()));
}

#[test]
fn blocks_follow_one_another() {
    let events = [
        tool(0, "a", "f"),
        arguments(0, r#"{"x":"#),
        tool(1, "b", "g"),
        arguments(1, "{}"),
        text(2, "late"),
        arguments(0, "1}"),
        end_of(1),
        text(2, "r"),
        end_of(9),
        finish(FinishReason::ToolCalls),
        Event::End,
    ];
    let written = stream_of(&events);
    let indices: Vec<u64> =
        written.iter().filter_map(|(_, payload)| payload["contentBlockIndex"].as_u64()).collect();
    assert!(indices.is_sorted(), "{indices:?}");
    let inputs: String =
        written.iter().filter_map(|(_, payload)| payload["delta"]["toolUse"]["input"].as_str()).collect();
    assert_eq!(inputs, r#"{"x":1}{}"#);
    let texts: String = written.iter().filter_map(|(_, payload)| payload["delta"]["text"].as_str()).collect();
    assert_eq!(texts, "later");
    assert_eq!(written.iter().filter(|(name, _)| name == "contentBlockStop").count(), 3);
}

#[test]
fn what_waits_is_bounded() {
    let (mut writer, mut out) = (Writer::new(context()), Vec::new());
    writer.event(&tool(0, "a", "f"), &mut out).unwrap();
    let piece = text(1, &"x".repeat(1 << 20));
    let outcome: Vec<_> = (0..9).map(|_| writer.event(&piece, &mut out)).collect();
    assert!(matches!(outcome.last(), Some(Err(WireError::TooLarge { .. }))));
}

#[test]
fn errors_become_exceptions_and_end_it() {
    for (kind, expected) in [
        ("rate_limit_error", "throttlingException"),
        ("ThrottlingException", "throttlingException"),
        ("overloaded_error", "serviceUnavailableException"),
        ("invalid_request_error", "validationException"),
        ("internalServerException", "internalServerException"),
        ("", "modelStreamErrorException"),
    ] {
        let error = Event::Error { kind: kind.to_owned(), message: "why".to_owned() };
        let written = stream_of(&[start(), error, text(0, "no more"), Event::End]);
        assert_eq!(written.len(), 2, "{kind}");
        assert_eq!(written[1], (expected.to_owned(), json!({"message": "why"})), "{kind}");
    }
}

#[test]
fn an_answer_without_anything_is_whole() {
    let names: Vec<String> = stream_of(&[Event::End]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["messageStart", "messageStop", "metadata"]);
    let sequence = finish(FinishReason::StopSequence(Some("X".to_owned())));
    let written = stream_of(&[sequence, Event::End]);
    assert_eq!(
        written[1].1,
        json!({"stopReason": "stop_sequence", "additionalModelResponseFields": {"stop_sequence": "X"}})
    );
    // Choices other than the first have no place.
    let other = Event::Text { choice: 1, block: 0, text: "x".to_owned() };
    assert_eq!(stream_of(&[other, Event::Finish { choice: 1, reason: FinishReason::Stop }]), []);
}
