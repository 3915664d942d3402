//! Two gateways on one PostgreSQL: a caller with tokens is the same on both.

use super::issuer::Issuer;
use super::{Upstream, ask, config, with};
use crate::support::postgres::Postgres;
use crate::support::{Gateway, eventually_within};
use http::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_made_on_sight_is_made_once_and_stopped_everywhere() {
    let Some(server) = Postgres::start() else { return };
    let (upstream, issuer) = (Upstream::start().await, Issuer::start().await);
    let url = server.database("identity");
    let text = config(&upstream, &issuer, "claims: { user: sub }\ncreate_users: true");
    let text = format!("{text}database_url: {url}\n");
    let key = [("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")];
    let (here, there) = tokio::join!(Gateway::start_with(&text, &key), Gateway::start_with(&text, &key));
    let token = issuer.sign(&with(&issuer, "u1", json!({})));
    // At the same time: one of them makes the user, and the other finds it.
    let (one, other) = tokio::join!(ask(&here, &token), ask(&there, &token));
    one.ok();
    other.ok();
    let users = there.rows("/api/v1/users").await;
    assert_eq!(users.len(), 1, "{users:?}");
    let path = format!("/api/v1/users/{}", users[0]["id"].as_str().unwrap());
    here.admin(Method::PATCH, &path, Some(&json!({ "disabled": true }))).await.ok();
    let stopped = async || (ask(&there, &token).await.status == 401).then_some(());
    eventually_within(Duration::from_secs(1), "the user is disabled there", stopped).await;
    assert_eq!(ask(&here, &token).await.status, 401);
}
