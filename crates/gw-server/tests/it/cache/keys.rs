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

/// What callers make up to get at others' answers: keys, namespaces and customers that run into each other when they are
/// written one behind the other, and those that look like what the gateway makes of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_callers_make_up_open_nobody_elses_room() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact, scope: customer }")).await;
    let victim =
        Call::chat(&crate::support::chat("main", "x")).key(OTHER).header("x-gatewright-customer", "a");
    let victim = gateway.send(victim).await;
    let its_key = gateway
        .send(Call::chat(&crate::support::chat("main", "x")).key(OTHER).header("x-gatewright-customer", "a"))
        .await;
    assert_eq!(super::said(&its_key), "hit");
    let its_key = its_key.header("x-gatewright-cache-key").unwrap().to_owned();
    let key_id = gateway.record(&victim.request_id()).await["key_id"].as_str().unwrap().to_owned();
    const KEYED: &str = "x-gatewright-cache-key";
    const SPACE: &str = "x-gatewright-cache-namespace";
    const CUSTOMER: &str = "x-gatewright-customer";
    let long = "n".repeat(1024);
    let rooms: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![(CUSTOMER, "a")],
        vec![(SPACE, "a")],
        vec![(KEYED, "a")],
        vec![(KEYED, "a"), (SPACE, "b")],
        vec![(KEYED, "b"), (SPACE, "a")],
        vec![(KEYED, "ab")],
        vec![(SPACE, "ab")],
        vec![(CUSTOMER, "ab")],
        vec![(CUSTOMER, "a"), (SPACE, "b")],
        vec![(CUSTOMER, "b"), (SPACE, "a")],
        vec![(CUSTOMER, "a"), (KEYED, "b")],
        vec![(KEYED, &its_key)],
        vec![(SPACE, &its_key)],
        vec![(SPACE, &key_id), (CUSTOMER, "a")],
        vec![(CUSTOMER, &key_id)],
        vec![(KEYED, OTHER)],
        vec![(SPACE, "\"},{\"customer\":\"a")],
        vec![(SPACE, "a, b")],
        vec![(SPACE, &long)],
    ];
    let with = |room: &[(&str, &str)], body: &Value| {
        room.iter().fold(Call::chat(body).key(KEY), |call, (name, value)| call.header(name, value))
    };
    let plain = crate::support::chat("main", "x");
    let in_body = |space: &str| {
        let mut body = plain.clone();
        body["cache"] = json!({ "namespace": space });
        body
    };
    let odd = ["a\u{0}b", "a\r\nx-gatewright-customer: a", "e\u{301}", "\u{e9}", "a "];
    let calls: Vec<Call> = rooms
        .iter()
        .map(|room| with(room, &plain))
        .chain(odd.iter().map(|space| with(&[], &in_body(space))))
        .collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, call) in calls.iter().enumerate() {
        let answer = gateway.send(call.clone()).await;
        assert_eq!(super::said(answer.ok()), "miss", "{at}");
        let hit = gateway.send(call.clone()).await;
        assert_eq!((super::said(hit.ok()), &hit.body), ("hit", &answer.body), "{at}");
        let id = hit.header("x-gatewright-cache-key").unwrap().to_owned();
        assert_ne!(id, its_key, "{at}");
        assert_eq!(seen.insert(id, at), None, "{at}");
    }
    // The same words by another way are the same room of the same caller.
    assert_eq!(super::said(gateway.send(with(&[], &in_body("ab"))).await.ok()), "hit");
    for too_long in [KEYED, SPACE] {
        let name = "n".repeat(1025);
        gateway.send(with(&[(too_long, &name)], &plain)).await.refused(400, "invalid_request");
    }
}
