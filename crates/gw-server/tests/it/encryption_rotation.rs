//! Another encryption key by the command line: keys, tokens and stored credentials of before go on working, what was sealed is
//! read as before, and a gateway that does not know the new key is not pulled from under its calls.

use super::support::gateway::binary;
use super::support::postgres::Postgres;
use super::support::{Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};
use std::path::Path;

const OLD: &str = "the encryption key of before, for tests";
const NEW: &str = "the encryption key from now on, for tests";
const NEXT: &str = "the encryption key after that one, for tests";

/// A provider whose key stands in the store, and bodies that are kept.
fn config(upstream: &Upstream, more: &str) -> String {
    format!(
        "providers:\n  up: {{ kind: openai-compatible, base_url: \"{}/v1\", stored_credential: main }}\n\
         records: {{ logging: full }}\n{more}",
        upstream.url()
    )
}

/// Runs `keys rotate-encryption` with these variables: exit code, stdout, stderr.
async fn rotate(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = binary();
    command.args(["keys", "rotate-encryption"]).args(arguments).envs(variables.iter().copied());
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// What was handed out and stored.
struct Handed {
    key: String,
    token: String,
    request: String,
    answered: Value,
}

async fn asked(gateway: &Gateway, key: &str) -> u16 {
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key)).await.status.as_u16()
}

fn once() -> Call {
    Call::post("/api/v1/keys", json!({"name": "made once"}).to_string())
        .key(MASTER)
        .header("idempotency-key", "one")
}

async fn hand_out(gateway: &Gateway) -> Handed {
    let make = async |path: &str, body: Value| {
        let made = gateway.admin(Method::POST, &format!("/api/v1/{path}"), Some(&body)).await;
        assert_eq!(made.status, 201, "{path}: {}", made.text());
        made.json()
    };
    make("credentials", json!({"name": "main", "api_key": "an-upstreams-key"})).await;
    make(
        "providers",
        json!({"name": "west", "kind": "openai-compatible", "base_url": "http://127.0.0.1:9/v1",
        "api_key": "another-upstreams-key"}),
    )
    .await;
    make(
        "alerts/channels",
        json!({"name": "ops", "kind": "webhook", "url": "http://127.0.0.1:9/", "secret": "hidden"}),
    )
    .await;
    let token = make("admin-tokens", json!({"name": "t", "role": "viewer"})).await["token"].clone();
    let (_, key) = gateway.make_key(&json!({"name": "app"})).await;
    let answered = gateway.send(once()).await.json();
    let answer = gateway.send(Call::chat(&chat("up/chat-model", "a quick fox")).key(&key)).await;
    answer.ok();
    let request = answer.request_id();
    eventually("its bodies are kept", async || {
        let path = format!("/api/v1/logs?request_id={request}&has_body=true");
        (gateway.rows(&path).await.len() == 1).then_some(())
    })
    .await;
    Handed { key, token: token.as_str().unwrap().to_owned(), request, answered }
}

async fn all_works(gateway: &Gateway, handed: &Handed) {
    assert_eq!(asked(gateway, &handed.key).await, 200, "the key, and the provider's credential");
    let me = gateway.send(Call::get("/api/v1/me").key(&handed.token)).await;
    assert_eq!(me.status, 200, "{}", me.text());
    let again = gateway.send(once()).await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), (Some("true"), handed.answered.clone()));
    let bodies = gateway.admin(Method::GET, &format!("/api/v1/logs/{}/bodies", handed.request), None).await;
    assert!(bodies.text().contains("a quick fox"), "{}", bodies.text());
    let whole = gateway.admin(Method::GET, "/api/v1/audit/verify", None).await.json();
    assert_eq!(whole["valid"], true, "{whole}");
    let rows = gateway.rows("/api/v1/credentials").await;
    assert_eq!(rows.len(), 1, "what stands there for older keys is none: {rows:?}");
    assert_eq!(rows[0]["name"], "main");
    let (_, key) = gateway.make_key(&json!({"name": format!("of {}", gateway.addr)})).await;
    assert_eq!(asked(gateway, &key).await, 200);
    assert!(!gateway.log().contains("cannot be opened"), "{}", gateway.log());
}

fn key_file(data: &Path) -> String {
    std::fs::read_to_string(data.join("encryption.key")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_directory_gets_another_key_and_keys_go_on_working() {
    let upstream = Upstream::start().await;
    let mut gateway = Gateway::start(&config(&upstream, "")).await;
    let handed = hand_out(&gateway).await;
    let data = gateway.folder().join("data");
    let at = ["--data-dir", data.to_str().unwrap()];
    let before = key_file(&data);

    let (code, _, err) = rotate(&at, &[]).await;
    assert!(code == 1 && err.contains("in use") && err.contains("stop that one"), "{err}");
    gateway.stop().await;
    let (code, out, err) = rotate(&[&at[..], &["--dry-run", "--json"]].concat(), &[]).await;
    assert_eq!(code, 0, "{out}{err}");
    let counted: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&counted["sealed_again"], &counted["unreadable"]), (&json!(0), &json!(0)), "{counted}");
    let parts = counted["parts"].as_array().unwrap();
    for part in [
        "credentials",
        "managed providers and models",
        "channels of alerts",
        "bodies of calls",
        "answers for idempotency keys",
        "entries of the audit log",
        "end of the audit log",
    ] {
        let row = parts.iter().find(|row| row["part"] == part).unwrap_or_else(|| panic!("{part}: {counted}"));
        assert!(row["older_key"].as_u64().unwrap() > 0 && row["newest_key"] == 0, "{row}");
    }
    assert_eq!(key_file(&data), before, "nothing was changed");

    let (code, out, err) = rotate(&at, &[]).await;
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("were sealed again"), "{out}");
    let after = key_file(&data);
    assert!(after != before && after.lines().count() == 1, "one key, another one");
    assert!(!out.contains(after.trim()) && !out.contains(before.trim()), "no key is shown");
    let gateway = gateway.restart().await;
    all_works(&gateway, &handed).await;
    let entries = gateway.rows("/api/v1/audit?action=encryption.rotate").await;
    assert_eq!((entries.len(), &entries[0]["actor"]), (1, &json!("system")), "{entries:?}");
    assert!(entries[0]["after"]["sealed_again"]["credentials"].as_u64().unwrap() > 0, "{entries:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_done_rotation_serves_and_is_completed_with_keys_of_the_environment() {
    let upstream = Upstream::start().await;
    let text = config(&upstream, "");
    let mut gateway = Gateway::start_with(&text, &[("GATEWRIGHT_ENCRYPTION_KEY", OLD)]).await;
    let handed = hand_out(&gateway).await;
    gateway.stop().await;
    let data = gateway.folder().join("data");
    let at = ["--data-dir", data.to_str().unwrap()];
    let (code, _, err) = rotate(&at, &[("GATEWRIGHT_ENCRYPTION_KEY", NEW)]).await;
    assert!(code == 2 && err.contains("GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS"), "{err}");
    let (code, out, err) = rotate(
        &at,
        &[("GATEWRIGHT_ENCRYPTION_KEY", NEW), ("GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS", "a wrong one")],
    )
    .await;
    assert!(code == 1 && err.contains("nothing was changed") && out.contains("unreadable"), "{out}{err}");

    // With both keys a gateway reads what is there, and seals what is new with the new one.
    let both = [("GATEWRIGHT_ENCRYPTION_KEY", NEW), ("GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS", OLD)];
    let mut gateway = gateway.restart_with(&both).await;
    all_works(&gateway, &handed).await;
    gateway.stop().await;
    let (code, out, err) = rotate(&at, &both).await;
    assert_eq!(code, 0, "{out}{err}");
    let gateway = gateway.restart_with(&both[..1]).await;
    all_works(&gateway, &handed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_on_postgresql_get_another_key() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("encryption");
    let text = config(&upstream, &format!("database_url: {url}\n"));
    let mut gateway = Gateway::start_with(&text, &[("GATEWRIGHT_ENCRYPTION_KEY", OLD)]).await;
    let handed = hand_out(&gateway).await;
    let both = [("GATEWRIGHT_ENCRYPTION_KEY", NEW), ("GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS", OLD)];
    let at = ["--database-url", url.as_str()];
    let (code, _, err) = rotate(&at, &both).await;
    assert!(code == 1 && err.contains("gateways use the database") && err.contains("--online"), "{err}");
    gateway.stop().await;
    eventually("its connections are gone", async || {
        let (code, out, err) = rotate(&at, &both).await;
        assert!(code == 0 || err.contains("gateways use the database"), "{out}{err}");
        (code == 0).then_some(())
    })
    .await;
    let mut gateway = gateway.restart_with(&both[..1]).await;
    all_works(&gateway, &handed).await;
    gateway.stop().await;

    // A gateway that was forgotten seals with the key that is replaced: it is out of the database at once, also when it is back
    // after a while, and its calls go on. Nothing is lost: what it could not write waits.
    let (old, new) = (("GATEWRIGHT_ENCRYPTION_KEY", NEXT), ("GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS", NEW));
    let exchanged = [("GATEWRIGHT_ENCRYPTION_KEY", NEW), ("GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS", NEXT)];
    let mut gateway = gateway.restart_with(&exchanged).await;
    let (code, out, err) = rotate(&[&at[..], &["--online"]].concat(), &[old, new]).await;
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(asked(&gateway, &handed.key).await, 200);
    let made = gateway.admin(Method::POST, "/api/v1/keys", Some(&json!({"name": "late"}))).await;
    assert_eq!(made.status, 503, "{}", made.text());
    gateway.stop().await;
    let gateway = gateway.restart_with(&[old]).await;
    all_works(&gateway, &handed).await;
    assert_eq!(gateway.rows("/api/v1/keys?name=late").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_on_postgresql_gets_another_key_while_it_serves() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("encryption_online");
    let text = config(&upstream, &format!("database_url: {url}\n"));
    let both = [("GATEWRIGHT_ENCRYPTION_KEY", NEW), ("GATEWRIGHT_ENCRYPTION_KEY_PREVIOUS", OLD)];
    let at = ["--database-url", url.as_str(), "--online"];
    let mut gateway = Gateway::start_with(&text, &[("GATEWRIGHT_ENCRYPTION_KEY", OLD)]).await;
    let handed = hand_out(&gateway).await;
    gateway.stop().await;
    let mut gateway = gateway.restart_with(&both).await;
    let (code, out, err) = rotate(&at, &both).await;
    assert_eq!(code, 0, "{out}{err}");
    all_works(&gateway, &handed).await;
    gateway.stop().await;
    let gateway = gateway.restart_with(&both[..1]).await;
    all_works(&gateway, &handed).await;
}
