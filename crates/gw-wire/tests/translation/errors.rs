//! Recorded errors of providers: input that does not fit and content policies are recognised whoever reports them, and
//! every format's callers hear status, message and code.

use crate::fixtures;
use gw_model::{ErrorCode, WireFormat};
use gw_wire::errors;

/// Errors that providers are known to give and that were not recorded: format, status, body.
const KNOWN_LENGTH: &[(WireFormat, u16, &str)] = &[
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"message":"Input tokens exceed the configured limit of 272000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"message":"Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576.","type":"invalid_request_error","param":"messages[0].content","code":"string_above_max_length"}}"#,
    ),
    (
        WireFormat::OpenAiResponses,
        400,
        r#"{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        413,
        r#"{"error":{"code":"tokens_limit_reached","message":"Request body too large for gpt-4o model. Max size: 8000 tokens."}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"object":"error","message":"Prompt contains 40001 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","param":null,"code":"3051"}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192","type":"invalid_request_error"}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 200000 tokens."}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error"}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        422,
        r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000","error_type":"validation"}"#,
    ),
    (
        WireFormat::AnthropicMessages,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"}}"#,
    ),
    (
        WireFormat::BedrockConverse,
        400,
        r#"{"message":"The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again."}"#,
    ),
    (
        WireFormat::BedrockConverse,
        400,
        r#"{"message":"This model's maximum context length is 8192 tokens. Please reduce the length of the prompt"}"#,
    ),
    (
        WireFormat::CohereChat,
        400,
        r#"{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000."}"#,
    ),
];

const KNOWN_POLICY: &[(WireFormat, u16, &str)] = &[
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"message":"Your request was rejected as a result of our safety system.","type":"image_generation_user_error","param":null,"code":"moderation_blocked"}}"#,
    ),
    (
        WireFormat::OpenAiResponses,
        400,
        r#"{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","type":"invalid_request_error","param":null,"code":"invalid_prompt"}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
    ),
    (
        WireFormat::OpenAiChat,
        400,
        r#"{"error":{"code":"data_inspection_failed","message":"Output data may contain inappropriate content.","type":"data_inspection_failed"}}"#,
    ),
    (
        WireFormat::AnthropicMessages,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
    ),
    (
        WireFormat::BedrockConverse,
        400,
        r#"{"message":"This request has been blocked by our content filters."}"#,
    ),
    (
        WireFormat::GeminiGenerate,
        400,
        r#"{"error":{"code":400,"message":"The prompt could not be submitted. It contains words that violate Vertex AI's usage guidelines.","status":"INVALID_ARGUMENT"}}"#,
    ),
];

#[test]
fn known_errors_are_recognised_and_told_in_every_format() {
    for (cases, code) in
        [(KNOWN_LENGTH, ErrorCode::ContextLengthExceeded), (KNOWN_POLICY, ErrorCode::GuardrailBlocked)]
    {
        for (from, status, body) in cases {
            told(*from, *status, body.as_bytes(), code, body);
        }
    }
    let user = br#"{"error":{"message":"Invalid 'user': string too long. Expected a string with maximum length 64.","code":"string_above_max_length"}}"#;
    assert_eq!(errors::code_of_body(WireFormat::OpenAiChat, 400, user), ErrorCode::InvalidRequest);
}

#[test]
fn recorded_errors_are_recognised_and_told_in_every_format() {
    let names: Vec<&str> = WireFormat::ALL.iter().map(|format| format.as_str()).collect();
    let Some(exchanges) = fixtures::exchanges(&names) else { return };
    let (mut too_long, mut others) = (0, 0);
    for exchange in exchanges.iter().filter(|exchange| exchange.status >= 400) {
        let from = WireFormat::ALL.iter().find(|format| format.as_str() == exchange.wire_format).unwrap();
        let is_length = exchange.name.contains("context-length-exceeded") && exchange.status == 400;
        let code =
            if is_length { ErrorCode::ContextLengthExceeded } else { errors::code_of(exchange.status) };
        told(*from, exchange.status, &exchange.body, code, &exchange.name);
        *(if is_length { &mut too_long } else { &mut others }) += 1;
    }
    println!("{too_long} recorded errors of input that does not fit, {others} others");
    assert!(too_long >= 6 && others >= 15, "{too_long} {others}");
}

/// The error in every format: same message, the stable code where the format has a place for it.
fn told(from: WireFormat, status: u16, body: &[u8], code: ErrorCode, what: &str) {
    assert_eq!(errors::code_of_body(from, status, body), code, "{what}");
    let message = errors::message(from, body).unwrap();
    let start: String = message.chars().take(40).collect();
    for to in WireFormat::ALL.iter().filter(|to| **to != from) {
        let told = errors::translate(from, *to, status, body);
        let value: serde_json::Value = serde_json::from_slice(&told).unwrap();
        let text = String::from_utf8(told).unwrap();
        assert!(text.contains(&format!("\"{}\"", code.as_str())), "{to:?} {what}: {text}");
        let found = value.pointer("/error/message").or_else(|| value.get("message"));
        assert!(found.unwrap().as_str().unwrap().starts_with(&start), "{to:?} {what}: {text}");
    }
}
