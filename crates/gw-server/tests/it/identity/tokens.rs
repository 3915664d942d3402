//! Which tokens are taken, and which are refused with which words.

use super::issuer::{Issuer, Signer};
use super::{ask, claims, config, now, set_up, with};
use crate::support::{Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_as_good_as_a_key() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "claims: { name: email }").await;
    let token = issuer.sign(&with(&issuer, "u1", json!({ "email": "ann@example.com" })));
    let answer = ask(&gateway, &token).await;
    answer.ok();
    // Who called stays answerable.
    let record = gateway.record(answer.header("x-request-id").unwrap()).await;
    let id = record["key_id"].as_str().unwrap().to_owned();
    let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
    assert_eq!((&shown["name"], &shown["managed_by"]), (&json!("corp/ann@example.com"), &json!("token")));
    let usage = eventually("usage", async || {
        let rows = gateway.rows("/api/v1/usage?group_by=key").await;
        rows.into_iter().find(|row| row["key_id"] == json!(id))
    });
    assert_eq!(usage.await["key_name"], json!("corp/ann@example.com"));
    // In every place where a key may stand, and to list models.
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).header("x-api-key", &token)).await.ok();
    gateway.send(Call::get("/v1/models").key(&token)).await.ok();
    // The next tokens of the same subject are the same caller.
    let later = issuer.sign(&with(&issuer, "u1", json!({ "exp": now() + 301, "email": "ann@example.com" })));
    let answer = ask(&gateway, &later).await;
    answer.ok();
    assert_eq!(gateway.record(answer.header("x-request-id").unwrap()).await["key_id"], json!(id));
    assert!(gateway.rows("/api/v1/keys").await.is_empty());
    assert_eq!(gateway.rows("/api/v1/keys?managed_by=token").await.len(), 1);
    assert!(!gateway.log().contains(token.rsplit('.').next().unwrap()), "no token is logged");
    // It cannot be changed as if it were a key, and opens nothing of the control plane.
    let path = format!("/api/v1/keys/{id}");
    assert_eq!(gateway.admin(Method::PATCH, &path, Some(&json!({ "name": "x" }))).await.status, 409);
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 409);
    assert_eq!(gateway.send(Call::get("/api/v1/keys").key(&token)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_not_good_are_refused_with_a_reason() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "required_claims: { scope: [llm] }").await;
    let good = json!({ "scope": "read llm" });
    ask(&gateway, &issuer.sign(&with(&issuer, "u1", good.clone()))).await.ok();
    let with_good = |more: serde_json::Value| {
        let mut all = with(&issuer, "u1", good.clone());
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        issuer.sign(&all)
    };
    let stranger = Signer::new("first").sign(&with(&issuer, "u1", good.clone()));
    let oversized = with_good(json!({ "junk": "x".repeat(20_000) }));
    for (token, words) in [
        (with_good(json!({ "exp": now() - 100 })), "has expired"),
        (with_good(json!({ "nbf": now() + 100 })), "is not valid yet"),
        (with_good(json!({ "aud": "other" })), "its 'aud' is another one"),
        (with_good(json!({ "iss": "https://evil.example" })), "an issuer that is not accepted"),
        (with_good(json!({ "scope": "read" })), "its claim 'scope' must be llm"),
        (with_good(json!({ "sub": null })), "it has no 'sub'"),
        (stranger, "the signature of this token is wrong"),
        (Signer::new("other").sign(&with(&issuer, "u1", good.clone())), "signed with the key 'other'"),
        (format!("{}.e30.AAAA", "eyJhbGciOiJub25lIn0"), "an issuer that is not accepted"),
        ("eyJ.eyJ.eyJ".to_owned(), "cannot be read"),
        (oversized, "larger than 16384 bytes"),
    ] {
        let answer = ask(&gateway, &token).await;
        answer.refused(401, "invalid_api_key");
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
    // Refusals stand in the records too.
    gateway.records_of("refused", 11).await;
    ask(&gateway, MASTER).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_ends_while_it_is_known() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "leeway_seconds: 0").await;
    let token = issuer.sign(&with(&issuer, "u1", json!({ "exp": now() + 2 })));
    ask(&gateway, &token).await.ok();
    let refused = eventually("the token ends", async || {
        let answer = ask(&gateway, &token).await;
        (answer.status == 401).then_some(answer)
    });
    assert!(refused.await.text().contains("this token has expired"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_decides_anew_about_every_token() {
    let issuer = Issuer::start().await;
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, &issuer, "")).await;
    let token = issuer.sign(&claims(&issuer, "u1"));
    ask(&gateway, &token).await.ok();
    gateway.write_config(&config(&upstream, &issuer, "required_claims: { role: [x] }"));
    eventually("the claim is asked for", async || (ask(&gateway, &token).await.status == 401).then_some(()))
        .await;
    gateway.write_config(&upstream.providers());
    eventually("no token is taken", async || {
        ask(&gateway, &token).await.text().contains("not known here").then_some(())
    })
    .await;
    // A file with keys that is not there: refused, and the configuration in force stays.
    gateway.write_config(&config(&upstream, &issuer, "keys_file: /nowhere/keys.pem"));
    gateway
        .metric_becomes("gatewright_config_reload_failures_total", 1.0, std::time::Duration::from_secs(10))
        .await;
    let words = "auth.jwt.issuers.corp: the file /nowhere/keys.pem cannot be read";
    eventually("it is said why", async || gateway.log().contains(words).then_some(())).await;
}
