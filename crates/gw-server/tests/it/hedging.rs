//! Hedging: a second target is asked while the first is silent. Callers see one answer and one record; every try is paid for,
//! and nothing of the loser is left.

use super::support::gateway::nanos;
use super::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream, eventually};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long the slow one takes: who waited for it would be noticed.
const SLOW: &str = "latency=4000";
const SOON: Duration = Duration::from_secs(2);

/// Two targets and a key.
fn config(upstream: &Upstream, targets: [&str; 2], hedge: &str) -> String {
    let [first, second] = targets;
    format!(
        "{}models:\n  pair:\n    targets: [{{ {first} }}, {{ {second} }}]\n    retry: {{ attempts: 1 }}\n    hedge: {hedge}\n\
         keys:\n  - {{ name: caller, key: {KEY}, budget: {{ limit_usd: 1000, period: total }} }}\n",
        upstream.providers()
    )
}

const UP: [&str; 2] = ["provider: up, model: slow", "provider: up, model: quick"];
const ALWAYS: &str = "{ after_ms: 200, max_percent: 100 }";

async fn set_up(hedge: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, UP, hedge)).await;
    (upstream, gateway)
}

async fn ask(gateway: &Gateway) -> Answer {
    gateway.send(Call::chat(&chat("pair", "hi")).key(KEY)).await
}

fn asked(upstream: &Upstream, model: &str) -> u64 {
    upstream.stats().by_model.get(model).map_or(0, |model| model.requests)
}

/// One record whose tries are these, with costs that add up to what the key has spent.
async fn is_settled(gateway: &Gateway, answer: &Answer, tries: &[(&str, &str)]) {
    let record = gateway.record(&answer.request_id()).await;
    let found: Vec<(&str, &str)> = record["tries"]
        .as_array()
        .map(|tries| tries.iter())
        .into_iter()
        .flatten()
        .map(|one| (one["upstream_model"].as_str().unwrap(), one["reason"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(found, tries, "{record}");
    let cost = |value: &Value| nanos(value["cost_usd"].as_str().unwrap());
    let sum: i128 = record["tries"].as_array().unwrap().iter().map(cost).sum();
    assert_eq!(cost(&record), sum, "{record}");
    for lost in record["tries"].as_array().unwrap().iter().filter(|one| one["reason"] == "hedged") {
        assert_eq!(lost["usage_source"], "estimated", "{record}");
        assert!(cost(lost) > 0, "the provider may bill what it read: {record}");
        // It was under way at the same time as another.
        let span = |one: &Value| {
            let start = one["start_us"].as_u64().unwrap();
            (start, start + one["duration_us"].as_u64().unwrap())
        };
        let (start, end) = span(lost);
        let is_beside = |one: &Value| one != lost && span(one).0 <= end && start <= span(one).1;
        assert!(record["tries"].as_array().unwrap().iter().any(is_beside), "{record}");
    }
}

async fn leaves_nothing(upstream: &Upstream, gateway: &Gateway) {
    upstream.has_no_stream_within(SOON).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    gateway.metric_becomes("gatewright_upstream_requests_in_flight", 0.0, SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_target_answers_in_place_of_a_silent_one_in_every_format() {
    let upstream = Upstream::start().await;
    let [up, claude] = ["up", "claude"].map(|name| format!("provider: {name}, model: "));
    for (first, second) in [(&up, &up), (&up, &claude), (&claude, &up), (&claude, &claude)] {
        let targets = [format!("{first}slow"), format!("{second}quick")];
        let targets = [targets[0].as_str(), targets[1].as_str()];
        let gateway = Gateway::start(&config(&upstream, targets, ALWAYS)).await;
        for (fault, is_whole) in [(SLOW, true), (SLOW, false), ("stall-after-frames=0", false)] {
            upstream.faults("slow", fault, None);
            let body = if is_whole { chat("pair", "hi") } else { chat_stream("pair", "hi") };
            for call in [Call::chat(&body), Call::messages(&body)] {
                let case = format!("{targets:?} {fault} {}", call.parts().1);
                let begun = Instant::now();
                let answer = gateway.send(call.key(KEY)).await;
                assert!(begun.elapsed() < Duration::from_millis(2500), "{case}: {:?}", begun.elapsed());
                assert_eq!(answer.status, 200, "{case}: {}", answer.text());
                assert_eq!(answer.header("x-gatewright-upstream-model"), Some("quick"), "{case}");
                assert_eq!(answer.header("x-gatewright-attempts"), Some("2"), "{case}");
                let failed = answer.header("x-gatewright-failed-attempts").unwrap_or_default();
                assert!(failed.ends_with("=hedged") && !failed.contains(','), "{case}: {failed}");
                is_settled(&gateway, &answer, &[("slow", "hedged"), ("quick", "")]).await;
            }
        }
        leaves_nothing(&upstream, &gateway).await;
        let budgets = gateway.rows("/api/v1/budgets").await;
        let usage = gateway.rows("/api/v1/usage?group_by=key").await;
        assert_eq!(budgets[0]["spent_usd"], usage[0]["cost_usd"], "{budgets:?} {usage:?}");
        assert_eq!(nanos(budgets[0]["reserved_usd"].as_str().unwrap()), 0);
        assert_eq!(usage[0]["requests"], 6, "a hedge is no request: {usage:?}");
        assert_eq!(gateway.rows("/api/v1/logs?include=subcalls").await.len(), 6, "nor has it a record");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_target_wins_if_it_answers_sooner_after_all() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("slow", "latency=600", None);
    upstream.faults("quick", SLOW, None);
    for body in [chat("pair", "hi"), chat_stream("pair", "hi")] {
        let answer = gateway.send(Call::chat(&body).key(KEY)).await;
        answer.ok();
        assert_eq!(answer.header("x-gatewright-upstream-model"), Some("slow"));
        assert_eq!(answer.header("x-gatewright-attempts"), Some("2"));
        is_settled(&gateway, &answer, &[("quick", "hedged"), ("slow", "")]).await;
    }
    leaves_nothing(&upstream, &gateway).await;
    let metrics = gateway.send(Call::get("/metrics")).await.text();
    let counts = |event: &str, count: &str| {
        metrics.lines().any(|line| {
            line.starts_with("gatewright_hedges_total") && line.contains(event) && line.ends_with(count)
        })
    };
    assert!(counts("started", " 2") && !counts("won", " 1"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_in_time_is_asked_alone() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    for _ in 0..10 {
        let answer = ask(&gateway).await;
        assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
        assert_eq!(answer.header("x-gatewright-failed-attempts"), None);
    }
    assert_eq!(asked(&upstream, "quick"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_the_share_is_hedged() {
    let (upstream, gateway) = set_up("{ after_ms: 50, max_percent: 10, burst: 2 }").await;
    upstream.faults("slow", "latency=700", None);
    let mut calls = JoinSet::new();
    for _ in 0..60 {
        let addr = gateway.addr;
        calls.spawn(async move { Call::chat(&chat("pair", "hi")).key(KEY).send(addr).await.status });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 200));
    assert_eq!(asked(&upstream, "slow"), 60);
    let hedged = asked(&upstream, "quick");
    assert!((1..=8).contains(&hedged), "{hedged} of 60");
    let metrics = gateway.send(Call::get("/metrics")).await.text();
    assert!(metrics.contains("event=\"over_budget\""), "{metrics}");
    leaves_nothing(&upstream, &gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_money_for_two_there_is_one_and_no_error() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("slow", "latency=700", None);
    // A call of 64 output tokens may cost a little more than 64 * 200 / 1,000,000 dollars.
    let policy = json!({"name": "poor", "budget": {"limit_usd": "0.02", "period": "total"}});
    let (_, key) = gateway.make_key(&policy).await;
    let answer = gateway.send(Call::chat(&chat("pair", "hi")).key(&key)).await;
    answer.ok();
    assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
    assert_eq!(asked(&upstream, "quick"), 0);
    let metrics = gateway.send(Call::get("/metrics")).await.text();
    assert!(metrics.contains("event=\"unaffordable\""), "{metrics}");
    leaves_nothing(&upstream, &gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_not_be_done_twice_is_done_once() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("*", "latency=500", None);
    let stored = json!({"model": "pair", "input": "hi", "max_output_tokens": 64});
    gateway.send(Call::post("/v1/responses", stored.to_string()).key(KEY)).await.ok();
    let path = "/passthrough/up/chat/completions";
    gateway.send(Call::post(path, chat("slow", "hi").to_string()).key(MASTER)).await.ok();
    assert_eq!((upstream.stats().requests, asked(&upstream, "quick")), (2, 0));
    let mut unstored = stored;
    unstored["store"] = false.into();
    gateway.send(Call::post("/v1/responses", unstored.to_string()).key(KEY)).await.ok();
    assert_eq!(asked(&upstream, "quick"), 1, "a response that nobody stores may be");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_who_is_parked() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("slow", "status=500", Some(1));
    upstream.faults("quick", "status=429;retry-after=60", Some(1));
    assert_eq!(ask(&gateway).await.status, 429);
    let before = asked(&upstream, "quick");
    upstream.faults("slow", "latency=600", None);
    let answer = ask(&gateway).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-gatewright-attempts")), (200, Some("1")));
    assert_eq!(asked(&upstream, "quick"), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_leaves_cancels_both_and_pays_for_both() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    for model in ["slow", "quick"] {
        upstream.faults(model, "hang", None);
    }
    for (round, body) in [chat("pair", "hi"), chat_stream("pair", "hi")].into_iter().enumerate() {
        let addr = gateway.addr;
        let waiting = tokio::spawn(async move { Call::chat(&body).key(KEY).try_send(addr).await.is_ok() });
        upstream.has_asked(2 * (round as u64 + 1)).await;
        waiting.abort();
        upstream.is_quiet_within(SOON).await;
    }
    leaves_nothing(&upstream, &gateway).await;
    let rows = gateway.records_of("client_disconnect", 2).await;
    for row in &rows {
        let reasons: Vec<&str> =
            row["tries"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
        assert_eq!(reasons, ["abandoned", "abandoned"], "{row}");
    }
    let budgets = gateway.rows("/api/v1/budgets").await;
    let sum: i128 = rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
    assert_eq!(nanos(budgets[0]["spent_usd"].as_str().unwrap()), sum);
    assert!(sum > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_one_fails_the_other_is_waited_for_and_its_answer_taken() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("slow", "latency=500;status=500", None);
    upstream.faults("quick", "latency=1200", None);
    let answer = ask(&gateway).await;
    answer.ok();
    assert_eq!(answer.header("x-gatewright-failed-attempts"), Some("up=5xx"));
    is_settled(&gateway, &answer, &[("slow", "5xx"), ("quick", "")]).await;
    upstream.faults("slow", "latency=1200", None);
    upstream.faults("quick", "latency=100;status=503", None);
    let answer = ask(&gateway).await;
    answer.ok();
    is_settled(&gateway, &answer, &[("quick", "5xx"), ("slow", "")]).await;
    upstream.faults("slow", "latency=500;status=500", None);
    let answer = ask(&gateway).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert_eq!(answer.header("x-gatewright-attempts"), Some("2"));
    leaves_nothing(&upstream, &gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_the_request_ends_the_race() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("slow", "latency=500;status=400", None);
    upstream.faults("quick", SLOW, None);
    let begun = Instant::now();
    let answer = ask(&gateway).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    leaves_nothing(&upstream, &gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hedge_that_finds_fault_with_the_request_costs_no_answer() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("slow", "latency=700", None);
    upstream.faults("quick", "status=400", None);
    let answer = ask(&gateway).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some("slow"));
    assert_eq!(answer.header("x-gatewright-attempts"), Some("2"));
    leaves_nothing(&upstream, &gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_percentile_is_learned_from_the_targets_own_answers() {
    let (upstream, gateway) = set_up("{ after: p95, min_ms: 100, max_ms: 3000, max_percent: 100 }").await;
    for _ in 0..25 {
        ask(&gateway).await.ok();
    }
    upstream.faults("slow", SLOW, None);
    let begun = Instant::now();
    let answer = ask(&gateway).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some("quick"));
    // Of streams nothing is known yet, so that the longest time counts.
    let begun = Instant::now();
    let answer = gateway.send(Call::chat(&chat_stream("pair", "hi")).key(KEY)).await;
    assert!(begun.elapsed() > Duration::from_millis(2900), "{:?}", begun.elapsed());
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some("quick"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_whose_head_is_there_is_not_hedged() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    // The answer comes within a second, a few bytes at a time.
    upstream.faults("slow", "slow-drip=20;chunk-bytes=8", None);
    let begun = Instant::now();
    let answer = ask(&gateway).await;
    answer.ok();
    assert!(begun.elapsed() > Duration::from_millis(400), "{:?}", begun.elapsed());
    assert_eq!(asked(&upstream, "quick"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_in_the_midst_charges_both_holds_once() {
    let (upstream, mut gateway) = set_up(ALWAYS).await;
    for model in ["slow", "quick"] {
        upstream.faults(model, "hang", None);
    }
    let addr = gateway.addr;
    let waiting =
        tokio::spawn(async move { Call::chat(&chat("pair", "hi")).key(KEY).try_send(addr).await.is_ok() });
    upstream.has_asked(2).await;
    let reserved = gateway.rows("/api/v1/budgets").await[0]["reserved_usd"].clone();
    gateway.kill().await;
    waiting.abort();
    let gateway = gateway.restart().await;
    let rows = eventually("the lost call", async || {
        let rows = gateway.rows("/api/v1/logs?outcome=lost").await;
        (!rows.is_empty()).then_some(rows)
    })
    .await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["cost_usd"], reserved, "{rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_formats_are_hedged_too() {
    let (upstream, gateway) = set_up(ALWAYS).await;
    upstream.faults("slow", SLOW, None);
    let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}).to_string();
    let converse = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}).to_string();
    let messages = json!([{"role": "user", "content": "hi"}]);
    for (path, body) in [
        ("/v1beta/models/pair:generateContent", gemini.clone()),
        ("/v1beta/models/pair:streamGenerateContent?alt=sse", gemini),
        ("/model/pair/converse", converse.clone()),
        ("/model/pair/converse-stream", converse),
        ("/v2/chat", json!({"model": "pair", "messages": messages, "stream": true}).to_string()),
        ("/v1/completions", json!({"model": "pair", "prompt": "hi", "max_tokens": 9}).to_string()),
        ("/v1/embeddings", json!({"model": "pair", "input": "hi"}).to_string()),
        (
            "/v1/responses",
            json!({"model": "pair", "input": "hi", "store": false, "stream": true}).to_string(),
        ),
    ] {
        let begun = Instant::now();
        let answer = gateway.send(Call::post(path, body).key(KEY)).await;
        assert!(begun.elapsed() < Duration::from_millis(2500), "{path}: {:?}", begun.elapsed());
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("x-gatewright-failed-attempts"), Some("up=hedged"), "{path}");
        is_settled(&gateway, &answer, &[("slow", "hedged"), ("quick", "")]).await;
    }
    // What costs nothing is not worth it.
    let asked_before = asked(&upstream, "quick");
    let count = json!({"model": "pair", "messages": messages}).to_string();
    gateway.send(Call::post("/v1/messages/count_tokens", count).key(KEY)).await.ok();
    assert_eq!(asked(&upstream, "quick"), asked_before);
    leaves_nothing(&upstream, &gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_near_ties_is_settled_to_the_last() {
    let (upstream, gateway) = set_up("{ after_ms: 40, max_percent: 100, burst: 200 }").await;
    // The second one is ready a moment before or after the first.
    upstream.faults("slow", "latency=90", None);
    upstream.faults("quick", "latency=40", None);
    let mut calls = JoinSet::new();
    for number in 0..300usize {
        let addr = gateway.addr;
        calls.spawn(async move {
            let text = "word ".repeat(number % 7);
            let body =
                if number.is_multiple_of(2) { chat("pair", &text) } else { chat_stream("pair", &text) };
            let answer = Call::chat(&body).key(KEY).send(addr).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.request_id()
        });
    }
    let ids: HashSet<String> = calls.join_all().await.into_iter().collect();
    leaves_nothing(&upstream, &gateway).await;
    let rows = gateway.records_of("success", 300).await;
    let recorded: HashSet<String> =
        rows.iter().map(|row| row["request_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((rows.len(), &recorded), (300, &ids), "each has one record");
    let mut winners = HashSet::new();
    for row in &rows {
        let tries = row["tries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let good = tries.iter().filter(|one| one["reason"].as_str().is_none_or(str::is_empty)).count();
        assert!(good == 1 && tries.len() <= 2, "{row}");
        winners.insert(row["upstream_model"].as_str().unwrap().to_owned());
    }
    assert_eq!(winners.len(), 2, "both win now and then: {winners:?}");
    let sum: i128 = rows.iter().map(|row| nanos(row["cost_usd"].as_str().unwrap())).sum();
    let budgets = gateway.rows("/api/v1/budgets").await;
    assert_eq!(nanos(budgets[0]["spent_usd"].as_str().unwrap()), sum);
    assert_eq!(nanos(budgets[0]["reserved_usd"].as_str().unwrap()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_third_target_is_asked_where_that_is_allowed() {
    let upstream = Upstream::start().await;
    let hedge = "{ after_ms: 150, max_percent: 100, attempts: 2 }";
    let config = config(&upstream, UP, hedge).replace(
        "{ provider: up, model: quick }",
        "{ provider: up, model: fault-hang }, { provider: claude, model: chat-model }",
    );
    let gateway = Gateway::start(&config).await;
    upstream.faults("slow", SLOW, None);
    let begun = Instant::now();
    let answer = ask(&gateway).await;
    answer.ok();
    assert!(begun.elapsed() < Duration::from_millis(2500), "{:?}", begun.elapsed());
    assert_eq!(answer.header("x-gatewright-attempts"), Some("3"));
    assert_eq!(answer.header("x-gatewright-provider"), Some("claude"));
    leaves_nothing(&upstream, &gateway).await;
    let record = gateway.record(&answer.request_id()).await;
    let reasons: Vec<&str> = record["tries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["reason"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(reasons, ["hedged", "hedged", ""], "{record}");
}
