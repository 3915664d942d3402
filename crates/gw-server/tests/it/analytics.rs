//! Charts, figures and reports: they agree with what usage and records say, on both databases, and nothing of a report runs in
//! a spreadsheet.

use super::support::gateway::{nanos, run};
use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};

const SECRET: &str = "an encryption key for tests only";

async fn called(gateway: &Gateway, model: &str, key: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(key)).await
}

async fn asked(gateway: &Gateway, path: &str) -> Value {
    gateway.admin(Method::GET, &format!("/api/v1/{path}"), None).await.ok().json()
}

/// Two teams, of which one has a name that a spreadsheet would run; a key for each.
async fn teams(gateway: &Gateway) -> [(String, String); 2] {
    let mut made = Vec::new();
    for name in ["=HYPERLINK(\"http://evil\")", "plain"] {
        let team = gateway.admin(Method::POST, "/api/v1/teams", Some(&json!({ "name": name }))).await;
        assert_eq!(team.status, 201, "{}", team.text());
        let team = team.json()["id"].as_str().unwrap().to_owned();
        let key = json!({ "name": format!("key of {}", made.len()), "team_id": team });
        made.push((team, gateway.make_key(&key).await.1));
    }
    made.try_into().unwrap()
}

fn lines(answer: &Value, metric: &str) -> Vec<(String, Value)> {
    let of =
        |line: &Value| (line["value"].as_str().unwrap_or("rest").to_owned(), line["total"][metric].clone());
    answer["data"].as_array().unwrap().iter().map(of).collect()
}

async fn figures_agree(config: &str) {
    let gateway = Gateway::start_with(config, &[("GATEWRIGHT_ENCRYPTION_KEY", SECRET)]).await;
    let [(first, first_key), (second, second_key)] = teams(&gateway).await;
    for _ in 0..3 {
        called(&gateway, "up/chat-model", &first_key).await.ok();
    }
    called(&gateway, "up/chat-model", &second_key).await.ok();
    called(&gateway, "no-such-model", &second_key).await;
    eventually("all calls are counted", async || {
        let overview = asked(&gateway, "analytics/overview").await;
        (overview["current"]["requests"] == 5).then_some(())
    })
    .await;
    // Its parts are read one after the other: what was counted meanwhile is not in all of them.
    let overview = asked(&gateway, "analytics/overview").await;
    let usage = gateway.rows("/api/v1/usage?group_by=team").await;
    let cost: i128 = usage.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
    let current = &overview["current"];
    assert_eq!((&current["errors"], &current["error_rate"]), (&json!(1), &json!(0.2)), "{overview}");
    assert_eq!(nanos(current["cost_usd"].as_str().unwrap()), cost);
    assert_eq!(nanos(overview["forecast"]["spent_usd"].as_str().unwrap()), cost);
    assert!(current["latency_p99_ms"].as_f64().unwrap() > 0.0, "{overview}");
    assert_eq!(overview["previous"]["requests"], 0);
    assert_eq!(overview["top"]["models"][0]["value"], "up/chat-model", "{overview}");
    assert_eq!(overview["top"]["teams"][0]["value"], first.as_str());
    assert_eq!(overview["endings"]["errors"][0]["value"], "model_not_found");

    let by_team =
        asked(&gateway, "analytics/timeseries?metric=requests,cost_usd&group_by=team&interval=minute").await;
    assert_eq!(lines(&by_team, "requests"), [(first.clone(), json!(3)), (second.clone(), json!(2))]);
    let points = by_team["data"][0]["points"].as_array().unwrap();
    assert!(points.len() > 1_400, "a day has so many minutes: {}", points.len());
    assert_eq!(points.iter().map(|point| point["requests"].as_i64().unwrap()).sum::<i64>(), 3);
    let largest = asked(&gateway, "analytics/timeseries?metric=requests&group_by=team&limit=1").await;
    assert_eq!(lines(&largest, "requests"), [(first.clone(), json!(3)), ("rest".to_owned(), json!(2))]);
    let alone = format!("analytics/timeseries?metric=requests&group_by=team&limit=1&value={second}");
    assert_eq!(lines(&asked(&gateway, &alone).await, "requests"), [(second.clone(), json!(2))]);
    let failed = format!("analytics/timeseries?group_by=error&team_id={second}&outcome=refused");
    assert_eq!(
        lines(&asked(&gateway, &failed).await, "requests"),
        [("model_not_found".to_owned(), json!(1))]
    );

    let report = asked(&gateway, "reports/chargeback?group_by=team").await;
    let rows = report["data"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum::<i128>(), cost);
    let csv = gateway.admin(Method::GET, "/api/v1/reports/chargeback?group_by=team&format=csv", None).await;
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    let text = csv.ok().text();
    assert!(text.contains(",\"'=HYPERLINK(\"\"http://evil\"\")\",3,0,"), "{text}");
    let url = format!("http://{}", gateway.addr);
    let (code, out, problem) =
        run(&["report", "chargeback", "--url", &url, "--key", MASTER, "--format", "csv"]).await;
    assert_eq!((code, out.trim_end()), (0, text.trim_end()), "{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_agree_with_usage() {
    let upstream = Upstream::start().await;
    figures_agree(&upstream.providers()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_agree_with_usage_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("analytics"));
    figures_agree(&config).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_told_is_refused_with_a_way_out() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    for (path, field) in [
        ("analytics/timeseries?metric=speed", "metric"),
        ("analytics/timeseries?group_by=planet", "group_by"),
        ("analytics/timeseries?interval=second", "interval"),
        ("analytics/timeseries?interval=minute&from=2026-01-01&to=2026-02-01", "interval"),
        ("analytics/timeseries?from=2026-02-01&to=2026-01-01", "from"),
        ("analytics/timeseries?group_by=customer&interval=minute", "interval"),
        ("analytics/timeseries?group_by=tag&interval=hour&metric=latency_p95_ms", "metric"),
        ("analytics/timeseries?group_by=tag&interval=hour&model=x", "group_by"),
        ("analytics/timeseries?limit=0", "limit"),
        ("analytics/timeseries?value=x", "value"),
        ("analytics/overview?team_id=&project_id=team_1", "project_id"),
        ("reports/chargeback?group_by=model", "group_by"),
        ("reports/chargeback?format=pdf", "format"),
        ("reports/chargeback?from=2010-01-01&to=2026-01-01", "from"),
    ] {
        let answer = gateway.admin(Method::GET, &format!("/api/v1/{path}"), None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"]["field"].as_str()),
            (400, Some(field)),
            "{path}"
        );
    }
}

/// An organization's admin reads what its users used there, and nothing of what they used elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_an_organization_are_told_apart_by_its_admin() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let make = async |resource: &str, body: Value| {
        let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
        assert_eq!(made.status, 201, "{resource}: {}", made.text());
        made.json()
    };
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let [one, other] = ["one", "other"].map(|name| json!({ "name": name }));
    let (one, other) = (id(&make("organizations", one).await), id(&make("organizations", other).await));
    let memberships: Vec<Value> =
        [&one, &other].iter().map(|account| json!({"account_id": account, "role": "member"})).collect();
    let user = id(&make("users", json!({"email": "ada@example.com", "memberships": memberships})).await);
    for (at, (organization, calls)) in [(&one, 2), (&other, 3)].into_iter().enumerate() {
        let team =
            id(&make("teams", json!({"name": format!("team {at}"), "organization_id": organization})).await);
        let key = json!({"name": format!("key {at}"), "team_id": team, "user_id": user});
        let key = gateway.make_key(&key).await.1;
        for _ in 0..calls {
            called(&gateway, "up/chat-model", &key).await.ok();
        }
    }
    let token = make("admin-tokens", json!({"name": "admin", "role": "admin", "account_id": one})).await;
    let token = token["token"].as_str().unwrap().to_owned();
    let ask = async |path: &str| {
        let path = format!("/api/v1/analytics/timeseries?{path}");
        gateway.send(Call::post(&path, String::new()).method(Method::GET).key(&token)).await
    };
    eventually("all calls are counted", async || {
        (asked(&gateway, "analytics/overview").await["current"]["requests"] == 5).then_some(())
    })
    .await;
    let told = ask("group_by=user").await.ok().json();
    assert_eq!(lines(&told, "requests"), [(user, json!(2))], "{told}");
    for (by, value) in [("format", "chat"), ("endpoint", "chat"), ("upstream_model", "chat-model")] {
        let told = ask(&format!("group_by={by}&interval=hour")).await.ok().json();
        assert_eq!(lines(&told, "requests"), [(value.to_owned(), json!(2))], "{told}");
        let told = asked(&gateway, &format!("analytics/timeseries?group_by={by}&interval=hour")).await;
        assert_eq!(lines(&told, "requests"), [(value.to_owned(), json!(5))], "{told}");
    }
    let told = ask("group_by=tag&interval=hour").await.ok().json();
    assert!(lines(&told, "requests").is_empty(), "{told}");
    let elsewhere = ask(&format!("group_by=format&interval=hour&organization_id={other}")).await.ok().json();
    assert!(lines(&elsewhere, "requests").is_empty(), "{elsewhere}");
}
