//! What records say of callers, times and money, and that they are found by it.

use super::support::{Call, Gateway, MASTER, Upstream, chat, chat_stream, eventually};
use http::Method;
use serde_json::{Value, json};

async fn whole(gateway: &Gateway, id: &str) -> Value {
    gateway.record(id).await;
    gateway.admin(Method::GET, &format!("/api/v1/logs/{id}"), None).await.ok().json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_says_who_called_with_what_and_is_found_by_it() {
    let upstream = Upstream::start().await;
    let config = format!("{}\nrecords: {{ client_ip: full }}\n", upstream.providers());
    let gateway = Gateway::start(&config).await;
    let (_, key) = gateway.make_key(&json!({"name": "app"})).await;
    let call = Call::chat(&chat("up/chat-model", "hello"))
        .key(&key)
        .header("user-agent", "Agent/7 (test)")
        .header("x-gatewright-session", "session-1")
        .header("x-gatewright-tags", "blue, green")
        .header("x-gatewright-metadata", "{\"job\":\"nightly\"}");
    let id = gateway.send(call).await.request_id();
    let other = gateway.send(Call::chat(&chat("up/chat-model", "hello")).key(&key)).await.request_id();
    let record = whole(&gateway, &id).await;
    assert_eq!(record["user_agent"], "Agent/7 (test)", "{record}");
    assert_eq!((&record["session"], &record["tags"]), (&json!("session-1"), &json!(["blue", "green"])));
    assert_eq!(
        (&record["metadata"], &record["client_ip"]),
        (&json!({"job": "nightly"}), &json!("127.0.0.1"))
    );
    assert_eq!((&record["endpoint"], &record["queue_ms"]), (&json!("chat"), &json!(0.0)));
    assert!(record["tries"].as_array().is_some_and(|tries| tries.len() == 1), "{record}");
    // The prices of the test's model: $100 and $200 a million tokens.
    let lines = record["cost"]["lines"].as_array().unwrap();
    assert_eq!(lines[0]["usd_per_million"], "100", "{record}");
    assert_eq!(lines[1]["usd_per_million"], "200", "{record}");
    assert_eq!(record["cost"]["total_usd"], record["cost_usd"]);
    assert_eq!(record["cost"]["other_usd"], "0");
    whole(&gateway, &other).await;
    for query in
        ["session=session-1", "tag=green", "user_agent=AGENT/7", "session=session-1&status=2xx&min_tokens=1"]
    {
        let rows = gateway.rows(&format!("/api/v1/logs?{query}")).await;
        assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(id)), "{query}");
    }
    for query in
        ["session=session", "tag=gree", "status=5xx", "min_cost_usd=1000", "session=session-1&cache=hit"]
    {
        assert!(gateway.rows(&format!("/api/v1/logs?{query}")).await.is_empty(), "{query}");
    }
    let wrong = gateway.admin(Method::GET, "/api/v1/logs?status=abc", None).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["error"]["field"]), (400, &json!("status")));
    let unknown = gateway.admin(Method::GET, "/api/v1/logs/0123456789abcdef0123456789abcdef", None).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_not_written_down_unless_that_is_wanted() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let long = "a".repeat(2_000);
    let call = Call::chat(&chat_stream("up/chat-model", "hello"))
        .key(MASTER)
        .header("user-agent", &long)
        .header("x-gatewright-metadata", &format!("{{\"a\":\"{long}\"}}"));
    let id = gateway.send(call).await.request_id();
    let record = whole(&gateway, &id).await;
    assert_eq!(record["client_ip"], Value::Null);
    assert_eq!(record["metadata"], json!({"gatewright_left_out": 1}));
    assert_eq!(record["user_agent"], "a".repeat(160));
    assert!(record["tokens_per_second"].is_null() || record["tokens_per_second"].as_f64() > Some(0.0));
    let refused = gateway
        .send(Call::chat(&chat("up/chat-model", "x")).key("gw-nobody").header("user-agent", "Stranger/1"));
    assert_eq!(refused.await.status, 401);
    eventually("the refused call is found by its agent", async || {
        (gateway.rows("/api/v1/logs?user_agent=stranger").await.len() == 1).then_some(())
    })
    .await;
}
