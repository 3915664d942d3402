//! Providers and models over the admin API: in force at once and after a restart, checked as the file is, their secrets never
//! shown and never sent elsewhere; test calls; what is left of limits.

use super::support::postgres::Postgres;
use super::support::scripted::{Scripted, Step};
use super::support::speaking::{self, Format};
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A provider of the file that nobody answers for.
const FILE: &str = "providers:\n  filed: { kind: openai-compatible, base_url: 'http://127.0.0.1:9/v1' }\n";

const SECRET: &str = "sk-very-secret-of-west";

async fn api(gateway: &Gateway, method: Method, path: &str, body: Value) -> Answer {
    let call = Call::post(&format!("/api/v1/{path}"), body.to_string()).method(method);
    gateway.send(call.key(MASTER).header("content-type", "application/json")).await
}

async fn refused(gateway: &Gateway, method: Method, path: &str, body: Value, status: u16) -> Value {
    let answer = api(gateway, method, path, body).await;
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    answer.json()["error"].clone()
}

fn west(url: &str) -> Value {
    json!({
        "name": "west", "kind": "openai-compatible", "base_url": format!("{url}/v1"), "api_key": SECRET,
        "models": { "m": { "input_usd_per_million_tokens": 1, "output_usd_per_million_tokens": 2 } },
    })
}

/// A provider that takes the one key, lists models and says what is left.
async fn upstream() -> Scripted {
    let good = speaking::whole(Format::Chat);
    Scripted::by_request(move |_, seen| {
        let send = |status: &str, more: &str, body: &str| {
            vec![Step::Send(speaking::head(status, "application/json", more, body).into_bytes())]
        };
        if seen.header("authorization") != Some(&format!("Bearer {SECRET}")) {
            let text = r#"{"error":{"message":"wrong key: sk-ab***","type":"t","code":"c"}}"#;
            return send("401 Unauthorized", "", text);
        }
        if seen.path.ends_with("/models") {
            return send("200 OK", "", r#"{"data":[{"id":"m"},{"id":"n"}]}"#);
        }
        let left = "x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 40\r\n\
                    x-ratelimit-reset-requests: 60s\r\n";
        send("200 OK", left, &good)
    })
    .await
}

async fn ask(gateway: &Gateway, model: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(MASTER)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_added_called_changed_and_removed() {
    let upstream = upstream().await;
    let gateway = Gateway::start(FILE).await;
    ask(&gateway, "west/m").await.refused(404, "model_not_found");
    let made = api(&gateway, Method::POST, "providers", west(&upstream.url())).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.header("etag"), Some("\"1\""));
    assert!(!made.text().contains(SECRET));
    let row = made.json();
    assert_eq!((&row["source"], &row["secrets"]), (&json!("api"), &json!(["/api_key"])));
    ask(&gateway, "west/m").await.ok();

    let listed = gateway.admin(Method::GET, "/api/v1/providers", None).await;
    assert!(!listed.text().contains(SECRET));
    let names: Vec<(Value, Value)> = listed.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].clone(), row["source"].clone()))
        .collect();
    assert_eq!(names, [(json!("filed"), json!("config")), (json!("west"), json!("api"))]);

    // An alias of it, which keeps it.
    let alias = json!({ "name": "chat", "targets": [{ "provider": "west", "model": "m" }] });
    assert_eq!(api(&gateway, Method::POST, "models", alias).await.status, 201);
    ask(&gateway, "chat").await.ok();
    let in_use = refused(&gateway, Method::DELETE, "providers/west", json!({}), 409).await;
    assert!(in_use["message"].as_str().unwrap().contains("'chat'"), "{in_use}");

    // All of it is there after a restart, and what is changed is in force at once.
    let gateway = gateway.restart().await;
    ask(&gateway, "chat").await.ok();
    let changed = api(&gateway, Method::PATCH, "providers/west", json!({ "api_key": "sk-other" })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(changed.json()["revision"], 2);
    ask(&gateway, "chat").await.refused(502, "upstream_error");
    let outdated = Call::post("/api/v1/providers/west", "{}").method(Method::PATCH).key(MASTER);
    gateway.send(outdated.header("if-match", "\"1\"")).await.refused(412, "precondition_failed");

    for path in ["models/chat", "providers/west"] {
        let gone = api(&gateway, Method::DELETE, path, json!({})).await;
        assert_eq!(gone.status, 204, "{path}: {}", gone.text());
    }
    ask(&gateway, "west/m").await.refused(404, "model_not_found");
    let audit = gateway.admin(Method::GET, "/api/v1/audit?kind=provider", None).await;
    assert!(!audit.text().contains("sk-"), "{}", audit.text());
    let actions: Vec<Value> =
        audit.json()["data"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["provider.delete", "provider.update", "provider.create"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_at_its_place_and_secrets_do_not_follow() {
    let upstream = upstream().await;
    let gateway = Gateway::start(FILE).await;
    let with = |member: &str, value: Value| {
        let mut given = west(&upstream.url());
        given[member] = value;
        given
    };
    let post =
        async |body: Value, status: u16| refused(&gateway, Method::POST, "providers", body, status).await;
    let wrong = post(with("base_url", json!("http://169.254.169.254/v1")), 400).await;
    assert_eq!(wrong["field"], "base_url");
    assert_eq!(wrong["faults"][0]["pointer"], "/base_url");
    let misspelt = post(with("basse_url", json!("x")), 400).await;
    assert_eq!(misspelt["field"], "basse_url");
    assert_eq!(post(with("api_key_file", json!("/etc/passwd")), 400).await["field"], "api_key_file");
    assert_eq!(post(json!({ "name": "openai" }), 400).await["field"], "api_key");
    assert_eq!(post(with("name", json!("filed")), 409).await["field"], "name");
    post(json!([1]), 400).await;
    refused(&gateway, Method::PATCH, "providers/filed", json!({ "region": "eu" }), 409).await;
    refused(&gateway, Method::DELETE, "providers/filed", json!({}), 409).await;
    refused(&gateway, Method::DELETE, "providers/nobody", json!({}), 404).await;

    assert_eq!(api(&gateway, Method::POST, "providers", west(&upstream.url())).await.status, 201);
    post(west(&upstream.url()), 409).await;
    let away = json!({ "base_url": "http://127.0.0.1:9/v1" });
    let kept = refused(&gateway, Method::PATCH, "providers/west", away.clone(), 400).await;
    assert_eq!(kept["field"], "base_url");
    assert!(kept["message"].as_str().unwrap().contains("'api_key'"), "{kept}");
    // Nor does it follow to where it is only tried.
    let mut tried = away;
    tried["name"] = json!("west");
    refused(&gateway, Method::POST, "providers/test", tried, 400).await;
    ask(&gateway, "west/m").await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_call_says_what_is_wrong() {
    let upstream = upstream().await;
    let gateway = Gateway::start(FILE).await;
    let test = async |body: Value| {
        let answer = api(&gateway, Method::POST, "providers/test", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let good = test(west(&upstream.url())).await;
    assert_eq!(
        (&good["ok"], &good["status"], &good["models"]),
        (&json!(true), &json!(200), &json!(["m", "n"]))
    );
    assert!(
        gateway.rows("/api/v1/providers").await.iter().all(|row| row["name"] != "west"),
        "nothing is stored"
    );

    let mut bad = west(&upstream.url());
    bad["api_key"] = json!("sk-wrong");
    let bad = test(bad).await;
    assert_eq!((&bad["ok"], &bad["status"]), (&json!(false), &json!(401)));
    let reason = bad["reason"].as_str().unwrap();
    assert!(reason.contains("credential") && !reason.contains("sk-"), "{reason}");

    let nobody = test(json!({ "name": "filed" })).await;
    assert_eq!((&nobody["ok"], &nobody["status"]), (&json!(false), &Value::Null));
    assert!(nobody["reason"].as_str().unwrap().contains("nothing accepts connections"), "{nobody}");

    assert_eq!(api(&gateway, Method::POST, "providers", west(&upstream.url())).await.status, 201);
    let asked = test(json!({ "name": "west", "model": "m" })).await;
    assert_eq!(asked["ok"], json!(true), "{asked}");
    let last = upstream.last();
    assert!(
        last.path.ends_with("/chat/completions") && last.body.contains("\"max_tokens\":1"),
        "{}",
        last.body
    );
    refused(&gateway, Method::POST, "providers/test", json!({ "name": "nobody" }), 404).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_of_the_name_test_is_managed_as_any() {
    let upstream = upstream().await;
    let gateway = Gateway::start(FILE).await;
    let mut given = west(&upstream.url());
    given["name"] = json!("test");
    assert_eq!(api(&gateway, Method::POST, "providers", given).await.status, 201);
    let shown = gateway.admin(Method::GET, "/api/v1/providers/test", None).await;
    assert_eq!((shown.status.as_u16(), &shown.json()["name"]), (200, &json!("test")));
    let tested = api(&gateway, Method::POST, "providers/test", json!({ "name": "test" })).await;
    assert_eq!(tested.json()["ok"], json!(true), "{}", tested.text());
    let changed = api(&gateway, Method::PATCH, "providers/test", json!({ "region": "eu" })).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["revision"]), (200, &json!(2)));
    assert_eq!(api(&gateway, Method::DELETE, "providers/test", json!({})).await.status, 204);
    refused(&gateway, Method::POST, "providers/other", json!({}), 405).await;
    let unknown = refused(&gateway, Method::POST, "providers/test?dry=1", json!({}), 400).await;
    assert_eq!(unknown["field"], "dry", "what is misspelt is said here too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_left_out_says_why() {
    let upstream = upstream().await;
    let gateway = Gateway::start(FILE).await;
    assert_eq!(api(&gateway, Method::POST, "providers", west(&upstream.url())).await.status, 201);
    for name in ["one", "two"] {
        let alias = json!({ "name": name, "targets": [{ "provider": "filed", "model": "m" }] });
        assert_eq!(api(&gateway, Method::POST, "models", alias).await.status, 201);
    }
    let good = json!({ "name": "good", "targets": [{ "provider": "west", "model": "m" }] });
    assert_eq!(api(&gateway, Method::POST, "models", good).await.status, 201);
    // A file without what they name.
    gateway.write_config("providers: {}\n");
    let gateway = gateway.restart().await;
    let rows = gateway.rows("/api/v1/models?managed_by=api").await;
    assert_eq!(rows.len(), 3, "{rows:?}");
    let names: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["good", "one", "two"]);
    assert_eq!(rows[0]["problem"], Value::Null, "{}", rows[0]);
    for row in &rows[1..] {
        assert!(row["problem"].as_str().unwrap().contains("filed"), "{row}");
        assert_eq!(row["settings"]["targets"][0]["provider"], "filed", "{row}");
    }
    // Who answers to an alias is shown to whoever may change it.
    let all = gateway.rows("/api/v1/models?limit=1000").await;
    let good = all.iter().find(|row| row["id"] == "good").unwrap();
    assert_eq!(good["targets"], json!(["west/m"]));
    let others = gateway.rows("/api/v1/models?managed_by=file&limit=1000").await;
    let is_other = |row: &Value| !names.contains(&row["id"].as_str().unwrap());
    assert!(!others.is_empty() && others.iter().all(is_other), "{others:?}");
    assert_eq!(gateway.rows("/api/v1/models?managed_by=api&provider=west").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_is_shown() {
    let upstream = upstream().await;
    let gateway = Gateway::start(FILE).await;
    let mut given = west(&upstream.url());
    given["capacity"] = json!({ "rpm": 10, "max_parallel": 3 });
    given["limits"] = json!({ "rpm": 50 });
    given["budget"] = json!({ "limit_usd": 5, "period": "day" });
    let made = api(&gateway, Method::POST, "providers", given).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let alias = json!({ "name": "chat", "targets": [{ "provider": "west", "model": "m" }] });
    assert_eq!(api(&gateway, Method::POST, "models", alias).await.status, 201);
    ask(&gateway, "chat").await.ok();
    let row = gateway.admin(Method::GET, "/api/v1/providers/west", None).await.ok().json();
    assert_eq!(row["state"], "up");
    let one = &row["deployments"][0];
    assert_eq!((&one["model"], &one["open_slots"], &one["state"]), (&json!("m"), &json!(3), &json!("up")));
    assert_eq!(one["provider_limits"]["requests"]["remaining"], 40);
    assert_eq!(one["provider_limits"]["requests"]["limit"], 100);
    assert_eq!(one["capacity"]["requests"], json!({ "limit": 10, "remaining": 9 }));
    assert_eq!((&row["limits"][0]["limit"], &row["limits"][0]["remaining"]), (&json!(50), &json!(49)));
    assert_eq!(row["budgets"][0]["limit_usd"], "5");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_in_force_at_every_node_within_a_second() {
    let Some(server) = Postgres::start() else { return };
    let upstream = upstream().await;
    let url = server.database("managed");
    let config = format!("{FILE}database_url: {url}\n");
    let start =
        || Gateway::start_with(&config, &[("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")]);
    let (one, other) = (start().await, start().await);
    assert_eq!(api(&one, Method::POST, "providers", west(&upstream.url())).await.status, 201);
    let second = Duration::from_secs(1);
    eventually_within(second, "the provider at the other node", async || {
        (ask(&other, "west/m").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(api(&other, Method::DELETE, "providers/west", json!({})).await.status, 204);
    eventually_within(second, "its end at the first node", async || {
        (ask(&one, "west/m").await.status == 404).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_file_takes_up_wins() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(FILE).await;
    let nobody = json!({ "name": "up", "kind": "openai-compatible", "base_url": "http://127.0.0.1:9/v1" });
    assert_eq!(api(&gateway, Method::POST, "providers", nobody).await.status, 201);
    gateway.write_config(&upstream.providers());
    let gateway = gateway.restart().await;
    ask(&gateway, "up/one").await.ok();
    let row = gateway.admin(Method::GET, "/api/v1/providers/up", None).await.ok().json();
    assert_eq!(row["source"], "config", "{row}");
}
