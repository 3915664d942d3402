//! Every writing operation leaves exactly one entry in the audit log, and nothing else leaves any.

use super::{Row, done, parts_of, rows};
use crate::support::postgres::Postgres;
use crate::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, eventually, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Entries that the master key's holder made, newest first.
async fn entries(gateway: &Gateway) -> Vec<Value> {
    gateway.rows("/api/v1/audit?actor=master&limit=5").await
}

fn newest(entries: &[Value]) -> i64 {
    entries.first().map_or(0, |entry| entry["number"].as_i64().unwrap())
}

async fn send(gateway: &Gateway, row: &Row, path: &str, body: &Value) -> Answer {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut call = Call::post(path, text).method(row.method.clone()).key(MASTER);
    if row.method == Method::POST {
        call = call.header("idempotency-key", &super::name());
    }
    let answer = gateway.send(call.clone()).await;
    if row.method == Method::POST {
        // The same again is answered, and nothing is done.
        assert_eq!(gateway.send(call).await.status, answer.status, "{}", row.path);
    }
    answer
}

async fn check_all(gateway: &Gateway) {
    for row in rows() {
        let (path, body) = parts_of(gateway, &row).await;
        let before = newest(&entries(gateway).await);
        done(&row, &send(gateway, &row, &path, &body).await);
        let after = entries(gateway).await;
        let new: Vec<&Value> =
            after.iter().filter(|entry| entry["number"].as_i64().unwrap() > before).collect();
        let actions: Vec<&str> = new.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        let expected: Vec<&str> = row.action.iter().map(String::as_str).collect();
        assert_eq!(actions, expected, "{} {}", row.method, row.path);
        if let Some(entry) = new.first() {
            let is_told =
                !entry["after"].is_null() || row.method == Method::DELETE && !entry["before"].is_null();
            assert!(is_told && entry["id"] != "" && entry["address"] == "127.0.0.1", "{entry}");
            if row.method == Method::GET {
                continue;
            }
            // What is refused leaves none.
            let wrong = send(gateway, &row, &path, &json!({"no_such_member": 1})).await;
            assert!(wrong.status.is_client_error() || row.method == Method::DELETE, "{}", wrong.text());
            assert_eq!(newest(&entries(gateway).await), entry["number"].as_i64().unwrap(), "{}", row.path);
        }
    }
    let report = gateway.admin(Method::GET, "/api/v1/audit/verify", None).await.json();
    assert_eq!(report["valid"], true, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_writing_operation_leaves_one_entry() {
    let upstream = Upstream::start().await;
    check_all(&Gateway::start(&super::configuration(&upstream)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_so_it_does_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("audited");
    let variables =
        [("GATEWRIGHT_DATABASE_URL", url.as_str()), ("GATEWRIGHT_ENCRYPTION_KEY", "of the tests")];
    check_all(&Gateway::start_with(&super::configuration(&upstream), &variables).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_with_an_account_stands_in_its_entry() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&super::configuration(&upstream)).await;
    let team = super::make(&gateway, "teams", &json!({})).await;
    let project = super::make(&gateway, "projects", &json!({"team_id": team})).await;
    let key = super::make(&gateway, "keys", &json!({"project_id": project})).await;
    let path = format!("/api/v1/teams/{team}");
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 409);
    assert_eq!(gateway.admin(Method::DELETE, &format!("{path}?cascade=true"), None).await.status, 204);
    let rows = entries(&gateway).await;
    let entry = &rows[0];
    assert_eq!(entry["action"], "team.delete");
    assert_eq!(entry["before"]["deleted_accounts"], json!([project]));
    assert_eq!(entry["before"]["revoked_keys"], json!([key]));
    assert_ne!(rows[1]["action"], "team.delete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_the_database_is_away_is_written_when_it_is_back() {
    let Some(mut server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("away");
    let variables =
        [("GATEWRIGHT_DATABASE_URL", url.as_str()), ("GATEWRIGHT_ENCRYPTION_KEY", "of the tests")];
    let gateway = Gateway::start_with(&super::configuration(&upstream), &variables).await;
    let key = super::make(&gateway, "keys", &json!({})).await;
    // What it goes on from while the database is away.
    let copy = gateway.folder().join("data/last-state.sealed");
    eventually("there is a copy of the last state", async || copy.exists().then_some(())).await;
    server.kill();
    let patch = json!({"metadata": {"a": "b"}});
    let refused = gateway.admin(Method::PATCH, &format!("/api/v1/keys/{key}"), Some(&patch)).await;
    refused.refused(503, "storage_unavailable");
    gateway.send(Call::get("/api/v1/keys").key("gw-wrong")).await.refused(401, "invalid_api_key");
    let more = format!("{}keys:\n  - {{ name: late, key: {KEY} }}\n", upstream.providers());
    gateway.write_config(&more);
    let works =
        async || gateway.send(Call::get("/v1/models").key(KEY)).await.status.is_success().then_some(());
    eventually("the new configuration is in force", works).await;
    server.back();
    let written = eventually_within(Duration::from_secs(20), "the entries are written", async || {
        let rows = gateway.send(Call::get("/api/v1/audit?limit=50").key(MASTER)).await;
        let rows = rows.status.is_success().then(|| rows.json()["data"].clone())?;
        let actions: Vec<String> = rows
            .as_array()?
            .iter()
            .map(|row| row["action"].as_str().unwrap_or_default().to_owned())
            .collect();
        actions.contains(&"configuration.reload".to_owned()).then_some(actions)
    });
    let actions = written.await;
    assert_eq!(actions, ["configuration.reload", "admin.refused", "key.create", "gateway.start"]);
    let report = gateway.admin(Method::GET, "/api/v1/audit/verify", None).await.json();
    assert_eq!(report["valid"], true, "{report}");
}
