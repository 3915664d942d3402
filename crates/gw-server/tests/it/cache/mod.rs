//! Answers that are kept, and those that several callers get at once.

mod controls;
mod flights;
mod guarded;
mod kept;
mod keys;
mod rules;
mod unkept;
mod vectors;

use super::support::{Answer, Call, Gateway, KEY, Upstream};
use serde_json::Value;

/// A second key for configurations.
const OTHER: &str = "gw-otherOtherOtherOtherOtherOtherOtherOtherOther";

/// A gateway in front of the emulator with this cache and two keys.
fn config(upstream: &Upstream, cache: &str) -> String {
    format!(
        "{}models:\n  main: {{ targets: [{{ provider: up, model: chat-model }}] }}\n  \
         other: {{ targets: [{{ provider: up, model: chat-model }}] }}\n  \
         claude-main: {{ targets: [{{ provider: claude, model: claude-model }}] }}\n\
         cache: {cache}\n\
         keys:\n  - {{ name: caller, key: {KEY}, budget: {{ limit_usd: 1000, period: total }} }}\n  - {{ name: other, key: {OTHER} }}\n",
        upstream.providers()
    )
}

async fn ask(gateway: &Gateway, body: &Value) -> Answer {
    let answer = gateway.send(Call::chat(body).key(KEY)).await;
    answer.ok();
    answer
}

fn said(answer: &Answer) -> &str {
    answer.header("x-gatewright-cache").unwrap_or_default()
}
