//! Only turns in the same surroundings are compared: with vectors that are all alike and the same last turn in other words,
//! nobody gets an answer from elsewhere.

use super::{OTHER, alike, config, said};
use crate::support::{Call, Gateway, KEY};
use serde_json::{Value, json};

/// Requests with the same last turn that differ in something else.
fn variants(text: &str) -> Vec<(&'static str, Value)> {
    let user = json!({"role": "user", "content": text});
    let plain = json!({"model": "main", "max_tokens": 16, "messages": [user]});
    let with = |name: &str, value: Value| {
        let mut body = plain.clone();
        body[name] = value;
        body
    };
    let system = |said: &str| json!({"role": "system", "content": said});
    let tool = |name: &str| json!([{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}]);
    let messages = |list: Value| with("messages", list);
    vec![
        (KEY, plain.clone()),
        (OTHER, plain.clone()),
        (KEY, with("model", json!("other"))),
        (KEY, with("model", json!("up/chat-model"))),
        (KEY, messages(json!([system("Be brief."), user]))),
        (KEY, messages(json!([system("Be verbose."), user]))),
        (OTHER, messages(json!([system("Be verbose."), user]))),
        (
            KEY,
            messages(json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, user])),
        ),
        (
            KEY,
            messages(json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "c"}, user])),
        ),
        (KEY, with("temperature", json!(0.5))),
        (KEY, with("max_tokens", json!(17))),
        (KEY, with("tools", tool("f"))),
        (KEY, with("tools", tool("g"))),
        (KEY, with("response_format", json!({"type": "json_object"}))),
        (KEY, with("response_format", json!({"type": "text"}))),
        (KEY, with("presence_penalty", json!(0.5))),
        (KEY, with("logit_bias", json!({"1": 1}))),
        (KEY, with("metadata", json!({"a": "?"}))),
        (
            KEY,
            messages(
                json!([{"role": "user", "content": [{"type": "text", "text": text}, {"type": "image_url",
                "image_url": {"url": "data:image/png;base64,aGk="}}]}]),
            ),
        ),
        (KEY, messages(json!([{"role": "user", "content": text, "name": "bob"}]))),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_an_answer_from_another_room() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, "")).await;
    for (key, body) in variants("How do I reset my password?") {
        let answer = gateway.send(Call::chat(&body).key(key)).await;
        assert_eq!(said(answer.ok()), "miss", "{body}");
    }
    // In other words, each finds its own.
    for (key, body) in variants("How can I reset my password?") {
        let answer = gateway.send(Call::chat(&body).key(key)).await;
        let is_text = body["messages"].as_array().unwrap().last().unwrap()["content"].is_string();
        assert_eq!(said(answer.ok()), if is_text { "semantic-hit" } else { "miss" }, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_lets_keys_share() {
    let upstream = alike().await;
    let gateway = Gateway::start(&config(&upstream, ", scope: global")).await;
    let ask = async |key: &str, text: &str| {
        let body = json!({"model": "main", "messages": [{"role": "user", "content": text}]});
        said(gateway.send(Call::chat(&body).key(key)).await.ok()).to_owned()
    };
    assert_eq!(ask(KEY, "How do I reset my password?").await, "miss");
    assert_eq!(ask(OTHER, "How can I reset my password?").await, "semantic-hit");
    let call = Call::chat(
        &json!({"model": "main", "messages": [{"role": "user", "content": "How to reset my password?"}]}),
    );
    let apart = gateway.send(call.key(OTHER).header("x-gatewright-cache-namespace", "n")).await;
    assert_eq!(said(apart.ok()), "miss");
}
