//! Conditions in routing: who comes where by what a call says of itself, and what happens when nothing holds.

use super::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream, eventually};
use serde_json::json;

/// A key with a budget.
const PURSE: &str = "gw-purseTestsTestsTestsTestsTestsTestsTestsTestsT";

/// Targets of one provider, told apart by their models.
const MODELS: &str = r#"models:
  by-caller:
    strategy: conditional
    targets:
      - { provider: up, model: by-header, when: 'headers["x-tier"] == "gold"' }
      - { provider: up, model: by-tag, when: '"vip" in tags' }
      - { provider: up, model: by-metadata, when: 'has(metadata.plan) && metadata.plan == "free"' }
      - { provider: up, model: by-key, when: 'key.name == "app" && team == "red" && key.metadata.env == "test"' }
      - { provider: up, model: by-customer, when: 'customer == "acme" && session.startsWith("s-")' }
      - { provider: up, model: others }
  by-content:
    strategy: conditional
    targets:
      - { provider: up, model: images, when: 'request.has_images' }
      - { provider: up, model: tools, when: 'request.has_tools' }
      - { provider: up, model: streams, when: 'request.stream && request.format == "chat"' }
      - { provider: up, model: large, when: 'request.input_tokens > 200 || request.body_bytes > 2000' }
      - { provider: up, model: others }
  shares:
    strategy: weighted
    targets:
      - { provider: up, model: never, weight: 98, when: 'time.unix < 5' }
      - { provider: up, model: one, weight: 1 }
      - { provider: up, model: two, weight: 1, when: 'time.unix > 5' }
  spent: { targets: [{ provider: up, model: quick, when: 'has(budget.used) && budget.used > 0.2' }, { provider: up, model: chat-model }] }
  none: { targets: [{ provider: up, model: chat-model, when: 'customer == "nobody"' }] }
  broken: { targets: [{ provider: up, model: never, when: 'metadata.absent == "x"' }, { provider: up, model: others }] }
"#;

fn config(upstream: &Upstream) -> String {
    format!(
        "{}{MODELS}direct_models: true\nkeys:\n  - {{ name: app, key: {KEY}, team_id: red, models: ['*'], metadata: {{ env: test }} }}\n  \
         - {{ name: purse, key: {PURSE}, models: ['*'], budget: {{ limit_usd: 0.1, period: day }} }}\n",
        upstream.providers()
    )
}

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&config(&upstream)).await;
    (upstream, gateway)
}

#[track_caller]
fn went_to(answer: &Answer, model: &str) {
    answer.ok();
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some(model));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_caller_says_of_itself_decides_the_target() {
    let (_upstream, gateway) = set_up().await;
    let ask = async |headers: &[(&str, &str)], key: &str| {
        let mut call = Call::chat(&chat("by-caller", "hi")).key(key);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        gateway.send(call).await
    };
    went_to(&ask(&[("x-tier", "gold")], MASTER).await, "by-header");
    went_to(&ask(&[("x-tier", "tin"), ("x-gatewright-tags", "a, vip")], MASTER).await, "by-tag");
    went_to(&ask(&[("x-gatewright-metadata", r#"{"plan":"free"}"#)], MASTER).await, "by-metadata");
    went_to(&ask(&[], KEY).await, "by-key");
    let acme = [("x-gatewright-customer", "acme"), ("x-gatewright-session", "s-1")];
    went_to(&ask(&acme, MASTER).await, "by-customer");
    went_to(&ask(&[("x-gatewright-customer", "acme")], MASTER).await, "others");
    let refused = ask(&[("x-gatewright-metadata", "plan=free")], MASTER).await;
    refused.refused(400, "invalid_request");

    let mut body = chat("by-caller", "hi");
    body["metadata"] = json!({"plan": "free"});
    went_to(&gateway.send(Call::chat(&body).key(MASTER)).await, "by-metadata");
    let over = Call::chat(&body).key(MASTER).header("x-gatewright-metadata", r#"{"plan":"paid"}"#);
    went_to(&gateway.send(over).await, "others");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_request_holds_decides_the_target() {
    let (_upstream, gateway) = set_up().await;
    let ask = async |body: &serde_json::Value| gateway.send(Call::chat(body).key(MASTER)).await;
    went_to(&ask(&chat("by-content", "hi")).await, "others");
    went_to(&ask(&chat_stream("by-content", "hi")).await, "streams");
    went_to(&ask(&chat("by-content", &"long ".repeat(400))).await, "large");
    let mut body = chat("by-content", "hi");
    body["tools"] =
        json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    went_to(&ask(&body).await, "tools");
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    body["messages"] = json!([{"role": "user", "content": [image, {"type": "text", "text": "what?"}]}]);
    went_to(&ask(&body).await, "images");
    // Large ones are looked into elsewhere.
    body["messages"][0]["content"][1]["text"] = "long ".repeat(80_000).into();
    went_to(&ask(&body).await, "images");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_are_drawn_among_those_that_hold() {
    let (upstream, gateway) = set_up().await;
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..40 {
        let answer = gateway.send(Call::chat(&chat("shares", "hi")).key(MASTER)).await;
        answer.ok();
        *seen.entry(answer.header("x-gatewright-upstream-model").unwrap().to_owned()).or_insert(0) += 1;
    }
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["one", "two"], "{seen:?}");
    assert!(seen.values().all(|count| (16..=24).contains(count)), "{seen:?}");

    // Also when every target that may be asked fails.
    upstream.faults("one", "status=500", None);
    upstream.faults("two", "status=500", None);
    let before = upstream.stats().requests;
    let answer = gateway.send(Call::chat(&chat("shares", "hi")).key(MASTER)).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    let asked = upstream.emulator().requests(usize::try_from(upstream.stats().requests - before).unwrap());
    assert!(asked.iter().all(|request| !String::from_utf8_lossy(&request.body).contains("never")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spending_changes_where_calls_go() {
    let (_upstream, gateway) = set_up().await;
    let ask = async || gateway.send(Call::chat(&chat("spent", "hi there")).key(PURSE)).await;
    went_to(&ask().await, "chat-model");
    eventually("a fifth of the budget is used", async || {
        let answer = ask().await;
        answer.ok();
        (answer.header("x-gatewright-upstream-model") == Some("quick")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_holds_is_a_refusal_and_what_cannot_be_told_is_logged_once() {
    let (upstream, gateway) = set_up().await;
    let answer = gateway.send(Call::chat(&chat("none", "hi")).key(MASTER)).await;
    answer.refused(503, "no_healthy_target");
    assert!(answer.text().contains("no condition of the model 'none' holds"), "{}", answer.text());
    assert_eq!(upstream.stats().requests, 0);
    for _ in 0..3 {
        went_to(&gateway.send(Call::chat(&chat("broken", "hi")).key(MASTER)).await, "others");
    }
    let log = gateway.log();
    assert_eq!(log.matches("a condition could not be evaluated").count(), 1, "{log}");
    assert!(log.contains("metadata.absent"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_are_kept_from_the_moment_that_a_condition_reads_them() {
    let upstream = Upstream::start().await;
    let models = |when: &str| {
        format!(
            "{}models:\n  m: {{ targets: [{{ provider: up, model: gold, when: '{when}' }}, {{ provider: up, model: others }}] }}\n",
            upstream.providers()
        )
    };
    let gateway = Gateway::start(&models("request.stream")).await;
    let ask = async || gateway.send(Call::chat(&chat("m", "hi")).key(MASTER).header("x-tier", "gold")).await;
    went_to(&ask().await, "others");
    gateway.write_config(&models(r#""x-tier" in headers && headers["x-tier"] == "gold""#));
    gateway.signal(rustix::process::Signal::HUP);
    eventually("the new condition is in force", async || {
        (ask().await.header("x-gatewright-upstream-model") == Some("gold")).then_some(())
    })
    .await;
}
