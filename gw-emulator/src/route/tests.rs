//! Tests of paths; must not start an emulator.
use super::*;

const CREATE: Target<'_> = Target::Responses(responses::Endpoint::Create);

#[test]
fn paths_are_found_with_and_without_version() {
    for (path, target, deployment) in [
        ("/v1/chat/completions", Target::OpenAi(openai::Endpoint::Chat), None),
        ("/chat/completions", Target::OpenAi(openai::Endpoint::Chat), None),
        ("/openai/v1/embeddings", Target::OpenAi(openai::Endpoint::Embeddings), None),
        ("/openai/deployments/gpt/completions", Target::OpenAi(openai::Endpoint::Completions), Some("gpt")),
        ("/v1/messages/count_tokens", Target::Anthropic(anthropic::Endpoint::CountTokens), None),
        ("/anthropic/v1/messages", Target::Anthropic(anthropic::Endpoint::Messages), None),
    ] {
        let route = find(&Method::POST, path).expect(path);
        assert_eq!(
            (&route.target, route.deployment, route.wrong_method),
            (&target, deployment, false),
            "{path}"
        );
        assert!(find(&Method::GET, path).expect(path).wrong_method);
    }
    assert_eq!(find(&Method::POST, "/openai/v1/responses").map(|r| r.target), Some(CREATE));
    assert_eq!(find(&Method::GET, "/v1/models/a/b").map(|r| r.target), Some(Target::Model("a/b")));
    assert_eq!(find(&Method::HEAD, "/").map(|r| r.target), Some(Target::Root));
    for unknown in
        ["/v2/chat/completions", "/v1", "/v1/models/", "/openai/deployments/x", "/v1x/chat/completions"]
    {
        assert_eq!(find(&Method::POST, unknown), None, "{unknown}");
    }
}

#[test]
fn models_in_paths_are_found() {
    for (path, target, model) in [
        ("/v1beta/models/gemini-x:generateContent", Target::Gemini(gemini::Endpoint::Generate), "gemini-x"),
        ("/v1/models/a%2Fb:c:streamGenerateContent", Target::Gemini(gemini::Endpoint::Stream), "a/b:c"),
        (
            "/v1beta1/projects/p/locations/l/publishers/google/models/m:countTokens",
            Target::Gemini(gemini::Endpoint::CountTokens),
            "m",
        ),
        ("/model/a.b-v1%3A0/converse", Target::Converse(converse::Endpoint::Converse), "a.b-v1:0"),
        ("/model/arn:x/y/converse-stream", Target::Converse(converse::Endpoint::Stream), "arn:x/y"),
    ] {
        let route = find(&Method::POST, path).expect(path);
        assert_eq!((&route.target, route.model.as_deref()), (&target, Some(model)), "{path}");
        assert!(!route.wrong_method && find(&Method::GET, path).expect(path).wrong_method, "{path}");
    }
    for unknown in ["/model/m/invoke-model", "/model//converse", "/v1beta/models/"] {
        assert_eq!(find(&Method::POST, unknown), None, "{unknown}");
    }
}

#[test]
fn families_are_told_apart() {
    let none = HeaderMap::new();
    for (path, expected) in [
        ("/v1/chat/completions", Family::OpenAi),
        ("/openai/v1/responses", Family::Responses),
        ("/v1/messages", Family::Anthropic),
        ("/v1beta/nothing", Family::Gemini),
        ("/v1/models/m:generateContent", Family::Gemini),
        ("/model/m/nothing", Family::Converse),
        ("/v2/nothing", Family::Cohere),
        ("/v1/rerank", Family::Cohere),
        ("/v1/models", Family::OpenAi),
    ] {
        assert_eq!(family(path, &none), expected, "{path}");
    }
    for (header, expected) in [("anthropic-version", Family::Anthropic), ("x-goog-api-key", Family::Gemini)] {
        let mut headers = HeaderMap::new();
        headers.insert(header, http::HeaderValue::from_static("x"));
        assert_eq!(family("/v1/models", &headers), expected, "{header}");
    }
}
