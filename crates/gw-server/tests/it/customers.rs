//! Customers that callers name: each counts by itself, whatever key the call has.

use super::support::{Call, Gateway, Upstream, chat};
use serde_json::json;

const CUSTOMERS: &str =
    "customers:\n  on_sight: true\n  limits: { rpm: 2 }\n  budgets:\n    - { limit_usd: 5, period: 30d }\n";

fn call(key: &str, customer: &str) -> Call {
    Call::chat(&chat("up/chat-model", "hi")).key(key).header("x-gatewright-customer", customer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_customer_has_limits_of_its_own() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{CUSTOMERS}", upstream.providers())).await;
    let (_, one) = gateway.make_key(&json!({"name": "one"})).await;
    let (_, two) = gateway.make_key(&json!({"name": "two"})).await;
    gateway.send(call(&one, "ann")).await.ok();
    let answer = gateway.send(call(&two, "ann")).await;
    answer.ok();
    assert_eq!(answer.header("x-ratelimit-remaining-requests"), Some("0"), "with any key");
    let refused = gateway.send(call(&one, "ann")).await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(refused.text().contains("customer 'ann'"), "{}", refused.text());
    gateway.send(call(&one, "bob")).await.ok();
    // The request's own field names the same customer.
    let mut body = chat("up/chat-model", "hi");
    body["user"] = json!("bob");
    gateway.send(Call::chat(&body).key(&one)).await.ok();
    gateway.send(Call::chat(&body).key(&one)).await.refused(429, "rate_limit_exceeded");
    // Without a name nobody's limit is asked.
    for _ in 0..3 {
        gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(&one)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_without_a_customer_can_be_refused() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}customers: {{ required: true }}\n", upstream.providers())).await;
    let (_, key) = gateway.make_key(&json!({"name": "one"})).await;
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(&key)).await.refused(400, "invalid_request");
    gateway.send(call(&key, "ann")).await.ok();
}
