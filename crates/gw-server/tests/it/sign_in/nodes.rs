//! Two gateways on one PostgreSQL: a session is good at both, and ends at both.

use super::{Browser, by_password, person, sign_in, try_sign_in};
use crate::support::postgres::Postgres;
use crate::support::{Gateway, Upstream, eventually};
use http::Method;
use serde_json::{Value, json};

async fn gateway(upstream: &Upstream, url: &str) -> Gateway {
    // Some of what follows fails on purpose, often.
    let failures = "auth: { sign_in: { failures_per_account: 1000, failures_per_address: 1000 } }\n";
    let config = format!("{}{failures}database_url: {url}\n", upstream.providers());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_at_one_gateway_while_he_signs_in_at_another_has_no_session() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("sign_in_race");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let user = person(&here, "ada", json!({"gateway_role": "admin"})).await;
    let path = format!("/api/v1/users/{user}");
    let (stop, start) = (json!({"disabled": true}), json!({"disabled": false}));
    let mut came_first = 0;
    for round in 0..16 {
        let (one, other) = if round % 2 == 0 { (&here, &there) } else { (&there, &here) };
        let (stopped, signed) = tokio::join!(
            one.admin(Method::PATCH, &path, Some(&stop)),
            try_sign_in(other, by_password("ada"))
        );
        stopped.ok();
        if signed.status == 200 {
            came_first += 1;
            let session = Browser::of(other.addr, &signed);
            assert!(!session.is_in().await && !session.at(one.addr).is_in().await, "round {round}");
        }
        try_sign_in(other, by_password("ada")).await.refused(401, "invalid_credentials");
        other.admin(Method::PATCH, &path, Some(&start)).await.ok();
        if signed.status == 200 {
            let session = Browser::of(other.addr, &signed);
            assert!(!session.is_in().await, "round {round}: it does not come back with him");
        }
        let open = "SELECT COUNT(*) FROM sessions";
        assert_eq!(server.sql("sign_in_race", open), "0", "round {round}");
    }
    println!("{came_first} of 16 signed in before they were disabled");
}
