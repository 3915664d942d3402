//! One record again: with a key of the caller's, through all that calls pass, also with another model, and never with what was
//! masked.

use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream, eventually};
use http::Method;
use serde_json::{Value, json};

async fn gateway(upstream: &Upstream, records: &str) -> Gateway {
    Gateway::start(&format!("{}\nrecords: {{ {records} }}\n", upstream.providers())).await
}

/// Makes a call and waits until its bodies are kept.
async fn kept(gateway: &Gateway, call: Call) -> String {
    let id = gateway.send(call).await.request_id();
    let path = format!("/api/v1/logs?request_id={id}&has_body=true");
    eventually("bodies are kept", async || (gateway.rows(&path).await.len() == 1).then_some(())).await;
    id
}

async fn replay(gateway: &Gateway, id: &str, body: Value) -> Answer {
    gateway.admin(Method::POST, &format!("/api/v1/logs/{id}/replay"), Some(&body)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_made_again_with_a_key_and_counts_for_it() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "logging: full").await;
    let (key_id, key) = gateway.make_key(&json!({"name": "again", "limits": {"rpm": 2}})).await;
    let whole = kept(&gateway, Call::chat(&chat("up/chat-model", "say it again")).key(MASTER)).await;
    let done = replay(&gateway, &whole, json!({"key": key})).await;
    let said = done.ok().json();
    assert_eq!(
        (&said["replay_of"], &said["status"], &said["masked"]),
        (&json!(whole), &json!(200), &json!(false))
    );
    let answer: Value = serde_json::from_str(said["response"]["body"].as_str().unwrap()).unwrap();
    assert!(answer["choices"][0]["message"]["content"].is_string(), "{answer}");
    let record = gateway.record(said["request_id"].as_str().unwrap()).await;
    assert_eq!((&record["key_id"], &record["model"]), (&json!(key_id), &json!("up/chat-model")));
    assert_eq!(record["metadata"], json!({"replay_of": whole}), "it says of itself what it is");
    assert_eq!(record["input_tokens"], gateway.record(&whole).await["input_tokens"]);
    // Another model, and a stream.
    let stream = kept(&gateway, Call::chat(&chat_stream("up/chat-model", "a stream")).key(MASTER)).await;
    let said = replay(&gateway, &stream, json!({"key": key, "model": "up/quick"})).await.ok().json();
    assert!(said["response"]["body"].as_str().unwrap().contains("data: [DONE]"), "{said}");
    let record = gateway.record(said["request_id"].as_str().unwrap()).await;
    assert_eq!((&record["model"], &record["stream"]), (&json!("up/quick"), &json!(true)));
    // What the gateway refuses is answered as it was refused.
    let said = replay(&gateway, &whole, json!({"key": key, "model": "nowhere"})).await.ok().json();
    assert_eq!(said["status"], 404, "{said}");
    let said = replay(&gateway, &whole, json!({"key": key})).await.ok().json();
    assert_eq!(said["status"], 429, "the key's limits hold: {said}");
    let entries = gateway.rows("/api/v1/audit?action=log.replay").await;
    assert_eq!((entries.len(), &entries[0]["after"]["key_id"]), (4, &json!(key_id)), "{entries:?}");
    assert!(!json!(entries).to_string().contains(&key), "{entries:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_and_what_has_its_model_in_the_path_are_made_again() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "logging: full").await;
    let (_, key) = gateway.make_key(&json!({"name": "again"})).await;
    let messages =
        json!({"model": "up/chat-model", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}).to_string();
    let calls = [
        Call::messages(&messages),
        Call::post("/v1beta/models/up%2Fchat-model:generateContent", gemini.clone()),
        Call::post("/v1beta/models/up%2Fchat-model:streamGenerateContent?alt=sse", gemini),
    ];
    for call in calls {
        let id = kept(&gateway, call.key(MASTER)).await;
        for model in ["up/chat-model", "up/quick"] {
            let said = replay(&gateway, &id, json!({"key": key, "model": model})).await.ok().json();
            assert_eq!(said["status"], 200, "{said}");
            let (before, after) =
                (gateway.record(&id).await, gateway.record(said["request_id"].as_str().unwrap()).await);
            assert_eq!(
                (&after["format"], &after["stream"], &after["model"]),
                (&before["format"], &before["stream"], &json!(model))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_masked_stays_masked_and_what_is_not_whole_is_refused() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "logging: metadata, max_logging: full, max_body_bytes: 1024").await;
    let (_, masked) = gateway.make_key(&json!({"name": "masked", "logging": "redacted"})).await;
    let (_, full) = gateway.make_key(&json!({"name": "full", "logging": "full"})).await;
    let said = "write to jane.doe@example.com";
    let id = kept(&gateway, Call::chat(&chat("up/chat-model", said)).key(&masked)).await;
    let again = replay(&gateway, &id, json!({"key": full})).await.ok().json();
    assert_eq!((&again["masked"], &again["status"]), (&json!(true), &json!(200)));
    let path = format!("/api/v1/logs/{}/bodies", again["request_id"].as_str().unwrap());
    let bodies = eventually("bodies are kept", async || {
        let answer = gateway.admin(Method::GET, &path, None).await;
        (answer.status == 200).then(|| answer.text())
    })
    .await;
    assert!(bodies.contains("write to") && !bodies.contains("jane.doe"), "{bodies}");
    let long = kept(&gateway, Call::chat(&chat("up/chat-model", &"x".repeat(4_000))).key(&full)).await;
    replay(&gateway, &long, json!({"key": full})).await.refused(409, "conflict");
    let bare = gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await.request_id();
    gateway.record(&bare).await;
    replay(&gateway, &bare, json!({"key": full})).await.refused(404, "not_found");
    replay(&gateway, "0123456789abcdef0123456789abcdef", json!({"key": full}))
        .await
        .refused(404, "not_found");
    for wrong in [json!({}), json!({"key": MASTER}), json!({"key": "gw-unknown"}), json!({"key": 5})] {
        let refused = replay(&gateway, &id, wrong).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]["field"]), (400, &json!("key")));
    }
}
