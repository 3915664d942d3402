//! The semantic cache: an upstream whose vectors are all alike shows what everything else decides; real weights show that
//! it works. Weights are looked for where `docs/guides/embeddings-in-process.md` says.

mod calibrate;
mod disk;
mod hits;
mod rooms;
mod shared;
mod verdicts;

use super::support::scripted::{Scripted, Step};
use super::support::{Answer, Call, Gateway, KEY, MASTER, chat};
use serde_json::{Value, json};

/// A second key for configurations.
const OTHER: &str = "gw-otherOtherOtherOtherOtherOtherOtherOtherOther";

fn whole(body: &Value) -> Vec<Step> {
    let body = body.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
    vec![Step::Send(format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes())]
}

/// An upstream that gives every text the same vector, and says in its answers what it was asked.
async fn alike() -> Scripted {
    Scripted::by_request(|_, seen| {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        if seen.path.ends_with("/embeddings") {
            let inputs = body["input"].as_array().map_or(1, Vec::len);
            let one = |index| json!({"object": "embedding", "index": index, "embedding": [0.6, 0.8]});
            let data: Vec<Value> = (0..inputs).map(one).collect();
            return whole(&json!({"object": "list", "data": data, "model": "embed", "usage":
                {"prompt_tokens": 1, "total_tokens": 1}}));
        }
        let said = body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
        whole(&json!({"id": "c", "object": "chat.completion", "model": "m", "choices": [{"index": 0,
            "finish_reason": "stop", "message": {"role": "assistant", "content": said}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}}))
    })
    .await
}

/// A gateway in front of it with this cache and two keys.
fn config(upstream: &Scripted, cache: &str) -> String {
    format!(
        "{}models:\n  main: {{ targets: [{{ provider: up, model: chat-model }}] }}\n  other: {{ targets: [{{ provider: up, model: chat-model \
         }}] }}\n  exact: {{ targets: [{{ provider: up, model: chat-model }}], cache: {{ mode: exact }} }}\ncache: {{ mode: semantic, \
         embeddings: up/embed, embeddings_timeout_ms: 20000{cache} }}\nkeys:\n  - {{ name: caller, key: {KEY} }}\n  - {{ \
         name: other, key: {OTHER} }}\n",
        upstream.provider()
    )
}

async fn ask(gateway: &Gateway, text: &str) -> Answer {
    let answer = gateway.send(Call::chat(&chat("main", text)).key(KEY)).await;
    answer.ok();
    answer
}

fn said(answer: &Answer) -> &str {
    answer.header("x-gatewright-cache").unwrap_or_default()
}

/// How many comparisons came to that.
async fn compared(gateway: &Gateway, outcome: &str) -> f64 {
    gateway.metric(&format!("gatewright_cache_comparisons_total{{outcome=\"{outcome}\"}}")).await
}

async fn purge(gateway: &Gateway, body: &Value) -> Value {
    let call = Call::post("/api/v1/cache/purge", body.to_string()).header("content-type", "application/json");
    gateway.send(call.key(MASTER)).await.ok().json()["purged"].clone()
}
