//! Tests of events that are like others: they are read as if none had come before.

use super::{EventReader, MAX_MODELS};
use crate::texts::event;
use gw_model::WireFormat;
use proptest::prelude::*;

/// Reads events one after the other, and each again without those before it; gives how many were like a model.
fn check(format: WireFormat, events: &[(Option<&str>, String)]) -> usize {
    let mut reader = EventReader::new(format);
    let mut alike = 0;
    for (name, data) in events {
        let is_like = reader.models.iter().any(|model| model.read(*name, data.as_bytes()).is_some());
        alike += usize::from(is_like);
        let want = event(format, *name, data.as_bytes());
        let got = reader.read(*name, data.as_bytes());
        assert_eq!((&got.texts, got.ended, got.is_echo), (&want.texts, want.ended, want.is_echo), "{data}");
    }
    assert!(reader.models.len() <= MAX_MODELS);
    alike
}

fn chat(index: usize, text: &str, rest: &str) -> (Option<&'static str>, String) {
    let data = format!(
        r#"{{"id":"c","choices":[{{"index":{index},"delta":{{"content":"{text}"}},"finish_reason":null}}]{rest}}}"#
    );
    (None, data)
}

#[test]
fn pieces_of_one_text_are_like_each_other() {
    let plain: Vec<_> = ["a", "b c", r#"\"d\\"#, "é", r"\u0041"].map(|text| chat(0, text, "")).into();
    assert_eq!(check(WireFormat::OpenAiChat, &plain), 4);
    let two: Vec<_> = (0..8).map(|n| chat(n % 2, "x y", "")).collect();
    assert_eq!(check(WireFormat::OpenAiChat, &two), 6);
    let obfuscated: Vec<_> =
        ["ab", "cd1", "x y", "", "é"].map(|word| chat(0, "t", &format!(r#","obfuscation":"{word}""#))).into();
    assert_eq!(check(WireFormat::OpenAiChat, &obfuscated), 1);
    let arguments = |piece: &str| {
        let data = format!(
            r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,"function":{{"arguments":"{piece}"}}}}]}}}}]}}"#
        );
        (None, data)
    };
    assert_eq!(check(WireFormat::OpenAiChat, &[r#"{\"a"#, r#"\":1"#, "}"].map(arguments)), 2);
    let responses = |n: usize, text: &str| {
        let data = format!(
            r#"{{"type":"response.output_text.delta","sequence_number":{n},"item_id":"m","output_index":0,"content_index":0,"delta":"{text}","obfuscation":"aB{n}"}}"#
        );
        (Some("response.output_text.delta"), data)
    };
    let events: Vec<_> = [9, 10, 999_999, 1_000_000, 7].map(|n| responses(n, "hi")).into();
    assert_eq!(check(WireFormat::OpenAiResponses, &events), 3);
    let messages = |text: &str| {
        let data = format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
        );
        (Some("content_block_delta"), data)
    };
    assert_eq!(check(WireFormat::AnthropicMessages, &["a", "b", ""].map(messages)), 1);
    let gemini = |n: usize, text: &str| {
        let data = format!(
            r#"{{"candidates": [{{"content": {{"parts": [{{"text": "{text}"}}],"role": "model"}},"index": 0}}],"usageMetadata": {{"promptTokenCount": 4,"candidatesTokenCount": {n},"totalTokenCount": {}}}}}"#,
            n + 4
        );
        (None, data)
    };
    let events: Vec<_> = [1, 22, 333].map(|n| gemini(n, "x")).into();
    assert_eq!(check(WireFormat::GeminiGenerate, &events), 2);
}

#[test]
fn what_says_where_a_text_stands_makes_another_event() {
    let events = [
        chat(0, "a", ""),
        chat(1, "a", ""),
        (None, r#"{"id":"c","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}"#.into()),
        (None, r#"{"id":"c","choices":[{"index":0,"delta":{"content":5},"finish_reason":null}]}"#.into()),
        (None, r#"{"id":"c d","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]}"#.into()),
        (None, r#"{"id":"c","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]"#.into()),
        (None, "[DONE]".into()),
        (Some("error"), chat(0, "c", "").1),
        (None, r#"{"id":"c","choices":[{"index":0,"delta":{"content":"\x"},"finish_reason":null}]}"#.into()),
    ];
    assert_eq!(check(WireFormat::OpenAiChat, &events), 0);
}

#[test]
fn a_stream_of_events_that_differ_makes_models_only_for_a_while() {
    let events: Vec<_> = (0..200).map(|n| chat(0, "a", &format!(r#","at":"n{n}""#))).collect();
    assert_eq!(check(WireFormat::OpenAiChat, &events), 0);
}

proptest! {
    /// Events that differ in any one place from one before are read as they are alone.
    #[test]
    fn no_change_of_an_event_goes_unseen(
        format in prop::sample::select(vec![WireFormat::OpenAiChat, WireFormat::OpenAiResponses, WireFormat::AnthropicMessages, WireFormat::GeminiGenerate, WireFormat::CohereChat, WireFormat::OpenAiCompletions]),
        start in 0usize..8,
        changes in prop::collection::vec((0usize..400, "[\"{}:,0-9a-z\\\\ ]{0,3}", 0usize..3), 1..12),
    ) {
        let whole = [
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"He said"},"logprobs":null,"finish_reason":null}],"obfuscation":"aB"}"#,
            r#"{"type":"response.output_text.delta","sequence_number":12,"item_id":"m","output_index":0,"content_index":0,"delta":"He","obfuscation":"x1"}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}"#,
            r#"{"type":"response.function_call_arguments.delta","sequence_number":3,"output_index":1,"delta":"{\"a\""}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"y"}],"role":"model"}}],"usageMetadata":{"totalTokenCount":12}}"#,
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"x"}}}}"#,
            r#"{"choices":[{"text":"one","index":0,"finish_reason":null}]}"#,
            r#"{"index":0,"delta":{"content":"a","args":{"sequence_number":5}},"metadata":{"obfuscation":"q"}}"#,
        ];
        let first = whole[start].to_owned();
        let mut events = vec![(None, first.clone())];
        for (place, with, length) in changes {
            let mut changed = first.clone();
            let place = place % changed.len();
            let end = (place + length).min(changed.len());
            changed.replace_range(place..end, &with);
            events.push((None, changed));
            events.push((None, first.clone()));
        }
        check(format, &events);
    }
}
