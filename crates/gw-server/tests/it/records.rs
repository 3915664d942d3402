//! What is kept of calls: records with filters and pages, sums by every dimension, metrics and logs that hold
//! no prompt and no secret.

use super::support::gateway::nanos;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream, eventually};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// A gateway with a key and six calls: three whole, one streamed, one translated, one refused.
async fn set_up() -> (Upstream, Gateway, String, Vec<Answer>) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (id, key) = gateway.make_key(&json!({"name": "app", "team_id": "team-a"})).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(gateway.send(Call::chat(&chat("up/chat-model", "whole")).key(&key)).await);
    }
    answers.push(gateway.send(Call::chat(&chat_stream("up/chat-model", "streamed")).key(&key)).await);
    let customer =
        Call::messages(&chat("up/quick", "translated")).header("x-gatewright-customer", "customer-7");
    answers.push(gateway.send(customer.key(&key)).await);
    answers.push(gateway.send(Call::chat(&chat("nowhere", "refused")).key(&key)).await);
    eventually("all have a record", async || {
        (gateway.rows("/api/v1/logs").await.len() == answers.len()).then_some(())
    })
    .await;
    (upstream, gateway, id, answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_says_what_happened() {
    let (_upstream, gateway, id, answers) = set_up().await;
    let names = [
        "id",
        "time",
        "request_id",
        "key_id",
        "team_id",
        "format",
        "model",
        "provider",
        "upstream_model",
        "stream",
        "outcome",
        "status",
        "error_code",
        "attempts",
        "cache",
        "input_tokens",
        "output_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "usage_source",
        "cost_usd",
        "first_byte_ms",
        "total_ms",
    ];
    for answer in &answers {
        let record = gateway.record(&answer.request_id()).await;
        let missing: Vec<_> = names.iter().filter(|name| record.get(**name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?} in {record}");
        assert_eq!((&record["key_id"], &record["team_id"]), (&json!(id), &json!("team-a")));
        if let Some(cost) = answer.header("x-gatewright-cost-usd") {
            assert_eq!(record["cost_usd"], cost);
            assert_eq!(record["input_tokens"].as_u64().map(|t| t > 0), Some(true));
        }
    }
    let whole = gateway.record(&answers[0].request_id()).await;
    let usage = answers[0].json()["usage"].clone();
    assert_eq!(
        (&whole["input_tokens"], &whole["output_tokens"]),
        (&usage["prompt_tokens"], &usage["completion_tokens"])
    );
    let expected = whole["input_tokens"].as_i64().unwrap() * 100_000
        + whole["output_tokens"].as_i64().unwrap() * 200_000;
    assert_eq!(
        nanos(whole["cost_usd"].as_str().unwrap()),
        i128::from(expected),
        "$100 and $200 a million tokens"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_filtered_and_paged() {
    let (_upstream, gateway, id, answers) = set_up().await;
    let count = async |query: &str| gateway.rows(&format!("/api/v1/logs?{query}")).await.len();
    assert_eq!(count("outcome=success").await, 5);
    assert_eq!(count("outcome=refused").await, 1);
    assert_eq!(count(&format!("key_id={id}")).await, answers.len());
    assert_eq!(count("model=up/quick").await, 1);
    assert_eq!(count("from=2020-01-01&to=2199-01-01T00:00:00Z").await, answers.len());
    assert_eq!(count("to=2020-01-01").await, 0);
    let paged = gateway.rows("/api/v1/logs?limit=2").await;
    let ids: HashSet<&str> = paged.iter().filter_map(|row| row["request_id"].as_str()).collect();
    assert_eq!((paged.len(), ids.len()), (answers.len(), answers.len()), "pages neither repeat nor lose");
    let newest = paged.first().unwrap();
    assert_eq!(newest["request_id"], answers.last().unwrap().request_id().as_str(), "newest first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_sums_by_every_dimension() {
    let (_upstream, gateway, _, answers) = set_up().await;
    let logs = gateway.rows("/api/v1/logs").await;
    let total: i128 = logs.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
    for dimension in ["key", "team", "project", "customer", "model", "provider", "day"] {
        let rows = gateway.rows(&format!("/api/v1/usage?group_by={dimension}")).await;
        assert!(rows.iter().all(|row| row.get(dimension).is_some()), "{dimension}: {rows:?}");
        if !matches!(dimension, "project" | "customer") {
            let requests: u64 = rows.iter().filter_map(|row| row["requests"].as_u64()).sum();
            let cost: i128 = rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
            assert_eq!((requests, cost), (answers.len() as u64, total), "{dimension}: {rows:?}");
        }
    }
    let customers = gateway.rows("/api/v1/usage?group_by=customer").await;
    assert!(
        customers.iter().any(|row| row["customer"] == "customer-7" && row["requests"] == 1),
        "{customers:?}"
    );
    let wrong = gateway.send(Call::get("/api/v1/usage?group_by=nothing").key(MASTER)).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_and_hold_no_secrets() {
    let (_upstream, gateway, _, answers) = set_up().await;
    let counted = gateway.metric("gatewright_requests_total").await;
    assert!((counted - answers.len() as f64).abs() < f64::EPSILON, "{counted}");
    for name in [
        "gatewright_open_reservations",
        "gatewright_upstream_requests_in_flight",
        "gatewright_open_streams",
        "gatewright_records_lost_total",
        "gatewright_budget_overrun_usd_total",
    ] {
        gateway.metric_becomes(name, 0.0, Duration::from_secs(2)).await;
    }
    let text = gateway.send(Call::get("/metrics").key(MASTER)).await.ok().text();
    assert!(
        text.contains("\ngatewright_store_up 1\n") && text.contains("gatewright_cost_usd_total"),
        "{text}"
    );
    for secret in ["upstream-secret", "customer-7", "gw-", "nowhere"] {
        assert!(!text.contains(secret), "{secret} stands in the metrics: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_hold_no_prompt_and_no_credential() {
    let upstream = Upstream::start().await;
    let telemetry = "telemetry: { log_format: json, log_level: trace }\n";
    let gateway = Gateway::start(&format!("{telemetry}{}", upstream.providers())).await;
    let (_, key) = gateway.make_key(&json!({"name": "app"})).await;
    let prompt = "zebra-prompt-that-nobody-logs";
    for model in ["up/chat-model", "claude/chat-model", "up/fault-401", "up/fault-malformed-json", "nobody"] {
        for body in [chat(model, prompt), chat_stream(model, prompt)] {
            gateway.send(Call::chat(&body).key(&key)).await;
        }
    }
    let log = gateway.log();
    for secret in [prompt, "upstream-secret", key.as_str(), MASTER] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
    let lines: Vec<&str> = log.lines().collect();
    let wrong = lines.iter().find(|line| serde_json::from_str::<Value>(line).is_err());
    assert!(wrong.is_none(), "not JSON: {wrong:?}");
}
