//! Two gateways on one PostgreSQL: who is stopped at one of them is stopped at both.

use super::{asked, made, token};
use crate::support::postgres::Postgres;
use crate::support::{Call, Gateway, Upstream, chat, eventually_within};
use http::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_stopped_is_stopped_on_the_other_gateway_within_a_second() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("scim"));
    let key = [("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")];
    let (here, there) = tokio::join!(Gateway::start_with(&config, &key), Gateway::start_with(&config, &key));
    let organization = made(&here, "organizations", json!({"name": "acme"})).await;
    let token = token(&here, &organization, "owner").await;
    let new = json!({"userName": "ada@example.com", "title": "Countess"});
    let user = asked(&here, &token, Method::POST, "Users", &new).await.json();
    let user = format!("Users/{}", user["id"].as_str().unwrap());
    let owner = user.trim_start_matches("Users/");
    let (_, key) = here.make_key(&json!({"name": "ada's", "user_id": owner})).await;
    let status = async |wanted: u16| {
        let reached = async || {
            let answer = there.send(Call::chat(&chat("up/chat-model", "hi")).key(&key)).await;
            (answer.status == wanted).then_some(())
        };
        eventually_within(Duration::from_secs(60), &format!("the key gives {wanted} there"), reached).await;
    };
    status(200).await;
    let shown = asked(&there, &token, Method::GET, &user, &json!(null)).await.ok().json();
    assert_eq!(shown["title"], "Countess");
    for (active, wanted) in [(false, 401), (true, 200)] {
        let patch = json!({"Operations": [{"op": "replace", "path": "active", "value": active}]});
        asked(&here, &token, Method::PATCH, &user, &patch).await.ok();
        status(wanted).await;
    }
    let group = json!({"displayName": "all", "members": [{"value": owner}]});
    assert_eq!(asked(&here, &token, Method::POST, "Groups", &group).await.status, 201);
    let groups = asked(&there, &token, Method::GET, "Groups", &json!(null)).await.ok().json();
    assert_eq!(groups["Resources"][0]["members"][0]["value"], *owner);
    assert_eq!(asked(&here, &token, Method::DELETE, &user, &json!(null)).await.status, 204);
    status(401).await;
}
