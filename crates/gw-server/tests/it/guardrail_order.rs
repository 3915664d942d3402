//! Guardrails that ask and may change a text come one after the other, before those that only judge: nobody is told what
//! another masks.

use super::support::scripted::{STREAM_HEAD, Scripted, Seen, Step};
use super::support::{Call, Gateway, MASTER, chat, chat_stream, speaking};
use serde_json::{Value, json};

const CARD: &str = "4111 1111 1111 1111";

fn json_step(body: &Value) -> Vec<Step> {
    vec![Step::Send(speaking::head("200 OK", "application/json", "", &body.to_string()).into_bytes())]
}

/// An answer of the model in these pieces, whole or streamed.
fn model(seen: &Seen, pieces: &[&str]) -> Vec<Step> {
    let base = |object: &str, choice: Value| json!({"id": "c", "object": object, "created": 1, "model": "m", "choices": [choice]});
    if !seen.body.contains("\"stream\":true") {
        let message = json!({"role": "assistant", "content": pieces.concat()});
        let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
        return json_step(&base("chat.completion", choice));
    }
    let mut body = STREAM_HEAD.to_owned();
    for piece in pieces {
        let choice = json!({"index": 0, "delta": {"content": piece}, "finish_reason": null});
        body += &format!("data: {}\n\n", base("chat.completion.chunk", choice));
    }
    let end = base("chat.completion.chunk", json!({"index": 0, "delta": {}, "finish_reason": "stop"}));
    body += &format!("data: {end}\n\ndata: [DONE]\n\n");
    vec![Step::Send(body.into_bytes())]
}

/// Where a word stands in the first text of a question, in characters, and what is to stand there.
fn replace(told: &Value, word: &str, with: &str) -> Vec<Step> {
    let texts = told["texts"].as_array().unwrap();
    let findings: Vec<Value> = texts
        .iter()
        .enumerate()
        .filter_map(|(index, text)| {
            let text = text["text"].as_str().unwrap();
            let start = text[..text.find(word)?].chars().count();
            Some(json!({"text": index, "start": start, "end": start + word.chars().count(), "kind": "found",
                "replacement": with}))
        })
        .collect();
    match findings.is_empty() {
        true => json_step(&json!({"verdict": "allow"})),
        false => json_step(&json!({"verdict": "replace", "findings": findings})),
    }
}

/// A model, and hooks: the first masks the card, the second a name, a third judges.
async fn place(pieces: &'static [&'static str]) -> Scripted {
    Scripted::by_request(move |_, seen| {
        let told = || serde_json::from_str::<Value>(&seen.body).unwrap();
        match seen.path.as_str() {
            "/cards" => replace(&told(), CARD, "<a card of Jane's>"),
            "/names" => replace(&told(), "Jane", "[NAME]"),
            "/judge" if seen.body.contains("forbidden") => json_step(&json!({"verdict": "block"})),
            "/judge" | "/beside" => json_step(&json!({"verdict": "allow"})),
            _ => model(seen, pieces),
        }
    })
    .await
}

fn told(place: &Scripted, path: &str) -> Vec<String> {
    let asked = place.all().into_iter().filter(|seen| seen.path == path);
    asked
        .map(|seen| {
            serde_json::from_str::<Value>(&seen.body).unwrap()["texts"][0]["text"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// The judge stands first in the file: the order of those that may change a text is what counts.
async fn gateway(place: &Scripted, on: &str, beside: &str) -> Gateway {
    let hook = |name: &str, rest: &str| {
        format!(
            "  {name}: {{ kind: webhook, url: \"{}/{name}\", mandatory: true, on: [{on}], {rest} }}\n",
            place.url()
        )
    };
    let rails = hook("judge", "action: flag")
        + &hook("cards", "action: redact")
        + &hook("names", "action: block")
        + beside;
    Gateway::start(&format!("{}guardrails:\n{rails}", place.provider())).await
}

fn call(stream: bool, text: &str) -> Call {
    let body = if stream { chat_stream("up/chat-model", text) } else { chat("up/chat-model", text) };
    Call::chat(&body).key(MASTER)
}

fn said(stream: bool, answer: &super::support::Answer) -> String {
    let format = speaking::Format::Chat;
    if stream { format.streamed(&answer.body) } else { format.text_of(&answer.json()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_request_each_is_told_what_the_one_before_left() {
    let place = place(&["Hello"]).await;
    let beside = format!(
        "  beside: {{ kind: webhook, url: \"{}/beside\", mandatory: true, on: [request], action: block, parallel: true }}\n",
        place.url()
    );
    let gateway = gateway(&place, "request", &beside).await;
    gateway.send(call(false, &format!("é Pay with {CARD}, please"))).await.ok();
    assert_eq!(told(&place, "/cards"), [format!("é Pay with {CARD}, please")]);
    assert_eq!(told(&place, "/names"), ["é Pay with <a card of Jane's>, please"]);
    let left = "é Pay with <a card of [NAME]'s>, please";
    assert_eq!(
        (told(&place, "/judge"), told(&place, "/beside")),
        (vec![left.to_owned()], vec![left.to_owned()])
    );
    let sent = place.all().into_iter().find(|seen| seen.path.ends_with("completions")).unwrap();
    assert!(sent.body.contains(left) && !sent.body.contains("4111"), "{}", sent.body);
    // The same when a text is tried.
    let body = json!({"text": format!("Pay with {CARD}")});
    let tried = gateway.admin(http::Method::POST, "/api/v1/guardrails/test", Some(&body)).await.ok().json();
    assert_eq!(tried["text"], "Pay with <a card of [NAME]'s>", "{tried}");
    assert_eq!(told(&place, "/judge")[1], "Pay with <a card of [NAME]'s>");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_answer_too_whole_or_streamed() {
    let place = place(&["Jane é, use 4111 1111", " 1111 11", "11 of Ja", "ne, bye"]).await;
    let gateway = gateway(&place, "response", "").await;
    for (number, stream) in [false, true].into_iter().enumerate() {
        let answer = gateway.send(call(stream, "hi")).await;
        // The second replaces the first place that it finds.
        assert_eq!(
            said(stream, answer.ok()),
            "[NAME] é, use <a card of Jane's> of Jane, bye",
            "{}",
            answer.text()
        );
        assert_eq!(told(&place, "/cards")[number], format!("Jane é, use {CARD} of Jane, bye"));
        assert_eq!(told(&place, "/names")[number], "Jane é, use <a card of Jane's> of Jane, bye");
        assert_eq!(told(&place, "/judge")[number], "[NAME] é, use <a card of Jane's> of Jane, bye");
        let header = answer.header("x-gatewright-guardrails").map(str::to_owned);
        assert!(stream || header.is_some_and(|header| header.contains("cards=redact")), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_second_replaces_may_be_what_the_first_put_there() {
    let place = place(&["use 4111 1111", " 1111 1111 now"]).await;
    let restored = "  pii: { kind: pii, on: [request], action: tokenize, mandatory: true }\n";
    let gateway = gateway(&place, "response", restored).await;
    for stream in [false, true] {
        let answer = gateway.send(call(stream, "I am jane.doe@example.com")).await;
        assert_eq!(said(stream, answer.ok()), "use <a card of [NAME]'s> now", "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_masked_for_the_provider_comes_back_after_all_of_them() {
    let place = place(&["Jane: [EMA", "IL_1], 4111 1111 1111 1111."]).await;
    let restored = "  pii: { kind: pii, on: [request], action: tokenize, mandatory: true }\n";
    let gateway = gateway(&place, "response", restored).await;
    for (number, stream) in [false, true].into_iter().enumerate() {
        let answer = gateway.send(call(stream, "I am jane.doe@example.com")).await;
        let expected = "[NAME]: jane.doe@example.com, <a card of Jane's>.";
        assert_eq!(said(stream, answer.ok()), expected, "{}", answer.text());
        assert_eq!(told(&place, "/judge")[number], "[NAME]: [EMAIL_1], <a card of Jane's>.");
    }
}
