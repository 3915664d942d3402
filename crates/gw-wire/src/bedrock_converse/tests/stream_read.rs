//! Messages of a stream to events.

use super::{arguments, end_of, events_of, message, messages, start, stream, text, tool};
use crate::WireError;
use crate::bedrock_converse::stream::Reader;
use crate::bedrock_converse::usage::of_message;
use crate::eventstream::{HeaderValue, encode};
use gw_model::event::{Citation, Event, FinishReason};
use gw_model::usage::Usage;

const STOP: (&str, &str) = ("messageStop", r#"{"stopReason":"end_turn"}"#);
const METADATA: (&str, &str) = (
    "metadata",
    r#"{"usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5},"metrics":{"latencyMs":9},"p":"abc"}"#,
);

fn finish(reason: FinishReason) -> Event {
    Event::Finish { choice: 0, reason }
}

fn consumed() -> Event {
    Event::Usage(Usage { input_tokens: 3, output_tokens: 2, ..Usage::default() })
}

/// The outcome of reading, end of bytes included.
fn outcome(bytes: &[u8]) -> (Vec<Event>, Result<(), WireError>) {
    let (mut reader, mut events) = (Reader::new(), Vec::new());
    for message in messages(bytes) {
        if let Err(error) = reader.frame(&message, &mut events) {
            return (events, Err(error));
        }
    }
    let end = reader.finish(&mut events);
    (events, end)
}

#[test]
fn reads_a_stream() {
    let bytes = stream(&[
        ("initial-response", "{}"),
        ("messageStart", r#"{"role":"assistant","p":"ab"}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"why"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"sig"}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"aGlkZGVu"}}}"#,
        ),
        ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"text":"Hi"}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"text":""}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":2}"#),
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"gw_a_2eb","name":"f"}}}"#,
        ),
        ("contentBlockDelta", r#"{"contentBlockIndex":3,"delta":{"toolUse":{"input":""}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":3,"delta":{"toolUse":{"input":"{\"a\":"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":3,"delta":{"toolUse":{"input":"1}"}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":3}"#),
        ("somethingNew", "{}"),
        ("messageStop", r#"{"stopReason":"tool_use"}"#),
        METADATA,
        ("contentBlockDelta", r#"{"contentBlockIndex":9,"delta":{"text":"after the end"}}"#),
    ]);
    assert_eq!(
        events_of(&bytes),
        [
            start(),
            Event::Thinking { choice: 0, block: 0, text: "why".to_owned() },
            Event::ThinkingSignature { choice: 0, block: 0, signature: "sig".to_owned() },
            end_of(0),
            Event::RedactedThinking { choice: 0, block: 1, data: "hidden".to_owned() },
            end_of(1),
            text(2, "Hi"),
            end_of(2),
            tool(3, "a.b", "f"),
            arguments(3, r#"{"a":"#),
            arguments(3, "1}"),
            end_of(3),
            finish(FinishReason::ToolCalls),
            consumed(),
            Event::End,
        ]
    );
    let metered: Vec<Usage> = messages(&bytes).iter().filter_map(of_message).collect();
    assert_eq!(metered.len(), 1);
}

#[test]
fn some_upstreams_leave_much_out() {
    // Neither a start nor ends of blocks, an empty start, usage before the stop reason.
    let bytes = stream(&[
        ("contentBlockStart", r#"{"contentBlockIndex":0,"start":{}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"a"}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"text":"b"}}"#),
        METADATA,
        STOP,
    ]);
    let expected = [
        start(),
        text(0, "a"),
        end_of(0),
        text(1, "b"),
        consumed(),
        end_of(1),
        finish(FinishReason::Stop),
        Event::End,
    ];
    assert_eq!(events_of(&bytes), expected);
    // No usage at all.
    assert_eq!(events_of(&stream(&[STOP])), [start(), finish(FinishReason::Stop), Event::End]);
}

#[test]
fn what_the_provider_runs_stays_opaque() {
    let bytes = stream(&[
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":0,"start":{"toolUse":{"name":"nova_grounding","toolUseId":"s","type":"server_tool_use"}}}"#,
        ),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        ("contentBlockStart", r#"{"contentBlockIndex":1,"start":{"toolResult":{"toolUseId":"s"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"toolResult":[{"text":"[HIDDEN]"}]}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"citation":{"title":"t"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"text":"x"}}"#),
        STOP,
    ]);
    let events = events_of(&bytes);
    let opaque = events.iter().filter(|event| matches!(event, Event::Opaque { .. })).count();
    assert_eq!(opaque, 2);
    let content: Vec<&Event> = events.iter().filter(|event| !matches!(event, Event::Opaque { .. })).collect();
    let citation = Box::new(Citation { title: "t".to_owned(), ..Citation::default() });
    let cited = Event::Citation { choice: 0, block: 2, citation };
    let wanted = [&start(), &text(2, "x"), &cited, &end_of(2), &finish(FinishReason::Stop), &Event::End];
    assert_eq!(content, wanted);
}

#[test]
fn errors_of_all_kinds_end_the_stream() {
    let head = stream(&[("messageStart", r#"{"role":"assistant"}"#)]);
    let error =
        |kind: &str, message: &str| Event::Error { kind: kind.to_owned(), message: message.to_owned() };
    let exception = message("exception", "throttlingException", r#"{"message":"slow"}"#);
    let (events, end) = outcome(&[head.clone(), exception, stream(&[STOP])].concat());
    assert_eq!(events, [start(), error("throttlingException", "slow")]);
    assert!(end.is_ok());

    let original = r#"{"originalStatusCode":500,"originalMessage":"model broke"}"#;
    let (events, _) = outcome(&message("exception", "modelStreamErrorException", original));
    assert_eq!(events, [error("modelStreamErrorException", "model broke")]);
    let (events, _) = outcome(&message("event", "validationException", r#"{"message":"bad"}"#));
    assert_eq!(events, [error("validationException", "bad")]);
    let (events, _) = outcome(&message("exception", "internalServerException", "not json"));
    assert_eq!(events, [error("internalServerException", "")]);

    let mut unmodeled = Vec::new();
    let headers = [
        (":message-type", HeaderValue::Text("error")),
        (":error-code", HeaderValue::Text("InternalError")),
        (":error-message", HeaderValue::Text("oops")),
    ];
    encode(&headers, b"", &mut unmodeled).unwrap();
    assert_eq!(outcome(&unmodeled).0, [error("InternalError", "oops")]);
}

#[test]
fn a_cut_or_broken_stream_is_an_error() {
    let cut = stream(&[("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"a"}}"#), METADATA]);
    let (events, end) = outcome(&cut);
    assert!(!events.contains(&Event::End));
    assert!(matches!(end, Err(WireError::Cut)));
    assert!(matches!(outcome(b"").1, Err(WireError::Cut)));

    for (name, payload) in [
        ("contentBlockDelta", "{}"),
        ("contentBlockDelta", "text"),
        ("contentBlockDelta", r#"{"contentBlockIndex":-1,"delta":{}}"#),
        ("contentBlockStart", "["),
        ("messageStop", ""),
        ("metadata", r#"{"usage":1}"#),
    ] {
        assert!(
            matches!(outcome(&stream(&[(name, payload)])).1, Err(WireError::Json { .. })),
            "{name} {payload}"
        );
    }
    assert!(matches!(outcome(&message("unheard-of", "x", "{}")).1, Err(WireError::Shape { .. })));
    let mut bare = Vec::new();
    encode(&[], b"{}", &mut bare).unwrap();
    assert!(matches!(outcome(&bare).1, Err(WireError::Shape { .. })));
}

#[test]
fn arguments_without_a_call_are_left_out() {
    let bytes = stream(&[
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#),
        STOP,
    ]);
    assert_eq!(events_of(&bytes), [start(), finish(FinishReason::Stop), Event::End]);
}
