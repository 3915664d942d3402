//! Alerts, against real receivers: a web hook, a mail server, two gateways over PostgreSQL. Who is told, once, and in which words.

mod api;
mod kinds;
mod mail;
mod mail_server;
mod shares;
mod told;

use super::support::scripted::{Scripted, Seen, Step};
use super::support::{Answer, Call, Gateway, chat, eventually_within, speaking};
use serde_json::{Value, json};
use std::time::Duration;

/// Within that, somebody is told.
const SOON: Duration = Duration::from_secs(20);

/// A name that would do something in a mail, in Slack and in a table.
const HOSTILE: &str = "<!channel> *x* [a](https://evil.example) =1+1 Bcc: x@evil.example";

fn plain(status: &str) -> Vec<Step> {
    vec![Step::Send(speaking::head(status, "text/plain", "", "").into_bytes())]
}

/// A model that answers, unless the caller says otherwise, and receivers beside it: `/hook`, `/slack`, and `/late`, which is down
/// the first time.
async fn place() -> Scripted {
    Scripted::by_request(|number, seen| {
        let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
            "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}});
        match seen.path.as_str() {
            "/late" if number < 2 => plain("503 Service Unavailable"),
            path if path.starts_with("/v1") && seen.body.contains("fail") => plain("500 Internal Server Error"),
            path if path.starts_with("/v1") => {
                vec![Step::Send(speaking::head("200 OK", "application/json", "", &body.to_string()).into_bytes())]
            }
            _ => plain("200 OK"),
        }
    })
    .await
}

fn told(place: &Scripted, path: &str) -> Vec<Seen> {
    let is_there = |seen: &Seen| seen.path.split('?').next() == Some(path);
    place.all().into_iter().filter(is_there).collect()
}

fn json_of(seen: &Seen) -> Value {
    serde_json::from_str(&seen.body).unwrap()
}

/// Waits until so many were told at a path, and gives what they were told.
async fn told_so_many(place: &Scripted, path: &str, count: usize) -> Vec<Value> {
    eventually_within(SOON, "somebody is told", async || {
        let told = told(place, path);
        (told.len() >= count).then(|| told.iter().map(json_of).collect())
    })
    .await
}

async fn ask(gateway: &Gateway, key: &str, text: &str) -> Answer {
    gateway.send(Call::chat(&chat("up/chat-model", text)).key(key)).await
}

/// Waits for the look after the next one.
async fn looked_again(gateway: &Gateway) {
    let name = "gatewright_alerts_evaluations_total{outcome=\"ok\"}";
    let before = gateway.metric(name).await;
    eventually_within(SOON, "it looks again", async || {
        (gateway.metric(name).await >= before + 2.0).then_some(())
    })
    .await;
}
