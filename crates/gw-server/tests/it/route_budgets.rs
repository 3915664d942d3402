//! Budgets within dynamic routes: so much passes and no more, also when all call at once; what was spent counts on after
//! a restart and a kill; a simulation shows where a budget stands.

use super::support::gateway::nanos;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// $0.05.
const LIMIT: i128 = 50_000_000;

const ROUTE: &str = "routes:
  thrifty:
    start: guard
    nodes:
      guard: { type: budget_limit, limit_usd: 0.05, period: month, by: customer, within: dear, over: cheap }
      dear: { type: model, model: up/chat-model }
      cheap: { type: model, model: up/free }
  strict:
    start: guard
    nodes:
      guard: { type: budget_limit, limit_usd: 0, period: total, within: dear }
      dear: { type: model, model: up/chat-model }
  rescue:
    start: first
    nodes:
      first: { type: model, model: up/broken, next: guard }
      guard: { type: budget_limit, limit_usd: 0.001, period: day, within: dear, over: no }
      dear: { type: model, model: up/chat-model }
      no: { type: end, status: 402, message: 'no more rescues today' }
";

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{ROUTE}", upstream.providers())).await;
    (upstream, gateway)
}

fn call(route: &str, customer: &str) -> Call {
    let mut body = chat(route, "hello");
    body["max_tokens"] = json!(20);
    Call::chat(&body).key(MASTER).header("x-gatewright-customer", customer)
}

fn model(answer: &Answer) -> &str {
    answer.ok();
    answer.header("x-gatewright-upstream-model").expect("it was served")
}

fn cost(answer: &Answer) -> i128 {
    nanos(answer.header("x-gatewright-cost-usd").expect("it has a cost"))
}

/// Calls until the budget is spent; what that cost.
async fn spend(gateway: &Gateway, customer: &str) -> i128 {
    let mut spent = 0;
    for _ in 0..1000 {
        let answer = gateway.send(call("thrifty", customer)).await;
        if model(&answer) == "free" {
            return spent;
        }
        spent += cost(&answer);
    }
    panic!("the budget has no end: {spent}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_much_passes_and_counts_on_after_a_restart_and_a_kill() {
    let (_upstream, gateway) = set_up().await;
    let spent = spend(&gateway, "a").await;
    assert!(spent > LIMIT / 2 && spent <= LIMIT, "{spent}");
    let other = gateway.send(call("thrifty", "b")).await;
    assert_eq!(model(&other), "chat-model", "another customer has a counter of its own");
    let gateway = gateway.restart().await;
    assert_eq!(spend(&gateway, "a").await, 0, "what was spent is known after a restart");
    let mut gateway = gateway;
    let more = spend(&gateway, "b").await;
    assert!(more + cost(&other) <= LIMIT, "{more}");
    gateway.kill().await;
    let gateway = gateway.restart().await;
    assert_eq!((spend(&gateway, "a").await, spend(&gateway, "b").await), (0, 0), "and after a kill");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_once_do_not_overspend_it() {
    let (upstream, gateway) = set_up().await;
    upstream.faults("chat-model", "latency=20", None);
    let mut set = JoinSet::new();
    for _ in 0..300 {
        let (addr, call) = (gateway.addr, call("thrifty", "crowd"));
        set.spawn(async move { call.send(addr).await });
    }
    let answers = set.join_all().await;
    let dear: Vec<&Answer> = answers.iter().filter(|answer| model(answer) == "chat-model").collect();
    let spent: i128 = dear.iter().map(|answer| cost(answer)).sum();
    assert!(!dear.is_empty() && dear.len() < answers.len() && spent <= LIMIT, "{} for {spent}", dear.len());
    let left = spend(&gateway, "crowd").await;
    assert!(spent + left <= LIMIT && spent + left > LIMIT / 2, "holds are given back: {spent} + {left}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_way_over_it_is_402_and_failures_count_where_they_lead() {
    let (upstream, gateway) = set_up().await;
    let refused = gateway.send(call("strict", "a")).await;
    refused.refused(402, "budget_exceeded");
    assert!(
        refused.text().contains("the budget 'guard' of the route 'strict' is reached"),
        "{}",
        refused.text()
    );
    let fine = gateway.send(call("rescue", "a")).await;
    assert_eq!(model(&fine), "broken");
    assert_eq!(stands(&gateway, "thrifty").await.0, "within");
    upstream.faults("broken", "status=500", None);
    let mut rescued = 0;
    loop {
        let answer = gateway.send(call("rescue", "a")).await;
        if answer.status != 200 {
            break;
        }
        assert_eq!(model(&answer), "chat-model");
        rescued += 1;
        assert!(rescued < 100, "it has no end");
    }
    assert!(rescued >= 1, "a call that only comes there by a failure is let through while something is left");
}

/// On which side of its budget a request would be, and what is said of that.
async fn stands(gateway: &Gateway, route: &str) -> (String, String) {
    let path = gateway.folder().join("body.json");
    std::fs::write(&path, chat(route, "hello").to_string()).unwrap();
    let (body, file) = (path.display().to_string(), gateway.config_file().display().to_string());
    let explain = ["routes", "explain", route, "--body", &body, "--config", &file];
    let (code, out, err) = super::support::gateway::run(&explain).await;
    assert_eq!(code, 0, "{err}");
    let line = out.lines().next().unwrap_or_default().to_owned();
    let side = if line.contains("(budget_limit): within") { "within" } else { "above" };
    (side.to_owned(), line)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_shows_where_it_stands() {
    let (_upstream, gateway) = set_up().await;
    let (_, line) = stands(&gateway, "thrifty").await;
    assert_eq!(
        line,
        "guard (budget_limit): within the budget of $0.05 (month): $0 spent, $0 held by calls in flight"
    );
    let (side, _) = stands(&gateway, "strict").await;
    assert_eq!(side, "above");
    let document = json!({ "start": "guard", "nodes": {
        "guard": { "type": "budget_limit", "limit_usd": 0.05, "period": "week", "by": "key", "within": "dear", "over": "cheap" },
        "dear": { "type": "model", "model": "up/chat-model" }, "cheap": { "type": "model", "model": "up/free" } } });
    let post = async |path: String, body: Value| {
        let call = Call::post(&path, body.to_string()).key(MASTER).header("content-type", "application/json");
        let answer = gateway.send(call).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.json()
    };
    let made = post("/api/v1/routes".to_owned(), json!({ "name": "r", "document": document })).await;
    let path = format!("/api/v1/routes/{}", made["id"].as_str().unwrap());
    post(format!("{path}/publish"), json!({})).await;
    let reason = async || {
        let asked = json!({ "request": { "body": chat("r", "hello") } });
        let said = post(format!("{path}/simulate"), asked).await;
        said["steps"][0]["reason"].as_str().unwrap().to_owned()
    };
    assert!(reason().await.contains("$0 spent"), "nothing yet");
    let answer = gateway.send(call("r", "a")).await;
    assert_eq!(model(&answer), "chat-model");
    let spent = answer.header("x-gatewright-cost-usd").unwrap().to_owned();
    let said = reason().await;
    assert!(said.contains(&format!("${spent} spent, $0 held")), "{said} {spent}");
}
