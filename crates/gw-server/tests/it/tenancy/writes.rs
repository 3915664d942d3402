//! Writes that meet: revisions, repetitions, new secrets for keys.

use super::{Call, Gateway, MASTER, Method, ask, make, refused, set_up};
use crate::support::{Answer, eventually_within};
use serde_json::{Value, json};
use std::time::Duration;

async fn write(gateway: &Gateway, method: Method, path: &str, header: (&str, &str), body: &Value) -> Answer {
    let call = Call::post(path, body.to_string()).method(method).key(MASTER);
    gateway.send(call.header(header.0, header.1)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_means_an_older_revision_is_refused() {
    let (_upstream, gateway) = set_up().await;
    let team = make(&gateway, "teams", &json!({"name": "core"})).await;
    let (key, _) = gateway.make_key(&json!({"name": "a"})).await;
    for path in [format!("/api/v1/teams/{team}"), format!("/api/v1/keys/{key}")] {
        let shown = gateway.admin(Method::GET, &path, None).await;
        let tag = shown.ok().header("etag").expect("a tag").to_owned();
        let body = json!({"metadata": {"a": "1"}});
        let changed = write(&gateway, Method::PATCH, &path, ("if-match", &tag), &body).await;
        let newer = changed.ok().header("etag").expect("a tag").to_owned();
        assert_ne!(tag, newer);
        for method in [Method::PATCH, Method::DELETE] {
            let late = write(&gateway, method, &path, ("if-match", &tag), &json!({"name": "late"})).await;
            late.refused(412, "precondition_failed");
        }
        refused(
            &write(&gateway, Method::PATCH, &path, ("if-match", "x"), &body).await,
            400,
            Some("If-Match"),
        );
        let gone = write(&gateway, Method::DELETE, &path, ("if-match", &newer), &json!({})).await;
        assert_eq!(gone.status, 204, "{}", gone.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_comes_fifty_times_at_once_is_done_once() {
    let (_upstream, gateway) = set_up().await;
    let body = json!({"name": "a"});
    let once = || write(&gateway, Method::POST, "/api/v1/keys", ("idempotency-key", "k-1"), &body);
    let answers = futures_all((0..50).map(|_| once()).collect()).await;
    let first = answers[0].json();
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), answer.json()), (201, first.clone()));
    }
    let replayed =
        answers.iter().filter(|answer| answer.header("idempotent-replayed") == Some("true")).count();
    assert_eq!(replayed, 49);
    assert_eq!(gateway.rows("/api/v1/keys").await.len(), 1);
    ask(&gateway, first["key"].as_str().unwrap()).await.ok();
    let other =
        write(&gateway, Method::POST, "/api/v1/keys", ("idempotency-key", "k-1"), &json!({"name": "b"}))
            .await;
    refused(&other, 409, Some("Idempotency-Key"));
    refused(
        &write(&gateway, Method::POST, "/api/v1/keys", ("idempotency-key", ""), &body).await,
        400,
        Some("Idempotency-Key"),
    );

    // What failed changed nothing, and may come again; and a restart forgets nothing.
    let team = |name: &str| json!({"name": name, "limits": {"rpm": if name == "bad" { 0 } else { 1 }}});
    let write_team = async |gateway: &Gateway, name: &str| {
        write(gateway, Method::POST, "/api/v1/teams", ("idempotency-key", "k-2"), &team(name)).await
    };
    refused(&write_team(&gateway, "bad").await, 400, Some("limits.rpm"));
    let made = write_team(&gateway, "core").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let gateway = gateway.restart().await;
    let again = write_team(&gateway, "core").await;
    assert_eq!(
        (again.status.as_u16(), again.json(), again.header("etag")),
        (201, made.json(), made.header("etag"))
    );
    let stored = std::fs::read(gateway.folder().join("data/gatewright.db")).unwrap();
    let secret = first["key"].as_str().unwrap().as_bytes();
    assert!(!stored.windows(secret.len()).any(|window| window == secret), "answers are sealed");
}

/// All of them at once.
async fn futures_all(calls: Vec<impl Future<Output = Answer>>) -> Vec<Answer> {
    let mut calls: Vec<_> = calls.into_iter().map(|call| (Box::pin(call), None)).collect();
    std::future::poll_fn(move |context| {
        for (call, answer) in calls.iter_mut().filter(|(_, answer)| answer.is_none()) {
            if let std::task::Poll::Ready(ready) = call.as_mut().poll(context) {
                *answer = Some(ready);
            }
        }
        match calls.iter().all(|(_, answer)| answer.is_some()) {
            true => {
                std::task::Poll::Ready(calls.iter_mut().filter_map(|(_, answer)| answer.take()).collect())
            }
            false => std::task::Poll::Pending,
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_given_another_secret_and_the_old_one_fades() {
    let (_upstream, gateway) = set_up().await;
    let (id, old) = gateway
        .make_key(&json!({"name": "a", "limits": {"rpm": 100}, "budget": {"limit_usd": "5", "period": "7d"}}))
        .await;
    let path = format!("/api/v1/keys/{id}/rotate");
    let rotated = gateway.admin(Method::POST, &path, Some(&json!({"grace_seconds": 3600}))).await;
    let rotated = rotated.ok().json();
    let new = rotated["key"].as_str().expect("it is shown once").to_owned();
    assert!(rotated["previous_key_until"].is_string(), "{rotated}");
    // Whoever looks at it does not use it.
    for look in ["", "/effective", ""] {
        let path = format!("/api/v1/keys/{id}{look}");
        let shown = gateway.admin(Method::GET, &path, None).await.ok().json();
        assert!(shown["last_used_at"].is_null(), "{shown}");
    }
    assert_eq!(gateway.rows("/api/v1/budgets?level=key").await.len(), 1);
    let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
    assert!(shown["last_used_at"].is_null(), "{shown}");
    ask(&gateway, &old).await.ok();
    ask(&gateway, &new).await.ok();
    let mut gateway = gateway;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    // Nobody has used it since the start; what was written down is shown all the same.
    eventually_within(Duration::from_secs(4), "the last use is read back", async || {
        let rows = gateway.rows("/api/v1/keys").await;
        rows.iter().any(|row| row["id"] == id.as_str() && row["last_used_at"].is_string()).then_some(())
    })
    .await;
    ask(&gateway, &old).await.ok();
    ask(&gateway, &new).await.ok();
    let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
    assert!(shown["key"].is_null() && shown["last_used_at"].is_string(), "{shown}");
    let newest = gateway.admin(Method::POST, &path, Some(&json!({"grace_seconds": 1}))).await.ok().json();
    ask(&gateway, &old).await.refused(401, "invalid_api_key");
    eventually_within(Duration::from_secs(4), "the grace is over", async || {
        (ask(&gateway, &new).await.status == 401).then_some(())
    })
    .await;
    ask(&gateway, newest["key"].as_str().unwrap()).await.ok();
    let wrong = gateway.admin(Method::POST, &path, Some(&json!({"grace_seconds": 99_999_999}))).await;
    refused(&wrong, 400, Some("grace_seconds"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_comes_again_is_made_once() {
    let (_upstream, gateway) = set_up().await;
    let (id, _) = gateway.make_key(&json!({"name": "a"})).await;
    let path = format!("/api/v1/keys/{id}");
    let change =
        async |body: Value| write(&gateway, Method::PATCH, &path, ("idempotency-key", "k-1"), &body).await;
    let first = change(json!({"name": "b"})).await;
    assert_eq!(first.ok().json()["name"], "b");
    // Somebody else changes it meanwhile, which is not undone.
    gateway.admin(Method::PATCH, &path, Some(&json!({"name": "c"}))).await.ok();
    let again = change(json!({"name": "b"})).await;
    assert_eq!(again.ok().json(), first.json());
    assert_eq!(
        (again.header("idempotent-replayed"), again.header("etag")),
        (Some("true"), first.header("etag"))
    );
    assert_eq!(gateway.admin(Method::GET, &path, None).await.ok().json()["name"], "c");
    refused(&change(json!({"name": "d"})).await, 409, Some("Idempotency-Key"));
    // What a POST said is nothing that a PATCH can be given.
    let made =
        write(&gateway, Method::POST, "/api/v1/keys", ("idempotency-key", "k-1"), &json!({"name": "b"}))
            .await;
    refused(&made, 409, Some("Idempotency-Key"));
}
