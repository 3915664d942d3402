//! What callers with tokens belong to: accounts, plans and policies, users made on sight, customers and tags.

use super::issuer::Issuer;
use super::{ask, set_up, with};
use crate::support::{Call, Gateway, chat, eventually};
use http::Method;
use serde_json::{Value, json};

async fn make(gateway: &Gateway, resource: &str, body: &Value) -> String {
    let answer = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn key_id(gateway: &Gateway, answer: &crate::support::Answer) -> String {
    let record = gateway.record(answer.header("x-request-id").unwrap()).await;
    record["key_id"].as_str().unwrap().to_owned()
}

const CLAIMS: &str =
    "claims: { organization: org, team: teams, project: project, user: sub, plan: plan, policy: policy }
create_users: true";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_name_what_a_call_counts_for() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, CLAIMS).await;
    let org = make(&gateway, "organizations", &json!({ "name": "acme" })).await;
    let team =
        make(&gateway, "teams", &json!({ "name": "ml", "organization_id": org, "limits": { "rpm": 2 } }))
            .await;
    make(&gateway, "organizations", &json!({ "name": "other" })).await;
    let says =
        json!({ "org": "acme", "teams": ["none", "ml"], "email": "ann@example.com", "email_verified": true });
    let token = issuer.sign(&with(&issuer, "u1", says.clone()));
    let answer = ask(&gateway, &token).await;
    answer.ok();
    let id = key_id(&gateway, &answer).await;
    let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
    assert_eq!(shown["team_id"], json!(team));
    // The user was made on sight.
    let users = gateway.rows("/api/v1/users").await;
    assert_eq!((users.len(), &users[0]["email"]), (1, &json!("ann@example.com")));
    assert_eq!(shown["user_id"], users[0]["id"]);
    // The team's limit is shared with its keys and with its other callers.
    let (_, key) = gateway.make_key(&json!({ "name": "k", "team_id": team })).await;
    ask(&gateway, &key).await.ok();
    ask(&gateway, &token).await.refused(429, "rate_limit_exceeded");
    let other = issuer.sign(&with(&issuer, "u2", json!({ "teams": team })));
    ask(&gateway, &other).await.refused(429, "rate_limit_exceeded");
    let by_id = issuer.sign(&with(&issuer, "u3", json!({ "org": org })));
    ask(&gateway, &by_id).await.ok();
    // What is not there, or stands elsewhere, is refused.
    for (says, words) in [
        (json!({ "org": "nobody" }), "the organization 'nobody'"),
        (json!({ "org": "other", "teams": "ml" }), "the team 'ml'"),
        (json!({ "org": "other", "teams": team }), "the team 'team_"),
        (json!({ "plan": "gold" }), "the plan 'gold'"),
        (json!({ "policy": "none" }), "the policy 'none'"),
    ] {
        let answer = ask(&gateway, &issuer.sign(&with(&issuer, "u4", says))).await;
        answer.refused(401, "invalid_api_key");
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_user_is_refused_at_once() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, CLAIMS).await;
    let token = issuer.sign(&with(&issuer, "u1", json!({})));
    ask(&gateway, &token).await.ok();
    let users = gateway.rows("/api/v1/users").await;
    let path = format!("/api/v1/users/{}", users[0]["id"].as_str().unwrap());
    gateway.admin(Method::PATCH, &path, Some(&json!({ "disabled": true }))).await.ok();
    let answer = ask(&gateway, &token).await;
    answer.refused(401, "invalid_api_key");
    assert!(answer.text().contains("has been disabled or deleted"), "{}", answer.text());
    let fresh = issuer.sign(&with(&issuer, "u1", json!({ "jti": "2" })));
    ask(&gateway, &fresh).await.refused(401, "invalid_api_key");
    gateway.admin(Method::PATCH, &path, Some(&json!({ "disabled": false }))).await.ok();
    ask(&gateway, &token).await.ok();
    // Users are known by their address too, and are not made twice.
    make(&gateway, "users", &json!({ "name": "Bob", "email": "bob@example.com" })).await;
    ask(
        &gateway,
        &issuer.sign(&with(&issuer, "u2", json!({ "email": "Bob@example.com", "email_verified": true }))),
    )
    .await
    .ok();
    assert_eq!(gateway.rows("/api/v1/users").await.len(), 2);
    // An address that nobody stands for opens nothing.
    let unsure = json!({ "email": "bob@example.com" });
    ask(&gateway, &issuer.sign(&with(&issuer, "u3", unsure))).await.ok();
    assert_eq!(gateway.rows("/api/v1/users").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_user_does_not_come_back_by_a_token() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, CLAIMS).await;
    let bob = json!({ "name": "Bob", "email": "bob@example.com" });
    make(&gateway, "users", &bob).await;
    let says = json!({ "email": "bob@example.com", "email_verified": true });
    let tokens =
        [issuer.sign(&with(&issuer, "u1", json!({}))), issuer.sign(&with(&issuer, "u2", says.clone()))];
    for token in &tokens {
        ask(&gateway, token).await.ok();
    }
    for user in gateway.rows("/api/v1/users").await {
        let path = format!("/api/v1/users/{}?cascade=true", user["id"].as_str().unwrap());
        assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    }
    // Those that are known, and later ones; also after a restart.
    let later = |name: &str| issuer.sign(&with(&issuer, name, json!({ "jti": "later" })));
    for token in tokens.iter().chain(&[later("u1"), later("u2")]) {
        ask(&gateway, token).await.refused(401, "invalid_api_key");
    }
    let gateway = gateway.restart().await;
    for token in [later("u1"), later("u2")] {
        let answer = ask(&gateway, &token).await;
        answer.refused(401, "invalid_api_key");
        assert!(answer.text().contains("was deleted here"), "{}", answer.text());
    }
    assert!(gateway.rows("/api/v1/users").await.is_empty(), "nobody was made");
    // Whom people make again is known again, by the address.
    make(&gateway, "users", &bob).await;
    ask(&gateway, &tokens[1]).await.ok();
    ask(&gateway, &later("u2")).await.ok();
    assert_eq!(gateway.rows("/api/v1/users").await.len(), 1);
    ask(&gateway, &later("u1")).await.refused(401, "invalid_api_key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_not_made_where_that_is_not_wanted() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "claims: { user: sub }").await;
    let answer = ask(&gateway, &issuer.sign(&with(&issuer, "u1", json!({})))).await;
    answer.refused(401, "invalid_api_key");
    assert!(answer.text().contains("the user 'u1', who is not known here"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_give_policies_and_limits_to_each_caller() {
    let issuer = Issuer::start().await;
    let rules = "map:\n  - { claim: groups, value: guest, policy: small }\ndefaults: { policy: counted }";
    let (_upstream, gateway) = set_up(&issuer, rules).await;
    let guest = issuer.sign(&with(&issuer, "u1", json!({ "groups": ["a", "guest"] })));
    ask(&gateway, &guest).await.refused(403, "model_not_allowed");
    let counted = issuer.sign(&with(&issuer, "u1", json!({ "groups": ["a"] })));
    ask(&gateway, &counted).await.ok();
    ask(&gateway, &counted).await.ok();
    ask(&gateway, &counted).await.refused(429, "rate_limit_exceeded");
    let again = issuer.sign(&with(&issuer, "u1", json!({ "groups": ["a"], "jti": "2" })));
    ask(&gateway, &again).await.refused(429, "rate_limit_exceeded");
    ask(&gateway, &issuer.sign(&with(&issuer, "u2", json!({})))).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_caller_spent_counts_after_a_restart() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "defaults: { policy: counted }").await;
    let token = issuer.sign(&with(&issuer, "u1", json!({})));
    let answer = ask(&gateway, &token).await;
    answer.ok();
    let id = key_id(&gateway, &answer).await;
    let spent = async |gateway: &Gateway| {
        let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.ok().json();
        shown["budget"]["spent_usd"].clone()
    };
    let before = spent(&gateway).await;
    let gateway = gateway.restart().await;
    ask(&gateway, &token).await.ok();
    let double = |text: &Value| crate::support::gateway::nanos(text.as_str().unwrap()) * 2;
    eventually("both calls count", async || {
        let now = spent(&gateway).await;
        (crate::support::gateway::nanos(now.as_str()?) == double(&before)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_says_for_whom_its_calls_are() {
    let issuer = Issuer::start().await;
    let (_upstream, gateway) = set_up(&issuer, "claims: { customer: tenant, tags: labels }").await;
    let token = issuer.sign(&with(&issuer, "u1", json!({ "tenant": "c1", "labels": ["blue"] })));
    let call = Call::chat(&chat("up/chat-model", "hi")).key(&token).header("x-gatewright-customer", "c2");
    let answer = gateway.send(call).await;
    answer.ok();
    let record = gateway.record(answer.header("x-request-id").unwrap()).await;
    assert_eq!(record["customer"], json!("c1"), "{record}");
}
