//! Virtual keys from outside: made, shown, changed, revoked; what they may call; which credential counts.

use super::support::{Call, Gateway, KEY, MASTER, Upstream, chat, eventually, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn call(model: &str, key: &str) -> Call {
    Call::chat(&chat(model, "hi")).key(key)
}

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  team-chat: {{ targets: [{{ provider: up, model: chat-model }}] }}\n  \
         team-claude: {{ targets: [{{ provider: claude, model: chat-model }}] }}\n\
         keys:\n  - {{ name: declared, key: {KEY}, models: [team-chat] }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_lives_from_creation_to_revocation() {
    let (_upstream, gateway) = set_up().await;
    let policy = json!({
        "name": "app", "models": ["team-chat"], "metadata": {"owner": "me"},
        "limits": {"rpm": 50}, "budget": {"limit_usd": "1.5", "period": "day"}
    });
    let (id, key) = gateway.make_key(&policy).await;
    let secret = key.strip_prefix("gw-").expect("keys begin with gw-");
    assert!(secret.len() == 43 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
    gateway.send(call("team-chat", &key)).await.ok();

    let listed = gateway.rows("/api/v1/keys").await;
    let row = listed.iter().find(|row| row["id"] == id.as_str()).expect("it is listed");
    assert_eq!(
        (&row["name"], &row["models"], &row["limits"]["rpm"]),
        (&json!("app"), &json!(["team-chat"]), &json!(50))
    );
    assert!(!Value::from(listed.clone()).to_string().contains(secret), "a list shows no key");
    let path = format!("/api/v1/keys/{id}");
    let shown = gateway.admin(Method::GET, &path, None).await;
    assert_eq!(shown.ok().json()["budget"]["limit_usd"], "1.5");
    assert!(!shown.text().contains(secret));

    gateway.admin(Method::PATCH, &path, Some(&json!({"models": ["team-claude"]}))).await.ok();
    eventually_within(Duration::from_secs(1), "the change holds", async || {
        (gateway.send(call("team-chat", &key)).await.status == 403).then_some(())
    })
    .await;
    gateway.send(call("team-claude", &key)).await.ok();
    let changed = gateway.admin(Method::GET, &path, None).await.json();
    assert_eq!((&changed["limits"]["rpm"], &changed["name"]), (&json!(50), &json!("app")), "the rest stays");

    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    eventually_within(Duration::from_secs(1), "the revocation holds", async || {
        let answer = gateway.send(call("team-claude", &key)).await;
        (answer.status == 401).then(|| answer.refused(401, "invalid_api_key").status)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_survive_a_restart_and_so_do_revocations() {
    let (_upstream, mut gateway) = set_up().await;
    let (_, kept) = gateway.make_key(&json!({"name": "kept"})).await;
    let (id, revoked) = gateway.make_key(&json!({"name": "revoked"})).await;
    gateway.admin(Method::DELETE, &format!("/api/v1/keys/{id}"), None).await;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    gateway.send(call("up/chat-model", &kept)).await.ok();
    gateway.send(call("up/chat-model", &revoked)).await.refused(401, "invalid_api_key");
    gateway.send(call("team-chat", KEY)).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expiry_ends_a_key() {
    let (_upstream, gateway) = set_up().await;
    let (_, past) = gateway.make_key(&json!({"name": "past", "expires_at": "2020-01-01T00:00:00Z"})).await;
    let (_, future) =
        gateway.make_key(&json!({"name": "future", "expires_at": "2199-01-01T00:00:00Z"})).await;
    gateway.send(call("up/chat-model", &past)).await.refused(401, "invalid_api_key");
    gateway.send(call("up/chat-model", &future)).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn model_patterns_and_endpoints() {
    let (_upstream, gateway) = set_up().await;
    let cases = [
        (json!(["team-chat"]), [200, 403, 403, 403]),
        (json!(["up/*"]), [403, 403, 200, 403]),
        (json!(["claude/chat-model", "team-claude"]), [403, 200, 403, 200]),
        (json!(["*"]), [200, 200, 200, 200]),
    ];
    for (at, (models, expected)) in cases.into_iter().enumerate() {
        let (_, key) = gateway.make_key(&json!({"name": format!("pattern-{at}"), "models": models})).await;
        let mut found = Vec::new();
        for model in ["team-chat", "team-claude", "up/chat-model", "claude/chat-model"] {
            let answer = gateway.send(call(model, &key)).await;
            if answer.status == 403 {
                answer.refused(403, "model_not_allowed");
            }
            found.push(answer.status.as_u16());
        }
        assert_eq!(found, expected, "{models}");
        let names = gateway.send(Call::get("/v1/models").key(&key)).await.ok().json();
        let names: Vec<&str> =
            names["data"].as_array().unwrap().iter().filter_map(|m| m["id"].as_str()).collect();
        assert_eq!(names.contains(&"team-chat"), expected[0] == 200, "{models}: {names:?}");
        assert_eq!(names.contains(&"up/chat-model"), expected[2] == 200, "{models}: {names:?}");
    }
    let (_, embedder) = gateway.make_key(&json!({"name": "embedder", "endpoints": ["embeddings"]})).await;
    gateway.send(call("team-chat", &embedder)).await.refused(403, "endpoint_not_allowed");
    let body = json!({"model": "up/embedding-model", "input": "hi"}).to_string();
    gateway.send(Call::post("/v1/embeddings", body).key(&embedder)).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_credential_in_order_decides() {
    let (upstream, gateway) = set_up().await;
    let body = chat("team-chat", "hi").to_string();
    let path = "/v1/chat/completions";
    let wrong = "gw-wrongWrongWrongWrongWrongWrongWrongWrongWro";
    let order = ["x-portkey-api-key", "x-api-key", "x-goog-api-key", "api-key", "authorization"];
    let value = |name: &str, key: &str| {
        if name == "authorization" { format!("Bearer {key}") } else { key.to_owned() }
    };
    for (at, name) in order.iter().enumerate() {
        let right = Call::post(path, body.clone()).header(name, &value(name, KEY));
        gateway.send(right.clone()).await.ok();
        if let Some(later) = order.get(at + 1) {
            gateway.send(right.header(later, &value(later, wrong))).await.ok();
            let first_wrong = Call::post(path, body.clone()).header(name, &value(name, wrong));
            let answer = gateway.send(first_wrong.header(later, &value(later, KEY))).await;
            answer.refused(401, "invalid_api_key");
        }
    }
    let by_query = Call::post(&format!("{path}?key={KEY}"), body.clone());
    gateway.send(by_query).await.ok();
    gateway.send(Call::post(path, body)).await.refused(401, "invalid_api_key");
    for request in upstream.emulator().requests(100) {
        let text = request.to_json().to_string();
        assert!(!text.contains(KEY) && !text.contains(wrong), "a caller's credential went upstream: {text}");
        assert_eq!(request.headers["authorization"], "Bearer upstream-secret-1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_master_key_rules_both_planes_and_others_only_theirs() {
    let (_upstream, gateway) = set_up().await;
    gateway.send(call("team-chat", MASTER)).await.ok();
    for path in
        ["/api/v1/keys", "/api/v1/logs", "/api/v1/usage?group_by=key", "/api/v1/providers", "/api/v1/models"]
    {
        gateway.send(Call::get(path).key(MASTER)).await.ok();
        for call in [Call::get(path).key(KEY), Call::get(path).key("gw-no"), Call::get(path)] {
            let answer = gateway.send(call).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["error"]["code"]),
                (401, &json!("invalid_api_key"))
            );
        }
    }
    let providers = gateway.send(Call::get("/api/v1/providers").key(MASTER)).await.text();
    assert!(!providers.contains("upstream-secret"), "{providers}");
    assert!(!gateway.log().contains("upstream-secret") && !gateway.log().contains(KEY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn declared_keys_are_the_files_and_wrong_input_is_named() {
    let (_upstream, gateway) = set_up().await;
    let declared =
        gateway.rows("/api/v1/keys").await.into_iter().find(|row| row["name"] == "declared").unwrap();
    let path = format!("/api/v1/keys/{}", declared["id"].as_str().unwrap());
    assert!(gateway.admin(Method::DELETE, &path, None).await.status.is_client_error());
    gateway.send(call("team-chat", KEY)).await.ok();
    let wrong = [
        (json!({}), "name"),
        (json!({"name": "a", "modles": []}), "modles"),
        (json!({"name": "a", "limits": {"rpm": -1}}), "limits.rpm"),
        (json!({"name": "a", "budget": {"limit_usd": "1.0000000001", "period": "day"}}), "budget.limit_usd"),
        (json!({"name": "a", "expires_at": "tomorrow"}), "expires_at"),
    ];
    for (body, field) in wrong {
        let answer = gateway.admin(Method::POST, "/api/v1/keys", Some(&body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["error"]["field"], field, "{body}: {}", answer.text());
    }
    let missing = gateway.admin(Method::GET, "/api/v1/keys/key_nothing", None).await;
    assert_eq!((missing.status.as_u16(), &missing.json()["error"]["code"]), (404, &json!("not_found")));
}

/// Shows, explains and changes the key `cli`, and gives it another secret.
async fn commands_change_a_key(run: &impl AsyncFn(&[&str]) -> String) {
    let update = ["keys", "update", "cli", "--tpm", "5000", "--budget-usd", "3", "--budget-period", "day"];
    run(&update).await;
    let shown =
        async || serde_json::from_str::<Value>(&run(&["keys", "get", "cli", "--json"]).await).unwrap();
    let row = shown().await;
    assert_eq!((&row["limits"]["rpm"], &row["limits"]["tpm"]), (&json!(9), &json!(5000)), "{row}");
    assert_eq!(
        (&row["budget"]["limit_usd"], &row["budget"]["period"]),
        (&json!("3"), &json!("day")),
        "{row}"
    );
    let table = run(&["keys", "effective", "cli"]).await;
    for line in ["value", "limits requests per 60 s", "budgets per day", "key cli", "models"] {
        assert!(table.contains(line), "{line}: {table}");
    }
    let explained = run(&["keys", "effective", "cli", "--json"]).await;
    let explained: Value = serde_json::from_str(&explained).unwrap();
    assert_eq!(explained["usable"], true, "{explained}");
    run(&["keys", "disable", "cli"]).await;
    assert_eq!(shown().await["disabled"], true);
    assert!(run(&["keys", "effective", "cli"]).await.contains("it is disabled"));
    run(&["keys", "enable", "cli"]).await;
    run(&["keys", "update", "cli", "--clear", "limits.tpm,budget"]).await;
    let row = shown().await;
    assert_eq!((&row["limits"]["rpm"], &row["limits"]["tpm"]), (&json!(9), &Value::Null), "{row}");
    assert_eq!(row["budgets"], json!([]), "{row}");
    let rotated = run(&["keys", "rotate", "cli", "--grace-seconds", "600"]).await;
    assert!(rotated.contains("key: gw-") && rotated.contains("good until"), "{rotated}");
    assert!(run(&["keys", "get", "cli"]).await.contains("previous_key_until"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_makes_lists_and_revokes() {
    let (_upstream, gateway) = set_up().await;
    let url = format!("http://{}", gateway.addr);
    let remote = ["--url", url.as_str(), "--key", MASTER];
    let run = async |arguments: &[&str]| {
        let all = [arguments, remote.as_slice()].concat();
        let (code, out, err) = super::support::gateway::run(&all).await;
        assert_eq!(code, 0, "{arguments:?}: {out}{err}");
        out
    };
    let made = run(&["keys", "create", "--name", "cli", "--rpm", "9", "--json"]).await;
    let made: Value = serde_json::from_str(&made).unwrap();
    let key = made["key"].as_str().unwrap().to_owned();
    let answer = gateway.send(call("team-chat", &key)).await;
    answer.ok();
    assert!(run(&["keys", "list"]).await.contains("cli"));
    assert!(run(&["models"]).await.contains("team-chat"));
    eventually("logs and usage show the call", async || {
        let logs = run(&["logs", "--limit", "5"]).await;
        let usage = run(&["usage", "--group-by", "key"]).await;
        (logs.contains("team-chat") && usage.contains("cli")).then_some(())
    })
    .await;
    // What callers choose does nothing to the terminal of whoever lists it.
    let odd = gateway.send(call("odd\u{1b}[2J\u{9b}1m\u{202e}", MASTER)).await;
    eventually("the odd model is listed", async || {
        let logs = run(&["logs", "--limit", "5"]).await;
        assert!(!logs.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{logs:?}");
        logs.contains("odd[2J1m").then_some(())
    })
    .await;
    gateway.record(&odd.request_id()).await;
    commands_change_a_key(&run).await;
    run(&["keys", "revoke", "cli"]).await;
    gateway.send(call("team-chat", &key)).await.refused(401, "invalid_api_key");
    let refused = super::support::gateway::run(&["keys", "list", "--url", &url, "--key", KEY]).await;
    assert_eq!(refused.0, 1, "{refused:?}");
    for (arguments, expected) in [(["keys", "update", "cli"], 2), (["keys", "get", "nobody"], 1)] {
        let (code, _, err) = super::support::gateway::run(&[&arguments[..], &remote].concat()).await;
        assert!(code == expected && err.starts_with("gatewright: "), "{arguments:?}: {err}");
    }
}
