//! Conversations in the conventions' form.

use super::{answered, asked};
use gw_model::chat::{ChatRequest, MediaSource, Message, Part, PartKind, Role};
use gw_model::event::{Event, FinishReason};
use serde_json::{Value, json};

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message { role, parts, name: None }
}

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest { system: vec![Part::text("be kind")], messages, ..ChatRequest::default() }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_conversation_has_roles_and_parts() {
    let image =
        PartKind::Image { source: MediaSource::Url("https://x.example/a.png".to_owned()), detail: None };
    let inline =
        PartKind::Image { source: MediaSource::Url("data:image/png;base64,AAAA".to_owned()), detail: None };
    let call = PartKind::ToolCall { id: "c1".into(), name: "f".into(), arguments: "{\"a\":1}".into() };
    let result = PartKind::ToolResult { id: "c1".into(), parts: vec![Part::text("42")], is_error: false };
    let told = asked(
        &request(vec![
            message(Role::User, vec![Part::text("hi"), Part::new(image), Part::new(inline)]),
            message(Role::Assistant, vec![Part::new(call)]),
            message(Role::User, vec![Part::new(result)]),
        ]),
        10_000,
    );
    assert_eq!(read(&told.system), json!([{"type": "text", "content": "be kind"}]));
    let expected = json!([
        {"role": "user", "parts": [
            {"type": "text", "content": "hi"},
            {"type": "uri", "modality": "image", "uri": "https://x.example/a.png"},
            {"type": "omitted", "modality": "image"},
        ]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "42"}]},
    ]);
    assert_eq!(read(&told.input), expected);
}

#[test]
fn of_a_long_conversation_the_end_is_told() {
    let all = (0..100).map(|n| message(Role::User, vec![Part::text(format!("{n} \"{}\"", "x".repeat(500)))]));
    let told = asked(&request(all.collect()), 2_000);
    let shown = read(&told.input);
    let texts: Vec<&str> =
        shown.as_array().unwrap().iter().map(|one| one["parts"][0]["content"].as_str().unwrap()).collect();
    assert!(told.input.len() < 2_500, "{}", told.input.len());
    assert!(texts.last().unwrap().starts_with("99 ") && texts[0].ends_with("[...]"), "{texts:?}");
    let long = asked(&request(vec![message(Role::User, vec![Part::text("\u{1}ä".repeat(10_000))])]), 1_000);
    assert!(long.input.len() < 1_200, "{}", long.input.len());
}

#[test]
fn an_answer_is_put_together() {
    let text = |text: &str| Event::Text { choice: 0, block: 1, text: text.to_owned() };
    let events = [
        Event::Thinking { choice: 0, block: 0, text: "hm".to_owned() },
        text("Hel"),
        text("lo"),
        Event::ToolStart { choice: 0, block: 2, id: "c".to_owned(), name: "f".to_owned() },
        Event::ToolArguments { choice: 0, block: 2, json: "{\"a\"".to_owned() },
        Event::ToolArguments { choice: 0, block: 2, json: ":1}".to_owned() },
        Event::Finish { choice: 0, reason: FinishReason::ToolCalls },
        Event::Text { choice: 1, block: 0, text: "other".to_owned() },
        Event::End,
    ];
    let expected = json!([
        {"role": "assistant", "finish_reason": "tool_call", "parts": [
            {"type": "reasoning", "content": "hm"}, {"type": "text", "content": "Hello"},
            {"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": 1}},
        ]},
        {"role": "assistant", "finish_reason": "stop", "parts": [{"type": "text", "content": "other"}]},
    ]);
    assert_eq!(read(&answered(&events, 10_000)), expected);
    assert_eq!(answered(&[], 10_000), "");
}
