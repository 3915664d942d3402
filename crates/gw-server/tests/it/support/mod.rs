//! What the tests share: the process under test, an HTTP client, upstreams, recorded exchanges, polling.
//! It must not know anything that the public contract does not say.

pub(crate) mod binary;
pub(crate) mod client;
pub(crate) mod collector;
pub(crate) mod exchanges;
pub(crate) mod gateway;
pub(crate) mod http2;
pub(crate) mod object_storage;
pub(crate) mod poll;
#[path = "../../../../gw-store/tests/server/postgres.rs"]
pub(crate) mod postgres;
pub(crate) mod raw;
pub(crate) mod reading;
pub(crate) mod redis;
pub(crate) mod scripted;
pub(crate) mod speaking;
pub(crate) mod sse;
pub(crate) mod upstream;
pub(crate) mod websocket;

pub(crate) use client::{Answer, Call};
pub(crate) use gateway::{Gateway, MASTER};
pub(crate) use poll::{eventually, eventually_within};
pub(crate) use upstream::Upstream;

/// A declared virtual key for configurations.
pub(crate) const KEY: &str = "gw-testsTestsTestsTestsTestsTestsTestsTestsTest";

/// Is the long form of the tests asked for?
pub(crate) fn is_long() -> bool {
    std::env::var_os("GATEWRIGHT_LONG").is_some_and(|value| value == "1")
}

/// A chat request in OpenAI's format.
pub(crate) fn chat(model: &str, text: &str) -> serde_json::Value {
    serde_json::json!({"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": text}]})
}

/// The same, streamed.
pub(crate) fn chat_stream(model: &str, text: &str) -> serde_json::Value {
    let mut body = chat(model, text);
    body["stream"] = true.into();
    body
}
