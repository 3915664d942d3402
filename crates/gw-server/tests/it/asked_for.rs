//! What a request asked for and which way it came, as its record has it: parameters, nodes of a dynamic route, prices, and how long the
//! answer waited for guardrails; and how records are found by that.

use super::support::{Call, Gateway, MASTER, Upstream};
use http::Method;
use serde_json::{Value, json};

const CONFIG: &str = "routes:
  by-tag:
    start: tier
    nodes:
      tier: { type: condition, when: '\"vip\" in tags', then: best, else: usual }
      best: { type: model, model: up/broken, next: usual }
      usual: { type: model, model: up/chat-model }
guardrails:
  no-secrets: { kind: secrets, on: [response], action: block, mandatory: true }
";

fn body() -> Value {
    json!({
        "model": "by-tag",
        "messages": [{ "role": "user", "content": "hi" }],
        "temperature": 0.7,
        "max_tokens": 64,
        "tools": [{ "type": "function", "function": { "name": "look", "parameters": {} } }],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_says_what_was_asked_for_and_which_way_it_came() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{CONFIG}", upstream.providers())).await;
    upstream.faults("broken", "status=500", None);
    let ask = async |tags: &str| {
        let call = Call::chat(&body()).key(MASTER).header("x-gatewright-tags", tags);
        let answer = gateway.send(call).await;
        answer.ok();
        let id = answer.request_id();
        gateway.record(&id).await;
        gateway.admin(Method::GET, &format!("/api/v1/logs/{id}"), None).await.ok().json()
    };
    let usual = ask("other").await;
    let asked = json!({ "temperature": 0.7, "max_output_tokens": 64, "tools": 1 });
    assert_eq!((&usual["parameters"], &usual["route"]), (&asked, &json!(["tier/usual"])), "{usual}");
    assert!(usual["answer_guardrails_ms"].as_f64().unwrap() > 0.0, "{usual}");
    let failed = ask("vip").await;
    let ways: Vec<&str> = failed["route"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(ways.len() == 2 && ways[0].ends_with("best") && ways[1].ends_with("usual"), "{failed}");
    let found = async |query: &str| {
        let rows = gateway.rows(&format!("/api/v1/logs?{query}")).await;
        rows.iter().map(|row| row["request_id"].clone()).collect::<Vec<_>>()
    };
    let (first, second) = (&usual["request_id"], &failed["request_id"]);
    assert_eq!(found("route_node=best").await, std::slice::from_ref(second));
    assert_eq!(found("parameter=temperature%3D0.7").await, [second.clone(), first.clone()]);
    assert!(found("parameter=temperature%3D0.8").await.is_empty());
    assert_eq!(found("try_reason=5xx&tried_provider=up").await, std::slice::from_ref(second));
    gateway.admin(Method::GET, "/api/v1/logs?parameter=warmth", None).await.refused(400, "invalid_request");
}

/// Prices come from a page of the books, and the record says from which.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_says_which_prices_it_was_charged_at() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let call = json!({ "model": "up/chat-model", "messages": [{ "role": "user", "content": "hi" }] });
    let answer = gateway.send(Call::chat(&call).key(MASTER)).await;
    answer.ok();
    let id = answer.request_id();
    gateway.record(&id).await;
    let record = gateway.admin(Method::GET, &format!("/api/v1/logs/{id}"), None).await.ok().json();
    assert!(record["cost"]["prices"].is_array(), "{record}");
    for one in record["cost"]["prices"].as_array().unwrap() {
        assert_eq!(one["attempt"], 0, "{record}");
        assert!(one["since"].as_str().unwrap() <= record["time"].as_str().unwrap(), "{record}");
    }
}

/// Whoever wants nothing written down of what callers say has none of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_of_what_was_asked_for_where_logging_is_off() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}records: {{ logging: off }}\n", upstream.providers())).await;
    let call = json!({ "model": "up/chat-model", "messages": [{ "role": "user", "content": "hi" }], "temperature": 1 });
    let answer = gateway.send(Call::chat(&call).key(MASTER)).await;
    answer.ok();
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["parameters"], &record["route"]), (&json!({}), &json!([])), "{record}");
}
