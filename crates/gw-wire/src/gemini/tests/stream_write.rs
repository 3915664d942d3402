//! Events to a stream for a caller.

use super::{context, frames_of, stream_of};
use crate::codec::WireError;
use crate::gemini::stream::{Framing, Writer};
use gw_model::{ErrorCode, Event, FinishReason, Refusal, Usage};
use serde_json::{Value, json};

fn events() -> Vec<Event> {
    let choice = 0;
    let start =
        |block: u32, id: &str| Event::ToolStart { choice, block, id: id.to_owned(), name: "f".to_owned() };
    let piece = |block: u32, json: &str| Event::ToolArguments { choice, block, json: json.to_owned() };
    vec![
        Event::Start { id: "a1".to_owned(), model: "m".to_owned(), created: None },
        Event::Thinking { choice, block: 0, text: "Hm".to_owned() },
        Event::Text { choice, block: 1, text: "H\"\n".to_owned() },
        Event::Text { choice, block: 1, text: String::new() },
        Event::Text { choice, block: 1, text: "i".to_owned() },
        start(2, "c1"),
        piece(2, "{\"a\":"),
        piece(2, "\n1}"),
        start(3, "c2"),
        Event::Finish { choice, reason: FinishReason::ToolCalls },
        Event::Usage(Usage { input_tokens: 3, output_tokens: 2, ..Usage::default() }),
        Event::End,
    ]
}

#[test]
fn frames_are_answers() {
    let frames = frames_of(&stream_of(&events()));
    let parts = |frame: &Value| frame["candidates"][0]["content"]["parts"].clone();
    let all: Vec<Value> = frames.iter().map(parts).collect();
    assert_eq!(
        all,
        [
            json!([{"text":"Hm","thought":true}]),
            json!([{"text":"H\"\n"}]),
            json!([{"text":"i"}]),
            json!([{"functionCall":{"id":"c1","name":"f","args":{"a":1}}}]),
            json!([{"functionCall":{"id":"c2","name":"f","args":{}}}]),
        ]
    );
    for frame in &frames {
        assert_eq!((&frame["responseId"], &frame["modelVersion"]), (&json!("a1"), &json!("m")));
        assert_eq!(frame["candidates"][0]["content"]["role"], "model");
    }
    let (last, rest) = frames.split_last().unwrap();
    assert!(rest.iter().all(|frame| frame["candidates"][0].get("finishReason").is_none()));
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    assert_eq!(last["usageMetadata"]["totalTokenCount"], 5);
}

#[test]
fn an_array_is_one_json_text() {
    let mut writer = Writer::framed(context(), Framing::JsonArray);
    let mut out = Vec::new();
    events().iter().for_each(|event| writer.event(event, &mut out).unwrap());
    let array: Vec<Value> = serde_json::from_slice(&out).unwrap();
    assert_eq!(array, frames_of(&stream_of(&events())));
    // An error closes it, also as its only element.
    for events in [&events()[..3], &[]] {
        let mut writer = Writer::framed(context(), Framing::JsonArray);
        let mut out = Vec::new();
        events.iter().for_each(|event| writer.event(event, &mut out).unwrap());
        writer.fail(&Refusal::new(ErrorCode::UpstreamError, "gone"), &mut out);
        writer.event(&Event::End, &mut out).unwrap();
        let array: Vec<Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(array.last().unwrap()["error"]["code"], 502);
        assert!(writer.ended());
    }
}

#[test]
fn an_upstream_error_is_an_error_frame() {
    let mut events = events()[..3].to_vec();
    events.push(Event::Error { kind: "overloaded_error".to_owned(), message: "busy".to_owned() });
    events.push(Event::End);
    let frames = frames_of(&stream_of(&events));
    let error = &frames.last().unwrap()["error"];
    assert_eq!((&error["code"], &error["status"]), (&json!(503), &json!("UNAVAILABLE")));
    assert_eq!(error["details"][0]["reason"], "upstream_error");
    assert_eq!(frames.len(), 3);
}

#[test]
fn an_empty_answer_has_a_frame_that_callers_keep() {
    let frames = frames_of(&stream_of(&[Event::End]));
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["candidates"][0]["content"]["parts"], json!([{"text":""}]));
    assert_eq!(frames[0]["responseId"], "fallback");
}

#[test]
fn interleaved_calls_stay_apart_and_bounded() {
    let choice = 0;
    let start =
        |block: u32| Event::ToolStart { choice, block, id: format!("c{block}"), name: "f".to_owned() };
    let piece = |block: u32, json: &str| Event::ToolArguments { choice, block, json: json.to_owned() };
    let events = [start(0), piece(0, "{\"a\""), start(1), piece(1, "{}"), piece(0, ":1}"), Event::End];
    let frames = frames_of(&stream_of(&events));
    let parts = &frames.last().unwrap()["candidates"][0]["content"]["parts"];
    assert_eq!(parts[0]["functionCall"]["args"], json!({"a":1}));
    assert_eq!(parts[1]["functionCall"]["args"], json!({}));
    let mut writer = Writer::new(context());
    let mut out = Vec::new();
    writer.event(&start(0), &mut out).unwrap();
    let big = "x".repeat(1 << 20);
    let result = (0..9).try_for_each(|_| writer.event(&piece(0, &big), &mut out));
    assert!(matches!(result, Err(WireError::TooLarge { .. })));
    let many = (0..300).try_for_each(|choice| {
        writer.event(&Event::Text { choice, block: 0, text: "x".to_owned() }, &mut out)
    });
    assert!(matches!(many, Err(WireError::TooLarge { .. })));
}
