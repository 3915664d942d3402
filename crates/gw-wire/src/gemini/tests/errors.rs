//! Error bodies, read and written.

use crate::gemini::errors::{self, Cause};
use crate::gemini::stream::Framing;
use gw_model::{ErrorCode, Refusal};
use serde_json::{Value, json};

#[test]
fn a_refusal_has_googles_shape() {
    let refusal = Refusal::new(ErrorCode::RateLimitExceeded, "Slow down.").param("tools").retry_after(7);
    let body: Value = serde_json::from_slice(&errors::body(&refusal)).unwrap();
    assert_eq!(
        body,
        json!({"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED","details":[
            {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"rate_limit_exceeded","domain":"gatewright"},
            {"@type":"type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations":[{"field":"tools","description":"Slow down."}]},
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7s"}]}})
    );
    for code in ErrorCode::ALL {
        let body = errors::body(&Refusal::new(*code, "x"));
        let read = errors::read(&body).unwrap();
        assert_eq!(read.code, Some(code.status()));
        assert_eq!(read.reason.as_deref(), Some(code.as_str()));
        assert_ne!(read.status, "");
    }
    let event = errors::event(&refusal, Framing::Sse, false);
    assert!(event.starts_with(b"data: {\"error\":") && event.ends_with(b"\n\n"));
    assert!(errors::event(&refusal, Framing::JsonArray, true).starts_with(b"[{\"error\""));
}

#[test]
fn causes_are_recognised() {
    let cause = |message: &str| {
        let body = json!({"error":{"code":400,"message":message,"status":"INVALID_ARGUMENT"}});
        errors::read(body.to_string().as_bytes()).unwrap().cause
    };
    let too_long = "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).";
    assert_eq!(cause(too_long), Cause::ContextLength);
    assert_eq!(cause("API key not valid. Please pass a valid API key."), Cause::InvalidKey);
    assert_eq!(cause("The prompt was blocked due to safety settings."), Cause::ContentPolicy);
    assert_eq!(cause("Invalid value at 'contents'."), Cause::Other);
}

#[test]
fn other_shapes_are_read_or_not() {
    let read = |body: &str| errors::read(body.as_bytes());
    assert_eq!(read(r#"[{"error":{"code":500,"message":"x"}}]"#).unwrap().code, Some(500));
    assert_eq!(read(r#"{"error":"plain"}"#).unwrap().message, "plain");
    let delayed = r#"{"error":{"details":[{"retryDelay":"34.4s"},{"reason":"r"}]}}"#;
    let error = read(delayed).unwrap();
    assert_eq!((error.retry_after_seconds, error.reason.as_deref()), (Some(35), Some("r")));
    for body in ["", "{}", "[]", "[", "{\"error\":null}", "{\"error\":7}", "\u{0}"] {
        assert_eq!(read(body), None, "{body}");
    }
    let long = json!({"error":{"message":"\u{e9}".repeat(5000)}}).to_string();
    assert!(read(&long).unwrap().message.len() <= crate::errors::MAX_MESSAGE_BYTES);
}
