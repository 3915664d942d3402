//! Keys of issuers: where they come from, when they are read again, and what an outage does.

use super::issuer::{Issuer, Signer};
use super::{ask, claims, config, set_up, with};
use crate::support::{Gateway, Upstream, eventually};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_is_found_when_a_token_names_it() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "").await;
    ask(&gateway, &issuer.sign(&claims(&issuer, "u1"))).await.ok();
    let second = Signer::new("second");
    let token = second.sign(&claims(&issuer, "u1"));
    ask(&gateway, &token).await.refused(401, "invalid_api_key");
    issuer.publish(vec![issuer.signer.jwk(), second.jwk()]);
    eventually("the new key", async || (ask(&gateway, &token).await.status == 200).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_keys_do_not_make_the_gateway_ask_without_end() {
    let issuer = Issuer::start().await;
    let upstream = Upstream::start().await;
    let text =
        config(&upstream, &issuer, "").replace("refresh_pause_seconds: 1", "refresh_pause_seconds: 3600");
    let gateway = Gateway::start(&text).await;
    ask(&gateway, &issuer.sign(&claims(&issuer, "u1"))).await.ok();
    let before = issuer.reads();
    for number in 0..20 {
        let token = Signer::new(&format!("k{number}")).sign(&claims(&issuer, "u1"));
        ask(&gateway, &token).await.refused(401, "invalid_api_key");
    }
    assert_eq!(issuer.reads(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_issuer_leaves_the_keys_in_force() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "").await;
    ask(&gateway, &issuer.sign(&claims(&issuer, "u1"))).await.ok();
    issuer.set_down(true);
    ask(&gateway, &issuer.sign(&claims(&issuer, "u2"))).await.ok();
    let unknown = Signer::new("new").sign(&claims(&issuer, "u1"));
    ask(&gateway, &unknown).await.refused(401, "invalid_api_key");
    // Of an issuer that was never reached nothing can be said.
    let gateway = gateway.restart().await;
    let token = issuer.sign(&claims(&issuer, "u1"));
    let answer = ask(&gateway, &token).await;
    answer.refused(503, "identity_unavailable");
    assert!(answer.header("retry-after").is_some());
    issuer.set_down(false);
    eventually("the issuer is back", async || (ask(&gateway, &token).await.status == 200).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_a_file_need_no_issuer_to_be_there() {
    let issuer = Issuer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    std::fs::write(&path, json!({ "keys": [issuer.signer.jwk()] }).to_string()).unwrap();
    let upstream = Upstream::start().await;
    let text = config(&upstream, &issuer, &format!("keys_file: {}\nalgorithms: [ES256]", path.display()));
    let gateway = Gateway::start(&text).await;
    ask(&gateway, &issuer.sign(&with(&issuer, "u1", json!({ "aud": ["x", "gateway"] })))).await.ok();
    assert_eq!(issuer.reads(), 0);
    let stranger = Signer::new("other").sign(&claims(&issuer, "u1"));
    ask(&gateway, &stranger).await.refused(401, "invalid_api_key");
    gateway.write_config(&text.replace("[ES256]", "[RS256]"));
    eventually("the way of signing is refused", async || {
        ask(&gateway, &issuer.sign(&claims(&issuer, "u9")))
            .await
            .text()
            .contains("signed with 'ES256'")
            .then_some(())
    })
    .await;
}
