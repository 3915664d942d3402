//! Facts of every format, and what is refused with which parameter.

mod media;
mod vectors;

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

#[test]
fn reads_a_responses_request() {
    let body = r#"{"model":"gpt","input":[{"role":"user","content":"hi"}],"instructions":"be brief","max_output_tokens":77,
        "stream":true,"stream_options":{"include_obfuscation":false},"service_tier":"flex","safety_identifier":"s","user":"u",
        "background":true,"models":["x"],"topLogprobs":1}"#;
    let facts = facts(WireFormat::OpenAiResponses, body).unwrap();
    assert_eq!((facts.model.as_str(), at(body, facts.model_span)), ("gpt", "\"gpt\""));
    assert!(facts.stream && facts.include_usage && facts.background);
    assert_eq!(at(body, facts.stream_options_span), r#"{"include_obfuscation":false}"#);
    assert_eq!((facts.max_output_tokens, at(body, facts.max_output_span)), (Some(77), "77"));
    assert_eq!(facts.service_tier, Some(ServiceTier::Flex));
    assert_eq!(facts.user.as_deref(), Some("u"));
    assert_eq!(facts.routing_members, vec!["models"]);
    assert_eq!(facts.choices, 1);
    for body in [
        r#"{"model":"m","input":"hi"}"#,
        r#"{"model":"m","input":null,"previous_response_id":"resp_1"}"#,
        r#"{"model":"m","input":[],"conversation":{"id":"c"}}"#,
        r#"{"model":"m","prompt":{"id":"p"}}"#,
    ] {
        super::read(WireFormat::OpenAiResponses, &Bytes::from(body), 128).unwrap();
    }
}

#[test]
fn reads_a_gemini_request_in_both_spellings() {
    for body in [
        r#"{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":50,"candidateCount":2},"serviceTier":"flex"}"#,
        r#"{"contents":{"parts":[{"text":"hi"}]},"generation_config":{"max_output_tokens":"50","candidate_count":2},"service_tier":"SERVICE_TIER_FLEX"}"#,
    ] {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        let facts = read_with_model(WireFormat::GeminiGenerate, &bytes, 128, "gemini-x").unwrap();
        assert_eq!((facts.model.as_str(), facts.model_span), ("gemini-x", None));
        assert_eq!((facts.max_output_tokens, facts.choices), (Some(50), 2));
        assert!(at(body, facts.max_output_span).contains("50"));
        assert_eq!(facts.service_tier, Some(ServiceTier::Flex));
        assert!(facts.include_usage && !facts.stream && facts.input_tokens > 0);
    }
    let named = facts(WireFormat::GeminiGenerate, r#"{"model":"models/m","contents":[{}],"stream":true}"#);
    let named = named.unwrap();
    assert_eq!((named.model.as_str(), named.stream), ("m", false));
    assert!(
        facts(WireFormat::GeminiGenerate, r#"{"contents":[{}],"service_tier":null}"#)
            .unwrap()
            .model
            .is_empty()
    );
}

#[test]
fn reads_a_converse_request() {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"maxTokens":9,"topP":1},
        "serviceTier":{"type":"priority"},"additionalModelRequestFields":{"max_tokens":11,"top_k":1}}"#;
    let bytes = Bytes::copy_from_slice(body.as_bytes());
    let facts = read_with_model(WireFormat::BedrockConverse, &bytes, 128, "a:0").unwrap();
    assert_eq!((facts.model.as_str(), facts.model_span), ("a:0", None));
    assert_eq!((facts.max_output_tokens, at(body, facts.max_output_span)), (Some(11), "11"));
    assert_eq!(facts.service_tier, Some(ServiceTier::Priority));
    assert!(facts.include_usage);
    let nulls = r#"{"messages":[{}],"inferenceConfig":null,"system":[],"toolConfig":{},"serviceTier":null}"#;
    assert!(super::read(WireFormat::BedrockConverse, &Bytes::from(nulls), 128).is_ok());
    let fast = super::read(
        WireFormat::BedrockConverse,
        &Bytes::from(
            r#"{"messages":[{}],"performanceConfig":{"latency":"optimized"},"serviceTier":{"type":"flex"}}"#,
        ),
        128,
    );
    assert_eq!(fast.unwrap().service_tier, Some(ServiceTier::Priority));
    assert!(
        super::read(
            WireFormat::BedrockConverse,
            &Bytes::from(r#"{"promptVariables":{"a":{"text":"b"}}}"#),
            128
        )
        .is_ok()
    );
}

#[test]
fn reads_a_cohere_request() {
    let body = r#"{"model":"command","messages":[{"role":"user","content":"hi"}],"max_tokens":5,"stream":true,"priority":1}"#;
    let facts = facts(WireFormat::CohereChat, body).unwrap();
    assert_eq!((facts.model.as_str(), at(body, facts.model_span)), ("command", "\"command\""));
    assert_eq!((facts.max_output_tokens, facts.stream, facts.include_usage), (Some(5), true, true));
    assert_eq!(facts.service_tier, None);
}

#[test]
fn refuses_what_the_other_formats_do_not_have_so() {
    let (responses, gemini) = (WireFormat::OpenAiResponses, WireFormat::GeminiGenerate);
    let (converse, cohere) = (WireFormat::BedrockConverse, WireFormat::CohereChat);
    let cases: &[(WireFormat, &str, &str)] = &[
        (responses, r#"{"input":"x"}"#, "model"),
        (responses, r#"{"model":"m"}"#, "input"),
        (responses, r#"{"model":"m","input":[]}"#, "input"),
        (responses, r#"{"model":"m","input":7}"#, "input"),
        (responses, r#"{"model":"m","input":["x"]}"#, "input"),
        (responses, r#"{"model":"m","input":"x","max_output_tokens":"7"}"#, "max_output_tokens"),
        (responses, r#"{"model":"m","input":"x","stream":1}"#, "stream"),
        (responses, r#"{"model":"m","input":"x","stream_options":true}"#, "stream_options"),
        (responses, r#"{"model":"m","input":"x","background":"yes"}"#, "background"),
        (responses, r#"{"model":"m","previous_response_id":7}"#, "previous_response_id"),
        (responses, r#"{"model":"m","input":"x","Max_Output_Tokens":7}"#, "Max_Output_Tokens"),
        (gemini, r#"{"contents":[]}"#, "contents"),
        (gemini, r#"{"contents":"hi"}"#, "contents"),
        (gemini, r#"{"generationConfig":{}}"#, "contents"),
        (gemini, r#"{"contents":[{}],"generationConfig":7}"#, "generationConfig"),
        (
            gemini,
            r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":-1}}"#,
            "generationConfig.maxOutputTokens",
        ),
        (
            gemini,
            r#"{"contents":[{}],"generationConfig":{"candidateCount":0}}"#,
            "generationConfig.candidateCount",
        ),
        (
            gemini,
            r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}"#,
            "max_output_tokens",
        ),
        (gemini, r#"{"contents":[{}],"generationConfig":null,"generation_config":{}}"#, "generation_config"),
        (gemini, r#"{"contents":[{}],"GenerationConfig":{"maxOutputTokens":1}}"#, "GenerationConfig"),
        (gemini, r#"{"contents":[{}],"generationConfig":{"MaxOutputTokens":1}}"#, "MaxOutputTokens"),
        (gemini, r#"{"contents":[{}],"serviceTier":{}}"#, "serviceTier"),
        (gemini, r#"{"contents":[{}],"model":{}}"#, "model"),
        (converse, r#"{"messages":[]}"#, "messages"),
        (converse, r#"{"inferenceConfig":{}}"#, "messages"),
        (converse, r#"{"messages":[{}],"inferenceConfig":[]}"#, "inferenceConfig"),
        (converse, r#"{"messages":[{}],"inferenceConfig":{"maxTokens":"9"}}"#, "inferenceConfig.maxTokens"),
        (converse, r#"{"messages":[{}],"inferenceConfig":{"maxtokens":9}}"#, "maxtokens"),
        (converse, r#"{"messages":[{}],"InferenceConfig":{}}"#, "InferenceConfig"),
        (converse, r#"{"messages":[{}],"inferenceconfig":null}"#, "inferenceconfig"),
        (converse, r#"{"messages":[{}],"serviceTier":"flex"}"#, "serviceTier"),
        (cohere, r#"{"messages":[{}]}"#, "model"),
        (cohere, r#"{"model":"m"}"#, "messages"),
        (cohere, r#"{"model":"m","messages":[{}],"max_tokens":"1"}"#, "max_tokens"),
        (cohere, r#"{"model":"m","messages":[{}],"Stream":true}"#, "Stream"),
    ];
    for (format, body, param) in cases {
        let refusal = facts(*format, body).expect_err(body);
        assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{body}");
        assert_eq!(refusal.param.as_deref(), Some(*param), "{body}: {}", refusal.message);
    }
    let empty = read_with_model(gemini, &Bytes::from(r#"{"contents":[{}]}"#), 128, "").unwrap_err();
    assert_eq!(empty.param.as_deref(), Some("model"));
}

#[test]
fn metadata_is_found_where_the_format_has_it() {
    let found = |format, body: &str| {
        super::metadata(format, body.as_bytes()).map(|m| serde_json::json!(m).to_string())
    };
    let chat = r#"{"model":"m","metadata":{"tier":"gold","n":2},"messages":[]}"#;
    assert_eq!(found(WireFormat::OpenAiChat, chat).as_deref(), Some(r#"{"tier":"gold","n":2}"#));
    let converse = r#"{"requestMetadata":{"a":"b"},"messages":[]}"#;
    assert_eq!(found(WireFormat::BedrockConverse, converse).as_deref(), Some(r#"{"a":"b"}"#));
    assert_eq!(found(WireFormat::CohereChat, chat), None);
    assert_eq!(found(WireFormat::OpenAiChat, r#"{"metadata":"text"}"#), None);
    let large = format!(r#"{{"metadata":{{"a":"{}"}}}}"#, "x".repeat(70_000));
    assert_eq!(found(WireFormat::OpenAiChat, &large), None);
}
