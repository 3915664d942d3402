//! Requests for upstreams.

use crate::codec::Options;
use crate::openai_responses::request::{read, write};
use crate::{anthropic, openai_chat};
use gw_model::ErrorCode;
use gw_model::chat::{ChatRequest, Json, MediaSource, Message, Part, PartKind, Reasoning, Role, Tool};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

fn written(request: &ChatRequest) -> (Value, Vec<String>) {
    let written = write(request, &Options::default()).unwrap();
    (serde_json::from_slice(&written.body).unwrap(), written.dropped)
}

fn raw(json: &str) -> Json {
    Arc::from(RawValue::from_string(json.to_owned()).unwrap())
}

fn said(role: Role, parts: Vec<PartKind>) -> ChatRequest {
    let parts = parts.into_iter().map(Part::new).collect();
    ChatRequest {
        model: "gpt-5".to_owned(),
        messages: vec![Message { role, parts, name: None }],
        ..ChatRequest::default()
    }
}

#[test]
fn a_chat_request_becomes_a_responses_request() {
    let chat = json!({
        "model":"gpt-5","max_completion_tokens":100,"temperature":0.5,"seed":1,"stop":"x","user":"u","stream":true,
        "reasoning_effort":"low","response_format":{"type":"json_object"},"parallel_tool_calls":true,
        "messages":[
            {"role":"system","content":"be kind"},
            {"role":"user","name":"bob","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"https://e/i.png"}}]},
            {"role":"assistant","content":"calling","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"42"}],
        "tools":[{"type":"function","function":{"name":"f"}},
            {"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"s"}}}}],
        "tool_choice":{"type":"function","function":{"name":"f"}}
    });
    let request = openai_chat::request::read(chat.to_string().as_bytes()).unwrap();
    let (body, dropped) = written(&request);
    assert_eq!(dropped, ["messages.name", "stop", "seed"]);
    assert_eq!(
        body,
        json!({
            "model":"gpt-5","instructions":"be kind",
            "input":[
                {"role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"https://e/i.png"}]},
                {"role":"assistant","content":"calling"},
                {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
                {"type":"function_call_output","call_id":"c1","output":"42"}],
            "max_output_tokens":100,"temperature":0.5,"user":"u",
            "tools":[
                {"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false},
                {"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"s"}}],
            "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":true,
            "text":{"format":{"type":"json_object"}},"reasoning":{"effort":"low"},"stream":true,
            "include":["reasoning.encrypted_content"],"store":false
        })
    );
}

#[test]
fn thinking_goes_back_sealed() {
    let messages = json!({"model":"gpt-5","max_tokens":9,"messages":[
        {"role":"user","content":"hi"},
        {"role":"assistant","content":[
            {"type":"thinking","thinking":"hm","signature":"SIG"},
            {"type":"thinking","thinking":"","signature":"ALONE"},
            {"type":"redacted_thinking","data":"HIDDEN"},
            {"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":[
            {"type":"text","text":"no"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]}]});
    let request = anthropic::request::read(messages.to_string().as_bytes()).unwrap();
    let (body, dropped) = written(&request);
    assert_eq!(dropped, ["max_completion_tokens"]);
    assert_eq!(body["max_output_tokens"], 16);
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(
        body["input"],
        json!([
            {"role":"user","content":"hi"},
            {"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"SIG"},
            {"type":"reasoning","summary":[],"encrypted_content":"gw-signature.ALONE"},
            {"type":"reasoning","summary":[],"encrypted_content":"HIDDEN"},
            {"type":"function_call","call_id":"t1","name":"f","arguments":"{\"a\":1}"},
            {"type":"function_call_output","call_id":"t1","output":[
                {"type":"input_text","text":"Error:"},{"type":"input_text","text":"no"},
                {"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}])
    );
    let again = read(&write(&request, &Options::default()).unwrap().body).unwrap();
    assert_eq!(format!("{:?}", again.messages[1]), format!("{:?}", request.messages[1]));
}

#[test]
fn unsigned_thinking_goes_to_models_that_show_theirs() {
    let mut request = said(
        Role::Assistant,
        vec![PartKind::Thinking { text: "hm".to_owned(), signature: None }, PartKind::Text("ok".to_owned())],
    );
    assert_eq!(written(&request).1, ["reasoning_content"]);
    for model in ["deepseek-v4-flash", "openai.gpt-oss-20b", "grok-4.3"] {
        model.clone_into(&mut request.model);
        let (body, dropped) = written(&request);
        assert!(dropped.is_empty(), "{model}");
        assert_eq!(body["input"][0]["content"][0], json!({"type":"reasoning_text","text":"hm"}));
    }
    "openai.gpt-5.6-luna".clone_into(&mut request.model);
    assert_eq!(written(&request).1, ["reasoning_content"]);
}

#[test]
fn models_that_do_not_reason_are_not_told_to() {
    let mut request = said(Role::User, vec![PartKind::Text("hi".to_owned())]);
    request.reasoning = Some(Reasoning::Budget(9000));
    assert_eq!(written(&request).0["reasoning"], json!({"effort":"medium"}));
    "openai/gpt-4o".clone_into(&mut request.model);
    let (body, dropped) = written(&request);
    assert_eq!(dropped, ["reasoning_effort"]);
    assert!(body.get("reasoning").is_none() && body.get("include").is_none());
}

#[test]
fn extras_find_their_place() {
    let mut request = said(Role::User, vec![PartKind::Text("hi".to_owned())]);
    for (name, value) in [
        ("verbosity", "\"low\""),
        ("logprobs", "true"),
        ("top_logprobs", "2"),
        ("include", "[\"file_search_call.results\"]"),
        ("reasoning.summary", "\"auto\""),
        ("store", "true"),
    ] {
        request.extra.push((name.to_owned(), raw(value)));
    }
    let options = Options {
        clamp_max_output_tokens: Some(50),
        rename: vec![("max_output_tokens".to_owned(), "max_tokens".to_owned())],
        ..Options::default()
    };
    let body: Value = serde_json::from_slice(&write(&request, &options).unwrap().body).unwrap();
    assert_eq!(body["text"], json!({"verbosity":"low"}));
    assert_eq!(body["include"], json!(["message.output_text.logprobs", "file_search_call.results"]));
    assert_eq!(body["reasoning"], json!({"summary":"auto"}));
    assert_eq!(
        (&body["store"], &body["top_logprobs"], &body["max_tokens"]),
        (&json!(true), &json!(2), &json!(50))
    );
    assert!(body.get("logprobs").is_none());
}

#[test]
fn what_the_format_cannot_say_is_refused() {
    let stored = MediaSource::File("file_011".to_owned());
    let foreign = raw(r#"{"type":"compaction","content":"x"}"#);
    for (request, param) in [
        (ChatRequest { choices: Some(2), ..ChatRequest::default() }, "n"),
        (said(Role::User, vec![PartKind::Image { source: stored, detail: None }]), "messages"),
        (said(Role::User, vec![PartKind::Opaque(raw(r#"{"type":"container_upload"}"#))]), "messages"),
        (said(Role::Assistant, vec![PartKind::Opaque(foreign)]), "messages"),
        (
            said(
                Role::Assistant,
                vec![PartKind::Image { source: MediaSource::Url(String::new()), detail: None }],
            ),
            "messages",
        ),
        (
            ChatRequest {
                tools: vec![Tool::Opaque(raw(r#"{"type":"web_search_20250305","name":"web_search"}"#))],
                ..ChatRequest::default()
            },
            "tools",
        ),
    ] {
        let refusal = write(&request, &Options::default()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UnsupportedParameter);
        assert_eq!(refusal.param.as_deref(), Some(param));
    }
    for kind in [
        "web_search",
        "web_search_preview_2025_03_11",
        "web_search_2025_08_26",
        "mcp",
        "computer_use_preview",
    ] {
        let tools = vec![Tool::Opaque(raw(&format!(r#"{{"type":"{kind}"}}"#)))];
        assert!(
            write(&ChatRequest { tools, ..ChatRequest::default() }, &Options::default()).is_ok(),
            "{kind}"
        );
    }
}
