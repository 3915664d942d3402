//! Tests of events that are like others: they are read as if none had come before.

use super::{EventReader, MAX_MODELS};
use crate::sse::SseEvent;
use crate::texts::event;
use crate::usage::{Known, StreamMeter};
use gw_model::WireFormat;
use proptest::prelude::*;

/// Reads the events of a stream of a thread that has read none; gives how many were like a model.
fn check(format: WireFormat, events: &[(Option<&str>, String)]) -> usize {
    std::thread::scope(|scope| scope.spawn(|| check_next(format, events)).join().unwrap())
}

/// An event by itself.
struct Event<'a>(Option<&'a str>, &'a str);

impl SseEvent for Event<'_> {
    fn event(&self) -> Option<&str> {
        self.0
    }

    fn data(&self) -> &[u8] {
        self.1.as_bytes()
    }
}

/// All that a meter took of a stream.
fn taken(meter: &StreamMeter) -> String {
    let counted = (meter.usage(), meter.estimated_output_tokens(), meter.output_bytes(), meter.frames());
    format!("{counted:?} {} {} {:?}", meter.finished(), meter.complete(), meter.error())
}

/// Reads events one after the other, and each again without those before it; gives how many were like a model. Meters that are
/// told what is known of an event take what others do.
fn check_next(format: WireFormat, events: &[(Option<&str>, String)]) -> usize {
    let mut reader = EventReader::new(format);
    let mut alike = 0;
    let meter = StreamMeter::new(format).check_syntax(true).hide_usage(true);
    let (mut metered, mut told) = (meter.clone(), meter);
    for (name, data) in events {
        let known = reader.recognise(*name, data.as_bytes());
        let frame = Event(*name, data);
        assert_eq!(metered.frame(&frame), told.known_frame(&frame, known), "{known:?} {data}");
        assert_eq!(taken(&metered), taken(&told), "{known:?} {data}");
        let want = event(format, *name, data.as_bytes());
        let got = reader.texts(*name, data.as_bytes());
        assert_eq!((&got.texts, got.ended, got.is_echo), (&want.texts, want.ended, want.is_echo), "{data}");
        alike += usize::from(reader.is_alike());
    }
    assert!(reader.models.len() <= MAX_MODELS);
    alike
}

/// A value of a member, by which events may differ.
fn any_value() -> impl Strategy<Value = String> {
    let words = ["c-1", "c-2", "a b", "", "é", r"x\u0041", r#"\"id\":\"y\""#, ",", "{", "assistant", "stop"];
    let numbers = ["0", "1", "7", "00", "1760000000", "999999", "1000000", "0123456", "1.5", "-3", "1e9"];
    let others = ["null", "[]", "{}", "true", r#"{"id":"c-1"}"#, r#"[{"token":"a"}]"#, r#"{"content":"t"}"#];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(|word| format!("\"{word}\"")),
        prop::sample::select(numbers.to_vec()).prop_map(str::to_owned),
        prop::sample::select(others.to_vec()).prop_map(str::to_owned),
    ]
}

/// A member, with or without blanks.
fn any_member() -> impl Strategy<Value = String> {
    let names = [
        "id",
        "created",
        "model",
        "system_fingerprint",
        "object",
        "type",
        "role",
        "index",
        "content",
        "text",
        "delta",
        "logprobs",
        "finish_reason",
        "usage",
        "total_tokens",
        "obfuscation",
        "sequence_number",
        "item_id",
        "args",
        "metadata",
        "arguments",
        "refusal",
        "at",
    ];
    (prop::sample::select(names.to_vec()), any_value(), 0usize..4).prop_map(|(name, value, blanks)| {
        match blanks {
            0 => format!("\"{name}\" : {value}"),
            1 => format!("\"{name}\": {value}"),
            _ => format!("\"{name}\":{value}"),
        }
    })
}

/// An event with a choice or two, some members of which are in odd places.
fn any_event() -> impl Strategy<Value = (Option<&'static str>, String)> {
    let members = || prop::collection::vec(any_member(), 0..3);
    let pieces = prop::sample::select(vec!["a", "b c", r#"q\"q"#, "", r"\n", "é", r"\x"]);
    let name = prop::sample::select(vec![
        None,
        None,
        None,
        Some("content_block_delta"),
        Some("response.output_text.delta"),
    ]);
    (name, members(), members(), members(), pieces, 0usize..3, any::<bool>()).prop_map(
        |(name, head, choice, tail, piece, index, is_second)| {
            let comma = |list: &[String]| list.iter().map(|member| format!("{member},")).collect::<String>();
            let one = |index: usize| {
                format!(
                    r#"{{{}"index":{index},"delta":{{{}"content":"{piece}"}}}}"#,
                    comma(&choice),
                    comma(&tail)
                )
            };
            let choices = if is_second { format!("{},{}", one(index), one(index + 1)) } else { one(index) };
            (name, format!(r#"{{{}"choices":[{choices}]}}"#, comma(&head)))
        },
    )
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

/// What the last of some events is known to be behind the others.
fn known(format: WireFormat, events: &[(Option<&str>, String)]) -> Known {
    let read = || {
        let mut reader = EventReader::new(format);
        let read = |(name, data): &(Option<&str>, String)| {
            let known = reader.recognise(*name, data.as_bytes());
            reader.texts(*name, data.as_bytes());
            known
        };
        events.iter().map(read).last().unwrap()
    };
    std::thread::scope(|scope| scope.spawn(read).join().unwrap())
}

#[test]
fn a_meter_is_told_of_texts_where_it_takes_nothing_else() {
    let is_said = |known: Known| matches!(known, Known::Said(_));
    let pieces = |rest: &str| [chat(0, "a b", rest), chat(0, r#"Usage: \"error\""#, rest)];
    assert!(is_said(known(WireFormat::OpenAiChat, &pieces(""))));
    assert!(is_said(known(WireFormat::OpenAiChat, &pieces(r#","usage":null"#))));
    // Usage is to be read, and both texts are to be counted.
    let usage = r#","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#;
    assert_eq!(known(WireFormat::OpenAiChat, &pieces(usage)), Known::Json);
    let call = |piece: &str| {
        let data = format!(
            r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,"function":{{"name":"look","arguments":"{piece}"}}}}]}}}}]}}"#
        );
        (None, data)
    };
    assert!(!is_said(known(WireFormat::OpenAiChat, &["{", "1"].map(call))));
    let finished = |piece: &str| {
        (
            None,
            format!(
                r#"{{"choices":[{{"index":0,"delta":{{"content":"{piece}"}},"finish_reason":"stop"}}]}}"#
            ),
        )
    };
    assert_eq!(known(WireFormat::OpenAiChat, &["a", "b"].map(finished)), Known::Json);
    let messages = |text: &str| {
        let data = format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
        );
        (Some("content_block_delta"), data)
    };
    assert!(is_said(known(WireFormat::AnthropicMessages, &["a", "b"].map(messages))));
    let unnamed = ["a", "b"].map(|text| (None, messages(text).1));
    assert_eq!(known(WireFormat::AnthropicMessages, &unnamed), Known::Json);
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

/// The frames of a stream as OpenAI's has them.
fn stream(id: &str, created: u64, words: &[&str]) -> Vec<(Option<&'static str>, String)> {
    let frame = |choices: String, usage: &str| {
        let data = format!(
            r#"{{"id":"{id}","object":"chat.completion.chunk","created":{created},"model":"gpt-5","service_tier":"default","system_fingerprint":"fp_{id}","choices":[{choices}],"usage":{usage}}}"#
        );
        (None, data)
    };
    let choice = |delta: &str, finish: &str| {
        format!(r#"{{"index":0,"delta":{{{delta}}},"logprobs":null,"finish_reason":{finish}}}"#)
    };
    let mut events = vec![frame(choice(r#""role":"assistant","content":"","refusal":null"#, "null"), "null")];
    events.extend(words.iter().map(|word| frame(choice(&format!(r#""content":"{word}""#), "null"), "null")));
    events.push(frame(choice("", r#""stop""#), "null"));
    let count = words.len();
    let usage = format!(r#"{{"prompt_tokens":9,"completion_tokens":{count},"total_tokens":{}}}"#, 9 + count);
    events.push(frame(String::new(), &usage));
    events.push((None, "[DONE]".to_owned()));
    events
}

#[test]
fn what_one_stream_learned_serves_the_next() {
    let words = ["Hello", " there", ", you"];
    std::thread::scope(|scope| {
        let reads = scope.spawn(|| {
            // Pieces behind the first one; nothing else.
            assert_eq!(check_next(WireFormat::OpenAiChat, &stream("c-1", 1_760_000_000, &words)), 2);
            for (id, created) in [("c-2", 1_760_000_001), ("chatcmpl-x", 1_800_000_000)] {
                let events = stream(id, created, &words);
                assert_eq!(check_next(WireFormat::OpenAiChat, &events), events.len() - 1);
            }
            // What is no word of a protocol is text.
            let odd = stream("c 3", 1_760_000_001, &words);
            assert_eq!(check_next(WireFormat::OpenAiChat, &odd), 0);
            // Numbers of so few digits are told apart from those that may be somebody's.
            let old = stream("c-4", 17, &words);
            assert_eq!(check_next(WireFormat::OpenAiChat, &old), 2);
        });
        reads.join().unwrap();
    });
    // Other threads learn for themselves.
    assert_eq!(check(WireFormat::OpenAiChat, &stream("c-1", 1_760_000_000, &words)), 2);
}

#[test]
fn models_keep_no_text() {
    let events = stream("c-1", 1_760_000_000, &["a secret", "another"]);
    let data = events[1].1.as_bytes();
    let found = event(WireFormat::OpenAiChat, None, data);
    let model = super::Model::of(WireFormat::OpenAiChat, None, data, &found).unwrap();
    let kept = format!("{model:?}");
    let bytes = format!("{:?}", b"secret").replace(['[', ']'], "");
    assert!(!kept.contains(&bytes) && !kept.contains("secret"), "{kept}");
}

#[test]
fn an_event_whose_ids_never_stay_is_read_all_the_same() {
    let events: Vec<_> =
        (0..100).map(|n| stream(&format!("c-{n}"), 1_760_000_000 + n, &["x"]).swap_remove(1)).collect();
    assert_eq!(check(WireFormat::OpenAiChat, &events), 99);
}

proptest! {
    /// Streams of all kinds, one after the other, are read as if none had come before: with other ids, members in another
    /// order, members twice, escapes, probabilities of tokens, several choices, and usage.
    #[test]
    fn streams_do_not_mislead_each_other(
        streams in prop::collection::vec((0usize..6, prop::collection::vec(any_event(), 1..12)), 1..6),
    ) {
        let formats = [WireFormat::OpenAiChat, WireFormat::OpenAiResponses, WireFormat::AnthropicMessages, WireFormat::GeminiGenerate, WireFormat::CohereChat, WireFormat::OpenAiCompletions];
        for (format, events) in &streams {
            let events: Vec<(Option<&str>, String)> =
                events.iter().map(|(name, data)| (*name, data.clone())).collect();
            check_next(formats[*format], &events);
        }
    }

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
