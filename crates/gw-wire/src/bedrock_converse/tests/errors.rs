//! Errors, both ways.

use super::messages;
use crate::bedrock_converse::errors::{Meaning, body, event, kind, meaning, plain_kind, read};
use crate::bedrock_converse::stream::Reader;
use gw_model::event::Event;
use gw_model::refusal::{ErrorCode, Refusal};
use serde_json::{Value, json};

#[test]
fn refusals_are_written() {
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "`messages` is \"missing\".").param("messages");
    let written: Value = serde_json::from_slice(&body(&refusal)).unwrap();
    assert_eq!(
        written,
        json!({"message": "`messages` is \"missing\".", "code": "invalid_request", "__type": "ValidationException"})
    );
    assert_eq!(kind(ErrorCode::RateLimitExceeded), "ThrottlingException");
    for code in ErrorCode::ALL {
        assert!(kind(*code).ends_with("Exception"), "{code:?}");
    }
}

#[test]
fn refusals_end_streams() {
    for (code, expected) in [
        (ErrorCode::RateLimitExceeded, "throttlingException"),
        (ErrorCode::ShuttingDown, "serviceUnavailableException"),
        (ErrorCode::UpstreamError, "modelStreamErrorException"),
        (ErrorCode::GuardrailBlocked, "validationException"),
        (ErrorCode::Internal, "internalServerException"),
    ] {
        let all = messages(&event(&Refusal::new(code, "why")));
        let mut events = Vec::new();
        Reader::new().frame(&all[0], &mut events).unwrap();
        assert_eq!(events, [Event::Error { kind: expected.to_owned(), message: "why".to_owned() }]);
        assert_eq!(all[0].headers.text(":message-type"), Some("exception"));
    }
}

#[test]
fn errors_are_read() {
    let header = "UnrecognizedClientException:http://internal.amazon.com/coral/com.amazon.coral.service/";
    assert_eq!(
        read(br#"{"message":"bad token"}"#, Some(header)),
        Some(("UnrecognizedClientException".to_owned(), "bad token".to_owned()))
    );
    assert_eq!(
        read(br#"{"message":"m","code":"a.b#ValidationException"}"#, None),
        Some(("ValidationException".to_owned(), "m".to_owned()))
    );
    assert_eq!(read(b"{}", Some("ThrottlingException")), None);
    assert_eq!(plain_kind(""), "");
    let refusal = Refusal::new(ErrorCode::NotFound, "nothing");
    let read_back = read(&body(&refusal), None);
    assert_eq!(read_back, Some(("ResourceNotFoundException".to_owned(), "nothing".to_owned())));
}

#[test]
fn errors_are_understood() {
    for (kind, message, expected) in [
        ("ValidationException", "Input is too long for requested model.", Meaning::ContextLength),
        (
            "ValidationException",
            "The model returned the following errors: prompt is too long: 210000 tokens > 200000 maximum",
            Meaning::ContextLength,
        ),
        (
            "ValidationException",
            "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
            Meaning::ContextLength,
        ),
        ("ValidationException", "Output blocked by content filtering policy", Meaning::ContentPolicy),
        (
            "ValidationException",
            "The generated text has been blocked by our content filters.",
            Meaning::ContentPolicy,
        ),
        ("ThrottlingException", "Too many tokens, please wait before trying again.", Meaning::Throttled),
        ("com.amazon#AccessDeniedException", "You don't have access", Meaning::Credential),
        ("ValidationException", "Malformed input request", Meaning::Other),
        ("", "", Meaning::Other),
    ] {
        assert_eq!(meaning(kind, message), expected, "{kind}: {message}");
    }
}
