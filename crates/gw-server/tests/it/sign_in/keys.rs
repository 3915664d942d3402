//! Signing in with the master key or an admin token: the session may what that may, and ends with it.

use super::{gateway, made, sign_in, try_sign_in};
use crate::support::{Gateway, MASTER, eventually};
use http::Method;
use serde_json::{Value, json};

async fn token(gateway: &Gateway, body: Value) -> (String, String) {
    let made = gateway.admin(Method::POST, "/api/v1/admin-tokens", Some(&body)).await.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_shows_the_master_key_may_everything() {
    let gateway = gateway().await;
    let owner = sign_in(&gateway, json!({"key": format!(" {MASTER} ")})).await;
    assert_eq!((&owner.session["user"], &owner.session["via"]), (&Value::Null, &json!("key")));
    assert_eq!(owner.session["roles"], json!([{"role": "owner", "scope_kind": "gateway", "scope_id": null}]));
    assert_eq!(owner.session["permissions"]["keys:write"], "all");
    assert_eq!(owner.get("me").await.json()["actor"], "master");
    assert_eq!(owner.ask(Method::POST, "teams", json!({"name": "core"})).await.status, 201);
    // He is no person.
    for (method, path) in [(Method::POST, "auth/totp"), (Method::POST, "auth/password")] {
        let body = json!({"current": "a", "new": "b"});
        let body = if path == "auth/totp" { Value::Null } else { body };
        owner.ask(method, path, body).await.refused(409, "conflict");
    }
    for wrong in [json!({"key": "gw-nothing"}), json!({"key": "gwa-nothing"})] {
        try_sign_in(&gateway, wrong).await.refused(401, "invalid_credentials");
    }
    for wrong in [json!({}), json!({"email": "a@b"}), json!({"key": "a", "email": "b"}), json!({"kee": "a"})]
    {
        try_sign_in(&gateway, wrong).await.refused(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tokens_session_may_what_the_token_may_and_ends_with_it() {
    let gateway = gateway().await;
    let team = made(&gateway, "teams", json!({"name": "core"})).await;
    let narrow =
        json!({"name": "t", "role": "admin", "account_id": team, "scopes": ["keys:*", "teams:read"]});
    let (id, secret) = token(&gateway, narrow).await;
    let browser = sign_in(&gateway, json!({"key": secret})).await;
    let permissions = json!({"teams:read": "all", "keys:read": "all", "keys:write": "all"});
    assert_eq!(browser.session["permissions"], permissions);
    assert_eq!(browser.session["roles"], json!([{"role": "admin", "scope_kind": "team", "scope_id": team}]));
    let key = json!({"name": "k", "team_id": team});
    assert_eq!(browser.ask(Method::POST, "keys", key).await.status, 201);
    browser.ask(Method::POST, "teams", json!({"name": "x"})).await.refused(403, "permission_denied");
    // Another secret ends what the one before began, when its grace is over.
    let path = format!("/api/v1/admin-tokens/{id}");
    let rotate = json!({"grace_seconds": 3600});
    gateway.admin(Method::POST, &format!("{path}/rotate"), Some(&rotate)).await.ok();
    assert!(browser.is_in().await);
    let second = sign_in(&gateway, json!({"key": secret})).await;
    let rotated = gateway.admin(Method::POST, &format!("{path}/rotate"), Some(&json!({}))).await;
    assert!(!browser.is_in().await && !second.is_in().await, "the first secret is over");
    let third = sign_in(&gateway, json!({"key": rotated.ok().json()["token"]})).await;
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    assert!(!third.is_in().await && third.get("keys").await.status == 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persons_token_is_the_person_but_for_what_it_may_not() {
    let gateway = gateway().await;
    let user = json!({"name": "Ada", "email": "ada@example.com", "gateway_role": "auditor"});
    let user = made(&gateway, "users", user).await;
    let (id, secret) = token(&gateway, json!({"name": "t", "user_id": user})).await;
    let ada = sign_in(&gateway, json!({"key": secret})).await;
    assert_eq!((&ada.session["user"]["id"], &ada.session["via"]), (&json!(user), &json!("key")));
    assert_eq!(ada.session["actor"], format!("token:{id}"));
    ada.ask(Method::POST, "auth/totp", Value::Null).await.refused(409, "conflict");
    assert_eq!(ada.get("auth/sessions").await.ok().json()["data"].as_array().unwrap().len(), 1);
    let patch = json!({"disabled": true});
    gateway.admin(Method::PATCH, &format!("/api/v1/users/{user}"), Some(&patch)).await.ok();
    eventually("it is over", async || (!ada.is_in().await).then_some(())).await;
}
