//! Past calls that are to cost something else: all reports agree to the nano-dollar afterwards, budgets stay as they were settled,
//! one is done at a time, and a kill in the midst leaves nothing counted twice. And which prices were in force from when on.

use super::support::gateway::{nanos, run};
use super::support::postgres::Postgres;
use super::support::{Call, Gateway, MASTER, Upstream, chat, eventually, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const SECRET: &str = "an encryption key for tests only";
const PATH: &str = "/api/v1/prices/recostings";
const PRICES: &str =
    "{ input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 200, max_output_tokens: 4096 }";
const OTHERS: &str =
    "{ input_usd_per_million_tokens: 7, output_usd_per_million_tokens: 13, max_output_tokens: 4096 }";

/// Begins one, and waits for its end.
async fn recosted(gateway: &Gateway, body: &Value) -> Value {
    let begun = gateway.admin(Method::POST, PATH, Some(body)).await;
    assert_eq!(begun.status, 201, "{}", begun.text());
    ended(gateway, begun.json()["id"].as_str().unwrap()).await
}

async fn ended(gateway: &Gateway, id: &str) -> Value {
    let path = format!("{PATH}/{id}");
    eventually_within(Duration::from_secs(60), "the end of a re-costing", async || {
        let shown = gateway.admin(Method::GET, &path, None).await.ok().json();
        (shown["state"] != "waiting" && shown["state"] != "running").then_some(shown)
    })
    .await
}

fn sum(rows: &[Value]) -> i128 {
    rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum()
}

/// What records and every report say that calls cost: they must agree.
async fn cost(gateway: &Gateway) -> i128 {
    let records = gateway.rows("/api/v1/logs?limit=1000&include=subcalls").await;
    let cost = sum(&records);
    for by in ["key", "team", "model", "provider", "organization", "day"] {
        let rows = gateway.rows(&format!("/api/v1/usage?group_by={by}")).await;
        let of_some = ["organization"].contains(&by);
        assert!(sum(&rows) == cost || of_some, "by {by}: {} and {cost}", sum(&rows));
    }
    let since = std::time::SystemTime::now() - Duration::from_secs(7 * 86_400);
    let since = since.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    let since = gw_model::time::format_date(i64::try_from(since).unwrap());
    for by in ["model", "team", "provider", "key"] {
        let path = format!(
            "/api/v1/analytics/timeseries?metric=cost_usd&group_by={by}&interval=day&from={since}&limit=50"
        );
        let told = gateway.admin(Method::GET, &path, None).await.ok().json();
        let lines = told["data"].as_array().unwrap();
        let total: i128 = lines.iter().map(|line| nanos(line["total"]["cost_usd"].as_str().unwrap())).sum();
        assert_eq!(total, cost, "rolled up by {by}");
    }
    cost
}

async fn spent(gateway: &Gateway) -> String {
    let budgets = gateway.rows("/api/v1/budgets").await;
    budgets[0]["spent_usd"].as_str().unwrap().to_owned()
}

fn config(upstream: &Upstream, prices: &str, database: &str) -> String {
    let url = upstream.url();
    format!(
        "{database}providers:\n  up: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: sk-up, \
         models: {{ chat-model: {prices}, other: {PRICES} }} }}\n"
    )
}

async fn all_of_it(database: &str) {
    let upstream = Upstream::start().await;
    let variables = [("GATEWRIGHT_ENCRYPTION_KEY", SECRET)];
    let gateway = Gateway::start_with(&config(&upstream, PRICES, database), &variables).await;
    let team = gateway.admin(Method::POST, "/api/v1/teams", Some(&json!({"name": "core"}))).await.json();
    let key = json!({"name": "k", "team_id": team["id"], "budget": {"limit_usd": 50, "period": "month"}});
    let key = gateway.make_key(&key).await.1;
    let mut ids = Vec::new();
    for model in ["up/chat-model", "up/chat-model", "up/other"] {
        ids.push(gateway.send(Call::chat(&chat(model, "hi")).key(&key)).await.ok().request_id());
    }
    for id in &ids {
        gateway.record(id).await;
    }
    let charged = cost(&gateway).await;
    let of_budget = spent(&gateway).await;
    assert_eq!(nanos(&of_budget), charged);

    // What would change is told, and nothing changes.
    let given = json!({"input_usd_per_million_tokens": "7", "output_usd_per_million_tokens": 13});
    let body =
        json!({"from": "2020-01-01", "upstream_model": "chat-model", "prices": given, "dry_run": true});
    let told = recosted(&gateway, &body).await;
    assert_eq!(
        (&told["state"], &told["records"], &told["seen"]),
        (&json!("done"), &json!(2), &json!(3)),
        "{told}"
    );
    assert_eq!(told["models"][0]["name"], "up/chat-model", "{told}");
    assert_eq!(told["teams"][0]["name"], team["id"], "{told}");
    assert!(told["difference_usd"].as_str().unwrap().starts_with('-'), "{told}");
    assert_eq!(cost(&gateway).await, charged);

    // What changes is what was told.
    let mut body = body;
    body["dry_run"] = false.into();
    let done = recosted(&gateway, &body).await;
    for member in ["records", "cost_before_usd", "cost_after_usd", "models", "teams"] {
        assert_eq!(done[member], told[member], "{member}");
    }
    let now = cost(&gateway).await;
    let change = |name: &str| nanos(done[name].as_str().unwrap());
    assert_eq!(now, charged - change("cost_before_usd") + change("cost_after_usd"));
    let record = gateway.admin(Method::GET, &format!("/api/v1/logs/{}", ids[0]), None).await.ok().json();
    assert_eq!(record["recosted"]["recosting_id"], done["id"], "{record}");
    assert_eq!(record["recosted"]["former_cost_usd"], record["recosted"]["charged_usd"]);
    let lines = record["cost"]["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["usd_per_million"] == "7"), "{lines:?}");
    // Again, and there is nothing to do.
    assert_eq!(recosted(&gateway, &body).await["records"], 0);
    assert_eq!(spent(&gateway).await, of_budget);

    // The prices in force bring back what was charged.
    let back = recosted(&gateway, &json!({"from": "2020-01-01"})).await;
    assert_eq!((&back["records"], &back["left"]), (&json!(2), &json!({})), "{back}");
    assert_eq!(cost(&gateway).await, charged);
    recosted(&gateway, &body).await;

    // Budgets are as they were settled, also after a start.
    let gateway = gateway.restart().await;
    assert_eq!(cost(&gateway).await, now);
    eventually("budgets as they were settled", async || (spent(&gateway).await == of_budget).then_some(()))
        .await;
    gateway.send(Call::chat(&chat("up/other", "hi")).key(&key)).await.ok();
    let entries = gateway.rows("/api/v1/audit?limit=100").await;
    let made = entries.iter().filter(|entry| entry["action"] == "recosting.create").count();
    assert_eq!(made, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_calls_are_recosted_everywhere_but_in_budgets() {
    all_of_it("").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_calls_are_recosted_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    all_of_it(&format!("database_url: {}\n", server.database("recosting"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_midst_leaves_nothing_counted_twice() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("gatewright.yaml"), "{}").unwrap();
    let data = folder.path().join("data").display().to_string();
    let seed = ["emulate", "--seed-records", "6000", "--data-dir", &data, "--days", "2"];
    let (code, _, problem) = run(&seed).await;
    assert_eq!(code, 0, "{problem}");
    let mut gateway = Gateway::start_in(folder, "127.0.0.1:0").await;
    let before = cost(&gateway).await;
    let rows = gateway.rows("/api/v1/usage?group_by=provider").await;
    let provider = rows.iter().max_by_key(|row| row["requests"].as_i64()).unwrap()["provider"].clone();
    let logs = format!("/api/v1/logs?limit=1&provider={}", provider.as_str().unwrap());
    let one = gateway.admin(Method::GET, &logs, None).await.ok().json()["data"][0].clone();
    let body = json!({
        "from": "2020-01-01",
        "provider": provider,
        "upstream_model": one["upstream_model"],
        "prices": {"input_usd_per_million_tokens": "1.5", "output_usd_per_million_tokens": "77"},
    });
    let mut told_body = body.clone();
    told_body["dry_run"] = true.into();
    let told = recosted(&gateway, &told_body).await;
    assert_ne!(told["records"], 0, "{told}");
    let begun = gateway.admin(Method::POST, PATH, Some(&body)).await.json();
    let second = gateway.admin(Method::POST, PATH, Some(&body)).await;
    let path = format!("{PATH}/{}", begun["id"].as_str().unwrap());
    if second.status != 201 {
        second.refused(409, "conflict");
    }
    eventually("a page of it", async || {
        let shown = gateway.admin(Method::GET, &path, None).await.ok().json();
        (shown["seen"] != 0).then_some(())
    })
    .await;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    let done = ended(&gateway, begun["id"].as_str().unwrap()).await;
    for member in ["seen", "records", "cost_before_usd", "cost_after_usd", "left", "models", "teams"] {
        assert_eq!(done[member], told[member], "{member}");
    }
    let change = |name: &str| nanos(done[name].as_str().unwrap());
    assert_eq!(cost(&gateway).await, before - change("cost_before_usd") + change("cost_after_usd"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_are_known_from_when_on() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, PRICES, "")).await;
    let history = async || {
        let answer = gateway.admin(Method::GET, "/api/v1/prices/up%2Fchat-model/history", None).await;
        answer.ok().json()["data"][0]["history"].as_array().unwrap().clone()
    };
    let input = |stretch: &Value| {
        let prices = stretch["prices"].as_array().unwrap();
        prices.iter().find(|price| price["unit"] == "input").unwrap()["usd_per_million"].clone()
    };
    let first = history().await;
    assert_eq!(
        (first.len(), input(&first[0]), &first[0]["book"]),
        (1, json!("100"), &json!("configuration"))
    );
    let both = eventually_within(Duration::from_secs(60), "other prices", async || {
        // The file may have been looked at for the first time after a single change.
        gateway.write_config(&config(&upstream, OTHERS, ""));
        Some(history().await).filter(|all| all.len() >= 2)
    })
    .await;
    assert_eq!((input(&both[0]), input(&both[1])), (json!("100"), json!("7")));
    assert_eq!((&both[0]["to"], &both[1]["to"]), (&both[1]["from"], &Value::Null));
    let url = format!("http://{}", gateway.addr);
    let (code, out, problem) =
        run(&["prices", "history", "up/chat-model", "--url", &url, "--key", MASTER]).await;
    assert_eq!((code, out.matches("configuration").count()), (0, 4), "{out}{problem}");
    let unknown = gateway.admin(Method::GET, "/api/v1/prices/nothing/history", None).await;
    unknown.refused(404, "not_found");
    // Of the command line, too.
    let arguments = ["prices", "recost", "--from", "2020-01-01", "--dry-run", "--url", &url, "--key", MASTER];
    let (code, out, problem) = run(&arguments).await;
    assert_eq!(code, 0, "{out}{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_recosted_is_refused_with_a_way_out() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, PRICES, "")).await;
    let price = json!({"usd_per_request": "1"});
    for (body, field) in [
        (json!({}), "from"),
        (json!({"from": "soon"}), "from"),
        (json!({"from": "2099-01-01"}), "from"),
        (json!({"from": "2026-01-01", "to": "2025-01-01"}), "from"),
        (json!({"from": "2026-01-01", "dry_run": "yes"}), "dry_run"),
        (json!({"from": "2026-01-01", "budgets": true}), "budgets"),
        (json!({"from": "2026-01-01", "prices": price}), "prices"),
        (json!({"from": "2026-01-01", "upstream_model": "m", "prices": {}}), "prices"),
        (json!({"from": "2026-01-01", "upstream_model": "m", "prices": {"input": "1"}}), "prices"),
        (json!({"from": "2026-01-01", "upstream_model": "m", "prices": {"usd_per_request": "-1"}}), "prices"),
        (
            json!({"from": "2026-01-01", "upstream_model": "m", "prices": {"input_usd_per_million_tokens": "1"}}),
            "prices",
        ),
    ] {
        let answer = gateway.admin(Method::POST, PATH, Some(&body)).await;
        let said = (answer.status.as_u16(), answer.json()["error"]["field"].as_str().map(str::to_owned));
        assert_eq!(said, (400, Some(field.to_owned())), "{body}");
    }
    let late = json!({"from": "2026-01-01", "not_before": "2099-01-01"});
    let open = gateway.admin(Method::POST, PATH, Some(&late)).await;
    assert_eq!(open.status, 201);
    gateway.admin(Method::POST, PATH, Some(&late)).await.refused(409, "conflict");
    let id = open.json()["id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let cancelled = gateway.admin(Method::POST, &format!("{PATH}/{id}/cancel"), None).await.ok().json();
        assert_eq!(cancelled["state"], "cancelled");
    }
    let none = format!("{PATH}/rec_00000000000000000000000000000000");
    gateway.admin(Method::GET, &none, None).await.refused(404, "not_found");
}
