//! What is not kept, and what is said about the cache where a call goes past it.

use super::{KEY, said};
use crate::support::scripted::{Scripted, Step, stream};
use crate::support::speaking::head;
use crate::support::{Answer, Call, Gateway, MASTER, chat, chat_stream};
use http::Method;
use serde_json::{Value, json};

/// A gateway in front of the script, with a cache, a model without one, and guardrails that callers may name.
async fn gateway(upstream: &Scripted) -> Gateway {
    let more = "cache: { mode: exact }\nmodels:\n  past: { targets: [{ provider: up, model: chat-model }], cache: { mode: \
                off } }\nguardrails:\n  pii: { kind: pii, on: [response], action: redact }\n  \
                stop: { kind: pii, on: [request], action: block }\n";
    Gateway::start(&format!("{}{more}keys:\n  - {{ name: caller, key: {KEY} }}\n", upstream.provider())).await
}

async fn ask(gateway: &Gateway, body: &Value) -> Answer {
    gateway.send(Call::chat(body).key(KEY)).await
}

fn answer(finish: Value) -> Value {
    json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message":
        {"role": "assistant", "content": "x"}, "finish_reason": finish}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
}

fn whole(status: &str, body: &Value) -> Vec<Step> {
    vec![Step::Send(head(status, "application/json", "", &body.to_string()).into_bytes())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_with_a_good_status_and_broken_answers_are_not_kept() {
    let fault = json!({"error": {"message": "x", "code": 500}});
    let open = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n";
    let scripts: Vec<(bool, Vec<Step>)> = vec![
        (false, whole("200 OK", &fault)),
        (false, whole("200 OK", &json!({}))),
        (false, whole("200 OK", &json!({"choices": []}))),
        (false, whole("200 OK", &answer(Value::Null))),
        (false, whole("202 Accepted", &answer("stop".into()))),
        (true, stream(open.as_bytes())),
    ];
    for (is_stream, steps) in scripts {
        let what = format!("{steps:?}");
        let upstream = Scripted::start(move |_| steps.clone()).await;
        let gateway = gateway(&upstream).await;
        let body = if is_stream { chat_stream("up/chat-model", "hi") } else { chat("up/chat-model", "hi") };
        ask(&gateway, &body).await;
        assert_ne!(said(&ask(&gateway, &body).await), "hit", "{what}");
        assert_eq!(upstream.all().len(), 2, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_on_its_way_when_its_like_is_thrown_away_is_not_kept() {
    let chunk = |delta: Value, finish: Value| {
        format!(
            "data: {}\n\n",
            json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
        )
    };
    let (begin, end) = (
        chunk(json!({"content": "Hello"}), Value::Null),
        chunk(json!({}), "stop".into()) + "data: [DONE]\n\n",
    );
    for (purge, is_kept) in [
        (json!({"all": true}), false),
        (json!({"model": "up/chat-model"}), false),
        (json!({"model": "another"}), true),
    ] {
        let (begin, end) = (begin.clone(), end.clone());
        let upstream = Scripted::start(move |number| {
            let mut steps = stream(begin.as_bytes());
            if number == 0 {
                steps.push(Step::Wait);
            }
            steps.push(Step::Send(end.clone().into_bytes()));
            steps
        })
        .await;
        let gateway = gateway(&upstream).await;
        let body = chat_stream("up/chat-model", "hi");
        let mut open = Call::chat(&body).key(KEY).open(gateway.addr).await;
        open.until("Hello").await;
        let purged = gateway.admin(Method::POST, "/api/v1/cache/purge", Some(&purge)).await;
        purged.ok();
        // Nobody else gets what was asked for before.
        if !is_kept {
            assert_eq!(said(&ask(&gateway, &chat_stream("up/chat-model", "hi")).await), "miss");
            gateway.admin(Method::POST, "/api/v1/cache/purge", Some(&purge)).await.ok();
        }
        upstream.release();
        let rest = open.rest().await;
        assert!(rest.text().ends_with("data: [DONE]\n\n"), "{}", rest.text());
        let want = if is_kept { "hit" } else { "miss" };
        assert_eq!(said(&ask(&gateway, &body).await), want, "{purge}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_about_the_cache_is_read_where_a_call_goes_past_it() {
    let upstream = Scripted::start(|_| whole("200 OK", &answer("stop".into()))).await;
    let gateway = gateway(&upstream).await;
    let call = |body: &Value| Call::chat(body).key(KEY);
    let plain = chat("past", "hi");
    gateway
        .send(call(&plain).header("x-gatewright-cache", "only-if-cached"))
        .await
        .refused(504, "not_cached");
    gateway.send(call(&plain).header("x-gatewright-cache", "bogus")).await.refused(400, "invalid_request");
    let with = |cache: Value| {
        let mut body = plain.clone();
        body["cache"] = cache;
        body
    };
    for wrong in [json!({"bad": 1}), json!(5), json!([]), json!("on")] {
        for model in ["past", "up/chat-model"] {
            let mut body = with(wrong.clone());
            body["model"] = model.into();
            gateway.send(call(&body)).await.refused(400, "invalid_request");
        }
    }
    assert!(upstream.all().is_empty());
    for cache in [json!({"ttl": 60}), Value::Null] {
        let answer = gateway.send(call(&with(cache))).await;
        assert_eq!(said(answer.ok()), "bypass");
        assert!(!upstream.last().body.contains("\"cache\""), "{}", upstream.last().body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guardrails_are_named_in_several_lines_and_never_in_vain() {
    let upstream = Scripted::start(|_| whole("200 OK", &answer("stop".into()))).await;
    let gateway = gateway(&upstream).await;
    let body = chat("up/chat-model", "mail jane.doe@example.com");
    let name = "x-gatewright-guardrails";
    let two = Call::chat(&body).key(MASTER).header(name, "pii").header(name, "stop");
    gateway.send(two).await.refused(400, "guardrail_blocked");
    let many = vec!["pii"; 33].join(",");
    gateway.send(Call::chat(&body).key(MASTER).header(name, &many)).await.refused(400, "invalid_request");
    assert!(upstream.all().is_empty());
}
