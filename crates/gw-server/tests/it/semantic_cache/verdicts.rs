//! A verdict is about the text that it was asked for: no cache gives it for another, however much they are alike.

use super::{OTHER, said, whole};
use crate::support::scripted::{Scripted, Step};
use crate::support::{Answer, Call, Gateway, KEY, chat};
use serde_json::{Value, json};

const GOOD: &str = "How do I reset my password?";
/// For the semantic cache the same, and for the models that judge here not.
const BAD: &str = "How can I reset my password?";

fn completion(text: &str) -> Vec<Step> {
    whole(&json!({"id": "c", "object": "chat.completion", "model": "m", "choices": [{"index": 0,
        "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}}))
}

/// Vectors that are all alike, a model, and two that judge.
async fn place() -> Scripted {
    Scripted::by_request(|_, seen| {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        if seen.path.ends_with("/embeddings") {
            return whole(
                &json!({"object": "list", "model": "embed", "usage": {"prompt_tokens": 1, "total_tokens": 1},
                "data": [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}]}),
            );
        }
        let is_bad = seen.body.contains("How can I");
        match body["model"].as_str().unwrap() {
            "guard" => completion(if is_bad { "unsafe\nS2" } else { "safe" }),
            "judge" => completion(&json!({"violation": is_bad, "score": 1, "text": 0}).to_string()),
            _ => completion("Like this."),
        }
    })
    .await
}

fn asked(place: &Scripted, model: &str) -> usize {
    let model = format!("\"model\":\"{model}\"");
    place.all().iter().filter(|seen| seen.body.contains(&model)).count()
}

async fn gateway(place: &Scripted, kind: &str) -> Gateway {
    let config = format!(
        "{}models:\n  main: {{ targets: [{{ provider: up, model: chat-model }}] }}\ncache: {{ mode: semantic, scope: global, \
         embeddings: up/embed, embeddings_timeout_ms: 20000 }}\nguardrails:\n  safe: {{ kind: {kind}, on: [request], action: \
         block, mandatory: true }}\nkeys:\n  - {{ name: caller, key: {KEY} }}\n  - {{ name: other, key: {OTHER} }}\n",
        place.provider()
    );
    Gateway::start(&config).await
}

async fn send(gateway: &Gateway, text: &str, key: &str, cache: &str) -> Answer {
    gateway.send(Call::chat(&chat("main", text)).key(key).header("x-gatewright-cache", cache)).await
}

async fn verdicts_are_exact(kind: &str, model: &str) {
    let place = place().await;
    let gateway = gateway(&place, kind).await;
    assert_eq!(said(send(&gateway, GOOD, KEY, "on").await.ok()), "miss");
    assert_eq!(asked(&place, model), 1);
    send(&gateway, BAD, OTHER, "on").await.refused(400, "guardrail_blocked");
    assert_eq!(asked(&place, model), 2, "{kind}: one verdict stood for two texts");
    // The very same question has the very same answer.
    assert_eq!(said(send(&gateway, GOOD, OTHER, "on").await.ok()), "hit");
    send(&gateway, BAD, KEY, "on").await.refused(400, "guardrail_blocked");
    assert_eq!(asked(&place, model), 2);
    // Who wants nothing of the cache wants no kept verdict either, and leaves none.
    let other = "Where is the moon?";
    for (number, text) in [(3, GOOD), (4, other), (5, other)] {
        send(&gateway, text, KEY, "off").await.ok();
        assert_eq!(asked(&place, model), number, "{text}");
    }
    // LiteLLM's way to say so.
    let mut body = chat("main", GOOD);
    body["cache"] = json!({"no-cache": true, "no-store": true});
    gateway.send(Call::chat(&body).key(KEY)).await.ok();
    assert_eq!(asked(&place, model), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_safety_models_verdict_is_about_one_text() {
    verdicts_are_exact("llama-guard, model: up/guard", "guard").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judges_verdict_is_about_one_text() {
    verdicts_are_exact("llm-judge, model: up/judge, rule: Nobody can", "judge").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_caller_leaves_a_verdict_for_a_guardrail_to_find() {
    let place = place().await;
    let gateway = gateway(&place, "llama-guard, model: up/guard").await;
    // The caller asks the model what the guardrail would, as it would.
    let body = json!({"model": "up/guard", "messages": [{"role": "user", "content": GOOD}], "temperature": 0,
        "max_tokens": 128});
    gateway.send(Call::chat(&body).key(KEY)).await.ok();
    // For this call, the guardrail has asked that already.
    assert_eq!(asked(&place, "guard"), 2);
    let again = gateway.send(Call::chat(&body).key(OTHER)).await;
    assert_eq!((said(again.ok()), asked(&place, "guard")), ("hit", 2), "each finds its own");
}
