//! Guardrails over the admin API: in force at once, after a restart and at other nodes; checked as the file is, which goes
//! before; their secrets never shown and never sent elsewhere; and calls never without one that is mandatory.

use super::support::postgres::Postgres;
use super::support::scripted::{Scripted, Step};
use super::support::speaking::{self, Format};
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const SECRET: &str = "a-secret-for-signing-questions";
const KEY: &str = "key-of-the-one-who-is-asked";

/// A guardrail of the file.
const FILED: &str =
    "guardrails:\n  filed: { kind: keywords, terms: [Falcon, Hawk], on: [request], action: flag }\n";

async fn api(gateway: &Gateway, method: Method, path: &str, body: Value) -> Answer {
    let call = Call::post(&format!("/api/v1/{path}"), body.to_string()).method(method);
    gateway.send(call.key(MASTER).header("content-type", "application/json")).await
}

async fn post(gateway: &Gateway, path: &str, body: Value) -> Value {
    let made = api(gateway, Method::POST, path, body).await;
    assert_eq!(made.status, 201, "{path}: {}", made.text());
    made.json()
}

async fn refused(gateway: &Gateway, method: Method, path: &str, body: Value, status: u16) -> Value {
    let answer = api(gateway, method, path, body).await;
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    answer.json()["error"].clone()
}

async fn show(gateway: &Gateway, name: &str) -> Value {
    gateway.admin(Method::GET, &format!("/api/v1/guardrails/{name}"), None).await.ok().json()
}

/// Blocks a word, for those who name it.
fn word(name: &str, word: &str) -> Value {
    json!({ "name": name, "kind": "keywords", "terms": [word], "on": ["request"], "action": "block" })
}

fn mandatory(name: &str, said: &str) -> Value {
    let mut body = word(name, said);
    body["mandatory"] = true.into();
    body
}

fn saying(text: &str) -> Call {
    Call::chat(&chat("up/one", text)).key(MASTER)
}

async fn status(gateway: &Gateway, text: &str) -> u16 {
    gateway.send(saying(text)).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guardrail_is_added_asked_changed_and_removed() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{FILED}", upstream.providers())).await;
    assert_eq!(status(&gateway, "the eagle").await, 200);
    let made = api(&gateway, Method::POST, "guardrails", mandatory("birds", "eagle")).await;
    assert_eq!((made.status.as_u16(), made.header("etag")), (201, Some("\"1\"")), "{}", made.text());
    let row = made.json();
    assert_eq!(
        (&row["id"], &row["source"], &row["managed_by"]),
        (&json!("birds"), &json!("api"), &json!("api"))
    );
    assert_eq!((&row["kind"], &row["settings"]["terms"]), (&json!("keywords"), &json!(["eagle"])), "{row}");
    gateway.send(saying("the eagle")).await.refused(400, "guardrail_blocked");
    assert_eq!(status(&gateway, "the owl").await, 200);
    let test = async |body: Value| api(&gateway, Method::POST, "guardrails/test", body).await.ok().json();
    let tried = test(json!({ "text": "the eagle", "guardrails": ["birds"] })).await;
    assert_eq!((&tried["verdict"], &tried["stopped_by"]), (&json!("blocked"), &json!("birds")), "{tried}");

    let listed = gateway.rows("/api/v1/guardrails").await;
    let shown = |row: &Value| (row["name"].clone(), row["source"].clone(), row["managed_by"].clone());
    let expected = [("filed", "config", "file"), ("birds", "api", "api")];
    let expected = expected.map(|(name, source, by)| (json!(name), json!(source), json!(by)));
    assert_eq!(listed.iter().map(shown).collect::<Vec<_>>(), expected);
    assert_eq!(listed[0]["settings"]["terms"], json!(["Falcon", "Hawk"]), "{}", listed[0]);

    // All of it is there after a restart, and what is changed is in force at once.
    let gateway = gateway.restart().await;
    assert_eq!(status(&gateway, "the eagle").await, 400);
    let changed =
        api(&gateway, Method::PATCH, "guardrails/birds", json!({ "terms": ["owl"], "message": "No." })).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, Some("\"2\"")), "{}", changed.text());
    assert_eq!(status(&gateway, "the eagle").await, 200);
    assert!(gateway.send(saying("the owl")).await.text().contains("No."));
    let late = Call::post("/api/v1/guardrails/birds", "{}").method(Method::PATCH).key(MASTER);
    gateway.send(late.header("if-match", "\"1\"")).await.refused(412, "precondition_failed");
    let less = api(&gateway, Method::PATCH, "guardrails/birds", json!({ "message": null })).await.ok().json();
    assert_eq!(less["settings"]["message"], Value::Null, "{less}");

    assert_eq!(api(&gateway, Method::DELETE, "guardrails/birds", json!({})).await.status, 204);
    assert_eq!(status(&gateway, "the owl").await, 200);
    refused(&gateway, Method::GET, "guardrails/birds", json!({}), 404).await;
    let audit = gateway.rows("/api/v1/audit?kind=guardrail").await;
    let actions: Vec<&str> = audit.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let update = "guardrail.update";
    assert_eq!(actions, ["guardrail.delete", update, update, "guardrail.create"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_keys_accounts_and_models_name_it_and_then_it_stays() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let twice = Call::post("/api/v1/guardrails", word("birds", "eagle").to_string()).key(MASTER);
    for _ in 0..2 {
        let made = gateway.send(twice.clone().header("idempotency-key", "one-of-birds")).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    assert_eq!(status(&gateway, "the eagle").await, 200, "nobody names it");
    let named = saying("the eagle").header("x-gatewright-guardrails", "birds");
    gateway.send(named).await.refused(400, "guardrail_blocked");

    let key = post(&gateway, "keys", json!({ "name": "app", "guardrails": ["birds"] })).await;
    let secret = key["key"].as_str().unwrap();
    let of_key = Call::chat(&chat("up/one", "the eagle")).key(secret);
    gateway.send(of_key).await.refused(400, "guardrail_blocked");
    let team = post(&gateway, "teams", json!({ "name": "t", "guardrails": ["birds"] })).await;
    let plan = post(&gateway, "plans", json!({ "name": "p", "guardrails": ["birds"] })).await;
    let alias =
        json!({ "name": "m", "targets": [{ "provider": "up", "model": "one" }], "guardrails": ["birds"] });
    post(&gateway, "models", alias).await;

    let in_use = async |who: &[&str]| {
        let error = refused(&gateway, Method::DELETE, "guardrails/birds", json!({}), 409).await;
        let told = error["message"].as_str().unwrap().to_owned();
        assert!(who.iter().all(|one| told.contains(one)), "{told}");
    };
    in_use(&["the key 'app'", "the team 't'", "the plan 'p'"]).await;
    let none = || json!({ "guardrails": [] });
    for (kind, made) in [("keys", &key), ("teams", &team), ("plans", &plan)] {
        let path = format!("{kind}/{}", made["id"].as_str().unwrap());
        api(&gateway, Method::PATCH, &path, none()).await.ok();
    }
    in_use(&["the model 'm'"]).await;
    assert_eq!(status(&gateway, "the eagle").await, 200);
    assert_eq!(api(&gateway, Method::DELETE, "models/m", json!({})).await.status, 204);
    assert_eq!(api(&gateway, Method::DELETE, "guardrails/birds", json!({})).await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_at_its_place() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{FILED}", upstream.providers())).await;
    let wrong = async |body: Value, status: u16, field: &str| {
        let error = refused(&gateway, Method::POST, "guardrails", body.clone(), status).await;
        assert_eq!(error["field"], field, "{body}: {error}");
        error
    };
    let with = |member: &str, value: Value| {
        let mut body = word("birds", "eagle");
        body[member] = value;
        body
    };
    wrong(with("name", Value::Null), 400, "name").await;
    wrong(with("name", json!("two words")), 400, "name").await;
    wrong(with("name", json!("filed")), 409, "name").await;
    wrong(with("kind", json!("birds")), 400, "kind").await;
    wrong(with("kind", json!("regex")), 400, "patterns").await;
    wrong(with("on", json!([])), 400, "on").await;
    wrong(with("on", Value::Null), 400, "on").await;
    wrong(with("terms", json!(["eagle", ""])), 400, "terms.1").await;
    wrong(with("termss", json!(["eagle"])), 400, "termss").await;
    wrong(with("mandatory", json!("yes")), 400, "mandatory").await;
    wrong(with("terms_file", json!("/etc/passwd")), 400, "terms_file").await;
    let regex = |patterns: Value| json!({ "name": "r", "kind": "regex", "on": ["request"], "action": "flag", "patterns": patterns });
    wrong(regex(json!(["("])), 400, "patterns.0").await;
    wrong(regex(Value::Null), 400, "patterns").await;
    let hook = |more: Value| {
        let mut body = json!({ "name": "h", "kind": "webhook", "on": ["request"], "action": "block" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    wrong(hook(json!({})), 400, "url").await;
    wrong(hook(json!({ "url": "http://169.254.169.254/latest" })), 400, "url").await;
    let short = wrong(hook(json!({ "url": "https://dlp.example", "secret": "short" })), 400, "secret").await;
    assert!(!short.to_string().contains("\"short\""), "{short}");
    wrong(hook(json!({ "url": "https://dlp.example", "ca_file": "/etc/passwd" })), 400, "ca_file").await;
    let judge = json!({ "name": "j", "kind": "llm-judge", "model": "nobody", "rule": "No.", "on": ["request"], "action": "block" });
    let faults = wrong(judge, 400, "model").await;
    assert_eq!(faults["faults"][0]["pointer"], "/model", "{faults}");
    refused(&gateway, Method::POST, "guardrails", json!([1]), 400).await;
    refused(&gateway, Method::POST, "guardrails/birds", json!({ "text": "x" }), 405).await;
    refused(&gateway, Method::PATCH, "guardrails/filed", json!({ "shadow": true }), 409).await;
    refused(&gateway, Method::DELETE, "guardrails/filed", json!({}), 409).await;
    refused(&gateway, Method::PATCH, "guardrails/nobody", json!({ "shadow": true }), 404).await;
    assert_eq!(gateway.rows("/api/v1/guardrails").await.len(), 1, "nothing of it is stored");

    post(&gateway, "guardrails", word("test", "eagle")).await;
    refused(&gateway, Method::POST, "guardrails", word("test", "owl"), 409).await;
    assert_eq!(show(&gateway, "test").await["name"], "test", "a test is asked for by POST alone");
    let renamed = refused(&gateway, Method::PATCH, "guardrails/test", json!({ "name": "other" }), 400).await;
    assert_eq!(renamed["field"], "name");
    let broken = refused(&gateway, Method::PATCH, "guardrails/test", json!({ "terms": null }), 400).await;
    assert_eq!(broken["field"], "terms", "{broken}");
}

/// Somebody who is asked, and refuses whatever is signed and has the key.
async fn place() -> Scripted {
    let good = speaking::whole(Format::Chat);
    Scripted::by_request(move |_, seen| {
        let send = |body: &str| {
            vec![Step::Send(speaking::head("200 OK", "application/json", "", body).into_bytes())]
        };
        match seen.path.as_str() {
            path if path.starts_with("/hook") => {
                let is_whole = seen.header("authorization") == Some(&format!("Bearer {KEY}"))
                    && seen.header("webhook-signature").is_some()
                    && path.ends_with("?code=in-the-query");
                send(if is_whole { r#"{"verdict":"block"}"# } else { r#"{"verdict":"allow"}"# })
            }
            _ => send(&good),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_used_never_shown_and_never_sent_elsewhere() {
    let place = place().await;
    let gateway = Gateway::start(&place.provider()).await;
    let hook = json!({
        "name": "dlp", "kind": "webhook", "url": format!("{}/hook?code=in-the-query", place.url()), "api_key": KEY,
        "secret": SECRET, "on": ["request"], "action": "block", "mandatory": true,
    });
    let row = post(&gateway, "guardrails", hook).await;
    assert_eq!(row["secrets"], json!(["/api_key", "/secret", "/url"]), "{row}");
    let ask = async || gateway.send(Call::chat(&chat("up/chat-model", "hello")).key(MASTER)).await;
    ask().await.refused(400, "guardrail_blocked");
    for path in ["guardrails", "guardrails/dlp", "audit?kind=guardrail"] {
        let shown = gateway.admin(Method::GET, &format!("/api/v1/{path}"), None).await.ok().text();
        for secret in [KEY, SECRET, "in-the-query"] {
            assert!(!shown.contains(secret), "{path}: {shown}");
        }
    }
    // What else changes leaves them; another address gets none of them.
    let slower = api(&gateway, Method::PATCH, "guardrails/dlp", json!({ "timeout_ms": 5000 })).await;
    assert_eq!(slower.ok().json()["settings"]["timeout_ms"], 5000);
    ask().await.refused(400, "guardrail_blocked");
    let away = json!({ "url": format!("{}/hook/elsewhere", place.url()) });
    let kept = refused(&gateway, Method::PATCH, "guardrails/dlp", away, 400).await;
    assert_eq!(kept["field"], "url", "{kept}");
    let again = json!({ "url": format!("{}/hook", place.url()), "api_key": null, "secret": null });
    let moved = api(&gateway, Method::PATCH, "guardrails/dlp", again).await.ok().json();
    assert_eq!(moved["secrets"], json!([]), "{moved}");
    assert_eq!(moved["settings"]["url"], format!("{}/hook", place.url()));
    ask().await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_goes_before_and_a_reload_leaves_the_others() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    post(&gateway, "guardrails", mandatory("birds", "eagle")).await;
    post(&gateway, "guardrails", mandatory("fish", "carp")).await;
    let judge = json!({ "name": "judge", "kind": "llm-judge", "model": "alias", "rule": "No.", "on": ["request"], "action": "block" });
    refused(&gateway, Method::POST, "guardrails", judge.clone(), 400).await;
    let alias = "models:\n  alias: { targets: [{ provider: up, model: one }] }\n";
    let taken = "guardrails:\n  birds: { kind: keywords, terms: [owl], on: [request], action: block, mandatory: true }\n";
    gateway.write_config(&format!("{}{alias}{taken}", upstream.providers()));
    let limit = Duration::from_secs(10);
    eventually_within(limit, "the file is read again", async || {
        (status(&gateway, "the owl").await == 400).then_some(())
    })
    .await;
    assert_eq!(status(&gateway, "the eagle").await, 200, "the file's holds");
    assert_eq!(status(&gateway, "the carp").await, 400, "the others stay");
    let rows = gateway.rows("/api/v1/guardrails").await;
    let shown = |row: &Value| (row["name"].clone(), row["source"].clone(), row["problem"].clone());
    assert_eq!(shown(&rows[0]), (json!("birds"), json!("config"), Value::Null), "{rows:?}");
    assert_eq!(shown(&rows[1]), (json!("fish"), json!("api"), Value::Null), "{rows:?}");
    let problem = "the configuration file has one of this name, which holds";
    assert_eq!(shown(&rows[2]), (json!("birds"), json!("api"), json!(problem)), "{rows:?}");
    assert_eq!(show(&gateway, "birds").await["source"], "config");

    // A file that does not go with what the API has is not put in force.
    post(&gateway, "guardrails", judge).await;
    gateway.write_config(&format!("{}{FILED}", upstream.providers()));
    eventually_within(limit, "a reload that is refused", async || {
        let rows = gateway.rows("/api/v1/audit?action=configuration.reload").await;
        rows.iter().any(|row| row["outcome"] == "failure").then_some(())
    })
    .await;
    assert_eq!(status(&gateway, "the owl").await, 400);
    // Without them the same file is, and the API's own is in force again.
    assert_eq!(api(&gateway, Method::DELETE, "guardrails/judge", json!({})).await.status, 204);
    gateway.write_config(&format!("{}{FILED}\n", upstream.providers()));
    eventually_within(limit, "the file is read again", async || {
        (status(&gateway, "the owl").await == 200).then_some(())
    })
    .await;
    assert_eq!(status(&gateway, "the eagle").await, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_goes_without_a_mandatory_one_that_is_left_out() {
    let upstream = Upstream::start().await;
    let alias = "models:\n  alias: { targets: [{ provider: up, model: one }] }\n";
    let gateway = Gateway::start(&format!("{}{alias}", upstream.providers())).await;
    let judge = |name: &str, is_mandatory: bool| {
        json!({ "name": name, "kind": "llm-judge", "model": "alias", "rule": "No.", "on": ["request"], "action": "block",
            "mandatory": is_mandatory })
    };
    post(&gateway, "guardrails", judge("named", false)).await;
    post(&gateway, "guardrails", judge("all", true)).await;
    gateway.write_config(&upstream.providers());
    let gateway = gateway.restart().await;
    let answer = gateway.send(saying("hello")).await;
    answer.refused(400, "guardrail_blocked");
    assert!(answer.text().contains("'all'"), "{}", answer.text());
    let rows = gateway.rows("/api/v1/guardrails").await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    for row in &rows {
        assert!(row["problem"].as_str().unwrap().contains("alias"), "{row}");
        assert_eq!(row["settings"]["model"], "alias", "{row}");
    }
    // What else is changed does not let calls through; what mends or removes it does.
    post(&gateway, "guardrails", word("birds", "eagle")).await;
    assert_eq!(status(&gateway, "hello").await, 400);
    let other = json!({ "model": "up/one", "mandatory": false });
    api(&gateway, Method::PATCH, "guardrails/all", other).await.ok();
    assert_eq!(status(&gateway, "hello").await, 200);
    assert_eq!(api(&gateway, Method::DELETE, "guardrails/named", json!({})).await.status, 204);
    assert_eq!(gateway.rows("/api/v1/guardrails").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_see_that_there_is_one_and_not_what_it_looks_for() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{FILED}", upstream.providers())).await;
    post(&gateway, "guardrails", word("birds", "eagle")).await;
    let organization = post(&gateway, "organizations", json!({ "name": "o" })).await;
    let token = json!({ "name": "t", "role": "owner", "account_id": organization["id"] });
    let token = post(&gateway, "admin-tokens", token).await;
    let token = token["token"].as_str().unwrap();
    let get = async |path: &str| {
        let answer = gateway.send(Call::get(&format!("/api/v1/{path}")).key(token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    };
    for path in ["guardrails", "guardrails/birds", "guardrails/filed"] {
        let shown = get(path).await;
        assert!(!shown.text().contains("eagle") && !shown.text().contains("Falcon"), "{}", shown.text());
        assert!(shown.text().contains("keywords"), "{}", shown.text());
    }
    let call = Call::post("/api/v1/guardrails", word("own", "x").to_string()).key(token);
    gateway.send(call).await.refused(403, "permission_denied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_in_force_at_every_node_within_a_second() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("rails"));
    let start =
        || Gateway::start_with(&config, &[("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")]);
    let (one, other) = (start().await, start().await);
    let second = Duration::from_secs(1);
    post(&one, "guardrails", mandatory("birds", "eagle")).await;
    eventually_within(second, "the guardrail at the other node", async || {
        (status(&other, "the eagle").await == 400).then_some(())
    })
    .await;
    api(&other, Method::PATCH, "guardrails/birds", json!({ "terms": ["owl"] })).await.ok();
    eventually_within(second, "the change at the first node", async || {
        (status(&one, "the owl").await == 400 && status(&one, "the eagle").await == 200).then_some(())
    })
    .await;
    assert_eq!(api(&one, Method::DELETE, "guardrails/birds", json!({})).await.status, 204);
    eventually_within(second, "its end at the other node", async || {
        (status(&other, "the owl").await == 200).then_some(())
    })
    .await;
}

/// The provider knows a model of that name, too, and without guardrails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_name_of_an_alias_that_is_left_out_stands_for_nothing_else() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{FILED}", upstream.providers())).await;
    let alias = json!({ "name": "up/one", "targets": [{ "provider": "up", "model": "one" }], "guardrails": ["filed"] });
    post(&gateway, "models", alias).await;
    assert_eq!(status(&gateway, "hello").await, 200);
    gateway.write_config(&upstream.providers());
    let gateway = gateway.restart().await;
    let answer = gateway.send(saying("hello")).await;
    answer.refused(404, "model_not_found");
    assert!(answer.text().contains("cannot be used now"), "{}", answer.text());
    api(&gateway, Method::PATCH, "models/up%2Fone", json!({ "guardrails": [] })).await.ok();
    assert_eq!(status(&gateway, "hello").await, 200);
}
