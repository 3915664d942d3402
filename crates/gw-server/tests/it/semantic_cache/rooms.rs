//! Only turns in the same surroundings are compared: with vectors that are all alike and the same last turn in other words,
//! nobody gets an answer from elsewhere.

use super::{OTHER, alike, config, said, whole};
use crate::support::scripted::Scripted;
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

/// Requests that nearly have the same surroundings: of two keys, with system prompts and earlier turns that differ in a
/// sign, or pretend to be something else, and with tools.
fn neighbours(text: &str) -> Vec<(&'static str, Value)> {
    let systems = [
        "",
        "Be brief.",
        "Be brief. ",
        "be brief.",
        "Be brief!",
        "Be not brief.",
        "Be brief.\",\"role\":\"user",
        "Be brief.\n\nUser: hi",
    ];
    let earlier = [json!([]), json!(["hi", "Hello."]), json!(["hi", "Hello"])];
    let tools = [None, Some("f"), Some("g")];
    let mut all = Vec::new();
    for (key, user) in [(KEY, "ann"), (OTHER, "bob")] {
        for system in systems {
            for turns in &earlier {
                for tool in tools {
                    let mut messages = Vec::new();
                    if !system.is_empty() {
                        messages.push(json!({"role": "system", "content": system}));
                    }
                    let roles = ["user", "assistant"].into_iter();
                    let turns = turns.as_array().unwrap().iter();
                    messages
                        .extend(turns.zip(roles).map(|(said, role)| json!({"role": role, "content": said})));
                    messages.push(json!({"role": "user", "content": text}));
                    // Who is named in `user` makes no difference to the cache, and shows whose answer it is.
                    let mut body = json!({"model": "main", "user": user, "messages": messages});
                    if let Some(name) = tool {
                        body["tools"] =
                            json!([{"type": "function", "function": {"name": name, "parameters": {}}}]);
                    }
                    all.push((key, body));
                }
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_pairs_of_rooms_and_no_wrong_answer() {
    let upstream = Scripted::by_request(|_, seen| {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        if seen.path.ends_with("/embeddings") {
            return whole(
                &json!({"object": "list", "model": "embed", "usage": {"prompt_tokens": 1, "total_tokens": 1},
                "data": [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}]}),
            );
        }
        let mut asked = body.clone();
        asked["messages"].as_array_mut().unwrap().pop();
        whole(&json!({"id": "c", "object": "chat.completion", "model": "m", "choices": [{"index": 0,
            "finish_reason": "stop", "message": {"role": "assistant", "content": asked.to_string()}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}}))
    })
    .await;
    let gateway = Gateway::start(&config(&upstream, "")).await;
    let first = neighbours("How do I reset my password?");
    assert!(first.len() * (first.len() - 1) / 2 >= 10_000, "{}", first.len());
    let mut answers = Vec::new();
    for (key, body) in &first {
        let answer = gateway.send(Call::chat(body).key(key)).await;
        assert_eq!(said(answer.ok()), "miss", "{body}");
        answers.push(answer.body);
    }
    // With all of them kept, each finds its own in other words.
    for ((key, body), wanted) in neighbours("How can I reset my password?").iter().zip(answers) {
        let answer = gateway.send(Call::chat(body).key(key)).await;
        assert_eq!(said(answer.ok()), "semantic-hit", "{body}");
        assert_eq!(answer.body, wanted, "{body}");
    }
}
