//! Responses, Gemini, Converse and Cohere: whole answers, streams, their ends and their errors.

use super::{feed, frame};
use crate::eventstream::{Decoder, HeaderValue, Message, encode};
use crate::json::member::MemberScanner;
use crate::usage::{StreamMeter, WANTED_MEMBERS, from_scanner, from_valid, from_whole};
use gw_model::{ServiceTier, Usage, WireFormat};

const RESPONSES: WireFormat = WireFormat::OpenAiResponses;
const GEMINI: WireFormat = WireFormat::GeminiGenerate;
const CONVERSE: WireFormat = WireFormat::BedrockConverse;
const COHERE: WireFormat = WireFormat::CohereChat;

fn messages(list: &[(&str, &str, &str)]) -> Vec<Message> {
    let mut bytes = Vec::new();
    for (header, kind, payload) in list {
        let message_type = if *header == ":event-type" { "event" } else { "exception" };
        let headers =
            [(*header, HeaderValue::Text(kind)), (":message-type", HeaderValue::Text(message_type))];
        encode(&headers, payload.as_bytes(), &mut bytes).unwrap();
    }
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(bytes.into());
    std::iter::from_fn(|| decoder.next_message()).map(Result::unwrap).collect()
}

/// The meter after these events.
fn converse(list: &[(&str, &str)]) -> StreamMeter {
    let mut meter = StreamMeter::new(CONVERSE);
    let list: Vec<_> = list.iter().map(|(kind, payload)| (":event-type", *kind, *payload)).collect();
    for message in messages(&list) {
        meter.frame(&message);
    }
    meter
}

fn sse(format: WireFormat, frames: &[&str]) -> StreamMeter {
    let mut meter = StreamMeter::new(format);
    feed(
        &mut meter,
        &frames
            .iter()
            .map(|data| format!("data: {data}\n\n"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    meter
}

#[test]
fn whole_answers_state_usage_wherever_the_format_has_it() {
    let cases = [
        (
            RESPONSES,
            r#"{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"total_tokens":14},"service_tier":"flex"}"#,
            Usage {
                input_tokens: 9,
                output_tokens: 5,
                cached_tokens: 4,
                service_tier: Some(ServiceTier::Flex),
                ..Usage::default()
            },
        ),
        (
            GEMINI,
            r#"{"candidates":[],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":2,"totalTokenCount":14}}"#,
            Usage { input_tokens: 9, output_tokens: 5, reasoning_tokens: 2, ..Usage::default() },
        ),
        (
            GEMINI,
            r#"{"usage_metadata":{"prompt_token_count":9,"candidates_token_count":5}}"#,
            Usage { input_tokens: 9, output_tokens: 5, ..Usage::default() },
        ),
        (
            CONVERSE,
            r#"{"output":{},"usage":{"inputTokens":9,"outputTokens":5,"totalTokens":14,"cacheReadInputTokens":4},"serviceTier":{"type":"priority"}}"#,
            Usage {
                input_tokens: 13,
                output_tokens: 5,
                cached_tokens: 4,
                service_tier: Some(ServiceTier::Priority),
                ..Usage::default()
            },
        ),
        (
            COHERE,
            r#"{"usage":{"billed_units":{"input_tokens":2,"output_tokens":5},"tokens":{"input_tokens":9,"output_tokens":5}}}"#,
            Usage { input_tokens: 9, output_tokens: 5, ..Usage::default() },
        ),
        (
            COHERE,
            r#"{"meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":9,"output_tokens":5}}}"#,
            Usage { input_tokens: 9, output_tokens: 5, ..Usage::default() },
        ),
    ];
    for (format, body, want) in cases {
        assert_eq!(from_whole(format, body.as_bytes()), Some(want), "{body}");
        assert_eq!(from_valid(format, body.as_bytes()).unwrap(), Some(want));
        let mut scanner = MemberScanner::new(WANTED_MEMBERS);
        body.as_bytes().chunks(5).for_each(|piece| scanner.feed(piece));
        assert_eq!(from_scanner(format, &scanner), Some(want), "{body}");
        // What follows the figures may be damaged.
        let cut = format!(
            "{}, \"x\":",
            body.trim_end_matches('}').to_owned()
                + &"}".repeat(body.len() - body.trim_end_matches('}').len() - 1)
        );
        assert_eq!(from_whole(format, cut.as_bytes()), Some(want), "{cut}");
    }
    for (format, body) in [
        (RESPONSES, r#"{"status":"queued","usage":null}"#),
        (GEMINI, r#"{"usageMetadata":{}}"#),
        (CONVERSE, r#"{"usage":{}}"#),
        (COHERE, r#"{"meta":{"api_version":{"version":"2"}}}"#),
    ] {
        assert_eq!(from_whole(format, body.as_bytes()), None, "{body}");
    }
}

#[test]
fn follows_a_responses_stream() {
    let frames = [
        "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r\",\"usage\":null}}\n\n",
        "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"\"}}\n\n",
        "event: response.function_call_arguments.delta\ndata: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{\\\"a\\\":1}\",\"obfuscation\":\"xxxxxxxxxxxxxxxx\"}\n\n",
        "data: {\"sequence_number\":3,\"type\":\"response.output_text.delta\",\"delta\":\"Hello there\",\"logprobs\":[]}\n\n",
        "event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\"text\":\"Hello there\"}\n\n",
        "data: [DONE]\n\n",
    ];
    let mut meter = StreamMeter::new(RESPONSES).hide_usage(true);
    feed(&mut meter, &frames);
    assert!(!meter.finished() && !meter.complete(), "the mark of other formats is no end");
    assert!((35..50).contains(&meter.estimated_output_tokens()), "{}", meter.estimated_output_tokens());
    assert_eq!(meter.frames(), 5);
    for (end, has_error) in [("completed", false), ("incomplete", false), ("failed", true)] {
        let error = if has_error { r#"{"code":"server_error","message":"boom"}"# } else { "null" };
        let last = format!(
            "event: response.{end}\ndata: {{\"type\":\"response.{end}\",\"response\":{{\"error\":{error},\"service_tier\":\"default\",\"usage\":{{\"input_tokens\":9,\"output_tokens\":5,\"total_tokens\":14}}}}}}\n\n"
        );
        let mut meter = meter.clone();
        meter.frame(&frame(&last));
        assert!(meter.finished() && meter.complete());
        assert_eq!(meter.usage().map(|u| (u.input_tokens, u.output_tokens)), Some((9, 5)));
        let error = meter.error().map(|e| (e.kind.as_str(), e.message.as_str()));
        assert_eq!(error, has_error.then_some(("server_error", "boom")));
    }
    let failed = sse(
        RESPONSES,
        &[r#"{"type":"error","code":"rate_limit_exceeded","message":"slow","sequence_number":4}"#],
    );
    assert_eq!(failed.error().map(|e| e.kind.as_str()), Some("rate_limit_exceeded"));
    let bare = sse(RESPONSES, &[r#"{"error":{"type":"server_error","message":"boom"}}"#]);
    assert!(bare.complete() && !bare.finished());
}

#[test]
fn follows_a_gemini_stream() {
    let pieces = [
        r#"{"candidates":[{"content":{"parts":[{"text":"Hello there","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"finishReason":"STOP","error":{"message":"x"},"usageMetadata":{"promptTokenCount":1}}}}]},"index":0}]}"#,
    ];
    let meter = sse(GEMINI, &pieces);
    assert!(!meter.complete() && meter.error().is_none(), "arguments of a call say nothing of the answer");
    assert_eq!(meter.usage().map(|u| u.input_tokens), Some(9));
    assert!((30..100).contains(&meter.estimated_output_tokens()), "{}", meter.estimated_output_tokens());
    let mut meter = meter;
    let last = r#"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5,"totalTokenCount":14}}"#;
    meter.frame(&frame(&format!("data: {last}\n\n")));
    assert!(meter.complete() && !meter.finished());
    assert_eq!(meter.usage().map(|u| (u.input_tokens, u.output_tokens)), Some((9, 5)));
}

#[test]
fn gemini_is_complete_when_every_candidate_is() {
    let end = |index: u32| {
        format!("data: {{\"candidates\":[{{\"index\":{index},\"finishReason\":\"STOP\"}}]}}\n\n")
    };
    let mut meter = StreamMeter::new(GEMINI).choices(2);
    for _ in 0..3 {
        meter.frame(&frame(&end(1)));
    }
    meter.frame(&frame("data: {\"candidates\":[{\"index\":0,\"finishReason\":\"\"}]}\n\n"));
    assert!(!meter.complete());
    meter.frame(&frame(&end(0)));
    assert!(meter.complete());
    let mut blocked = StreamMeter::new(GEMINI).choices(3);
    blocked.frame(&frame("data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":3}}\n\n"));
    assert!(blocked.complete() && blocked.error().is_none());
    let open = sse(GEMINI, &[r#"{"promptFeedback":{"safetyRatings":[]}}"#]);
    assert!(!open.complete());
    let failed = sse(GEMINI, &[r#"{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"#]);
    assert_eq!(failed.error().map(|e| (e.kind.as_str(), e.message.as_str())), Some(("UNAVAILABLE", "busy")));
    assert!(failed.complete());
}

#[test]
fn follows_a_converse_stream() {
    let list = [
        ("messageStart", r#"{"role":"assistant","p":"abcd"}"#),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"think","signature":"AAAAAAAAAAAAAAAAAAAAAAAA"}},"p":"abcd"}"#,
        ),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":1,"delta":{"text":"Hello there"},"p":"abcdefghijklm"}"#,
        ),
        ("contentBlockStart", r#"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"a\":1}"}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":2}"#),
        ("messageStop", r#"{"stopReason":"tool_use"}"#),
        (
            "metadata",
            r#"{"usage":{"inputTokens":9,"outputTokens":5,"totalTokens":14},"metrics":{"latencyMs":1}}"#,
        ),
    ];
    let meter = converse(&list[..6]);
    assert!(!meter.complete() && !meter.finished());
    assert!((37..50).contains(&meter.estimated_output_tokens()), "{}", meter.estimated_output_tokens());
    let meter = converse(&list[..7]);
    assert!(meter.complete() && !meter.finished(), "usage comes after the stop reason");
    let meter = converse(&list);
    assert!(meter.finished());
    assert_eq!(meter.usage().map(|u| (u.input_tokens, u.output_tokens)), Some((9, 5)));
}

#[test]
fn converse_streams_end_with_exceptions() {
    let exceptions = [
        (":exception-type", "throttlingException", r#"{"message":"slow"}"#, "slow"),
        (":event-type", "modelStreamErrorException", r#"{"message":"broke","originalMessage":"x"}"#, "broke"),
        (":error-code", "InternalError", "", ""),
    ];
    for (header, kind, payload, message) in exceptions {
        let mut meter = StreamMeter::new(CONVERSE);
        for found in messages(&[(header, kind, payload)]) {
            meter.frame(&found);
        }
        assert_eq!(meter.error().map(|e| (e.kind.as_str(), e.message.as_str())), Some((kind, message)));
        assert!(meter.complete() && !meter.finished());
    }
    let unknown = converse(&[("someday", r#"{"message":"hello"}"#)]);
    assert!(unknown.error().is_none());
}

#[test]
fn follows_a_cohere_stream() {
    let pieces = [
        r#"{"type":"message-start","id":"x","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#,
        r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will look"}}}"#,
        r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"call_0000000000000000","type":"function","function":{"name":"f","arguments":""}}}}}"#,
        r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"a\":1}"}}}}}"#,
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hello there"}}}}"#,
        r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"text":"Hello there, again and again"}}}}"#,
    ];
    let mut meter = sse(COHERE, &pieces);
    meter.frame(&frame("data: [DONE]\n\n"));
    assert!(!meter.complete() && !meter.finished());
    assert!((38..55).contains(&meter.estimated_output_tokens()), "{}", meter.estimated_output_tokens());
    let end = |reason: &str, more: &str| {
        format!(
            "event: message-end\ndata: {{\"type\":\"message-end\",\"delta\":{{\"finish_reason\":\"{reason}\"{more},\"usage\":{{\"tokens\":{{\"input_tokens\":9.0,\"output_tokens\":5}}}}}}}}\n\n"
        )
    };
    let mut whole = meter.clone();
    whole.frame(&frame(&end("COMPLETE", "")));
    assert!(whole.finished() && whole.error().is_none());
    assert_eq!(whole.usage().map(|u| (u.input_tokens, u.output_tokens)), Some((9, 5)));
    meter.frame(&frame(&end("ERROR", ",\"error\":\"boom\"")));
    assert!(meter.finished());
    assert_eq!(meter.error().map(|e| (e.kind.as_str(), e.message.as_str())), Some(("ERROR", "boom")));
    let body = sse(COHERE, &[r#"{"message":"internal server error"}"#]);
    assert_eq!(body.error().map(|e| e.message.as_str()), Some("internal server error"));
}

#[test]
fn damaged_frames_of_any_format_are_passed_over() {
    for format in [RESPONSES, GEMINI, CONVERSE, COHERE] {
        let mut meter = StreamMeter::new(format);
        for kind in [
            "",
            "event: contentBlockDelta\n",
            "event: metadata\n",
            "event: message-end\n",
            "event: response.completed\n",
            "event: response.output_text.delta\n",
        ] {
            for data in [
                "{",
                "[]",
                "\"delta\"",
                "{\"delta\":{\"message\":",
                "{\"usage\":7}",
                "{\"delta\":7}",
                "{\"candidates\":[{\"content\":7}]}",
                "\u{feff}",
            ] {
                meter.frame(&frame(&format!("{kind}data: {data}\n\n")));
            }
        }
        assert_eq!(meter.usage(), None, "{format:?}");
    }
}

#[test]
fn the_meter_stays_small() {
    assert!(std::mem::size_of::<StreamMeter>() <= 400, "{}", std::mem::size_of::<StreamMeter>());
}
