//! Each kind of rule, from calls through the gateway to the web hook: told once, and once more when it is over.

use super::{looked_again, place, told, told_so_many};
use crate::support::gateway::nanos;
use crate::support::scripted::Scripted;
use crate::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within, is_long};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn configuration(upstream: &Upstream, place: &Scripted, rules: &str) -> String {
    format!(
        "{}guardrails:\n  birds: {{ kind: keywords, terms: [heron], on: [request], action: block, mandatory: true }}\n\
         alerts:\n  evaluate_every_seconds: 1\n  channels:\n    hook: {{ kind: webhook, default: true, url: \"{}/hook\" }}\n  \
         rules:\n{rules}",
        upstream.providers(),
        place.url()
    )
}

async fn ask(gateway: &Gateway, key: &str, model: &str, text: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, text)).key(key)).await
}

fn cost(answer: &Answer) -> i128 {
    nanos(answer.header("x-gatewright-cost-usd").unwrap())
}

fn usd(nanos: i128) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// Exactly these were told, also after some further looks: type, kind of rule, and what it is about.
async fn exactly(gateway: &Gateway, place: &Scripted, expected: &[(&str, &str, &str)]) -> Vec<Value> {
    told_so_many(place, "/hook", expected.len()).await;
    looked_again(gateway).await;
    let all = told_so_many(place, "/hook", expected.len()).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut seen: Vec<[String; 3]> = all
        .iter()
        .map(|one| [text(&one["type"]), text(&one["rule"]["kind"]), text(&one["subject"]["id"])])
        .collect();
    let mut wanted: Vec<[String; 3]> = expected
        .iter()
        .map(|(kind, rule, about)| [kind, rule, about].map(|text| (*text).to_owned()))
        .collect();
    seen.sort();
    wanted.sort();
    assert_eq!(seen, wanted, "{all:#?}");
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_answers_are_told_until_they_are_fast_again() {
    let (upstream, place) = (Upstream::start().await, place().await);
    let rules = "    slow: { kind: latency, per: model, percentile: 50, above_ms: 300, min_requests: 3 }\n";
    let gateway = Gateway::start(&configuration(&upstream, &place, rules)).await;
    upstream.faults("quick", "latency=500", None);
    for model in ["up/quick", "up/chat-model"] {
        for _ in 0..4 {
            ask(&gateway, MASTER, model, "hi").await.ok();
        }
    }
    let firing = ("firing", "latency", "up/quick");
    let told = exactly(&gateway, &place, &[firing]).await;
    assert!(told[0]["details"]["took_ms"].as_u64().unwrap() > 300, "{told:?}");
    upstream.faults("quick", "", None);
    for _ in 0..12 {
        ask(&gateway, MASTER, "up/quick", "hi").await.ok();
    }
    exactly(&gateway, &place, &[firing, ("resolved", "latency", "up/quick")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_guardrails_block_is_told_when_it_is_much() {
    let (upstream, place) = (Upstream::start().await, place().await);
    let rules = "    blocks: { kind: guardrail_blocks, above: 2, window_minutes: 1 }\n";
    let gateway = Gateway::start(&configuration(&upstream, &place, rules)).await;
    for text in ["a heron", "hi", "another HERON"] {
        ask(&gateway, MASTER, "up/chat-model", text).await;
    }
    looked_again(&gateway).await;
    looked_again(&gateway).await;
    assert!(told(&place, "/hook").is_empty(), "two are not more than two");
    ask(&gateway, MASTER, "up/chat-model", "a third heron").await.refused(400, "guardrail_blocked");
    let firing = ("firing", "guardrail_blocks", "");
    let told = exactly(&gateway, &place, &[firing]).await;
    assert_eq!(told[0]["details"]["blocked"], 3, "{told:?}");
    if is_long() {
        let over = Duration::from_secs(180);
        let all = async || (super::told(&place, "/hook").len() == 2).then_some(());
        eventually_within(over, "its minutes are over", all).await;
        exactly(&gateway, &place, &[firing, ("resolved", "guardrail_blocks", "")]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_and_keys_are_told_of_once_when_they_are_used_first() {
    let (upstream, place) = (Upstream::start().await, place().await);
    let rules = "    model: { kind: new_model }\n    key: { kind: new_key }\n";
    let gateway = Gateway::start(&configuration(&upstream, &place, rules)).await;
    let (id, key) = gateway.make_key(&json!({"name": "app"})).await;
    looked_again(&gateway).await;
    assert!(told(&place, "/hook").is_empty(), "it was not used");
    for _ in 0..3 {
        ask(&gateway, &key, "up/quick", "hi").await.ok();
        // A name that means nothing is no model.
        ask(&gateway, &key, "nobody/knows", "hi").await;
    }
    let mut expected = vec![("firing", "new_model", "up/quick"), ("firing", "new_key", id.as_str())];
    exactly(&gateway, &place, &expected).await;
    ask(&gateway, &key, "up/chat-model", "hi").await.ok();
    expected.push(("firing", "new_model", "up/chat-model"));
    exactly(&gateway, &place, &expected).await;
    let gateway = gateway.restart().await;
    ask(&gateway, &key, "up/quick", "hi").await.ok();
    exactly(&gateway, &place, &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_is_told_of_until_it_is_back() {
    let (upstream, place) = (Upstream::start().await, place().await);
    let health = "health: { consecutive_failures: 3, open_ms: 300, max_open_ms: 300, slow_start_ms: 0 }\n";
    let rules = "    down: { kind: provider_down }\n";
    let gateway = Gateway::start(&format!("{}{health}", configuration(&upstream, &place, rules))).await;
    upstream.faults("chat-model", "disconnect", None);
    for _ in 0..5 {
        ask(&gateway, MASTER, "up/chat-model", "hi").await;
        ask(&gateway, MASTER, "up/quick", "hi").await.ok();
    }
    let firing = ("firing", "provider_down", "up");
    let told = exactly(&gateway, &place, &[firing]).await;
    assert_eq!(
        (&told[0]["details"]["deployments_down"], &told[0]["details"]["models"]),
        (&json!(1), &json!(["chat-model"]))
    );
    upstream.faults("chat-model", "", None);
    eventually_within(super::SOON, "it is back", async || {
        (ask(&gateway, MASTER, "up/chat-model", "hi").await.status == 200).then_some(())
    })
    .await;
    let told = exactly(&gateway, &place, &[firing, ("resolved", "provider_down", "up")]).await;
    assert_eq!(told[0]["fired_at"], told[1]["fired_at"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_that_will_not_last_is_told_of_until_it_will() {
    let (upstream, place) = (Upstream::start().await, place().await);
    let rules =
        "    spent: { kind: budget, at: [100], forecast: true, levels: [key], send_resolved: true }\n";
    let mut gateway = Gateway::start(&configuration(&upstream, &place, rules)).await;
    let (id, key) = gateway.make_key(&json!({"name": "app"})).await;
    let spent = cost(ask(&gateway, &key, "up/chat-model", "hi").await.ok());
    eventually_within(super::SOON, "it is in the sums", async || {
        let rows = gateway.rows("/api/v1/usage?group_by=key").await;
        rows.iter().any(|row| row["cost_usd"] == usd(spent).trim_end_matches('0')).then_some(())
    })
    .await;
    looked_again(&gateway).await;
    // Yesterday was like today; a few calls of today alone say nothing of a month.
    gateway.stop().await;
    let file = rusqlite::Connection::open(gateway.folder().join("data/gatewright.db")).unwrap();
    let earlier = "INSERT OR IGNORE INTO rollups SELECT kind, start - 1, series, requests, errors, input, output, cached, cache_write, \
        reasoning, cost, saved, latency, first_byte FROM rollups WHERE kind IN (4, 10)";
    assert!(file.execute(earlier, []).unwrap() > 0);
    drop(file);
    let gateway = gateway.restart().await;
    // Some part of a day like that one is always left of the month.
    let path = format!("/api/v1/keys/{id}");
    let set = async |limit: &str| {
        let budget = json!({"budget": {"limit_usd": limit, "period": "month", "shadow": true}});
        gateway.admin(Method::PATCH, &path, Some(&budget)).await.ok();
    };
    set(&usd(spent + 1)).await;
    let firing = ("firing", "budget", id.as_str());
    let told = exactly(&gateway, &place, &[firing]).await;
    let expected = nanos(told[0]["details"]["expected_usd"].as_str().unwrap());
    assert!(expected > spent + 1, "{told:?}");
    set("1000000").await;
    exactly(&gateway, &place, &[firing, ("resolved", "budget", id.as_str())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_that_costs_far_more_than_others_is_told_of_once() {
    let (upstream, place) = (Upstream::start().await, place().await);
    let rules = "    odd: { kind: spend_anomaly, per: key, min_usd: \"0.000001\" }\n";
    let mut gateway = Gateway::start(&configuration(&upstream, &place, rules)).await;
    let (id, key) = gateway.make_key(&json!({"name": "app"})).await;
    ask(&gateway, &key, "up/chat-model", "hi").await.ok();
    let file = rusqlite::Connection::open(gateway.folder().join("data/gatewright.db")).unwrap();
    let hours =
        || file.query_row("SELECT COUNT(*) FROM rollups WHERE kind = 2", [], |row| row.get::<_, i64>(0));
    eventually_within(super::SOON, "the hour's sums", async || {
        hours().is_ok_and(|count| count > 0).then_some(())
    })
    .await;
    looked_again(&gateway).await;
    assert!(told(&place, "/hook").is_empty(), "without other hours nothing is odd");
    gateway.stop().await;
    // Each of the thirty hours before was like this one.
    let earlier = "WITH RECURSIVE back(hours) AS (SELECT 1 UNION ALL SELECT hours + 1 FROM back WHERE hours < 30) \
        INSERT INTO rollups SELECT kind, start - hours, series, requests, errors, input, output, cached, cache_write, \
        reasoning, cost, saved, latency, first_byte FROM rollups, back WHERE kind IN (2, 3, 8)";
    assert!(file.execute(earlier, []).unwrap() >= 30);
    drop(file);
    let gateway = gateway.restart().await;
    ask(&gateway, &key, "up/chat-model", "hi").await.ok();
    for _ in 0..8 {
        ask(&gateway, &key, "up/chat-model", "hi").await.ok();
    }
    let told = exactly(&gateway, &place, &[("firing", "spend_anomaly", id.as_str())]).await;
    assert_eq!(told[0]["subject"]["name"], "app");
    assert!(told[0]["details"]["compared_hours"].as_u64().unwrap() >= 24, "{told:?}");
}
