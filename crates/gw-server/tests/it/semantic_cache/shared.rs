//! Answers in Redis serve all gateways, with the turns that others find them by; without Redis calls go on.

use super::{alike, ask, config, purge, said};
use crate::support::redis::Redis;
use crate::support::scripted::Scripted;
use crate::support::{Answer, Call, KEY, MASTER, chat};
use crate::support::{Gateway, eventually};
use serde_json::json;

const FIRST: &str = "How do I reset my password?";
const SAME: &str = "How can I reset my password?";

async fn node(upstream: &Scripted, redis: &Redis) -> Gateway {
    let cache = ", store: redis, store_timeout_ms: 5000";
    let config = format!("redis_url: {}\n{}", redis.url(), config(upstream, cache));
    Gateway::start_with(&config, &[("GATEWRIGHT_ENCRYPTION_KEY", "one-key-for-all-nodes-0123456789")]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_keeps_all_have() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = alike().await;
    let (one, other) = (node(&upstream, &redis).await, node(&upstream, &redis).await);
    let first = ask(&one, FIRST).await;
    assert_eq!(said(&first), "miss");
    // Before it is looked for, so that the other node has no answer of its own.
    eventually("the other node knows the turn", async || {
        (other.metric("gatewright_cache_index_entries").await == 1.0).then_some(())
    })
    .await;
    let hit = ask(&other, SAME).await;
    assert_eq!((said(&hit), &hit.body), ("semantic-hit", &first.body));
    assert_eq!(said(&ask(&other, FIRST).await), "hit");
    // A node that starts later has it, too.
    let third = node(&upstream, &redis).await;
    eventually("the third node knows the turn", async || {
        (third.metric("gatewright_cache_index_entries").await == 1.0).then_some(())
    })
    .await;
    assert_eq!(said(&ask(&third, SAME).await), "semantic-hit");
    // What is thrown away at one is thrown away at all.
    assert!(purge(&one, &json!({"all": true})).await.as_u64().unwrap() >= 1);
    eventually("it is gone elsewhere", async || {
        (other.metric("gatewright_cache_entries").await == 0.0).then_some(())
    })
    .await;
    assert_eq!(said(&ask(&other, FIRST).await), "miss");
    assert!(!redis.say("KEYS *").await.unwrap().contains("password"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_calls_go_on() {
    let Some(mut redis) = Redis::start().await else { return };
    let upstream = alike().await;
    let gateway = node(&upstream, &redis).await;
    ask(&gateway, FIRST).await;
    redis.kill().await;
    assert_eq!(said(&ask(&gateway, SAME).await), "semantic-hit");
    assert_eq!(said(&ask(&gateway, "Who wrote Hamlet?").await), "miss");
    assert_eq!(said(&ask(&gateway, "Who wrote Hamlet?").await), "hit");
    redis.back().await;
    eventually("it is used again", async || {
        (gateway.log().matches("the cache in Redis is in use").count() >= 2).then_some(())
    })
    .await;
}

/// What a node has kept to it.
async fn kept(gateway: &Gateway, text: &str) -> Answer {
    let call = Call::chat(&chat("main", text)).key(KEY).header("x-gatewright-cache", "only-if-cached, exact");
    gateway.send(call).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_thrown_away_while_redis_is_away_never_comes_back() {
    // What it is told is on disk before it answers: it comes back with all that it had.
    let Some(mut redis) = Redis::start_with(&["--appendonly", "yes", "--appendfsync", "always"]) else {
        return;
    };
    eventually("redis-server answers", async || redis.say("PING").await.ok()).await;
    let upstream = alike().await;
    let (one, other) = (node(&upstream, &redis).await, node(&upstream, &redis).await);
    let first = ask(&one, FIRST).await;
    eventually("the other node gets it from Redis", async || {
        let answer = kept(&other, FIRST).await;
        (said(&answer) == "hit").then_some(())
    })
    .await;
    assert_eq!(said(&ask(&other, FIRST).await), "hit");
    ask(&one, "Who wrote Hamlet?").await;
    let key = kept(&one, FIRST).await.header("x-gatewright-cache-key").unwrap().to_owned();
    eventually("the other node gets that, too", async || {
        let answer = kept(&other, "Who wrote Hamlet?").await;
        (said(&answer) == "hit").then_some(())
    })
    .await;
    redis.kill().await;
    let body = json!({"key": key}).to_string();
    let call = Call::post("/api/v1/cache/purge", body).header("content-type", "application/json").key(MASTER);
    let purged = one.send(call).await.ok().json();
    assert_eq!(purged, json!({"purged": 1, "pending": true}));
    let stats = async || one.admin(http::Method::GET, "/api/v1/cache", None).await.ok().json();
    assert_eq!(stats().await["pending_purges"], 1);
    kept(&one, FIRST).await.refused(504, "not_cached");
    assert_eq!(said(&kept(&one, "Who wrote Hamlet?").await), "hit");
    redis.back().await;
    assert!(!redis.say("KEYS *answers:turns").await.unwrap().contains("*0"), "it came back empty");
    eventually("Redis is told", async || (stats().await["pending_purges"] == 0).then_some(())).await;
    eventually("the other node is told", async || (kept(&other, FIRST).await.status == 504).then_some(()))
        .await;
    kept(&one, FIRST).await.refused(504, "not_cached");
    assert_eq!(said(&kept(&other, "Who wrote Hamlet?").await), "hit");
    // Nor does a node find it that starts now.
    let third = node(&upstream, &redis).await;
    kept(&third, FIRST).await.refused(504, "not_cached");
    assert_eq!(said(&first), "miss");
    let audit = one.rows("/api/v1/audit").await;
    assert!(
        audit.iter().any(|entry| entry["action"] == "cache.purge" && entry["after"]["key"] == key.as_str())
    );
}
