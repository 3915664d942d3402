//! Limits of a caller at some providers: of a team at one, of a key at another's model, through an alias whose targets lie at
//! several. They count what is really tried.

use super::super::support::redis::Redis;
use super::*;
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;

const SOON: Duration = Duration::from_secs(20);

const MODELS: &str = "models:\n  talk:\n    targets:\n      - { provider: up, model: chat-model }\n      - { provider: claude, model: chat-model }\n    retry: { attempts: 1 }\n";

async fn gateway(upstream: &Upstream, more: &str) -> Gateway {
    Gateway::start(&format!("{}{MODELS}{more}", upstream.providers())).await
}

/// A team with such a limit, and a key of it.
async fn team(gateway: &Gateway, limits: &Value) -> String {
    let team = make(gateway, "teams", &json!({"name": "search", "limits": {"more": limits}})).await;
    gateway.make_key(&json!({"name": "app", "team_id": team})).await.1
}

async fn talk(gateway: &Gateway, model: &str, key: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(key)).await
}

fn by(answer: &Answer) -> &str {
    answer.ok().header("x-gatewright-provider").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_at_a_provider_goes_to_the_next_target_when_it_has_had_its_part() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "").await;
    let key =
        team(&gateway, &json!([{"unit": "requests", "limit": 2, "per": "day", "providers": ["up"]}])).await;
    let (_, other) = gateway.make_key(&json!({"name": "other"})).await;
    assert_eq!(by(&talk(&gateway, "talk", &key).await), "up");
    // By another name it is the same provider.
    assert_eq!(by(&talk(&gateway, "up/quick", &key).await), "up");
    let next = talk(&gateway, "talk", &key).await;
    assert_eq!((by(&next), next.header("x-gatewright-attempts")), ("claude", Some("1")));
    talk(&gateway, "up/chat-model", &key).await.refused(429, "rate_limit_exceeded");
    assert_eq!(by(&talk(&gateway, "talk", &other).await), "up", "it is the team's alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_failed_is_given_back_and_the_one_that_answers_counts() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "").await;
    let limits = json!([
        {"unit": "requests", "limit": 2, "per": "day", "providers": ["up"]},
        {"unit": "requests", "limit": 3, "per": "day", "providers": ["*"], "models": ["claude/chat-model"]},
    ]);
    let key = team(&gateway, &limits).await;
    upstream.faults("chat-model", "status=500", Some(2));
    // Both targets fail: nothing was served.
    assert_eq!(talk(&gateway, "talk", &key).await.status, 502);
    upstream.faults("chat-model", "status=500", Some(1));
    let fell = talk(&gateway, "talk", &key).await;
    assert_eq!((by(&fell), fell.header("x-gatewright-attempts")), ("claude", Some("2")));
    for _ in 0..2 {
        assert_eq!(by(&talk(&gateway, "talk", &key).await), "up", "what failed there was given back");
    }
    for _ in 0..2 {
        assert_eq!(by(&talk(&gateway, "talk", &key).await), "claude");
    }
    let refused = talk(&gateway, "talk", &key).await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(refused.text().contains("team 'search'"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_and_money_at_a_provider_are_held_and_settled_by_try() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "").await;
    for limit in [
        json!({"unit": "tokens", "limit": 400, "per": "day", "providers": ["up"]}),
        json!({"unit": "cost", "limit_usd": "0.06", "per": "day", "providers": ["u*"]}),
    ] {
        let (_, key) = gateway.make_key(&json!({"name": limit["unit"], "limits": {"more": [limit]}})).await;
        let before = upstream.stats();
        let small = async |model: &str| {
            let mut body = chat(model, "hi");
            body["max_tokens"] = 60.into();
            gateway.send(Call::chat(&body).key(&key)).await
        };
        let mut served = 0;
        while by(&small("talk").await) == "up" {
            served += 1;
            assert!(served < 300, "the limit is never reached: {limit}");
        }
        assert!(served > 2, "what was held and not used is there again: {limit}");
        small("up/chat-model").await.refused(429, "rate_limit_exceeded");
        let after = upstream.stats();
        assert!(after.requests > before.requests);
        assert_eq!(by(&small("claude/chat-model").await), "claude");
    }
    assert_eq!(gateway.metric("gatewright_open_reservations").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_gateways_together_stay_within_what_a_key_may_have_at_a_provider() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    for mode in ["strict", "leased"] {
        let key = format!("gw-{mode}-0123456789012345678901234567890123456");
        let config = format!(
            "redis_url: {}\nredis_timeout_ms: 5000\nredis_prefix: {mode}\nkeys:\n  - name: app\n    key: {key}\n    limits:\n      more:\n        - {{ unit: requests, limit: 25, per: day, providers: [up], mode: {mode} }}\n",
            redis.url()
        );
        let (one, two) = tokio::join!(gateway(&upstream, &config), gateway(&upstream, &config));
        for gateway in [&one, &two] {
            gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
            gateway.metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
        }
        // Some tries fail, and are given back everywhere.
        upstream.faults("chat-model", "status=500", Some(2));
        let mut set = JoinSet::new();
        for call in 0..60 {
            let addr = if call % 2 == 0 { one.addr } else { two.addr };
            let key = key.clone();
            set.spawn(async move { Call::chat(&chat("talk", "hi")).key(&key).send(addr).await });
        }
        let answers = set.join_all().await;
        let of = |name: &str| {
            let served = answers.iter().filter(|answer| answer.status == 200);
            served.filter(|answer| answer.header("x-gatewright-provider") == Some(name)).count()
        };
        assert!(of("up") <= 25 && of("up") + of("claude") >= 58, "{mode}: {} {}", of("up"), of("claude"));
        // What was given back can be had.
        let mut served = of("up");
        for call in 0..40 {
            let answer = talk(if call % 2 == 0 { &one } else { &two }, "talk", &key).await;
            served += usize::from(by(&answer) == "up");
        }
        assert_eq!(served, 25, "{mode}: never above, and nothing is left over");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_with_its_place() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "").await;
    let limit = |providers: Value| json!({"name": "t", "limits": {"more": [{"unit": "requests", "limit": 1, "providers": providers}]}});
    for bad in [json!([]), json!("up"), json!([""]), json!([7])] {
        let answer = gateway.admin(Method::POST, "/api/v1/teams", Some(&limit(bad))).await;
        refused(&answer, 400, Some("limits.more[0].providers"));
    }
    let made = make(&gateway, "teams", &limit(json!(["up", "claude*"]))).await;
    let shown = gateway.admin(Method::GET, &format!("/api/v1/teams/{made}"), None).await;
    assert_eq!(shown.ok().json()["limits"]["more"][0]["providers"], json!(["up", "claude*"]));
}
