//! Habits of real clients that break gateways: paths, headers and members that SDKs and agents send, each as they
//! do. `tests/clients` runs the clients themselves; what they need stands here so that it fails by name.

use super::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream};
use http::Method;
use serde_json::{Value, json};

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  \
           team: {{ targets: [{{ provider: up, model: chat-model }}] }}\n  \
           claude-team: {{ targets: [{{ provider: claude, model: chat-model }}] }}\n  \
           \"a/b:c\": {{ targets: [{{ provider: up, model: chat-model }}] }}\n  \
           refusing: {{ targets: [{{ provider: up, model: fault-401 }}] }}\n  \
           busy: {{ targets: [{{ provider: up, model: fault-503 }}], retry: {{ attempts: 1 }} }}\n\
         keys:\n  - {{ name: one, key: {KEY} }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

fn sent(upstream: &Upstream) -> Value {
    serde_json::from_slice(&upstream.last_body()).unwrap()
}

fn said(answer: &Answer) -> Value {
    answer.ok().json()["choices"][0]["message"]["content"].clone()
}

/// `LiteLLM`'s SDK leaves the version out of paths.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_openai_path_works_without_its_version() {
    let (_upstream, gateway) = set_up().await;
    let responses = json!({"model": "team", "input": "hi"}).to_string();
    let completion = json!({"model": "team", "prompt": "hi", "max_tokens": 9}).to_string();
    let embeddings = json!({"model": "team", "input": "hi"}).to_string();
    for prefix in ["", "/v1", "/openai", "/openai/v1"] {
        let post = |path: &str, body: &str| Call::post(&format!("{prefix}{path}"), body.to_owned()).key(KEY);
        assert_eq!(
            said(&gateway.send(post("/chat/completions", &chat("team", "hi").to_string())).await),
            "You said: hi"
        );
        gateway.send(post("/responses", &responses)).await.ok();
        gateway.send(post("/completions", &completion)).await.ok();
        gateway.send(post("/embeddings", &embeddings)).await.ok();
        gateway.send(Call::get(&format!("{prefix}/models")).key(KEY)).await.ok();
    }
}

/// Portkey's SDK sends its key beside a bearer token that is none; its Node one sends no bearer token at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dummy_bearer_token_is_no_credential() {
    let (_upstream, gateway) = set_up().await;
    let call = Call::chat(&chat("team", "hi")).key("OPENAI_API_KEY");
    gateway.send(call.clone().header("x-portkey-api-key", KEY)).await.ok();
    gateway.send(call.clone().header("api-key", KEY)).await.ok();
    gateway.send(call).await.refused(401, "invalid_api_key");
}

/// Claude Code: looks whether anybody is there, calls the beta path with members that are not in any list, and gives
/// instructions in the midst of the conversation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_of_anthropics_format_get_through() {
    let (upstream, gateway) = set_up().await;
    let here = gateway.send(Call::new(Method::HEAD, "/")).await;
    assert_eq!((here.status.as_u16(), here.body.is_empty()), (200, true));
    let body = |model: &str| {
        json!({
            "model": model, "max_tokens": 32000, "stream": false,
            "system": [{"type": "text", "text": "You are.", "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": "hello"}, {"role": "system", "content": "Be brief."}],
            "metadata": {"user_id": "{\"session_id\":\"s\"}"},
            "thinking": {"type": "adaptive"},
            "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
            "output_config": {"effort": "high"},
            "made_up_by_a_later_version": {"a": [1]}
        })
    };
    let call = |model: &str| {
        Call::post("/v1/messages?beta=true", body(model).to_string())
            .key(KEY)
            .header("anthropic-version", "2023-06-01")
            .header("anthropic-beta", "claude-code-20250219,mid-conversation-system-2026-04-07")
            .header("x-claude-code-session-id", "s")
    };
    let answer = gateway.send(call("claude-team")).await;
    answer.ok();
    // The model's own format: only the model's name is another.
    let mut wanted = body("chat-model");
    let request = upstream.emulator().requests(1).pop().unwrap();
    wanted["max_tokens"] = sent(&upstream)["max_tokens"].clone();
    assert_eq!(sent(&upstream), wanted);
    assert_eq!(request.headers["anthropic-beta"], "claude-code-20250219,mid-conversation-system-2026-04-07");
    assert!(!request.headers.contains_key("x-claude-code-session-id"));
    // Another format: what it has no place for is named.
    let answer = gateway.send(call("team")).await;
    answer.ok();
    let dropped = answer.header("x-gatewright-dropped").unwrap_or_default();
    for member in ["context_management", "made_up_by_a_later_version"] {
        assert!(dropped.contains(member), "{member}: {dropped}");
    }
    assert!(sent(&upstream)["messages"].to_string().contains("Be brief."), "{}", sent(&upstream));
}

/// Codex says what it does as JSON in headers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_may_be_large() {
    let (_upstream, gateway) = set_up().await;
    let metadata = json!({"turn": "x".repeat(24 << 10), "quote": "\"{}\""}).to_string();
    let body = json!({"model": "claude-team", "input": "hi", "store": false, "include": [], "tools": [],
        "prompt_cache_key": "k", "client_metadata": {"a": "b"}, "parallel_tool_calls": false});
    let call = Call::post("/v1/responses", body.to_string()).key(KEY);
    let answer = gateway.send(call.header("x-codex-turn-metadata", &metadata)).await;
    assert_eq!(answer.ok().json()["output"][0]["content"][0]["text"], "You said: hi");
}

/// OpenAI's SDKs ask for base64 by themselves; `LangChain` sends token ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embeddings_come_as_they_are_asked_for() {
    let (_upstream, gateway) = set_up().await;
    for input in [json!("hi"), json!(["hi", "ho"]), json!([[1, 2, 3], [4]])] {
        for format in ["base64", "float"] {
            let body = json!({"model": "team", "input": input, "encoding_format": format});
            let answer = gateway.send(Call::post("/v1/embeddings", body.to_string()).key(KEY)).await;
            let found = answer.ok().json()["data"][0]["embedding"].clone();
            assert_eq!(found.is_string(), format == "base64", "{input}");
        }
    }
}

/// Names with slashes and colons: in paths they come encoded or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_in_paths_may_be_encoded() {
    let (_upstream, gateway) = set_up().await;
    let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}).to_string();
    let converse = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}).to_string();
    for name in ["a%2Fb%3Ac", "a/b:c"] {
        for version in ["v1", "v1beta"] {
            let path = format!("/{version}/models/{name}:generateContent");
            let answer = gateway.send(Call::post(&path, gemini.clone()).header("x-goog-api-key", KEY)).await;
            assert_eq!(answer.ok().json()["candidates"][0]["content"]["parts"][0]["text"], "You said: hi");
        }
        let answer =
            gateway.send(Call::post(&format!("/model/{name}/converse"), converse.clone()).key(KEY)).await;
        assert_eq!(answer.ok().json()["output"]["message"]["content"][0]["text"], "You said: hi");
        let azure = format!("/openai/deployments/{name}/chat/completions?api-version=2024-10-21");
        let body = chat("ignored", "hi").to_string();
        assert_eq!(
            said(&gateway.send(Call::post(&azure, body).header("api-key", KEY)).await),
            "You said: hi"
        );
        let model = gateway.send(Call::get(&format!("/v1/models/{name}")).key(KEY)).await;
        assert_eq!(model.ok().json()["id"], "a/b:c");
    }
}

/// SDKs try again by themselves, and ask these headers first whether and when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_are_told_whether_to_try_again() {
    let (_upstream, gateway) = set_up().await;
    let (_, limited) = gateway.make_key(&json!({"name": "limited", "limits": {"rpm": 1}})).await;
    gateway.send(Call::chat(&chat("team", "hi")).key(&limited)).await.ok();
    let answer = gateway.send(Call::chat(&chat("team", "hi")).key(&limited)).await;
    answer.refused(429, "rate_limit_exceeded");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(answer.header("retry-after-ms"), Some((seconds * 1000).to_string().as_str()));
    assert_eq!(answer.header("x-should-retry"), None);
    // Our credential's trouble will be the same the next time; a provider's may pass.
    let answer = gateway.send(Call::chat(&chat("refusing", "hi")).key(MASTER)).await;
    answer.refused(502, "upstream_error");
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    let answer = gateway.send(Call::chat(&chat_stream("busy", "hi")).key(MASTER)).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-should-retry")), (502, None));
    let later = gateway.send(Call::post("/passthrough/up/v1/models", "{}").key(MASTER)).await;
    if later.status == 501 {
        assert_eq!(later.header("x-should-retry"), Some("false"));
    }
}

/// SDKs show the id of a request, and each looks for it elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_stand_where_sdks_look() {
    let (_upstream, gateway) = set_up().await;
    let messages = json!({"model": "team", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let converse = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}).to_string();
    for key in [KEY, "gw-wrong"] {
        let answer = gateway.send(Call::messages(&messages).key(key)).await;
        assert_eq!(answer.header("request-id"), answer.header("x-request-id"), "{key}");
        let answer = gateway.send(Call::post("/model/team/converse", converse.clone()).key(key)).await;
        assert_eq!(answer.header("x-amzn-requestid"), answer.header("x-request-id"), "{key}");
    }
    // An upstream of the same format has an id of its own, which is what its support asks for.
    let own =
        json!({"model": "claude-team", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let answer = gateway.send(Call::messages(&own).key(KEY)).await;
    assert!(answer.ok().header("request-id").is_some_and(|id| id.starts_with("req_emu")));
}
