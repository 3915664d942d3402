//! Frames of an upstream's stream to events.

use super::{events_of, stream_of};
use crate::anthropic::stream::Reader;
use gw_model::event::{Event, FinishReason};

const TOOL_STREAM: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2},"output_tokens":1,"service_tier":"standard"}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h\u00e9"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi \"you\"\n"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":20}}

event: message_stop
data: {"type":"message_stop"}

"#;

#[test]
fn reads_every_kind_of_block() {
    let events = events_of(TOOL_STREAM.as_bytes());
    let usage = events.iter().rev().find_map(|event| match event {
        Event::Usage(usage) => Some(*usage),
        _ => None,
    });
    let usage = usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.cached_tokens), (18, 20, 5));
    assert_eq!((usage.cache_write_tokens, usage.cache_write_1h_tokens), (1, 2));
    let rest: Vec<Event> = events.into_iter().filter(|event| !matches!(event, Event::Usage(_))).collect();
    let choice = 0;
    let expected = [
        Event::Start { id: "msg_1".to_owned(), model: "claude-x".to_owned(), created: None },
        Event::Thinking { choice, block: 0, text: "hé".to_owned() },
        Event::ThinkingSignature { choice, block: 0, signature: "sig".to_owned() },
        Event::BlockEnd { choice, block: 0 },
        Event::Text { choice, block: 1, text: "Hi \"you\"\n".to_owned() },
        Event::BlockEnd { choice, block: 1 },
        Event::ToolStart { choice, block: 2, id: "toolu_1".to_owned(), name: "f".to_owned() },
        Event::ToolArguments { choice, block: 2, json: "{\"a\":".to_owned() },
        Event::ToolArguments { choice, block: 2, json: "1}".to_owned() },
        Event::BlockEnd { choice, block: 2 },
        Event::Finish { choice, reason: FinishReason::ToolCalls },
        Event::End,
    ];
    assert_eq!(rest, expected);
}

#[test]
fn what_is_read_and_written_reads_the_same() {
    let events = events_of(TOOL_STREAM.as_bytes());
    let again = events_of(stream_of(&events).as_bytes());
    let without_usage = |events: Vec<Event>| -> Vec<Event> {
        events.into_iter().filter(|event| !matches!(event, Event::Usage(_))).collect()
    };
    assert_eq!(without_usage(again), without_usage(events));
}

#[test]
fn a_cut_stream_has_no_end() {
    let cut = TOOL_STREAM.split("event: message_stop").next().unwrap();
    assert!(!events_of(cut.as_bytes()).contains(&Event::End));
}

#[test]
fn an_error_ends_the_stream() {
    let mut reader = Reader::new();
    let mut events = Vec::new();
    let error = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    reader.frame(error, &mut events).unwrap();
    reader.frame(br#"{"type":"message_stop"}"#, &mut events).unwrap();
    assert_eq!(
        events,
        [Event::Error { kind: "overloaded_error".to_owned(), message: "Overloaded".to_owned() }]
    );
}

#[test]
fn nonsense_is_an_error_and_the_unknown_is_not() {
    let mut reader = Reader::new();
    let mut events = Vec::new();
    assert!(reader.frame(b"{\"type\":", &mut events).is_err());
    assert!(reader.frame(b"[]", &mut events).is_err());
    reader.frame(br#"{"type":"brand_new","index":7}"#, &mut events).unwrap();
    reader
        .frame(
            br#"{"type":"content_block_delta","index":9,"delta":{"type":"text_delta","text":"x"}}"#,
            &mut events,
        )
        .unwrap();
    assert_eq!(events, []);
}

#[test]
fn a_second_message_goes_on_counting() {
    let start = br#"{"type":"message_start","message":{"id":"a","model":"m","usage":{"input_tokens":1}}}"#;
    let block = br#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}"#;
    let mut reader = Reader::new();
    let mut events = Vec::new();
    for frame in [&start[..], start, block, start, block] {
        reader.frame(frame, &mut events).unwrap();
    }
    let starts = events.iter().filter(|event| matches!(event, Event::Start { .. })).count();
    let blocks: Vec<u32> = events
        .iter()
        .filter_map(|event| match event {
            Event::Text { block, .. } => Some(*block),
            _ => None,
        })
        .collect();
    assert_eq!((starts, blocks), (1, vec![0, 1]));
    assert!(events.contains(&Event::BlockEnd { choice: 0, block: 0 }));
}

#[test]
fn a_refusal_tells_why() {
    let delta = br#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"no"}}}"#;
    let mut events = Vec::new();
    Reader::new().frame(delta, &mut events).unwrap();
    assert_eq!(
        events,
        [
            Event::Refusal { choice: 0, block: 0, text: "no".to_owned() },
            Event::Finish { choice: 0, reason: FinishReason::ContentFilter }
        ]
    );
}

#[test]
fn usage_is_what_the_last_frame_says() {
    let start = br#"{"type":"message_start","message":{"id":"a","model":"m","usage":{"input_tokens":1,"cache_read_input_tokens":9,"output_tokens":1}}}"#;
    let delta = br#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":30,"cache_read_input_tokens":0,"output_tokens":2}}"#;
    let stop = br#"{"type":"message_stop"}"#;
    for (frames, expected) in [(&[&start[..], delta, stop][..], (30, 0, 2)), (&[start, stop], (10, 9, 1))] {
        let mut reader = Reader::new();
        let mut events = Vec::new();
        frames.iter().for_each(|frame| reader.frame(frame, &mut events).unwrap());
        let mut usage = gw_model::Usage::default();
        for event in &events {
            if let Event::Usage(later) = event {
                usage.merge(later);
            }
        }
        assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), expected);
    }
}
