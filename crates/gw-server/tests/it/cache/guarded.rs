//! Guardrails and the cache: what is kept is what the provider said to the request as its guardrails left it; each reader
//! has its own guardrails and its own values.

use super::{OTHER, said};
use crate::support::scripted::{self, STREAM_HEAD, Scripted, Step};
use crate::support::speaking::{Format, head};
use crate::support::{Answer, Call, Gateway, KEY, MASTER, chat, chat_stream, eventually, eventually_within};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.org";

fn whole(text: &str) -> Vec<Step> {
    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}});
    vec![Step::Send(head("200 OK", "application/json", "", &body.to_string()).into_bytes())]
}

fn chunk(text: &str) -> String {
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

fn end() -> String {
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    format!("data: {chunk}\n\ndata: [DONE]\n\n")
}

/// A gateway whose two keys mask addresses, with a cache that they share or not.
async fn masking(upstream: &Scripted, cache: &str) -> Arc<Gateway> {
    let rails = "guardrails:\n  mask: { kind: pii, on: [request, response], action: tokenize }\n  \
                 stop: { kind: pii, on: [response], action: block }\n  \
                 blank: { kind: pii, on: [response], action: redact }\n";
    let keys = format!(
        "keys:\n  - {{ name: ann, key: {KEY}, guardrails: [mask] }}\n  - {{ name: bob, key: {OTHER}, guardrails: [mask] }}\n"
    );
    Arc::new(Gateway::start(&format!("{}cache: {cache}\n{rails}{keys}", upstream.provider())).await)
}

fn text_of(answer: &Answer, stream: bool) -> String {
    if stream { Format::Chat.streamed(&answer.body) } else { Format::Chat.text_of(&answer.json()) }
}

fn body(stream: bool, text: &str) -> Value {
    if stream { chat_stream("up/chat-model", text) } else { chat("up/chat-model", text) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_masked_text_has_one_answer_and_each_reads_their_own_values_in_it() {
    let upstream = Scripted::start(|_| whole("Wrote to [EMAIL_1].")).await;
    let gateway = masking(&upstream, "{ mode: exact, scope: global }").await;
    let ask = async |key: &str, stream: bool, text: &str| {
        let answer = gateway.send(Call::chat(&body(stream, text)).key(key)).await;
        answer.ok();
        (said(&answer).to_owned(), text_of(&answer, stream), answer.text())
    };
    let mut first = true;
    for stream in [false, true] {
        for (key, own, foreign) in [(KEY, ANN, BOB), (OTHER, BOB, ANN)] {
            let (cache, text, raw) = ask(key, stream, &format!("Write to {own}")).await;
            assert_eq!((&*cache, text), (if first { "miss" } else { "hit" }, format!("Wrote to {own}.")));
            assert!(!raw.contains(foreign), "{raw}");
            first = false;
        }
        // Who writes the placeholder has no value behind it.
        let literal = gateway.send(Call::chat(&body(stream, "Write to [EMAIL_1]")).key(MASTER)).await;
        assert_eq!(
            (said(literal.ok()), text_of(&literal, stream)),
            ("hit", "Wrote to [EMAIL_1].".to_owned())
        );
    }
    assert_eq!(upstream.all().len(), 1);
    // One value twice is another text than two values.
    let two = ask(KEY, false, &format!("Write to {ANN} and {ANN}")).await;
    assert_eq!((&*two.0, &*two.1), ("miss", &*format!("Wrote to {ANN}.")));
    assert_eq!(ask(OTHER, false, &format!("Write to {BOB} and {ANN}")).await.0, "miss");
    assert_eq!(ask(OTHER, false, &format!("Write to {BOB} and {BOB}")).await.1, format!("Wrote to {BOB}."));
    assert_eq!(upstream.all().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn masked_texts_are_shared_no_further_than_the_scope_goes() {
    let upstream = Scripted::start(|_| whole("Wrote to [EMAIL_1].")).await;
    let gateway = masking(&upstream, "{ mode: exact }").await;
    for (key, own, want) in [
        (KEY, ANN, "miss"),
        (OTHER, BOB, "miss"),
        (OTHER, ANN, "hit"),
        (KEY, BOB, "hit"),
        (MASTER, ANN, "miss"),
    ] {
        let answer =
            gateway.send(Call::chat(&chat("up/chat-model", &format!("Write to {own}"))).key(key)).await;
        assert_eq!(said(answer.ok()), want, "{own}");
    }
    // What a wish says is no text of the request: it is not masked.
    let named = |namespace: &str| {
        let mut body = chat("up/chat-model", "hi");
        body["cache"] = json!({"namespace": namespace});
        Call::chat(&body).key(KEY)
    };
    for (namespace, want) in [(ANN, "miss"), (BOB, "miss"), (ANN, "hit")] {
        assert_eq!(said(gateway.send(named(namespace)).await.ok()), want, "{namespace}");
    }
    assert!(!upstream.last().body.contains("namespace"), "{}", upstream.last().body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_has_guardrails_of_its_own() {
    const CARD: &str = "It is 4111 1111 1111 1111, yes";
    for leads_with in ["stop", "blank", ""] {
        for stream in [false, true] {
            let upstream = Scripted::by_request(|_, seen| match seen.body.contains("\"stream\":true") {
                true => scripted::stream(format!("{}{}", chunk(CARD), end()).as_bytes()),
                false => whole(CARD),
            })
            .await;
            let gateway = masking(&upstream, "{ mode: exact }").await;
            let ask = async |rail: &str| {
                let call =
                    Call::chat(&body(stream, "hi")).key(MASTER).header("x-gatewright-guardrails", rail);
                gateway.send(call).await
            };
            for rail in [leads_with, "stop", "blank", ""] {
                let answer = ask(rail).await;
                let text = answer.text();
                match rail {
                    "stop" => assert!(text.contains("guardrail_blocked") && !text.contains("4111"), "{text}"),
                    "blank" => assert!(text_of(&answer, stream).contains("[REDACTED_CREDIT_CARD]"), "{text}"),
                    _ => assert_eq!(text_of(&answer, stream), CARD),
                }
            }
            assert_eq!(
                upstream.all().len(),
                1,
                "kept also where '{leads_with}' asked first, stream {stream}"
            );
        }
    }
}

/// Who began the answer gets an end of its own, and nobody else notices.
async fn goes_on_for_others(key: &str, header: (&str, &str), ends_with: &str) {
    // More than comes with one read: what ends the answer early has to be seen before its end.
    let more = "and more ".repeat(100);
    let rest: Vec<String> = std::iter::once("4111 1111 1111 1111, yes ".to_owned())
        .chain(std::iter::repeat_n(more, 300))
        .collect();
    let all = format!("Hello there, {}", rest.concat());
    let upstream = Scripted::start(move |_| {
        let rest: String = rest.iter().map(|piece| chunk(piece)).collect();
        vec![
            Step::Send([STREAM_HEAD, &chunk("Hello there, ")].concat().into_bytes()),
            Step::Wait,
            Step::Send([rest, end()].concat().into_bytes()),
        ]
    })
    .await;
    let more = "cache: { mode: exact, scope: global }\nguardrails:\n  \
                stop: { kind: pii, on: [response], action: block }\n";
    let keys = format!(
        "keys:\n  - {{ name: poor, key: {KEY}, budget: {{ limit_usd: 0.02, period: total }} }}\n  - {{ name: other, key: {OTHER} }}\n"
    );
    let gateway = Arc::new(Gateway::start(&format!("{}{more}{keys}", upstream.provider())).await);
    let mut asked = body(true, "hi");
    asked["max_tokens"] = json!(16);
    let first = Call::chat(&asked).key(key).header(header.0, header.1).open(gateway.addr).await;
    let follower = {
        let (gateway, asked) = (Arc::clone(&gateway), asked.clone());
        tokio::spawn(async move { gateway.send(Call::chat(&asked).key(OTHER)).await })
    };
    eventually("both get it", async || {
        (gateway.metric("gatewright_cache_passengers").await >= 2.0).then_some(())
    })
    .await;
    let cut = match ends_with {
        // Its time is up while the provider still thinks.
        "upstream_timeout" => {
            let cut = first.rest().await;
            upstream.release();
            cut
        }
        _ => {
            upstream.release();
            first.rest().await
        }
    };
    assert!(cut.text().contains(ends_with) && !cut.text().contains("[DONE]"), "{}", cut.text());
    let got = follower.await.unwrap();
    assert_eq!(text_of(got.ok(), true), all, "{}", got.text());
    assert!(got.text().ends_with("data: [DONE]\n\n"), "{}", got.text());
    let record = eventually("its record", async || {
        let rows = gateway.rows("/api/v1/logs").await;
        rows.into_iter().find(|row| row["cache"] == "miss")
    })
    .await;
    let ending = (&record["outcome"], &record["error_code"]);
    assert_eq!(ending, (&json!("stream_cut"), &json!(ends_with)), "{record}");
    let tokens = record["output_tokens"].as_u64();
    assert!(tokens.is_some_and(|tokens| tokens > 150), "all of it is paid for: {record}");
    let again = gateway.send(Call::chat(&asked).key(OTHER)).await;
    assert_eq!((said(again.ok()), upstream.all().len()), ("hit", 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guardrail_that_stops_the_first_stops_nobody_else() {
    goes_on_for_others(MASTER, ("x-gatewright-guardrails", "stop"), "guardrail_blocked").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_the_first_is_its_own() {
    goes_on_for_others(MASTER, ("x-gatewright-timeout-ms", "6000"), "upstream_timeout").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_budget_of_the_first_is_its_own() {
    goes_on_for_others(KEY, ("x-gatewright-session", "s"), "budget_exceeded").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_the_first_is_its_own_with_whole_answers() {
    let begun = |body: &str| {
        let (one, two) = body.split_at(body.len() / 2);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{one}",
            body.len()
        );
        vec![Step::Send(head.into_bytes()), Step::Wait, Step::Send(two.as_bytes().to_vec())]
    };
    let answer = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}});
    let answer = answer.to_string();
    let upstream = Scripted::start(move |_| begun(&answer)).await;
    let gateway = masking(&upstream, "{ mode: exact, scope: global }").await;
    let first = {
        let gateway = Arc::clone(&gateway);
        let call = Call::chat(&body(false, "hi")).key(KEY).header("x-gatewright-timeout-ms", "6000");
        tokio::spawn(async move { gateway.send(call).await })
    };
    eventually("it was asked", async || (!upstream.all().is_empty()).then_some(())).await;
    let follower = {
        let gateway = Arc::clone(&gateway);
        tokio::spawn(async move { gateway.send(Call::chat(&body(false, "hi")).key(OTHER)).await })
    };
    first.await.unwrap().refused(504, "upstream_timeout");
    upstream.release();
    let got = follower.await.unwrap();
    assert_eq!((said(got.ok()), text_of(&got, false)), ("hit", "Hello".to_owned()));
    let record = eventually("its record", async || {
        let rows = gateway.rows("/api/v1/logs").await;
        rows.into_iter().find(|row| row["cache"] == "miss")
    })
    .await;
    assert_eq!(
        (&record["error_code"], &record["output_tokens"]),
        (&json!("upstream_timeout"), &json!(7)),
        "{record}"
    );
    assert_eq!(upstream.all().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_the_first_is_its_own_with_answers_that_are_not_held() {
    const TIME_MS: u64 = 4000;
    let text = "Hello, and more. ".repeat(100_000);
    let answer =
        json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}})
        .to_string();
    let upstream = Scripted::start(move |_| {
        // More than is held before its beginning goes on.
        let (one, two) = answer.split_at(answer.len() / 4 * 3);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{one}",
            answer.len()
        );
        vec![Step::Send(head.into_bytes()), Step::Wait, Step::Send(two.as_bytes().to_vec())]
    })
    .await;
    let keys = format!("keys:\n  - {{ name: a, key: {KEY} }}\n  - {{ name: b, key: {OTHER} }}\n");
    let config = format!(
        "{}cache: {{ mode: exact, scope: global, max_entry_bytes: 8000000 }}\n{keys}",
        upstream.provider()
    );
    let gateway = Arc::new(Gateway::start(&config).await);
    let began = Instant::now();
    let call =
        Call::chat(&body(false, "hi")).key(KEY).header("x-gatewright-timeout-ms", &TIME_MS.to_string());
    let mut first = call.open(gateway.addr).await;
    first.until("Hello").await;
    let follower = {
        let gateway = Arc::clone(&gateway);
        tokio::spawn(async move { gateway.send(Call::chat(&body(false, "hi")).key(OTHER)).await })
    };
    gateway.metric_becomes("gatewright_cache_passengers", 2.0, Duration::from_secs(5)).await;
    eventually_within(Duration::from_secs(10), "its time is up", async || {
        (began.elapsed() > Duration::from_millis(TIME_MS + 200)).then_some(())
    })
    .await;
    upstream.release();
    first.try_rest().await.unwrap_err();
    let got = follower.await.unwrap();
    assert_eq!((said(got.ok()), text_of(&got, false).len()), ("hit", 1_700_000));
    let records = gateway.records_of("stream_cut", 1).await;
    assert_eq!(
        (&records[0]["cache"], &records[0]["output_tokens"]),
        (&json!("miss"), &json!(7)),
        "{records:?}"
    );
    let again = gateway.send(Call::chat(&body(false, "hi")).key(OTHER)).await;
    assert_eq!((said(again.ok()), upstream.all().len()), ("hit", 1));
}
