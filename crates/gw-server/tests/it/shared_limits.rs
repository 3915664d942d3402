//! Limits and budgets that several gateways on one Redis keep together: never one request or nano-dollar above, whoever
//! dies meanwhile. What callers count is what providers and ledgers count.

use super::support::gateway::nanos;
use super::support::redis::Redis;
use super::support::{Answer, Call, Gateway, Upstream, chat, chat_stream, eventually_within};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const KEY: &str = "gw-shared-0123456789012345678901234567890123456";

/// Long enough for machines that do much else.
const SOON: Duration = Duration::from_secs(10);

fn config(upstream: &Upstream, redis: &Redis, key: &str) -> String {
    format!(
        "{}redis_url: {}\nredis_timeout_ms: 2000\nredis_dead_after_ms: 3000\nkeys:\n  - {{ name: shared, key: {KEY}, {key} }}\n",
        upstream.providers(),
        redis.url()
    )
}

async fn gateways(config: &str, count: usize) -> Vec<Gateway> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(Gateway::start(config).await);
    }
    for gateway in &all {
        gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
    }
    all
}

async fn ask(addr: SocketAddr, text: &str) -> Answer {
    Call::chat(&chat("up/chat-model", text)).key(KEY).send(addr).await
}

/// So many callers, in turn at all gateways, each with so many calls.
async fn storm(addrs: &[SocketAddr], callers: usize, calls: usize) -> Vec<Answer> {
    let mut set = JoinSet::new();
    for caller in 0..callers {
        let addrs = addrs.to_vec();
        set.spawn(async move {
            let mut answers = Vec::new();
            for call in 0..calls {
                answers.push(
                    ask(addrs[(caller + call) % addrs.len()], &format!("caller {caller} call {call}")).await,
                );
            }
            answers
        });
    }
    set.join_all().await.into_iter().flatten().collect()
}

fn addrs(gateways: &[Gateway]) -> Vec<SocketAddr> {
    gateways.iter().map(|gateway| gateway.addr).collect()
}

fn served(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 200).count()
}

fn cost(answers: &[Answer]) -> i128 {
    let served = answers.iter().filter(|answer| answer.status == 200);
    served.map(|answer| nanos(answer.header("x-gatewright-cost-usd").unwrap())).sum()
}

/// What the gateways' ledgers say together.
async fn ledger(gateways: &[Gateway]) -> i128 {
    let mut sum = 0;
    for gateway in gateways {
        let rows = gateway.rows("/api/v1/usage?group_by=key").await;
        sum += rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum::<i128>();
    }
    sum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_parallel_calls_are_counted_for_all_gateways_together() {
    for (kind, limit) in [
        ("sliding", "rpm: 40, kind: sliding"),
        ("gcra", "rpm: 1, kind: gcra, burst: 39"),
        // An hour: a minute might end among the calls.
        ("fixed", "more: [{ unit: requests, limit: 40, per: hour, kind: fixed }]"),
    ] {
        let Some(redis) = Redis::start().await else { return };
        let upstream = Upstream::start().await;
        let all = gateways(&config(&upstream, &redis, &format!("limits: {{ {limit} }}")), 3).await;
        let answers = storm(&addrs(&all), 60, 2).await;
        assert_eq!(served(&answers), 40, "{kind}");
        assert_eq!(upstream.stats().requests, 40, "{kind}");
        let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
        refused.refused(429, "rate_limit_exceeded");
        assert!(refused.header("retry-after").is_some());
    }
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=1500", None);
    let all = gateways(&config(&upstream, &redis, "limits: { max_parallel: 5 }"), 3).await;
    let answers = storm(&addrs(&all), 30, 1).await;
    assert_eq!(served(&answers), 5);
    upstream.faults("chat-model", "", None);
    eventually_within(SOON, "their places are free again", async || {
        (ask(all[0].addr, "again").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_say_what_all_gateways_have_left_and_a_local_limit_is_each_gateways_own() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let key = "limits: { rpm: 10, more: [{ unit: requests, limit: 3, per: hour, mode: local }] }";
    let all = gateways(&config(&upstream, &redis, key), 2).await;
    let left = |answer: &Answer| answer.header("x-ratelimit-remaining-requests").unwrap().to_owned();
    // The local one is the tightest at first.
    assert_eq!(left(ask(all[0].addr, "1").await.ok()), "2");
    assert_eq!(left(ask(all[1].addr, "2").await.ok()), "2");
    let answers = storm(&addrs(&all), 2, 5).await;
    assert_eq!(served(&answers), 4, "three at each gateway");
    let key = "limits: { rpm: 10 }";
    let apart = config(&upstream, &redis, key).replace("redis_timeout", "redis_prefix: apart\nredis_timeout");
    let all = gateways(&apart, 2).await;
    assert_eq!(left(ask(all[0].addr, "1").await.ok()), "9");
    assert_eq!(left(ask(all[1].addr, "2").await.ok()), "8", "the other gateway's counts too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_never_overspent_by_all_gateways_together_and_is_settled_once() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=5", None);
    let key = "budget: { limit_usd: 0.10, period: total }";
    let all = gateways(&config(&upstream, &redis, key), 3).await;
    let answers = storm(&addrs(&all), 100, 3).await;
    let spent = cost(&answers);
    assert!(spent > 25_000_000 && spent <= 100_000_000, "{spent}");
    answers.iter().filter(|a| a.status != 200).for_each(|a| {
        a.refused(402, "budget_exceeded");
    });
    eventually_within(SOON, "the ledgers have what callers were told", async || {
        (ledger(&all).await == spent).then_some(())
    })
    .await;
    // Redis has it too, once, and nothing is held any more.
    let id = all[0].rows("/api/v1/keys").await[0]["id"].as_str().unwrap().to_owned();
    eventually_within(SOON, "Redis has the sum", async || {
        let sum = redis.say(&format!("HGET gatewright:w:{id}:total:0 t")).await.ok()?;
        let held = redis.say(&format!("HGET gatewright:r:{id} t")).await.ok()?;
        (sum.contains(&spent.to_string()) && held.contains("\n0\r")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_extend_and_settle_for_all_gateways() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let all = gateways(&config(&upstream, &redis, "budget: { limit_usd: 5, period: day }"), 2).await;
    let body = chat_stream("up/chat-model", "hi");
    for gateway in &all {
        gateway.send(Call::chat(&body).key(KEY)).await.ok();
    }
    let id = all[0].rows("/api/v1/keys").await[0]["id"].as_str().unwrap().to_owned();
    eventually_within(SOON, "nothing is held", async || {
        let held = redis.say(&format!("HGET gatewright:r:{id} t")).await.ok()?;
        held.contains("\n0\r").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_gateway_holds_is_charged_and_put_right_when_it_is_back() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=60000", Some(3));
    let key = "budget: { limit_usd: 1, period: total }";
    let mut all = gateways(&config(&upstream, &redis, key), 2).await;
    let id = all[0].rows("/api/v1/keys").await[0]["id"].as_str().unwrap().to_owned();
    let mut dying = all.remove(0);
    let lost = tokio::spawn({
        let addr = dying.addr;
        async move { Call::chat(&chat("up/chat-model", "slow")).key(KEY).try_send(addr).await.is_err() }
    });
    let number = async |what: &str| {
        let text = redis.say(what).await.ok()?;
        text.lines().nth(1)?.trim().parse::<i128>().ok()
    };
    let held = format!("HGET gatewright:r:{id} t");
    let sum = format!("HGET gatewright:w:{id}:total:0 t");
    let hold = eventually_within(SOON, "it is held", async || number(&held).await.filter(|n| *n > 0)).await;
    // Before the provider hears of it, the journal need not know it, and rightly nothing would be charged.
    upstream.has_asked(1).await;
    dying.kill().await;
    assert!(lost.await.unwrap());
    // The other one notices.
    eventually_within(SOON, "it is charged", async || {
        (number(&held).await == Some(0) && number(&sum).await == Some(hold)).then_some(())
    })
    .await;
    let back = dying.restart().await;
    back.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
    // Its journal charges the same as lost: it counts once.
    assert_eq!(number(&sum).await, Some(hold));
    assert_eq!(ledger(&[back]).await, hold);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_comes_back_empty_learns_the_sums_before_anything_goes_out() {
    let Some(mut redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let key = "budget: { limit_usd: 0.10, period: total }";
    let all = gateways(&config(&upstream, &redis, key), 3).await;
    let addrs = addrs(&all);
    let stop = Arc::new(AtomicBool::new(false));
    let mut set = JoinSet::new();
    for caller in 0..12usize {
        let (addrs, stop) = (addrs.clone(), Arc::clone(&stop));
        set.spawn(async move {
            let mut answers = Vec::new();
            let mut call = 0;
            while !stop.load(Ordering::Relaxed) {
                call += 1;
                answers.push(ask(addrs[(caller + call) % addrs.len()], "hi").await);
            }
            answers
        });
    }
    for wave in 0..2u64 {
        upstream.has_asked(5 + wave).await;
        redis.kill().await;
        redis.back().await;
        for gateway in &all {
            gateway.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut answers: Vec<Answer> = set.join_all().await.into_iter().flatten().collect();
    answers.extend(storm(&addrs, 60, 3).await);
    let spent = cost(&answers);
    assert!(spent <= 100_000_000, "{spent}");
    assert!(spent > 25_000_000, "{spent}");
    eventually_within(SOON, "no usage is lost or doubled", async || {
        (ledger(&all).await == spent).then_some(())
    })
    .await;
    let other = answers.iter().find(|a| ![200, 402, 429, 503].contains(&a.status.as_u16()));
    assert!(other.is_none(), "{}", other.map(Answer::text).unwrap_or_default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_limit_holds_as_it_says_and_nothing_hangs() {
    for (policy, status, went) in [("local", 429, 5), ("closed", 503, 0), ("open", 429, 20)] {
        let Some(mut redis) = Redis::start().await else { return };
        let upstream = Upstream::start().await;
        let key = format!("limits: {{ rpm: 10, on_unavailable: {policy} }}");
        let all = gateways(&config(&upstream, &redis, &key), 2).await;
        // Both know of each other.
        all[0].metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
        all[0].metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
        redis.kill().await;
        for gateway in &all {
            gateway.metric_becomes("gatewright_shared_limits_up", 0.0, SOON).await;
        }
        let answers = storm(&addrs(&all[..1]), 20, 1).await;
        let expected = if policy == "open" { 10 } else { went };
        assert_eq!(served(&answers), expected, "{policy}");
        let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
        assert_eq!(refused.status, status, "{policy}: {}", refused.text());
        if policy == "closed" {
            refused.refused(503, "limits_unavailable");
            assert!(refused.header("retry-after").is_some());
        }
        redis.back().await;
        all[0].metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
        if policy == "closed" {
            ask(all[0].addr, "again").await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gateway_killed_in_the_midst_changes_nothing_of_what_is_allowed() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=20", None);
    let key = "limits: { rpm: 600 }, budget: { limit_usd: 0.10, period: total }";
    let mut all = gateways(&config(&upstream, &redis, key), 3).await;
    let addrs = addrs(&all);
    let mut set = JoinSet::new();
    for caller in 0..120usize {
        let addrs = addrs.clone();
        set.spawn(async move {
            let mut served = 0;
            for call in 0..3 {
                let body = chat("up/chat-model", &format!("caller {caller} call {call}"));
                let answer = Call::chat(&body).key(KEY).try_send(addrs[(caller + call) % 3]).await;
                served += usize::from(answer.is_ok_and(|answer| answer.status == 200));
            }
            served
        });
    }
    upstream.has_asked(5).await;
    let mut dying = all.remove(0);
    dying.kill().await;
    let served: usize = set.join_all().await.into_iter().sum();
    let back = dying.restart().await;
    back.metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
    all.push(back);
    let requests = upstream.stats().requests;
    assert!(requests <= 600 && requests >= u64::try_from(served).unwrap(), "{requests} {served}");
    let id = all[0].rows("/api/v1/keys").await[0]["id"].as_str().unwrap().to_owned();
    let told = eventually_within(SOON, "ledgers and Redis agree, and nothing is held", async || {
        let number = async |what: String| {
            let text = redis.say(&what).await.ok()?;
            text.lines().nth(1)?.trim().parse::<i128>().ok()
        };
        let sum = number(format!("HGET gatewright:w:{id}:total:0 t")).await?;
        let held = number(format!("HGET gatewright:r:{id} t")).await?;
        (held == 0 && ledger(&all).await == sum).then_some(sum)
    })
    .await;
    assert!(told > 0 && told <= 100_000_000, "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_costs_one_timeout_and_not_one_per_call() {
    use rustix::process::Signal;
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let config = config(&upstream, &redis, "limits: { rpm: 1000 }");
    let all = gateways(&config.replace("redis_timeout_ms: 2000", "redis_timeout_ms: 300"), 1).await;
    ask(all[0].addr, "first").await.ok();
    redis.signal(Signal::STOP);
    let began = Instant::now();
    for call in 0..40 {
        ask(all[0].addr, &format!("call {call}")).await.ok();
    }
    let took = began.elapsed();
    redis.signal(Signal::CONT);
    // Forty timeouts would be twelve seconds.
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(all[0].metric("gatewright_shared_limits_alone_total").await >= 1.0);
    all[0].metric_becomes("gatewright_shared_limits_up", 1.0, SOON).await;
    ask(all[0].addr, "last").await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_too_late_costs_that_call_and_no_other() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let config = config(&upstream, &redis, "limits: { rpm: 3 }, budget: { limit_usd: 1, period: day }");
    let all = gateways(&config.replace("redis_timeout_ms: 2000", "redis_timeout_ms: 400"), 1).await;
    redis.say("CLIENT PAUSE 1400").await.unwrap();
    ask(all[0].addr, "waits in vain").await.refused(503, "limits_unavailable");
    // It is not put out: the next ones are answered, as soon as Redis is back at its pace.
    assert!((all[0].metric("gatewright_shared_limits_up").await - 1.0).abs() < f64::EPSILON);
    for call in 0..3 {
        eventually_within(SOON, "calls are judged again", async || {
            (ask(all[0].addr, &format!("call {call}")).await.status == 200).then_some(())
        })
        .await;
    }
    // What came too late was given back: three fitted, and no more.
    ask(all[0].addr, "one more").await.refused(429, "rate_limit_exceeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_in_order_is_not_waited_for() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    let config = config(&upstream, &redis, "budget: { limit_usd: 1, period: day }");
    let mut all = gateways(&config.replace("dead_after_ms: 3000", "dead_after_ms: 600000"), 2).await;
    all[0].metric_becomes("gatewright_shared_limits_nodes", 2.0, SOON).await;
    ask(all[1].addr, "hi").await.ok();
    all.remove(1).stop().await;
    all[0].metric_becomes("gatewright_shared_limits_nodes", 1.0, SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_anywhere_is_shown_everywhere() {
    let Some(redis) = Redis::start().await else { return };
    let upstream = Upstream::start().await;
    upstream.faults("slow", "latency=600000", None);
    let budget = "budgets: [{ limit_usd: 100, period: day }, { limit_usd: 200, period: month, mode: local }]";
    let gateways = gateways(&config(&upstream, &redis, budget), 2).await;
    let (here, there) = (gateways[0].addr, &gateways[1]);
    let call = tokio::spawn(async move { Call::chat(&chat("up/slow", "hi")).key(KEY).send(here).await });
    let shown = async |gateway: &Gateway, at: usize| {
        let rows = gateway.rows("/api/v1/budgets").await;
        let of = |name: &str| rows[at][name].as_str().unwrap().to_owned();
        (nanos(&of("reserved_usd")), of("reserved_scope"))
    };
    let (held, _) = eventually_within(SOON, "the other gateway shows it", async || {
        let (held, scope) = shown(there, 0).await;
        assert_eq!(scope, "all_gateways");
        (held > 0).then_some((held, scope))
    })
    .await;
    assert_eq!(shown(&gateways[0], 0).await, (held, "all_gateways".to_owned()));
    // What each counts by itself is its own.
    assert_eq!(shown(there, 1).await, (0, "gateway".to_owned()));
    assert_eq!(shown(&gateways[0], 1).await, (held, "gateway".to_owned()));
    let key = there.rows("/api/v1/keys").await.remove(0);
    assert_eq!(nanos(key["budget"]["reserved_usd"].as_str().unwrap()), held);
    assert_eq!(key["budgets"][0]["reserved_scope"], "all_gateways");
    call.abort();
    eventually_within(SOON, "it is over", async || (shown(there, 0).await.0 == 0).then_some(())).await;
    // Nobody can be asked: what this gateway knows stands there, and says so.
    drop(redis);
    eventually_within(SOON, "Redis is away", async || (shown(there, 0).await.1 == "gateway").then_some(()))
        .await;
}
