//! The intermediate form to a request for an upstream.

use super::{read, written};
use crate::codec::Options;
use crate::gemini::request;
use gw_model::ErrorCode;
use gw_model::chat::{ChatRequest, MediaSource, Message, Part, PartKind, Role, Tool};
use serde_json::{Value, json};
use std::sync::Arc;

fn turn(role: Role, parts: Vec<PartKind>) -> Message {
    Message { role, parts: parts.into_iter().map(Part::new).collect(), name: None }
}

fn call(id: &str, arguments: &str) -> PartKind {
    PartKind::ToolCall { id: id.to_owned(), name: format!("f{id}"), arguments: arguments.to_owned() }
}

fn result(id: &str, parts: Vec<Part>, is_error: bool) -> PartKind {
    PartKind::ToolResult { id: id.to_owned(), parts, is_error }
}

fn raw(text: &str) -> gw_model::chat::Json {
    Arc::from(serde_json::value::RawValue::from_string(text.to_owned()).unwrap())
}

#[test]
fn a_conversation_from_elsewhere() {
    let image = PartKind::Image {
        source: MediaSource::Base64 { media_type: "image/jpg".to_owned(), data: "QQ==".to_owned() },
        detail: Some("high".to_owned()),
    };
    let request = ChatRequest {
        model: "gemini-2.5-flash".to_owned(),
        system: vec![Part::text("Be kind.")],
        messages: vec![
            turn(Role::User, vec![PartKind::Text("hi".to_owned())]),
            turn(Role::System, vec![PartKind::Text("Now rhyme.".to_owned())]),
            turn(Role::Assistant, vec![PartKind::Text(String::new()), call("1", ""), call("2", "[1]")]),
            turn(Role::User, vec![result("1", vec![Part::text("sunny"), Part::new(image)], false)]),
            turn(Role::User, vec![result("2", vec![Part::text("down")], true)]),
            turn(Role::User, vec![PartKind::Text("and?".to_owned())]),
        ],
        ..ChatRequest::default()
    };
    let (body, dropped) = written(&request);
    let expected = json!({
        "systemInstruction":{"parts":[{"text":"Be kind."},{"text":"Now rhyme."}]},
        "contents":[
            {"parts":[{"text":"hi"}],"role":"user"},
            {"parts":[{"functionCall":{"id":"1","name":"f1","args":{}}},
                {"functionCall":{"id":"2","name":"f2","args":{"INVALID_JSON":"[1]"}}}],"role":"model"},
            {"parts":[
                {"functionResponse":{"id":"1","name":"f1","response":{"output":"sunny"}}},
                {"functionResponse":{"id":"2","name":"f2","response":{"error":"down"}}},
                {"inlineData":{"mimeType":"image/jpeg","data":"QQ=="}},
                {"text":"and?"}],"role":"user"}]});
    assert_eq!(body, expected);
    assert_eq!(dropped, ["image_url.detail"]);
}

#[test]
fn the_third_generation_takes_media_in_results_and_checks_calls() {
    let image = Part::new(PartKind::Image {
        source: MediaSource::Base64 { media_type: "image/png".to_owned(), data: "QQ==".to_owned() },
        detail: None,
    });
    let request = ChatRequest {
        model: "gemini-3-flash".to_owned(),
        messages: vec![
            turn(Role::User, vec![PartKind::Text("hi".to_owned())]),
            turn(Role::Assistant, vec![call("1", "{}"), call("2", "{}")]),
            turn(Role::User, vec![result("1", vec![image], false), result("2", vec![], false)]),
        ],
        ..ChatRequest::default()
    };
    let (body, _) = written(&request);
    let calls = &body["contents"][1]["parts"];
    assert_eq!(calls[0]["thoughtSignature"], "skip_thought_signature_validator");
    assert_eq!(calls[1].get("thoughtSignature"), None);
    let results = &body["contents"][2]["parts"];
    assert_eq!(results[0]["functionResponse"]["parts"][0]["inlineData"]["data"], "QQ==");
    assert_eq!(results[1]["functionResponse"]["response"], json!({"output":""}));
}

#[test]
fn parameters_stand_where_they_belong() {
    let mut request = read(&json!({"contents":[{"parts":[{"text":"x"}]}]}));
    request.max_output_tokens = Some(100);
    request.temperature = serde_json::from_str("1.50").unwrap();
    request.stop = vec!["a".to_owned(), String::new()];
    request.seed = Some(1 << 40);
    request.user = Some("u".to_owned());
    request.service_tier = Some("flex".to_owned());
    request.parallel_tool_calls = Some(false);
    request.extra = [
        ("presence_penalty", "1"),
        ("logprobs", "true"),
        ("top_logprobs", "2"),
        ("modalities", "[\"text\",\"audio\"]"),
        ("safetySettings", "[]"),
        ("generationConfig.speechConfig", "{}"),
        ("tools.functionDeclarations.behavior", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), raw(value)))
    .to_vec();
    request.messages[0].parts[0].cache_control = Some(raw("{}"));
    let options = Options {
        model: Some("gemini-2.5-pro".to_owned()),
        clamp_max_output_tokens: Some(64),
        rename: vec![("maxOutputTokens".to_owned(), "maxTokens".to_owned())],
        ..Options::default()
    };
    let written = request::write(&request, &options).unwrap();
    let body: Value = serde_json::from_slice(&written.body).unwrap();
    let expected = json!({
        "contents":[{"parts":[{"text":"x"}],"role":"user"}],
        "generationConfig":{"maxTokens":64,"temperature":1.5,"stopSequences":["a"],"presencePenalty":1,
            "responseLogprobs":true,"logprobs":2,"responseModalities":["TEXT","AUDIO"],"speechConfig":{}},
        "serviceTier":"flex","safetySettings":[]});
    assert_eq!(body, expected);
    assert_eq!(
        written.dropped,
        [
            "tools.functionDeclarations.behavior",
            "cache_control",
            "parallel_tool_calls",
            "seed",
            "stop",
            "user"
        ]
    );
}

#[test]
fn what_must_not_be_left_out_is_refused() {
    let base = || read(&json!({"contents":[{"parts":[{"text":"x"}]}]}));
    let with = |kind: PartKind| {
        let mut request = base();
        request.messages[0].parts.push(Part::new(kind));
        request
    };
    let mut tool = base();
    tool.tools.push(Tool::Opaque(raw(r#"{"type":"web_search_20250305","name":"web_search"}"#)));
    let mut stops = base();
    stops.stop = vec!["a".to_owned(); 6];
    let stored = MediaSource::File("file-abc".to_owned());
    for (request, param) in [
        (tool, "tools"),
        (stops, "stop"),
        (with(PartKind::Image { source: stored, detail: None }), "messages"),
        (with(PartKind::Opaque(raw(r#"{"type":"container_upload"}"#))), "messages"),
        (with(call("1", "")), "messages"),
        (with(PartKind::Image { source: MediaSource::Url("data:x".to_owned()), detail: None }), "messages"),
    ] {
        let refusal = request::write(&request, &Options::default()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UnsupportedParameter);
        assert_eq!(refusal.param.as_deref(), Some(param));
    }
}

#[test]
fn instructions_alone_are_a_prompt_and_addresses_get_a_type() {
    let request = ChatRequest { system: vec![Part::text("Say hi.")], ..ChatRequest::default() };
    assert_eq!(written(&request).0, json!({"contents":[{"parts":[{"text":"Say hi."}],"role":"user"}]}));
    assert_eq!(written(&ChatRequest::default()).0["contents"][0]["parts"], json!([{"text":""}]));
    let mut request = read(&json!({"contents":[{"parts":[{"text":"x"}]}]}));
    for url in ["https://e/a.PNG?x=1", "https://e/a", "data:image/webp;base64,QQ=="] {
        let source = MediaSource::Url(url.to_owned());
        request.messages[0].parts.push(Part::new(PartKind::Image { source, detail: None }));
    }
    let parts = &written(&request).0["contents"][0]["parts"];
    assert_eq!(parts[1]["fileData"], json!({"mimeType":"image/png","fileUri":"https://e/a.PNG?x=1"}));
    assert_eq!(parts[2]["fileData"]["mimeType"], "image/jpeg");
    assert_eq!(parts[3]["inlineData"], json!({"mimeType":"image/webp","data":"QQ=="}));
}

#[test]
fn ids_that_repeat_belong_to_the_latest_call() {
    let named = |name: &str| PartKind::ToolCall {
        id: "same".to_owned(),
        name: name.to_owned(),
        arguments: "{}".to_owned(),
    };
    let answer = || vec![result("same", vec![Part::text("1")], false)];
    let request = ChatRequest {
        messages: vec![
            turn(Role::User, vec![PartKind::Text("go".to_owned())]),
            turn(Role::Assistant, vec![named("f")]),
            turn(Role::User, answer()),
            turn(Role::Assistant, vec![named("g")]),
            turn(Role::User, answer()),
        ],
        ..ChatRequest::default()
    };
    let contents = &written(&request).0["contents"];
    assert_eq!(contents[2]["parts"][0]["functionResponse"]["name"], "f");
    assert_eq!(contents[4]["parts"][0]["functionResponse"]["name"], "g");
}
