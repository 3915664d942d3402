//! Errors: bodies of upstreams, and what callers get.

use super::parsed;
use crate::openai_responses::error::{self, UpstreamError, code_of, recognise};
use gw_model::{ErrorCode, Refusal};
use serde_json::Value;

#[test]
fn bodies_are_read_in_the_shapes_that_services_use() {
    let read = |body: &str| error::read(body.as_bytes());
    let found = read(
        r#"{"error":{"message":"too long","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}"#,
    )
    .unwrap();
    assert_eq!(
        found,
        UpstreamError {
            kind: "context_length_exceeded".to_owned(),
            message: "too long".to_owned(),
            param: Some("input".to_owned()),
        }
    );
    assert_eq!(found.code(), Some(ErrorCode::ContextLengthExceeded));
    let found = read(r#"{"code":"invalid-argument","error":"Incorrect API key"}"#).unwrap();
    assert_eq!((found.kind.as_str(), found.message.as_str()), ("invalid-argument", "Incorrect API key"));
    assert_eq!(read("<html>"), None);
    assert_eq!(read(r#"{"id":"resp_1","error":null}"#), None);
}

#[test]
fn policy_and_length_are_recognised() {
    assert_eq!(recognise("invalid_prompt", ""), Some(ErrorCode::GuardrailBlocked));
    assert_eq!(
        recognise("x", "Your input exceeds the Context Window."),
        Some(ErrorCode::ContextLengthExceeded)
    );
    assert_eq!(recognise("server_error", "oops"), None);
    assert_eq!(code_of("overloaded_error", ""), "server_error");
    assert_eq!(code_of("rate_limit_error", ""), "rate_limit_exceeded");
    assert_eq!(code_of("invalid_request_error", "prompt is too long"), "context_length_exceeded");
}

#[test]
fn refusals_have_the_shape_of_openais_errors() {
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "no").param("input");
    let body: Value = serde_json::from_slice(&error::body(&refusal)).unwrap();
    assert_eq!(body["error"]["type"], "invalid_request_error");
    assert_eq!(body["error"]["param"], "input");
    let events = parsed(&error::event(&refusal));
    assert_eq!(events[0].1["message"], "no");
    assert_eq!(events[0].1["error"]["code"], "invalid_request");
    assert_eq!(events[0].1["sequence_number"], 0);
}
