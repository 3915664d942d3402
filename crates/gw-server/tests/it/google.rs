//! The list of models as Google's SDKs want it, their ways of showing a key, and streams without an end mark.

use super::support::scripted::{STREAM_HEAD, Scripted, Step};
use super::support::speaking::{self, Format, TEXT};
use super::support::{Call, Gateway, KEY, MASTER, Upstream};
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
        (Call::post("/v1beta/models/team-chat:countTokens", "{}").key(KEY), 400, "invalid_request"),
        (Call::post("/v1/models/team-chat:embedContent", "{}").key(KEY), 400, "invalid_request"),
        (Call::post("/v1beta/cachedContents", "{}").key(KEY), 501, "not_implemented"),
    ] {
        let answer = gateway.send(call).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{}", answer.text());
        assert_eq!(answer.json()["error"]["details"][0]["reason"], code, "{}", answer.text());
    }
}

/// Google's streams have no end mark: what follows the finish reason, however late, still reaches caller and meter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_behind_the_finish_reason_counts() {
    let upstream = Scripted::start(|_| {
        let usage = json!({"candidates": [], "modelVersion": "m",
            "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 70, "totalTokenCount": 81}});
        vec![
            Step::Send([STREAM_HEAD.as_bytes(), &speaking::frames(Format::Gemini).concat()].concat()),
            Step::Wait,
            Step::Send(format!("data: {usage}\n\n").into_bytes()),
        ]
    })
    .await;
    let config = format!("providers:\n  gemini: {{ base_url: \"{}\", api_key: k }}\n", upstream.url());
    let gateway = Gateway::start(&config).await;
    let mut streams = Vec::new();
    for caller in [Format::Gemini, Format::GeminiArray] {
        let mut stream = caller.call("gemini/m", true).key(MASTER).open(gateway.addr).await;
        let seen = stream.until("STOP").await;
        streams.push((caller, seen, stream));
    }
    upstream.release();
    for (caller, seen, stream) in streams {
        let id = stream.headers["x-request-id"].to_str().unwrap().to_owned();
        let all = [seen.as_bytes(), &stream.rest().await.body].concat();
        assert_eq!(caller.streamed(&all), TEXT, "{caller:?}");
        assert_eq!(caller.frames(&all).len(), 4, "{caller:?}");
        let record = gateway.record(&id).await;
        assert_eq!(
            (&record["outcome"], &record["output_tokens"]),
            (&json!("success"), &json!(70)),
            "{record}"
        );
    }
}
