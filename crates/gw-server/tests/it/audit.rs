//! The audit log from outside: every change leaves its entry, what cannot be written down is not done, and whoever writes the
//! database is found out.

use super::support::gateway::{binary, run};
use super::support::postgres::Postgres;
use super::support::{Call, Gateway, KEY, MASTER, Upstream, eventually};
use http::Method;
use serde_json::{Value, json};
use std::path::PathBuf;

const SECRET: &str = "sk-very-secret-credential-of-a-provider";

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}keys:\n  - {{ name: app, key: {KEY} }}\nmodels:\n  one: {{ targets: [{{ provider: up, model: one }}] }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn entries(gateway: &Gateway, query: &str) -> Vec<Value> {
    gateway.rows(&format!("/api/v1/audit?{query}")).await
}

async fn newest(gateway: &Gateway, action: &str) -> Value {
    let entries = entries(gateway, &format!("action={action}")).await;
    entries.into_iter().next().unwrap_or_else(|| panic!("there is an entry {action}"))
}

fn database(gateway: &Gateway) -> rusqlite::Connection {
    rusqlite::Connection::open(gateway.folder().join("data/gatewright.db")).unwrap()
}

fn data_dir(gateway: &Gateway) -> PathBuf {
    gateway.folder().join("data")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_keys_say_who_what_and_from_where() {
    let (_upstream, gateway) = set_up().await;
    let body = json!({"name": "made", "limits": {"rpm": 5}}).to_string();
    let call = Call::post("/api/v1/keys", body).key(MASTER).header("user-agent", "curl/8.9");
    let made = gateway.send(call).await.json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let entry = newest(&gateway, "key.create").await;
    assert_eq!(
        (&entry["actor"], &entry["kind"], &entry["outcome"]),
        (&json!("master"), &json!("key"), &json!("success"))
    );
    assert_eq!((&entry["id"], &entry["name"]), (&json!(id), &json!("made")));
    assert_eq!((&entry["address"], &entry["user_agent"]), (&json!("127.0.0.1"), &json!("curl/8.9")));
    assert_eq!((&entry["before"], &entry["after"]["limits"]["rpm"]), (&Value::Null, &json!(5)));

    let path = format!("/api/v1/keys/{id}");
    let change = json!({"limits": {"rpm": 6}, "metadata": {"a": "b"}});
    assert_eq!(gateway.admin(Method::PATCH, &path, Some(&change)).await.status, 200);
    let entry = newest(&gateway, "key.update").await;
    assert_eq!(entry["before"], json!({"limits": {"rpm": 5}, "metadata": {}}));
    assert_eq!(entry["after"], json!({"limits": {"rpm": 6}, "metadata": {"a": "b"}}));
    // What is refused is no change, and leaves no entry.
    let wrong = json!({"name": "app"});
    assert_eq!(gateway.admin(Method::PATCH, &path, Some(&wrong)).await.status, 409);
    assert_eq!(entries(&gateway, "action=key.update").await.len(), 1);
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    let entry = newest(&gateway, "key.revoke").await;
    assert_eq!((&entry["before"]["name"], &entry["after"]), (&json!("made"), &Value::Null));
    assert_eq!(entries(&gateway, &format!("id={id}&kind=key&actor=master")).await.len(), 3);
    assert!(entries(&gateway, "actor=nobody").await.is_empty());
    let all = gateway.admin(Method::GET, "/api/v1/audit?limit=1000", None).await.text();
    assert!(!all.contains(key) && !all.contains(MASTER) && !all.contains(KEY), "{all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_credentials_and_routes_leave_entries_without_secrets() {
    let (_upstream, gateway) = set_up().await;
    let post = async |method: Method, path: &str, body: Value| {
        let answer = gateway.admin(method, path, Some(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        answer
    };
    post(Method::POST, "/api/v1/credentials", json!({"name": "c", "api_key": SECRET})).await;
    let change = json!({"api_key": format!("{SECRET}-2"), "description": "new"});
    post(Method::PATCH, "/api/v1/credentials/c", change).await;
    assert_eq!(newest(&gateway, "credential.update").await["after"]["api_key"], json!("another one"));
    post(Method::DELETE, "/api/v1/credentials/c", json!({})).await;
    assert_eq!(newest(&gateway, "credential.delete").await["before"]["description"], json!("new"));

    let graph = |model: &str| json!({"start": "a", "nodes": {"a": {"type": "model", "model": model}}});
    let made = post(Method::POST, "/api/v1/routes", json!({"name": "r", "document": graph("one")})).await;
    let path = format!("/api/v1/routes/{}", made.json()["id"].as_str().unwrap());
    post(Method::POST, &format!("{path}/publish"), json!({})).await;
    post(Method::PATCH, &path, json!({"document": graph("up/two"), "note": "second"})).await;
    post(Method::POST, &format!("{path}/publish"), json!({})).await;
    let entry = newest(&gateway, "route.publish").await;
    assert_eq!((&entry["before"]["version"], &entry["after"]["version"]), (&json!(1), &json!(2)));
    assert_eq!(entry["after"]["document"]["nodes"]["a"]["model"], json!("up/two"));
    post(Method::POST, &format!("{path}/rollback"), json!({})).await;
    let entry = newest(&gateway, "route.rollback").await;
    assert_eq!((&entry["after"]["version"], &entry["name"]), (&json!(1), &json!("r")));
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    let actions: Vec<Value> =
        entries(&gateway, "kind=route").await.iter().rev().map(|entry| entry["action"].clone()).collect();
    let expected =
        ["create", "publish", "update", "publish", "rollback", "delete"].map(|verb| format!("route.{verb}"));
    assert_eq!(json!(actions), json!(expected));
    let export = gateway.admin(Method::GET, "/api/v1/audit/export?format=jsonl", None).await;
    assert_eq!(export.header("content-type"), Some("application/jsonl"));
    assert!(!export.text().contains(SECRET));
    let rows: Vec<Value> = export.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), entries(&gateway, "").await.len());
    assert_eq!(rows.last().unwrap()["action"], json!("gateway.start"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_stops_reloads_and_refused_credentials_are_written_down() {
    let (upstream, mut gateway) = set_up().await;
    let start = newest(&gateway, "gateway.start").await;
    assert_eq!((&start["number"], &start["actor"]), (&json!(1), &json!("system")));
    let strangers = [
        Call::get("/api/v1/keys"),
        Call::get("/api/v1/keys").key("gw-nobody"),
        Call::get("/api/v1/keys?key=x").key(KEY),
    ];
    for call in strangers {
        assert_eq!(gateway.send(call).await.status, 401);
    }
    let refused = entries(&gateway, "action=admin.refused").await;
    let told: Vec<&Value> = refused.iter().rev().map(|entry| &entry["after"]["credential"]).collect();
    assert_eq!(told, [&json!("none"), &json!("unknown"), &json!("virtual_key")]);
    let known = &refused[0];
    assert_eq!((&known["name"], &known["outcome"]), (&json!("app"), &json!("refused")));
    assert!(known["actor"].as_str().unwrap().starts_with("key:key_"), "{known}");
    assert_eq!(known["after"]["path"], json!("/api/v1/keys"));

    gateway.write_config("models: 5\n");
    let failed = eventually("the refused configuration", async || {
        entries(&gateway, "action=configuration.reload").await.into_iter().next()
    });
    let failed = failed.await;
    assert_eq!(failed["outcome"], json!("failure"));
    gateway.write_config(&format!(
        "{}keys:\n  - {{ name: app, key: {KEY}, limits: {{ rpm: 3 }} }}\nmodels:\n  two: {{ targets: [{{ provider: up, model: one }}] }}\n",
        upstream.providers()
    ));
    let done = eventually("the new configuration", async || {
        entries(&gateway, "action=configuration.reload").await.into_iter().find(|e| e["outcome"] == "success")
    })
    .await;
    assert_eq!((&done["before"]["models"], &done["after"]["models"]), (&json!(["one"]), &json!(["two"])));
    assert_eq!(done["after"]["keys"]["app"], json!({"limits": {"rpm": 3}}));
    assert!(gateway.stop().await.success());
    let gateway = gateway.restart().await;
    let last: Vec<Value> = entries(&gateway, "").await.into_iter().take(2).collect();
    assert_eq!((&last[1]["action"], &last[0]["action"]), (&json!("gateway.stop"), &json!("gateway.start")));
    assert_eq!(last[0]["after"]["last_hash"], last[1]["hash"]);
    assert_eq!(gateway.admin(Method::GET, "/api/v1/audit/verify", None).await.json()["valid"], json!(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_refused_credentials_do_not_fill_the_log() {
    let upstream = Upstream::start().await;
    let config = format!("{}storage: {{ audit_refusals_per_minute: 3 }}\n", upstream.providers());
    let mut gateway = Gateway::start(&config).await;
    for n in 0..20 {
        assert_eq!(gateway.send(Call::get("/api/v1/keys").key(&format!("gw-guess-{n}"))).await.status, 401);
    }
    let written = entries(&gateway, "action=admin.refused").await.len();
    // A minute may end meanwhile.
    assert!((3..=6).contains(&written), "{written}");
    gateway.stop().await;
    let gateway = gateway.restart().await;
    let told = entries(&gateway, "action=gateway.stop").await[0]["after"]["refusals_not_written"].clone();
    let before: u64 = entries(&gateway, "action=admin.refused")
        .await
        .iter()
        .filter_map(|entry| entry["after"]["not_written_before"].as_u64())
        .sum();
    assert_eq!(told.as_u64().unwrap() + before + u64::try_from(written).unwrap(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_written_down_is_not_done() {
    let (_upstream, gateway) = set_up().await;
    let (id, key) = gateway.make_key(&json!({"name": "before"})).await;
    let db = database(&gateway);
    db.execute_batch("CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
        .unwrap();
    let path = format!("/api/v1/keys/{id}");
    for (method, path, body) in [
        (Method::POST, "/api/v1/keys", json!({"name": "never"})),
        (Method::PATCH, path.as_str(), json!({"models": []})),
        (Method::DELETE, path.as_str(), json!({})),
        (Method::POST, "/api/v1/credentials", json!({"name": "c", "api_key": SECRET})),
    ] {
        let answer = gateway.admin(method, path, Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "audit_unavailable"), "{}", answer.text());
    }
    assert_eq!(gateway.rows("/api/v1/keys?name=never").await.len(), 0);
    assert_eq!(gateway.rows("/api/v1/credentials").await.len(), 0);
    gateway.send(Call::get("/v1/models").key(&key)).await.ok();
    assert!(gateway.metric("gatewright_audit_failures_total").await >= 4.0);
    db.execute_batch("DROP TRIGGER refuse").unwrap();
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    assert!(gateway.metric("gatewright_audit_entries_total").await >= 3.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_finds_what_was_altered_with_and_without_the_gateway() {
    let (_upstream, mut gateway) = set_up().await;
    for n in 0..5 {
        gateway.make_key(&json!({"name": format!("key {n}")})).await;
    }
    let url = format!("http://{}", gateway.addr);
    let folder = data_dir(&gateway);
    let here = ["audit", "verify", "--data-dir", folder.to_str().unwrap()];
    let there = ["audit", "verify", "--url", &url, "--key", MASTER];
    let mut anchors = Vec::new();
    for arguments in [&here[..], &there] {
        let (code, out, err) = run(arguments).await;
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.contains("6 entries"), "{out}");
        anchors.push(out.lines().find_map(|line| line.strip_prefix("anchor: ")).unwrap().to_owned());
    }
    assert_eq!(anchors[0], anchors[1]);
    let db = database(&gateway);
    let altered = |sql: &str| assert_eq!(db.execute(sql, []).unwrap(), 1, "{sql}");
    altered("UPDATE audit SET name = 'key X' WHERE number = 3");
    for arguments in [&here[..], &there] {
        let (code, out, err) = run(arguments).await;
        assert_eq!(code, 1, "{out}{err}");
        assert!(err.contains("entry 3 (20") && err.contains("altered"), "{err}");
    }
    altered("UPDATE audit SET name = 'key 1' WHERE number = 3");
    assert_eq!(run(&there).await.0, 0);
    gateway.stop().await;
    assert_eq!(run(&here).await.0, 0);
    altered("DELETE FROM audit WHERE number = 7");
    let (code, out, _) = run(&[&here[..], &["--json"]].concat()).await;
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &report["fault"]["kind"], &report["fault"]["number"]),
        (1, &json!("missing"), &json!(7))
    );
    // A data directory that is none is said to be none, and is not made.
    let nowhere = gateway.folder().join("nowhere");
    let (code, _, err) = run(&["audit", "verify", "--data-dir", nowhere.to_str().unwrap()]).await;
    assert!(code == 1 && err.contains("encryption.key") && !nowhere.exists(), "{err}");
    let bad = run(&[&here[..], &["--anchor", "7"]].concat()).await;
    assert_eq!(bad.0, 2, "{}", bad.2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_log_put_back_to_an_earlier_day_is_found_by_its_anchor() {
    let (_upstream, gateway) = set_up().await;
    gateway.make_key(&json!({"name": "first"})).await;
    let db = database(&gateway);
    db.execute_batch(
        "CREATE TABLE old_audit AS SELECT * FROM audit; CREATE TABLE old_head AS SELECT * FROM audit_head",
    )
    .unwrap();
    gateway.make_key(&json!({"name": "second"})).await;
    let verify = async |query: &str| {
        gateway.admin(Method::GET, &format!("/api/v1/audit/verify{query}"), None).await.ok().json()
    };
    let anchor = verify("").await["anchor"].as_str().unwrap().to_owned();
    db.execute_batch(
        "DELETE FROM audit; INSERT INTO audit SELECT * FROM old_audit; DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM old_head",
    )
    .unwrap();
    assert_eq!(verify("").await["valid"], json!(true), "by itself it is whole");
    let report = verify(&format!("?anchor={anchor}")).await;
    assert_eq!((&report["valid"], &report["fault"]["number"]), (&json!(false), &json!(3)));
    let wrong = gateway.admin(Method::GET, "/api/v1/audit/verify?anchor=x", None).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["error"]["field"].clone()), (400, json!("anchor")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_logs_are_listed_in_pages_and_exported_whole() {
    let (_upstream, gateway) = set_up().await;
    for n in 0..450 {
        gateway.make_key(&json!({"name": format!("key {n}")})).await;
    }
    let page = gateway.admin(Method::GET, "/api/v1/audit?limit=10", None).await.json();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["next_cursor"]), (10, &json!("442")));
    let export = gateway.admin(Method::GET, "/api/v1/audit/export?action=key.create", None).await.ok().text();
    let numbers: Vec<i64> = export
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["number"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (2..=451).rev().collect::<Vec<_>>());
    let url = format!("http://{}", gateway.addr);
    let remote = ["--url", url.as_str(), "--key", MASTER];
    let (code, out, err) = run(&[&["audit", "export"][..], &remote].concat()).await;
    assert_eq!((code, out.lines().count()), (0, 451), "{err}");
    let (code, out, _) =
        run(&[&["audit", "list", "--limit", "3", "--kind", "key"][..], &remote].concat()).await;
    assert!(code == 0 && out.lines().count() == 4 && out.contains("key.create"), "{out}");
    for (query, field) in [("limit=0", "limit"), ("cursor=x", "cursor"), ("from=never", "from")] {
        let answer = gateway.admin(Method::GET, &format!("/api/v1/audit?{query}"), None).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["field"]),
            (400, &json!(field)),
            "{query}"
        );
    }
    let answer = gateway.admin(Method::GET, "/api/v1/audit/export?format=csv", None).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_in_postgresql_is_checked_without_believing_a_gateway() {
    const SECRET: &str = "an encryption key for tests only";
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let (url, empty) = (server.database("audited"), server.database("empty"));
    let config = format!("{}database_url: {url}\n", upstream.providers());
    let mut gateway = Gateway::start_with(&config, &[("GATEWRIGHT_ENCRYPTION_KEY", SECRET)]).await;
    for n in 0..4 {
        gateway.make_key(&json!({"name": format!("key {n}")})).await;
    }
    let verify = async |url: &str, key: &str| {
        let mut command = binary();
        command.args(["audit", "verify", "--json", "--database-url", url]);
        let output = command.env("GATEWRIGHT_ENCRYPTION_KEY", key).output().await.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), report, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, report, errors) = verify(&url, SECRET).await;
    assert_eq!((code, &report["valid"]), (Some(0), &json!(true)), "{report} {errors}");
    assert!(report["entries"].as_u64().is_some_and(|entries| entries >= 4), "{report}");
    gateway.stop().await;
    // The end of a gateway is an entry, too.
    let entries = verify(&url, SECRET).await.1["entries"].clone();
    // Somebody who may read and nothing else.
    server.sql(
        "audited",
        "CREATE ROLE auditor LOGIN PASSWORD 'reads'; GRANT USAGE ON SCHEMA gatewright TO auditor; \
        GRANT SELECT ON ALL TABLES IN SCHEMA gatewright TO auditor",
    );
    let of_auditor = server.url_as("auditor:reads", "127.0.0.1", "audited");
    let (code, report, errors) = verify(&of_auditor, SECRET).await;
    assert_eq!((code, &report["entries"]), (Some(0), &entries), "{report} {errors}");
    let (code, report, _) = verify(&url, "another encryption key than that").await;
    assert_eq!((code, &report["valid"]), (Some(1), &json!(false)), "{report}");
    server.sql("audited", "UPDATE gatewright.audit SET name = 'key X' WHERE number = 3");
    let (code, report, _) = verify(&of_auditor, SECRET).await;
    let fault = (&report["fault"]["kind"], &report["fault"]["number"]);
    assert_eq!((code, fault), (Some(1), (&json!("altered"), &json!(3))), "{report}");
    // What is none is said to be none, and nothing is made there.
    let (code, _, errors) = verify(&empty, SECRET).await;
    assert!(code == Some(1) && !errors.contains("postgres://"), "{errors}");
    assert_eq!(server.sql("empty", "SELECT count(*) FROM pg_namespace WHERE nspname = 'gatewright'"), "0");
    assert_eq!(verify("memory:", SECRET).await.0, Some(2));
}
