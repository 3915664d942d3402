//! Prompts and answers in spans: only where that is wanted, as the conventions write them, and never more than records keep.

use super::support::collector::{Collector, of};
use super::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, chat, chat_stream, eventually_within};
use gw_telemetry::proto::trace::Span;
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
const INPUT: &str = "gen_ai.input.messages";
const OUTPUT: &str = "gen_ai.output.messages";
const ADDRESS: &str = "jane.doe@example.com";

async fn gateway(upstream: &Upstream, collector: &Collector, protocol: &str, more: &str) -> Gateway {
    let text = format!(
        "{}keys:\n  - {{ name: caller, key: {KEY} }}\ntelemetry:\n  otlp: {{ endpoint: \"{}\", protocol: {protocol} }}\n  \
         metrics: {{ enabled: false }}\n  logs: {{ interval_ms: 50, all: true }}\n  traces: {{ interval_ms: 50{more}",
        upstream.providers(),
        collector.url()
    );
    Gateway::start(&text).await
}

/// The span of a call's last try, once it is there, and all that was told of the call as one text.
async fn told(collector: &Collector, answer: &Answer) -> (Span, String) {
    let id = answer.request_id();
    eventually_within(PATIENCE, "its spans", async || {
        let all = collector.spans(1).await;
        let request = all.iter().find(|span| of(span, "gatewright.request.id") == id)?;
        let its: Vec<&Span> = all.iter().filter(|span| span.trace_id == request.trace_id).collect();
        let last = its.iter().find(|span| !of(span, "gatewright.attempt").is_empty())?;
        Some(((*last).clone(), format!("{its:?} {:?}", collector.logs(1).await)))
    })
    .await
}

fn read(span: &Span, name: &str) -> Value {
    let text = of(span, name);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text:?} of {span:?}"))
}

async fn send(gateway: &Gateway, key: &str, body: &Value) -> Answer {
    let answer = gateway.send(Call::chat(body).key(key)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

async fn is_told_as_messages(collector: Collector, protocol: &str) {
    let upstream = Upstream::start().await;
    let gateway =
        gateway(&upstream, &collector, protocol, ", content: true }\nrecords: { logging: full }\n").await;
    let mut body = chat("up/chat-model", "what is this?");
    body["messages"].as_array_mut().unwrap().insert(0, json!({"role": "system", "content": "be brief"}));
    let answer = send(&gateway, KEY, &body).await;
    let said = answer.json()["choices"][0]["message"]["content"].clone();
    let (span, _) = told(&collector, &answer).await;
    assert_eq!(
        read(&span, INPUT),
        json!([{"role": "user", "parts": [{"type": "text", "content": "what is this?"}]}])
    );
    assert_eq!(read(&span, "gen_ai.system_instructions"), json!([{"type": "text", "content": "be brief"}]));
    let expected =
        json!([{"role": "assistant", "finish_reason": "stop", "parts": [{"type": "text", "content": said}]}]);
    assert_eq!(read(&span, OUTPUT), expected);
    // A stream is the same, in another format too.
    let streamed = send(&gateway, KEY, &chat_stream("up/chat-model", "what is this?")).await;
    let (span, _) = told(&collector, &streamed).await;
    assert_eq!(read(&span, OUTPUT), expected);
    let messages = gateway.send(Call::messages(&chat("claude/chat-model", "what is this?")).key(KEY)).await;
    let (span, _) = told(&collector, &messages).await;
    assert_eq!(read(&span, OUTPUT)[0]["parts"], expected[0]["parts"]);
    // Long texts are cut.
    let long = send(&gateway, KEY, &chat("up/chat-model", &"x".repeat(40_000))).await;
    let (span, _) = told(&collector, &long).await;
    assert!((16_000..17_000).contains(&of(&span, INPUT).len()), "{}", of(&span, INPUT).len());
    assert!(
        of(&span, INPUT).ends_with("[...]\",\"type\":\"text\"}],\"role\":\"user\"}]")
            || of(&span, INPUT).contains("[...]")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_is_told_as_messages_over_http() {
    is_told_as_messages(Collector::http().await, "http/protobuf").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_is_told_as_messages_over_grpc() {
    is_told_as_messages(Collector::grpc().await, "grpc").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_it_is_told_unless_that_is_wanted_and_records_keep_it() {
    let upstream = Upstream::start().await;
    for (more, wants) in [(" }\nrecords: { logging: full }\n", false), (", content: true }\n", true)] {
        let collector = Collector::http().await;
        let gateway = gateway(&upstream, &collector, "http/protobuf", more).await;
        let answer = send(&gateway, KEY, &chat("up/chat-model", "a-secret-phrase")).await;
        let (_, all) = told(&collector, &answer).await;
        assert!(!all.contains("a-secret-phrase") && !all.contains("messages"), "wanted: {wants}: {all}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_guardrails_masked_is_not_told_unless_whole_bodies_are_kept() {
    let (upstream, collector) = (Upstream::start().await, Collector::http().await);
    let more = ", content: true }\nrecords: { logging: redacted, max_logging: full }\n\
        guardrails:\n  codes: { kind: regex, patterns: ['code-\\d+'], on: [request], action: tokenize }\n";
    let gateway = gateway(&upstream, &collector, "http/protobuf", more).await;
    let (_, full) = gateway.make_key(&json!({"name": "full", "logging": "full"})).await;
    let (_, off) = gateway.make_key(&json!({"name": "off", "logging": "off"})).await;
    let text = format!("write to {ADDRESS} about code-4711");
    let ask = async |key: &str, rail: bool| {
        let call = Call::chat(&chat("up/chat-model", &text)).key(key);
        let call = if rail { call.header("x-gatewright-guardrails", "codes") } else { call };
        let answer = gateway.send(call).await;
        assert!(answer.text().contains("code-4711"), "the caller gets what was masked: {}", answer.text());
        told(&collector, &answer).await
    };
    // What records mask is masked here, in both.
    let (span, all) = ask(MASTER, false).await;
    assert!(!all.contains(ADDRESS), "{all}");
    assert!(of(&span, INPUT).contains("code-4711") && of(&span, OUTPUT).contains("code-4711"), "{span:?}");
    // What a guardrail masked stays so; the answer, in which it was restored, is not told.
    let (span, all) = ask(MASTER, true).await;
    assert!(!all.contains(ADDRESS) && !all.contains("4711"), "{all}");
    assert!(of(&span, INPUT).contains("write to") && of(&span, OUTPUT).is_empty(), "{span:?}");
    let (span, _) = ask(&full, true).await;
    assert!(!of(&span, INPUT).contains("4711") && of(&span, INPUT).contains(ADDRESS), "{span:?}");
    assert!(of(&span, OUTPUT).contains("code-4711"), "{span:?}");
    let (_, all) = ask(&off, false).await;
    assert!(!all.contains("write to"), "{all}");
}
