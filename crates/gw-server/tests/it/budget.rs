//! Hard budgets under concurrency: never overspent, refused with 402, exact to the nano-dollar.

use super::support::gateway::nanos;
use super::support::{Answer, Call, Gateway, Upstream, chat, eventually};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

/// $0.10.
const LIMIT: i128 = 100_000_000;

async fn spent(gateway: &Gateway, key_id: &str) -> Option<Value> {
    let rows = gateway.rows("/api/v1/usage?group_by=key").await;
    rows.into_iter().find(|row| row["key_id"] == key_id)
}

/// Everybody calls at once, several times each.
async fn storm(gateway: &Gateway, key: &str, callers: usize, calls: usize) -> Vec<Answer> {
    let mut set = JoinSet::new();
    for caller in 0..callers {
        let (addr, key) = (gateway.addr, key.to_owned());
        set.spawn(async move {
            let mut answers = Vec::new();
            for call in 0..calls {
                let body = chat("up/chat-model", &format!("caller {caller} call {call}"));
                answers.push(Call::chat(&body).key(&key).send(addr).await);
            }
            answers
        });
    }
    set.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_callers_never_overspend() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=5", None);
    let gateway = Gateway::start(&upstream.providers()).await;
    let policy = json!({"name": "poor", "budget": {"limit_usd": "0.10", "period": "total"}});
    let (id, key) = gateway.make_key(&policy).await;

    let answers = storm(&gateway, &key, 200, 3).await;
    let mut costs = 0;
    let mut served = 0;
    for answer in &answers {
        if answer.status == 200 {
            served += 1;
            costs += nanos(answer.header("x-gatewright-cost-usd").unwrap());
        } else {
            answer.refused(402, "budget_exceeded");
        }
    }
    assert!(served >= 6 && served < answers.len(), "{served} of {} were served", answers.len());
    assert!(costs > LIMIT / 4 && costs <= LIMIT, "{costs} nano-dollars in headers");

    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
    let row = eventually("usage has all of them", async || {
        let row = spent(&gateway, &id).await?;
        (row["requests"].as_u64() == Some(answers.len() as u64)).then_some(row)
    })
    .await;
    assert_eq!(nanos(row["cost_usd"].as_str().unwrap()), costs);
    assert_eq!(row["key_name"], "poor");
    assert_eq!(row["errors"].as_u64(), Some((answers.len() - served) as u64), "{row}");
    let billed = upstream.stats();
    assert_eq!(row["input_tokens"].as_u64(), Some(billed.billed_input_tokens));
    assert_eq!(row["output_tokens"].as_u64(), Some(billed.billed_output_tokens));

    let budgets = gateway.rows("/api/v1/budgets").await;
    let budget = budgets.iter().find(|row| row["key_id"] == id.as_str()).expect("its budget is listed");
    assert_eq!(nanos(budget["spent_usd"].as_str().unwrap()), costs);
    assert_eq!(nanos(budget["reserved_usd"].as_str().unwrap()), 0);
}

/// An answer that nobody could read is charged, and so is the next try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_that_are_charged_are_held_for_one_by_one() {
    let upstream = Upstream::start().await;
    upstream.faults("broken-model", "malformed-json", None);
    let [broken, good] = ["broken-model", "chat-model"].map(|model| {
        let prices = "prices: { input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 100 }";
        format!("{{ provider: up, model: {model}, {prices} }}")
    });
    let models =
        format!("models:\n  alone: {{ targets: [{broken}] }}\n  both: {{ targets: [{broken}, {good}] }}\n");
    let gateway = Gateway::start(&format!("{}{models}", upstream.providers())).await;
    let call = |model: &str| {
        let messages = json!([{"role": "user", "content": "hi"}]);
        Call::chat(&json!({"model": model, "max_tokens": 20, "messages": messages}))
    };
    let rich = json!({"name": "rich", "budget": {"limit_usd": 1, "period": "total"}});
    let (_, key) = gateway.make_key(&rich).await;
    let answer = gateway.send(call("alone").key(&key)).await;
    let record = gateway.record(&answer.request_id()).await;
    // As much as is held: more bytes came than tokens were asked for.
    let once = nanos(record["cost_usd"].as_str().unwrap());
    let answer = gateway.send(call("both").key(&key)).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-gatewright-attempts")), (200, Some("2")));

    let limit = format!("0.{:09}", once * 5 / 4);
    let poor = json!({"name": "poor", "budget": {"limit_usd": limit, "period": "total"}});
    let (id, key) = gateway.make_key(&poor).await;
    let answer = gateway.send(call("both").key(&key)).await;
    answer.refused(502, "upstream_error");
    assert_eq!(answer.header("x-gatewright-attempts"), Some("1"), "there is no money for a second");
    let row = eventually("its usage", async || spent(&gateway, &id).await).await;
    assert_eq!(nanos(row["cost_usd"].as_str().unwrap()), once);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_spent_is_remembered_after_a_kill() {
    let upstream = Upstream::start().await;
    let mut gateway = Gateway::start(&upstream.providers()).await;
    let policy = json!({"name": "poor", "budget": {"limit_usd": 0.1, "period": "month"}});
    let (id, key) = gateway.make_key(&policy).await;
    let mut costs = 0;
    loop {
        let answer = gateway.send(Call::chat(&chat("up/chat-model", "spend")).key(&key)).await;
        if answer.status != 200 {
            answer.refused(402, "budget_exceeded");
            break;
        }
        costs += nanos(answer.header("x-gatewright-cost-usd").unwrap());
    }
    gateway.kill().await;
    let gateway = gateway.restart().await;
    let again = gateway.send(Call::chat(&chat("up/chat-model", "spend")).key(&key)).await;
    again.refused(402, "budget_exceeded");
    let row = eventually("its usage", async || spent(&gateway, &id).await).await;
    assert_eq!(nanos(row["cost_usd"].as_str().unwrap()), costs);
    let more = json!({"budget": {"limit_usd": "0.5", "period": "month"}});
    let path = format!("/api/v1/keys/{id}");
    gateway.admin(http::Method::PATCH, &path, Some(&more)).await.ok();
    gateway.send(Call::chat(&chat("up/chat-model", "spend")).key(&key)).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unpriced_model_is_refused_under_a_budget() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let policy = json!({"name": "poor", "budget": {"limit_usd": 1, "period": "day"}});
    let (_, key) = gateway.make_key(&policy).await;
    let answer = gateway.send(Call::chat(&chat("up/no-price", "hi")).key(&key)).await;
    answer.refused(402, "budget_exceeded");
    assert_eq!(upstream.stats().requests, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_budget_bounds_the_answer_upstream() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let policy = json!({"name": "strict", "budget": {"limit_usd": 5, "period": "day", "strict": true}});
    let (_, key) = gateway.make_key(&policy).await;
    let body = json!({"model": "up/chat-model", "messages": [{"role": "user", "content": "hi"}]});
    gateway.send(Call::chat(&body).key(&key)).await.ok();
    let seen: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
    let bound = seen["max_completion_tokens"].as_u64().or(seen["max_tokens"].as_u64());
    assert_eq!(bound, Some(4096), "{seen}");
}

/// Windows of a time zone and rolling ones, added after money was spent, and again known after a kill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_with_windows_of_their_own_know_what_was_spent_before() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let total = json!({"limit_usd": "1", "period": "total"});
    let (id, key) = gateway.make_key(&json!({"name": "kolkata", "budgets": [total]})).await;
    let mut cost = 0;
    for number in 0..3 {
        let body = chat("up/chat-model", &format!("number {number}"));
        let answer = gateway.send(Call::chat(&body).key(&key)).await;
        cost += nanos(answer.ok().header("x-gatewright-cost-usd").unwrap());
    }
    // Whatever of it the store knows by now.
    let path = format!("/api/v1/keys/{id}");
    let budgets = json!({"budgets": [
        {"limit_usd": "1", "period": "month", "time_zone": "Asia/Kolkata"},
        {"limit_usd": "1", "period": "30d"},
        {"limit_usd": "1", "period": "90m"},
        total,
    ]});
    gateway.admin(http::Method::PATCH, &path, Some(&budgets)).await.ok();
    let spent = async |gateway: &Gateway| -> Vec<i128> {
        let rows = gateway.rows("/api/v1/budgets").await;
        let of_key = rows.iter().filter(|row| row["key_id"] == id.as_str());
        of_key.map(|row| nanos(row["spent_usd"].as_str().unwrap())).collect()
    };
    assert_eq!(spent(&gateway).await, [cost; 4]);
    // Exhausted is exhausted, whichever window it is.
    let tight = json!({"budgets": [{"limit_usd": "0.000000001", "period": "12h"}]});
    gateway.admin(http::Method::PATCH, &path, Some(&tight)).await.ok();
    let body = chat("up/chat-model", "one more");
    gateway.send(Call::chat(&body).key(&key)).await.refused(402, "budget_exceeded");
    gateway.admin(http::Method::PATCH, &path, Some(&budgets)).await.ok();
    let mut gateway = gateway;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    assert_eq!(spent(&gateway).await, [cost; 4]);
}
