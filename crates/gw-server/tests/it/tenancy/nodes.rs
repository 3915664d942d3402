//! Two gateways on one PostgreSQL, and a gateway that starts again: accounts, plans and customers are the same on all.

use super::super::support::postgres::Postgres;
use super::super::support::{KEY, eventually_within};
use super::{Call, Gateway, Upstream, ask, chat, make, patch};
use http::Method;
use serde_json::json;
use std::time::Duration;

/// Within that, another gateway knows.
const SOON: Duration = Duration::from_secs(1);

const ON_SIGHT: &str = "customers: { on_sight: true, limits: { rpm: 1 } }\n";

async fn gateway(upstream: &Upstream, url: &str) -> Gateway {
    let config = format!(
        "{}{ON_SIGHT}database_url: {url}\nkeys:\n  - {{ name: loader, key: {KEY} }}\n",
        upstream.providers()
    );
    Gateway::start_with(&config, &[("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")]).await
}

async fn status_within(gateway: &Gateway, key: &str, status: u16, what: &str) {
    eventually_within(SOON, what, async || (ask(gateway, key).await.status == status).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_above_keys_is_in_force_on_the_other_gateway_within_a_second() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("tenancy");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let organization = make(&here, "organizations", &json!({"name": "acme"})).await;
    let plan = make(&here, "plans", &json!({"name": "free"})).await;
    let body = json!({"name": "core", "organization_id": organization, "plan_id": plan});
    let team = make(&here, "teams", &body).await;
    let (id, key) = here.make_key(&json!({"name": "app", "team_id": team})).await;
    status_within(&there, &key, 200, "the key works there").await;
    patch(&here, &format!("teams/{team}"), &json!({"disabled": true})).await.ok();
    status_within(&there, &key, 401, "the team is disabled there").await;
    patch(&there, &format!("teams/{team}"), &json!({"disabled": false})).await.ok();
    status_within(&here, &key, 200, "the team is back here").await;
    patch(&here, &format!("plans/{plan}"), &json!({"models": ["up/quick"]})).await.ok();
    status_within(&there, &key, 403, "the plan forbids the model there").await;
    patch(&there, &format!("plans/{plan}"), &json!({"models": null})).await.ok();
    status_within(&here, &key, 200, "the plan allows it again here").await;
    let rotated = here.admin(Method::POST, &format!("/api/v1/keys/{id}/rotate"), Some(&json!({}))).await;
    let new = rotated.ok().json()["key"].as_str().expect("a key").to_owned();
    status_within(&there, &new, 200, "the new secret works there").await;
    let path = format!("/api/v1/organizations/{organization}?cascade=true");
    assert_eq!(here.admin(Method::DELETE, &path, None).await.status, 204);
    status_within(&there, &new, 401, "all of it is gone there").await;
    assert_eq!(there.admin(Method::GET, &format!("/api/v1/teams/{team}"), None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_made_on_sight_are_stored_within_a_second_and_shown() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{ON_SIGHT}", upstream.providers())).await;
    let (_, key) = gateway.make_key(&json!({"name": "app"})).await;
    let call = || Call::chat(&chat("up/chat-model", "hi")).key(&key).header("x-gatewright-customer", "ann");
    gateway.send(call()).await.ok();
    gateway.send(call()).await.refused(429, "rate_limit_exceeded");
    let id = eventually_within(SOON, "the customer is listed", async || {
        let rows = gateway.rows("/api/v1/customers").await;
        rows.iter().find(|row| row["name"] == "ann").map(|row| row["id"].as_str().unwrap().to_owned())
    })
    .await;
    patch(&gateway, &format!("customers/{id}"), &json!({"limits": {"rpm": 2}})).await.ok();
    gateway.send(call()).await.ok();
    patch(&gateway, &format!("customers/{id}"), &json!({"disabled": true})).await.ok();
    gateway.send(call()).await.refused(401, "invalid_api_key");
}
