//! Two gateways on one PostgreSQL: a session is good at both, and ends at both.

use super::{by_password, person, sign_in};
use crate::support::postgres::Postgres;
use crate::support::{Gateway, Upstream, eventually};
use http::Method;
use serde_json::{Value, json};

async fn gateway(upstream: &Upstream, url: &str) -> Gateway {
    let config = format!("{}database_url: {url}\n", upstream.providers());
    Gateway::start_with(&config, &[("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_good_at_every_gateway_and_ends_at_all() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("sign_in");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let user = person(&here, "ada", json!({"gateway_role": "admin"})).await;
    let first = sign_in(&there, by_password("ada")).await;
    let second = sign_in(&here, by_password("ada")).await;
    let elsewhere = first.at(here.addr);
    assert!(elsewhere.is_in().await && second.at(there.addr).is_in().await);
    assert_eq!(elsewhere.ask(Method::POST, "teams", json!({"name": "core"})).await.status, 201);
    assert_eq!(second.ask(Method::POST, "auth/sign-out", Value::Null).await.status, 200);
    assert!(!second.at(there.addr).is_in().await, "at once");
    let patch = json!({"disabled": true});
    here.admin(Method::PATCH, &format!("/api/v1/users/{user}"), Some(&patch)).await.ok();
    assert!(!first.is_in().await, "at once");
    let patch = json!({"disabled": false});
    there.admin(Method::PATCH, &format!("/api/v1/users/{user}"), Some(&patch)).await.ok();
    let again = sign_in(&there, by_password("ada")).await;
    assert_eq!(here.admin(Method::DELETE, &format!("/api/v1/users/{user}"), None).await.status, 204);
    eventually("it is over there", async || (!again.is_in().await).then_some(())).await;
    let report = here.admin(Method::GET, "/api/v1/audit/verify", None).await.json();
    assert_eq!(report["valid"], true, "{report}");
}
