//! Many callers, one upstream call.

use super::{config, said};
use crate::support::{Call, Gateway, KEY, Upstream, chat, chat_stream, eventually};
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

const CALLERS: usize = 500;

async fn crowd(stream: bool) {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=700", None);
    let gateway = Arc::new(Gateway::start(&config(&upstream, "{ mode: exact }")).await);
    let body = if stream { chat_stream("main", "all at once") } else { chat("main", "all at once") };
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (gateway, body) = (Arc::clone(&gateway), body.clone());
        tasks.spawn(async move { gateway.send(Call::chat(&body).key(KEY)).await });
    }
    let answers = tasks.join_all().await;
    let bodies: HashSet<&[u8]> = answers.iter().map(|answer| &answer.ok().body[..]).collect();
    assert_eq!(bodies.len(), 1);
    assert_eq!(upstream.stats().requests, 1);
    let hits = answers.iter().filter(|answer| said(answer) == "hit").count();
    assert_eq!(hits, CALLERS - 1);
    let usage = eventually("all records", async || {
        let usage = gateway.rows("/api/v1/usage?group_by=key").await;
        (usage.first()?["requests"] == json!(CALLERS)).then_some(usage)
    })
    .await;
    assert_eq!(usage[0]["errors"], 0, "{usage:?}");
    let stats = upstream.stats();
    assert_eq!(usage[0]["output_tokens"].as_u64(), Some(stats.billed_output_tokens), "one pays, once");
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
    gateway.metric_becomes("gatewright_open_streams", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_whole() {
    crowd(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_streamed() {
    crowd(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_gets_it_in_its_own_way() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=500", None);
    let gateway = Arc::new(Gateway::start(&config(&upstream, "{ mode: exact }")).await);
    let mut tasks = tokio::task::JoinSet::new();
    let messages =
        json!({"model": "main", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]});
    for call in [
        Call::chat(&chat("main", "hi")),
        Call::chat(&chat_stream("main", "hi")),
        Call::messages(&messages),
        Call::chat(&chat("main", "hi")),
        Call::chat(&chat_stream("main", "hi")),
    ] {
        let gateway = Arc::clone(&gateway);
        tasks.spawn(async move { gateway.send(call.key(KEY)).await });
    }
    for answer in tasks.join_all().await {
        answer.ok();
    }
    assert_eq!(upstream.stats().requests, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asked_first_may_leave() {
    for (stream, faults) in
        [(false, "latency=800"), (true, "latency=800"), (true, "slow-drip=2;chunk-bytes=20")]
    {
        let upstream = Upstream::start().await;
        upstream.faults("chat-model", faults, None);
        let gateway = Arc::new(Gateway::start(&config(&upstream, "{ mode: exact }")).await);
        let body = if stream { chat_stream("main", "stay") } else { chat("main", "stay") };
        let first = {
            let (gateway, body) = (Arc::clone(&gateway), body.clone());
            tokio::spawn(async move {
                let mut open = Call::chat(&body).key(KEY).open(gateway.addr).await;
                drop(open.next().await);
                std::future::pending::<()>().await;
            })
        };
        upstream.has_asked(1).await;
        let others: Vec<_> = (0..10)
            .map(|_| {
                let (gateway, body) = (Arc::clone(&gateway), body.clone());
                tokio::spawn(async move { gateway.send(Call::chat(&body).key(KEY)).await })
            })
            .collect();
        // All of them wait, or get it already.
        eventually("all wait", async || {
            (gateway.metric("gatewright_cache_passengers").await >= 10.0).then_some(())
        })
        .await;
        first.abort();
        for other in others {
            let answer = other.await.unwrap();
            assert_eq!(said(answer.ok()), "hit", "{faults}");
            assert!(!stream || answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
        }
        assert_eq!(upstream.stats().requests, 1, "{faults}");
        let row = eventually("the record of who left", async || {
            let rows = gateway.rows("/api/v1/logs").await;
            rows.into_iter().find(|row| row["cache"] == "miss")
        })
        .await;
        assert_eq!(row["outcome"], "client_disconnect", "{row}");
        assert_eq!(row["output_tokens"].as_u64(), Some(upstream.stats().billed_output_tokens), "{row}");
        // It is kept, too.
        let again = gateway.send(Call::chat(&body).key(KEY)).await;
        assert_eq!(said(again.ok()), "hit");
        assert_eq!(upstream.stats().requests, 1, "{faults}");
        gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_an_answer_that_nobody_wants() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "slow-drip=30;chunk-bytes=2", None);
    let gateway = Arc::new(Gateway::start(&config(&upstream, "{ mode: exact }")).await);
    let mut open = Call::chat(&chat_stream("main", "go")).key(KEY).open(gateway.addr).await;
    drop(open.next().await);
    drop(open);
    upstream.is_quiet_within(Duration::from_secs(3)).await;
    // A whole answer has begun, and its caller has nothing of it yet.
    let asking = {
        let gateway = Arc::clone(&gateway);
        tokio::spawn(async move { gateway.send(Call::chat(&chat("main", "go")).key(KEY)).await })
    };
    upstream.has_asked(2).await;
    asking.abort();
    upstream.is_quiet_within(Duration::from_secs(3)).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
    assert!(gateway.metric("gatewright_cache_entries").await < 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_shared_and_not_repeated_by_all() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=400;status=500", None);
    let config = config(&upstream, "{ mode: exact }").replace(
        "main: { targets: [{ provider: up, model: chat-model }] }",
        "main: { targets: [{ provider: up, model: chat-model }], retry: { attempts: 1 } }",
    );
    let gateway = Arc::new(Gateway::start(&config).await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let gateway = Arc::clone(&gateway);
        tasks.spawn(async move { gateway.send(Call::chat(&chat("main", "x")).key(KEY)).await });
    }
    for answer in tasks.join_all().await {
        assert_eq!(answer.status, 502, "{}", answer.text());
    }
    let requests = upstream.stats().requests;
    assert!((1..=4).contains(&requests), "{requests}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_first_can_not_pay_another_does() {
    let upstream = Upstream::start().await;
    let config = config(&upstream, "{ mode: exact, scope: global }")
        .replace("limit_usd: 1000", "limit_usd: 0.0000001");
    let gateway = Gateway::start(&config).await;
    let poor = gateway.send(Call::chat(&chat("main", "x")).key(KEY)).await;
    poor.refused(402, "budget_exceeded");
    let rich = gateway.send(Call::chat(&chat("main", "x")).key(super::OTHER)).await;
    assert_eq!(said(rich.ok()), "miss");
    // What is there already costs nothing.
    let poor = gateway.send(Call::chat(&chat("main", "x")).key(KEY)).await;
    assert_eq!(said(poor.ok()), "hit");
}
