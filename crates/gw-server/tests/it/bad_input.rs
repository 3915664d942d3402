//! Bad input of every kind: a clear refusal in the caller's format, and a gateway that goes on.

use super::support::raw::{exchange, post_head, status, to_end};
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

/// Small limits, so that their tests are quick.
async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}settings: {{ max_body_bytes: 65536, max_json_depth: 32 }}\n\
         server: {{ max_header_bytes: 16384, max_headers: 40, header_read_timeout_ms: 400, body_read_timeout_ms: 400 }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

/// The gateway still answers, and nothing of the bad input reached the upstream.
async fn is_unharmed(upstream: &Upstream, gateway: &mut Gateway) {
    assert_eq!(upstream.stats().requests, 0, "bad input went upstream");
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await.ok();
    assert!(gateway.is_running());
    let log = gateway.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[track_caller]
fn shaped(path: &str, answer: &Answer) {
    let body = answer.json();
    assert!(body["error"]["message"].as_str().is_some_and(|m| m.len() > 10), "{body}");
    if path == MESSAGES {
        assert_eq!(body["type"], "error", "{body}");
        assert!(body["error"]["type"].is_string(), "{body}");
    } else {
        assert!(body["error"]["type"].is_string() && body.get("type").is_none(), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_bodies_are_named() {
    let (upstream, mut gateway) = set_up().await;
    let deep = format!(
        r#"{{"model":"up/chat-model","messages":[{{"role":"user","content":{}1{}}}]}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    let long_number =
        format!(r#"{{"model":"up/chat-model","messages":[{{}}],"max_tokens":{}}}"#, "9".repeat(400));
    let cases: Vec<Vec<u8>> = [
        "",
        " ",
        "{",
        "[]",
        "null",
        "\"text\"",
        "{\"model\":}",
        "{'model':'x'}",
        "{\"model\":\"m\",}",
        r#"{"model":"up/chat-model","messages":[{}]} trailing"#,
        r#"{"model":"up/chat-model","model":"up/other","messages":[{}]}"#,
        r#"{"model":"up/chat-model","mod\u0065l":"up/other","messages":[{}]}"#,
        r#"{"model":"up/chat-model","messages":[{}],"max_tokens":1e999}"#,
        r#"{"model":"up/chat-model","messages":[{}],"max_tokens":-5}"#,
        r#"{"model":"up/chat-model","messages":[{}],"max_tokens":0.5}"#,
        r#"{"model":"up/chat-model","messages":[{}],"max_tokens":01}"#,
        r#"{"model":"up/chat-model","messages":[{}],"n":-1}"#,
        "{\"model\":\"up/chat\u{1}-model\",\"messages\":[{}]}",
        &long_number,
        &deep,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([b"{\"model\":\"up/chat-model\",\"messages\":[{\"content\":\"\xff\xfe\"}]}".to_vec(), vec![0; 64]])
    .collect();
    for body in cases {
        for path in [CHAT, MESSAGES] {
            let call = Call::post(path, body.clone()).header("x-api-key", MASTER);
            let answer = gateway.send(call).await;
            let text = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (400, "invalid_request"),
                "{path} {text}: {}",
                answer.text()
            );
            assert_eq!(answer.json()["error"]["code"], "invalid_request");
            shaped(path, &answer);
        }
    }
    is_unharmed(&upstream, &mut gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_types_name_their_parameter() {
    let (upstream, mut gateway) = set_up().await;
    let cases = [
        (json!({"messages": [{}]}), "model"),
        (json!({"model": "", "messages": [{}]}), "model"),
        (json!({"model": 7, "messages": [{}]}), "model"),
        (json!({"model": null, "messages": [{}]}), "model"),
        (json!({"model": "up/chat-model"}), "messages"),
        (json!({"model": "up/chat-model", "messages": "hi"}), "messages"),
        (json!({"model": "up/chat-model", "messages": []}), "messages"),
        (json!({"model": "up/chat-model", "messages": [1]}), "messages"),
        (json!({"model": "up/chat-model", "messages": [{}], "stream": "yes"}), "stream"),
        (json!({"model": "up/chat-model", "messages": [{}], "stream_options": 1}), "stream_options"),
        (json!({"model": "up/chat-model", "messages": [{}], "max_tokens": "many"}), "max_tokens"),
        (json!({"model": "up/chat-model", "messages": [{}], "n": "two"}), "n"),
    ];
    for (body, param) in cases {
        let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
        answer.refused(400, "invalid_request");
        assert_eq!(answer.json()["error"]["param"], param, "{body}: {}", answer.text());
    }
    is_unharmed(&upstream, &mut gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_and_slow_bodies() {
    let (upstream, mut gateway) = set_up().await;
    let big = chat("up/chat-model", &"x".repeat(70_000));
    for call in [Call::chat(&big), Call::messages(&big)] {
        gateway.send(call.key(MASTER)).await.refused(413, "request_too_large");
    }
    // Announced, and never sent: refused at once.
    let announced = post_head(CHAT, MASTER, "", 999_999_999);
    assert_eq!(status(&exchange(gateway.addr, announced.as_bytes()).await), 413);
    // Not announced: refused as soon as it is too much.
    let mut chunked = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {MASTER}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for _ in 0..20 {
        chunked.extend_from_slice(format!("2000\r\n{}\r\n", "y".repeat(0x2000)).as_bytes());
    }
    assert_eq!(status(&exchange(gateway.addr, &chunked).await), 413);
    // A body that does not come.
    let slow = format!("{}{{\"mo", post_head(CHAT, MASTER, "", 100));
    let answer = exchange(gateway.addr, slow.as_bytes()).await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
    // A head that does not come.
    let mut stream = TcpStream::connect(gateway.addr).await.unwrap();
    stream.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\n").await.unwrap();
    let answer = to_end(&mut stream).await;
    assert!(answer.is_empty() || status(&answer) == 408, "{answer}");
    // A body that breaks off.
    let mut stream = TcpStream::connect(gateway.addr).await.unwrap();
    stream.write_all(slow.as_bytes()).await.unwrap();
    drop(stream);
    is_unharmed(&upstream, &mut gateway).await;
}

/// An answer to a head that could not be read has a body, and all headers of a refusal.
#[track_caller]
fn explained(answer: &str, code: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
    assert_eq!(body["error"]["code"], code, "{answer}");
    for line in [&format!("x-gatewright-error: {code}"), "x-request-id: ", "connection: close", "date: "] {
        assert!(head.contains(line), "{line}: {answer}");
    }
    assert_eq!(head.matches("content-length").count(), 1, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_bombs_and_broken_heads() {
    let (upstream, mut gateway) = set_up().await;
    let body = chat("up/chat-model", "hi").to_string();
    let long = format!("x-long: {}\r\n", "a".repeat(40_000));
    let many: String = (0..100).map(|n| format!("x-{n}: 1\r\n")).collect();
    let longer = format!("x-long: {}\r\n", "a".repeat(400_000));
    for extra in [long, longer, many] {
        let bytes = format!("{}{body}", post_head(CHAT, MASTER, &extra, body.len()));
        let answer = exchange(gateway.addr, bytes.as_bytes()).await;
        assert_eq!(status(&answer), 431, "{answer}");
        explained(&answer, "request_too_large");
    }
    let uri = format!("GET /{} HTTP/1.1\r\nhost: g\r\n\r\n", "a".repeat(40_000));
    let answer = exchange(gateway.addr, uri.as_bytes()).await;
    assert!(matches!(status(&answer), 414 | 431), "{answer}");
    explained(&answer, "request_too_large");
    // After good requests on the same connection too; the answers to those are left alone.
    let mut stream = TcpStream::connect(gateway.addr).await.unwrap();
    stream.write_all(b"HEAD /nothing HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(status(&head) == 404 && head.contains("x-gatewright-error: not_found"), "{head}");
    stream.write_all(b"GET / NONSENSE\r\n\r\n").await.unwrap();
    let answer = to_end(&mut stream).await;
    assert_eq!(status(&answer), 400, "{answer}");
    explained(&answer, "invalid_request");
    for broken in [
        "GET\r\n\r\n".to_owned(),
        "NONSENSE\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nbad header\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nx: a\u{0}b\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".to_owned(),
    ] {
        let answer = exchange(gateway.addr, broken.as_bytes()).await;
        assert!(answer.is_empty() || (400..506).contains(&status(&answer)), "{broken:?}: {answer}");
        if status(&answer) == 400 {
            explained(&answer, "invalid_request");
        }
    }
    is_unharmed(&upstream, &mut gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn line_breaks_in_values_make_no_headers() {
    let (upstream, mut gateway) = set_up().await;
    // In a header a bare line break is a broken head; in a body's text it must not become a header.
    let smuggled = "GET /healthz HTTP/1.1\r\nhost: g\r\nx-gatewright-customer: a\rx-evil: 1\r\nconnection: close\r\n\r\n";
    let answer = exchange(gateway.addr, smuggled.as_bytes()).await;
    assert!(!answer.to_lowercase().contains("x-evil"), "{answer}");
    let both = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: g\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n"
    );
    let answer = exchange(gateway.addr, both.as_bytes()).await;
    assert!(matches!(status(&answer), 400 | 401), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "one request, one answer: {answer}");
    for model in ["up/a\r\nx-evil: 1", "evil\r\nset-cookie: a=b", "\u{0}", "up/\u{7f}"] {
        let answer = gateway.send(Call::chat(&chat(model, "hi")).key(MASTER)).await;
        assert!(answer.headers.get("x-evil").is_none() && answer.headers.get("set-cookie").is_none());
        assert!(answer.status != 500, "{model:?}: {}", answer.text());
    }
    upstream.emulator().reset();
    is_unharmed(&upstream, &mut gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_paths_and_methods() {
    let (upstream, mut gateway) = set_up().await;
    for path in ["/v1/nothing", "/nothing", "/v1/chat/completions/more", "/v1//chat/completions"] {
        let answer = gateway.send(Call::post(path, "{}").key(MASTER)).await;
        answer.refused(404, "not_found");
        answer.request_id();
    }
    for path in ["/v1/responses/compact", "/v1/images/variations", "/v1/audio/voices", "/mcp"] {
        let answer = gateway.send(Call::post(path, "{}").key(MASTER)).await;
        answer.refused(501, "not_implemented");
        answer.request_id();
    }
    for path in ["/v2/datasets", "/model/m/invoke"] {
        let answer = gateway.send(Call::post(path, "{}").key(MASTER)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (501, &"not_implemented".into()),
            "{path}"
        );
    }
    for (method, path) in [
        (Method::GET, CHAT),
        (Method::DELETE, CHAT),
        (Method::PUT, MESSAGES),
        (Method::POST, "/v1/models"),
        (Method::POST, "/"),
        (Method::DELETE, "/"),
    ] {
        let answer = gateway.send(Call::new(method.clone(), path).key(MASTER)).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        answer.refused(405, "method_not_allowed");
        assert!(answer.header("allow").is_some());
        answer.request_id();
    }
    let mut ids = Vec::new();
    for method in [Method::GET, Method::HEAD] {
        let answer = gateway.send(Call::new(method.clone(), "/")).await;
        assert_eq!((answer.status.as_u16(), answer.body.is_empty()), (200, method == Method::HEAD));
        ids.push(answer.request_id());
        let answer = gateway.send(Call::new(method, "/v1/models").key(MASTER)).await;
        assert_eq!(answer.status, 200);
        ids.push(answer.request_id());
    }
    ids.push(gateway.send(Call::get("/v1/models").key("gw-wrong")).await.request_id());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each answer has an id of its own");
    let admin = gateway.send(Call::get("/api/v1/nothing").key(MASTER)).await;
    assert_eq!((admin.status.as_u16(), &admin.json()["error"]["code"]), (404, &json!("not_found")));
    let admin = gateway.send(Call::post("/api/v1/keys", "{nonsense").key(MASTER)).await;
    assert_eq!((admin.status.as_u16(), &admin.json()["error"]["code"]), (400, &json!("invalid_request")));
    for query in ["limit=0", "limit=x", "cursor=%00", "outcome=nothing", "from=yesterday"] {
        let answer = gateway.send(Call::get(&format!("/api/v1/logs?{query}")).key(MASTER)).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text());
    }
    is_unharmed(&upstream, &mut gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_leaves_a_record() {
    let (upstream, mut gateway) = set_up().await;
    let refused: Vec<Answer> = vec![
        gateway.send(Call::post(CHAT, "{").key(MASTER)).await,
        gateway.send(Call::chat(&chat("nowhere", "hi")).key(MASTER)).await,
        gateway.send(Call::chat(&chat("up/chat-model", "hi")).key("gw-wrong")).await,
    ];
    for (answer, code) in refused.iter().zip(["invalid_request", "model_not_found", "invalid_api_key"]) {
        let record: Value = gateway.record(&answer.request_id()).await;
        assert_eq!(
            (&record["outcome"], &record["error_code"]),
            (&"refused".into(), &code.into()),
            "{record}"
        );
        assert_eq!(record["status"], answer.status.as_u16(), "{record}");
        assert_eq!(record["cost_usd"], "0", "{record}");
    }
    is_unharmed(&upstream, &mut gateway).await;
}
