//! Models of other makers on Vertex AI and Bedrock: paths, bodies and headers.

use super::{request, send};
use crate::testing::{call, provider, target};
use crate::{error_format, upstream_format};
use bytes::Bytes;
use gw_model::call::Call;
use gw_model::catalog::{AuthScheme, ProviderKind};
use gw_model::credential::CredentialValue;
use gw_model::format::WireFormat::{
    self, AnthropicMessages, BedrockConverse, GeminiEmbed, GeminiGenerate, OpenAiChat, OpenAiEmbeddings,
    VertexPredict,
};
use gw_model::secret::Secret;
use gw_model::snapshot::Provider;
use serde_json::{Value, json};

const ROOT: &str = "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5";

fn vertex() -> Provider {
    let mut p = provider(ProviderKind::Vertex, ROOT);
    p.formats = vec![GeminiGenerate, AnthropicMessages, OpenAiChat, GeminiEmbed, VertexPredict];
    p.auth = AuthScheme::Header("x-goog-api-key".into());
    p.carrying(&CredentialValue::Token(Secret::new("ya29".to_owned())))
}

fn bedrock() -> Provider {
    let mut p = provider(ProviderKind::Bedrock, "https://bedrock-runtime.us-east-1.amazonaws.com");
    p.formats = vec![AnthropicMessages, BedrockConverse];
    p
}

fn with_body(format: WireFormat, body: &str) -> Call {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let facts = gw_wire::facts::read_with_model(format, &body, 128, "m").unwrap();
    Call { format, body, facts, forward_headers: Vec::new(), raw: None }
}

fn json_of(body: &[Bytes]) -> Value {
    serde_json::from_slice(&body.concat()).unwrap()
}

#[test]
fn vectors_of_vertex_are_made_at_the_verb_of_their_model() {
    for (model, format, verb) in [
        ("gemini-embedding-2", GeminiEmbed, "embedContent"),
        ("text-embedding-005", VertexPredict, "predict"),
    ] {
        assert_eq!(upstream_format(&vertex(), model, OpenAiEmbeddings), Some(format));
        let sent = send(vertex(), model, format).path_and_query.to_string();
        assert_eq!(
            sent,
            format!("/v1/projects/p/locations/us-east5/publishers/google/models/{model}:{verb}")
        );
    }
}

#[test]
fn each_model_of_vertex_has_its_makers_path() {
    let at = |rest: &str| format!("/v1/projects/p/locations/us-east5/{rest}");
    let cases = [
        ("gemini-3-pro", GeminiGenerate, "publishers/google/models/gemini-3-pro:generateContent"),
        ("google/gemini-3-pro", GeminiGenerate, "publishers/google/models/gemini-3-pro:generateContent"),
        ("endpoints/123", GeminiGenerate, "endpoints/123:generateContent"),
        ("4567", GeminiGenerate, "endpoints/4567:generateContent"),
        ("claude-x@20250929", AnthropicMessages, "publishers/anthropic/models/claude-x@20250929:rawPredict"),
        (
            "publishers/anthropic/models/claude-x",
            AnthropicMessages,
            "publishers/anthropic/models/claude-x:rawPredict",
        ),
        ("meta/llama-4-maas", OpenAiChat, "endpoints/openapi/chat/completions"),
        ("google/gemma-4-maas", OpenAiChat, "endpoints/openapi/chat/completions"),
        ("mistral-medium-3", OpenAiChat, "publishers/mistralai/models/mistral-medium-3:rawPredict"),
        ("mistralai/codestral-2@001", OpenAiChat, "publishers/mistralai/models/codestral-2@001:rawPredict"),
    ];
    for (model, format, path) in cases {
        assert_eq!(upstream_format(&vertex(), model, OpenAiChat), Some(format), "{model}");
        let sent = send(vertex(), model, format);
        assert_eq!(sent.path_and_query.as_str(), at(path), "{model}");
        assert_eq!(sent.headers["authorization"], "Bearer ya29");
        assert!(!sent.headers.contains_key("x-goog-api-key"), "{model}");
    }
    let mut stream = call(AnthropicMessages, "claude-x");
    stream.facts.stream = true;
    let sent = request(&stream, &target(vertex(), "claude-x"), AnthropicMessages).unwrap();
    assert!(sent.path_and_query.as_str().ends_with("claude-x:streamRawPredict"));
    let sent = request(&stream, &target(vertex(), "gemini-x"), GeminiGenerate).unwrap();
    assert!(sent.path_and_query.as_str().ends_with("gemini-x:streamGenerateContent?alt=sse"));
    for model in ["..", "publishers/google/models/..", "anthropic/@"] {
        let format = upstream_format(&vertex(), model, OpenAiChat).unwrap();
        request(&call(format, model), &target(vertex(), model), format).unwrap_err();
    }
}

#[test]
fn gemini_may_be_asked_for_in_openais_format() {
    let mut p = vertex();
    p.formats = vec![OpenAiChat];
    assert_eq!(upstream_format(&p.clone(), "gemini-x", GeminiGenerate), Some(OpenAiChat));
    let sent = send(p, "gemini-x", OpenAiChat);
    assert!(sent.path_and_query.as_str().ends_with("/endpoints/openapi/chat/completions"));
    assert_eq!(json_of(&sent.body)["model"], "google/gemini-x");
}

#[test]
fn an_express_key_goes_in_googles_header() {
    let mut p = vertex();
    p.base_url = "https://aiplatform.googleapis.com/v1".into();
    p.auth = AuthScheme::Header("x-goog-api-key".into());
    let p = p.carrying(&CredentialValue::Key(Secret::new("AIza".to_owned())));
    let sent = send(p, "gemini-x", GeminiGenerate);
    assert_eq!(sent.path_and_query.as_str(), "/v1/publishers/google/models/gemini-x:generateContent");
    assert_eq!(sent.headers["x-goog-api-key"], "AIza");
    assert!(!sent.headers.contains_key("authorization"));
}

/// Callers that speak to Vertex AI as if it were the gateway: the path names the model, the body the version.
#[test]
fn anthropic_gets_a_hosts_request_as_it_wants_it() {
    let mut anthropic = provider(ProviderKind::Anthropic, "https://api.anthropic.com");
    anthropic.formats = vec![AnthropicMessages];
    let body = r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":5,"messages":[{"role":"user","content":"a"}]}"#;
    let sent = request(
        &with_body(AnthropicMessages, body),
        &target(anthropic.clone(), "claude-x"),
        AnthropicMessages,
    )
    .unwrap();
    assert_eq!(
        json_of(&sent.body),
        json!({"model": "claude-x", "max_tokens": 5, "messages": [{"role": "user", "content": "a"}]})
    );
    // The word in a text stays where it is.
    let body = r#"{"max_tokens":5,"messages":[{"role":"user","content":"anthropic_version"}]}"#;
    let sent =
        request(&with_body(AnthropicMessages, body), &target(anthropic, "claude-x"), AnthropicMessages)
            .unwrap();
    assert_eq!(json_of(&sent.body)["messages"][0]["content"], "anthropic_version");
}

#[test]
fn claude_on_a_host_gets_the_callers_bytes_without_what_the_path_says() {
    let body = r#"{"model":"alias","anthropic_version":"x", "max_tokens" : 5,"stream":true,"messages":[{"role":"user","content":"a  b"}]}"#;
    let mut asked = with_body(AnthropicMessages, body);
    asked.forward_headers = vec![
        ("anthropic-version", Bytes::from_static(b"2026-10-21")),
        ("anthropic-beta", Bytes::from_static(b"one-2025-01-01, two")),
    ];
    let sent = request(&asked, &target(vertex(), "claude-x"), AnthropicMessages).unwrap();
    let text = String::from_utf8(sent.body.concat()).unwrap();
    let rest = r#" "max_tokens" : 5,"stream":true,"messages":[{"role":"user","content":"a  b"}]}"#;
    assert_eq!(text, format!(r#"{{"anthropic_version":"vertex-2023-10-16",{}"#, rest.trim_start()));
    assert_eq!(sent.headers["anthropic-beta"], "one-2025-01-01, two");
    assert!(!sent.headers.contains_key("anthropic-version"));

    let model = "anthropic.claude-x-v1:0";
    let sent = request(&asked, &target(bedrock(), model), AnthropicMessages).unwrap();
    assert_eq!(sent.path_and_query.as_str(), "/model/anthropic.claude-x-v1%3A0/invoke-with-response-stream");
    let wanted = json!({
        "anthropic_version": "bedrock-2023-05-31", "anthropic_beta": ["one-2025-01-01", "two"], "max_tokens": 5,
        "messages": [{"role": "user", "content": "a  b"}],
    });
    assert_eq!(json_of(&sent.body), wanted);
    assert!(!sent.headers.contains_key("anthropic-beta") && !sent.headers.contains_key("anthropic-version"));

    let own = with_body(
        AnthropicMessages,
        r#"{"anthropic_beta":["mine"],"max_tokens":5,"messages":[{"role":"user","content":"x"}],"model":"m"}"#,
    );
    let own = Call { forward_headers: asked.forward_headers.clone(), ..own };
    let sent = request(&own, &target(bedrock(), model), AnthropicMessages).unwrap();
    assert_eq!(json_of(&sent.body)["anthropic_beta"], json!(["mine"]));
    assert_eq!(sent.path_and_query.as_str(), "/model/anthropic.claude-x-v1%3A0/invoke");
}

#[test]
fn bedrock_speaks_claudes_format_to_claude_only() {
    let formats = [
        ("anthropic.claude-x", AnthropicMessages, AnthropicMessages),
        ("us.anthropic.claude-x", OpenAiChat, AnthropicMessages),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/x", OpenAiChat, AnthropicMessages),
        ("anthropic.claude-x", BedrockConverse, BedrockConverse),
        ("amazon.nova-lite-v1:0", AnthropicMessages, BedrockConverse),
    ];
    for (model, caller, wanted) in formats {
        assert_eq!(upstream_format(&bedrock(), model, caller), Some(wanted), "{model}");
    }
    let mut plain = bedrock();
    plain.formats = vec![BedrockConverse];
    assert_eq!(upstream_format(&plain, "anthropic.claude-x", AnthropicMessages), Some(BedrockConverse));
}

#[test]
fn errors_of_hosts_are_in_the_hosts_words() {
    let google: &[u8] = br#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#;
    let anthropic: &[u8] = br#"{"type":"error","error":{"type":"invalid_request_error","message":"m"}}"#;
    let cases = [
        (ProviderKind::Bedrock, AnthropicMessages, &b"{\"message\":\"m\"}"[..], BedrockConverse),
        (ProviderKind::Vertex, AnthropicMessages, anthropic, AnthropicMessages),
        (ProviderKind::Vertex, AnthropicMessages, google, GeminiGenerate),
        (ProviderKind::Vertex, OpenAiChat, google, GeminiGenerate),
        (ProviderKind::Anthropic, AnthropicMessages, google, AnthropicMessages),
    ];
    for (kind, format, body, wanted) in cases {
        assert_eq!(error_format(kind, format, body), wanted, "{kind:?} {format:?}");
    }
}

#[test]
fn the_version_of_anthropics_api_is_the_callers_or_pinned_or_that_of_our_writer() {
    let version = |pinned: Option<&str>, stated: Option<&'static str>, format: WireFormat| {
        let mut p = provider(ProviderKind::Anthropic, "https://api.anthropic.com");
        p.api_version = pinned.map(Into::into);
        let mut asked = call(format, "claude-x");
        asked.forward_headers = stated
            .map(|text| ("anthropic-version", Bytes::from_static(text.as_bytes())))
            .into_iter()
            .collect();
        let sent = request(&asked, &target(p, "claude-x"), AnthropicMessages).unwrap();
        sent.headers["anthropic-version"].to_str().unwrap().to_owned()
    };
    assert_eq!(version(None, Some("2026-10-21"), AnthropicMessages), "2026-10-21");
    assert_eq!(version(None, Some("2023-06-01"), AnthropicMessages), "2023-06-01");
    assert_eq!(version(None, None, AnthropicMessages), "2023-06-01");
    assert_eq!(version(None, Some("2026-10-21"), OpenAiChat), "2023-06-01");
    assert_eq!(version(Some("2026-10-21"), Some("2023-06-01"), AnthropicMessages), "2026-10-21");
}
