//! The control plane as a whole: every operation of the OpenAPI document asks for the master key, and a data
//! directory survives backup and restore.

use super::support::gateway::run;
use super::support::{Call, Gateway, KEY, MASTER, Upstream, chat};
use http::Method;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_needs_the_master_key() {
    let upstream = Upstream::start().await;
    let config = format!("{}keys:\n  - {{ name: a, key: {KEY}, models: [\"*\"] }}\n", upstream.providers());
    let gateway = Gateway::start(&config).await;
    let (status, document, _) = run(&["openapi"]).await;
    assert_eq!(status, 0);
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        // Those are for whoever signs in (sign_in/operations.rs).
        if path.starts_with("/api/v1/auth/") {
            continue;
        }
        let path = path.replace("{id}", "key_00000000000000000000000000000001");
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let call = || Call::new(method.clone(), &path);
            for call in [call(), call().key(KEY), call().key("gw-nobody")] {
                let answer = gateway.send(call).await;
                assert_eq!(answer.status, 401, "{method} {path}");
                assert_eq!(answer.code(), "invalid_api_key", "{method} {path}");
            }
            // The head alone: some answers go on until somebody ends them.
            let known = call().key(MASTER).open(gateway.addr).await;
            assert!(known.status != 401 && known.status != 405, "{method} {path}: {}", known.status);
            asked += 1;
        }
    }
    assert!(asked >= 10, "{asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_gateway_restores_keys_and_usage() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (_, key) = gateway.make_key(&serde_json::json!({"name": "kept"})).await;
    let answer = gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(&key)).await;
    gateway.record(&answer.ok().request_id()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let data = gateway.folder().join("data").display().to_string();
    let (status, _, errors) = run(&["backup", &path("saved"), "--data-dir", &data]).await;
    assert_eq!(status, 0, "{errors}");
    let (status, _, errors) = run(&["restore", &path("saved"), "--data-dir", &path("restored")]).await;
    assert_eq!(status, 0, "{errors}");
    let (status, _, errors) = run(&["restore", &path("saved"), "--data-dir", &path("restored")]).await;
    assert!(status != 0 && errors.contains("--force"), "data is not overwritten unasked: {errors}");
    let (status, _, errors) = run(&["restore", &path("nothing"), "--data-dir", &path("other")]).await;
    assert!(status != 0 && !errors.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_come_in_the_format_that_is_asked_for() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await.ok();
    let plain = gateway.send(Call::get("/metrics")).await;
    assert_eq!(plain.ok().header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = plain.text();
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
    assert!(
        text.contains("gatewright_build_info{version=\"") && text.contains("process_resident_memory_bytes ")
    );
    // Each sample belongs to a metric that is described under its name.
    let described: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    assert!(described.len() > 5, "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let is_described = described.iter().any(|(metric, kind)| match *kind {
            "histogram" => ["_bucket", "_sum", "_count"].iter().any(|s| name.strip_suffix(s) == Some(metric)),
            "counter" => name == *metric && name.ends_with("_total"),
            _ => name == *metric,
        });
        assert!(is_described, "{line}");
    }
    let asked = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    let open = gateway.send(Call::get("/metrics").header("accept", asked)).await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(open.ok().header("content-type"), Some(kind));
    assert!(open.text().ends_with("# EOF\n") && open.text().contains("# TYPE gatewright_requests counter"));
}
