//! Nobody gets an answer to another question, or of somebody else: ten thousand pairs of requests that are nearly alike.

use super::{OTHER, config};
use crate::support::{Call, Gateway, KEY, Upstream};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Ways in which two requests differ, each for many seeds.
fn variants(seed: usize) -> Vec<(&'static str, Value)> {
    let text = format!("question {seed}");
    let plain =
        || json!({"model": "main", "max_tokens": 16, "messages": [{"role": "user", "content": text}]});
    let with = |name: &str, value: Value| {
        let mut body = plain();
        body[name] = value;
        body
    };
    let messages = |list: Value| with("messages", list);
    let tool = |name: &str, parameters: Value| {
        with("tools", json!([{"type": "function", "function": {"name": name, "parameters": parameters}}]))
    };
    let user = json!({"role": "user", "content": text});
    let mut all = vec![
        (KEY, plain()),
        (OTHER, plain()),
        (KEY, with("model", json!("other"))),
        (KEY, with("model", json!("up/chat-model"))),
        (KEY, messages(json!([{"role": "system", "content": "a"}, user]))),
        (KEY, messages(json!([{"role": "system", "content": "b"}, user]))),
        (OTHER, messages(json!([{"role": "system", "content": "b"}, user]))),
        (KEY, messages(json!([{"role": "system", "content": ""}, user]))),
        (KEY, messages(json!([{"role": "system", "content": "a\",\"content\":\"b"}, user]))),
        (KEY, messages(json!([{"role": "system", "content": "a"}, {"role": "system", "content": ""}, user]))),
        (KEY, messages(json!([{"role": "assistant", "content": "a"}, user]))),
        (KEY, messages(json!([{"role": "user", "content": "a"}, user]))),
        (KEY, messages(json!([user, user]))),
        (KEY, messages(json!([{"role": "user", "content": format!("{text} ")}]))),
        (KEY, messages(json!([{"role": "user", "content": text.to_uppercase()}]))),
        (
            KEY,
            messages(
                json!([{"role": "user", "content": [{"type": "text", "text": text}, {"type": "text", "text": "x"}]}]),
            ),
        ),
        (KEY, messages(json!([{"role": "user", "content": format!("{text}x")}]))),
        (KEY, messages(json!([{"role": "user", "content": text, "name": "bob"}]))),
        (KEY, messages(json!([{"role": "user", "content": text, "name": "eve"}]))),
        (KEY, with("temperature", json!(0))),
        (KEY, with("temperature", json!(0.1))),
        (KEY, with("top_p", json!(0.1))),
        (KEY, with("seed", json!(1))),
        (KEY, with("max_tokens", json!(17))),
        (KEY, with("stop", json!(["a", "b"]))),
        (KEY, with("stop", json!(["b", "a"]))),
        (KEY, with("n", json!(2))),
        (KEY, with("logit_bias", json!({"1": 1}))),
        (KEY, with("logit_bias", json!({"1": -1}))),
        (KEY, with("response_format", json!({"type": "json_object"}))),
        (KEY, with("presence_penalty", json!(1))),
        (KEY, with("frequency_penalty", json!(1))),
        (KEY, tool("f", json!({"type": "object"}))),
        (KEY, tool("g", json!({"type": "object"}))),
        (KEY, tool("f", json!({"type": "object", "properties": {"a": {"type": "string"}}}))),
        (KEY, tool("f", json!({"type": "object", "properties": {"a": {"type": "number"}}}))),
        (KEY, with("tool_choice", json!("none"))),
        (KEY, with("metadata", json!({"a": "b"}))),
    ];
    all.push((KEY, with("parallel_tool_calls", json!(false))));
    all.push((KEY, with("user_defined", json!([[], [[]]]))));
    all.push((KEY, with("user_defined", json!([[[]], []]))));
    all
}

/// Every answer is marked with the request that it is for: the body that went upstream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_pairs_and_no_wrong_answer() {
    let upstream = Upstream::start().await;
    let gateway = Arc::new(Gateway::start(&config(&upstream, "{ mode: exact }")).await);
    const SEEDS: usize = 13;
    let mut ids: HashMap<String, usize> = HashMap::new();
    let mut count = 0;
    for seed in 0..SEEDS {
        for (key, body) in variants(seed) {
            let call = Call::chat(&body).key(key);
            let answer = gateway.send(call).await;
            assert_ne!(super::said(&answer), "hit", "{body}");
            if answer.status == 200 {
                let hit = gateway.send(Call::chat(&body).key(key)).await;
                assert_eq!((super::said(&hit), &hit.body), ("hit", &answer.body), "{body}");
                let id = hit.header("x-gatewright-cache-key").unwrap().to_owned();
                assert_eq!(ids.insert(id, count), None, "{body}");
                count += 1;
            }
        }
    }
    // Each of them was asked with all others in the cache.
    assert!(count * (count - 1) / 2 >= 10_000, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_are_kept() {
    let upstream = Upstream::start().await;
    let config = config(&upstream, "{ mode: exact, scope: customer }");
    let gateway = Gateway::start(&config).await;
    let of = async |customer: &str| {
        let body = json!({"model": "main", "messages": [{"role": "user", "content": "x"}]});
        let answer = gateway.send(Call::chat(&body).key(KEY).header("x-gatewright-customer", customer)).await;
        super::said(answer.ok()).to_owned()
    };
    assert_eq!([of("ann").await, of("bob").await, of("ann").await], ["miss", "miss", "hit"]);
    // A team or organization that a key has not does not make it anybody's.
    for scope in ["team", "organization"] {
        let gateway =
            Gateway::start(&super::config(&upstream, &format!("{{ mode: exact, scope: {scope} }}"))).await;
        let body = json!({"model": "main", "messages": [{"role": "user", "content": "x"}]});
        let of = async |key: &str| {
            let answer = gateway.send(Call::chat(&body).key(key)).await;
            super::said(answer.ok()).to_owned()
        };
        assert_eq!([of(KEY).await, of(OTHER).await, of(KEY).await], ["miss", "miss", "hit"], "{scope}");
    }
}
