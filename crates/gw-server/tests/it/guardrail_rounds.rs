//! What one guardrail masked, those after it leave alone, one after the other or at the same time: it comes back to the
//! caller, in whole answers and streams, in prose and in arguments of tools that come in pieces.

use super::support::scripted::{STREAM_HEAD, Scripted, Seen, Step};
use super::support::{Call, Gateway, MASTER, speaking};
use serde_json::{Value, json};

const SAID: &str = "I am Jane Doe jane.doe@example.com, \"call\" +1 202 555 0143 \\ é";

fn json_step(body: &Value) -> Vec<Step> {
    vec![Step::Send(speaking::head("200 OK", "application/json", "", &body.to_string()).into_bytes())]
}

/// An analyzer that finds each of these, in characters.
fn found(seen: &Seen, words: &[&str]) -> Vec<Step> {
    let told: Value = serde_json::from_str(&seen.body).unwrap();
    let text = told["text"].as_str().unwrap();
    let place = |word: &&str| {
        let start = text[..text.find(word)?].chars().count();
        Some(
            json!({"start": start, "end": start + word.chars().count(), "entity_type": "PERSON", "score": 0.9}),
        )
    };
    json_step(&Value::Array(words.iter().filter_map(place).collect()))
}

/// The model repeats what it is told, in prose and in the arguments of a tool.
fn echo(seen: &Seen) -> Vec<Step> {
    let asked: Value = serde_json::from_str(&seen.body).unwrap();
    let said = asked["messages"][0]["content"].as_str().unwrap();
    let arguments = json!({"say": said, "again": [said]}).to_string();
    let function = |arguments: &str| json!({"name": "tell", "arguments": arguments});
    if asked["stream"] != true {
        let call = json!({"id": "t", "type": "function", "function": function(&arguments)});
        let message = json!({"role": "assistant", "content": said, "tool_calls": [call]});
        let choice = json!({"index": 0, "message": message, "finish_reason": "tool_calls"});
        return json_step(
            &json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}),
        );
    }
    let mut body = STREAM_HEAD.to_owned();
    let mut send = |delta: Value, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        let frame = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]});
        body += &format!("data: {frame}\n\n");
    };
    let pieces = |text: &str| -> Vec<String> {
        text.chars().collect::<Vec<_>>().chunks(3).map(|piece| piece.iter().collect()).collect()
    };
    for piece in pieces(said) {
        send(json!({"content": piece}), Value::Null);
    }
    send(
        json!({"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": function("")}]}),
        Value::Null,
    );
    for piece in pieces(&arguments) {
        send(json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), Value::Null);
    }
    send(json!({}), json!("tool_calls"));
    body += "data: [DONE]\n\n";
    vec![Step::Send(body.into_bytes())]
}

/// The prose and the arguments of an answer.
fn parts(stream: bool, answer: &super::support::Answer) -> (String, String) {
    if !stream {
        let message = &answer.json()["choices"][0]["message"];
        let arguments = &message["tool_calls"][0]["function"]["arguments"];
        return (message["content"].as_str().unwrap().to_owned(), arguments.as_str().unwrap().to_owned());
    }
    let (mut prose, mut arguments) = (String::new(), String::new());
    for line in answer.text().lines().filter_map(|line| line.strip_prefix("data: ")) {
        let Ok(frame) = serde_json::from_str::<Value>(line) else { continue };
        let delta = &frame["choices"][0]["delta"];
        prose += delta["content"].as_str().unwrap_or_default();
        arguments += delta["tool_calls"][0]["function"]["arguments"].as_str().unwrap_or_default();
    }
    (prose, arguments)
}

/// Analyzers that take placeholders of others for names: alone, with what stands before or behind, and a part.
async fn place() -> Scripted {
    Scripted::by_request(move |_, seen| match seen.path.split('/').nth(1).unwrap() {
        "first" => found(seen, &["Jane Doe [EMAIL_1]", "PHONE_1"]),
        "second" => found(seen, &["[PERSON_1]", "[EMAIL_1], ", "\"call\" [PHONE", "PERSON"]),
        "third" => found(seen, &["am [PERSON_1] [EMAIL_1]", "_1", "1]"]),
        _ => echo(seen),
    })
    .await
}

async fn check(place: &Scripted, rails: &str, sent: &str) {
    let gateway = Gateway::start(&format!("{}guardrails:\n{rails}", place.provider())).await;
    for stream in [false, true] {
        let body = json!({"model": "up/chat-model", "stream": stream, "messages": [{"role": "user", "content": SAID}]});
        let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
        let (prose, arguments) = parts(stream, answer.ok());
        let asked = place.all().into_iter().rfind(|seen| seen.path.ends_with("completions")).unwrap();
        let asked: Value = serde_json::from_str(&asked.body).unwrap();
        assert_eq!(asked["messages"][0]["content"], sent);
        assert_eq!(prose, SAID, "{}", answer.text());
        let arguments: Value = serde_json::from_str(&arguments).unwrap();
        assert_eq!(arguments, json!({"say": SAID, "again": [SAID]}));
    }
}

const PII: &str =
    "  pii: { kind: pii, on: [request], action: tokenize, mandatory: true, entities: [email, phone] }\n";

fn analyzer(place: &Scripted, name: &str, on: &str, action: &str) -> String {
    format!(
        "  {name}: {{ kind: presidio, url: \"{}/{name}\", mandatory: true, on: [{on}], action: {action} }}\n",
        place.url()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_masked_is_not_masked_again_in_the_request() {
    let place = place().await;
    let rails = [
        PII.to_owned(),
        analyzer(&place, "first", "request", "tokenize"),
        analyzer(&place, "second", "request", "tokenize"),
        analyzer(&place, "third", "request", "tokenize"),
    ];
    let sent = "I [PERSON_3] [PERSON_1] [EMAIL_1], [PERSON_2] [PHONE_1] \\ é";
    check(&place, &rails.concat(), sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_masked_is_left_alone_in_the_answer() {
    let place = place().await;
    let rails = [
        PII.to_owned(),
        "  words: { kind: keywords, terms: [email_1, phone_1], on: [response], action: redact, mandatory: true }\n"
            .to_owned(),
        analyzer(&place, "first", "request", "tokenize"),
        analyzer(&place, "second", "response", "flag"),
        analyzer(&place, "third", "response", "flag"),
    ];
    check(&place, &rails.concat(), "I am [PERSON_1] [EMAIL_1], \"call\" [PHONE_1] \\ é").await;
    // One of them alone, and a part of one, may change nothing.
    let place = Scripted::by_request(move |_, seen| match seen.path.split('/').nth(1).unwrap() {
        "second" => found(seen, &["[EMAIL_1]", "PHONE", "+1 202 555 0143"]),
        "third" => found(seen, &["EMAIL_1", "1]"]),
        _ => echo(seen),
    })
    .await;
    let rails = [
        PII.to_owned(),
        analyzer(&place, "second", "response", "tokenize"),
        analyzer(&place, "third", "response", "redact"),
    ];
    check(&place, &rails.concat(), "I am Jane Doe [EMAIL_1], \"call\" [PHONE_1] \\ é").await;
}

/// A stream whose second frame is large, with an address at its end and another one behind it.
fn large(seen: &Seen) -> Vec<Step> {
    let long = "word ".repeat(120_000) + "jane.doe@exam";
    let mut body = STREAM_HEAD.to_owned();
    for piece in [
        "Hello ",
        long.as_str(),
        "ple.com and ",
        if seen.body.contains("stop") { "forbidden" } else { "bye" },
    ] {
        let choice = json!({"index": 0, "delta": {"content": piece}, "finish_reason": null});
        let frame = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]});
        body += &format!("data: {frame}\n\n");
    }
    let choice = json!({"index": 0, "delta": {}, "finish_reason": "stop"});
    let end = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]});
    body += &format!("data: {end}\n\ndata: [DONE]\n\n");
    vec![Step::Send(body.into_bytes())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_frames_are_looked_at_beside_the_worker() {
    let place = Scripted::by_request(|_, seen| large(seen)).await;
    for rest in [
        "",
        "  words: { kind: regex, patterns: [forbidden], on: [response], action: block, mandatory: true }\n",
    ] {
        let rails = format!(
            "  pii: {{ kind: pii, on: [response], action: redact, mandatory: true, entities: [email] }}\n  \
             declined: {{ kind: refusal, on: [response], action: flag, mandatory: true }}\n{rest}"
        );
        let gateway = Gateway::start(&format!("{}guardrails:\n{rails}", place.provider())).await;
        for word in ["go", "stop"] {
            let body = json!({"model": "up/chat-model", "stream": true, "messages": [{"role": "user", "content": word}]});
            let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
            let (prose, _) = parts(true, answer.ok());
            let start = format!("Hello {}[REDACTED_EMAIL] and ", "word ".repeat(120_000));
            match word {
                "stop" if !rest.is_empty() => {
                    assert!(start.starts_with(&prose) && prose.len() > 600_000, "{}", prose.len());
                    assert!(answer.text().contains("guardrail_blocked"));
                }
                "stop" => assert!(prose == start + "forbidden"),
                _ => assert!(prose == start + "bye"),
            }
        }
    }
}
