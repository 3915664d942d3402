//! Rate and concurrency limits of keys: what is refused, what the headers say, what does not count.

use super::support::{Answer, Call, Gateway, Upstream, chat, chat_stream, eventually};
use serde_json::{Value, json};

async fn set_up(limits: Value) -> (Upstream, Gateway, String) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (_, key) = gateway.make_key(&json!({"name": "limited", "limits": limits})).await;
    (upstream, gateway, key)
}

#[track_caller]
fn number(answer: &Answer, name: &str) -> u64 {
    let text = answer.header(name).unwrap_or_else(|| panic!("{name} is missing: {:?}", answer.headers));
    text.parse().unwrap_or_else(|_| panic!("{name}: {text}"))
}

fn call(key: &str) -> Call {
    Call::chat(&chat("up/chat-model", "hi")).key(key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_per_minute() {
    for kind in ["sliding", "gcra", "fixed"] {
        let (upstream, gateway, key) = set_up(json!({"rpm": 3, "kind": kind})).await;
        if kind == "gcra" {
            // Evenly refilled: without a burst the second call at once is one too many.
            let answers = [gateway.send(call(&key)).await, gateway.send(call(&key)).await];
            assert!(answers.iter().any(|answer| answer.status == 200));
        } else {
            for left in [2, 1, 0] {
                let answer = gateway.send(call(&key)).await;
                answer.ok();
                assert_eq!(number(&answer, "x-ratelimit-limit-requests"), 3, "{kind}");
                assert_eq!(number(&answer, "x-ratelimit-remaining-requests"), left, "{kind}");
                assert!(
                    answer.header("x-ratelimit-reset-requests").is_some_and(|reset| reset.ends_with('s'))
                );
            }
        }
        let served = upstream.stats().requests;
        let refused = eventually("the limit is reached", async || {
            let answer = gateway.send(call(&key)).await;
            (answer.status != 200).then_some(answer)
        })
        .await;
        refused.refused(429, "rate_limit_exceeded");
        // Sub-windows count whole, so a sliding minute can take a second more.
        assert!((1..=61).contains(&number(&refused, "retry-after")), "{kind}");
        assert_eq!(number(&refused, "x-ratelimit-remaining-requests"), 0, "{kind}");
        assert!(upstream.stats().requests <= served + 2, "{kind}: refused calls went upstream");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_come_in_the_callers_format() {
    let (_upstream, gateway, key) = set_up(json!({"rpm": 1})).await;
    gateway.send(call(&key)).await.ok();
    let openai = gateway.send(call(&key)).await;
    openai.refused(429, "rate_limit_exceeded");
    assert!(openai.json()["error"]["message"].is_string());
    let anthropic = gateway.send(Call::messages(&chat("up/chat-model", "hi")).key(&key)).await;
    anthropic.refused(429, "rate_limit_exceeded");
    assert_eq!(anthropic.json()["type"], "error");
    assert_eq!(anthropic.json()["error"]["type"], "rate_limit_error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_calls_and_our_own_retries_do_not_count() {
    let (upstream, gateway, key) = set_up(json!({"rpm": 3})).await;
    for _ in 0..5 {
        gateway
            .send(Call::chat(&json!({"model": "up/chat-model"})).key(&key))
            .await
            .refused(400, "invalid_request");
        gateway.send(Call::chat(&chat("nowhere", "hi")).key(&key)).await.refused(404, "model_not_found");
    }
    upstream.faults("chat-model", "status=503", Some(1));
    let retried = gateway.send(call(&key)).await;
    retried.ok();
    assert_eq!(retried.header("x-gatewright-attempts"), Some("2"));
    assert_eq!(number(&retried, "x-ratelimit-remaining-requests"), 2);
    gateway.send(call(&key)).await.ok();
    gateway.send(call(&key)).await.ok();
    for _ in 0..5 {
        gateway.send(call(&key)).await.refused(429, "rate_limit_exceeded");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_per_minute() {
    let (upstream, gateway, key) = set_up(json!({"tpm": 150})).await;
    let mut used = 0;
    let refused = eventually("the limit is reached", async || {
        let answer = gateway.send(call(&key)).await;
        if answer.status == 200 {
            used += answer.json()["usage"]["total_tokens"].as_u64().unwrap();
            assert_eq!(number(&answer, "x-ratelimit-limit-tokens"), 150);
            return None;
        }
        Some(answer)
    })
    .await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(number(&refused, "retry-after") >= 1);
    assert!(used > 0 && used <= 150, "{used} tokens");
    let billed = upstream.stats();
    assert_eq!(used, billed.billed_input_tokens + billed.billed_output_tokens);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_the_same_time() {
    let (upstream, gateway, key) = set_up(json!({"max_parallel": 2})).await;
    upstream.faults("slow", "frames=1000;frame-delay=100;ignore-max-tokens", None);
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = Call::chat(&chat_stream("up/slow", "hi")).key(&key).open(gateway.addr).await;
        stream.until("data: ").await;
        open.push(stream);
    }
    let refused = gateway.send(call(&key)).await;
    refused.refused(429, "concurrency_limit_exceeded");
    assert!(number(&refused, "retry-after") >= 1);
    open.pop();
    eventually("the slot is free again", async || {
        (gateway.send(call(&key)).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_holds_under_concurrency_and_over_workers() {
    let (upstream, gateway, key) = set_up(json!({"rpm": 20})).await;
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..80 {
        let (addr, call) = (gateway.addr, call(&key));
        set.spawn(async move { call.send(addr).await.status.as_u16() });
    }
    let statuses = set.join_all().await;
    let served = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!((served, upstream.stats().requests), (20, 20));
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_can_never_fit_is_not_told_to_try_again() {
    let (upstream, gateway, key) = set_up(json!({"tpm": 150, "rpm": 1})).await;
    let mut body = chat("up/chat-model", "hi");
    body["max_tokens"] = 1000.into();
    let refused = gateway.send(Call::chat(&body).key(&key)).await;
    refused.refused(400, "invalid_request");
    assert_eq!(refused.header("retry-after"), None);
    let text = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(text.contains("150 tokens per minute") && text.contains(" 10"), "{text}");
    assert_eq!(upstream.stats().requests, 0);
    // It took nothing from the limits.
    gateway.send(call(&key)).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_kind_refills_nothing() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let (id, key) = gateway.make_key(&json!({"name": "limited", "limits": {"rpm": 2}})).await;
    gateway.send(call(&key)).await.ok();
    gateway.send(call(&key)).await.ok();
    for kind in ["gcra", "sliding"] {
        let change = json!({"limits": {"rpm": 2, "kind": kind}});
        gateway.admin(http::Method::PATCH, &format!("/api/v1/keys/{id}"), Some(&change)).await.ok();
        gateway.send(call(&key)).await.refused(429, "rate_limit_exceeded");
    }
}
