//! Streams read into events.

use super::read_frames;
use crate::codec::WireError;
use crate::cohere_chat::stream::Reader;
use gw_model::event::{Event, FinishReason};

const START: &str = r#"{"id":"a","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#;
const END: &str = r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":3,"output_tokens":4}}}}"#;

fn text(block: u32, text: &str) -> Event {
    Event::Text { choice: 0, block, text: text.to_owned() }
}

fn thinking(block: u32, text: &str) -> Event {
    Event::Thinking { choice: 0, block, text: text.to_owned() }
}

fn over(block: u32) -> Event {
    Event::BlockEnd { choice: 0, block }
}

#[test]
fn content_of_both_kinds_and_citations() {
    let found = read_frames(&[
        START,
        r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":"h"}}}}"#,
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"m"}}}}"#,
        r#"{"type":"content-end","index":0}"#,
        r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
        r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"Ru\u0062y"}}}}"#,
        r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":4,"sources":[{"type":"document","id":"d"}]}}}}"#,
        r#"{"type":"citation-end","index":0}"#,
        r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"!"}}},"logprobs":null}"#,
        r#"{"type":"content-end","index":1}"#,
        r#"{"type":"debug","prompt":"x"}"#,
        END,
        "[DONE]",
    ])
    .unwrap();
    assert_eq!(found[1..4], [thinking(0, "h"), thinking(0, "m"), over(0)]);
    assert_eq!((&found[4], &found[6], &found[7]), (&text(1, "Ruby"), &text(1, "!"), &over(1)));
    assert!(matches!(&found[5], Event::Citation { block: 1, citation, .. } if citation.title == "d"));
    assert!(matches!(&found[8], Event::Usage(usage) if usage.total_tokens() == 7));
    assert_eq!(found[9..], [Event::Finish { choice: 0, reason: FinishReason::Stop }, Event::End]);
}

#[test]
fn a_plan_and_calls_that_take_turns() {
    let start = |index: u32, id: &str, arguments: &str| {
        format!(
            r#"{{"type":"tool-call-start","index":{index},"delta":{{"message":{{"tool_calls":{{"id":"{id}","type":"function","function":{{"name":"f","arguments":"{arguments}"}}}}}}}}}}"#
        )
    };
    let delta = |index: u32, json: &str| {
        format!(
            r#"{{"type":"tool-call-delta","index":{index},"delta":{{"message":{{"tool_calls":{{"function":{{"arguments":"{json}"}}}}}}}}}}"#
        )
    };
    let frames = [
        START.to_owned(),
        r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}"#.to_owned(),
        start(0, "a", ""),
        start(1, "b", "{"),
        delta(0, "{}"),
        delta(1, "}"),
        delta(1, "null"),
        r#"{"type":"tool-call-end","index":1}"#.to_owned(),
        r#"{"type":"tool-call-end","index":9}"#.to_owned(),
        r#"{"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}}"#.to_owned(),
    ];
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let found = read_frames(&frames).unwrap();
    let begun =
        |block, id: &str| Event::ToolStart { choice: 0, block, id: id.to_owned(), name: "f".to_owned() };
    let piece = |block, json: &str| Event::ToolArguments { choice: 0, block, json: json.to_owned() };
    assert_eq!(
        found[1..],
        [
            thinking(0, "I will"),
            over(0),
            begun(1, "a"),
            begun(2, "b"),
            piece(2, "{"),
            piece(1, "{}"),
            piece(2, "}"),
            over(2),
            Event::Finish { choice: 0, reason: FinishReason::ToolCalls },
            Event::End
        ]
    );
}

#[test]
fn errors_end_the_stream() {
    let failed = r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"gone"}}"#;
    let error =
        |kind: &str, message: &str| Event::Error { kind: kind.to_owned(), message: message.to_owned() };
    assert_eq!(read_frames(&[START, failed, END]).unwrap()[1..], [error("ERROR", "gone")]);
    let body = r#"{"id":"x","message":"too many tokens","error_type":"TOO_MANY_TOKENS"}"#;
    assert_eq!(read_frames(&[START, body]).unwrap()[1..], [error("TOO_MANY_TOKENS", "too many tokens")]);
}

#[test]
fn a_stream_without_its_end_was_cut() {
    let delta = r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"x"}}}}"#;
    for frames in [&[][..], &[START][..], &[START, delta][..], &[START, delta, "[DONE]"][..]] {
        assert!(matches!(read_frames(frames), Err(WireError::Cut)), "{frames:?}");
    }
}

#[test]
fn nonsense_is_an_error() {
    for data in [
        "{",
        "[]",
        "{}",
        r#"{"type":"content-delta","delta":3}"#,
        r#"{"type":"content-delta","delta":{"message":{"content":7}}}"#,
    ] {
        assert!(Reader::new().frame(data.as_bytes(), &mut Vec::new()).is_err(), "{data}");
    }
}

#[test]
fn calls_are_bounded() {
    let frame = r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":"f"}}}}}"#;
    let (mut reader, mut events) = (Reader::new(), Vec::new());
    let fault = (0..2000).find_map(|_| reader.frame(frame.as_bytes(), &mut events).err());
    assert!(matches!(fault, Some(WireError::TooLarge { .. })));
}
