//! kill -9 under load: what a caller got in full is in the ledger, once; what was under way is `lost`.

use super::support::gateway::nanos;
use super::support::{
    Call, Gateway, KEY, Upstream, chat, chat_stream, eventually, eventually_within, is_long,
};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Callers at the same time.
const CALLERS: usize = 12;

fn config(upstream: &Upstream) -> String {
    format!(
        "{}storage: {{ journal_segment_bytes: 1048576 }}\nkeys:\n  - {{ name: loader, key: {KEY}, budget: {{ limit_usd: 1000000, period: total }} }}\n",
        upstream.providers()
    )
}

/// Calls until the gateway is gone; ids of answers that came in full.
async fn load(addr: SocketAddr, caller: usize, done: Arc<AtomicUsize>) -> Vec<String> {
    let mut ids = Vec::new();
    for turn in 0.. {
        let streamed = (caller + turn).is_multiple_of(3);
        let answer = if streamed {
            Call::chat(&chat_stream("up/chat-model", "count")).key(KEY).try_send(addr).await
        } else {
            Call::chat(&chat("up/chat-model", "count")).key(KEY).try_send(addr).await
        };
        let Ok(answer) = answer else { break };
        assert_eq!(answer.status, 200, "{}", answer.text());
        if !streamed || answer.text().contains("data: [DONE]") {
            ids.push(answer.request_id());
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
    ids
}

/// One round: load, a call that hangs, kill. Gives the ids of complete answers.
async fn round(gateway: &mut Gateway, upstream: &Upstream, until: usize) -> Vec<String> {
    let done = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    let addr = gateway.addr;
    for caller in 0..CALLERS {
        let done = Arc::clone(&done);
        callers.spawn(load(addr, caller, done));
    }
    let hung = || upstream.stats().by_model.get("fault-hang").map_or(0, |model| model.requests);
    let before = hung();
    let hanging = tokio::spawn(async move {
        Call::chat(&chat("up/fault-hang", "wait")).key(KEY).try_send(addr).await.map(|answer| answer.status)
    });
    eventually_within(Duration::from_secs(30), "the load is on", async || {
        (done.load(Ordering::Relaxed) >= until && hung() > before).then_some(())
    })
    .await;
    gateway.kill().await;
    assert!(hanging.await.unwrap().is_err(), "an answer came from nowhere");
    callers.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_answered_is_lost_or_counted_twice() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "latency=2;frame-delay=1", None);
    let mut gateway = Gateway::start(&config(&upstream)).await;
    let rounds = if is_long() { 10 } else { 3 };
    let mut answered: HashSet<String> = HashSet::new();
    for number in 1..=rounds {
        let until = fastrand::usize(20..if is_long() { 3000 } else { 300 });
        let ids = round(&mut gateway, &upstream, until).await;
        let complete = ids.len();
        answered.extend(ids);
        gateway = gateway.restart().await;
        check(&gateway, &answered, number).await;
        eprintln!(
            "round {number}: killed after {until}, {complete} complete answers, all in the ledger once"
        );
    }
}

/// Every answered id stands in the logs once, orphans are `lost`, and usage counts each record once.
async fn check(gateway: &Gateway, answered: &HashSet<String>, rounds: usize) {
    let rows = eventually("all answers are in the logs, orphans as lost", async || {
        let rows = gateway.rows("/api/v1/logs?limit=1000").await;
        let ids: HashSet<&str> = rows.iter().filter_map(|row| row["request_id"].as_str()).collect();
        let missing = answered.iter().filter(|id| !ids.contains(id.as_str())).count();
        let lost = rows.iter().filter(|row| row["outcome"] == "lost").count();
        (missing == 0 && lost >= rounds).then_some(rows)
    })
    .await;
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for row in &rows {
        *counts.entry(row["request_id"].as_str().unwrap()).or_default() += 1;
    }
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "twice in the logs: {twice:?}");
    for row in &rows {
        let id = row["request_id"].as_str().unwrap();
        let expected = if answered.contains(id) { "success" } else { row["outcome"].as_str().unwrap() };
        assert_eq!(row["outcome"], expected, "{row}");
    }
    for row in rows.iter().filter(|row| row["outcome"] == "lost" && row["upstream_model"] == "chat-model") {
        assert_ne!(row["cost_usd"], "0", "a lost call is charged at its hold: {row}");
    }
    eventually("usage counts every record once", async || {
        let usage = gateway.rows("/api/v1/usage?group_by=key").await;
        let requests: u64 = usage.iter().filter_map(|row| row["requests"].as_u64()).sum();
        (requests == rows.len() as u64).then_some(())
    })
    .await;
    assert!(gateway.metric("gatewright_open_reservations").await.abs() < f64::EPSILON);
}

/// What 1024 tokens, the least that a stream's hold grows by, cost at the test upstream's price.
const GROWN_NANO: i128 = 1024 * 200_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_outgrew_its_hold_is_charged_at_the_larger_one() {
    let upstream = Upstream::start().await;
    upstream.faults("slow", "frames=400;stall-after-frames=300;ignore-max-tokens", None);
    let mut gateway = Gateway::start(&config(&upstream)).await;
    let mut body = chat_stream("up/slow", "go on");
    body["max_tokens"] = 8.into();
    let mut stream = Call::chat(&body).key(KEY).open(gateway.addr).await;
    let mut frames = 0;
    while frames < 200 {
        let piece = stream.next().await.expect("the stream goes on").unwrap();
        frames += String::from_utf8_lossy(&piece).matches("data: ").count();
    }
    gateway.kill().await;
    let gateway = gateway.restart().await;
    let lost = gateway.records_of("lost", 1).await;
    assert!(nanos(lost[0]["cost_usd"].as_str().unwrap()) > GROWN_NANO, "{}", lost[0]);
    assert_eq!(lost[0]["attempts"], 1, "{}", lost[0]);
    let budgets = gateway.rows("/api/v1/budgets").await;
    assert_eq!(budgets[0]["spent_usd"], lost[0]["cost_usd"]);
}
