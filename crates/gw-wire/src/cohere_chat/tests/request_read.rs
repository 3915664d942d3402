//! Requests read into the intermediate form.

use crate::cohere_chat::request::read;
use gw_model::ErrorCode;
use gw_model::chat::{MediaSource, PartKind, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use serde_json::{Value, json};

fn of(body: &Value) -> gw_model::chat::ChatRequest {
    read(body.to_string().as_bytes()).unwrap()
}

fn hello(more: &Value) -> Value {
    let mut body = json!({"model":"command-a-03-2025","messages":[{"role":"user","content":"hi"}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn parameters_have_their_fields() {
    let request = of(&hello(&json!({
        "stream": true, "max_tokens": 9, "temperature": 0.30, "p": 0.9, "k": 4, "seed": 3,
        "stop_sequences": ["a","b"], "safety_mode": "STRICT", "documents": ["one"], "logprobs": null,
        "frequency_penalty": 0.5, "response_format": {"type":"text"}, "thinking": {"type":"disabled"}
    })));
    assert_eq!(
        (request.model.as_str(), request.stream, request.include_usage),
        ("command-a-03-2025", true, true)
    );
    assert_eq!((request.max_output_tokens, request.top_k, request.seed), (Some(9), Some(4), Some(3)));
    assert_eq!(request.top_p.map(|p| p.to_string()).as_deref(), Some("0.9"));
    assert_eq!(request.stop, ["a", "b"]);
    assert_eq!(request.reasoning, Some(Reasoning::Off));
    assert!(matches!(request.response_format, Some(ResponseFormat::Text)));
    let extra: Vec<&str> = request.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(extra, ["safety_mode", "documents", "frequency_penalty"]);
    assert_eq!(of(&hello(&json!({"k": 0}))).top_k, None);
}

#[test]
fn a_conversation_with_tools_is_read_in_order() {
    let request = of(&json!({"model":"m","messages":[
        {"role":"system","content":"Be brief."},
        {"role":"user","content":[{"type":"text","text":"Look"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD","detail":"low"}},
            {"type":"image_url","image_url":{"url":"https://example.com/a"}}]},
        {"role":"assistant","tool_plan":"I will look.","content":[{"type":"text","text":""}],"tool_calls":[
            {"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},
            {"id":"b","type":"function","function":{"name":"g","arguments":"{\"x\":1}"}}],
            "citations":[{"start":0,"end":1,"text":"x","sources":[]}]},
        {"role":"tool","tool_call_id":"a","content":"plain"},
        {"role":"tool","tool_call_id":"b","content":[
            {"type":"document","document":{"id":"d","data":{"title":"T","text":"x"}}},
            {"type":"document","document":{"data":"just text"}},{"type":"text","text":"t"}]},
        {"role":"system","content":"Now stop."},
        {"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Done"}]}
    ]}));
    assert!(matches!(&request.system[0].kind, PartKind::Text(text) if text == "Be brief."));
    let roles: Vec<Role> = request.messages.iter().map(|m| m.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::System, Role::Assistant]);
    let user = &request.messages[0].parts;
    assert!(
        matches!(&user[1].kind, PartKind::Image { source: MediaSource::Base64 { media_type, data }, detail }
        if media_type == "image/png" && data == "QUJD" && detail.as_deref() == Some("low"))
    );
    assert!(matches!(&user[2].kind, PartKind::Image { source: MediaSource::Url(_), detail: None }));
    let assistant = &request.messages[1].parts;
    assert_eq!(assistant.len(), 3);
    assert!(
        matches!(&assistant[0].kind, PartKind::Thinking { text, signature: None } if text == "I will look.")
    );
    assert!(matches!(&assistant[2].kind, PartKind::ToolCall { id, name, arguments }
        if id == "b" && name == "g" && arguments == "{\"x\":1}"));
    let results = &request.messages[2].parts;
    let PartKind::ToolResult { id, parts, is_error: false } = &results[1].kind else { panic!() };
    assert_eq!(id, "b");
    let texts: Vec<&str> = parts
        .iter()
        .map(|p| match &p.kind {
            PartKind::Text(text) => text.as_str(),
            _ => panic!(),
        })
        .collect();
    assert_eq!(texts, [r#"{"title":"T","text":"x"}"#, "just text", "t"]);
}

#[test]
fn tools_choices_and_formats_are_read() {
    let tool =
        json!({"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}});
    let request = of(&hello(&json!({"tools":[tool],"strict_tools":true,"tool_choice":"REQUIRED",
        "response_format":{"type":"json_object","json_schema":{"type":"object"}},
        "thinking":{"type":"enabled","token_budget":500}})));
    assert!(matches!(&request.tools[0], Tool::Function { name, strict: Some(true), parameters: Some(_), .. }
        if name == "f"));
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
    assert_eq!(request.reasoning, Some(Reasoning::Budget(500)));
    assert!(matches!(&request.response_format, Some(ResponseFormat::JsonSchema { schema, .. })
        if schema.get() == r#"{"type":"object"}"#));
    let older = of(&hello(&json!({"tool_choice":"NONE","thinking":{"type":"enabled"},
        "response_format":{"type":"json_object","schema":{"type":"object"}}})));
    assert_eq!(older.tool_choice, Some(ToolChoice::None));
    assert_eq!(older.reasoning, Some(Reasoning::Adaptive));
    assert!(matches!(&older.response_format, Some(ResponseFormat::JsonSchema { .. })));
    let plain = of(&hello(&json!({"response_format":{"type":"json_object"}})));
    assert!(matches!(plain.response_format, Some(ResponseFormat::JsonObject)));
}

#[test]
fn faults_are_named() {
    let cases = [
        (json!({"model":"m","message":"hi"}), "messages"),
        (json!({"model":"m","messages":"hi"}), "messages"),
        (json!({"model":"m","messages":[{"role":"bot","content":"x"}]}), "messages[0]"),
        (json!({"model":"m","messages":[{"role":"user"}]}), "messages[0]"),
        (json!({"model":"m","messages":[{"role":"tool","content":"x"}]}), "messages[0]"),
        (
            json!({"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]}),
            "messages[0].content[0]",
        ),
        (hello(&json!({"k":-1})), "k"),
        (hello(&json!({"stream":"yes"})), "stream"),
        (hello(&json!({"tool_choice":"f"})), "tool_choice"),
        (hello(&json!({"tools":{}})), "tools"),
        (hello(&json!({"tools":[{"type":"function"}]})), "tools[0]"),
        (hello(&json!({"thinking":{"type":"maybe"}})), "thinking"),
        (hello(&json!({"response_format":{"type":"xml"}})), "response_format"),
        (hello(&json!({"stop_sequences":[1]})), "stop_sequences"),
    ];
    for (body, param) in cases {
        let refusal = read(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.param.as_deref()),
            (ErrorCode::InvalidRequest, Some(param)),
            "{body}"
        );
    }
    for body in [&b""[..], b"[]", b"{\"model\":\"a\",\"model\":\"b\"}", b"{\"messages\":[\xff]}"] {
        assert_eq!(read(body).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
