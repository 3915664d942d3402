//! Whole answers, both ways.

use super::{arguments, context, end_of, start, text, tool};
use crate::bedrock_converse::response::{read, write};
use crate::bedrock_converse::{stop, usage};
use gw_model::event::{Event, FinishReason};
use gw_model::price::ServiceTier;
use gw_model::usage::Usage;
use serde_json::{Value, json};

fn written(events: &[Event]) -> Value {
    serde_json::from_slice(&write(events, &context())).unwrap()
}

const ANSWER: &str = r#"{"metrics":{"latencyMs":5},"output":{"message":{"role":"assistant","content":[
    {"reasoningContent":{"reasoningText":{"text":"why","signature":"sig"}}},
    {"reasoningContent":{"redactedContent":"aGlkZGVu"}},
    {"type":"text","text":"Hi"},
    {"toolUse":{"toolUseId":"gw_a_2eb","name":"f","input":{"a":1}}},
    {"toolUse":{"toolUseId":"s","name":"nova_grounding","input":{},"type":"server_tool_use"}},
    {"citationsContent":{"content":[{"text":"cited"}],"citations":[]}}]}},
    "stopReason":"tool_use","serviceTier":{"type":"priority"},
    "usage":{"inputTokens":3,"outputTokens":5,"totalTokens":38,"cacheReadInputTokens":10,"cacheWriteInputTokens":20,
        "cacheDetails":[{"ttl":"5m","inputTokens":15},{"ttl":"1h","inputTokens":5}]}}"#;

fn consumed() -> Usage {
    Usage {
        input_tokens: 33,
        output_tokens: 5,
        cached_tokens: 10,
        cache_write_tokens: 15,
        cache_write_1h_tokens: 5,
        service_tier: Some(ServiceTier::Priority),
        ..Usage::default()
    }
}

#[test]
fn reads_an_answer() {
    let mut events = read(ANSWER.as_bytes()).unwrap();
    let opaque = events.iter().position(|event| matches!(event, Event::Opaque { block: 4, .. }));
    events.remove(opaque.unwrap());
    assert_eq!(
        events,
        [
            start(),
            Event::Thinking { choice: 0, block: 0, text: "why".to_owned() },
            Event::ThinkingSignature { choice: 0, block: 0, signature: "sig".to_owned() },
            end_of(0),
            Event::RedactedThinking { choice: 0, block: 1, data: "hidden".to_owned() },
            end_of(1),
            text(2, "Hi"),
            end_of(2),
            tool(3, "a.b", "f"),
            arguments(3, r#"{"a":1}"#),
            end_of(3),
            text(5, "cited"),
            end_of(5),
            Event::Usage(consumed()),
            Event::Finish { choice: 0, reason: FinishReason::ToolCalls },
            Event::End,
        ]
    );
    assert_eq!(usage::of_whole(ANSWER.as_bytes()), Some(consumed()));
    assert_eq!(usage::of_whole(b"{}"), None);
    assert_eq!(usage::of_whole(b"["), None);
}

#[test]
fn what_is_read_is_written() {
    let events = read(ANSWER.as_bytes()).unwrap();
    let again = written(&events);
    assert_eq!(
        again,
        json!({
            "output": {"message": {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "why", "signature": "sig"}}},
                {"reasoningContent": {"redactedContent": "aGlkZGVu"}},
                {"text": "Hi"},
                {"toolUse": {"toolUseId": "gw_a_2eb", "name": "f", "input": {"a": 1}}},
                {"text": "cited"}
            ]}},
            "stopReason": "tool_use",
            "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 38, "cacheReadInputTokens": 10,
                "cacheWriteInputTokens": 20,
                "cacheDetails": [{"ttl": "5m", "inputTokens": 15}, {"ttl": "1h", "inputTokens": 5}]},
            "metrics": {"latencyMs": 0},
            "serviceTier": {"type": "priority"}
        })
    );
}

#[test]
fn pieces_are_joined_and_ids_invented() {
    let refusal = Event::Refusal { choice: 0, block: 7, text: "no".to_owned() };
    let other_choice = Event::Text { choice: 1, block: 0, text: "other".to_owned() };
    let answer = written(&[
        text(0, "a"),
        text(1, ""),
        text(0, "b"),
        tool(3, "", "f"),
        arguments(3, "oops"),
        refusal,
        other_choice,
    ]);
    assert_eq!(
        answer["output"]["message"]["content"],
        json!([
            {"text": "ab"},
            {"toolUse": {"toolUseId": "tooluse_gw_fallback_3", "name": "f", "input": {"INVALID_JSON": "oops"}}},
            {"text": "no"}
        ])
    );
    assert_eq!(answer["stopReason"], "tool_use");
    let empty = written(&[]);
    assert_eq!(empty["stopReason"], "end_turn");
    assert_eq!(empty["usage"]["totalTokens"], 0);
}

#[test]
fn stop_reasons_both_ways() {
    for reason in
        ["end_turn", "tool_use", "max_tokens", "stop_sequence", "content_filtered", "malformed_tool_use"]
    {
        assert_eq!(stop::write(Some(&stop::read(reason, None)), false).0, reason);
    }
    assert_eq!(stop::read("guardrail_intervened", None), FinishReason::ContentFilter);
    assert_eq!(stop::read("model_context_window_exceeded", None), FinishReason::Length);
    assert_eq!(stop::write(Some(&FinishReason::Stop), true).0, "tool_use");
    assert_eq!(stop::write(Some(&FinishReason::Length), true).0, "max_tokens");
    assert_eq!(stop::write(Some(&FinishReason::Other("odd".to_owned())), false).0, "end_turn");
    for added in [r#"{"stop_sequence":"X"}"#, r#"{"delta":{"stop_sequence":"X"}}"#] {
        let body = format!(
            r#"{{"output":{{"message":{{"content":[]}}}},"stopReason":"stop_sequence","additionalModelResponseFields":{added}}}"#
        );
        let events = read(body.as_bytes()).unwrap();
        let reason = FinishReason::StopSequence(Some("X".to_owned()));
        assert!(events.contains(&Event::Finish { choice: 0, reason }), "{added}");
        assert_eq!(written(&events)["additionalModelResponseFields"], json!({"stop_sequence": "X"}));
    }
    for odd in ["\"test\"", "[1]", "null", r#"{"stop_sequence":null}"#, r#"{"stop_sequence":5}"#] {
        let body = format!(
            r#"{{"output":{{"message":{{"content":[]}}}},"stopReason":"end_turn","additionalModelResponseFields":{odd}}}"#
        );
        assert!(read(body.as_bytes()).is_ok(), "{odd}");
    }
}

#[test]
fn what_is_no_answer_is_an_error() {
    for body in
        ["", "{}", r#"{"message":"no"}"#, r#"{"output":{}}"#, r#"{"output":{"message":{"content":[1]}}}"#]
    {
        assert!(read(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn parts_of_the_input_add_up_to_it() {
    let consumed =
        Usage { input_tokens: 7, cached_tokens: 163, cache_write_1h_tokens: 9, ..Usage::default() };
    let usage = &written(&[Event::Usage(consumed)])["usage"];
    let parts = ["inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"];
    assert_eq!(parts.map(|name| usage[name].as_u64()), [Some(0), Some(7), Some(0)]);
}
