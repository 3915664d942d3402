//! What is kept is given again: in the caller's shape and format, for nothing, and counted.

use super::{ask, config, said};
use crate::support::gateway::nanos;
use crate::support::{Call, Gateway, KEY, Upstream, chat, chat_stream, sse};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_costs_once() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let first = ask(&gateway, &chat("main", "hi")).await;
    assert_eq!((said(&first), first.header("x-gatewright-attempts")), ("miss", Some("1")));
    let cost = nanos(first.header("x-gatewright-cost-usd").unwrap());
    assert!(cost > 0);
    // Written otherwise, but the same.
    let same =
        br#"{ "messages":[{"content":"\u0068i","role":"user"}], "max_tokens": 6.4e1, "model":"main" }"#;
    for body in [serde_json::to_vec(&chat("main", "hi")).unwrap(), same.to_vec()] {
        let hit = gateway.send(Call::post("/v1/chat/completions", body).key(KEY)).await;
        assert_eq!((said(hit.ok()), &hit.body), ("hit", &first.body));
        assert_eq!(hit.header("x-gatewright-cost-usd"), Some("0"));
        assert_eq!(nanos(hit.header("x-gatewright-saved-usd").unwrap()), cost);
        assert_eq!((hit.header("age"), hit.header("x-gatewright-attempts")), (Some("0"), Some("0")));
        assert_eq!(hit.header("x-gatewright-cache-key").map(str::len), Some(64));
        assert_eq!(hit.header("x-gatewright-provider"), Some("up"));
        assert_ne!(hit.request_id(), first.request_id());
        let record = gateway.record(&hit.request_id()).await;
        assert_eq!((&record["cache"], &record["cost_usd"]), (&json!("hit"), &json!("0")), "{record}");
        assert_eq!((&record["outcome"], &record["attempts"]), (&json!("success"), &json!(0)), "{record}");
    }
    assert_eq!(upstream.stats().requests, 1);
    let usage = crate::support::eventually("all records", async || {
        let usage = gateway.rows("/api/v1/usage?group_by=key").await;
        (usage.first()?["requests"] == 3).then_some(usage)
    })
    .await;
    assert_eq!(nanos(usage[0]["cost_usd"].as_str().unwrap()), cost);
    assert_eq!(nanos(usage[0]["saved_usd"].as_str().unwrap()), 2 * cost, "{usage:?}");
    assert!((gateway.metric("gatewright_cache_saved_usd_total").await * 1e9 - 2.0 * cost as f64).abs() < 1.0);
    assert!((gateway.metric("gatewright_cache_entries").await - 1.0).abs() < f64::EPSILON);
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

fn text_of(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"].as_str().unwrap()
}

fn text_of_stream(body: &[u8]) -> String {
    let pieces = sse::values(body);
    let texts = pieces.iter().filter_map(|piece| piece["choices"][0]["delta"]["content"].as_str());
    texts.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_and_whole_answers_serve_each_other() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let whole = ask(&gateway, &chat("main", "whole first")).await;
    let mut stream = chat_stream("main", "whole first");
    let hit = ask(&gateway, &stream).await;
    assert_eq!(said(&hit), "hit");
    assert!(hit.header("content-type").unwrap().starts_with("text/event-stream"));
    assert_eq!(text_of_stream(&hit.body), text_of(&whole.json()));
    assert!(
        hit.text().ends_with("data: [DONE]\n\n") && !hit.text().contains("\"usage\":{"),
        "{}",
        hit.text()
    );
    stream["stream_options"] = json!({"include_usage": true});
    let hit = ask(&gateway, &stream).await;
    let usage = sse::values(&hit.body).pop().unwrap();
    assert_eq!(
        (said(&hit), &usage["usage"]["total_tokens"]),
        ("hit", &whole.json()["usage"]["total_tokens"])
    );

    let streamed = ask(&gateway, &chat_stream("main", "stream first")).await;
    assert_eq!(said(&streamed), "miss");
    let again = ask(&gateway, &chat_stream("main", "stream first")).await;
    assert_eq!((said(&again), &again.body), ("hit", &streamed.body));
    let hit = ask(&gateway, &chat("main", "stream first")).await;
    assert_eq!(said(&hit), "hit");
    assert_eq!(text_of(&hit.json()), text_of_stream(&streamed.body));
    assert!(hit.json()["usage"]["completion_tokens"].as_u64().is_some_and(|tokens| tokens > 0));
    assert_eq!(upstream.stats().requests, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn formats_serve_each_other() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let first = ask(&gateway, &chat("main", "hi")).await;
    let messages =
        json!({"model": "main", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]});
    let call = |path: &str, body: &Value| Call::post(path, serde_json::to_vec(body).unwrap()).key(KEY);
    let hit = gateway.send(Call::messages(&messages).key(KEY)).await;
    assert_eq!(said(hit.ok()), "hit");
    assert_eq!(hit.json()["content"][0]["text"], text_of(&first.json()));
    let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "generationConfig": {"maxOutputTokens": 64}});
    let hit = gateway.send(call("/v1beta/models/main:generateContent", &gemini)).await;
    assert_eq!(said(hit.ok()), "hit");
    assert_eq!(hit.json()["candidates"][0]["content"]["parts"][0]["text"], text_of(&first.json()));
    let mut stream = messages.clone();
    stream["stream"] = true.into();
    let hit = gateway.send(Call::messages(&stream).key(KEY)).await;
    assert_eq!(said(hit.ok()), "hit");
    let texts: String =
        sse::values(&hit.body).iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(texts, text_of(&first.json()));
    // Of another provider's format, streamed, for a caller that wants it whole.
    let stream = chat_stream("claude-main", "hi");
    let of_other = async |body: &Value| gateway.send(Call::chat(body).key(super::OTHER)).await;
    let first = of_other(&stream).await;
    let hit = of_other(&chat("claude-main", "hi")).await;
    assert_eq!((said(&first), said(&hit)), ("miss", "hit"));
    assert_eq!(text_of(&hit.json()), text_of_stream(&first.body));
    assert_eq!(upstream.stats().requests, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_kept_too() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    for (path, body) in [
        ("/v1/completions", json!({"model": "up/chat-model", "prompt": "a", "max_tokens": 5})),
        ("/v1/moderations", json!({"model": "up/moderation", "input": "a"})),
    ] {
        let call = || Call::post(path, serde_json::to_vec(&body).unwrap()).key(super::OTHER);
        let (first, second) = (gateway.send(call()).await, gateway.send(call()).await);
        assert_eq!((said(first.ok()), said(second.ok())), ("miss", "hit"), "{path}");
        assert_eq!(first.body, second.body, "{path}");
    }
    assert_eq!(upstream.stats().requests, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_whole_is_kept() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    for model in ["cut", "status-500", "malformed-json", "malformed-sse"] {
        let faults = match model {
            "cut" => "cut-after-frames=2",
            "status-500" => "status=500",
            other => other,
        };
        upstream.faults(model, faults, None);
        for stream in [true, false] {
            let body = if stream {
                chat_stream(&format!("up/{model}"), "hi")
            } else {
                chat(&format!("up/{model}"), "hi")
            };
            for _ in 0..2 {
                let answer = gateway.send(Call::chat(&body).key(KEY)).await;
                assert_ne!(said(&answer), "hit", "{model}: {}", answer.text());
            }
        }
    }
    assert!(
        gateway.metric("gatewright_cache_entries").await <= 1.0,
        "a whole answer can not be cut after frames"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_grow_old() {
    let upstream = Upstream::start().await;
    let cache =
        "{ mode: exact, ttl_seconds: 1, stale_while_revalidate_seconds: 600, stale_if_error_seconds: 1000 }";
    let gateway = Gateway::start(&config(&upstream, cache)).await;
    ask(&gateway, &chat("main", "hi")).await;
    // Old ones are given at once, and one call fetches a new one.
    crate::support::eventually("a stale answer", async || {
        let hit = ask(&gateway, &chat("main", "hi")).await;
        assert_eq!(said(&hit), "hit");
        (upstream.stats().requests == 2).then_some(())
    })
    .await;
    let rows = crate::support::eventually("the record of who fetched it", async || {
        let rows = gateway.rows("/api/v1/logs?include=subcalls").await;
        rows.into_iter().find(|row| row["role"] == "refresh")
    })
    .await;
    assert_eq!((&rows["outcome"], &rows["cache"]), (&json!("success"), &json!("miss")), "{rows}");
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_answer_is_better_than_none() {
    let upstream = Upstream::start().await;
    let cache = "{ mode: exact, ttl_seconds: 1, stale_if_error_seconds: 600 }";
    let gateway = Gateway::start(&config(&upstream, cache)).await;
    let first = ask(&gateway, &chat("main", "hi")).await;
    upstream.faults("chat-model", "status=500", None);
    let hit = crate::support::eventually("an old answer", async || {
        let hit = ask(&gateway, &chat("main", "hi")).await;
        assert_eq!((said(&hit), &hit.body), ("hit", &first.body));
        (hit.header("x-gatewright-failed-attempts").is_some()).then_some(hit)
    })
    .await;
    assert!(hit.header("age").unwrap().parse::<u64>().unwrap() >= 1);
    let record = gateway.record(&hit.request_id()).await;
    assert_eq!((&record["cache"], &record["outcome"]), (&json!("hit"), &json!("success")), "{record}");
    let streamed = ask(&gateway, &chat_stream("main", "hi")).await;
    assert_eq!(said(&streamed), "hit");
    let fresh = gateway.send(Call::chat(&chat("main", "other")).key(KEY)).await;
    assert_eq!(fresh.status, 502, "{}", fresh.text());
}
