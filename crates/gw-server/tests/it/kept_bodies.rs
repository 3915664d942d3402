//! Bodies of calls: kept where policy says so, masked where it says so, shown to who may see them, and found by their text;
//! feedback; and how all of it goes.

use super::support::{Call, Gateway, MASTER, Upstream, chat, chat_stream, eventually};
use http::Method;
use serde_json::{Value, json};

async fn gateway(upstream: &Upstream, records: &str) -> Gateway {
    Gateway::start(&format!("{}\nrecords: {{ {records} }}\n", upstream.providers())).await
}

/// The bodies of a call, once they are written.
async fn bodies(gateway: &Gateway, id: &str) -> Value {
    eventually("bodies are kept", async || {
        let answer = gateway.admin(Method::GET, &format!("/api/v1/logs/{id}/bodies"), None).await;
        (answer.status == 200).then(|| answer.json())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_kept_as_the_caller_sent_and_got_them() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "logging: full").await;
    let sent = chat("up/chat-model", "the quick brown fox");
    let whole = gateway.send(Call::chat(&sent).key(MASTER)).await;
    let kept = bodies(&gateway, &whole.request_id()).await;
    assert_eq!((&kept["format"], &kept["masked"]), (&json!("chat"), &json!(false)), "{kept}");
    let asked: Value = serde_json::from_str(kept["request"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(asked, serde_json::from_str::<Value>(&sent.to_string()).unwrap());
    assert_eq!(kept["response"]["body"], whole.text(), "{kept}");
    assert_eq!(kept["response"]["truncated"], false);
    let streamed = gateway.send(Call::chat(&chat_stream("up/chat-model", "and a stream")).key(MASTER)).await;
    let kept = bodies(&gateway, &streamed.request_id()).await;
    assert_eq!(kept["response"]["body"], streamed.text(), "{kept}");
    assert!(kept["response"]["content_type"].as_str().unwrap().starts_with("text/event-stream"), "{kept}");
    let refused = gateway.send(Call::chat(&chat("nowhere", "refused before")).key(MASTER)).await;
    gateway.record(&refused.request_id()).await;
    // Found by their text, in whatever case; and everything that was looked at stands in the audit log.
    for (text, found) in [("Quick%20BROWN", 1), ("a%20stream", 1), ("nowhere%20to%20be%20found", 0)] {
        let rows = gateway.rows(&format!("/api/v1/logs?text={text}")).await;
        assert_eq!(rows.len(), found, "{text}");
    }
    assert_eq!(gateway.rows("/api/v1/logs?has_body=true").await.len(), 2);
    assert_eq!(gateway.rows("/api/v1/logs?has_body=false").await.len(), 1);
    let looks = gateway.rows("/api/v1/audit?action=bodies.read").await;
    assert!(looks.iter().any(|entry| entry["id"] == whole.request_id().as_str()), "{looks:?}");
    assert!(!gateway.rows("/api/v1/audit?action=bodies.search").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_strictest_policy_of_all_that_a_call_counts_for_wins() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "max_logging: full").await;
    let made = gateway
        .admin(Method::POST, "/api/v1/teams", Some(&json!({"name": "t", "logging": "redacted"})))
        .await;
    let team = made.json()["id"].as_str().unwrap().to_owned();
    let (_, bare) = gateway.make_key(&json!({"name": "bare"})).await;
    let (_, full) = gateway.make_key(&json!({"name": "full", "logging": "full"})).await;
    let (_, masked) = gateway.make_key(&json!({"name": "masked", "team_id": team, "logging": "full"})).await;
    let (id, off) = gateway.make_key(&json!({"name": "off", "team_id": team, "logging": "off"})).await;
    let said = "my address is jane.doe@example.com";
    let send = async |key: &str, stream: bool| {
        let body = if stream { chat_stream("up/chat-model", said) } else { chat("up/chat-model", said) };
        let call = Call::chat(&body).key(key).header("x-gatewright-session", "s-1");
        gateway.send(call).await.request_id()
    };
    let (of_bare, of_off) = (send(&bare, false).await, send(&off, false).await);
    let of_full = send(&full, false).await;
    let kept = bodies(&gateway, &of_full).await;
    assert!(kept["request"]["body"].as_str().unwrap().contains("jane.doe@example.com"), "{kept}");
    for stream in [false, true] {
        let kept = bodies(&gateway, &send(&masked, stream).await).await;
        assert_eq!(kept["masked"], true);
        assert!(!kept.to_string().contains("jane.doe"), "{kept}");
        assert!(kept["request"]["body"].as_str().unwrap().contains("my address is"), "{kept}");
    }
    for id in [&of_bare, &of_off] {
        gateway.record(id).await;
        let answer = gateway.admin(Method::GET, &format!("/api/v1/logs/{id}/bodies"), None).await;
        assert_eq!(answer.status, 404, "{}", answer.text());
    }
    assert_eq!(gateway.record(&of_bare).await["session"], "s-1");
    let unlogged = gateway.record(&of_off).await;
    assert_eq!((&unlogged["session"], &unlogged["user_agent"]), (&Value::Null, &Value::Null), "{unlogged}");
    assert!(unlogged["input_tokens"].as_u64() > Some(0), "what it used is written down: {unlogged}");
    let shown = gateway.admin(Method::GET, &format!("/api/v1/keys/{id}"), None).await.json();
    assert_eq!(shown["logging"], "off");
    let wrong =
        gateway.admin(Method::PATCH, &format!("/api/v1/keys/{id}"), Some(&json!({"logging": "all"}))).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["error"]["field"]), (400, &json!("logging")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_are_cut_and_never_kept_in_the_clear_where_they_must_be_masked() {
    let upstream = Upstream::start().await;
    let gateway = gateway(&upstream, "logging: full, max_body_bytes: 1024").await;
    let long = format!("{} end-mark", "x".repeat(5_000));
    let id = gateway.send(Call::chat(&chat("up/chat-model", &long)).key(MASTER)).await.request_id();
    let kept = bodies(&gateway, &id).await;
    assert_eq!(kept["request"]["truncated"], true);
    assert_eq!(kept["request"]["body"].as_str().unwrap().len(), 1024);
    let (_, key) = gateway.make_key(&json!({"name": "masked", "logging": "redacted"})).await;
    let id = gateway.send(Call::chat(&chat("up/chat-model", &long)).key(&key)).await.request_id();
    eventually("it is counted", async || {
        let metrics = gateway.send(Call::get("/metrics").key(MASTER)).await.text();
        metrics.contains("gatewright_record_bodies_unmasked_total 1").then_some(())
    })
    .await;
    let answer = gateway.admin(Method::GET, &format!("/api/v1/logs/{id}/bodies"), None).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_is_kept_with_its_record_and_found() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let id = gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(MASTER)).await.request_id();
    gateway.record(&id).await;
    let path = format!("/api/v1/logs/{id}/feedback");
    let said = json!({"score": 4, "label": "good", "comment": "to the point"});
    let made = gateway.admin(Method::POST, &path, Some(&said)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["author"], "master");
    let all = gateway.rows(&path).await;
    assert_eq!((all.len(), &all[0]["score"], &all[0]["comment"]), (1, &json!(4), &json!("to the point")));
    for (query, found) in [
        ("feedback=good", 1),
        ("feedback=any", 1),
        ("feedback=bad", 0),
        ("min_score=4", 1),
        ("max_score=3", 0),
    ] {
        assert_eq!(gateway.rows(&format!("/api/v1/logs?{query}")).await.len(), found, "{query}");
    }
    for wrong in
        [json!({}), json!({"score": 1.5}), json!({"score": 9_999_999}), json!({"label": "x".repeat(101)})]
    {
        let answer = gateway.admin(Method::POST, &path, Some(&wrong)).await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
    }
    let nowhere = "/api/v1/logs/0123456789abcdef0123456789abcdef/feedback";
    assert_eq!(gateway.admin(Method::POST, nowhere, Some(&said)).await.status, 404);
}
