//! HTTP as clients really speak it: large bodies, kept-alive and pipelined connections, `Expect`.

use super::support::raw::{exchange, post_head, status};
use super::support::{Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    (upstream, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_requests_arrive_unchanged() {
    let (upstream, gateway) = set_up().await;
    let image = format!("data:image/png;base64,{}", "iVBORw0K".repeat(10 << 17));
    let content =
        json!([{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": image}}]);
    let body =
        json!({"model": "up/quick", "max_tokens": 16, "messages": [{"role": "user", "content": content}]});
    let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
    answer.ok();
    let expected = body.to_string().replacen("up/quick", "quick", 1);
    assert!(upstream.last_body() == expected, "ten MiB of image changed on the way");
    let translated =
        Call::messages(&json!({"model": "up/quick", "max_tokens": 16, "messages": [{"role": "user",
        "content": [{"type": "text", "text": "hi"}, {"type": "image", "source":
            {"type": "base64", "media_type": "image/png", "data": "iVBORw0K".repeat(10 << 17)}}]}]}));
    gateway.send(translated.key(MASTER)).await.ok();
    assert!(String::from_utf8_lossy(&upstream.last_body()).contains(&image), "the image is translated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_answers_flow_through() {
    let (upstream, gateway) = set_up().await;
    upstream.faults("chat-model", "huge=3000000", None);
    let answer = gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await;
    let said = answer.ok().json()["choices"][0]["message"]["content"].as_str().unwrap().len();
    assert!(said >= 3_000_000, "{said}");
    assert_eq!(answer.header("x-gatewright-cost-usd"), None, "its cost is known only behind it");
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(
        (&record["outcome"], &record["usage_source"]),
        (&"success".into(), &"upstream".into()),
        "{record}"
    );
    assert_eq!(record["output_tokens"], answer.json()["usage"]["completion_tokens"], "{record}");
    let translated = gateway.send(Call::messages(&chat("up/chat-model", "hi")).key(MASTER)).await;
    assert_eq!(translated.ok().json()["content"][0]["text"].as_str().map(str::len), Some(said));
    let streamed = gateway.send(Call::chat(&chat_stream("up/chat-model", "hi")).key(MASTER)).await;
    assert!(streamed.body.len() > 3_000_000 && streamed.text().ends_with("data: [DONE]\n\n"));
}

/// Reads one answer with a content-length.
async fn read_one(stream: &mut TcpStream, seen: &mut Vec<u8>) -> (u16, String) {
    loop {
        let text = String::from_utf8_lossy(seen).into_owned();
        if let Some(head) = text.find("\r\n\r\n") {
            let lower = text[..head].to_ascii_lowercase();
            let length =
                lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            let end = head + 4 + length.unwrap_or(0);
            if seen.len() >= end {
                let body = String::from_utf8_lossy(&seen[head + 4..end]).into_owned();
                seen.drain(..end);
                return (status(&text), body);
            }
        }
        let mut buffer = [0; 16 << 10];
        let read = tokio::time::timeout(std::time::Duration::from_secs(10), stream.read(&mut buffer)).await;
        let count = read.expect("an answer comes").unwrap();
        assert!(count > 0, "the connection was closed after {text:?}");
        seen.extend_from_slice(&buffer[..count]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_serves_many_requests_also_at_once() {
    let (_upstream, gateway) = set_up().await;
    let mut stream = TcpStream::connect(gateway.addr).await.unwrap();
    let mut seen = Vec::new();
    let request = |model: &str, key: &str, text: &str| {
        let body = chat(model, text).to_string();
        format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let cases = [
        ("up/quick", MASTER, 200),
        ("nowhere", MASTER, 404),
        ("up/quick", KEY, 401),
        ("up/quick", MASTER, 200),
    ];
    for (model, key, expected) in cases {
        stream.write_all(request(model, key, "one by one").as_bytes()).await.unwrap();
        let (status, body) = read_one(&mut stream, &mut seen).await;
        assert_eq!(status, expected, "{body}");
    }
    let all: String = (0..10).map(|n| request("up/quick", MASTER, &format!("number {n}"))).collect();
    stream.write_all(all.as_bytes()).await.unwrap();
    for n in 0..10 {
        let (status, body) = read_one(&mut stream, &mut seen).await;
        assert!(status == 200 && body.contains(&format!("number {n}")), "{n}: {status} {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_may_ask_whether_to_send() {
    let (_upstream, gateway) = set_up().await;
    let body = chat("up/quick", "hi").to_string();
    let mut stream = TcpStream::connect(gateway.addr).await.unwrap();
    let head = post_head("/v1/chat/completions", MASTER, "expect: 100-continue\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    assert_eq!(read_one(&mut stream, &mut seen).await.0, 100);
    stream.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(read_one(&mut stream, &mut seen).await.0, 200);
    // Who may not call at all is told so before sending anything.
    let head = post_head("/v1/chat/completions", KEY, "expect: 100-continue\r\n", 1 << 20);
    let answer = exchange(gateway.addr, head.as_bytes()).await;
    assert_eq!(status(&answer), 401, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_clients_are_served() {
    let (_upstream, gateway) = set_up().await;
    let body = chat_stream("up/quick", "hi").to_string();
    let head = post_head("/v1/chat/completions", MASTER, "", body.len()).replace("HTTP/1.1", "HTTP/1.0");
    let answer = exchange(gateway.addr, format!("{head}{body}").as_bytes()).await;
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(
        answer.ends_with("data: [DONE]\n\n") && !answer.to_lowercase().contains("transfer-encoding"),
        "{answer}"
    );
}
