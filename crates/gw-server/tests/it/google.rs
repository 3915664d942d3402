//! The list of models as Google's SDKs want it, and their ways of showing a key.

use super::support::{Call, Gateway, KEY, Upstream};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_listed_in_googles_shape() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  team-chat: {{ targets: [{{ provider: up, model: chat-model }}] }}\n\
         keys:\n  - {{ name: one, key: {KEY}, models: [team-chat] }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    let entry = json!({"name": "models/team-chat", "version": "", "displayName": "team-chat",
        "supportedGenerationMethods": ["generateContent"], "outputTokenLimit": 4096});
    for call in [
        Call::get("/v1beta/models").header("x-goog-api-key", KEY),
        Call::get(&format!("/v1beta/models?pageSize=5&key={KEY}")),
        Call::get("/v1beta/models").key(KEY),
        Call::get("/v1/models").header("x-goog-api-key", KEY),
    ] {
        let answer = gateway.send(call).await;
        assert_eq!(answer.ok().json(), json!({ "models": [entry] }));
    }
    for path in ["/v1beta/models/team-chat", "/v1/models/team-chat"] {
        let answer = gateway.send(Call::get(path).header("x-goog-api-key", KEY)).await;
        assert_eq!(answer.ok().json(), entry);
    }
    let openai = gateway.send(Call::get("/v1/models").key(KEY)).await;
    assert_eq!(openai.ok().json()["object"], "list");
    for (call, status, code) in [
        (Call::get("/v1beta/models/nobody").header("x-goog-api-key", KEY), 404, "model_not_found"),
        (Call::get("/v1beta/models?key=gw-wrong"), 401, "invalid_api_key"),
        (Call::post("/v1beta/models/team-chat:countTokens", "{}").key(KEY), 501, "not_implemented"),
        (Call::post("/v1/models/team-chat:embedContent", "{}").key(KEY), 501, "not_implemented"),
    ] {
        let answer = gateway.send(call).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{}", answer.text());
        assert_eq!(answer.json()["error"]["details"][0]["reason"], code, "{}", answer.text());
    }
}
