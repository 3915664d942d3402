//! Rate limits within dynamic routes: gateways on one Redis count them together, also when all call at once, and each goes
//! on as the node says when Redis cannot be asked.

use super::support::redis::Redis;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;

const SOON: Duration = Duration::from_secs(20);

/// `shared` has a limit of each customer, and within it one of all; `bare` refuses what is above its limit.
fn routes(sharing: &str) -> String {
    format!(
        "routes:
  shared:
    start: each
    nodes:
      each: {{ type: rate_limit, limit: {{ requests: 20, per_seconds: 86400 }}, by: customer, {sharing}, within: all, exceeded: cheap }}
      all: {{ type: rate_limit, limit: {{ requests: 30, per_seconds: 86400 }}, {sharing}, within: dear, exceeded: cheap }}
      dear: {{ type: model, model: up/chat-model }}
      cheap: {{ type: model, model: up/quick }}
  wordy:
    start: guard
    nodes:
      guard: {{ type: rate_limit, limit: {{ tokens: 200, per_seconds: 86400 }}, {sharing}, within: dear, exceeded: cheap }}
      dear: {{ type: model, model: up/chat-model }}
      cheap: {{ type: model, model: up/quick }}
  bare:
    start: guard
    nodes:
      guard: {{ type: rate_limit, limit: {{ requests: 4, per_seconds: 86400 }}, {sharing}, within: dear }}
      dear: {{ type: model, model: up/chat-model }}
"
    )
}

fn config(upstream: &Upstream, redis: &Redis, more: &str, sharing: &str) -> String {
    format!("{}redis_url: {}\n{more}\n{}", upstream.providers(), redis.url(), routes(sharing))
}

async fn ask(addr: SocketAddr, route: &str, customer: &str) -> Answer {
    let call = Call::chat(&chat(route, "hi")).key(MASTER).header("x-gatewright-customer", customer);
    call.send(addr).await
}

fn is_within(answer: &Answer) -> bool {
    answer.ok().header("x-gatewright-upstream-model") == Some("chat-model")
}

/// So many calls at once, at one gateway and the other in turn; how many were within the limits.
async fn crowd(
    gateways: [SocketAddr; 2],
    route: &'static str,
    customer: &'static str,
    calls: usize,
) -> usize {
    let mut set = JoinSet::new();
    for addr in gateways.into_iter().cycle().take(calls) {
        set.spawn(async move { ask(addr, route, customer).await });
    }
    set.join_all().await.iter().filter(|answer| is_within(answer)).count()
}

/// The same one after the other.
async fn queue(
    gateways: [SocketAddr; 2],
    route: &'static str,
    customer: &'static str,
    calls: usize,
) -> usize {
    let mut within = 0;
    for addr in gateways.into_iter().cycle().take(calls) {
        within += usize::from(is_within(&ask(addr, route, customer).await));
    }
    within
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_gateways_together_let_so_many_requests_pass() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    for mode in ["strict", "leased"] {
        let more = format!("redis_timeout_ms: 5000\nredis_prefix: {mode}");
        let config = config(&upstream, &redis, &more, &format!("mode: {mode}"));
        let (one, two) = tokio::join!(Gateway::start(&config), Gateway::start(&config));
        for gateway in [&one, &two] {
            gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
            gateway.metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
        }
        let both = [one.addr, two.addr];
        let at_once = crowd(both, "shared", "first", 60).await;
        assert!(at_once <= 20, "{mode}: {at_once} of a customer's 20");
        let in_all = at_once + queue(both, "shared", "first", 40).await;
        // What a gateway has set aside may be left over for a while.
        let least = |most: usize| if mode == "strict" { most } else { most / 2 };
        assert!((least(20)..=20).contains(&in_all), "{mode}: {in_all} of a customer's 20");
        // What the customer's limit refuses does not count for the one within it.
        let other = crowd(both, "shared", "second", 40).await + queue(both, "shared", "second", 30).await;
        let most = 30 - in_all;
        assert!((least(most)..=most).contains(&other), "{mode}: {other} of the {most} left of all");
        let tokens = crowd(both, "wordy", "first", 40).await + queue(both, "wordy", "first", 20).await;
        assert!(tokens > 0 && tokens < 60, "{mode}: {tokens} calls within 200 tokens");
        for gateway in [&one, &two] {
            assert_eq!(gateway.metric("gatewright_open_reservations").await, 0.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_by_itself_counts_what_is_its_own() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let config = config(&upstream, &redis, "", "mode: local");
    let (one, two) = tokio::join!(Gateway::start(&config), Gateway::start(&config));
    for gateway in [&one, &two] {
        gateway.metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
    }
    assert_eq!(queue([one.addr, two.addr], "shared", "first", 60).await, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_goes_on_as_the_node_says() {
    let upstream = Upstream::start().await;
    for (policy, within, of_bare) in [("open", 20, Ok(4)), ("local", 10, Ok(2)), ("closed", 0, Err(()))] {
        let Some(mut redis) = Redis::start().await else { return };
        let config = config(&upstream, &redis, "redis_timeout_ms: 500", &format!("on_unavailable: {policy}"));
        let (one, two) = tokio::join!(Gateway::start(&config), Gateway::start(&config));
        for gateway in [&one, &two] {
            gateway.metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
        }
        redis.kill().await;
        one.metric_becomes("gatewright_shared_limits_up", 0.0, SOON).await;
        assert_eq!(queue([one.addr; 2], "shared", "first", 40).await, within, "{policy}");
        let mut served = 0;
        let last = loop {
            let answer = ask(one.addr, "bare", "first").await;
            if answer.status != 200 {
                break answer;
            }
            served += 1;
        };
        match of_bare {
            Ok(most) => {
                assert_eq!(served, most, "{policy}");
                last.refused(429, "rate_limit_exceeded");
            }
            Err(()) => {
                assert_eq!(served, 0, "{policy}");
                last.refused(503, "limits_unavailable");
            }
        }
        // Back, and empty: it counts anew, and at once.
        redis.back().await;
        for gateway in [&one, &two] {
            gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
        }
        let again = crowd([one.addr, two.addr], "shared", "second", 60).await;
        assert!(again <= 20 && again > 0, "{policy}: {again}");
    }
}

/// What the first node of a dynamic route says of a request.
async fn first_reason(gateway: &Gateway, path: &str) -> String {
    let asked = json!({ "request": { "body": chat("r", "hello") } });
    let said = gateway.admin(Method::POST, &format!("{path}/simulate"), Some(&asked)).await;
    said.ok().json()["steps"][0]["reason"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_while_redis_is_asked_holds_nothing_of_a_budget() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let config = config(&upstream, &redis, "redis_timeout_ms: 10000", "mode: strict");
    let gateway = Gateway::start(&config).await;
    gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
    let document = json!({ "start": "guard", "nodes": {
        "guard": { "type": "budget_limit", "limit_usd": 5, "period": "week", "within": "pace" },
        "pace": { "type": "rate_limit", "limit": { "requests": 100, "per_seconds": 60 }, "mode": "strict", "within": "dear" },
        "dear": { "type": "model", "model": "up/chat-model" } } });
    let asked = json!({ "name": "r", "document": document });
    let made: Value = gateway.admin(Method::POST, "/api/v1/routes", Some(&asked)).await.json();
    let path = format!("/api/v1/routes/{}", made["id"].as_str().unwrap());
    gateway.admin(Method::POST, &format!("{path}/publish"), Some(&json!({}))).await.ok();
    ask(gateway.addr, "r", "first").await.ok();
    redis.say("CLIENT PAUSE 60000").await.unwrap();
    let addr = gateway.addr;
    let waits = tokio::spawn(async move { ask(addr, "r", "first").await.status });
    eventually_within(SOON, "it is held", async || {
        (!first_reason(&gateway, &path).await.contains(" $0 held")).then_some(())
    })
    .await;
    waits.abort();
    eventually_within(SOON, "it is given back", async || {
        first_reason(&gateway, &path).await.contains(" $0 held").then_some(())
    })
    .await;
    redis.say("CLIENT UNPAUSE").await.unwrap();
    ask(gateway.addr, "r", "first").await.ok();
}
