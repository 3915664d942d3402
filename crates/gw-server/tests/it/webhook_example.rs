//! The worked example of a web hook (docs/examples/webhook-guardrail), as it is: its own program, asked by a gateway.

use super::support::scripted::{Scripted, Step};
use super::support::{Call, Gateway, MASTER, chat, speaking};
use serde_json::json;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const RECEIVER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/webhook-guardrail/receiver.py");
const SECRET: &str = "secret-of-the-example-receiver";

/// The receiver and its port.
async fn receiver(secret: &str) -> (Child, String) {
    let mut command = Command::new("python3");
    command.args([RECEIVER, "--port", "0"]).env("GUARDRAIL_SECRET", secret);
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("python3 is there");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("it says where it listens");
    let port = line.strip_prefix("listening on ").expect("a port").to_owned();
    (child, format!("http://127.0.0.1:{port}/check"))
}

fn config(upstream: &Scripted, url: &str, secret: &str) -> String {
    let rail = format!(
        "falcon: {{ kind: webhook, url: '{url}', secret: {secret}, on: [request, response], action: redact, \
         mandatory: true, timeout_ms: 30000 }}"
    );
    format!("{}guardrails:\n  {rail}\n", upstream.provider())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_receiver_answers_what_is_signed_and_nothing_else() {
    let upstream = Scripted::by_request(|_, _| {
        let message = json!({"role": "assistant", "content": "Ünser project \n falcon flies"});
        let choices = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
        let usage = json!({"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8});
        let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage});
        vec![Step::Send(speaking::head("200 OK", "application/json", "", &body.to_string()).into_bytes())]
    })
    .await;
    let (_receiver, url) = receiver(SECRET).await;
    let gateway = Gateway::start(&config(&upstream, &url, SECRET)).await;
    let asked =
        Call::chat(&chat("up/chat-model", "Is Project Falcon on time? 🦅 PROJECT  FALCON!")).key(MASTER);
    let answer = gateway.send(asked.clone()).await;
    assert!(answer.ok().text().contains("Ünser [REDACTED_CODE_NAME] flies"), "{}", answer.text());
    let sent = upstream.last().body;
    assert!(sent.contains("Is [REDACTED_CODE_NAME] on time? 🦅 [REDACTED_CODE_NAME]!"), "{sent}");
    assert_eq!(answer.header("x-gatewright-guardrails"), Some("falcon=redact"));
    // However often it stands there.
    let often = "Project Falcon ".repeat(1_001);
    gateway.send(Call::chat(&chat("up/chat-model", &often)).key(MASTER)).await.ok();
    assert!(!upstream.last().body.contains("Falcon"), "{}", upstream.last().body);
    // Where there is nothing to find, nothing is changed.
    gateway.send(Call::chat(&chat("up/chat-model", "Is a falcon a project?")).key(MASTER)).await.ok();
    assert!(upstream.last().body.contains("Is a falcon a project?"), "{}", upstream.last().body);
    // What somebody else signed, or nobody, is no question.
    let other = Gateway::start(&config(&upstream, &url, "the-secret-of-somebody-else")).await;
    other.send(asked).await.refused(400, "guardrail_blocked");
    let body = json!({"texts": [{"index": 0, "speaker": "user", "text": "Project Falcon"}]}).to_string();
    let addr = url.trim_start_matches("http://").trim_end_matches("/check").parse().unwrap();
    let unsigned = Call::post("/check", body.clone()).send(addr).await;
    assert_eq!(unsigned.status, 401, "{}", unsigned.text());
    let old =
        [("webhook-id", "msg_1"), ("webhook-timestamp", "1000000000"), ("webhook-signature", "v1,AAAA")];
    let old =
        old.into_iter().fold(Call::post("/check", body), |call, (name, value)| call.header(name, value));
    assert_eq!(old.send(addr).await.status, 401);
}
