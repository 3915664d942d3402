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
        let path = path.replace("{id}", "key_00000000000000000000000000000001");
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let call = || Call::new(method.clone(), &path);
            for call in [call(), call().key(KEY), call().key("gw-nobody")] {
                let answer = gateway.send(call).await;
                assert_eq!(answer.status, 401, "{method} {path}");
                assert_eq!(answer.code(), "invalid_api_key", "{method} {path}");
            }
            let known = gateway.send(call().key(MASTER)).await;
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
