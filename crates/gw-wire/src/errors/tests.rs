//! Shapes of errors in each format, and what is read from upstreams' errors.

use super::*;

fn json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn refusals_take_the_shape_of_the_format() {
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "`n` must be \"1\".").param("n");
    assert_eq!(
        json(&body(WireFormat::OpenAiChat, &refusal)),
        serde_json::json!({"error": {"message": "`n` must be \"1\".", "type": "invalid_request_error",
            "param": "n", "code": "invalid_request"}})
    );
    assert_eq!(
        json(&body_with_id(WireFormat::AnthropicMessages, &refusal, "req-1")),
        serde_json::json!({"type": "error", "error": {"type": "invalid_request_error",
            "message": "`n` must be \"1\".", "code": "invalid_request", "param": "n"}, "request_id": "req-1"})
    );
}

#[test]
fn every_code_has_a_type_in_every_format() {
    for format in WireFormat::ALL {
        for code in ErrorCode::ALL {
            let value = json(&body(*format, &Refusal::new(*code, "x")));
            assert_eq!(value["error"]["code"], code.as_str());
            assert!(!value["error"]["type"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn events_end_streams() {
    let refusal = Refusal::new(ErrorCode::UpstreamError, "It died.");
    let chat = event(WireFormat::OpenAiChat, &refusal, "");
    assert!(chat.starts_with(b"data: {\"error\":") && chat.ends_with(b"}\n\n"));
    let messages = event(WireFormat::AnthropicMessages, &refusal, "r");
    assert!(messages.starts_with(b"event: error\ndata: {\"type\":\"error\"") && messages.ends_with(b"}\n\n"));
}

#[test]
fn reads_the_errors_of_upstreams() {
    let cases: &[(&str, Option<(&str, &str)>)] = &[
        (r#"{"error":{"message":"m","type":"t","code":null}}"#, Some(("t", "m"))),
        (r#"{"error":{"message":"m","code":"c"}}"#, Some(("c", "m"))),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Some(("overloaded_error", "Overloaded")),
        ),
        (r#"{"error":"plain"}"#, Some(("", "plain"))),
        (r#"{"message":"m"}"#, Some(("", "m"))),
        (r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, Some(("", "field required"))),
        (r#"{"id":"x","error":null,"choices":[]}"#, None),
        ("<html>", None),
    ];
    for (body, want) in cases {
        let got = read(body.as_bytes());
        assert_eq!(got.as_ref().map(|(k, m)| (k.as_str(), m.as_str())), *want, "{body}");
    }
    let long = format!("{{\"message\":\"{}\"}}", "é".repeat(2000));
    assert_eq!(message(WireFormat::OpenAiChat, long.as_bytes()).unwrap().len(), MAX_MESSAGE_BYTES);
}

#[test]
fn translates_between_shapes() {
    let anthropic =
        br#"{"type":"error","error":{"type":"not_found_error","message":"model: x"},"request_id":"r"}"#;
    let value = json(&translate(WireFormat::AnthropicMessages, WireFormat::OpenAiChat, 404, anthropic));
    assert_eq!(value["error"]["message"], "model: x");
    assert_eq!(value["error"]["type"], "invalid_request_error");
    assert_eq!(value["error"]["code"], "not_found");
    let value = json(&translate(WireFormat::OpenAiChat, WireFormat::AnthropicMessages, 429, b"busy"));
    assert_eq!(value["error"]["type"], "rate_limit_error");
}
