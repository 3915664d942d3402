//! What keys, accounts and plans say of the cache for their calls: less than the model has, and never more.

use super::{OTHER, ask, config, said};
use crate::support::gateway::run;
use crate::support::{Call, Gateway, KEY, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};

async fn change(gateway: &Gateway, path: &str, rule: &Value) {
    gateway.admin(Method::PATCH, path, Some(&json!({ "cache": rule }))).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_least_of_all_that_say_something_counts() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact, scope: global }")).await;
    let made = gateway.admin(Method::POST, "/api/v1/teams", Some(&json!({"name": "core"}))).await.json();
    let team = format!("/api/v1/teams/{}", made["id"].as_str().unwrap());
    let (id, key) = gateway.make_key(&json!({"name": "a", "team_id": made["id"]})).await;
    let of = async |key: &str, text: &str| {
        let answer = gateway.send(Call::chat(&chat("main", text)).key(key)).await;
        said(answer.ok()).to_owned()
    };
    assert_eq!([of(KEY, "1").await, of(&key, "1").await], ["miss", "hit"]);
    // Its team shares with nobody, so it has a room of its own; a wider scope of the key changes nothing.
    change(&gateway, &team, &json!({"scope": "team"})).await;
    change(&gateway, &format!("/api/v1/keys/{id}"), &json!({"scope": "global", "ttl_seconds": 86_400})).await;
    assert_eq!([of(&key, "1").await, of(&key, "1").await, of(KEY, "1").await], ["miss", "hit", "hit"]);
    // What others left an hour ago is too old.
    change(&gateway, &team, &json!({"max_ttl_seconds": 1, "scope": null})).await;
    assert_eq!([of(KEY, "2").await, of(&key, "2").await], ["miss", "hit"]);
    eventually("it is too old", async || (of(&key, "2").await == "miss").then_some(())).await;
    assert_eq!(of(KEY, "2").await, "hit");
    // Nothing is taken, and nothing left; what a change does not name stays.
    change(&gateway, &team, &json!({"mode": "off"})).await;
    change(&gateway, &team, &json!({"max_ttl_seconds": null, "scope": null})).await;
    assert_eq!([of(KEY, "3").await, of(&key, "3").await], ["miss", "bypass"]);
    assert_eq!([of(&key, "4").await, of(KEY, "4").await], ["bypass", "miss"]);
    let only = Call::chat(&chat("main", "3")).key(&key).header("x-gatewright-cache", "only-if-cached");
    gateway.send(only).await.refused(504, "not_cached");
    let told = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}/effective"), None).await.json();
    let values: Vec<&Value> = told["cache"].as_array().unwrap().iter().map(|entry| &entry["value"]).collect();
    assert_eq!(
        values,
        [&json!({"scope": "global", "ttl_seconds": 86_400}), &json!({"mode": "off"})],
        "{told}"
    );
    change(&gateway, &team, &Value::Null).await;
    assert_eq!(of(&key, "3").await, "hit");
    // A customer's word counts for its calls alone.
    let customer = json!({"name": "shy", "cache": {"mode": "off"}});
    let made = gateway.admin(Method::POST, "/api/v1/customers", Some(&customer)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let shy = Call::chat(&chat("main", "3")).key(&key).header("x-gatewright-customer", "shy");
    assert_eq!(said(gateway.send(shy).await.ok()), "bypass");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn some_have_it_without_asking_where_others_must_ask() {
    let upstream = Upstream::start().await;
    let text = config(&upstream, "{ mode: exact, opt_in: true }");
    let told = text.replace(
        &format!("{{ name: other, key: {OTHER} }}"),
        &format!("{{ name: other, key: {OTHER}, cache: {{ opt_in: false, mode: exact }} }}"),
    );
    assert_ne!(text, told);
    let gateway = Gateway::start(&told).await;
    assert_eq!(said(&ask(&gateway, &chat("main", "x")).await), "bypass");
    let other = Call::chat(&chat("main", "x")).key(OTHER);
    let (one, two) = (gateway.send(other.clone()).await, gateway.send(other).await);
    assert_eq!([said(one.ok()), said(two.ok())], ["miss", "hit"]);
    let rows = gateway.rows("/api/v1/keys").await;
    let row = rows.iter().find(|row| row["name"] == "other").unwrap();
    assert_eq!(row["cache"], json!({"mode": "exact", "opt_in": false}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_with_its_place() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, "{ mode: exact }")).await;
    let (id, _) = gateway.make_key(&json!({"name": "a"})).await;
    for (rule, field) in [
        (json!("off"), "cache"),
        (json!({"mode": "never"}), "cache.mode"),
        (json!({"scope": "world"}), "cache.scope"),
        (json!({"ttl_seconds": 0}), "cache.ttl_seconds"),
        (json!({"max_ttl_seconds": 99_999_999}), "cache.max_ttl_seconds"),
        (json!({"ttl_seconds": -1}), "cache.ttl_seconds"),
        (json!({"opt_in": "yes"}), "cache.opt_in"),
        (json!({"ttl": 1}), "cache.ttl"),
        (json!(["off", null, null, null, null]), "cache"),
    ] {
        for path in ["/api/v1/teams".to_owned(), format!("/api/v1/keys/{id}")] {
            let method = if path.contains(&id) { Method::PATCH } else { Method::POST };
            let body = json!({"name": "t", "cache": rule});
            let answer = gateway.admin(method, &path, Some(&body)).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["error"]["field"]),
                (400, &json!(field)),
                "{rule}"
            );
        }
    }
    let file = config(&upstream, "{ mode: exact }").replace(
        &format!("{{ name: other, key: {OTHER} }}"),
        &format!("{{ name: other, key: {OTHER}, cache: {{ scope: world }} }}"),
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gatewright.yaml");
    std::fs::write(&path, file).unwrap();
    let (code, _, errors) = run(&["check", path.to_str().unwrap()]).await;
    assert!(code != 0 && errors.contains("scope") && errors.contains("organization"), "{errors}");
}
