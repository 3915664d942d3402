//! Tests of the messages codec without a socket: checks, blocks, cache and event order.
use http::HeaderMap;
use serde_json::{Value, json};

use super::*;
use crate::answer::Content;
use crate::fault::Faults;

fn ask(body: &Value, cache: &PromptCache, list: &str) -> Result<Answer, Rejection> {
    let mut headers = HeaderMap::new();
    headers.insert("anthropic-version", http::HeaderValue::from_static("2023-06-01"));
    let mut faults = Faults::default();
    faults.add(list).expect("known faults");
    let cx =
        Context { faults: &faults, serial: 7, deployment: None, model: "", query: "", headers: &headers };
    answer(Endpoint::Messages, body, cache, &cx)
}

fn whole(body: &Value) -> Value {
    match ask(body, &PromptCache::default(), "").expect("accepted").content {
        Content::Whole(text) => serde_json::from_str(&text).expect("JSON"),
        Content::Bytes(..) | Content::Stream(_) => panic!("not JSON"),
    }
}

fn refusal(body: &Value) -> String {
    let rejection = ask(body, &PromptCache::default(), "").expect_err("refused");
    let text = error_body(&rejection, "req_1");
    let body: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((rejection.status, body["error"]["type"].as_str()), (400, Some("invalid_request_error")));
    body["error"]["message"].as_str().expect("message").to_owned()
}

fn request() -> Value {
    json!({"model": "m", "max_tokens": 2000, "messages": [{"role": "user", "content": "hello"}]})
}

fn with(changes: &Value) -> Value {
    let mut body = request();
    for (name, value) in changes.as_object().expect("object") {
        body[name] = value.clone();
    }
    body
}

#[test]
fn wrong_requests_are_refused() {
    for (changes, needle) in [
        (json!({"max_tokens": null}), "max_tokens: Field required"),
        (json!({"model": ""}), "model: Field required"),
        (json!({"messages": []}), "messages"),
        (json!({"max_tokens": "x"}), "expected an integer"),
        (json!({"temperature": 1.5}), "temperature"),
        (json!({"messages": [{"role": "system", "content": "x"}]}), "messages.0.role"),
        (json!({"messages": [{"role": "user", "content": ""}]}), "non-empty"),
        (json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}), "budget_tokens"),
        (json!({"tools": [{"name": "t"}]}), "tools.0.input_schema: Field required"),
        (json!({"tool_choice": {"type": "any"}}), "tool_choice"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x"}]}]}),
            "tool_use_id",
        ),
    ] {
        let message = refusal(&with(&changes));
        assert!(message.contains(needle), "{changes}: {message}");
    }
}

#[test]
fn unanswered_tool_uses_are_refused() {
    let call =
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "t", "input": {}}]});
    let text = json!({"role": "user", "content": "and?"});
    let message = refusal(&with(&json!({"messages": [request()["messages"][0], call, text]})));
    assert!(message.contains("a"), "{message}");
    let result =
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "21 C"}]});
    let body = whole(&with(&json!({"messages": [request()["messages"][0], call, result]})));
    assert_eq!(body["content"][0]["text"], "The tool returned: 21 C");
}

#[test]
fn cache_control_is_written_then_read() {
    let cache = PromptCache::default();
    let body = with(&json!({
        "system": [{"type": "text", "text": "long ".repeat(50), "cache_control": {"type": "ephemeral"}}]
    }));
    let mut seen = Vec::new();
    for _ in 0..2 {
        let Content::Whole(text) = ask(&body, &cache, "").expect("accepted").content else {
            panic!("streamed")
        };
        let body: Value = serde_json::from_str(&text).expect("JSON");
        let figure = |name: &str| body["usage"][name].as_u64().expect("figure");
        seen.push((
            figure("cache_creation_input_tokens"),
            figure("cache_read_input_tokens"),
            figure("input_tokens"),
        ));
    }
    let prefix = seen[0].0;
    assert!(prefix > 50, "{seen:?}");
    assert_eq!(seen, [(prefix, 0, seen[0].2), (0, prefix, seen[0].2)]);
}

#[test]
fn streams_keep_the_order_of_events() {
    let body = with(&json!({"stream": true, "thinking": {"type": "enabled", "budget_tokens": 1024}}));
    let Content::Stream(frames) = ask(&body, &PromptCache::default(), "").expect("accepted").content else {
        panic!("whole")
    };
    let (bytes, _) = frames.finish();
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let mut events: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    events.dedup();
    assert_eq!(
        events,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert!(text.contains("signature_delta"));
}

#[test]
fn the_new_version_has_no_sampling() {
    let mut headers = HeaderMap::new();
    headers.insert("anthropic-version", http::HeaderValue::from_static("2026-10-21"));
    let cx = Context {
        faults: &Faults::default(),
        serial: 1,
        deployment: None,
        model: "",
        query: "",
        headers: &headers,
    };
    let ask = |body: &Value| answer(Endpoint::Messages, body, &PromptCache::default(), &cx);
    assert!(ask(&request()).is_ok());
    assert_eq!(
        ask(&with(&json!({"temperature": 0.5}))).expect_err("refused").param.as_deref(),
        Some("temperature")
    );
    let bare = Context { headers: &HeaderMap::new(), ..cx };
    assert!(answer(Endpoint::Messages, &request(), &PromptCache::default(), &bare).is_err());
}
