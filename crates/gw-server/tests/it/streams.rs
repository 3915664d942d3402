//! Streams in detail: usage that is asked for and hidden, exact bytes, silence, and streams that are wrong.

use super::support::scripted::{self, STREAM_HEAD, Scripted, Step};
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream, sse};
use serde_json::{Value, json};

/// A chunk with text.
fn chunk(text: &str) -> String {
    let value = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {value}")
}

const FINISH: &str = r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}"#;
const DONE: &str = "data: [DONE]";

/// Events with this line end.
fn events(lines: &[&str], end: &str) -> Vec<u8> {
    lines.iter().map(|line| format!("{line}{end}{end}")).collect::<String>().into_bytes()
}

async fn ask(gateway: &Gateway, body: &Value) -> Answer {
    let answer = gateway.send(Call::chat(body).key(MASTER)).await;
    answer.ok();
    answer
}

/// A gateway in front of an upstream that answers every request with this stream.
async fn play(body: Vec<u8>, settings: &str) -> (Scripted, Gateway) {
    let upstream = Scripted::start(move |_| scripted::stream(&body)).await;
    let gateway = Gateway::start(&format!("{}{settings}", upstream.provider())).await;
    (upstream, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_is_asked_for_upstream_and_hidden_from_the_caller() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let quiet = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    let seen: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
    assert_eq!(seen["stream_options"], json!({"include_usage": true}));
    assert!(
        !quiet.text().contains("usage\":{") && quiet.text().ends_with("data: [DONE]\n\n"),
        "{}",
        quiet.text()
    );
    for extra in [json!({"include_usage": false}), json!({"include_usage": null}), json!({}), Value::Null] {
        let mut body = chat_stream("up/chat-model", "hi");
        body["stream_options"] = extra.clone();
        let answer = ask(&gateway, &body).await;
        let seen: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
        assert_eq!(seen["stream_options"]["include_usage"], true, "{extra}");
        assert!(!answer.text().contains("usage\":{"), "{extra}: {}", answer.text());
    }
    let mut body = chat_stream("up/chat-model", "hi");
    body["stream_options"] = json!({"include_usage": true});
    let asked = ask(&gateway, &body).await;
    let usage = sse::values(&asked.body).pop().unwrap();
    assert!(usage["usage"]["total_tokens"].as_u64().is_some_and(|total| total > 0), "{usage}");
    for answer in [quiet, asked] {
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(
            (&record["usage_source"], &record["stream"]),
            (&"upstream".into(), &true.into()),
            "{record}"
        );
        assert_eq!(record["input_tokens"], usage["usage"]["prompt_tokens"]);
        assert_eq!(record["output_tokens"], usage["usage"]["completion_tokens"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_of_a_stream_comes_through() {
    let a_lot = chunk(&"ä😀".repeat(2000));
    for end in ["\n", "\r\n", "\r"] {
        let head = [": comment", "event: x\ndata: {}", "id: 7\nretry: 10\ndata: {\"choices\":[]}"]
            .map(|e| e.replace('\n', end));
        let mut lines: Vec<&str> = head.iter().map(String::as_str).collect();
        let hello = chunk("hello");
        lines.extend([hello.as_str(), &a_lot, FINISH, DONE]);
        let body = events(&lines, end);
        let (_upstream, gateway) = play(body.clone(), "").await;
        let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
        assert_eq!(answer.body, body, "line end {end:?}: {}", answer.text());
        assert_eq!(answer.header("content-type").map(|v| v.starts_with("text/event-stream")), Some(true));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_usage_the_tokens_are_estimated() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "no-usage;output-tokens=40", None);
    let gateway = Gateway::start(&upstream.providers()).await;
    for body in
        [chat("up/chat-model", "some words to count"), chat_stream("up/chat-model", "some words to count")]
    {
        let answer = ask(&gateway, &body).await;
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(
            (&record["outcome"], &record["usage_source"]),
            (&"success".into(), &"estimated".into()),
            "{record}"
        );
        assert!(
            record["input_tokens"].as_u64() >= Some(4) && record["output_tokens"].as_u64() >= Some(20),
            "{record}"
        );
        assert_ne!(record["cost_usd"], "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_stream_is_kept_alive() {
    let first = chunk("one");
    let begun = [STREAM_HEAD.as_bytes(), &events(&[&first], "\n")].concat();
    let rest = events(&[FINISH, DONE], "\n");
    let upstream =
        Scripted::start(move |_| vec![Step::Send(begun.clone()), Step::Wait, Step::Send(rest.clone())]).await;
    let gateway =
        Gateway::start(&format!("{}settings: {{ stream_ping_ms: 80 }}\n", upstream.provider())).await;
    let mut stream = Call::chat(&chat_stream("up/chat-model", "hi")).key(MASTER).open(gateway.addr).await;
    let seen = stream.until("\n\n:").await;
    assert!(seen.starts_with(&first), "{seen}");
    stream.until(":").await;
    upstream.release();
    let answer = stream.rest().await;
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_just_ends() {
    let text = chunk("all there is");
    // Finished, and closed without [DONE]: a complete answer.
    let complete = events(&[&text, FINISH], "\n");
    let (_upstream, gateway) = play(complete.clone(), "").await;
    let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    assert_eq!(answer.body, complete);
    assert_eq!(gateway.record(&answer.request_id()).await["outcome"], "success");
    // Complete but for the last blank line.
    let ragged = [events(&[&text, FINISH], "\n"), DONE.as_bytes().to_vec()].concat();
    let (_upstream, gateway) = play(ragged.clone(), "").await;
    let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    assert!(answer.body.starts_with(&ragged) && sse::error(&answer.body).is_none(), "{}", answer.text());
    assert_eq!(gateway.record(&answer.request_id()).await["outcome"], "success");
    // Not finished: an error, whatever the connection says.
    let unfinished = events(&[&text], "\n");
    let (_upstream, gateway) = play(unfinished.clone(), "").await;
    let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    assert!(answer.body.starts_with(&unfinished));
    assert_eq!(sse::error(&answer.body).expect("an error event")["code"], "upstream_error");
    assert_eq!(gateway.record(&answer.request_id()).await["outcome"], "stream_cut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_streams_end_in_an_error() {
    let limit = "settings: { max_event_bytes: 4096 }\n";
    let huge = events(&[&chunk(&"x".repeat(10_000)), FINISH, DONE], "\n");
    let endless = vec![b'x'; 100_000];
    let html = b"<html>\n\n<body>maintenance</body>\n\n</html>".to_vec();
    for (what, body) in [("a huge event", huge), ("no line end", endless), ("no events", html)] {
        let (_upstream, gateway) = play(body, limit).await;
        for call in [
            Call::chat(&chat_stream("up/chat-model", "hi")),
            Call::messages(&chat_stream("up/chat-model", "hi")),
        ] {
            let answer = gateway.send(call.key(MASTER)).await;
            let error = sse::error(&answer.body).unwrap_or_else(|| panic!("{what}: {}", answer.text()));
            assert_eq!(error["code"], "upstream_error", "{what}: {}", answer.text());
        }
        gateway.records_of("stream_cut", 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_event_of_the_upstream_is_an_upstream_error() {
    let error = r#"data: {"error":{"message":"overloaded","type":"server_error","code":"x"}}"#;
    let text = chunk("so far");
    let body = events(&[&text, error], "\n");
    let (_upstream, gateway) = play(body.clone(), "").await;
    let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    assert!(answer.body.starts_with(&body), "{}", answer.text());
    let record = gateway.record(&answer.request_id()).await;
    assert!(record["outcome"] == "upstream_error" || record["outcome"] == "stream_cut", "{record}");
    let translated = gateway.send(Call::messages(&chat_stream("up/chat-model", "hi")).key(MASTER)).await;
    assert!(translated.text().contains("event: error"), "{}", translated.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_beyond_its_budget_is_cut() {
    let upstream = Upstream::start().await;
    upstream.faults("chat-model", "frames=20000;ignore-max-tokens", None);
    let gateway = Gateway::start(&upstream.providers()).await;
    let budget = json!({"name": "poor", "budget": {"limit_usd": "0.30", "period": "total"}});
    let (_, key) = gateway.make_key(&budget).await;
    let answer = gateway.send(Call::chat(&chat_stream("up/chat-model", "hi")).key(&key)).await;
    let error = sse::error(&answer.body).unwrap_or_else(|| panic!("{} bytes, no error", answer.body.len()));
    assert_eq!(error["code"], "budget_exceeded", "{error}");
    assert_eq!(gateway.record(&answer.request_id()).await["outcome"], "stream_cut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_usage_frame_is_hidden_only_when_it_is_nothing_else() {
    let text = chunk("hi");
    let with_text = r#"data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
    let body = events(&[&text, with_text, FINISH, USAGE, DONE], "\n");
    let (_upstream, gateway) = play(body, "").await;
    let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    assert_eq!(answer.body, events(&[&text, with_text, FINISH, DONE], "\n"), "{}", answer.text());
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["input_tokens"], &record["output_tokens"]), (&11.into(), &7.into()), "{record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_over_when_the_upstream_ends_it() {
    let text = chunk("hi");
    let late = chunk("more words");
    let first = events(&[&text, FINISH, DONE, &late], "\n");
    let second = events(&[&late, DONE], "\n");
    let begun = [STREAM_HEAD.as_bytes(), &first].concat();
    let rest = second.clone();
    // A connection that stays open: the last piece waits for a moment only, and what comes later is not read.
    let upstream =
        Scripted::start(move |_| vec![Step::Send(begun.clone()), Step::Wait, Step::Send(rest.clone())]).await;
    let gateway = Gateway::start(&upstream.provider()).await;
    let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    assert_eq!(answer.body, first, "{}", answer.text());
    let short = gateway.record(&answer.request_id()).await;
    assert_eq!(short["outcome"], "success");
    let translated = gateway.send(Call::messages(&chat_stream("up/chat-model", "hi")).key(MASTER)).await;
    assert!(translated.text().trim_end().ends_with("\"message_stop\"}"), "{}", translated.text());
    // What the upstream sends before its end goes through, and is metered.
    let whole = [first, second].concat();
    let (_upstream, gateway) = play(whole.clone(), "").await;
    let answer = ask(&gateway, &chat_stream("up/chat-model", "hi")).await;
    assert_eq!(answer.body, whole, "{}", answer.text());
    let long = gateway.record(&answer.request_id()).await;
    assert!(long["output_tokens"].as_u64() > short["output_tokens"].as_u64(), "{short} {long}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_choice_of_a_stream_has_to_finish() {
    let two = FINISH.replace("\"index\":0", "\"index\":1");
    let mut body = chat_stream("up/chat-model", "hi");
    body["n"] = 2.into();
    for (frames, outcome) in [(vec![FINISH], "stream_cut"), (vec![FINISH, two.as_str()], "success")] {
        let (_upstream, gateway) = play(events(&frames, "\n"), "").await;
        let answer = ask(&gateway, &body).await;
        assert_eq!(sse::error(&answer.body).is_some(), outcome == "stream_cut", "{}", answer.text());
        assert_eq!(gateway.record(&answer.request_id()).await["outcome"], outcome);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_total_time_ends_a_silent_stream() {
    let begun = [STREAM_HEAD.as_bytes(), &events(&[&chunk("one")], "\n")].concat();
    let upstream = Scripted::start(move |_| vec![Step::Send(begun.clone()), Step::Wait]).await;
    let models =
        "models:\n  slow: { targets: [{ provider: up, model: chat-model }], timeout: { total_ms: 300 } }\n";
    let gateway = Gateway::start(&format!("{}{models}", upstream.provider())).await;
    let answer = ask(&gateway, &chat_stream("slow", "hi")).await;
    assert_eq!(sse::error(&answer.body).expect("an error event")["code"], "upstream_timeout");
}
