//! The end of the process: running calls finish within the grace period, the rest is recorded.

use super::support::http2::Http2;
use super::support::{Call, Gateway, KEY, Upstream, chat, chat_stream, eventually};
use http_body_util::BodyExt;
use rustix::process::Signal;
use std::time::Duration;

fn config(upstream: &Upstream, more: &str) -> String {
    format!(
        "{more}{}keys:\n  - {{ name: caller, key: {KEY}, budget: {{ limit_usd: 1000, period: total }} }}\n",
        upstream.providers()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_stream_finishes_and_the_exit_is_clean() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=20;frame-delay=50", None);
    let mut gateway =
        Gateway::start(&config(&upstream, "drain_delay_seconds: 1\nshutdown_grace_seconds: 20\n")).await;
    let mut stream = Call::chat(&chat_stream("up/chat-model", "hi")).key(KEY).open(gateway.addr).await;
    stream.until("data: ").await;
    let id = stream.headers["x-request-id"].to_str().unwrap().to_owned();
    gateway.signal(Signal::TERM);
    let ready = eventually("not ready any more", async || {
        let answer = Call::get("/readyz").try_send(gateway.addr).await.ok()?;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert!(ready.text().contains("drain"), "{}", ready.text());
    // Within the drain delay new calls are still served.
    Call::chat(&chat("up/quick", "hi")).key(KEY).send(gateway.addr).await.ok();
    let answer = stream.rest().await;
    assert!(answer.text().contains("data: [DONE]"), "the stream was cut: {}", answer.text());
    assert_eq!(gateway.exit(Duration::from_secs(10)).await.code(), Some(0));
    let gateway = gateway.restart().await;
    assert_eq!(gateway.record(&id).await["outcome"], "success");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_outlives_the_grace_period_is_recorded_as_shutdown() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=1000;frame-delay=100;ignore-max-tokens", None);
    let mut gateway = Gateway::start(&config(&upstream, "shutdown_grace_seconds: 1\n")).await;
    let addr = gateway.addr;
    let mut stream = Call::chat(&chat_stream("up/chat-model", "hi")).key(KEY).open(addr).await;
    stream.until("data: ").await;
    let id = stream.headers["x-request-id"].to_str().unwrap().to_owned();
    let hanging =
        tokio::spawn(async move { Call::chat(&chat("up/fault-hang", "hi")).key(KEY).try_send(addr).await });
    eventually("both are upstream", async || (upstream.stats().requests == 2).then_some(())).await;
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.exit(Duration::from_secs(10)).await.code(), Some(0));
    let ended = stream.try_rest().await;
    assert!(ended.is_err() || !ended.unwrap().text().contains("[DONE]"), "no clean end");
    let hung = hanging.await.unwrap();
    assert!(hung.is_err() || hung.unwrap().status.is_server_error());
    upstream.is_quiet_within(Duration::from_secs(2)).await;
    let gateway = gateway.restart().await;
    assert_eq!(gateway.record(&id).await["outcome"], "shutdown");
    assert_eq!(gateway.records_of("shutdown", 2).await.len(), 2);
    assert!(gateway.rows("/api/v1/logs?outcome=lost").await.is_empty(), "an orderly end loses nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_gateway_ends_at_once() {
    let upstream = Upstream::start().await;
    for signal in [Signal::TERM, Signal::INT] {
        let mut gateway = Gateway::start(&config(&upstream, "")).await;
        assert!(gateway.greeting.contains(&gateway.addr.to_string()));
        for path in ["/healthz", "/readyz"] {
            assert_eq!(gateway.send(Call::get(path)).await.status, 200);
        }
        let answer = gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(KEY)).await;
        // An idle kept-alive connection must not hold up the end.
        let idle = tokio::net::TcpStream::connect(gateway.addr).await.unwrap();
        gateway.signal(signal);
        assert_eq!(gateway.exit(Duration::from_secs(5)).await.code(), Some(0));
        drop(idle);
        let mut gateway = gateway.restart().await;
        assert_eq!(gateway.record(&answer.request_id()).await["outcome"], "success");
        assert_eq!(gateway.stop().await.code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http2_client_is_told_to_go() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=10;frame-delay=50", None);
    let mut gateway = Gateway::start(&config(&upstream, "")).await;
    let client = Http2::connect(gateway.addr).await;
    let response = client.send(&chat_stream("up/chat-model", "hi"), KEY).await;
    gateway.signal(Signal::TERM);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).ends_with("data: [DONE]\n\n"), "the stream was cut");
    // The connection itself stays open on our side, and must not hold up the end.
    assert_eq!(gateway.exit(Duration::from_secs(10)).await.code(), Some(0));
}
