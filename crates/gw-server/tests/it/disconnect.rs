//! Streams that end in the midst: cut by the client, and cut by the upstream.

use super::support::client::Open;
use super::support::http2::Http2;
use super::support::{Call, Gateway, KEY, Upstream, chat, chat_stream, eventually, is_long, sse};
use http_body_util::BodyExt;
use serde_json::Value;
use std::time::Duration;
use tokio::task::JoinSet;

/// Streams of each kind.
fn count() -> usize {
    if is_long() { 1000 } else { 200 }
}

/// After this long nothing of a cut stream may be left.
const SOON: Duration = Duration::from_secs(2);

fn config(upstream: &Upstream) -> String {
    format!(
        "{}keys:\n  - {{ name: caller, key: {KEY}, budget: {{ limit_usd: 1000000, period: total }} }}\n",
        upstream.providers()
    )
}

/// The n-th call: half in each caller's format, half to each upstream's format.
fn call(n: usize) -> Call {
    let model = if n.is_multiple_of(2) { "up/chat-model" } else { "claude/chat-model" };
    let body = chat_stream(model, &"a long story ".repeat(20));
    let call = if (n / 2).is_multiple_of(2) { Call::chat(&body) } else { Call::messages(&body) };
    call.key(KEY)
}

/// Opens streams, 50 at a time, each until its first bytes have come.
async fn open(gateway: &Gateway, count: usize) -> Vec<Open> {
    let mut streams = Vec::new();
    for first in (0..count).step_by(50) {
        let mut set = JoinSet::new();
        for n in first..count.min(first + 50) {
            let addr = gateway.addr;
            set.spawn(async move {
                let mut stream = call(n).open(addr).await;
                assert_eq!(stream.status, 200);
                stream.until("data: ").await;
                stream
            });
        }
        streams.extend(set.join_all().await);
    }
    streams
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_clients_cut_leave_nothing_behind() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=5000;frame-delay=500;ignore-max-tokens", None);
    let gateway = Gateway::start(&config(&upstream)).await;
    let count = count();
    let streams = open(&gateway, count).await;
    assert_eq!(upstream.stats().open_streams, count as u64);
    assert!(gateway.metric("gatewright_open_streams").await >= count as f64);
    assert!(gateway.metric("gatewright_open_reservations").await >= count as f64);
    drop(streams);
    upstream.is_quiet_within(SOON).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    gateway.metric_becomes("gatewright_open_streams", 0.0, SOON).await;
    gateway.metric_becomes("gatewright_upstream_requests_in_flight", 0.0, SOON).await;
    let rows = gateway.records_of("client_disconnect", count).await;
    assert_eq!(rows.len(), count);
    let uncharged = rows.iter().filter(|row| row["cost_usd"] == "0" || row["input_tokens"] == 0).count();
    assert_eq!(uncharged, 0, "what the upstream generated is charged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_leaves_before_the_answer_cancels_the_upstream() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream)).await;
    for stream in [false, true] {
        let body = if stream { chat_stream("up/fault-hang", "wait") } else { chat("up/fault-hang", "wait") };
        let before = upstream.stats().requests;
        let addr = gateway.addr;
        let waiting = tokio::spawn(async move { Call::chat(&body).key(KEY).try_send(addr).await.is_ok() });
        eventually("the upstream has the request", async || {
            (upstream.stats().requests > before).then_some(())
        })
        .await;
        waiting.abort();
        upstream.is_quiet_within(SOON).await;
    }
    gateway.records_of("client_disconnect", 2).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_the_upstream_cuts_end_in_an_error() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=30;cut-after-frames=6;frame-delay=1", None);
    let gateway = Gateway::start(&config(&upstream)).await;
    let count = count();
    let mut errors = 0;
    for first in (0..count).step_by(50) {
        let mut set = JoinSet::new();
        for n in first..count.min(first + 50) {
            let addr = gateway.addr;
            set.spawn(async move { call(n).send(addr).await });
        }
        for answer in set.join_all().await {
            answer.ok();
            let ending = sse::values(&answer.body).pop().unwrap_or(Value::Null);
            assert_eq!(ending["error"]["code"], "upstream_error", "{}", answer.text());
            assert!(!answer.text().contains("[DONE]") && !answer.text().contains("message_stop"));
            errors += 1;
        }
    }
    assert_eq!(errors, count);
    let rows = gateway.records_of("stream_cut", count).await;
    assert_eq!(rows.len(), count);
    assert_eq!(gateway.rows("/api/v1/logs?outcome=success").await.len(), 0);
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
    upstream.has_no_stream_within(SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ways_an_upstream_stream_dies_are_no_clean_end() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream)).await;
    let faults = ["cut-after-bytes=300", "cut-after-frames=5;reset", "end-after-frames=5", "malformed-json"];
    for (fault, n) in faults.iter().flat_map(|fault| (0..4).map(move |n| (fault, n))) {
        upstream.faults("chat-model", &format!("frames=30;{fault}"), None);
        let answer = gateway.send(call(n)).await;
        answer.ok();
        let error = sse::error(&answer.body).unwrap_or_else(|| panic!("{fault} {n}: {}", answer.text()));
        assert_eq!(error["code"], "upstream_error", "{fault} {n}: {}", answer.text());
        let has_end = ["[DONE]", "message_stop"].iter().any(|mark| answer.text().contains(mark));
        assert!(!has_end, "{fault} {n}: {}", answer.text());
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(record["outcome"], "stream_cut", "{fault} {n}: {record}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops_reading_is_dropped() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=200000;ignore-max-tokens", None);
    let stall = "server: { client_stall_timeout_ms: 1000 }\n";
    let gateway = Gateway::start(&format!("{stall}{}", config(&upstream))).await;
    let mut stream = call(0).open(gateway.addr).await;
    stream.until("data: ").await;
    assert_eq!(upstream.stats().open_streams, 1, "all of it was taken in though nobody reads");
    upstream.has_no_stream_within(Duration::from_secs(15)).await;
    gateway.records_of("client_disconnect", 1).await;
    drop(stream);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_http2_stream_cancels_its_call_alone() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=5000;frame-delay=500;ignore-max-tokens", None);
    let gateway = Gateway::start(&config(&upstream)).await;
    let client = Http2::connect(gateway.addr).await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut response = client.send(&chat_stream("up/chat-model", "hi"), KEY).await;
        assert_eq!(response.status(), 200);
        response.body_mut().frame().await.expect("a first frame").unwrap();
        streams.push(response);
    }
    assert_eq!(upstream.stats().open_streams, 10);
    let rest = streams.split_off(6);
    drop(streams);
    eventually("six are gone", async || (upstream.stats().open_streams == 4).then_some(())).await;
    assert_eq!(gateway.records_of("client_disconnect", 6).await.len(), 6);
    let answer = client.send(&chat("up/quick", "still there"), KEY).await;
    assert_eq!(answer.status(), 200);
    drop((rest, client));
    upstream.has_no_stream_within(SOON).await;
    gateway.metric_becomes("gatewright_open_reservations", 0.0, SOON).await;
}
