//! What people say counts in evaluations, whenever they say it: about the calls that items were made of, and about those that the
//! evaluation made.

use super::{SOON, ask, becomes, configuration, dataset, results};
use crate::support::postgres::Postgres;
use crate::support::{Call, Gateway, KEY, MASTER, Upstream, chat, eventually, eventually_within};
use http::Method;
use serde_json::{Value, json};

async fn said(gateway: &Gateway, request: &str, about: &Value) {
    // Feedback is about a record, which is there soon after the call.
    eventually_within(SOON, "the record is there", async || {
        let rows = gateway.rows(&format!("/api/v1/logs?request_id={request}")).await;
        (!rows.is_empty()).then_some(())
    })
    .await;
    ask(gateway, Method::POST, &format!("logs/{request}/feedback"), about).await;
}

/// A dataset of three calls, the first of which was rated bad.
async fn collected(gateway: &Gateway) -> String {
    for text in ["one", "two", "three"] {
        let id = gateway.send(Call::chat(&chat("up/chat-model", text)).key(KEY)).await.request_id();
        let path = format!("/api/v1/logs?request_id={id}&has_body=true");
        eventually("bodies are kept", async || (gateway.rows(&path).await.len() == 1).then_some(())).await;
        match text {
            "one" => said(gateway, &id, &json!({"label": "bad"})).await,
            "two" => said(gateway, &id, &json!({"score": 1})).await,
            _ => said(gateway, &id, &json!({"comment": "in words"})).await,
        }
    }
    let made = ask(gateway, Method::POST, "datasets", &json!({"name": "rated"})).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let done = ask(gateway, Method::POST, &format!("datasets/{id}/collect"), &json!({})).await;
    assert_eq!(done["added"], 3, "{done}");
    id
}

async fn rated(gateway: &Gateway) {
    let dataset = collected(gateway).await;
    let checks =
        json!([{"kind": "exact"}, {"kind": "feedback", "at_least": 0.6}, {"kind": "regex", "pattern": "."}]);
    let targets = json!([{"model": "up/chat-model"}, {"name": "other", "model": "up/quick"}]);
    let body = json!({"name": "what people say", "dataset_id": dataset, "key": KEY, "budget_usd": "5",
        "targets": targets, "checks": checks});
    let id = ask(gateway, Method::POST, "evaluations", &body).await["id"].as_str().unwrap().to_owned();
    let done = becomes(gateway, &id, "done").await;
    // Nobody has said anything of its own calls yet, so nothing fails for that.
    let first = &done["summary"][0];
    assert_eq!(
        (&first["passed"], &first["rated"], &first["feedback_score"]),
        (&json!(3), &json!(0), &Value::Null)
    );
    let recorded = &done["recorded"];
    assert_eq!((&recorded["rated"], &recorded["passed"]), (&json!(2), &json!(1)), "{done}");
    assert_eq!((&recorded["pass_rate"], &recorded["mean_score"]), (&json!(0.5), &json!(0.5)));
    assert_eq!(recorded["comparison"][0]["ties"], 0);

    let all = results(gateway, &id).await;
    let call = |place: usize| all[place]["request_id"].as_str().unwrap();
    assert_eq!(
        (&all[0]["checks"][1]["kind"], &all[0]["checks"][1]["passed"]),
        (&json!("feedback"), &Value::Null)
    );
    assert_eq!((&all[0]["recorded_score"], &all[4]["recorded_score"]), (&json!(0.0), &Value::Null));
    // What is said later shows: by two people of the first item with the first model, by one of the second.
    said(gateway, call(0), &json!({"score": 1})).await;
    said(gateway, call(0), &json!({"label": "good", "comment": "better"})).await;
    said(gateway, call(2), &json!({"score": 0})).await;
    said(gateway, call(1), &json!({"score": 1})).await;

    let late = ask(gateway, Method::GET, &format!("evaluations/{id}"), &Value::Null).await;
    let (first, other) = (&late["summary"][0], &late["summary"][1]);
    assert_eq!((&first["passed"], &first["failed"]), (&json!(2), &json!(1)), "{late}");
    assert_eq!((&first["rated"], &first["feedback_score"]), (&json!(2), &json!(0.75)));
    assert_eq!((&other["rated"], &other["feedback_score"]), (&json!(1), &json!(1.0)));
    let against = json!({"target": "up/chat-model", "target_wins": 1, "recorded_wins": 1, "ties": 0});
    assert_eq!(late["recorded"]["comparison"][0], against, "{late}");
    let all = results(gateway, &id).await;
    let check = &all[2]["checks"][1];
    assert_eq!(
        (&check["passed"], &check["score"], &all[2]["verdict"]),
        (&json!(false), &json!(0.5), &json!("failed"))
    );
    // Two other checks gave it 1.
    assert!((all[2]["score"].as_f64().unwrap() - 2.5 / 3.0).abs() < 1e-5, "{}", all[2]);
    assert_eq!(all[0]["checks"][1]["detail"], "rated 2 times");
    let path = format!("/api/v1/evaluations/{id}/export?format=csv");
    let table = gateway.send(Call::get(&path).key(MASTER)).await.ok().text();
    assert!(table.lines().next().unwrap().ends_with(",recorded_score"), "{table}");
    assert!(table.contains("rated 2 times"), "{table}");
    refused(gateway, &dataset).await;
}

async fn refused(gateway: &Gateway, dataset: &str) {
    let wrong = [
        (json!([{"kind": "feedback", "worst": 1}]), "checks[0]"),
        (json!([{"kind": "feedback", "best": 1_000_001}]), "checks[0]"),
        (json!([{"kind": "feedback", "best": 0.5}]), "checks"),
        (json!([{"kind": "feedback"}, {"kind": "feedback"}]), "checks[1]"),
    ];
    for (checks, field) in wrong {
        let body = json!({"name": "n", "dataset_id": dataset, "key": KEY, "budget_usd": "5",
            "models": ["up/quick"], "checks": checks});
        let refused = gateway.admin(Method::POST, "/api/v1/evaluations", Some(&body)).await;
        assert_eq!(refused.status, 400, "{checks}: {}", refused.text());
        assert_eq!(refused.json()["error"]["field"], field, "{checks}: {}", refused.text());
    }
}

fn keeping_bodies(upstream: &Upstream) -> String {
    format!("{}records: {{ logging: full }}\n", configuration(upstream))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_say_counts_whenever_they_say_it() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&keeping_bodies(&upstream)).await;
    rated(&gateway).await;
    // An evaluation without the check asks nobody.
    let items = [json!({"request": chat("any", "hi")})];
    let plain = dataset(&gateway, &items).await;
    let plain = super::evaluation(&gateway, &plain, json!({"models": ["up/quick"]})).await;
    assert_eq!(becomes(&gateway, &plain, "done").await["recorded"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_so_it_does_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("feedback");
    let variables =
        [("GATEWRIGHT_DATABASE_URL", url.as_str()), ("GATEWRIGHT_ENCRYPTION_KEY", "of the tests")];
    let gateway = Gateway::start_with(&keeping_bodies(&upstream), &variables).await;
    rated(&gateway).await;
}
