//! Saved views: whose they are, whom they are shared with, and what they may say.

use super::support::{Call, Gateway, Upstream};
use http::Method;
use serde_json::{Value, json};

async fn made(gateway: &Gateway, resource: &str, body: Value) -> Value {
    let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
    assert_eq!(made.status, 201, "{resource}: {}", made.text());
    made.json()
}

/// Somebody with a role at an account, by his token.
async fn person(gateway: &Gateway, name: &str, role: &str, at: &Value) -> String {
    let member = json!([{"account_id": at, "role": role}]);
    let email = format!("{name}@example.com");
    let user = made(gateway, "users", json!({"name": name, "email": email, "memberships": member})).await;
    let token = made(gateway, "admin-tokens", json!({"name": name, "user_id": user["id"]})).await;
    token["token"].as_str().unwrap().to_owned()
}

async fn names(gateway: &Gateway, token: &str) -> Vec<String> {
    let all = gateway.send(Call::get("/api/v1/views").key(token)).await.ok().json();
    let mut names: Vec<String> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|view| view["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_private_or_shared_with_the_people_of_an_organization() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let one = made(&gateway, "organizations", json!({"name": "one"})).await["id"].clone();
    let other = made(&gateway, "organizations", json!({"name": "other"})).await["id"].clone();
    let ada = person(&gateway, "ada", "member", &one).await;
    let ben = person(&gateway, "ben", "auditor", &one).await;
    let cay = person(&gateway, "cay", "admin", &one).await;
    let dan = person(&gateway, "dan", "owner", &other).await;
    let ask = async |token: &str, method: Method, path: &str, body: Value| {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        gateway.send(Call::post(&format!("/api/v1/{path}"), text).method(method).key(token)).await
    };
    let filters = json!({"outcome": "upstream_error", "min_cost_usd": "0.5", "status": "5xx"});
    let own = ask(&ada, Method::POST, "views", json!({"name": "own", "filters": filters})).await;
    assert_eq!(own.status, 201, "{}", own.text());
    let own = own.json();
    assert_eq!((&own["filters"], &own["account_id"]), (&filters, &Value::Null));
    let body = json!({"name": "shared", "filters": {"model": "x"}, "account_id": one});
    let shared = ask(&ada, Method::POST, "views", body).await.json();
    let seen = [names(&gateway, &ada).await, names(&gateway, &ben).await, names(&gateway, &cay).await];
    assert_eq!(seen, [vec!["own", "shared"], vec!["shared"], vec!["shared"]]);
    assert!(names(&gateway, &dan).await.is_empty());
    let path = |view: &Value| format!("views/{}", view["id"].as_str().unwrap());
    for token in [&ben, &cay, &dan] {
        ask(token, Method::GET, &path(&own), Value::Null).await.refused(404, "not_found");
        ask(token, Method::DELETE, &path(&own), Value::Null).await.refused(404, "not_found");
    }
    ask(&dan, Method::PATCH, &path(&shared), json!({"name": "mine"})).await.refused(404, "not_found");
    ask(&ben, Method::PATCH, &path(&shared), json!({"name": "mine"})).await.refused(403, "permission_denied");
    let foreign = json!({"name": "there", "account_id": other});
    let refused = ask(&ada, Method::POST, "views", foreign).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (400, &json!("account_id")));
    // Who looks after the organization changes what is shared in it; its owner takes it back.
    let changed =
        ask(&cay, Method::PATCH, &path(&shared), json!({"filters": {"model": "y"}})).await.ok().json();
    assert_eq!((&changed["filters"], &changed["revision"]), (&json!({"model": "y"}), &json!(2)));
    ask(&ada, Method::PATCH, &path(&shared), json!({"account_id": null})).await.ok();
    assert!(names(&gateway, &cay).await.is_empty());
    assert_eq!(ask(&ada, Method::DELETE, &path(&shared), Value::Null).await.status, 204);
    let entries = gateway.rows("/api/v1/audit?kind=view").await;
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["view.delete", "view.update", "view.update", "view.create", "view.create"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_explorer_does_not_take_is_no_view() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let wrong = [
        (json!({"no_such": "x"}), "no_such"),
        (json!({"limit": "5"}), "limit"),
        (json!({"cursor": "5"}), "cursor"),
        (json!({"outcome": "nowhere"}), "outcome"),
        (json!({"min_cost_usd": "much"}), "min_cost_usd"),
        (json!({"key_id": "none"}), "key_id"),
        (json!({"from": "yesterday"}), "from"),
        (json!({"stream": "perhaps"}), "stream"),
        (json!({"model": 5}), "filters"),
        (json!([1]), "filters"),
    ];
    for (filters, field) in wrong {
        let body = json!({"name": "wrong", "filters": filters});
        let refused = gateway.admin(Method::POST, "/api/v1/views", Some(&body)).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text());
        assert_eq!(refused.json()["error"]["field"], field, "{body}");
    }
    let refused = gateway.admin(Method::POST, "/api/v1/views", Some(&json!({"filters": {}}))).await;
    assert_eq!(refused.json()["error"]["field"], "name");
    let view = made(&gateway, "views", json!({"name": "all", "filters": {"from": "2026-01-01"}})).await;
    let path = format!("/api/v1/views/{}", view["id"].as_str().unwrap());
    let stale = Call::post(&path, json!({"name": "x"}).to_string()).method(Method::PATCH);
    let stale = gateway.send(stale.key(super::support::MASTER).header("if-match", "\"7\"")).await;
    assert_eq!(stale.status, 412, "{}", stale.text());
    let gateway = gateway.restart().await;
    assert_eq!(gateway.admin(Method::GET, &path, None).await.ok().json(), view);
}
