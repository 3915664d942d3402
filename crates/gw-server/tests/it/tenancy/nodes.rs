//! Two gateways on one PostgreSQL, and a gateway that starts again: accounts, plans and customers are the same on all.

use super::super::support::postgres::Postgres;
use super::super::support::{KEY, eventually_within};
use super::{Call, Gateway, MASTER, Upstream, ask, chat, make, patch, refused};
use http::Method;
use serde_json::{Value, json};
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

/// How often two gateways do the same at the same time: most of these rounds went wrong before.
const ROUNDS: usize = 8;

async fn show(gateway: &Gateway, path: &str) -> Value {
    gateway.admin(Method::GET, &format!("/api/v1/{path}"), None).await.ok().json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_two_gateways_change_of_one_thing_is_lost() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("lost");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let (models, metadata) = (json!({"models": ["up/quick"]}), json!({"metadata": {"a": "b"}}));
    let both = |row: &Value| {
        assert_eq!((&row["models"], &row["metadata"]), (&models["models"], &metadata["metadata"]), "{row}");
    };
    for round in 0..ROUNDS {
        let (id, key) = here.make_key(&json!({"name": format!("key {round}")})).await;
        let path = format!("keys/{id}");
        patch(&here, &path, &models).await.ok();
        both(&patch(&there, &path, &metadata).await.ok().json());
        both(&show(&here, &path).await);
        patch(&here, &path, &json!({"disabled": true})).await.ok();
        // What is shown and its tag are of one row.
        let call = Call::post(&format!("/api/v1/{path}"), String::new()).method(Method::GET).key(MASTER);
        let shown = there.send(call).await;
        assert_eq!(shown.ok().json()["disabled"], true);
        patch(&there, &path, &json!({"metadata": {"c": "d"}})).await.ok();
        ask(&here, &key).await.refused(401, "invalid_api_key");

        let team = make(&here, "teams", &json!({"name": format!("team {round}")})).await;
        let path = format!("teams/{team}");
        let (one, other) = tokio::join!(patch(&here, &path, &models), patch(&there, &path, &metadata));
        one.ok();
        other.ok();
        both(&show(&here, &path).await);
        let path = format!("keys/{id}");
        let limits = json!({"limits": {"rpm": 5}});
        let (one, other) = tokio::join!(patch(&here, &path, &limits), patch(&there, &path, &metadata));
        one.ok();
        other.ok();
        let row = show(&there, &path).await;
        both(&row);
        assert_eq!(row["limits"]["rpm"], 5, "{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_made_below_what_another_gateway_has_just_deleted() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("orphans");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    for round in 0..ROUNDS {
        let name = |what: &str| format!("{what} {round}");
        let team = make(&here, "teams", &json!({"name": name("team")})).await;
        let plan = make(&here, "plans", &json!({"name": name("plan")})).await;
        // Known there, although nobody has told it yet.
        let (id, _) = there.make_key(&json!({"name": name("known"), "team_id": team, "plan_id": plan})).await;
        let gone = here.admin(Method::DELETE, &format!("/api/v1/keys/{id}"), None).await;
        assert_eq!(gone.status, 204, "{}", gone.text());
        for path in [format!("teams/{team}"), format!("plans/{plan}")] {
            let gone = here.admin(Method::DELETE, &format!("/api/v1/{path}"), None).await;
            assert_eq!(gone.status, 204, "{}", gone.text());
        }
        let post = async |resource: &str, body: Value| {
            there.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await
        };
        refused(&post("keys", json!({"name": name("a"), "team_id": team})).await, 400, Some("team_id"));
        refused(&post("projects", json!({"name": name("a"), "team_id": team})).await, 400, Some("team_id"));
        refused(&post("keys", json!({"name": name("b"), "plan_id": plan})).await, 400, Some("plan_id"));
        refused(&post("teams", json!({"name": name("b"), "plan_id": plan})).await, 400, Some("plan_id"));

        let organization = make(&here, "organizations", &json!({"name": name("acme")})).await;
        let path = format!("/api/v1/organizations/{organization}");
        let (gone, made) = tokio::join!(
            here.admin(Method::DELETE, &path, None),
            post("teams", json!({"name": name("c"), "organization_id": organization}))
        );
        let both = (gone.status.as_u16(), made.status.as_u16());
        assert!([(204, 400), (409, 201)].contains(&both), "{} {}", gone.text(), made.text());

        let team = make(&here, "teams", &json!({"name": name("d")})).await;
        let path = format!("/api/v1/teams/{team}?cascade=true");
        let (gone, made) = tokio::join!(
            here.admin(Method::DELETE, &path, None),
            post("keys", json!({"name": name("d"), "team_id": team}))
        );
        assert_eq!(gone.status, 204, "{}", gone.text());
        if made.status == 201 {
            let key = made.json()["key"].as_str().expect("a key").to_owned();
            ask(&here, &key).await.refused(401, "invalid_api_key");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_comes_to_two_gateways_at_once_is_made_once() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("once");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    for round in 0..ROUNDS {
        let resources = [
            ("admin-tokens", json!({"name": "t", "role": "viewer"})),
            ("keys", json!({"name": format!("key {round}")})),
            ("teams", json!({"name": format!("team {round}")})),
        ];
        for (resource, body) in resources {
            let once = async |gateway: &Gateway| {
                let call = Call::post(&format!("/api/v1/{resource}"), body.to_string()).key(MASTER);
                gateway.send(call.header("idempotency-key", &format!("{resource}-{round}"))).await
            };
            let (one, other) = tokio::join!(once(&here), once(&there));
            assert_eq!((one.status.as_u16(), one.json()), (201, other.json()), "{}", other.text());
            assert_eq!(once(&there).await.json(), one.json());
        }
    }
    assert_eq!(here.rows("/api/v1/admin-tokens").await.len(), ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_shows_when_a_key_was_last_used_at_another() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("last_used");
    let (here, there) = tokio::join!(gateway(&upstream, &url), gateway(&upstream, &url));
    let (id, key) = here.make_key(&json!({"name": "app"})).await;
    let path = format!("keys/{id}");
    status_within(&there, &key, 200, "the key works there").await;
    let used = eventually_within(Duration::from_secs(4), "the last use is known here", async || {
        show(&here, &path).await["last_used_at"].as_str().map(str::to_owned)
    })
    .await;
    assert!(used.starts_with("20"), "{used}");
    assert!(show(&there, &path).await["last_used_at"].is_string());
    let rows = here.rows("/api/v1/keys?name=app").await;
    assert_eq!(rows[0]["last_used_at"], used.as_str(), "{rows:?}");
    let renamed = patch(&here, &path, &json!({"name": "other"})).await.ok().json();
    assert_eq!(renamed["last_used_at"], used.as_str(), "{renamed}");
}
