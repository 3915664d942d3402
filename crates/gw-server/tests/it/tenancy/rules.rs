//! What calls may be, by what stands above and beside their keys, and by the keys: tools, regions, tokens, fallbacks.

use super::chain::chain;
use super::{Call, Gateway, Upstream, ask, chat, make, patch, refused};
use serde_json::{Value, json};

const MODELS: &str = "models:
  both: { targets: [{ provider: claude, model: quick }, { provider: up, model: quick }] }
  pair:
    targets: [{ provider: up, model: first }, { provider: up, model: second }]
    retry: { attempts: 1 }
";

async fn in_two_regions() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let providers = upstream.providers().replace("compatible,", "compatible, region: eu,");
    let providers = providers.replace("kind: anthropic,", "kind: anthropic, region: us,");
    let key = "keys: [{ name: fixed, key: gw-fixedFixedFixed, regions: eu, tools: 'get_*', max_input_tokens: 1000 }]\n";
    let gateway = Gateway::start(&format!("{providers}{MODELS}{key}")).await;
    (upstream, gateway)
}

fn with_tool(name: &str) -> Value {
    let mut body = chat("up/chat-model", "hi");
    body["tools"] =
        json!([{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}]);
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_level_says_which_tools_calls_may_bring() {
    let chain = chain().await;
    let gateway = &chain.gateway;
    let send = async |body: &Value| chain.send(body).await;
    for (path, holder) in &chain.all {
        let rules = json!({"tools": ["get_*"], "denied_tools": ["get_secret"]});
        let shown = patch(gateway, path, &rules).await.ok().json();
        assert_eq!((&shown["tools"], &shown["denied_tools"]), (&rules["tools"], &rules["denied_tools"]));
        send(&with_tool("get_weather")).await.ok();
        send(&chat("up/chat-model", "hi")).await.ok();
        for tool in ["get_secret", "delete_all"] {
            let text = send(&with_tool(tool)).await.refused(403, "tool_not_allowed").text();
            assert!(text.contains(*holder) && text.contains(tool), "{text}");
        }
        if path.starts_with("teams") {
            let effective = chain.effective().await;
            assert_eq!(effective["tools"]["effective"], json!(["get_*"]), "{effective}");
            assert_eq!(effective["tools"]["from"][0]["name"], "core", "{effective}");
        }
        patch(gateway, path, &json!({"tools": null, "denied_tools": []})).await.ok();
        send(&with_tool("delete_all")).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_to_their_regions_only() {
    let (_upstream, gateway) = in_two_regions().await;
    let team = make(&gateway, "teams", &json!({"name": "core"})).await;
    let (id, key) = gateway.make_key(&json!({"name": "a", "team_id": team})).await;
    let send = async |model: &str| gateway.send(Call::chat(&chat(model, "hi")).key(&key)).await;
    assert_eq!(send("both").await.ok().header("x-gatewright-provider"), Some("claude"));
    let path = format!("teams/{team}");
    patch(&gateway, &path, &json!({"regions": ["eu", "ap"]})).await.ok();
    assert_eq!(send("both").await.ok().header("x-gatewright-provider"), Some("up"));
    send("claude/quick").await.refused(403, "region_not_allowed");
    patch(&gateway, &format!("keys/{id}"), &json!({"regions": ["us"]})).await.ok();
    for model in ["both", "claude/quick", "up/quick"] {
        send(model).await.refused(403, "region_not_allowed");
    }
    patch(&gateway, &path, &json!({"regions": null})).await.ok();
    let gateway = gateway.restart().await;
    let answer = gateway.send(Call::chat(&chat("both", "hi")).key(&key)).await;
    assert_eq!(answer.ok().header("x-gatewright-provider"), Some("claude"));
    gateway.send(Call::chat(&chat("up/quick", "hi")).key(&key)).await.refused(403, "region_not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_no_larger_and_go_no_further_than_they_may() {
    let (upstream, gateway) = in_two_regions().await;
    let user = make(&gateway, "users", &json!({"email": "a@b", "max_input_tokens": 500})).await;
    let body = json!({"name": "a", "user_id": user, "providers": ["up"], "max_output_tokens": 50});
    let (id, key) = gateway.make_key(&body).await;
    let send = async |body: &Value| gateway.send(Call::chat(body).key(&key)).await;
    let mut small = chat("up/quick", "hi");
    send(&small).await.refused(400, "invalid_request");
    small["max_tokens"] = json!(50);
    send(&small).await.ok();
    small["messages"][0]["content"] = "many words ".repeat(2_000).into();
    let text = send(&small).await.refused(400, "context_length_exceeded").text();
    assert!(text.contains("user 'a@b'") && text.contains("500"), "{text}");
    let mut other = chat("claude/quick", "hi");
    other["max_tokens"] = json!(5);
    send(&other).await.refused(403, "model_not_allowed");
    let key_path = format!("keys/{id}");
    refused(&patch(&gateway, &key_path, &json!({"providers": ["none"]})).await, 400, Some("providers"));
    refused(
        &patch(&gateway, &key_path, &json!({"max_input_tokens": 0})).await,
        400,
        Some("max_input_tokens"),
    );
    refused(&patch(&gateway, &key_path, &json!({"fallbacks": "no"})).await, 400, Some("fallbacks"));
    // The second target is not asked where that is not allowed.
    upstream.faults("first", "status=500", None);
    let (id, key) = gateway.make_key(&json!({"name": "b"})).await;
    let send = async || gateway.send(Call::chat(&chat("pair", "hi")).key(&key)).await;
    assert_eq!(send().await.ok().header("x-gatewright-upstream-model"), Some("second"));
    let shown = patch(&gateway, &format!("keys/{id}"), &json!({"fallbacks": false})).await.ok().json();
    assert_eq!(shown["fallbacks"], false);
    assert_eq!(send().await.header("x-gatewright-attempts"), Some("1"));
    patch(&gateway, &format!("keys/{id}"), &json!({"fallbacks": null})).await.ok();
    send().await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_the_file_have_the_same_rules() {
    let (_upstream, gateway) = in_two_regions().await;
    let key = "gw-fixedFixedFixed";
    ask(&gateway, key).await.ok();
    gateway.send(Call::chat(&with_tool("get_a")).key(key)).await.ok();
    gateway.send(Call::chat(&with_tool("drop_a")).key(key)).await.refused(403, "tool_not_allowed");
    gateway.send(Call::chat(&chat("claude/quick", "hi")).key(key)).await.refused(403, "region_not_allowed");
    let messages = json!({"model": "up/quick", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "drop_a", "input_schema": {"type": "object"}}]});
    gateway.send(Call::messages(&messages).key(key)).await.refused(403, "tool_not_allowed");
}
