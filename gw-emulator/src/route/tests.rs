//! Tests of paths; must not start an emulator.
use super::*;

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
    assert_eq!(find(&Method::GET, "/v1/models/a/b").map(|r| r.target), Some(Target::Model("a/b")));
    assert_eq!(find(&Method::HEAD, "/").map(|r| r.target), Some(Target::Root));
    for unknown in
        ["/v2/chat/completions", "/v1", "/v1/models/", "/openai/deployments/x", "/v1x/chat/completions"]
    {
        assert_eq!(find(&Method::POST, unknown), None, "{unknown}");
    }
}
