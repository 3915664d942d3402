//! Plain settings over the admin API: what is in force and where it comes from, changes at once and over restarts, at every
//! gateway; the file goes before, and secrets are never shown.

use super::support::gateway::run;
use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const BODY: &str = "settings.max_body_bytes";

async fn setting(gateway: &Gateway, name: &str) -> Value {
    gateway.admin(Method::GET, &format!("/api/v1/settings/{name}"), None).await.ok().json()
}

async fn change(gateway: &Gateway, name: &str, value: Value) -> Answer {
    let path = format!("/api/v1/settings/{name}");
    gateway.admin(Method::PATCH, &path, Some(&json!({ "value": value }))).await
}

/// The status of a call with two kilobytes.
async fn large(gateway: &Gateway) -> u16 {
    let call = Call::chat(&chat("up/chat-model", &"x".repeat(2_000))).key(MASTER);
    gateway.send(call).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_is_changed_at_once_and_over_restarts() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let row = setting(&gateway, BODY).await;
    assert_eq!((&row["value"], &row["source"]), (&json!(67_108_864), &json!("default")), "{row}");
    assert_eq!((&row["changeable"], &row["revision"]), (&json!(true), &json!(0)), "{row}");
    assert_eq!(large(&gateway).await, 200);
    let changed = change(&gateway, BODY, json!(1_024)).await;
    let first = changed.header("etag").unwrap().to_owned();
    let row = changed.ok().json();
    assert_eq!(
        (&row["value"], &row["source"], &row["default"]),
        (&json!(1_024), &json!("api"), &json!(67_108_864))
    );
    assert_eq!(large(&gateway).await, 413);
    let gateway = gateway.restart().await;
    assert_eq!(large(&gateway).await, 413);
    // A reload of the file leaves it.
    gateway.write_config(&format!("{}records: {{ logging: \"off\" }}\n", upstream.providers()));
    eventually_within(Duration::from_secs(10), "the file is read again", async || {
        (setting(&gateway, "records.logging").await["source"] == "file").then_some(())
    })
    .await;
    assert_eq!(large(&gateway).await, 413);

    let path = format!("/api/v1/settings/{BODY}");
    let late = Call::post(&path, json!({"value": 5_000}).to_string()).method(Method::PATCH).key(MASTER);
    let refused = gateway.send(late.header("if-match", "\"7\"")).await;
    assert_eq!(refused.status, 412, "{}", refused.text());
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 404);
    assert_eq!(large(&gateway).await, 200);
    assert_eq!(setting(&gateway, BODY).await["source"], "default");
    // One that is made again is another one: who knew the first does not change it unseen.
    change(&gateway, BODY, json!(2_048)).await.ok();
    let late = Call::post(&path, json!({"value": 5_000}).to_string()).method(Method::PATCH).key(MASTER);
    let refused = gateway.send(late.header("if-match", &first)).await;
    assert_eq!(refused.status, 412, "{}", refused.text());
    // What is wrong in the file is told of where it is, and not as the value's fault.
    gateway.write_config("providers: 7\n");
    let refused = change(&gateway, BODY, json!(4_096)).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("gatewright.yaml:1:"), "{}", refused.text());
    assert_eq!(setting(&gateway, BODY).await["value"], 2_048);
    let of = async |action: &str| gateway.rows(&format!("/api/v1/audit?action={action}")).await;
    let entries = of("setting.update").await;
    assert_eq!((entries.len(), &entries[1]["after"]["value"]), (2, &json!(1_024)), "{entries:?}");
    assert_eq!(of("setting.delete").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_shows_and_changes_settings() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let url = format!("http://{}", gateway.addr);
    let run = async |arguments: &[&str]| {
        let (code, out, err) =
            run(&[&["settings"], arguments, &["--url", &url, "--key", MASTER]].concat()).await;
        (code, format!("{out}{err}"))
    };
    let (code, out) = run(&["set", BODY, "1024"]).await;
    assert!(code == 0 && out.contains("1024") && out.contains("api"), "{out}");
    assert_eq!(large(&gateway).await, 413);
    assert_eq!(run(&["set", "records.logging", "full"]).await.0, 0);
    let (_, out) = run(&["list", "--given"]).await;
    assert!(out.contains("records.logging") && out.contains("listen") && !out.contains("health."), "{out}");
    let (code, out) = run(&["set", "listen", "x"]).await;
    assert!(code == 1 && out.contains("command line"), "{out}");
    assert_eq!(run(&["reset", BODY]).await.0, 0);
    let (_, out) = run(&["get", BODY]).await;
    assert!(out.contains("67108864") && out.contains("default"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_changed_or_shown_says_so() {
    let upstream = Upstream::start().await;
    let text = format!("{}health: {{ window_ms: 5000 }}\nredis_prefix: ${{HIDDEN}}\n", upstream.providers());
    let gateway = Gateway::start_with(&text, &[("HIDDEN", "a-hidden-text")]).await;
    for (name, value, status, told) in [
        ("health.window_ms", json!(6_000), 409, "gatewright.yaml:"),
        ("listen", json!("127.0.0.1:1"), 409, "command line"),
        ("storage.batch_interval_ms", json!(100), 409, "configuration file"),
        ("records.body_queue_bytes", json!(2_000_000), 409, "configuration file"),
        ("settings.max_json_depth", json!(3), 400, "'max_json_depth' must be a whole number from 8"),
        ("settings.max_json_depth", json!({"a": 1}), 400, "'value' must be"),
        ("records.logging", json!("loud"), 400, "off, metadata, redacted or full"),
        ("nothing.of_the_kind", json!(1), 404, "no such setting"),
        ("providers", json!(1), 404, "no such setting"),
    ] {
        let answer = change(&gateway, name, value).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert!(answer.text().contains(told), "{name}: {}", answer.text());
    }
    let all = gateway.rows("/api/v1/settings?limit=50").await;
    assert!(all.len() > 80, "{}", all.len());
    let told = Value::Array(all.clone()).to_string();
    assert!(!told.contains("a-hidden-text") && !told.contains("upstream-secret"), "a secret is shown");
    let prefix = all.iter().find(|row| row["id"] == "redis_prefix").unwrap();
    assert_eq!((&prefix["hidden"], &prefix["value"]), (&json!(true), &Value::Null));
    assert!(gateway.rows("/api/v1/audit?action=setting.update").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gateway_follows() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let text = format!("{}database_url: {}\n", upstream.providers(), server.database("settings"));
    let variables = [("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")];
    let start = || Gateway::start_with(&text, &variables);
    let (here, there) = tokio::join!(start(), start());
    change(&here, BODY, json!(1_024)).await.ok();
    assert_eq!(large(&here).await, 413);
    let soon = Duration::from_secs(1);
    eventually_within(soon, "it is in force there", async || (large(&there).await == 413).then_some(()))
        .await;
    change(&there, BODY, Value::Null).await.ok();
    eventually_within(soon, "and no more here", async || (large(&here).await == 200).then_some(())).await;
}
