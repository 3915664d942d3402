//! Exports of records: what is in them, where they go, who may have them, and that no half of one stands under its name.

use super::operations::recorded;
use super::support::gateway::run;
use super::support::object_storage::ObjectStorage;
use super::support::{Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};

async fn ask(gateway: &Gateway, wanted: &Value) -> Value {
    let made = gateway.admin(Method::POST, "/api/v1/exports", Some(wanted)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    over(gateway, made.json()["id"].as_str().unwrap()).await
}

/// The export, once it is over.
async fn over(gateway: &Gateway, id: &str) -> Value {
    eventually("the export is over", async || {
        let export = gateway.admin(Method::GET, &format!("/api/v1/exports/{id}"), None).await.ok().json();
        let state = export["state"].as_str().unwrap().to_owned();
        (!["waiting", "running"].contains(&state.as_str())).then_some(export)
    })
    .await
}

async fn taken(gateway: &Gateway, export: &Value) -> Vec<u8> {
    let path = format!("/api/v1/exports/{}/download", export["id"].as_str().unwrap());
    let answer = gateway.admin(Method::GET, &path, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body.to_vec()
}

fn lines(file: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(file).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn started(more: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!("{}\nrecords: {{ logging: full }}\n{more}\n", upstream.providers());
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_exported_as_the_list_has_them() {
    let (_upstream, gateway) = started("").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(recorded(&gateway, MASTER).await);
    }
    let refused = gateway.send(Call::chat(&chat("nowhere", "x")).key(MASTER)).await.request_id();
    gateway.record(&refused).await;
    let all = ask(&gateway, &json!({"format": "jsonl"})).await;
    assert_eq!((&all["state"], &all["records"]), (&json!("done"), &json!(4)), "{all}");
    let rows = lines(&taken(&gateway, &all).await);
    assert_eq!(rows, gateway.rows("/api/v1/logs").await, "the same rows in the same order");
    // Those that a filter lets through, with their bodies.
    let some = json!({"format": "jsonl", "with_bodies": true, "filter": {"outcome": "success"}});
    let rows = lines(&taken(&gateway, &ask(&gateway, &some).await).await);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["request_body"].as_str().unwrap().contains("chat-model")), "{rows:?}");
    let parquet = ask(&gateway, &json!({"filter": {"model": "up/chat-model"}})).await;
    let file = taken(&gateway, &parquet).await;
    assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
    assert_eq!((parquet["records"].as_u64(), parquet["bytes"].as_u64()), (Some(3), Some(file.len() as u64)));
    // Nothing is left but whole files.
    let left: Vec<_> = std::fs::read_dir(gateway.folder().join("data/exports")).unwrap().flatten().collect();
    assert!(left.iter().all(|file| !file.file_name().to_string_lossy().contains(".part")), "{left:?}");
    let noted = gateway.rows("/api/v1/audit?action=export.download").await;
    assert_eq!(noted.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_are_kept_as_far_as_they_are_text() {
    let (_upstream, gateway) = started("").await;
    let call =
        Call::chat(&chat("up/chat-model", "x")).key(MASTER).header_bytes("user-agent", b"app/\xe91 \xc3\xa4");
    let id = gateway.send(call).await.ok().request_id();
    assert_eq!(gateway.record(&id).await["user_agent"], "app/\u{fffd}1 \u{e4}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_to_object_storage_signed() {
    let storage = ObjectStorage::start().await;
    let (_upstream, gateway) = started(&format!("exports: {{ s3: {} }}", storage.settings())).await;
    recorded(&gateway, MASTER).await;
    let export = ask(&gateway, &json!({"format": "jsonl", "to": "s3"})).await;
    assert_eq!(export["state"], "done", "{export}");
    let body = storage.object(export["name"].as_str().unwrap()).expect("the object");
    let heads = storage.heads("PUT ");
    let [head] = heads.as_slice() else { panic!("{heads:?}") };
    assert!(head.contains("/us-east-1/s3/aws4_request"), "{head}");
    assert_eq!(lines(&body).len(), 1);
    let path = format!("/api/v1/exports/{}/download", export["id"].as_str().unwrap());
    assert_eq!(gateway.admin(Method::GET, &path, None).await.status, 404, "it is not here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_exported_is_said_at_once() {
    let (_upstream, gateway) = started("").await;
    for (wanted, field) in [
        (json!({"format": "xlsx"}), "format"),
        (json!({"to": "s3"}), "to"),
        (json!({"filter": {"modell": "x"}}), "filter"),
        (json!({"filter": {"status": "many"}}), "status"),
        (json!({"from": "2026-11-02", "until": "2026-11-01"}), "from"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let answer = gateway.admin(Method::POST, "/api/v1/exports", Some(&wanted)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"]["field"].as_str()),
            (400, Some(field)),
            "{wanted}"
        );
    }
    assert!(gateway.rows("/api/v1/exports").await.is_empty());
    assert_eq!(gateway.admin(Method::GET, "/api/v1/exports/exp_1", None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_was_cut_short_is_made_anew() {
    let (_upstream, mut gateway) = started("exports: { s3: { bucket: nowhere, endpoint: \"http://127.0.0.1:1\", access_key_id: a, secret_access_key: b } }").await;
    recorded(&gateway, MASTER).await;
    let made = gateway.admin(Method::POST, "/api/v1/exports", Some(&json!({"to": "s3"}))).await.json();
    let path = format!("/api/v1/exports/{}", made["id"].as_str().unwrap());
    eventually("it is tried", async || {
        let export = gateway.admin(Method::GET, &path, None).await.ok().json();
        (export["tries"].as_u64() > Some(0)).then_some(())
    })
    .await;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    let cancelled = gateway.admin(Method::POST, &format!("{path}/cancel"), Some(&json!({}))).await;
    assert_eq!(cancelled.json()["state"], "cancelled", "{}", cancelled.text());
    assert_eq!(gateway.admin(Method::POST, &format!("{path}/cancel"), Some(&json!({}))).await.status, 409);
    // The thread goes on with others.
    assert_eq!(ask(&gateway, &json!({"format": "jsonl"})).await["records"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_records_agree_with_their_sums_and_the_command_line_exports_them() {
    let (_upstream, mut gateway) = started("").await;
    let folder = gateway.folder().join("data").display().to_string();
    gateway.stop().await;
    let seed =
        ["emulate", "--seed-records", "3000", "--data-dir", &folder, "--days", "3", "--with-bodies", "10"];
    let (code, _, said) = run(&seed).await;
    assert_eq!(code, 0, "{said}");
    let gateway = gateway.restart().await;
    let usage = gateway.rows("/api/v1/usage?group_by=model").await;
    let of_usage: u64 = usage.iter().filter_map(|row| row["requests"].as_u64()).sum();
    let overview =
        gateway.admin(Method::GET, "/api/v1/analytics/overview?from=2020-01-01", None).await.ok().json();
    assert_eq!(of_usage, 3000);
    assert_eq!(overview["current"]["requests"], 3000, "{overview}");
    let file = gateway.folder().join("all.jsonl").display().to_string();
    let url = format!("http://{}", gateway.addr);
    let (code, said, error) =
        run(&["export", "--url", &url, "--key", MASTER, "records", "--format", "jsonl", "--output", &file])
            .await;
    assert_eq!(code, 0, "{error}");
    assert!(said.starts_with("3000 records"), "{said}");
    let rows = lines(&std::fs::read(&file).unwrap());
    let cost = |rows: &[Value]| -> i128 {
        rows.iter().map(|row| super::support::gateway::nanos(row["cost_usd"].as_str().unwrap())).sum()
    };
    assert_eq!((rows.len(), cost(&rows)), (3000, cost(&usage)));
}
