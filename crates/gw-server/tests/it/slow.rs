//! Clients that hold connections and streams without doing anything, and a gateway that is full of them.

use super::support::http2::Http2;
use super::support::raw::to_end;
use super::support::{Call, Gateway, MASTER, Upstream, chat, chat_stream};
use http_body_util::BodyExt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_without_a_request_is_closed() {
    let upstream = Upstream::start().await;
    let config = format!("{}server: {{ header_read_timeout_ms: 300 }}\n", upstream.providers());
    let gateway = Gateway::start(&config).await;
    // Nothing; what may become either HTTP; HTTP/2 that opens no stream.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".as_slice();
    for first in [b"".as_slice(), b"PRI * HT", preface] {
        let mut stream = TcpStream::connect(gateway.addr).await.unwrap();
        stream.write_all(first).await.unwrap();
        let began = Instant::now();
        to_end(&mut stream).await;
        assert!(began.elapsed() >= Duration::from_millis(300), "{first:?}: closed too early");
    }
    // A call takes as long as it takes.
    upstream.faults("chat-model", "latency=2500", None);
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await.ok();
    let response = Http2::connect(gateway.addr).await.send(&chat("up/chat-model", "hi"), MASTER).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_house_lets_the_operator_in_and_stops_when_asked() {
    let upstream = Upstream::start().await;
    let admin: SocketAddr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!("admin_listen: {admin}\nserver: {{ max_connections: 2 }}\n{}", upstream.providers());
    let mut gateway = Gateway::start(&config).await;
    let mut inside = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(gateway.addr).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        inside.push(stream);
    }
    let mut outside = TcpStream::connect(gateway.addr).await.unwrap();
    outside.write_all(b"GET /healthz HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    for _ in 0..3 {
        Call::get("/metrics").send(admin).await.ok();
        Call::get("/api/v1/keys").key(MASTER).send(admin).await.ok();
    }
    let mut room = [0; 1024];
    let early = tokio::time::timeout(Duration::from_millis(200), outside.read(&mut room)).await;
    assert!(early.is_err(), "the third came in");
    drop(inside.pop());
    let answer = tokio::time::timeout(Duration::from_secs(10), outside.read(&mut room)).await;
    assert!(answer.expect("it comes in once there is room").unwrap() > 0);
    let waiting = TcpStream::connect(gateway.addr).await.unwrap();
    assert!(gateway.stop().await.success());
    drop((inside, outside, waiting));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http2_stream_that_nobody_reads_is_reset_alone() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=200000;ignore-max-tokens", None);
    let stall = "server: { client_stall_timeout_ms: 1000 }\n";
    let gateway = Gateway::start(&format!("{}{stall}", upstream.providers())).await;
    // The window of a stream is shut from the start, or shuts after some of the answer.
    for window in [0, 40_000] {
        let client = Http2::connect_with_window(gateway.addr, window).await;
        let mut unread = client.send(&chat_stream("up/chat-model", "hi"), MASTER).await;
        assert_eq!(unread.status(), 200);
        assert_eq!(upstream.stats().open_streams, 1, "the call ended before its client had stalled");
        upstream.has_no_stream_within(Duration::from_secs(15)).await;
        let broken = async {
            loop {
                match unread.body_mut().frame().await {
                    Some(Ok(_)) => {}
                    ended => return ended.is_some_and(|frame| frame.is_err()),
                }
            }
        };
        assert!(broken.await, "a stream that was cut must not end cleanly");
        // The connection goes on. A whole answer that is not read is given up too.
        let mut whole = client.send(&chat("up/quick", "still there"), MASTER).await;
        assert_eq!(whole.status(), 200);
        let first = whole.body_mut().frame().await.expect("there is something");
        assert_eq!(first.is_err(), window == 0, "{first:?}");
        gateway.metric_becomes("gatewright_open_streams", 0.0, Duration::from_secs(10)).await;
    }
    assert_eq!(gateway.records_of("client_disconnect", 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http2_stream_may_be_slow_as_long_as_it_is_read() {
    let upstream = Upstream::start().await;
    // Longer than a stall may take, first because the upstream is slow, then because the client is.
    upstream.faults("chat-model", "frames=4;frame-delay=700;ignore-max-tokens", Some(1));
    let stall = "server: { client_stall_timeout_ms: 1000 }\n";
    let gateway = Gateway::start(&format!("{}{stall}", upstream.providers())).await;
    let client = Http2::connect_with_window(gateway.addr, 20_000).await;
    let slow = client.send(&chat_stream("up/chat-model", "hi"), MASTER).await;
    let slow = slow.into_body().collect().await.unwrap().to_bytes();
    assert!(slow.ends_with(b"data: [DONE]\n\n"), "{slow:?}");
    upstream.faults("chat-model", "frames=600;ignore-max-tokens", Some(1));
    let mut response = client.send(&chat_stream("up/chat-model", "hi"), MASTER).await;
    let (began, mut seen, mut paused) = (Instant::now(), Vec::new(), 0);
    while let Some(frame) = response.body_mut().frame().await {
        seen.extend_from_slice(frame.expect("it goes on").data_ref().unwrap());
        // About 40 kB a second.
        while seen.len() > paused {
            tokio::time::sleep(Duration::from_millis(50)).await;
            paused += 2_000;
        }
    }
    assert!(seen.ends_with(b"data: [DONE]\n\n"), "{} bytes", seen.len());
    assert!(
        began.elapsed() > Duration::from_millis(1500),
        "{:?}: too quick to say anything",
        began.elapsed()
    );
}
