//! Gateways that meet at one Redis: what one learns of a deployment the others know, and nothing depends on Redis.

use super::support::redis::Redis;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Within that, another gateway knows.
const SOON: Duration = Duration::from_secs(1);

const HEALTH: &str =
    "health: { consecutive_failures: 3, open_ms: 700, max_open_ms: 700, slow_start_ms: 0 }\n";

fn config(upstream: &Upstream, redis: &str) -> String {
    let pair = |name: &str| {
        format!(
            "  {name}:\n    targets: [{{ provider: up, model: {name}-first }}, {{ provider: up, model: {name}-second }}]\n    \
             retry: {{ attempts: 1 }}\n"
        )
    };
    format!("{}models:\n{}{}{HEALTH}{redis}", upstream.providers(), pair("one"), pair("other"))
}

async fn gateway(upstream: &Upstream, redis: &Redis) -> Gateway {
    let gateway = Gateway::start(&config(upstream, &format!("redis_url: {}\n", redis.url()))).await;
    gateway.metric_becomes("gatewright_redis_up", 1.0, Duration::from_secs(5)).await;
    gateway
}

async fn ask(gateway: &Gateway, model: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(MASTER)).await
}

/// Who answered, and at which try.
fn by(answer: &Answer) -> (&str, &str) {
    let header = |name| answer.header(name).unwrap_or("-");
    (header("x-gatewright-upstream-model"), header("x-gatewright-attempts"))
}

async fn ready(gateway: &Gateway) -> Value {
    gateway.send(Call::get("/readyz")).await.ok().json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_gateway_is_told_to_avoid_the_others_avoid() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let (here, there) = tokio::join!(gateway(&upstream, &redis), gateway(&upstream, &redis));
    let apart = format!("redis_url: {}\nredis_prefix: apart\n", redis.url());
    let apart = Gateway::start(&config(&upstream, &apart)).await;
    apart.metric_becomes("gatewright_redis_up", 1.0, Duration::from_secs(5)).await;
    upstream.faults("one-first", "status=429;retry-after=30", Some(1));
    assert_eq!(by(&ask(&here, "one").await), ("one-second", "2"));
    there.metric_becomes("gatewright_deployment_paused", 1.0, SOON).await;
    for _ in 0..3 {
        assert_eq!(by(&ask(&there, "one").await), ("one-second", "1"), "it never asks");
    }
    let late = gateway(&upstream, &redis).await;
    assert_eq!(by(&ask(&late, "one").await), ("one-second", "1"), "nor does one that starts later");
    assert_eq!(by(&ask(&there, "other").await), ("other-first", "1"));
    assert_eq!(by(&ask(&apart, "one").await), ("one-first", "1"), "others are none of its business");
    assert_eq!(
        here.metric("gatewright_redis_messages_total{outcome=\"received\"}").await,
        0.0,
        "its own word"
    );
    assert_eq!(ready(&there).await["redis"], "up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_down_for_one_gateway_is_down_for_the_others_until_it_is_back() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let (here, there) = tokio::join!(gateway(&upstream, &redis), gateway(&upstream, &redis));
    upstream.faults("one-first", "status=500", None);
    for _ in 0..3 {
        assert_eq!(by(&ask(&here, "one").await), ("one-second", "2"));
    }
    there.metric_becomes("gatewright_deployment_down", 1.0, SOON).await;
    upstream.faults("one-first", "", None);
    // Nobody asks there: only the word of the other brings it back.
    eventually_within(Duration::from_secs(5), "the probe brings it back", async || {
        (by(&ask(&here, "one").await).0 == "one-first").then_some(())
    })
    .await;
    there.metric_becomes("gatewright_deployment_down", 0.0, SOON).await;
    assert_eq!(by(&ask(&there, "one").await), ("one-first", "1"));
}

/// Asks again and again until `stop`: how long each answer took, in the order of their ends.
async fn load(addr: std::net::SocketAddr, stop: Arc<AtomicBool>) -> Vec<(Instant, Duration)> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        let answer = Call::chat(&chat("one", "hi")).key(MASTER).send(addr).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        took.push((start, start.elapsed()));
    }
    took
}

fn median(mut all: Vec<Duration>) -> Duration {
    assert!(all.len() > 20, "{}", all.len());
    all.sort_unstable();
    all[all.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_or_waits_when_redis_dies_and_sharing_goes_on_when_it_is_back() {
    let Some(mut redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let (here, there) = tokio::join!(gateway(&upstream, &redis), gateway(&upstream, &redis));
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = tokio::task::JoinSet::new();
    for addr in [here.addr, there.addr, here.addr, there.addr] {
        tasks.spawn(load(addr, Arc::clone(&stop)));
    }
    let before = upstream.stats().requests;
    upstream.has_asked(before + 200).await;
    redis.kill().await;
    let died = Instant::now();
    here.metric_becomes("gatewright_redis_up", 0.0, Duration::from_secs(5)).await;
    // With changes that cannot be told.
    upstream.faults("one-first", "status=500", Some(10));
    let before = upstream.stats().requests;
    upstream.has_asked(before + 200).await;
    assert_eq!(ready(&here).await["redis"], "down", "and yet it is ready");
    stop.store(true, Ordering::Relaxed);
    let all: Vec<(Instant, Duration)> = tasks.join_all().await.into_iter().flatten().collect();
    let part =
        |after: bool| all.iter().filter(move |(start, _)| (*start > died) == after).map(|(_, took)| *took);
    let (calm, dead) = (median(part(false).collect()), median(part(true).collect()));
    assert!(dead < calm * 3 + Duration::from_millis(20), "{calm:?} before, {dead:?} after");
    redis.back().await;
    for gateway in [&here, &there] {
        gateway.metric_becomes("gatewright_redis_up", 1.0, Duration::from_secs(10)).await;
    }
    upstream.faults("other-first", "status=429;retry-after=30", Some(1));
    assert_eq!(by(&ask(&here, "other").await), ("other-second", "2"));
    eventually_within(SOON, "the other avoids it", async || {
        let text = there.send(Call::get("/metrics").key(MASTER)).await.text();
        let paused = "gatewright_deployment_paused{provider=\"up\",model=\"other-first\"} 1";
        text.contains(paused).then_some(())
    })
    .await;
    assert_eq!(by(&ask(&there, "other").await), ("other-second", "1"));
    let told = |log: &str| log.matches("Redis cannot be used").count();
    assert_eq!(told(&here.log()), 1, "one line per change: {}", here.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_notice_is_counted_and_does_no_harm() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, &redis).await;
    redis.say("PUBLISH gatewright:health garbage").await.unwrap();
    redis.say("ZADD gatewright:health:index 1 parked:00").await.unwrap();
    let malformed = "gatewright_redis_messages_total{outcome=\"malformed\"}";
    let count = async || {
        let text = gateway.send(Call::get("/metrics").key(MASTER)).await.text();
        text.lines().find_map(|line| line.strip_prefix(malformed)?.trim().parse::<u64>().ok())
    };
    eventually_within(SOON, "it is counted", async || count().await.filter(|count| *count == 1)).await;
    redis.say("CLIENT KILL TYPE normal").await.unwrap();
    redis.say("CLIENT KILL TYPE pubsub").await.unwrap();
    eventually_within(
        Duration::from_secs(5),
        "an entry without a key is removed on the way back",
        async || redis.say("ZCARD gatewright:health:index").await.ok().filter(|count| count.trim() == ":0"),
    )
    .await;
    assert_eq!(by(&ask(&gateway, "one").await), ("one-first", "1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_starts_and_serves_without_redis_and_never_shows_its_password() {
    let Some(redis) = Redis::start_with(&["--requirepass", "richtig"]) else { return };
    let upstream = Upstream::start().await;
    let text = config(&upstream, "");
    for (user, state) in [(":falsch@", "down"), (":richtig@", "up")] {
        let url = redis.url().replace("redis://", &format!("redis://{user}"));
        // The variable goes before the file.
        let gateway = Gateway::start_with(
            &format!("{text}redis_url: redis://127.0.0.1:1\n"),
            &[("GATEWRIGHT_REDIS_URL", &url)],
        )
        .await;
        assert_eq!(by(&ask(&gateway, "one").await), ("one-first", "1"));
        eventually_within(Duration::from_secs(5), "Redis is tried", async || {
            let tried = gateway.log().contains(if state == "up" {
                "Redis is connected"
            } else {
                "Redis cannot be used"
            });
            (tried && ready(&gateway).await["redis"] == state).then_some(())
        })
        .await;
        let log = gateway.log();
        assert!(!log.contains("falsch") && !log.contains("richtig"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_the_server_must_prove_itself() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let options = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no"];
    let Some(redis) = Redis::start_with(&options) else { return };
    let upstream = Upstream::start().await;
    let text = config(&upstream, &format!("redis_url: rediss://localhost:{}\n", redis.addr().port()));
    let trusting = Gateway::start_with(&text, &[("SSL_CERT_FILE", cert)]).await;
    trusting.metric_becomes("gatewright_redis_up", 1.0, Duration::from_secs(10)).await;
    let doubting = Gateway::start(&text).await;
    eventually_within(Duration::from_secs(10), "it says no", async || {
        doubting.log().contains("Redis cannot be used").then_some(())
    })
    .await;
    assert_eq!(ready(&doubting).await["redis"], "down");
}
