//! Refused calls are counted for the model that they asked for, in usage, timeseries and metrics: by its name where the name
//! stands for something, and by none where a caller made it up.

use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn ask(gateway: &Gateway, key: &str, model: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(key)).await
}

/// Requests by the names that rows have.
fn requests(rows: &[Value], name: &str) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for row in rows {
        *all.entry(row[name].as_str().unwrap_or("").to_owned()).or_default() +=
            row["requests"].as_u64().unwrap_or(0);
    }
    all
}

/// The models that metrics say were refused.
async fn refused_models(gateway: &Gateway) -> BTreeMap<String, u64> {
    let text = gateway.admin(Method::GET, "/metrics", None).await.ok().text();
    let of = |line: &str| {
        let labels = line.strip_prefix("gatewright_requests_total{")?;
        let (_, model) = labels.split_once("model=\"")?;
        let count = line.rsplit(' ').next()?.parse::<u64>().ok()?;
        line.contains("outcome=\"refused\"").then_some((model.split('"').next()?.to_owned(), count))
    };
    let mut all = BTreeMap::new();
    for (model, count) in text.lines().filter_map(of) {
        *all.entry(model).or_insert(0) += count;
    }
    all
}

fn names(list: &[(&str, u64)]) -> BTreeMap<String, u64> {
    list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_calls_count_for_the_model_that_they_named() {
    let upstream = Upstream::start().await;
    let aliases = "models:\n  listed: { targets: [{ provider: up, model: chat-model }] }\n";
    let gateway = Gateway::start(&format!("{}{aliases}", upstream.providers())).await;
    let (_, limited) = gateway.make_key(&json!({"name": "limited", "limits": {"rpm": 1}})).await;
    let (_, narrow) = gateway.make_key(&json!({"name": "narrow", "models": ["listed"]})).await;
    // An alias, a target of one, and what was never served.
    ask(&gateway, &limited, "listed").await.ok();
    for model in ["listed", "up/chat-model", "up/made-up"] {
        ask(&gateway, &limited, model).await.refused(429, "rate_limit_exceeded");
    }
    // No list has this one, but it was served.
    ask(&gateway, MASTER, "up/served").await.ok();
    ask(&gateway, &limited, "up/served").await.refused(429, "rate_limit_exceeded");
    for model in ["up/chat-model", "nowhere", "up/made-up-too"] {
        ask(&gateway, &narrow, model).await.refused(403, "model_not_allowed");
    }
    ask(&gateway, MASTER, "nowhere").await.refused(404, "model_not_found");
    let wanted = names(&[("", 4), ("listed", 2), ("up/chat-model", 2), ("up/served", 2)]);
    eventually("usage counts them", async || {
        (requests(&gateway.rows("/api/v1/usage?group_by=model").await, "model") == wanted).then_some(())
    })
    .await;
    let path = "/api/v1/analytics/timeseries?metric=requests&group_by=model&interval=minute";
    let answer = gateway.admin(Method::GET, path, None).await.ok().json();
    for (name, count) in &wanted {
        let series = answer["data"].as_array().unwrap().iter();
        let mine = series.filter(|one| one["value"].as_str().unwrap_or("") == name);
        let points = mine.flat_map(|one| one["points"].as_array().unwrap());
        let sum: u64 = points.filter_map(|point| point["requests"].as_u64()).sum();
        assert_eq!(sum, *count, "{name}: {answer:#}");
    }
    let refused = [("none", 4), ("listed", 1), ("up/chat-model", 2), ("up/served", 1)];
    assert_eq!(refused_models(&gateway).await, names(&refused));
    // Records have the names as callers wrote them.
    let rows = gateway.records_of("refused", 8).await;
    assert_eq!(rows.iter().filter(|row| row["model"] == "nowhere").count(), 2);
}
