//! What was not spent of a window goes over to the next one: shown, held against, the same after a restart, and once for all
//! gateways together.

use super::support::gateway::nanos;
use super::support::redis::Redis;
use super::support::{Call, Gateway, KEY, Upstream, chat};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

/// Long enough for machines that do much else.
const SOON: Duration = Duration::from_secs(20);

const DAY_SECONDS: u64 = 86_400;

async fn budget(gateway: &Gateway, id: &str) -> Value {
    let list = gateway.admin(Method::GET, &format!("/api/v1/budgets?id={id}"), None).await.ok().json();
    list["data"][0].clone()
}

fn days_since_1970() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    now.as_secs() / DAY_SECONDS
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_left_yesterday_is_there_today_also_after_a_restart() {
    let upstream = Upstream::start().await;
    let mut gateway = Gateway::start(&upstream.providers()).await;
    let budget_of = |cap: &str, since: &str| json!({"limit_usd": "1", "period": "day", "rollover": {"cap_usd": cap, "since": since}});
    let (id, _) = gateway.make_key(&json!({"name": "a", "budget": budget_of("0.4", "2020-01-01")})).await;
    let (new, _) = gateway.make_key(&json!({"name": "b", "budget": budget_of("0.4", "2999-01-01")})).await;
    let shown = budget(&gateway, &id).await;
    assert_eq!(
        [&shown["limit_usd"], &shown["limit_now_usd"], &shown["carried_usd"]],
        ["1", "1.4", "0.4"],
        "{shown}"
    );
    assert_eq!(shown["rollover"], json!({"cap_usd": "0.4", "since": "2020-01-01T00:00:00Z"}));
    assert_eq!(budget(&gateway, &new).await["carried_usd"], "0", "it began later");
    let effective = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}/effective"), None).await.json();
    assert_eq!(effective["budgets"][0]["effective"]["limit_now_usd"], "1.4", "{effective}");

    gateway.stop().await;
    let file = rusqlite::Connection::open(gateway.folder().join("data/gatewright.db")).unwrap();
    let yesterday = i64::try_from(days_since_1970() - 1).unwrap();
    let number = u128::from_str_radix(id.trim_start_matches("key_"), 16).unwrap().to_be_bytes();
    let row = (yesterday, number, 850_000_000_i64);
    assert_eq!(file.execute("INSERT INTO spent (day, key, cost) VALUES (?, ?, ?)", row).unwrap(), 1);
    drop(file);
    let gateway = gateway.restart().await;
    let shown = budget(&gateway, &id).await;
    assert_eq!([&shown["limit_now_usd"], &shown["carried_usd"], &shown["spent_usd"]], ["1.15", "0.15", "0"]);

    let wrong = [
        (
            json!({"limit_usd": "1", "period": "total", "rollover": {"since": "2020-01-01"}}),
            "budget.rollover",
        ),
        (json!({"limit_usd": "1", "period": "12h", "rollover": {"since": "2020-01-01"}}), "budget.rollover"),
        (budget_of("-1", "2020-01-01"), "budget.rollover.cap_usd"),
        (budget_of("1", "soon"), "budget.rollover.since"),
    ];
    for (body, field) in wrong {
        let path = format!("/api/v1/keys/{id}");
        let answer = gateway.admin(Method::PATCH, &path, Some(&json!({"budget": body}))).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]["field"]), (400, &json!(field)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_over_is_there_once_for_all_gateways() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    // A call holds about a quarter of a dollar, and costs far less.
    for mode in ["strict", "leased"] {
        let key = format!("gw-{mode}-0123456789012345678901234567890123456789");
        let rollover = "rollover: { cap_usd: 0.4, since: 2020-01-01 }";
        let budget = format!("budget: {{ limit_usd: 0.4, period: day, mode: {mode}, {rollover} }}");
        let config = format!(
            "{}redis_url: {}\nredis_timeout_ms: 5000\nkeys:\n  - {{ name: app, key: {KEY} }}\n  - {{ name: {mode}, key: {key}, {budget} }}\n",
            upstream.providers(),
            redis.url()
        );
        let (mut one, mut two) = tokio::join!(Gateway::start(&config), Gateway::start(&config));
        for gateway in [&one, &two] {
            gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
            gateway.metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
        }
        let mut spent = 0;
        for _ in 0..500 {
            let mut set = JoinSet::new();
            for call in 0..2 {
                let addr = if call % 2 == 0 { one.addr } else { two.addr };
                let key = key.clone();
                set.spawn(async move { Call::chat(&chat("up/chat-model", "hi")).key(&key).send(addr).await });
            }
            let answers = set.join_all().await;
            let costs = answers.iter().filter(|answer| answer.status == 200);
            spent += costs.map(|answer| nanos(answer.header("x-gatewright-cost-usd").unwrap())).sum::<i128>();
            assert!(spent <= 800_000_000, "{mode}: {spent}");
            if spent > 400_000_000 && answers.iter().all(|answer| answer.status == 402) {
                break;
            }
        }
        assert!(spent > 400_000_000, "{mode}: {spent}: what came over was there for nobody");
        one.stop().await;
        two.stop().await;
    }
}
