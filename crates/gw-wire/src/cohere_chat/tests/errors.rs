//! Errors read and written.

use super::json;
use crate::cohere_chat::errors::{self, Trouble};
use gw_model::{ErrorCode, Refusal};
use serde_json::json;

#[test]
fn errors_are_told_apart() {
    let too_long =
        br#"{"error_type":"TOO_MANY_TOKENS","id":"x","message":"too many tokens: size limit exceeded"}"#;
    let reported = errors::read(too_long).unwrap();
    assert_eq!((reported.kind.as_str(), reported.trouble), ("TOO_MANY_TOKENS", Trouble::ContextLength));
    let blocked = errors::read(br#"{"message":"Blocked output: this generation may be potentially unsafe"}"#);
    assert_eq!(blocked.unwrap().trouble, Trouble::ContentPolicy);
    let unknown = errors::read(br#"{"id":"1","message":"model 'x' not found"}"#).unwrap();
    assert_eq!((unknown.message.as_str(), unknown.trouble), ("model 'x' not found", Trouble::Other));
    let proxy = errors::read(br#"{"error":{"type":"rate","message":"slow down"}}"#).unwrap();
    assert_eq!((proxy.kind.as_str(), proxy.message.as_str()), ("rate", "slow down"));
    assert!(errors::read(b"<html>").is_none() && errors::read(br#"{"id":"1"}"#).is_none());
}

#[test]
fn long_messages_are_cut_between_characters() {
    let body = json!({ "message": "ä".repeat(5000) }).to_string();
    let message = errors::read(body.as_bytes()).unwrap().message;
    assert!(message.len() <= 1024 && message.chars().all(|c| c == 'ä'));
}

#[test]
fn refusals_carry_the_stable_code() {
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "`k` is \"wrong\".").param("k");
    assert_eq!(
        json(&errors::body(&refusal, "req_9")),
        json!({"id":"req_9","message":"`k` is \"wrong\".","code":"invalid_request","param":"k"})
    );
    assert!(json(&errors::body(&refusal, "")).get("id").is_none());
    let event = String::from_utf8(errors::event(&refusal, "req_9").to_vec()).unwrap();
    let data = event.strip_prefix("event: message-end\ndata: ").unwrap().strip_suffix("\n\n").unwrap();
    assert_eq!(
        json(data.as_bytes()),
        json!({"type":"message-end","id":"req_9",
               "delta":{"error":"`k` is \"wrong\".","code":"invalid_request","finish_reason":"ERROR"}})
    );
}
