//! Limits of what is called: of aliases, deployments and providers, for all callers together; and what of a limit is kept
//! for calls that matter more.

use super::support::gateway::nanos;
use super::support::redis::Redis;
use super::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream, eventually};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

const VIP: &str = "gw-vip-01234567890123456789012345678901234567890";

/// Long enough for machines that do much else.
const SOON: Duration = Duration::from_secs(20);

fn daily(requests: u32) -> String {
    format!("limits: {{ more: [{{ unit: requests, limit: {requests}, per: day }}] }}")
}

async fn gateway(upstream: &Upstream, more: &str) -> Gateway {
    let keys =
        format!("keys:\n  - {{ name: app, key: {KEY} }}\n  - {{ name: vip, key: {VIP}, priority: high }}\n");
    Gateway::start(&format!("{}{more}{keys}", upstream.providers())).await
}

async fn ask(gateway: &Gateway, model: &str, key: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(key)).await
}

fn model_of(answer: &Answer) -> &str {
    answer.header("x-gatewright-upstream-model").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_at_its_limit_is_passed_over_by_whatever_name_and_by_all_callers() {
    let upstream = Upstream::start().await;
    let models = format!(
        "models:\n  talk:\n    targets:\n      - {{ provider: up, model: chat-model, {} }}\n      - {{ provider: up, model: quick, {} }}\n",
        daily(3),
        daily(1)
    );
    let gateway = gateway(&upstream, &models).await;
    assert_eq!(model_of(ask(&gateway, "up/chat-model", MASTER).await.ok()), "chat-model");
    assert_eq!(model_of(ask(&gateway, "talk", KEY).await.ok()), "chat-model");
    assert_eq!(model_of(ask(&gateway, "talk", VIP).await.ok()), "chat-model");
    let other = ask(&gateway, "talk", KEY).await;
    assert_eq!((model_of(other.ok()), other.header("x-gatewright-attempts")), ("quick", Some("1")));
    let refused = ask(&gateway, "talk", MASTER).await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(refused.header("retry-after").is_some());
    assert!(refused.text().contains("deployment 'up/"), "{}", refused.text());
    ask(&gateway, "up/chat-model", KEY).await.refused(429, "rate_limit_exceeded");
    assert_eq!(upstream.stats().requests, 4, "what is refused goes nowhere");
    ask(&gateway, "claude/chat-model", KEY).await.ok();
    gateway.metric_becomes("gatewright_tries_over_limits_total", 4.0, SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_try_counts_for_a_provider_and_a_request_once_for_an_alias() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "status=503", Some(1));
    let models =
        format!("models:\n  talk: {{ {}, targets: [{{ provider: up, model: chat-model }}] }}\n", daily(3));
    let providers = upstream
        .providers()
        .replace("api_key: upstream-secret-1", &format!("{}, api_key: upstream-secret-1", daily(4)));
    let keys = format!("keys:\n  - {{ name: app, key: {KEY} }}\n");
    let gateway = Gateway::start(&format!("{providers}{models}{keys}")).await;
    let retried = ask(&gateway, "talk", KEY).await;
    assert_eq!(retried.ok().header("x-gatewright-attempts"), Some("2"));
    ask(&gateway, "talk", MASTER).await.ok();
    ask(&gateway, "talk", KEY).await.ok();
    let refused = ask(&gateway, "talk", MASTER).await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(refused.text().contains("model 'talk'"), "{}", refused.text());
    // Four tries have gone to the provider; the alias refused the fourth request before it came there.
    let refused = ask(&gateway, "up/quick", MASTER).await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(refused.text().contains("provider 'up'"), "{}", refused.text());
    assert_eq!(upstream.stats().requests, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_a_deployment_are_held_and_settled() {
    let upstream = Upstream::start().await;
    let limits = "limits: { more: [{ unit: tokens, limit: 200, per: day }] }";
    let models =
        format!("models:\n  talk: {{ targets: [{{ provider: up, model: chat-model, {limits} }}] }}\n");
    let gateway = gateway(&upstream, &models).await;
    let mut served = 0;
    let refused = loop {
        let answer = ask(&gateway, "talk", KEY).await;
        if answer.status != 200 {
            break answer;
        }
        served += 1;
        assert!(served < 200, "the limit is never reached");
    };
    refused.refused(429, "rate_limit_exceeded");
    let billed = upstream.stats();
    let used = billed.billed_input_tokens + billed.billed_output_tokens;
    assert!(served > 1 && used <= 200, "{used} tokens of {served} calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_of_a_limit_is_for_calls_of_high_priority() {
    let upstream = Upstream::start().await;
    let limits =
        "limits: { more: [{ unit: requests, limit: 10, per: day, reserve: { normal: 20, high: 30 } }] }";
    let models =
        format!("models:\n  talk: {{ {limits}, targets: [{{ provider: up, model: chat-model }}] }}\n");
    let gateway = gateway(&upstream, &models).await;
    let low = async || {
        gateway.send(Call::chat(&chat("talk", "hi")).key(KEY).header("x-gatewright-priority", "low")).await
    };
    for _ in 0..5 {
        low().await.ok();
    }
    low().await.refused(429, "rate_limit_exceeded");
    for _ in 0..2 {
        ask(&gateway, "talk", KEY).await.ok();
    }
    ask(&gateway, "talk", KEY).await.refused(429, "rate_limit_exceeded");
    for _ in 0..3 {
        ask(&gateway, "talk", VIP).await.ok();
    }
    ask(&gateway, "talk", VIP).await.refused(429, "rate_limit_exceeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_gateways_together_stay_within_the_limits_of_a_provider() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let limits = "limits: { more: [{ unit: requests, limit: 30, per: day, reserve: { high: 50 } }] }";
    let providers = upstream
        .providers()
        .replace("api_key: upstream-secret-1", &format!("{limits}, api_key: upstream-secret-1"));
    let config = format!(
        "{providers}redis_url: {}\nredis_timeout_ms: 5000\nkeys:\n  - {{ name: app, key: {KEY} }}\n  - {{ name: vip, key: {VIP}, priority: high }}\n",
        redis.url()
    );
    let (one, two) = tokio::join!(Gateway::start(&config), Gateway::start(&config));
    for gateway in [&one, &two] {
        gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
    }
    for (key, most) in [(KEY, 15), (VIP, 30)] {
        let mut set = JoinSet::new();
        for call in 0..40 {
            let addr = if call % 2 == 0 { one.addr } else { two.addr };
            set.spawn(
                async move { Call::chat(&chat("up/chat-model", "hi")).key(key).send(addr).await.status },
            );
        }
        let statuses = set.join_all().await;
        assert!(statuses.iter().all(|status| [200, 429].contains(&status.as_u16())), "{statuses:?}");
        assert_eq!(upstream.stats().requests, most, "never above, and nothing is left over");
    }
}

/// What a call costs here, in nano-dollars.
async fn cost(gateway: &Gateway) -> i128 {
    let answer = ask(gateway, "claude/chat-model", MASTER).await;
    nanos(answer.ok().header("x-gatewright-cost-usd").unwrap())
}

async fn budgets(gateway: &Gateway, level: &str) -> Vec<Value> {
    let list = gateway.admin(Method::GET, &format!("/api/v1/budgets?level={level}"), None).await.ok().json();
    list["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_whose_budget_is_spent_is_passed_over_and_stays_so_after_a_restart() {
    let upstream = Upstream::start().await;
    let models = "models:\n  talk:\n    targets:\n      - { provider: up, model: chat-model, budget: { limit_usd: 0.5, period: total } }\n      - { provider: claude, model: chat-model }\n";
    let mut gateway = gateway(&upstream, models).await;
    let (mut spent, mut calls) = (0, 0);
    let provider = |answer: &Answer| answer.header("x-gatewright-provider").unwrap().to_owned();
    loop {
        let answer = ask(&gateway, "talk", KEY).await;
        if provider(answer.ok()) == "claude" {
            break;
        }
        spent += nanos(answer.header("x-gatewright-cost-usd").unwrap());
        calls += 1;
        assert!(calls < 2_000, "the budget is never spent");
    }
    assert!(calls > 0 && spent <= 500_000_000, "{spent} of {calls} calls");
    let refused = ask(&gateway, "up/chat-model", MASTER).await;
    refused.refused(402, "budget_exceeded");
    assert!(refused.text().contains("deployment 'up/chat-model'"), "{}", refused.text());
    let [row] = &budgets(&gateway, "deployment").await[..] else { panic!("one budget") };
    assert_eq!((&row["name"], nanos(row["spent_usd"].as_str().unwrap())), (&json!("up/chat-model"), spent));
    gateway.kill().await;
    let killed = gateway.restart().await;
    let [row] = &budgets(&killed, "deployment").await[..] else { panic!("one budget") };
    assert_eq!(nanos(row["spent_usd"].as_str().unwrap()), spent, "the ledger knows");
    ask(&killed, "up/chat-model", MASTER).await.refused(402, "budget_exceeded");
    assert_eq!(provider(ask(&killed, "talk", KEY).await.ok()), "claude");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_of_providers_and_aliases_hold_for_all_callers_and_over_a_change_of_the_file() {
    let upstream = Upstream::start().await;
    let providers = upstream.providers().replace(
        "api_key: upstream-secret-1",
        "budgets: [{ limit_usd: 0.5, period: month }, { limit_usd: 100, period: 30d }], api_key: upstream-secret-1",
    );
    let models = "models:\n  talk: { budget: { limit_usd: 0.5, period: day, time_zone: Europe/Berlin }, targets: [{ provider: up, model: chat-model }] }\n";
    let keys = format!("keys:\n  - {{ name: app, key: {KEY} }}\n");
    let gateway = Gateway::start(&format!("{providers}{models}{keys}")).await;
    let mut refused = ask(&gateway, "talk", KEY).await;
    refused.ok();
    for _ in 0..2_000 {
        refused = ask(&gateway, "talk", KEY).await;
        if refused.status != 200 {
            break;
        }
    }
    refused.refused(402, "budget_exceeded");
    assert!(refused.text().contains("model 'talk'"), "{}", refused.text());
    ask(&gateway, "up/quick", MASTER).await.refused(402, "budget_exceeded");
    let stream = gateway.send(Call::chat(&chat_stream("up/quick", "hi")).key(MASTER)).await;
    stream.refused(402, "budget_exceeded");
    ask(&gateway, "claude/chat-model", KEY).await.ok();
    let (of_provider, of_alias) = (budgets(&gateway, "provider").await, budgets(&gateway, "model").await);
    assert_eq!((of_provider.len(), of_alias.len()), (2, 1));
    assert_eq!(of_provider[0]["spent_usd"], of_alias[0]["spent_usd"]);
    assert_eq!(of_provider[0]["spent_usd"], of_provider[1]["spent_usd"]);
    // One that leaves the file and comes back has spent what it has spent.
    gateway.write_config(&format!("{}{keys}", upstream.providers()));
    eventually("it has left", async || budgets(&gateway, "provider").await.is_empty().then_some(())).await;
    ask(&gateway, "up/chat-model", MASTER).await.ok();
    gateway.write_config(&format!("{providers}{models}{keys}"));
    eventually("it is back", async || (budgets(&gateway, "provider").await.len() == 2).then_some(())).await;
    ask(&gateway, "up/chat-model", MASTER).await.refused(402, "budget_exceeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_gateways_together_stay_within_the_budget_of_a_provider() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    for mode in ["strict", "leased"] {
        let budget = format!("budget: {{ limit_usd: 1, period: total, mode: {mode} }}");
        let providers = upstream
            .providers()
            .replace("api_key: upstream-secret-1", &format!("{budget}, api_key: upstream-secret-1"));
        let config = format!(
            "{}redis_url: {}\nredis_timeout_ms: 5000\nredis_prefix: {mode}\nkeys:\n  - {{ name: app, key: {KEY} }}\n",
            providers,
            redis.url()
        );
        let (one, two) = tokio::join!(Gateway::start(&config), Gateway::start(&config));
        for gateway in [&one, &two] {
            gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
            gateway.metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
        }
        let one_costs = cost(&one).await;
        let mut spent = 0;
        for _ in 0..200 {
            let mut set = JoinSet::new();
            for call in 0..8 {
                let addr = if call % 2 == 0 { one.addr } else { two.addr };
                set.spawn(async move { Call::chat(&chat("up/chat-model", "hi")).key(KEY).send(addr).await });
            }
            let answers = set.join_all().await;
            let costs = answers.iter().filter(|answer| answer.status == 200);
            spent += costs.map(|answer| nanos(answer.header("x-gatewright-cost-usd").unwrap())).sum::<i128>();
            assert!(spent <= 1_000_000_000, "{mode}: {spent}");
            if answers.iter().all(|answer| answer.status == 402) {
                break;
            }
        }
        assert!(spent > one_costs, "{mode}: {spent}");
    }
}
