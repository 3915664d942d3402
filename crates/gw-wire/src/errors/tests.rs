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

/// Anthropic's SDKs send a conversation again without `thread` when they read this.
#[test]
fn a_thread_is_refused_as_sdks_read_it() {
    let refusal = Refusal::new(ErrorCode::UnsupportedParameter, "x").param("thread");
    let details = |format| json(&body(format, &refusal))["error"]["details"].clone();
    assert_eq!(
        details(WireFormat::AnthropicMessages),
        serde_json::json!({"error_code": "thread_unsupported_request", "unsupported": ["thread"]})
    );
    assert!(details(WireFormat::OpenAiChat).is_null());
}

#[test]
fn every_code_stands_in_every_format() {
    for format in WireFormat::ALL {
        for code in ErrorCode::ALL {
            let value = json(&body(*format, &Refusal::new(*code, "x")));
            let (found, kind, message) = match format.api() {
                Api::Gemini => {
                    let error = &value["error"];
                    assert_eq!(error["code"], code.status());
                    (&error["details"][0]["reason"], &error["status"], &error["message"])
                }
                Api::Bedrock => (&value["code"], &value["__type"], &value["message"]),
                Api::Cohere => (&value["code"], &value["code"], &value["message"]),
                _ => (&value["error"]["code"], &value["error"]["type"], &value["error"]["message"]),
            };
            assert_eq!(found, code.as_str(), "{format:?}");
            assert!(!kind.as_str().unwrap().is_empty());
            assert_eq!(message, "x");
            let header = headers(*format, *code);
            assert_eq!(header.is_some(), format.api() == Api::Bedrock);
            assert!(header.is_none_or(|(name, value)| name == "x-amzn-errortype" && kind == value));
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
fn every_formats_event_is_read_as_an_error_by_its_own_reader() {
    let refusal = Refusal::new(ErrorCode::BudgetExceeded, "The budget is spent.");
    for format in WireFormat::CONVERSATIONS {
        let mut framer = crate::frames::Framer::new(*format, 1 << 16);
        framer.push(event(*format, &refusal, "r"));
        let frame = framer.next().unwrap().unwrap();
        assert!(framer.next().is_none());
        let data = crate::sse::SseEvent::data(&frame);
        assert!(memchr::memmem::find(data, b"budget_exceeded").is_some(), "{format:?}");
        let mut meter = crate::usage::StreamMeter::new(*format);
        meter.frame(&frame);
        assert_eq!(meter.error().unwrap().message, "The budget is spent.", "{format:?}");
        assert!(meter.complete(), "{format:?}");
    }
    let array = array_event(&refusal, true);
    assert!(array.starts_with(b"[{") && array.ends_with(b"]"), "{array:?}");
    assert!(array_event(&refusal, false).starts_with(b","));
    let responses = event(WireFormat::OpenAiResponses, &refusal, "");
    assert!(memchr::memmem::find(&responses, b"\"sequence_number\":2147483647").is_some());
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

#[test]
fn length_and_policy_have_codes_of_their_own_whatever_the_upstream_calls_them() {
    let long = [
        (WireFormat::OpenAiChat, r#"{"error":{"message":"m","code":"context_length_exceeded"}}"#),
        (
            WireFormat::AnthropicMessages,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 2 > 1"}}"#,
        ),
        (
            WireFormat::GeminiGenerate,
            r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"The input token count (2) exceeds the maximum number of tokens allowed (1)."}}"#,
        ),
        (
            WireFormat::GeminiGenerate,
            r#"[{"error":{"code":400,"message":"The input token count (2) exceeds the maximum number of tokens allowed (1)."}}]"#,
        ),
        (WireFormat::BedrockConverse, r#"{"message":"Input is too long for requested model."}"#),
        (WireFormat::CohereChat, r#"{"message":"too many tokens: size limit exceeded by 1"}"#),
    ];
    for (from, upstream) in long {
        for to in WireFormat::ALL {
            let text = String::from_utf8(translate(from, *to, 400, upstream.as_bytes())).unwrap();
            assert!(text.contains("context_length_exceeded"), "{from:?} {to:?}: {text}");
        }
        assert_eq!(code_of_body(from, 400, upstream.as_bytes()), ErrorCode::ContextLengthExceeded);
        assert_eq!(code_of_body(from, 429, upstream.as_bytes()), ErrorCode::RateLimitExceeded);
    }
    let policy = [
        (WireFormat::OpenAiChat, r#"{"error":{"message":"m","code":"content_filter"}}"#),
        (WireFormat::BedrockConverse, r#"{"message":"Output blocked by content filtering policy"}"#),
        (WireFormat::CohereChat, r#"{"message":"Blocked input: potentially unsafe"}"#),
    ];
    for (from, upstream) in policy {
        assert_eq!(code_of_body(from, 400, upstream.as_bytes()), ErrorCode::GuardrailBlocked);
    }
    let value = json(&translate(
        WireFormat::OpenAiChat,
        WireFormat::GeminiGenerate,
        404,
        br#"{"error":{"message":"no such model","param":"model"}}"#,
    ));
    assert_eq!((&value["error"]["code"], &value["error"]["status"]), (&404.into(), &"NOT_FOUND".into()));
    assert_eq!(
        (&value["error"]["message"], &value["error"]["details"][0]["reason"]),
        (&"no such model".into(), &"not_found".into())
    );
    let value = json(&translate(WireFormat::GeminiGenerate, WireFormat::BedrockConverse, 429, b"[]"));
    assert_eq!(
        (&value["__type"], &value["code"]),
        (&"ThrottlingException".into(), &"rate_limit_exceeded".into())
    );
    assert_eq!(message(WireFormat::GeminiGenerate, br#"[{"error":{"message":"m"}}]"#).as_deref(), Some("m"));
    assert_eq!(read(br#"{"__type":"a#ValidationException","Message":"m"}"#).unwrap().1, "m");
}
