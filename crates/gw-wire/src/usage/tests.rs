//! Usage of whole answers and streams in each format, hiding, and what the meter sees on the way.

mod media;
mod native;

use super::*;
use crate::sse::{Frame, FrameVerdict};
use bytes::Bytes;
use gw_model::ServiceTier;

const CHAT: WireFormat = WireFormat::OpenAiChat;
const MESSAGES: WireFormat = WireFormat::AnthropicMessages;

fn frame(text: &str) -> Frame {
    Frame::parse(Bytes::copy_from_slice(text.as_bytes()))
}

fn feed(meter: &mut StreamMeter, frames: &[&str]) -> Vec<FrameVerdict> {
    frames.iter().map(|text| meter.frame(&frame(text))).collect()
}

#[test]
fn reads_openai_usage_with_its_details() {
    let body = br#"{"id":"x","choices":[{"message":{"content":"\"usage\":{}"}}],"usage":{"prompt_tokens":100,
        "completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":40,"audio_tokens":3},
        "completion_tokens_details":{"reasoning_tokens":20,"audio_tokens":5}},"service_tier":"flex"}"#;
    let want = Usage {
        input_tokens: 100,
        output_tokens: 50,
        cached_tokens: 40,
        reasoning_tokens: 20,
        audio_input_tokens: 3,
        audio_output_tokens: 5,
        service_tier: Some(ServiceTier::Flex),
        ..Usage::default()
    };
    assert_eq!(from_whole(CHAT, body), Some(want));
    let mut scanner = MemberScanner::new(WANTED_MEMBERS);
    body.chunks(7).for_each(|piece| scanner.feed(piece));
    assert_eq!(from_scanner(CHAT, &scanner), Some(want));
}

#[test]
fn reads_what_others_make_of_it() {
    let usage = |text: &str| from_whole(CHAT, format!("{{\"usage\":{text}}}").as_bytes());
    // Reasoning outside of completion_tokens.
    let apart = usage(
        r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}"#,
    );
    assert_eq!(apart.unwrap().output_tokens, 105);
    let silent = usage(r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115}"#);
    assert_eq!(silent.unwrap().output_tokens, 105);
    let inside = usage(
        r#"{"prompt_tokens":10,"completion_tokens":105,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}"#,
    );
    assert_eq!(inside.unwrap().output_tokens, 105);
    // Audio outside of prompt_tokens.
    let heard = usage(
        r#"{"prompt_tokens":9,"completion_tokens":248,"total_tokens":632,"prompt_tokens_details":{"audio_tokens":375}}"#,
    );
    assert_eq!(heard.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((384, 248)));
    assert_eq!(usage(r#"{"prompt_tokens":10,"prompt_cache_hit_tokens":4}"#).unwrap().cached_tokens, 4);
    assert_eq!(usage("null"), None);
    assert_eq!(usage(r#"{"queue_time":0.1}"#), None);
    assert_eq!(usage(r#"{"prompt_tokens":"many","completion_tokens":5}"#).unwrap().output_tokens, 5);
    let embeddings = from_whole(
        WireFormat::OpenAiEmbeddings,
        br#"{"data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}"#,
    );
    assert_eq!(embeddings.unwrap(), Usage { input_tokens: 8, ..Usage::default() });
}

#[test]
fn anthropic_input_includes_the_cache() {
    let body = br#"{"type":"message","usage":{"input_tokens":10,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,
        "cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40},"output_tokens":7,"service_tier":"standard"}}"#;
    let usage = from_whole(MESSAGES, body).unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.cached_tokens), (1110, 7, 1000));
    assert_eq!((usage.cache_write_tokens, usage.cache_write_1h_tokens), (60, 40));
    assert_eq!(usage.service_tier, Some(ServiceTier::Standard));
}

#[test]
fn hides_only_the_frame_that_was_not_asked_for() {
    let frames = [
        "data: {\"choices\":[],\"prompt_filter_results\":[],\"usage\":null}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello world\"}}],\"usage\":null}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n",
        ": comment\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n",
        "data: [DONE]\n\n",
    ];
    let mut hiding = StreamMeter::new(CHAT).hide_usage(true);
    let verdicts = feed(&mut hiding, &frames);
    let hidden: Vec<usize> = (0..6).filter(|i| verdicts[*i] == FrameVerdict::Hide).collect();
    assert_eq!(hidden, vec![4]);
    assert_eq!(hiding.usage().map(|u| (u.input_tokens, u.output_tokens)), Some((9, 2)));
    assert!(hiding.finished() && hiding.error().is_none());
    assert_eq!(hiding.frames(), 4);
    assert!((10..16).contains(&hiding.estimated_output_tokens()), "{}", hiding.estimated_output_tokens());
    let mut open = StreamMeter::new(CHAT);
    assert!(feed(&mut open, &frames).iter().all(|v| *v == FrameVerdict::Forward));
}

#[test]
fn follows_an_anthropic_stream() {
    let mut meter = StreamMeter::new(MESSAGES).hide_usage(true);
    let verdicts = feed(
        &mut meter,
        &[
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":7,\"output_tokens\":1}}}\n\n",
            "event: ping\ndata: {\"type\": \"ping\"}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello there\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":42}}\n\n",
        ],
    );
    assert!(verdicts.iter().all(|v| *v == FrameVerdict::Forward));
    assert!(!meter.finished());
    feed(&mut meter, &["event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"]);
    assert!(meter.finished());
    let usage = meter.usage().unwrap();
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), (10, 7, 42));
    assert!((14..28).contains(&meter.estimated_output_tokens()), "{}", meter.estimated_output_tokens());
}

#[test]
fn sees_errors_inside_streams() {
    let mut chat = StreamMeter::new(CHAT);
    feed(&mut chat, &["data: {\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}}\n\n"]);
    assert_eq!(chat.error().map(|e| (e.kind.as_str(), e.message.as_str())), Some(("server_error", "boom")));
    let mut messages = StreamMeter::new(MESSAGES);
    feed(
        &mut messages,
        &[
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        ],
    );
    assert_eq!(messages.error().map(|e| e.kind.as_str()), Some("overloaded_error"));
    let mut text = StreamMeter::new(CHAT);
    feed(&mut text, &["data: {\"choices\":[{\"delta\":{\"content\":\"the \\\"error\\\": {}\"}}]}\n\n"]);
    assert!(text.error().is_none());
}

#[test]
fn estimates_tool_calls_reasoning_and_completions() {
    let mut calls = StreamMeter::new(CHAT);
    feed(
        &mut calls,
        &[
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Oslo\\\"}\"}}]}}]}\n\n",
        ],
    );
    assert!((30..55).contains(&calls.estimated_output_tokens()), "{}", calls.estimated_output_tokens());
    let mut thinking = StreamMeter::new(CHAT);
    feed(&mut thinking, &["data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"think think\"}}]}\n\n"]);
    assert!(thinking.estimated_output_tokens() >= 2);
    let mut legacy = StreamMeter::new(WireFormat::OpenAiCompletions);
    feed(&mut legacy, &["data: {\"choices\":[{\"text\":\"some words\",\"index\":0}]}\n\n"]);
    assert!((10..14).contains(&legacy.estimated_output_tokens()));
}

#[test]
fn damaged_frames_are_forwarded() {
    let mut meter = StreamMeter::new(CHAT).hide_usage(true);
    for text in [
        "data: {\"usage\":{\"prompt\n\n",
        "data: {\"delta\":{\"content\":\"x\n\n",
        "data: {\"error\":\n\n",
        "data: \"delta\"\n\n",
    ] {
        assert_eq!(meter.frame(&frame(text)), FrameVerdict::Forward);
    }
    assert_eq!(meter.usage(), None);
}

#[test]
fn what_is_no_json_is_malformed_where_nobody_else_reads_it() {
    let mut unread = StreamMeter::new(CHAT);
    let mut meter = StreamMeter::new(CHAT).check_syntax(true);
    for text in [
        ": comment\n\n",
        "event: ping\n\n",
        "data:\n\n",
        "data:   \n\n",
        "data: {\"unknown\":[1,{}],\"twice\":1,\"twice\":2}\n\n",
        "data: {\ndata: }\n\n",
        "data: \"text\"\n\n",
        "data: null\n\n",
        &format!("data: {}{}\n\n", "[".repeat(2000), "]".repeat(2000)),
    ] {
        assert_eq!(meter.frame(&frame(text)), FrameVerdict::Forward, "{text}");
    }
    for text in ["{", "{}}", "{'a':1}", "{\"a\":1", "<html>", "{\"a\":NaN}", "{\"a\":\"\u{1}\"}"] {
        let broken = frame(&format!("data: {text}\n\n"));
        assert_eq!(meter.frame(&broken), FrameVerdict::Malformed, "{text}");
        assert_eq!(unread.frame(&broken), FrameVerdict::Forward, "{text}");
    }
    let latin = Frame::parse(Bytes::from_static(b"data: {\"a\":\"\xe9\"}\n\n"));
    assert_eq!(meter.frame(&latin), FrameVerdict::Malformed);
    let mut messages = StreamMeter::new(WireFormat::AnthropicMessages).check_syntax(true);
    assert_eq!(messages.frame(&frame("event: ping\ndata: ping\n\n")), FrameVerdict::Forward);
    assert_eq!(messages.frame(&frame("event: message_start\ndata: ping\n\n")), FrameVerdict::Malformed);
    assert_eq!(meter.frame(&frame("data:  [DONE]\n\n")), FrameVerdict::Forward, "with one blank more");
    assert_eq!(meter.frame(&frame("data: bye\n\n")), FrameVerdict::Forward, "behind the end");
}
