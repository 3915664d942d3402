//! Callers with tokens of identity providers: an issuer on a free port with keys made here, and a packaged provider as a
//! process of its own.

mod accounts;
pub(crate) mod issuer;
mod keys;
mod nodes;
pub(crate) mod provider;
mod tokens;

use super::support::{Answer, Call, Gateway, Upstream, chat};
use issuer::Issuer;
use serde_json::{Value, json};

/// A gateway that takes this issuer's tokens; `more` is indented below it.
async fn set_up(issuer: &Issuer, more: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream, issuer, more)).await;
    (upstream, gateway)
}

fn config(upstream: &Upstream, issuer: &Issuer, more: &str) -> String {
    let more: String = more.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "{}auth:\n  policies:\n    small: {{ models: ['up/other'] }}\n    counted: {{ limits: {{ rpm: 2 }}, budget: \
         {{ limit_usd: 1, period: day }} }}\n  jwt:\n    refresh_pause_seconds: 1\n    issuers:\n      corp:\n        \
         issuer: {}\n        audiences: [gateway]\n{more}",
        upstream.providers(),
        issuer.name()
    )
}

/// Claims of a good token.
fn claims(issuer: &Issuer, subject: &str) -> Value {
    json!({ "iss": issuer.name(), "aud": "gateway", "sub": subject, "exp": now() + 300 })
}

/// Claims of a good token, and others besides.
fn with(issuer: &Issuer, subject: &str, more: Value) -> Value {
    let mut all = claims(issuer, subject);
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

async fn ask(gateway: &Gateway, token: &str) -> Answer {
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(token)).await
}
