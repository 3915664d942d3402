//! Whole answers, read and written.

use super::context;
use crate::anthropic::ids;
use crate::anthropic::response::{read, write};
use crate::usage::from_whole;
use gw_model::event::{Event, FinishReason};
use gw_model::{Usage, WireFormat};
use serde_json::{Value, json};

const ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[
    {"type":"thinking","thinking":"hm","signature":"s"},
    {"type":"redacted_thinking","data":"d"},
    {"type":"text","text":"Hi"},
    {"type":"server_tool_use","id":"srv","name":"web_search","input":{"q":1}},
    {"type":"tool_use","id":"toolu_1","name":"f","input":{"b": 1, "a": 2.0}}],
    "stop_reason":"tool_use","stop_sequence":null,
    "usage":{"input_tokens":4,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens":9,
        "output_tokens_details":{"thinking_tokens":5},"service_tier":"priority"}}"#;

#[test]
fn a_read_answer_is_written_back() {
    let events = read(ANSWER.as_bytes()).unwrap();
    let written: Value = serde_json::from_slice(&write(&events, &context())).unwrap();
    let expected = json!({"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[
        {"type":"thinking","thinking":"hm","signature":"s"},
        {"type":"redacted_thinking","data":"d"},
        {"type":"text","text":"Hi"},
        {"type":"tool_use","id":"toolu_1","name":"f","input":{"b":1,"a":2.0}}],
        "stop_reason":"tool_use","stop_sequence":null,
        "usage":{"input_tokens":4,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,
            "cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":0},
            "output_tokens":9,"output_tokens_details":{"thinking_tokens":5},"service_tier":"priority"}});
    assert_eq!(written, expected);
    assert!(events.iter().any(|event| matches!(event, Event::Opaque { .. })));
}

#[test]
fn usage_is_what_the_meter_reads() {
    let events = read(ANSWER.as_bytes()).unwrap();
    let usage = events.iter().find_map(|event| match event {
        Event::Usage(usage) => Some(*usage),
        _ => None,
    });
    assert_eq!(usage, from_whole(WireFormat::AnthropicMessages, ANSWER.as_bytes()));
}

#[test]
fn arguments_are_always_an_object() {
    let written = |json: &str| -> Value {
        let events = [
            Event::ToolStart { choice: 0, block: 0, id: "a".to_owned(), name: "f".to_owned() },
            Event::ToolArguments { choice: 0, block: 0, json: json.to_owned() },
            Event::End,
        ];
        let body: Value = serde_json::from_slice(&write(&events, &context())).unwrap();
        body["content"][0]["input"].clone()
    };
    assert_eq!(written(""), json!({}));
    assert_eq!(written(" {\"a\":1}\n"), json!({"a":1}));
    assert_eq!(written("{\"a\":"), json!({"INVALID_JSON":"{\"a\":"}));
    assert_eq!(written("\"x\""), json!({"INVALID_JSON":"\"x\""}));
}

#[test]
fn only_the_first_choice_has_a_place() {
    let events = [
        Event::Text { choice: 1, block: 0, text: "other".to_owned() },
        Event::Text { choice: 0, block: 0, text: "this".to_owned() },
        Event::Finish { choice: 1, reason: FinishReason::Length },
        Event::Finish { choice: 0, reason: FinishReason::StopSequence(Some("x".to_owned())) },
        Event::End,
    ];
    let body: Value = serde_json::from_slice(&write(&events, &context())).unwrap();
    assert_eq!(body["content"], json!([{"type":"text","text":"this"}]));
    assert_eq!((&body["stop_reason"], &body["stop_sequence"]), (&json!("stop_sequence"), &json!("x")));
    assert_eq!((&body["id"], &body["model"]), (&json!("msg_fallback"), &json!("fallback-model")));
}

#[test]
fn refuses_what_is_no_message() {
    assert!(read(b"").is_err());
    assert!(read(br#"{"type":"error"}"#).is_err());
    assert!(read(br#"{"content":[{"no":"type"}]}"#).is_err());
}

#[test]
fn ids_survive_both_ways() {
    let strange =
        ["call_abc", "functions.get_weather:0", "gw_x", "gw_", "a b", "ünï", "call|fc_1", "", "_", "a__b-c"];
    for id in strange {
        let encoded = ids::encode(id);
        assert!(
            !encoded.is_empty()
                && encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        );
        assert_eq!(ids::decode(&encoded), id);
    }
    assert_eq!(ids::encode("toolu_01-x"), "toolu_01-x");
    for foreign in ["gw_%", "gw_a_zz", "gw_abc_", "gw_a_41"] {
        assert_eq!(ids::decode(foreign), foreign);
    }
}

#[test]
fn parts_of_the_input_add_up_to_it() {
    let usage = |input_tokens, cached_tokens, cache_write_tokens| {
        let usage = Usage { input_tokens, cached_tokens, cache_write_tokens, ..Usage::default() };
        let written: Value = serde_json::from_slice(&write(&[Event::Usage(usage)], &context())).unwrap();
        let part = |name: &str| written["usage"][name].as_u64().unwrap();
        [part("input_tokens"), part("cache_read_input_tokens"), part("cache_creation_input_tokens")]
    };
    assert_eq!(usage(10, 4, 3), [3, 4, 3]);
    // More is said to be cached than there is.
    assert_eq!(usage(7, 163, 0), [0, 7, 0]);
    // The same tokens are counted as read and as written.
    assert_eq!(usage(2168, 2161, 2161), [0, 2161, 7]);
}
