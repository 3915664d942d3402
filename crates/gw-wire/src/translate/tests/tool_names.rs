//! Names of tools that a target does not take, there and back.

use super::{PathFacts, messages, request};
use crate::codec::{Options, WriteContext};
use crate::frames::Frame;
use crate::sse;
use crate::translate::{StreamTranslator, ToolNames, whole};
use bytes::Bytes;
use gw_model::WireFormat::{self, AnthropicMessages, BedrockConverse, GeminiGenerate, OpenAiChat};
use serde_json::{Value, json};

const LONG: &str = "mcp__a_server_with_a_very_long_name__and_a_tool_with_an_even_longer_name_than_that";

fn asked(to: WireFormat, name: &str) -> (Value, WriteContext) {
    let body = messages(&json!({
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": name, "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "done"}]}
        ],
        "tools": [{"name": name, "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": name}
    }));
    let body = body.to_string();
    let written =
        request(AnthropicMessages, to, body.as_bytes(), PathFacts::default(), &Options::default()).unwrap();
    let context = WriteContext { tool_names: written.tool_names, ..WriteContext::default() };
    (serde_json::from_slice(&written.body).unwrap(), context)
}

#[test]
fn long_names_are_spelled_for_the_target_and_come_back() {
    let (sent, context) = asked(OpenAiChat, LONG);
    let spelled = sent["tools"][0]["function"]["name"].as_str().unwrap();
    assert!(spelled.len() == 64 && spelled.starts_with("mcp__a_server"), "{spelled}");
    assert_eq!(sent["tool_choice"]["function"]["name"], spelled);
    assert_eq!(sent["messages"][1]["tool_calls"][0]["function"]["name"], spelled);
    let call =
        json!({"index": 0, "id": "c", "type": "function", "function": {"name": spelled, "arguments": "{}"}});
    let answer = json!({"id": "x", "object": "chat.completion", "model": "m", "choices": [
        {"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": [call]}}]});
    let whole = whole(OpenAiChat, AnthropicMessages, answer.to_string().as_bytes(), &context).unwrap();
    let whole: Value = serde_json::from_slice(&whole.body).unwrap();
    assert_eq!(whole["content"][0]["name"], LONG);
    let chunk = json!({"id": "x", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
    let mut stream = StreamTranslator::new(OpenAiChat, AnthropicMessages, context).unwrap();
    let mut out = Vec::new();
    let frame = sse::Frame::parse(Bytes::from(format!("data: {chunk}\n\n")));
    stream.frame_into(&Frame::Sse(frame), &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains(LONG));
}

#[test]
fn names_that_a_target_takes_stay() {
    for (to, name, stays) in [
        (OpenAiChat, "get_weather-2", true),
        (OpenAiChat, "a.b", false),
        (BedrockConverse, LONG, false),
        (GeminiGenerate, LONG, true),
    ] {
        let (sent, context) = asked(to, name);
        assert_eq!(sent.to_string().contains(&format!("\"{name}\"")), stays, "{to:?} {name}");
        assert_eq!(context.tool_names == ToolNames::default(), stays, "{to:?} {name}");
    }
    let (one, _) = asked(OpenAiChat, &format!("{LONG}1"));
    let (two, _) = asked(OpenAiChat, &format!("{LONG}2"));
    assert_ne!(one["tools"][0]["function"]["name"], two["tools"][0]["function"]["name"]);
}
