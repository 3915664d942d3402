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
        ("analytics/timeseries?customer_id=tag_1", "customer_id"),
        ("analytics/timeseries?status=many", "status"),
        ("analytics/timeseries?format=letters", "format"),
        ("analytics/timeseries?min_cost_usd=1", "min_cost_usd"),
        ("analytics/overview?tag=x", "tag"),
        ("usage?organization_id=team_1", "organization_id"),
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

/// Calls of two teams in two organizations, with a tag or without, and for a customer of one of them; an admin's token for
/// each organization.
struct Mixed {
    gateway: Gateway,
    teams: [String; 2],
    tag: String,
    customer: String,
    tokens: [String; 2],
}

async fn mixed(config: &str) -> Mixed {
    let gateway = Gateway::start_with(config, &[("GATEWRIGHT_ENCRYPTION_KEY", SECRET)]).await;
    let make = async |resource: &str, body: Value| {
        let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
        assert_eq!(made.status, 201, "{resource}: {}", made.text());
        made.json()
    };
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let tag = id(&make("tags", json!({"name": "night"})).await);
    let (mut teams, mut tokens, mut keys, mut organizations) = (vec![], vec![], vec![], vec![]);
    for name in ["one", "other"] {
        let organization = id(&make("organizations", json!({ "name": name })).await);
        let team = id(&make("teams", json!({"name": name, "organization_id": organization})).await);
        keys.push(gateway.make_key(&json!({"name": name, "team_id": team})).await.1);
        let token = json!({"name": name, "role": "admin", "account_id": organization});
        tokens.push(make("admin-tokens", token).await["token"].as_str().unwrap().to_owned());
        teams.push(team);
        organizations.push(organization);
    }
    let customer = json!({"name": "acme", "organization_id": organizations[0]});
    let customer = id(&make("customers", customer).await);
    for (key, calls) in keys.iter().zip([3, 2]) {
        for number in 0..calls {
            let mut call = Call::chat(&chat("up/chat-model", "hi")).key(key);
            if number > 0 {
                call = call.header("x-gatewright-tags", "night,unnamed");
            }
            if number == 1 {
                call = call.header("x-gatewright-customer", "acme");
            }
            gateway.send(call).await.ok();
        }
    }
    gateway.send(Call::chat(&chat("no-such-model", "hi")).key(&keys[0])).await;
    eventually("all calls are counted", async || {
        (asked(&gateway, "analytics/overview").await["current"]["requests"] == 6).then_some(())
    })
    .await;
    Mixed { gateway, teams: teams.try_into().unwrap(), tag, customer, tokens: tokens.try_into().unwrap() }
}

impl Mixed {
    async fn ask(&self, token: &str, path: &str) -> Value {
        let call = Call::post(&format!("/api/v1/{path}"), String::new()).method(Method::GET).key(token);
        self.gateway.send(call).await.ok().json()
    }

    /// Requests by value.
    async fn lines(&self, token: &str, query: &str) -> Vec<(String, Value)> {
        let told = self.ask(token, &format!("analytics/timeseries?interval=hour&{query}")).await;
        lines(&told, "requests")
    }

    async fn usage(&self, token: &str, by: &str, query: &str) -> Vec<(String, u64)> {
        let told = self.ask(token, &format!("usage?group_by={by}&{query}")).await;
        let row = |row: &Value| (row[by].as_str().unwrap().to_owned(), row["requests"].as_u64().unwrap());
        told["data"].as_array().unwrap().iter().map(row).collect()
    }
}

async fn figures_are_filtered(config: &str) {
    let mixed = mixed(config).await;
    let Mixed { teams: [one, other], tag, customer, .. } = &mixed;
    let row = |value: &str, requests: u64| (value.to_owned(), json!(requests));
    // From what is kept of the tag by itself, and of records where more is asked.
    assert_eq!(mixed.lines(MASTER, &format!("tag_id={tag}")).await, [row("", 3)]);
    assert_eq!(mixed.lines(MASTER, &format!("tag={tag}&metric=requests,latency_p95_ms")).await, [row("", 3)]);
    let by_team = format!("group_by=team&tag_id={tag}");
    assert_eq!(mixed.lines(MASTER, &by_team).await, [row(one, 2), row(other, 1)]);
    assert_eq!(mixed.lines(MASTER, "group_by=team&tag=unnamed").await, [row(one, 2), row(other, 1)]);
    let both = format!("group_by=model&tag_id={tag}&customer_id={customer}");
    assert_eq!(mixed.lines(MASTER, &both).await, [row("up/chat-model", 1)]);
    assert_eq!(mixed.lines(MASTER, "group_by=customer&customer=acme").await, [row(customer, 1)]);
    assert_eq!(mixed.lines(MASTER, "format=chat").await, [row("", 6)]);
    assert_eq!(mixed.lines(MASTER, "format=messages").await, [row("", 0)]);
    assert_eq!(mixed.lines(MASTER, "group_by=team&status=4xx").await, [row(one, 1)]);
    assert_eq!(mixed.lines(MASTER, "group_by=team&status=404").await, [row(one, 1)]);
    let tagged = format!("group_by=tag&team_id={other}");
    assert_eq!(mixed.lines(MASTER, &tagged).await, [row(tag, 1)]);
    assert_eq!(mixed.lines(MASTER, "region=nowhere&group_by=key").await, []);

    let row = |value: &str, requests| (value.to_owned(), requests);
    assert_eq!(mixed.usage(MASTER, "team", &format!("customer_id={customer}")).await, [row(one, 1)]);
    assert_eq!(mixed.usage(MASTER, "key", "model=no-such-model").await, []);
    assert_eq!(mixed.usage(MASTER, "model", "provider=up").await, [row("up/chat-model", 5)]);
    assert_eq!(mixed.usage(MASTER, "team", &format!("tag_id={tag}")).await.len(), 2);
    // Those without a customer, or with one that is a name only, are a row of the same sums.
    let of_all = mixed.usage(MASTER, "customer", "").await;
    assert_eq!(of_all.iter().map(|(_, requests)| requests).sum::<u64>(), 6, "{of_all:?}");
    assert_eq!(mixed.usage(MASTER, "customer", "status=0-999").await, of_all);
    assert_eq!(
        mixed.usage(MASTER, "customer", &format!("tag_id={tag}")).await,
        [row("", 1), row("acme", 1), row(customer, 1)]
    );
    assert_eq!(mixed.usage(MASTER, "model", "format=chat&endpoint=embeddings").await, []);
    let days = mixed.usage(MASTER, "day", &format!("tag_id={tag}&outcome=success")).await;
    assert_eq!(days.iter().map(|(_, requests)| requests).sum::<u64>(), 3);
    let report = mixed.ask(MASTER, &format!("reports/chargeback?group_by=team&tag_id={tag}")).await;
    assert_eq!(report["data"].as_array().unwrap().len(), 2, "{report}");

    // Who sees one of the organizations sees of all that what is its own; what is another's is as if it were not.
    let [first, second] = &mixed.tokens;
    assert_eq!(mixed.lines(first, &by_team).await, lines_of(&[(one, 2)]));
    assert_eq!(mixed.lines(second, &by_team).await, lines_of(&[(other, 1)]));
    assert_eq!(mixed.lines(second, &format!("tag_id={tag}")).await, lines_of(&[("", 1)]));
    assert_eq!(mixed.lines(first, &format!("customer_id={customer}")).await, lines_of(&[("", 1)]));
    let last = if customer.ends_with('0') { '1' } else { '0' };
    let nobody = format!("{}{last}", &customer[..customer.len() - 1]);
    let unknown = mixed.lines(second, &format!("customer_id={nobody}")).await;
    assert_eq!(mixed.lines(second, &format!("customer_id={customer}")).await, unknown);
    assert_eq!(unknown, lines_of(&[("", 0)]));
    assert_eq!(mixed.usage(second, "model", &format!("customer_id={customer}")).await, []);
    assert_eq!(mixed.usage(second, "team", &format!("team_id={one}")).await, []);
    assert_eq!(mixed.usage(second, "user", &format!("tag_id={tag}")).await, [row("", 1)]);

    let url = format!("http://{}", mixed.gateway.addr);
    let filter = format!("tag_id={tag}");
    let asked =
        ["usage", "--url", &url, "--key", MASTER, "--group-by", "team", "--json", "--filter", &filter];
    let (code, out, problem) = run(&asked).await;
    assert_eq!((code, out.matches("\"requests\"").count()), (0, 2), "{out}{problem}");
}

fn lines_of(lines: &[(&str, u64)]) -> Vec<(String, Value)> {
    lines.iter().map(|(value, requests)| ((*value).to_owned(), json!(requests))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_filtered_by_whatever_calls_are_told_apart_by() {
    let upstream = Upstream::start().await;
    figures_are_filtered(&upstream.providers()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_filtered_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("filtered"));
    figures_are_filtered(&config).await;
}
