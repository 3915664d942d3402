//! Requests of callers.

use crate::openai_responses::request::read;
use gw_model::ErrorCode;
use gw_model::chat::{ChatRequest, MediaSource, PartKind, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use serde_json::{Value, json};

fn request(members: &Value) -> ChatRequest {
    let mut body = json!({"model":"m","input":"hi"});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    read(body.to_string().as_bytes()).unwrap()
}

fn kinds(request: &ChatRequest) -> Vec<Vec<String>> {
    let name = |kind: &PartKind| format!("{kind:?}").split(['(', ' ']).next().unwrap().to_owned();
    request.messages.iter().map(|m| m.parts.iter().map(|p| name(&p.kind)).collect()).collect()
}

#[test]
fn settings_have_their_fields_or_stay_extra() {
    let read = request(&json!({
        "instructions":"be kind","max_output_tokens":100,"temperature":0.5,"top_p":1,"stream":true,
        "parallel_tool_calls":false,"service_tier":"flex","user":"u","safety_identifier":"s",
        "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}},
        "reasoning":{"effort":"high","summary":"auto"},"store":true,"previous_response_id":"resp_0",
        "metadata":{"a":"b"},"truncation":"auto","prompt_cache_key":"k","include":["x"],"conversation":null
    }));
    assert!(matches!(&read.system[0].kind, PartKind::Text(text) if text == "be kind"));
    assert_eq!(read.max_output_tokens, Some(100));
    assert_eq!(read.user.as_deref(), Some("u"));
    assert_eq!(read.service_tier.as_deref(), Some("flex"));
    assert!(read.stream && read.include_usage);
    assert_eq!(read.reasoning, Some(Reasoning::Effort("high".to_owned())));
    assert!(
        matches!(&read.response_format, Some(ResponseFormat::JsonSchema { name, strict: Some(true), .. }) if name == "n")
    );
    let extra: Vec<&str> = read.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        extra,
        [
            "text.verbosity",
            "reasoning.summary",
            "store",
            "previous_response_id",
            "metadata",
            "truncation",
            "prompt_cache_key",
            "include"
        ]
    );
}

#[test]
fn items_become_turns() {
    let read = request(&json!({"input":[
        {"role":"developer","content":"first"},
        {"type":"message","role":"user","content":[
            {"type":"input_text","text":"look","prompt_cache_breakpoint":{"mode":"explicit"}},
            {"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"low"},
            {"type":"input_file","file_id":"file-1"},
            {"type":"input_audio","input_audio":{"data":"BBBB","format":"wav"}}]},
        {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"SIG"},
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok","annotations":[]}]},
        {"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{\"x\":1}"},
        {"type":"custom_tool_call","call_id":"call_2","name":"patch","input":"a \"quoted\" line\n"},
        {"type":"function_call_output","call_id":"call_1","output":[{"type":"input_image","image_url":"https://e/i.png"}]},
        {"type":"custom_tool_call_output","call_id":"call_2","output":"done"},
        {"role":"developer","content":"later"},
        {"type":"reasoning","summary":[],"encrypted_content":"HIDDEN"},
        {"type":"web_search_call","id":"ws_1","status":"completed"},
        {"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},
        {"role":"assistant","content":"again"}
    ]}));
    assert_eq!(read.system.len(), 1);
    let names = kinds(&read);
    assert_eq!(names[0], ["Text", "Image", "Document", "Audio"]);
    assert!(read.messages[0].parts[0].cache_control.is_some());
    assert_eq!(names[1], ["Thinking", "Text", "ToolCall", "ToolCall"]);
    assert!(matches!(&read.messages[1].parts[0].kind,
        PartKind::Thinking { text, signature: Some(s) } if text == "a\n\nb" && s == "SIG"));
    let PartKind::ToolCall { id, arguments, .. } = &read.messages[1].parts[3].kind else { panic!() };
    let arguments: Value = serde_json::from_str(arguments).unwrap();
    assert_eq!((id.as_str(), &arguments), ("call_2", &json!({"input":"a \"quoted\" line\n"})));
    assert_eq!(names[2], ["ToolResult", "ToolResult"]);
    assert!(matches!(&read.messages[2].parts[0].kind, PartKind::ToolResult { parts, .. }
        if matches!(&parts[0].kind, PartKind::Image { source: MediaSource::Url(_), .. })));
    assert_eq!(read.messages[3].role, Role::System);
    assert_eq!(names[4], ["RedactedThinking", "Opaque", "Refusal"]);
    assert_eq!(names[5], ["Text"]);
}

#[test]
fn reasoning_without_text_keeps_what_it_is() {
    let read = request(&json!({"input":[
        {"type":"reasoning","summary":[],"encrypted_content":"gw-signature.SIG"},
        {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":null},
        {"type":"reasoning","id":"rs_1","summary":[]}
    ]}));
    let [one, two, three] = read.messages[0].parts.as_slice() else { panic!() };
    assert!(
        matches!(&one.kind, PartKind::Thinking { text, signature: Some(s) } if text.is_empty() && s == "SIG")
    );
    assert!(matches!(&two.kind, PartKind::Thinking { text, signature: None } if text == "t"));
    assert!(matches!(&three.kind, PartKind::Opaque(_)));
}

#[test]
fn tools_become_functions_where_they_can() {
    let read = request(&json!({"tools":[
        {"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":null},
        {"type":"custom","name":"patch","description":"Edits.","format":{"type":"grammar","syntax":"lark","definition":"start: X"}},
        {"type":"namespace","name":"crm","tools":[{"type":"function","name":"find"},{"type":"custom","name":"note"}]},
        {"type":"web_search","external_web_access":false}
    ],"tool_choice":{"type":"function","name":"find","namespace":"crm"}}));
    let names: Vec<String> = read
        .tools
        .iter()
        .map(|tool| match tool {
            Tool::Function { name, .. } => name.clone(),
            Tool::Opaque(raw) => raw.get().to_owned(),
        })
        .collect();
    assert_eq!(names[..4], ["f", "patch", "crm__find", "crm__note"]);
    assert!(names[4].contains("web_search"));
    assert!(
        matches!(&read.tools[1], Tool::Function { description: Some(text), parameters: Some(schema), .. }
        if text.contains("start: X") && schema.get().contains("input"))
    );
    assert_eq!(read.tool_choice, Some(ToolChoice::Tool("crm__find".to_owned())));
}

#[test]
fn allowed_tools_are_the_tools() {
    let read = request(&json!({
        "tools":[{"type":"function","name":"a"},{"type":"function","name":"b"},{"type":"web_search"}],
        "tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"b"},{"type":"web_search"}]}
    }));
    assert_eq!(read.tools.len(), 2);
    assert_eq!(read.tool_choice, Some(ToolChoice::Required));
    let read = request(&json!({"tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"}}));
    assert_eq!((read.tool_choice, read.extra[0].0.as_str()), (None, "tool_choice"));
}

#[test]
fn bad_requests_name_the_place() {
    for (body, param) in [
        (json!({"model":"m"}), "input"),
        (json!({"model":"m","input":5}), "input"),
        (json!({"model":"m","input":[5]}), "input[0]"),
        (json!({"model":"m","input":[{"role":"wizard","content":"x"}]}), "input[0]"),
        (json!({"model":"m","input":[{"role":"user"}]}), "input[0]"),
        (
            json!({"model":"m","input":[{"role":"user","content":[{"type":"input_image"}]}]}),
            "input[0].content[0]",
        ),
        (json!({"model":"m","input":[{"type":"function_call","name":"f"}]}), "input[0]"),
        (json!({"model":"m","input":"x","tools":{}}), "tools"),
        (json!({"model":"m","input":"x","tools":[{"name":"f"}]}), "tools[0]"),
        (json!({"model":"m","input":"x","tool_choice":"maybe"}), "tool_choice"),
        (json!({"model":"m","input":"x","text":{"format":{"type":"xml"}}}), "text.format"),
        (json!({"model":"m","input":"x","reasoning":{"effort":3}}), "reasoning.effort"),
        (json!({"model":"m","input":"x","max_output_tokens":"9"}), "max_output_tokens"),
    ] {
        let refusal = read(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{body}");
        assert_eq!(refusal.param.as_deref(), Some(param), "{body}");
    }
    for item in [json!({"type":"item_reference","id":"msg_1"}), json!({"id":"msg_1"})] {
        let refusal = read(json!({"model":"m","input":[item]}).to_string().as_bytes()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UnsupportedParameter);
        assert_eq!(refusal.param.as_deref(), Some("input[0]"));
    }
    assert!(read(br#"{"model":"m","previous_response_id":"resp_1"}"#).is_ok());
}
