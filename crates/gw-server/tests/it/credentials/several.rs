//! Several credentials of one provider: shares, the next one when one is refused, those that a target or a key is
//! bound to, files that change, and the encrypted store.

use super::{file, reply};
use crate::support::scripted::{Scripted, Step};
use crate::support::speaking::{self, Format};
use crate::support::{Answer, Call, Gateway, KEY, MASTER, chat, eventually};
use http::Method;
use serde_json::json;
use std::collections::BTreeMap;

/// An upstream that refuses keys named for how they are refused.
async fn upstream() -> Scripted {
    let good = speaking::whole(Format::Chat);
    Scripted::by_request(move |_, seen| {
        let error = |status: &str, more: &str| {
            let body = r#"{"error":{"message":"about the key","type":"t","code":"c"}}"#;
            vec![Step::Send(speaking::head(status, "application/json", more, body).into_bytes())]
        };
        match seen.header("authorization").unwrap_or_default() {
            "Bearer bad-401" => error("401 Unauthorized", ""),
            "Bearer bad-403" => error("403 Forbidden", ""),
            "Bearer busy" => error("429 Too Many Requests", "retry-after: 30\r\n"),
            "Bearer broke" => error("500 Internal Server Error", ""),
            _ => reply("200 OK", &good),
        }
    })
    .await
}

fn provider(upstream: &Scripted, credentials: &str) -> String {
    format!(
        "  up:\n    kind: openai-compatible\n    base_url: \"{}/v1\"\n    credentials:\n{credentials}",
        upstream.url()
    )
}

async fn ask(gateway: &Gateway, model: &str, key: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(key)).await
}

/// How often each key was carried.
fn carried(upstream: &Scripted) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for seen in upstream.all() {
        let key = seen.header("authorization").unwrap_or("none").trim_start_matches("Bearer ").to_owned();
        *counts.entry(key).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_shared_by_weight() {
    let upstream = upstream().await;
    let list = "      a: { api_key: one, weight: 3 }\n      b: { api_key: two }\n      c: { api_key: never, weight: 0 }\n";
    let gateway = Gateway::start(&format!("providers:\n{}", provider(&upstream, list))).await;
    for _ in 0..200 {
        ask(&gateway, "up/m", MASTER).await.ok();
    }
    let counts = carried(&upstream);
    assert!((110..185).contains(&counts["one"]), "{counts:?}");
    assert_eq!((counts["one"] + counts["two"], counts.get("never")), (200, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_credential_gives_way_to_the_next_before_the_next_target() {
    let upstream = upstream().await;
    for bad in ["bad-401", "bad-403", "busy"] {
        // The weight makes the bad one come first, nearly always.
        let list = format!(
            "      bad: {{ api_key: {bad}, weight: 1000000 }}\n      good: {{ api_key: good-{bad} }}\n"
        );
        let models = "models:\n  both:\n    targets: [{ provider: up, model: m }, { provider: other, model: m }]\n    retry: { attempts: 1 }\n";
        let other = format!(
            "  other: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: other }}\n",
            upstream.url()
        );
        let gateway =
            Gateway::start(&format!("providers:\n{}{other}{models}", provider(&upstream, &list))).await;
        let answer = ask(&gateway, "both", MASTER).await;
        assert_eq!(answer.ok().header("x-gatewright-provider"), Some("up"), "{bad}");
        assert_eq!(answer.header("x-gatewright-attempts"), Some("2"), "{bad}");
        // It rests: the next calls begin with the good one.
        for _ in 0..10 {
            let answer = ask(&gateway, "both", MASTER).await;
            assert_eq!(answer.ok().header("x-gatewright-attempts"), Some("1"), "{bad}");
        }
        let counts = carried(&upstream);
        assert_eq!((counts[bad], counts.get("other")), (1, None), "{counts:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_are_refused_the_caller_learns_what_it_may() {
    let upstream = upstream().await;
    let list = "      a: { api_key: bad-401 }\n      b: { api_key: bad-403 }\n";
    let gateway = Gateway::start(&format!("providers:\n{}", provider(&upstream, list))).await;
    let answer = ask(&gateway, "up/m", MASTER).await;
    answer.refused(502, "upstream_error");
    assert_eq!(answer.header("x-gatewright-attempts"), Some("2"));
    assert!(!answer.text().contains("about the key"), "{}", answer.text());

    let list = "      a: { api_key: busy }\n      b: { api_key: busy }\n";
    let gateway = Gateway::start(&format!("providers:\n{}", provider(&upstream, list))).await;
    let answer = ask(&gateway, "up/m", MASTER).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (429, Some("30")),
        "{}",
        answer.text()
    );

    // A failure that is not about the credential is none of the others' business.
    let list = "      a: { api_key: broke }\n      b: { api_key: good, weight: 0 }\n";
    let config = format!(
        "providers:\n{}models:\n  m: {{ targets: [{{ provider: up, model: m }}], retry: {{ attempts: 1 }} }}\n",
        provider(&upstream, list)
    );
    let gateway = Gateway::start(&config).await;
    let answer = ask(&gateway, "m", MASTER).await;
    answer.refused(502, "upstream_error");
    assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn targets_and_keys_are_bound_to_one() {
    let upstream = upstream().await;
    let list =
        "      a: { api_key: one }\n      b: { api_key: two }\n      bad: { api_key: bad-401, weight: 0 }\n";
    let config = format!(
        "providers:\n{}models:\n  by-target: {{ targets: [{{ provider: up, model: m, credential: b }}] }}\n  \
         bound: {{ targets: [{{ provider: up, model: m, credential: bad }}] }}\n\
         keys:\n  - {{ name: team, key: {KEY}, credentials: {{ up: a }} }}\n",
        provider(&upstream, list)
    );
    let gateway = Gateway::start(&config).await;
    for _ in 0..10 {
        ask(&gateway, "by-target", MASTER).await.ok();
        ask(&gateway, "up/m", KEY).await.ok();
    }
    assert_eq!(carried(&upstream), BTreeMap::from([("one".to_owned(), 10), ("two".to_owned(), 10)]));
    // Whoever is bound to one gets no other, also when it is refused.
    ask(&gateway, "bound", MASTER).await.refused(502, "upstream_error");
    let (_, key) = gateway.make_key(&json!({"name": "by-api", "credentials": {"up": "b"}})).await;
    ask(&gateway, "up/m", &key).await.ok();
    assert_eq!(carried(&upstream)["two"], 11);
    let (_, key) = gateway.make_key(&json!({"name": "astray", "credentials": {"up": "gone"}})).await;
    let answer = ask(&gateway, "up/m", &key).await;
    answer.refused(503, "no_healthy_target");
    assert!(answer.text().contains("'gone'"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_in_a_file_is_read_again_when_it_changes() {
    let upstream = upstream().await;
    let (_folder, path) = file("first-key\n");
    let config = format!(
        "providers:\n  up: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key_file: \"{path}\" }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    ask(&gateway, "up/m", MASTER).await.ok();
    assert_eq!(upstream.last().header("authorization"), Some("Bearer first-key"));
    std::fs::write(&path, "second-key").unwrap();
    eventually("the new key is carried", async || {
        ask(&gateway, "up/m", MASTER).await.ok();
        (upstream.last().header("authorization") == Some("Bearer second-key")).then_some(())
    })
    .await;
    // A file that is gone leaves the last good key in force.
    std::fs::remove_file(&path).unwrap();
    eventually("the loss is seen", async || {
        let metric = gateway.metric("gatewright_credential_refreshes_total").await;
        (metric >= 3.0).then_some(())
    })
    .await;
    ask(&gateway, "up/m", MASTER).await.ok();
    assert!(!gateway.log().contains("first-key") && !gateway.log().contains("second-key"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_encrypted_store_is_written_and_never_read_back() {
    const SECRET: &str = "sk-stored-secret-000-abcd";
    let upstream = upstream().await;
    let config = format!(
        "providers:\n  up: {{ kind: openai-compatible, base_url: \"{}/v1\", stored_credential: main }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    let answer = ask(&gateway, "up/m", MASTER).await;
    answer.refused(503, "no_healthy_target");
    let path = "/api/v1/credentials";
    let made = gateway
        .admin(
            Method::POST,
            path,
            Some(&json!({"name": "main", "api_key": SECRET, "description": "for all"})),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text());
    let row = made.json();
    assert_eq!((&row["last4"], &row["used_by"]), (&"abcd".into(), &json!(["up"])), "{row}");
    ask(&gateway, "up/m", MASTER).await.ok();
    assert_eq!(upstream.last().header("authorization"), Some(&*format!("Bearer {SECRET}")));
    for answer in [
        made,
        gateway.admin(Method::GET, path, None).await,
        gateway.admin(Method::GET, "/api/v1/credentials/main", None).await,
        gateway.admin(Method::GET, "/api/v1/providers", None).await,
    ] {
        assert!(answer.status.is_success() && !answer.text().contains(SECRET), "{}", answer.text());
    }
    // Another key is in force at once, and after a restart too.
    let change = json!({"api_key": "another-key-of-some-length"});
    let path = "/api/v1/credentials/main";
    let tag = gateway.admin(Method::GET, path, None).await.header("etag").unwrap().to_owned();
    let changed = gateway.admin(Method::PATCH, path, Some(&change)).await.ok().json();
    for method in [Method::PATCH, Method::DELETE] {
        let late = Call::post(path, json!({"description": "late"}).to_string()).method(method).key(MASTER);
        let refused = gateway.send(late.header("if-match", &tag)).await;
        assert_eq!(refused.status, 412, "it was changed since: {}", refused.text());
    }
    assert_eq!(
        (&changed["last4"], &changed["description"]),
        (&"ngth".into(), &"for all".into()),
        "{changed}"
    );
    ask(&gateway, "up/m", MASTER).await.ok();
    assert_eq!(upstream.last().header("authorization"), Some("Bearer another-key-of-some-length"));
    let gateway = gateway.restart().await;
    ask(&gateway, "up/m", MASTER).await.ok();
    assert_eq!(upstream.last().header("authorization"), Some("Bearer another-key-of-some-length"));
    let data = std::fs::read(gateway.folder().join("data/gatewright.db")).unwrap();
    let wal = std::fs::read(gateway.folder().join("data/gatewright.db-wal")).unwrap_or_default();
    let stands = |text: &str| {
        [&data, &wal].iter().any(|file| file.windows(text.len()).any(|part| part == text.as_bytes()))
    };
    assert!(!stands(SECRET) && !stands("another-key"), "the database holds a key as it is");
    assert!(!gateway.log().contains(SECRET) && !gateway.log().contains("another-key"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_encrypted_store_refuses() {
    let config = "providers:\n  up: { kind: openai-compatible, base_url: \"http://127.0.0.1:9/v1\", stored_credential: main }\n";
    let gateway = Gateway::start(config).await;
    let path = "/api/v1/credentials";
    let made = gateway.admin(Method::POST, path, Some(&json!({"name": "main", "api_key": "k"}))).await;
    assert_eq!((made.status.as_u16(), &made.json()["last4"]), (201, &"".into()), "{}", made.text());
    let in_use = gateway.admin(Method::DELETE, "/api/v1/credentials/main", None).await;
    assert_eq!(in_use.status, 409, "{}", in_use.text());
    for (method, path, body, status) in [
        (Method::POST, path, json!({"name": "main", "api_key": "x"}), 409),
        (Method::POST, path, json!({"name": "a b", "api_key": "x"}), 400),
        (Method::POST, path, json!({"name": "n"}), 400),
        (Method::POST, path, json!({"name": "n", "api_key": "a b"}), 400),
        (Method::POST, path, json!({"name": "n", "api_key": {"secret-thing": 1}}), 400),
        (Method::POST, path, json!({"name": "n", "key": "x"}), 400),
        (Method::PATCH, "/api/v1/credentials/main", json!({"name": "other"}), 400),
        (Method::PATCH, "/api/v1/credentials/nobody", json!({"api_key": "x"}), 404),
        (Method::DELETE, "/api/v1/credentials/nobody", json!({}), 404),
        (Method::POST, path, json!({"name": "spare", "api_key": "spare-key"}), 201),
        (Method::DELETE, "/api/v1/credentials/spare", json!({}), 204),
        (Method::GET, "/api/v1/credentials/spare", json!({}), 404),
    ] {
        let answer = gateway.admin(method.clone(), path, Some(&body)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} {body}: {}", answer.text());
        assert!(!answer.text().contains("secret-thing"), "{}", answer.text());
    }
    let stranger = gateway.send(Call::get(path).key(KEY)).await;
    assert_eq!(stranger.status, 401);
}
