//! The intermediate form to a request for an upstream.

use crate::anthropic::request::{read, write};
use crate::codec::{Options, Written};
use gw_model::chat::{
    ChatRequest, MediaSource, Message, Part, PartKind, Reasoning, ResponseFormat, Role, Tool, ToolChoice,
};
use gw_model::refusal::ErrorCode;
use serde_json::{Value, json};
use std::sync::Arc;

fn raw(value: &Value) -> Arc<serde_json::value::RawValue> {
    Arc::from(serde_json::value::to_raw_value(value).unwrap())
}

fn message(role: Role, parts: Vec<PartKind>) -> Message {
    Message { role, parts: parts.into_iter().map(Part::new).collect(), name: None }
}

fn text(text: &str) -> PartKind {
    PartKind::Text(text.to_owned())
}

fn call(id: &str, arguments: &str) -> PartKind {
    PartKind::ToolCall { id: id.to_owned(), name: "f".to_owned(), arguments: arguments.to_owned() }
}

fn result(id: &str, answer: &str) -> PartKind {
    PartKind::ToolResult { id: id.to_owned(), parts: vec![Part::text(answer)], is_error: false }
}

fn asking() -> ChatRequest {
    ChatRequest {
        model: "claude-sonnet-4-5".to_owned(),
        messages: vec![message(Role::User, vec![text("hi")])],
        ..ChatRequest::default()
    }
}

fn function(parameters: Option<Value>) -> Tool {
    Tool::Function {
        name: "f".to_owned(),
        description: Some("d".to_owned()),
        parameters: parameters.as_ref().map(raw),
        strict: Some(true),
        cache_control: None,
    }
}

fn written(request: &ChatRequest) -> (Value, Vec<String>) {
    let Written { body, dropped, .. } = write(request, &Options::default()).unwrap();
    // What is written can be read.
    read(&body).unwrap();
    (serde_json::from_slice(&body).unwrap(), dropped)
}

#[test]
fn writes_the_least() {
    let (body, dropped) = written(&asking());
    let expected = json!({"model":"claude-sonnet-4-5","max_tokens":4096,
        "messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]});
    assert_eq!((body, dropped), (expected, vec![]));
}

#[test]
fn applies_options() {
    let options = Options {
        model: Some("m2".to_owned()),
        default_max_output_tokens: Some(100),
        clamp_max_output_tokens: Some(50),
        rename: vec![("max_tokens".to_owned(), "limit".to_owned())],
        ..Options::default()
    };
    let body: Value = serde_json::from_slice(&write(&asking(), &options).unwrap().body).unwrap();
    assert_eq!((&body["model"], &body["limit"]), (&json!("m2"), &json!(50)));
}

#[test]
fn arranges_turns() {
    let mut request = asking();
    request.system = vec![Part::text("rules")];
    request.messages = vec![
        message(Role::Assistant, vec![text("hello")]),
        message(Role::User, vec![text("roll")]),
        message(
            Role::Assistant,
            vec![text(""), call("call.1", ""), call("call_2", "[1]"), call("c3", "{\"a\": 1}")],
        ),
        message(Role::User, vec![result("call.1", "one")]),
        message(Role::System, vec![text("be nice")]),
        message(Role::User, vec![text("and?"), result("call_2", "two")]),
        message(Role::User, vec![result("c3", "")]),
        message(Role::Assistant, vec![text("so  \n")]),
    ];
    let (body, dropped) = written(&request);
    assert_eq!(dropped, Vec::<String>::new());
    assert_eq!(body["system"], json!([{"type":"text","text":"rules"},{"type":"text","text":"be nice"}]));
    let expected = json!([
        {"role":"user","content":[{"type":"text","text":"."}]},
        {"role":"assistant","content":[{"type":"text","text":"hello"}]},
        {"role":"user","content":[{"type":"text","text":"roll"}]},
        {"role":"assistant","content":[
            {"type":"tool_use","id":"gw_call_2e1","name":"f","input":{}},
            {"type":"tool_use","id":"call_2","name":"f","input":{"INVALID_JSON":"[1]"}},
            {"type":"tool_use","id":"c3","name":"f","input":{"a":1}}]},
        {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"gw_call_2e1","content":[{"type":"text","text":"one"}]},
            {"type":"tool_result","tool_use_id":"call_2","content":[{"type":"text","text":"two"}]},
            {"type":"tool_result","tool_use_id":"c3"},
            {"type":"text","text":"and?"}]},
        {"role":"assistant","content":[{"type":"text","text":"so"}]},
    ]);
    assert_eq!(body["messages"], expected);
    // The history calls a tool that the request does not offer: it is defined, and not to be called.
    assert_eq!(body["tools"], json!([{"name":"f","input_schema":{"type":"object","properties":{}}}]));
    assert_eq!(body["tool_choice"], json!({"type":"none"}));
}

#[test]
fn instructions_alone_are_a_prompt() {
    let request =
        ChatRequest { system: vec![Part::text("say hi")], model: "m".to_owned(), ..ChatRequest::default() };
    let (body, _) = written(&request);
    assert!(body.get("system").is_none());
    assert_eq!(body["messages"][0]["content"][0]["text"], "say hi");
}

#[test]
fn writes_media() {
    let mut request = asking();
    let png = MediaSource::Base64 { media_type: "image/jpg".to_owned(), data: "AA==".to_owned() };
    let note = MediaSource::Base64 {
        media_type: "text/markdown; charset=utf-8".to_owned(),
        data: "aMOp".to_owned(),
    };
    request.messages[0].parts = vec![
        Part {
            kind: PartKind::Image { source: png, detail: Some("low".to_owned()) },
            cache_control: Some(raw(&json!({"type":"ephemeral"}))),
        },
        Part::new(PartKind::Image { source: MediaSource::Url("https://i".to_owned()), detail: None }),
        Part::new(PartKind::Image {
            source: MediaSource::Url("data:image/gif;base64,AAAA".to_owned()),
            detail: None,
        }),
        Part::new(PartKind::Document { source: note, title: Some("n".to_owned()) }),
        Part::new(PartKind::Document { source: MediaSource::File("file_1".to_owned()), title: None }),
    ];
    let (body, dropped) = written(&request);
    assert_eq!(dropped, ["image_url.detail"]);
    let expected = json!([
        {"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AA=="},"cache_control":{"type":"ephemeral"}},
        {"type":"image","source":{"type":"url","url":"https://i"}},
        {"type":"image","source":{"type":"base64","media_type":"image/gif","data":"AAAA"}},
        {"type":"document","source":{"type":"text","media_type":"text/plain","data":"hé"},"title":"n"},
        {"type":"document","source":{"type":"file","file_id":"file_1"}},
    ]);
    assert_eq!(body["messages"][0]["content"], expected);
}

#[test]
fn refuses_what_must_not_be_left_out() {
    let with = |kind: PartKind| {
        let mut request = asking();
        request.messages[0].parts = vec![Part::new(kind)];
        request
    };
    let image = |url: &str| PartKind::Image { source: MediaSource::Url(url.to_owned()), detail: None };
    let mut several = asking();
    several.choices = Some(2);
    let mut foreign_tool = asking();
    foreign_tool.tools = vec![Tool::Opaque(raw(&json!({"type":"custom"})))];
    for (request, param) in [
        (several, "n"),
        (foreign_tool, "tools"),
        (with(PartKind::Audio { data: String::new(), format: "wav".to_owned() }), "messages"),
        (
            with(PartKind::Image { source: MediaSource::File("file-abc".to_owned()), detail: None }),
            "messages",
        ),
        (with(image("data:image/svg+xml,<svg/>")), "messages"),
        (with(PartKind::Opaque(raw(&json!({"type":"video_url"})))), "messages"),
    ] {
        let refusal = write(&request, &Options::default()).unwrap_err();
        assert_eq!((refusal.code, refusal.param.as_deref()), (ErrorCode::UnsupportedParameter, Some(param)));
    }
}

#[test]
fn writes_tools_and_choices() {
    let mut request = asking();
    request.tools = vec![
        function(Some(json!({"type":"object","properties":{"b":{},"a":{}}}))),
        function(Some(json!({"properties":{}}))),
        function(Some(json!({}))),
        function(None),
    ];
    let empty = json!({"type":"object","properties":{}});
    let (body, _) = written(&request);
    let schemas: Vec<&Value> =
        body["tools"].as_array().unwrap().iter().map(|tool| &tool["input_schema"]).collect();
    assert_eq!(
        schemas,
        [&json!({"type":"object","properties":{"b":{},"a":{}}}), &empty, &json!({"type":"object"}), &empty]
    );
    assert_eq!(body["tools"][0]["strict"], true);
    assert!(body.get("tool_choice").is_none());
    for (choice, parallel, expected) in [
        (Some(ToolChoice::Auto), None, json!({"type":"auto"})),
        (Some(ToolChoice::None), Some(false), json!({"type":"none"})),
        (Some(ToolChoice::Required), Some(false), json!({"type":"any","disable_parallel_tool_use":true})),
        (Some(ToolChoice::Tool("f".to_owned())), Some(true), json!({"type":"tool","name":"f"})),
        (None, Some(false), json!({"type":"auto","disable_parallel_tool_use":true})),
    ] {
        request.tool_choice = choice;
        request.parallel_tool_calls = parallel;
        assert_eq!(written(&request).0["tool_choice"], expected);
    }
}

#[test]
fn clamps_and_names_sampling() {
    let mut request = asking();
    request.temperature = serde_json::Number::from_f64(1.7);
    request.top_p = serde_json::Number::from_f64(0.5);
    request.seed = Some(1);
    request.stop = vec!["\n\n".to_owned(), "END".to_owned()];
    let (body, dropped) = written(&request);
    assert_eq!((&body["temperature"], &body["stop_sequences"]), (&json!(1), &json!(["END"])));
    assert!(body.get("top_p").is_none());
    assert_eq!(dropped, ["temperature", "top_p", "seed", "stop"]);
    request.temperature = None;
    request.top_p = serde_json::Number::from_f64(1.0);
    assert!(written(&request).0.get("top_p").is_none());
}

#[test]
fn writes_structured_output() {
    let mut request = asking();
    let schema = json!({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{}}}}});
    let format = |schema| ResponseFormat::JsonSchema {
        name: "n".to_owned(),
        schema: raw(schema),
        strict: None,
        description: None,
    };
    request.response_format = Some(format(&schema));
    let (body, _) = written(&request);
    let closed = json!({"type":"object","properties":{"a":{"type":"array","items":
        {"type":"object","properties":{},"additionalProperties":false}}},"additionalProperties":false});
    assert_eq!(body["output_config"], json!({"format":{"type":"json_schema","schema":closed}}));
    assert!(matches!(
        read(&write(&request, &Options::default()).unwrap().body).unwrap().response_format,
        Some(ResponseFormat::JsonSchema { .. })
    ));
    request.response_format = Some(ResponseFormat::JsonObject);
    assert_eq!(written(&request).1, ["response_format"]);
}

#[test]
fn thinking_excludes_sampling_and_forced_tools() {
    let mut request = asking();
    request.reasoning = Some(Reasoning::Effort("medium".to_owned()));
    request.temperature = serde_json::Number::from_f64(0.2);
    request.top_k = Some(5);
    let (body, dropped) = written(&request);
    assert_eq!(body["thinking"], json!({"type":"enabled","budget_tokens":8192}));
    assert_eq!(body["max_tokens"], 8192 + 4096);
    assert_eq!(dropped, ["temperature", "top_k"]);
    request.tools = vec![function(None)];
    request.tool_choice = Some(ToolChoice::Required);
    let (body, dropped) = written(&request);
    assert_eq!(dropped, ["reasoning_effort"]);
    assert_eq!((&body["temperature"], &body["top_k"]), (&json!(0.2), &json!(5)));
}

#[test]
fn history_without_signatures_loses_its_thinking() {
    let mut request = asking();
    let thought = |signature: Option<&str>| PartKind::Thinking {
        text: "hm".to_owned(),
        signature: signature.map(str::to_owned),
    };
    request.messages.push(message(
        Role::Assistant,
        vec![thought(None), thought(Some("s")), PartKind::RedactedThinking("d".to_owned()), text("ok")],
    ));
    request.messages.push(message(Role::User, vec![text("more")]));
    let (body, dropped) = written(&request);
    assert_eq!(dropped, ["reasoning_content"]);
    let expected = json!([
        {"type":"thinking","thinking":"hm","signature":"s"},
        {"type":"redacted_thinking","data":"d"},
        {"type":"text","text":"ok"}]);
    assert_eq!(body["messages"][1]["content"], expected);
}
