//! Whole answers read and written.

use super::{context, json};
use crate::cohere_chat::response::{read, write};
use gw_model::Usage;
use gw_model::event::{Event, FinishReason};
use serde_json::{Value, json};

fn events(body: &Value) -> Vec<Event> {
    read(body.to_string().as_bytes()).unwrap()
}

fn answer() -> Value {
    json!({"id":"a1","message":{"role":"assistant","tool_plan":"Let me look.","content":[
            {"type":"thinking","thinking":"hm"},{"type":"text","text":"Ruby"}],
        "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
            {"id":"c2","type":"function","function":{"name":"g","arguments":"null"}}],
        "citations":[{"start":0,"end":4,"text":"Ruby","sources":[{"type":"document","id":"d"}],
            "type":"TEXT_CONTENT","content_index":1}]},
      "finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5.0,"output_tokens":6.0},
        "tokens":{"input_tokens":34.0,"output_tokens":56.0,"reasoning_tokens":7,"image_tokens":259},
        "cached_tokens":16}})
}

#[test]
fn every_part_becomes_an_event() {
    let found = events(&answer());
    let thinking = |block, text: &str| Event::Thinking { choice: 0, block, text: text.to_owned() };
    assert_eq!(found[0], Event::Start { id: "a1".to_owned(), model: String::new(), created: None });
    assert_eq!((&found[1], &found[3]), (&thinking(0, "Let me look."), &thinking(1, "hm")));
    assert_eq!(found[5], Event::Text { choice: 0, block: 2, text: "Ruby".to_owned() });
    assert!(
        matches!(&found[6], Event::Citation { block: 2, citation, .. } if citation.range == Some((0, 4)))
    );
    let arguments: Vec<&str> = found
        .iter()
        .filter_map(|event| match event {
            Event::ToolArguments { json, .. } => Some(json.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, ["{\"x\":1}", "{}"]);
    let usage = Usage {
        input_tokens: 293,
        output_tokens: 56,
        cached_tokens: 16,
        reasoning_tokens: 7,
        ..Usage::default()
    };
    assert!(found.contains(&Event::Usage(usage)));
    assert!(found.contains(&Event::Finish { choice: 0, reason: FinishReason::ToolCalls }));
    assert_eq!(found.last(), Some(&Event::End));
}

#[test]
fn what_is_read_is_written_again() {
    let written = json(&write(&events(&answer()), &context()));
    assert_eq!(
        written,
        json!({"id":"a1","message":{"role":"assistant","content":[
                {"type":"thinking","thinking":"Let me look."},{"type":"thinking","thinking":"hm"},
                {"type":"text","text":"Ruby"}],
            "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
                {"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}],
            "citations":[{"start":0,"end":4,"text":"Ruby","sources":[{"type":"document","id":"d","document":{"title":"d"}}],
                "type":"TEXT_CONTENT","content_index":2}]},
          "finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":293,"output_tokens":56},
            "tokens":{"input_tokens":293,"output_tokens":56,"reasoning_tokens":7},"cached_tokens":16}})
    );
}

#[test]
fn usage_is_what_was_processed_and_what_is_charged() {
    let usage = serde_json::from_value::<crate::cohere_chat::usage::WireUsage>(answer()["usage"].clone());
    let billed = usage.unwrap().billed().unwrap();
    assert_eq!((billed.input_tokens, billed.output_tokens), (5, 6));
    let charged = json!({"billed_units":{"input_tokens":3,"output_tokens":4},"tokens":null});
    let usage = serde_json::from_value::<crate::cohere_chat::usage::WireUsage>(charged).unwrap();
    assert_eq!(usage.usage().map(|usage| usage.total_tokens()), Some(7));
    assert!(crate::cohere_chat::usage::WireUsage::default().usage().is_none());
}

#[test]
fn reasons_have_their_names() {
    let with = |reason: &str| {
        let found = events(&json!({"id":"","message":{"role":"assistant"},"finish_reason":reason}));
        json(&write(&found, &context()))["finish_reason"].as_str().unwrap().to_owned()
    };
    for reason in ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR_TOXIC"] {
        assert_eq!(with(reason), reason);
    }
    assert_eq!((with("ERROR_LIMIT").as_str(), with("NEW").as_str()), ("MAX_TOKENS", "COMPLETE"));
    let called = [Event::ToolStart { choice: 0, block: 3, id: String::new(), name: "f".to_owned() }];
    let written = json(&write(&called, &context()));
    assert_eq!(written["finish_reason"], "TOOL_CALL");
    assert_eq!(
        written["message"],
        json!({"role":"assistant","tool_calls":[
            {"id":"call_req_1_3","type":"function","function":{"name":"f","arguments":"{}"}}]})
    );
}

#[test]
fn an_empty_answer_has_one_empty_block() {
    let written = json(&write(&[Event::End], &context()));
    assert_eq!(written["message"]["content"], json!([{"type":"text","text":""}]));
    assert_eq!(written["id"], "req_1");
}

#[test]
fn another_formats_opaque_block_is_left_out() {
    let json_of = r#"{"type":"server_tool_use","id":"x"}"#;
    let written = write(&[Event::Opaque { choice: 0, block: 0, json: json_of.into() }], &context());
    assert!(json(&written)["message"].get("citations").is_none());
}

#[test]
fn failures_and_nonsense_are_no_answers() {
    for reason in ["ERROR", "TIMEOUT"] {
        let body = json!({"id":"","message":{"role":"assistant"},"finish_reason":reason});
        assert!(read(body.to_string().as_bytes()).is_err());
    }
    for body in ["", "[]", "{}", r#"{"message":"no"}"#, r#"{"message":{"content":"text"}}"#] {
        assert!(read(body.as_bytes()).is_err(), "{body}");
    }
}
