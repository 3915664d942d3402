//! Frames of an upstream's stream to events.

use super::{events_of, frame};
use crate::codec::WireError;
use crate::gemini::stream::Reader;
use gw_model::{Event, FinishReason};
use serde_json::{Value, json};

fn call(value: Value) -> Value {
    frame(&json!([{ "functionCall": value }]), None)
}

fn piece(path: &str, value: Value) -> Value {
    let mut piece = json!({"jsonPath":path});
    piece.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    call(json!({"partialArgs":[piece],"willContinue":true}))
}

fn arguments(frames: &[Value]) -> Value {
    let events = events_of(frames);
    let json = events.iter().find_map(|event| match event {
        Event::ToolArguments { json, .. } => Some(json.clone()),
        _ => None,
    });
    serde_json::from_str(&json.unwrap()).unwrap()
}

#[test]
fn text_goes_on_in_its_block() {
    let events = events_of(&[
        frame(&json!([{"text":"Hm","thought":true}]), None),
        frame(&json!([{"text":".","thought":true}]), None),
        frame(&json!([{"text":"H"}]), None),
        frame(&json!([{"text":"i"}]), None),
        frame(&json!([{"text":""}]), Some("STOP")),
    ]);
    let choice = 0;
    let thinking = |text: &str| Event::Thinking { choice, block: 0, text: text.to_owned() };
    let text = |text: &str| Event::Text { choice, block: 1, text: text.to_owned() };
    assert_eq!(
        events,
        [
            Event::Start { id: "r1".to_owned(), model: "gemini-x".to_owned(), created: None },
            thinking("Hm"),
            thinking("."),
            Event::BlockEnd { choice, block: 0 },
            text("H"),
            text("i"),
            Event::BlockEnd { choice, block: 1 },
            Event::Finish { choice, reason: FinishReason::Stop },
            Event::End,
        ]
    );
}

#[test]
fn arguments_in_pieces_are_put_together() {
    let end = frame(&json!([{"functionCall":{}}]), Some("STOP"));
    let whole = arguments(&[
        call(json!({"name":"f","willContinue":true})),
        piece("$.list[0].name", json!({"stringValue":"a","willContinue":true})),
        piece("$.list[0].name", json!({"stringValue":"b","willContinue":true})),
        piece("$.list[0].name", json!({"stringValue":""})),
        call(json!({"willContinue":true})),
        piece("$.list[2]", json!({"numberValue":1.5})),
        piece("$['odd name']", json!({"boolValue":true})),
        piece("$.none", json!({"nullValue":"NULL_VALUE"})),
        end.clone(),
    ]);
    assert_eq!(whole, json!({"list":[{"name":"ab"},null,1.5],"odd name":true,"none":null}));
    assert_eq!(arguments(&[call(json!({"name":"f","willContinue":true})), end.clone()]), json!({}));
    // A string that was finished is written anew.
    let twice = arguments(&[
        call(json!({"name":"f","willContinue":true})),
        piece("$.a", json!({"stringValue":"x"})),
        piece("$.a", json!({"stringValue":"y"})),
        end,
    ]);
    assert_eq!(twice, json!({"a":"y"}));
}

#[test]
fn parallel_calls_have_ids_and_ends() {
    let events = events_of(&[
        call(json!({"name":"f"})),
        call(json!({"name":"g","willContinue":true})),
        call(json!({"name":"h","id":"own","args":{}})),
        frame(&json!([]), Some("STOP")),
    ]);
    let ids: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::ToolStart { id, .. } => Some(id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["gwcall_r1_0", "gwcall_r1_1", "own"]);
    let ends = events.iter().filter(|event| matches!(event, Event::BlockEnd { .. })).count();
    assert_eq!(ends, 3);
    assert!(events.contains(&Event::Finish { choice: 0, reason: FinishReason::ToolCalls }));
}

#[test]
fn paths_that_lead_nowhere_are_errors() {
    for path in [
        "",
        "a",
        "$",
        "$[0]",
        "$.a[",
        "$.a[-1]",
        "$.a[99999999]",
        "$.a[18446744073709551615]",
        "$.x.y",
        "$['a",
    ] {
        let mut reader = Reader::new();
        let mut events = Vec::new();
        let mut feed = |frame: &Value| reader.frame(frame.to_string().as_bytes(), &mut events);
        feed(&call(json!({"name":"f","willContinue":true}))).unwrap();
        feed(&piece("$.x", json!({"stringValue":"a"}))).unwrap();
        assert!(feed(&piece(path, json!({"stringValue":"a"}))).is_err(), "{path}");
    }
    let long = format!("${}", ".a".repeat(65));
    let mut reader = Reader::new();
    let mut events = Vec::new();
    reader.frame(call(json!({"name":"f","willContinue":true})).to_string().as_bytes(), &mut events).unwrap();
    assert!(reader.frame(piece(&long, json!({})).to_string().as_bytes(), &mut events).is_err());
}

#[test]
fn a_cut_stream_has_no_end() {
    let mut reader = Reader::new();
    let mut events = Vec::new();
    reader.frame(frame(&json!([{"text":"a"}]), None).to_string().as_bytes(), &mut events).unwrap();
    assert!(matches!(reader.finish(&mut events), Err(WireError::Cut)));
    assert!(!events.contains(&Event::End));
    assert!(matches!(Reader::new().finish(&mut events), Err(WireError::Cut)));
}

#[test]
fn an_error_ends_the_stream() {
    let mut reader = Reader::new();
    let mut events = Vec::new();
    let error = br#"{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"#;
    reader.frame(error, &mut events).unwrap();
    reader.frame(frame(&json!([{"text":"a"}]), Some("STOP")).to_string().as_bytes(), &mut events).unwrap();
    reader.finish(&mut events).unwrap();
    assert_eq!(events, [Event::Error { kind: "UNAVAILABLE".to_owned(), message: "busy".to_owned() }]);
}

#[test]
fn nonsense_is_an_error_and_too_many_choices_too() {
    for data in ["{", "[]", "1", "{\"candidates\":[[]]}", "{\"a\":1,\"a\":2}"] {
        assert!(Reader::new().frame(data.as_bytes(), &mut Vec::new()).is_err(), "{data}");
    }
    let many: Vec<Value> = (0..300).map(|index| json!({"index":index})).collect();
    let data = json!({"candidates":many}).to_string();
    let result = Reader::new().frame(data.as_bytes(), &mut Vec::new());
    assert!(matches!(result, Err(WireError::TooLarge { .. })));
}
