//! Facts of every format, and what is refused with which parameter.

use super::*;
use bytes::Bytes;
use gw_model::ErrorCode;

fn facts(format: WireFormat, body: &str) -> Result<CallFacts, Refusal> {
    read(format, &Bytes::copy_from_slice(body.as_bytes()), 128)
}

fn at(body: &str, span: Option<Span>) -> &str {
    let span = span.unwrap();
    &body[span.start..span.end]
}

use gw_model::Span;

#[test]
fn reads_a_chat_request() {
    let body = r#" {"model":"a\u002fb","stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":99,
        "n":3,"service_tier":"flex","user":"u1","models":["x"],"provider":null,"route":"fallback",
        "messages":[{"role":"user","content":"hi"}],"future_field":{"x":[1,2,{"y":null}]}}"#;
    let facts = facts(WireFormat::OpenAiChat, body).unwrap();
    assert_eq!(facts.model, "a/b");
    assert_eq!(at(body, facts.model_span), r#""a\u002fb""#);
    assert_eq!(facts.insert_at, 2);
    assert!(facts.stream && facts.include_usage && !facts.is_empty_object);
    assert_eq!(at(body, facts.stream_options_span), r#"{"include_usage":true}"#);
    assert_eq!((facts.max_output_tokens, at(body, facts.max_output_span)), (Some(99), "99"));
    assert_eq!(facts.choices, 3);
    assert_eq!(facts.service_tier, Some(ServiceTier::Flex));
    assert_eq!(facts.user.as_deref(), Some("u1"));
    assert_eq!(facts.routing_members, vec!["models", "route"]);
    assert!(facts.input_tokens > 0);
}

#[test]
fn reads_an_anthropic_request() {
    let body = r#"{"model":"claude","max_tokens":5,"system":"x","metadata":{"user_id":"u"},"messages":[{"role":"user","content":"hi"}]}"#;
    let facts = facts(WireFormat::AnthropicMessages, body).unwrap();
    assert!(facts.include_usage && !facts.stream);
    assert_eq!(facts.user.as_deref(), Some("u"));
    assert_eq!(facts.max_output_tokens, Some(5));
}

#[test]
fn counts_prompts_and_token_ids() {
    let one =
        facts(WireFormat::OpenAiCompletions, r#"{"model":"m","prompt":[1,2,3],"n":2,"best_of":4}"#).unwrap();
    assert_eq!((one.input_tokens, one.choices), (3, 4));
    let two = facts(WireFormat::OpenAiCompletions, r#"{"model":"m","prompt":["a","b"],"n":2}"#).unwrap();
    assert_eq!((two.input_tokens, two.choices), (2, 4));
    let none = facts(WireFormat::OpenAiCompletions, r#"{"model":"m"}"#).unwrap();
    assert_eq!((none.input_tokens, none.choices), (1, 1));
    let ids = facts(WireFormat::OpenAiEmbeddings, r#"{"model":"m","input":[[1,2],[3,4,5]]}"#).unwrap();
    assert_eq!((ids.input_tokens, ids.max_output_tokens), (5, Some(0)));
    let text =
        facts(WireFormat::OpenAiEmbeddings, r#"{"model":"m","input":"hello","encoding_format":"base64"}"#);
    assert!(text.unwrap().input_tokens >= 1);
}

#[test]
fn the_path_may_name_the_model() {
    let body = Bytes::from_static(br#"{"messages":[{"role":"user","content":"x"}]}"#);
    let facts = read_with_model(WireFormat::OpenAiChat, &body, 128, "deployed").unwrap();
    assert_eq!((facts.model.as_str(), facts.model_span), ("deployed", None));
}

#[test]
fn the_larger_of_two_bounds_counts() {
    let body = r#"{"model":"m","max_tokens":9,"max_completion_tokens":5,"messages":[{}]}"#;
    assert_eq!(facts(WireFormat::OpenAiChat, body).unwrap().max_output_tokens, Some(9));
}

#[test]
fn refuses_with_the_parameter_at_fault() {
    let chat = WireFormat::OpenAiChat;
    let cases: &[(WireFormat, &str, Option<&str>)] = &[
        (chat, r#"{"messages":[{}]}"#, Some("model")),
        (chat, r#"{"model":"","messages":[{}]}"#, Some("model")),
        (chat, r#"{"model":null,"messages":[{}]}"#, Some("model")),
        (chat, r#"{"model":7,"messages":[{}]}"#, Some("model")),
        (chat, r#"{"model":"m"}"#, Some("messages")),
        (chat, r#"{"model":"m","messages":"hi"}"#, Some("messages")),
        (chat, r#"{"model":"m","messages":[ ]}"#, Some("messages")),
        (chat, r#"{"model":"m","messages":["hi"]}"#, Some("messages")),
        (chat, r#"{"model":"m","messages":[{}],"stream":"yes"}"#, Some("stream")),
        (chat, r#"{"model":"m","messages":[{}],"stream_options":[]}"#, Some("stream_options")),
        (chat, r#"{"model":"m","messages":[{}],"stream_options":{"a":1,"a":2}}"#, Some("a")),
        (chat, r#"{"model":"m","messages":[{}],"max_tokens":-1}"#, Some("max_tokens")),
        (chat, r#"{"model":"m","messages":[{}],"max_tokens":1.5}"#, Some("max_tokens")),
        (chat, r#"{"model":"m","messages":[{}],"n":0}"#, Some("n")),
        (chat, r#"{"model":"m","messages":[{}],"service_tier":1}"#, Some("service_tier")),
        (chat, r#"{"model":"m","messages":[{}],"model":"x"}"#, Some("model")),
        (chat, r#"{"model":"m","messages":[{}],"Model":"x"}"#, Some("Model")),
        (chat, "{\"model\":\"m\",\"messages\":[{}],\"\u{17f}tream\":true}", Some("\u{17f}tream")),
        (chat, r#"{"model":"m","messages":[{}]"#, None),
        (chat, "", None),
        (chat, "[]", None),
        (WireFormat::AnthropicMessages, r#"{"model":"m","messages":[{}]}"#, Some("max_tokens")),
        (WireFormat::OpenAiEmbeddings, r#"{"model":"m"}"#, Some("input")),
        (WireFormat::OpenAiEmbeddings, r#"{"model":"m","input":[]}"#, Some("input")),
        (WireFormat::OpenAiEmbeddings, r#"{"model":"m","input":[1,"a"]}"#, Some("input")),
        (WireFormat::OpenAiCompletions, r#"{"model":"m","prompt":[null]}"#, Some("prompt")),
    ];
    for (format, body, param) in cases {
        let refusal = facts(*format, body).expect_err(body);
        assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{body}");
        assert_eq!(refusal.param.as_deref(), *param, "{body}: {}", refusal.message);
    }
}

#[test]
fn other_spellings_of_members_that_no_stage_reads_pass() {
    let body = r#"{"model":"m","messages":[{}],"topP":0.5,"Überraschung":1}"#;
    assert!(facts(WireFormat::OpenAiChat, body).is_ok());
}
