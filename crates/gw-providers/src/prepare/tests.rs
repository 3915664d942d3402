//! Tests of [`super`]: addresses, credentials and headers per provider.
mod native;

use super::{PrepareError, PrepareInput, PreparedProvider, UpstreamParts, prepare, write_options};
use crate::testing::{call, provider, target};
use ProviderKind::{Anthropic, AzureOpenAi, Emulator, OpenAiCompatible};
use bytes::Bytes;
use gw_model::call::Call;
use gw_model::catalog::{AuthScheme, ProviderKind};
use gw_model::format::WireFormat::{
    self, AnthropicMessages, OpenAiChat, OpenAiCompletions, OpenAiEmbeddings,
};
use gw_model::refusal::{ErrorCode, Refusal};
use gw_model::snapshot::{Provider, Target};

fn request(call: &Call, target: &Target, format: WireFormat) -> Result<UpstreamParts, Refusal> {
    let prepared = PreparedProvider::new(&target.provider).unwrap();
    let translated = (call.format != format).then(|| b"{}".to_vec());
    let input = PrepareInput {
        call,
        target,
        prepared: &prepared,
        upstream_format: format,
        translated,
        max_output_tokens: None,
        now: 0,
    };
    prepare(input)
}

fn send(provider: Provider, model: &str, format: WireFormat) -> UpstreamParts {
    request(&call(format, model), &target(provider, model), format).unwrap()
}

fn path(kind: ProviderKind, base: &str, version: Option<&str>, model: &str, format: WireFormat) -> String {
    let mut p = provider(kind, base);
    p.api_version = version.map(Into::into);
    send(p, model, format).path_and_query.to_string()
}

#[test]
fn addresses_per_provider_kind() {
    let dated = Some("2024-10-21");
    let cases = [
        (OpenAiCompatible, "https://api.openai.com/v1", None, "m", OpenAiChat, "/v1/chat/completions"),
        (OpenAiCompatible, "https://h/openai/v1", None, "m", OpenAiEmbeddings, "/openai/v1/embeddings"),
        (OpenAiCompatible, "http://127.0.0.1:8080/v1/", None, "m", OpenAiCompletions, "/v1/completions"),
        (OpenAiCompatible, "https://api.perplexity.ai", None, "m", OpenAiChat, "/chat/completions"),
        (OpenAiCompatible, "https://h/v1", None, "m", AnthropicMessages, "/v1/messages"),
        (OpenAiCompatible, "https://h/v1?tenant=a", None, "m", OpenAiChat, "/v1/chat/completions?tenant=a"),
        (Anthropic, "https://api.anthropic.com", None, "m", AnthropicMessages, "/v1/messages"),
        (Anthropic, "https://api.anthropic.com/v1", None, "m", AnthropicMessages, "/v1/messages"),
        (Anthropic, "https://h/anthropic", None, "m", AnthropicMessages, "/anthropic/v1/messages"),
        (Emulator, "http://demo", None, "m", AnthropicMessages, "/v1/messages"),
        (Emulator, "http://demo/v1", None, "m", OpenAiChat, "/v1/chat/completions"),
        (
            AzureOpenAi,
            "https://east.example",
            dated,
            "gpt-4o",
            OpenAiChat,
            "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
        ),
        (
            AzureOpenAi,
            "https://east.example/openai",
            None,
            "a b/ü",
            OpenAiEmbeddings,
            "/openai/deployments/a%20b%2F%C3%BC/embeddings?api-version=2024-10-21",
        ),
        (AzureOpenAi, "https://e", Some("v1"), "gpt-4o", OpenAiChat, "/openai/v1/chat/completions"),
        (
            AzureOpenAi,
            "https://e/openai/v1",
            Some("preview"),
            "gpt-4o",
            OpenAiCompletions,
            "/openai/v1/completions?api-version=preview",
        ),
        (AzureOpenAi, "https://e", dated, "claude", AnthropicMessages, "/anthropic/v1/messages"),
    ];
    for (kind, base, version, model, format, wanted) in cases {
        assert_eq!(path(kind, base, version, model, format), wanted);
    }
}

#[test]
fn media_have_their_addresses_and_forms_their_content_type() {
    const OPERATIONS: &[(WireFormat, &str)] = &[
        (WireFormat::OpenAiImages, "/images/generations"),
        (WireFormat::OpenAiImageEdits, "/images/edits"),
        (WireFormat::OpenAiSpeech, "/audio/speech"),
        (WireFormat::OpenAiTranscriptions, "/audio/transcriptions"),
        (WireFormat::OpenAiTranslations, "/audio/translations"),
        (WireFormat::OpenAiModerations, "/moderations"),
    ];
    for (format, operation) in OPERATIONS {
        let at = |kind, base: &str, version: Option<&str>| {
            let mut p = provider(kind, base);
            p.formats = vec![*format];
            p.api_version = version.map(Into::into);
            let mut call = call(*format, "m");
            call.forward_headers = vec![("content-type", Bytes::from("multipart/form-data; boundary=b"))];
            request(&call, &target(p, "m"), *format).unwrap()
        };
        let plain = at(OpenAiCompatible, "https://h/v1", None);
        assert_eq!(plain.path_and_query.as_str(), format!("/v1{operation}"));
        let kind = plain.headers["content-type"].to_str().unwrap();
        assert_eq!(kind == "multipart/form-data; boundary=b", format.takes_form(), "{operation}: {kind}");
        let azure = at(AzureOpenAi, "https://e", Some("2025-04-01-preview"));
        let wanted = format!("/openai/deployments/m{operation}?api-version=2025-04-01-preview");
        assert_eq!(azure.path_and_query.as_str(), wanted);
        let newer = at(AzureOpenAi, "https://e", Some("v1"));
        assert_eq!(newer.path_and_query.as_str(), format!("/openai/v1{operation}"));
    }
}

#[test]
fn hosts_and_bad_base_urls() {
    let prepared = PreparedProvider::new(&provider(OpenAiCompatible, "http://[::1]:8080/v1")).unwrap();
    assert_eq!((prepared.scheme().as_str(), prepared.authority().as_str()), ("http", "[::1]:8080"));
    for bad in
        ["", "api.openai.com/v1", "ftp://h/v1", "/v1", "https://", "https://user:pw@h/v1", "http://h/ v1"]
    {
        let error = PreparedProvider::new(&provider(OpenAiCompatible, bad)).unwrap_err();
        assert!(matches!(error, PrepareError::BaseUrl(_)), "{bad}");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
}

#[test]
fn credentials_go_where_the_provider_wants_them() {
    let cases = [
        (AuthScheme::Bearer, "authorization", "Bearer sk-secret"),
        (AuthScheme::Header("api-key".into()), "api-key", "sk-secret"),
        (AuthScheme::Header("x-api-key".into()), "x-api-key", "sk-secret"),
    ];
    for (auth, header, value) in cases {
        let mut p = provider(OpenAiCompatible, "http://h/v1");
        p.auth = auth;
        let parts = send(p, "m", OpenAiChat);
        assert_eq!(parts.headers[header], value);
        assert!(parts.headers[header].is_sensitive());
        assert!(!format!("{parts:?}").contains("sk-secret"));
    }
    for (auth, key) in [(AuthScheme::None, true), (AuthScheme::Bearer, false)] {
        let mut p = provider(OpenAiCompatible, "http://h/v1");
        p.auth = auth;
        p.api_key = p.api_key.filter(|_| key);
        assert!(!send(p, "m", OpenAiChat).headers.contains_key("authorization"));
    }
    let mut p = provider(OpenAiCompatible, "http://h/v1");
    p.api_key = Some(gw_model::Secret::new("line\r\nbreak".to_owned()));
    assert_eq!(PreparedProvider::new(&p).unwrap_err(), PrepareError::Header("authorization".to_owned()));
}

#[test]
fn the_callers_headers_go_along_where_they_fit() {
    let mut anthropic = provider(Anthropic, "https://h");
    anthropic.headers = vec![("x-team".into(), "a".into())];
    let mut from = call(AnthropicMessages, "m");
    from.forward_headers = vec![
        ("anthropic-version", Bytes::from_static(b"2024-01-01")),
        ("anthropic-beta", Bytes::from_static(b"one")),
        ("anthropic-beta", Bytes::from_static(b"two")),
        ("openai-organization", Bytes::from_static(b"org")),
        ("authorization", Bytes::from_static(b"Bearer gw-caller")),
        ("x-team", Bytes::from_static(b"b")),
        ("x-odd", Bytes::from_static(b"a\r\nx-injected: 1")),
    ];
    let parts = request(&from, &target(anthropic.clone(), "m"), AnthropicMessages).unwrap();
    let beta: Vec<_> = parts.headers.get_all("anthropic-beta").iter().collect();
    assert_eq!(beta, ["one", "two"]);
    assert_eq!(parts.headers["anthropic-version"], "2024-01-01");
    assert_eq!(parts.headers["authorization"], "Bearer sk-secret");
    assert_eq!(parts.headers["x-team"], "a", "the configuration's value stands");
    assert!(!parts.headers.contains_key("openai-organization") && !parts.headers.contains_key("x-odd"));

    let translated = request(&call(OpenAiChat, "m"), &target(anthropic, "m"), AnthropicMessages).unwrap();
    assert_eq!(translated.headers["anthropic-version"], "2023-06-01");
    assert_eq!(translated.body, [Bytes::from_static(b"{}")]);
    let openai = request(&from, &target(provider(OpenAiCompatible, "http://h/v1"), "m"), OpenAiChat).unwrap();
    assert!(!openai.headers.contains_key("anthropic-version"));
    assert!(openai.headers["user-agent"].to_str().unwrap().starts_with("gatewright/"));
    assert_eq!(openai.headers["accept-encoding"], "identity");
}

#[test]
fn usage_is_asked_for_in_streams_and_then_hidden() {
    let stream = |format, include_usage| {
        let mut c = call(format, "m");
        c.facts.stream = true;
        c.facts.include_usage = include_usage;
        c
    };
    let cases = [
        (stream(OpenAiChat, false), "http://h/v1", true),
        (stream(OpenAiCompletions, false), "http://h/v1", true),
        (stream(OpenAiChat, true), "http://h/v1", false),
        (stream(AnthropicMessages, true), "http://h/v1", false),
        (call(OpenAiChat, "m"), "http://h/v1", false),
        // Sends usage unasked and refuses the question.
        (stream(OpenAiChat, false), "https://api.mistral.ai/v1", false),
    ];
    for (from, base, hidden) in cases {
        let to = target(provider(OpenAiCompatible, base), "m");
        let parts = request(&from, &to, from.format).unwrap();
        assert_eq!(parts.hide_usage, hidden, "{:?} {base}", from.format);
        let body = parts.body.concat();
        let asks = String::from_utf8_lossy(&body).contains("include_usage");
        assert_eq!(asks, hidden, "{:?} {base}", from.format);
    }
}

#[test]
fn an_unchanged_body_is_the_callers_own_and_a_renamed_one_is_spliced() {
    let from = call(OpenAiChat, "m");
    let to = target(provider(OpenAiCompatible, "http://h/v1"), "m");
    let parts = request(&from, &to, OpenAiChat).unwrap();
    assert_eq!(parts.body.len(), 1);
    assert_eq!(parts.body[0].as_ptr(), from.body.as_ptr(), "no copy");
    let to = target(provider(OpenAiCompatible, "http://h/v1"), "other");
    let parts = request(&from, &to, OpenAiChat).unwrap();
    assert_eq!(parts.body.concat(), b"{\"model\":\"other\"}");
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let mut p = provider(OpenAiCompatible, "http://h/v1");
    p.routing_members = vec!["models".into()];
    let mut from = call(OpenAiChat, "m");
    from.facts.routing_members = vec!["route".to_owned(), "models".to_owned()];
    let refusal = request(&from, &target(p.clone(), "m"), OpenAiChat).unwrap_err();
    assert_eq!((refusal.code, refusal.param.as_deref()), (ErrorCode::UnsupportedParameter, Some("models")));
    p.routing_members.clear();
    assert!(request(&from, &target(p.clone(), "m"), OpenAiChat).is_ok());
    p.formats = vec![OpenAiChat];
    let refusal = request(&call(OpenAiEmbeddings, "m"), &target(p, "m"), OpenAiEmbeddings).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::InvalidRequest);
    let azure = provider(AzureOpenAi, "https://e");
    let refusal = request(&call(OpenAiChat, ".."), &target(azure, ".."), OpenAiChat).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::InvalidRequest);
}

#[test]
fn a_translated_body_is_written_with_the_providers_names() {
    let mut from = call(AnthropicMessages, "alias");
    from.facts.stream = true;
    for (base, asks) in [("http://h/v1", true), ("https://api.mistral.ai/v1", false)] {
        let mut p = provider(OpenAiCompatible, base);
        p.rename_params = vec![("max_completion_tokens".into(), "max_tokens".into())];
        let to = target(p, "m");
        let prepared = PreparedProvider::new(&to.provider).unwrap();
        let options = write_options(&from, &to, &prepared, OpenAiChat);
        assert_eq!((options.model.as_deref(), options.include_usage), (Some("m"), asks));
        assert_eq!(options.rename, [("max_completion_tokens".to_owned(), "max_tokens".to_owned())]);
    }
}
