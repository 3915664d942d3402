//! Whole answers, read and written.

use super::{context, frame};
use crate::codec::WireError;
use crate::gemini::response;
use gw_model::{Event, FinishReason, Usage};
use serde_json::{Value, json};

fn read(body: &Value) -> Vec<Event> {
    response::read(body.to_string().as_bytes()).unwrap()
}

fn again(events: &[Event]) -> Value {
    serde_json::from_slice(&response::write(events, &context())).unwrap()
}

fn finish(events: &[Event]) -> Option<FinishReason> {
    events.iter().find_map(|event| match event {
        Event::Finish { reason, .. } => Some(reason.clone()),
        _ => None,
    })
}

#[test]
fn an_answer_keeps_its_parts() {
    let parts = json!([
        {"text":"Hm.","thought":true},
        {"text":"Hi"},
        {"executableCode":{"language":"PYTHON","code":"1"},"thoughtSignature":"U0lH"},
        {"functionCall":{"id":"c1","name":"f","args":{"a":[1,2.5]}}}]);
    let body = frame(&parts, Some("STOP"));
    let events = read(&body);
    let choice = 0;
    assert_eq!(events[0], Event::Start { id: "r1".into(), model: "gemini-x".into(), created: None });
    assert!(events.contains(&Event::ToolArguments { choice, block: 3, json: r#"{"a":[1,2.5]}"#.into() }));
    assert_eq!(finish(&events), Some(FinishReason::ToolCalls));
    let written = again(&events);
    assert_eq!(written["candidates"][0]["content"]["parts"], parts);
    assert_eq!(written, body);
}

#[test]
fn reasons_and_back() {
    for (written, reason, back) in [
        ("STOP", FinishReason::Stop, "STOP"),
        ("MAX_TOKENS", FinishReason::Length, "MAX_TOKENS"),
        ("RECITATION", FinishReason::ContentFilter, "SAFETY"),
        ("IMAGE_SAFETY", FinishReason::ContentFilter, "SAFETY"),
        (
            "MALFORMED_FUNCTION_CALL",
            FinishReason::Other("MALFORMED_FUNCTION_CALL".into()),
            "MALFORMED_FUNCTION_CALL",
        ),
        ("BRAND_NEW", FinishReason::Other("BRAND_NEW".into()), "OTHER"),
    ] {
        let events = read(&frame(&json!([{"text":"x"}]), Some(written)));
        assert_eq!(finish(&events), Some(reason));
        assert_eq!(again(&events)["candidates"][0]["finishReason"], back);
    }
}

#[test]
fn a_blocked_prompt_is_a_refusal() {
    let events = read(&json!({"promptFeedback":{"blockReason":"SAFETY","blockReasonMessage":"No."}}));
    assert!(events.contains(&Event::Refusal { choice: 0, block: 0, text: "No.".to_owned() }));
    assert_eq!(finish(&events), Some(FinishReason::ContentFilter));
    assert_eq!(events.last(), Some(&Event::End));
    // A filtered answer without content says why.
    let body = json!({"candidates":[{"content":{},"finishReason":"SAFETY","finishMessage":"Why."}]});
    assert!(read(&body).iter().any(|e| matches!(e, Event::Refusal { text, .. } if text == "Why.")));
}

#[test]
fn usage_means_the_same() {
    let metadata = json!({"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":7,
        "thoughtsTokenCount":20,"toolUsePromptTokenCount":30,"totalTokenCount":157,"serviceTier":"flex",
        "promptTokensDetails":[{"modality":"TEXT","tokenCount":90},{"modality":"AUDIO","tokenCount":10}]});
    let mut body = frame(&json!([{"text":"x"}]), Some("STOP"));
    body["usageMetadata"] = metadata;
    let events = read(&body);
    let expected = Usage {
        input_tokens: 130,
        output_tokens: 27,
        cached_tokens: 40,
        reasoning_tokens: 20,
        audio_input_tokens: 10,
        service_tier: Some(gw_model::ServiceTier::Flex),
        ..Usage::default()
    };
    assert!(events.contains(&Event::Usage(expected)));
    let written = again(&events);
    assert_eq!(written["usageMetadata"]["totalTokenCount"], 157);
    assert_eq!(written["usageMetadata"]["candidatesTokenCount"], 7);
    assert!(read(&written).contains(&Event::Usage(expected)));
    let only_kind = json!({"trafficType":"ON_DEMAND"});
    body["usageMetadata"] = only_kind;
    assert!(!read(&body).iter().any(|event| matches!(event, Event::Usage(_))));
}

#[test]
fn several_candidates_and_none() {
    let body = json!({"responseId":"r","modelVersion":"m","candidates":[
        {"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"},
        {"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"MAX_TOKENS"}]});
    let written = again(&read(&body));
    assert_eq!(written["candidates"][1]["content"]["parts"], json!([{"text":"b"}]));
    assert_eq!(written["candidates"][0]["finishReason"], "MAX_TOKENS");
    let empty = again(&read(&json!({"usageMetadata":{"promptTokenCount":1}})));
    assert_eq!(empty["candidates"][0]["content"]["parts"], json!([{"text":""}]));
    assert_eq!(empty["responseId"], "fallback");
}

#[test]
fn what_is_no_answer_is_an_error() {
    for body in [
        "",
        "[]",
        "[1]",
        "{}",
        "null",
        "{\"candidates\":[1]}",
        "{\"candidates\":[{\"content\":{\"parts\":[1]}}]}",
        "{\"candidates\":",
    ] {
        assert!(response::read(body.as_bytes()).is_err(), "{body}");
    }
    let error = br#"{"error":{"code":429,"message":"no"}}"#;
    assert!(matches!(response::read(error), Err(WireError::Shape { .. })));
    let cut = "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}]";
    assert!(matches!(response::read(cut.as_bytes()), Err(WireError::Cut)));
}

#[test]
fn broken_arguments_and_foreign_blocks() {
    let choice = 0;
    let events = [
        Event::ToolStart { choice, block: 0, id: String::new(), name: "f".to_owned() },
        Event::ToolArguments { choice, block: 0, json: "{\"a\":".to_owned() },
        Event::Opaque {
            choice,
            block: 1,
            json: bytes::Bytes::from_static(b"{\"type\":\"server_tool_use\"}"),
        },
        Event::End,
    ];
    let parts = &again(&events)["candidates"][0]["content"]["parts"];
    assert_eq!(*parts, json!([{"functionCall":{"name":"f","args":{"INVALID_JSON":"{\"a\":"}}}]));
}
