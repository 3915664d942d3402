//! Files, batches and the echo over a socket.

use crate::client::{Answer, get, post, send};
use bytes::Bytes;
use gw_emulator::{Emulator, Running};
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

fn request(method: Method, path: &str, content_type: &str, body: &str) -> Request<Full<Bytes>> {
    let builder = Request::builder().method(method).uri(path).header("host", "emulator");
    let builder = builder.header("content-type", content_type);
    builder.body(Full::new(Bytes::from(body.to_owned()))).expect("request")
}

async fn upload(emulator: &Running, purpose: &str, content: &str) -> Answer {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n{content}\r\n--b--\r\n"
    );
    send(emulator.address(), request(Method::POST, "/v1/files", "multipart/form-data; boundary=b", &body))
        .await
}

#[tokio::test]
async fn files_are_kept_listed_and_deleted() {
    let emulator = start().await;
    let mut ids = Vec::new();
    for content in ["one", "two\r\n", ""] {
        let made = upload(&emulator, "user_data", content).await;
        assert_eq!((made.status.as_u16(), &made.json()["bytes"]), (200, &json!(content.len())));
        let id = made.json()["id"].as_str().expect("id").to_owned();
        let read = send(emulator.address(), get(&format!("/openai/files/{id}/content?api-version=x"))).await;
        assert_eq!(read.text(), content);
        ids.push(id);
    }
    let list = send(emulator.address(), get(&format!("/v1/files?limit=1&after={}", ids[2]))).await.json();
    assert_eq!((&list["data"][0]["id"], &list["has_more"]), (&json!(ids[1]), &json!(true)));
    let gone =
        send(emulator.address(), request(Method::DELETE, &format!("/files/{}", ids[0]), "text/plain", ""))
            .await;
    assert_eq!(gone.json()["deleted"], true);
    let read = send(emulator.address(), get(&format!("/v1/files/{}", ids[0]))).await;
    assert_eq!(
        (read.status.as_u16(), read.json()["error"]["type"].clone()),
        (404, json!("invalid_request_error"))
    );
    assert_eq!(upload(&emulator, "nonsense", "x").await.status, 400);
    assert_eq!(send(emulator.address(), post("/v1/files", &json!({}))).await.status, 400);
    emulator.emulator().reset();
    assert_eq!(send(emulator.address(), get("/v1/files")).await.json()["data"], json!([]));
}

#[tokio::test]
async fn each_look_moves_a_batch_on() {
    let emulator = start().await;
    let line = |url: &str, body: Value| {
        json!({"custom_id": url, "method": "POST", "url": url, "body": body}).to_string()
    };
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    let lines = [line("/v1/chat/completions", chat), line("/v1/embeddings", json!({"model": "m"}))];
    let file = upload(&emulator, "batch", &lines.join("\n")).await.json();
    let body =
        json!({"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"});
    let batch = send(emulator.address(), post("/v1/batches", &body)).await.json();
    let path = format!("/v1/batches/{}", batch["id"].as_str().expect("id"));
    let mut seen = vec![batch["status"].clone()];
    let mut last = Value::Null;
    for _ in 0..2 {
        last = send(emulator.address(), get(&path)).await.json();
        seen.push(last["status"].clone());
    }
    assert_eq!(json!(seen), json!(["validating", "in_progress", "completed"]));
    assert_eq!(last["request_counts"], json!({"total": 2, "completed": 1, "failed": 1}));
    let output = last["output_file_id"].as_str().expect("an output");
    let output = send(emulator.address(), get(&format!("/v1/files/{output}/content"))).await;
    let answered: Value = serde_json::from_str(output.text().trim()).expect("one line");
    assert_eq!(answered["response"]["body"]["choices"][0]["message"]["content"], "You said: hello");
    assert_eq!(last["usage"]["input_tokens"], answered["response"]["body"]["usage"]["prompt_tokens"]);
    assert!(last["error_file_id"].is_string());
    let cancel = send(emulator.address(), post(&format!("{path}/cancel"), &json!({}))).await;
    assert_eq!(cancel.status, 409);
}

#[tokio::test]
async fn any_request_comes_back() {
    let emulator = start().await;
    let sent = request(Method::PATCH, "/v1/echo/a%2Fb?x=%20", "text/odd", "\u{0}\u{e9}");
    let answer = send(emulator.address(), sent).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "\u{0}\u{e9}"));
    assert_eq!(answer.headers["content-type"], "text/odd");
    assert_eq!(
        (
            answer.headers["x-echo-method"].to_str().expect("text"),
            answer.headers["x-echo-target"].to_str().expect("text")
        ),
        ("PATCH", "/v1/echo/a%2Fb?x=%20")
    );
    assert_eq!(send(emulator.address(), get("/echo/status/418")).await.status, 418);
    let fault = Request::builder().uri("/echo").header("host", "e").header("x-emulate", "status=503");
    let faulty = send(emulator.address(), fault.body(Full::default()).expect("request")).await;
    assert_eq!(faulty.status, 503);
}
