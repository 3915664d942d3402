//! Requests that are copied to another model: nobody waits for a copy or learns of it, and it is recorded and paid for.

use super::support::gateway::nanos;
use super::support::{Call, Gateway, KEY, Upstream, chat, chat_stream, eventually};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::Duration;

fn config(upstream: &Upstream, mirror: &str, budget: &str) -> String {
    format!(
        "{}models:\n  main: {{ targets: [{{ provider: up, model: chat-model }}], mirror: {mirror} }}\n\
         keys:\n  - {{ name: caller, key: {KEY}, limits: {{ rpm: 1000 }}, budget: {{ limit_usd: {budget}, period: total }} }}\n",
        upstream.providers()
    )
}

/// The sub-calls of a request, once there are that many and all are recorded.
async fn sub_calls(gateway: &Gateway, id: &str, count: usize) -> Vec<Value> {
    eventually(&format!("{count} sub-calls"), async || {
        let rows = gateway.rows(&format!("/api/v1/logs?parent_id={id}")).await;
        (rows.len() == count).then_some(rows)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_out_and_only_the_records_tell() {
    let upstream = Upstream::start().await;
    // Who waited for the copy would wait for a second.
    upstream.faults("slow", "latency=1000", None);
    let gateway = Gateway::start(&config(&upstream, "{ model: claude/slow, percent: 100 }", "1000")).await;
    for body in [chat("main", "hi"), chat_stream("main", "hi")] {
        let before = std::time::Instant::now();
        let answer = gateway.send(Call::chat(&body).key(KEY)).await;
        answer.ok();
        assert!(before.elapsed() < Duration::from_millis(900), "{:?}", before.elapsed());
        assert_eq!(answer.header("x-gatewright-upstream-model"), Some("chat-model"));
        let id = answer.request_id();
        let main = gateway.record(&id).await;
        assert_eq!((main["parent_id"].is_null(), main["role"].is_null()), (true, true), "{main}");
        if let Some(cost) = answer.header("x-gatewright-cost-usd") {
            assert_eq!(main["cost_usd"], cost, "the copy is not the caller's");
        }
        let copy = sub_calls(&gateway, &id, 1).await.remove(0);
        assert_eq!((&copy["role"], &copy["outcome"]), (&json!("mirror"), &json!("success")), "{copy}");
        assert_eq!((&copy["upstream_model"], &copy["model"]), (&json!("slow"), &json!("main")), "{copy}");
        assert_eq!(copy["key_id"], main["key_id"]);
        assert!(nanos(copy["cost_usd"].as_str().unwrap()) > 0);
        let listed = gateway.rows("/api/v1/logs").await;
        assert!(listed.iter().all(|row| row["id"] != copy["id"]), "copies are listed when asked for only");
        let all = gateway.rows("/api/v1/logs?include=subcalls").await;
        assert!(all.iter().any(|row| row["id"] == copy["id"]));
    }
    let wrong = gateway.admin(http::Method::GET, "/api/v1/logs?include=all", None).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    let stats = upstream.stats();
    let usage = gateway.rows("/api/v1/usage?group_by=key").await;
    assert_eq!(usage[0]["requests"], 2, "copies are no requests: {usage:?}");
    assert_eq!(usage[0]["input_tokens"].as_u64(), Some(stats.billed_input_tokens));
    assert_eq!(usage[0]["output_tokens"].as_u64(), Some(stats.billed_output_tokens));
    let budgets = gateway.rows("/api/v1/budgets").await;
    assert_eq!(budgets[0]["spent_usd"], usage[0]["cost_usd"]);
    assert!(gateway.metric("gatewright_requests_total").await >= 2.0);
    let counted = gateway.metric("gatewright_sub_calls_total").await;
    assert!((counted - 2.0).abs() < f64::EPSILON, "{counted}");
    gateway.metric_becomes("gatewright_sub_calls_in_flight", 0.0, Duration::from_secs(2)).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_is_copied() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ model: up/quick, percent: 20 }", "1000")).await;
    for _ in 0..200 {
        gateway.send(Call::chat(&chat("main", "hi")).key(KEY)).await.ok();
    }
    let copied = eventually("the copies", async || {
        let copied = upstream.stats().by_model.get("quick").map_or(0, |model| model.requests);
        (copied > 0).then_some(copied)
    })
    .await;
    // Forty expected; less than one in a million runs is outside of these.
    assert!((13..=75).contains(&copied), "{copied} of 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_full_or_too_dear_is_left_out() {
    let upstream = Upstream::start().await;
    let mirror = "{ model: up/fault-hang, percent: 100, max_in_flight: 2 }";
    let gateway = Gateway::start(&config(&upstream, mirror, "1000")).await;
    for _ in 0..5 {
        gateway.send(Call::chat(&chat("main", "hi")).key(KEY)).await.ok();
    }
    let hung = upstream.stats().by_model.get("fault-hang").map_or(0, |model| model.requests);
    assert!(hung <= 2, "{hung}");
    gateway.metric_becomes("gatewright_mirrors_skipped_total", 3.0, Duration::from_secs(2)).await;

    // There is money for the request, and none for its copy: 64 tokens of answer at $200 for a million.
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ model: claude/quick, percent: 100 }", "0.02")).await;
    let answer = gateway.send(Call::chat(&chat("main", "hi")).key(KEY)).await;
    answer.ok();
    let copy = sub_calls(&gateway, &answer.request_id(), 1).await.remove(0);
    assert_eq!(
        (&copy["outcome"], &copy["error_code"]),
        (&json!("refused"), &json!("budget_exceeded")),
        "{copy}"
    );
    gateway.metric_becomes("gatewright_mirrors_skipped_total", 1.0, Duration::from_secs(2)).await;
    assert_eq!(upstream.stats().requests, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_waits_for_copies_as_long_as_for_streams() {
    let upstream = Upstream::start().await;
    upstream.faults("slow", "latency=1000", None);
    let config = |model: &str, grace: u32| {
        let config = config(&upstream, &format!("{{ model: up/{model}, percent: 100 }}"), "1000");
        format!("shutdown_grace_seconds: {grace}\n{config}")
    };
    for (model, grace, outcome) in [("slow", 20, "success"), ("fault-hang", 1, "shutdown")] {
        let mut gateway = Gateway::start(&config(model, grace)).await;
        let before = upstream.stats().by_model.get(model).map_or(0, |model| model.requests);
        let answer = gateway.send(Call::chat(&chat("main", "hi")).key(KEY)).await;
        answer.ok();
        eventually("the copy is on its way", async || {
            let copies = upstream.stats().by_model.get(model).map_or(0, |model| model.requests);
            (copies > before).then_some(())
        })
        .await;
        gateway.signal(Signal::TERM);
        assert_eq!(gateway.exit(Duration::from_secs(10)).await.code(), Some(0));
        let gateway = gateway.restart().await;
        let copy = sub_calls(&gateway, &answer.request_id(), 1).await.remove(0);
        assert_eq!(copy["outcome"], outcome, "{copy}");
    }
}
