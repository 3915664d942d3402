//! Signatures on their way through callers and upstreams of other formats.

use super::{context, events_of, frame, read, stream_of, written};
use crate::codec::Options;
use crate::gemini::{request, response, signature};
use crate::{anthropic, openai_chat};
use gw_model::Event;
use gw_model::chat::ChatRequest;
use serde_json::{Value, json};

/// An answer that reasons, speaks and calls twice; the first call is signed.
fn answer() -> Vec<u8> {
    let parts = json!([
        {"text":"Hm.","thought":true},
        {"text":"Let me look."},
        {"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"U0lH"},
        {"functionCall":{"name":"f","args":{"a":2}}}]);
    frame(&parts, Some("STOP")).to_string().into_bytes()
}

/// What the model is shown when the answer comes back from a caller of another format.
fn back(mut request: ChatRequest) -> Value {
    request.model = "gemini-3-pro".to_owned();
    written(&request).0["contents"][1]["parts"].clone()
}

#[test]
fn a_signed_call_comes_back_through_anthropic_messages() {
    let events = response::read(&answer()).unwrap();
    let message: Value = serde_json::from_slice(&anthropic::response::write(&events, &context())).unwrap();
    let body = json!({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"go"},
        {"role":"assistant","content":message["content"]}]});
    let parts = back(anthropic::request::read(body.to_string().as_bytes()).unwrap());
    assert_eq!(
        parts,
        json!([{"text":"Hm.","thought":true},{"text":"Let me look."},
            {"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"U0lH"},
            {"functionCall":{"name":"f","args":{"a":2}}}])
    );
}

#[test]
fn a_signed_call_comes_back_through_openai_chat() {
    let events = response::read(&answer()).unwrap();
    let answer: Value = serde_json::from_slice(&openai_chat::response::write(&events, &context())).unwrap();
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    let message = &answer["choices"][0]["message"];
    assert_eq!(message["tool_calls"][0]["id"], "gwcall_r1_0");
    let body = json!({"model":"m","messages":[{"role":"user","content":"go"}, message]});
    let parts = back(openai_chat::request::read(body.to_string().as_bytes()).unwrap());
    let call = parts.as_array().unwrap().iter().find(|part| part.get("functionCall").is_some()).unwrap();
    assert_eq!(*call, json!({"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"U0lH"}));
}

#[test]
fn reasoning_of_others_comes_back_to_them() {
    let message = json!({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[
        {"type":"thinking","thinking":"Hm.","signature":"s1+/="},
        {"type":"redacted_thinking","data":"secret"},
        {"type":"thinking","thinking":"So.","signature":"s2"},
        {"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}});
    let events = anthropic::response::read(message.to_string().as_bytes()).unwrap();
    let whole: Value = serde_json::from_slice(&response::write(&events, &context())).unwrap();
    let whole = whole["candidates"][0]["content"].clone();
    // SDKs decode what stands on parts and encode it again, with the other alphabet.
    let respelled: Value =
        serde_json::from_str(&whole.to_string().replace('+', "-").replace("==", "")).unwrap();
    let streamed: Vec<Value> = super::frames_of(&stream_of(&events))
        .into_iter()
        .map(|frame| frame["candidates"][0]["content"].clone())
        .collect();
    for contents in [vec![whole], vec![respelled], streamed] {
        let mut turns = vec![json!({"parts":[{"text":"hi"}]})];
        turns.extend(contents);
        let request = read(&json!({"contents":turns}));
        let body = anthropic::request::write(&request, &Options::default()).unwrap().body;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["messages"][1]["content"], message["content"]);
        // To this format's own models they say nothing.
        let (own, dropped) = written(&request);
        assert_eq!(
            own["contents"][1]["parts"],
            json!([{"text":"Hm.","thought":true},{"text":"So.","thought":true},{"text":"Hi"}])
        );
        assert_eq!(dropped, ["thinking"]);
    }
}

#[test]
fn signatures_are_told_apart() {
    let events = events_of(&[
        frame(&json!([{"text":"a"}]), None),
        frame(&json!([{"text":"","thoughtSignature":"U0lH"}]), Some("STOP")),
    ]);
    let found = events.iter().find_map(|event| match event {
        Event::ThinkingSignature { signature, .. } => Some(signature.clone()),
        _ => None,
    });
    assert_eq!(found.as_deref(), Some("gemini:U0lH"));
    assert!(signature::is_own("gemini:U0lH") && signature::is_own("gemini-call:x"));
    assert!(!signature::is_own("U0lH"));
    // It stands on an empty text behind the text, as it came.
    let request = request::read(
        "gemini-3-pro",
        br#"{"contents":[{"role":"model","parts":[{"text":"a"},{"text":"","thoughtSignature":"U0lH"}]}]}"#,
        true,
    );
    let parts = written(&request.unwrap()).0["contents"][0]["parts"].clone();
    assert_eq!(parts, json!([{"text":"a"},{"text":"","thoughtSignature":"U0lH"}]));
}
