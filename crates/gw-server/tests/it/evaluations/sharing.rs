//! Evaluations of several organizations: none holds the others up, and lists of them end where they are large.

use super::{ask, becomes, configuration, dataset, evaluation};
use crate::support::{Gateway, Upstream, chat, eventually_within};
use http::Method;
use serde_json::{Value, json};

/// The key of a new organization.
async fn key_of(gateway: &Gateway, organization: &str) -> String {
    let made = ask(gateway, Method::POST, "organizations", &json!({"name": organization})).await;
    let team = json!({"name": format!("team of {organization}"), "organization_id": made["id"]});
    let team = ask(gateway, Method::POST, "teams", &team).await;
    gateway.make_key(&json!({"name": organization, "team_id": team["id"]})).await.1
}

async fn refused(gateway: &Gateway, dataset: &str, key: &str) -> String {
    let body =
        json!({"name": "n", "dataset_id": dataset, "models": ["up/quick"], "key": key, "budget_usd": "1"});
    let answer = gateway.admin(Method::POST, "/api/v1/evaluations", Some(&body)).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    answer.text()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizations_take_turns_and_none_takes_all_places() {
    let upstream = Upstream::start().await;
    let most =
        "evaluations: { max_running: 1, turn_seconds: 1, max_open: 3, max_open_per_organization: 2 }\n";
    let gateway = Gateway::start(&format!("{}{most}", configuration(&upstream))).await;
    upstream.faults("slow", "latency=100", None);
    let (acme, globex) = (key_of(&gateway, "acme").await, key_of(&gateway, "globex").await);
    let items = |count: usize| -> Vec<Value> {
        (0..count).map(|number| json!({"request": chat("any", &format!("item {number}"))})).collect()
    };
    let (long, short) = (dataset(&gateway, &items(80)).await, dataset(&gateway, &items(1)).await);
    let with = |key: &str, model: &str| json!({"key": key, "models": [model], "concurrency": 1});
    // Eight seconds at least.
    let first = evaluation(&gateway, &long, with(&acme, "up/slow")).await;
    becomes(&gateway, &first, "running").await;
    let second = evaluation(&gateway, &short, with(&acme, "up/quick")).await;
    let text = refused(&gateway, &short, &acme).await;
    assert!(text.contains("evaluations.max_open_per_organization"), "{text}");
    let other = evaluation(&gateway, &short, with(&globex, "up/quick")).await;
    let text = refused(&gateway, &short, &globex).await;
    assert!(text.contains("'evaluations.max_open'"), "{text}");
    // Whoever came last is through before the first is, and before the second of those who had a turn.
    becomes(&gateway, &other, "done").await;
    let state = async |id: &str| {
        let shown = ask(&gateway, Method::GET, &format!("evaluations/{id}"), &Value::Null).await;
        shown["state"].as_str().unwrap().to_owned()
    };
    assert!(["waiting", "running"].contains(&state(&first).await.as_str()));
    assert_eq!(state(&second).await, "waiting", "one after the other");
    let done = becomes(&gateway, &first, "done").await;
    assert_eq!((&done["progress"]["passed"], &done["interruptions"]), (&json!(80), &json!(0)), "{done}");
    assert_eq!(done["summary"][0]["repeated"], 0, "nothing is paid for twice: {done}");
    becomes(&gateway, &second, "done").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_run_at_a_time_and_are_begun_at_once() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&configuration(&upstream)).await;
    let keys = [key_of(&gateway, "acme").await, key_of(&gateway, "globex").await];
    let dataset = dataset(&gateway, &[json!({"request": chat("any", "hi")})]).await;
    let mut ids = Vec::new();
    for key in &keys {
        ids.push(evaluation(&gateway, &dataset, json!({"key": key, "models": ["up/fault-hang"]})).await);
    }
    for id in &ids {
        becomes(&gateway, id, "running").await;
    }
    // Outside of organizations is one more; nothing is looked for every second, so that this is told.
    let third = evaluation(&gateway, &dataset, json!({"models": ["up/quick"]})).await;
    eventually_within(std::time::Duration::from_secs(20), "the third is done", async || {
        let shown = ask(&gateway, Method::GET, &format!("evaluations/{third}"), &Value::Null).await;
        (shown["state"] == "done").then_some(())
    })
    .await;
    for id in &ids {
        ask(&gateway, Method::POST, &format!("evaluations/{id}/cancel"), &Value::Null).await;
        becomes(&gateway, id, "cancelled").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_large_ones_comes_in_pieces() {
    let upstream = Upstream::start().await;
    let config = format!("{}records: {{ max_page_bytes: 65536 }}\n", configuration(&upstream));
    let gateway = Gateway::start(&config).await;
    let dataset = dataset(&gateway, &[json!({"request": chat("any", "hi")})]).await;
    let checks = json!([{"kind": "contains", "text": "x".repeat(25_000)}]);
    for _ in 0..7 {
        let with = json!({"models": ["up/quick"], "checks": checks});
        let id = evaluation(&gateway, &dataset, with).await;
        becomes(&gateway, &id, "done").await;
    }
    let page = gateway.admin(Method::GET, "/api/v1/evaluations?limit=100", None).await.ok().json();
    assert_eq!(page["data"].as_array().unwrap().len(), 3, "the third goes beyond");
    assert!(page["next_cursor"].is_string());
    let all = gateway.rows("/api/v1/evaluations?limit=100").await;
    let mut ids: Vec<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 7);
    assert_eq!(gateway.rows("/api/v1/evaluations?limit=2").await.len(), 7);
}
