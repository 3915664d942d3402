//! A caller's request to the intermediate form.

use crate::anthropic::request::read;
use gw_model::chat::{MediaSource, PartKind, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use gw_model::refusal::ErrorCode;

#[test]
fn reads_a_full_request() {
    let body = br#"{
        "model":"m","max_tokens":9,"stream":true,"temperature":0.5,"top_p":0.9,"top_k":4,
        "stop_sequences":["a"],"metadata":{"user_id":"u"},"service_tier":"auto","context_management":{"edits":[]},
        "system":[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}}],
        "messages":[
            {"role":"user","content":"hi"},
            {"role":"assistant","content":[
                {"type":"thinking","thinking":"hm","signature":"s"},
                {"type":"thinking","thinking":"hm","signature":""},
                {"type":"redacted_thinking","data":"d"},
                {"type":"text","text":"ok","citations":null},
                {"type":"tool_use","id":"gw_a_2eb","name":"f","input":{"x": 1.0}},
                {"type":"server_tool_use","id":"s","name":"web","input":{}}]},
            {"role":"user","content":[
                {"type":"tool_result","tool_use_id":"gw_a_2eb","is_error":true,"content":[
                    {"type":"text","text":"no"},
                    {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]},
                {"type":"tool_result","tool_use_id":"t2","content":"plain"},
                {"type":"tool_result","tool_use_id":"t3"},
                {"type":"document","title":"T","source":{"type":"text","media_type":"text/plain","data":"body"}},
                {"type":"document","title":"P","source":{"type":"base64","media_type":"application/pdf","data":"JV=="}},
                {"type":"search_result","source":"https://e","title":"S","content":[{"type":"text","text":"found"}]},
                {"type":"image","source":{"type":"url","url":"https://i"}}]},
            {"role":"system","content":"now be long"}],
        "tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true},
                 {"type":"web_search_20250305","name":"web_search"}],
        "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
        "thinking":{"type":"enabled","budget_tokens":2000},
        "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}},"task_budget":{"total":1}}
    }"#;
    let request = read(body).unwrap();
    assert_eq!((request.model.as_str(), request.max_output_tokens, request.top_k), ("m", Some(9), Some(4)));
    assert!(request.stream && request.include_usage);
    assert_eq!(request.stop, ["a"]);
    assert_eq!(request.user.as_deref(), Some("u"));
    assert!(request.system[0].cache_control.is_some());
    assert_eq!(request.tool_choice, Some(ToolChoice::Tool("f".to_owned())));
    assert_eq!(request.parallel_tool_calls, Some(false));
    assert_eq!(request.reasoning, Some(Reasoning::Budget(2000)));
    assert!(matches!(&request.response_format, Some(ResponseFormat::JsonSchema { strict: None, .. })));
    let extra: Vec<&str> = request.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(extra, ["output_config.task_budget", "context_management"]);
    assert!(matches!(&request.tools[0], Tool::Function { strict: Some(true), .. }));
    assert!(matches!(&request.tools[1], Tool::Opaque(_)));

    let turns: Vec<Role> = request.messages.iter().map(|message| message.role).collect();
    assert_eq!(turns, [Role::User, Role::Assistant, Role::User, Role::System]);
    let said = &request.messages[1].parts;
    assert!(matches!(&said[0].kind, PartKind::Thinking { signature: Some(s), .. } if s == "s"));
    assert!(matches!(&said[1].kind, PartKind::Thinking { signature: None, .. }));
    assert!(matches!(&said[2].kind, PartKind::RedactedThinking(d) if d == "d"));
    assert!(
        matches!(&said[4].kind, PartKind::ToolCall { id, arguments, .. } if id == "a.b" && arguments == r#"{"x": 1.0}"#)
    );
    assert!(matches!(&said[5].kind, PartKind::Opaque(_)));
    let answered = &request.messages[2].parts;
    let PartKind::ToolResult { id, parts, is_error: true } = &answered[0].kind else { panic!() };
    assert_eq!((id.as_str(), parts.len()), ("a.b", 2));
    assert!(matches!(&answered[2].kind, PartKind::ToolResult { parts, .. } if parts.is_empty()));
    assert!(
        matches!(&answered[3].kind, PartKind::Text(t) if t == "<document title=\"T\">\nbody\n</document>")
    );
    assert!(matches!(&answered[4].kind, PartKind::Document { title: Some(t), .. } if t == "P"));
    assert!(matches!(&answered[5].kind, PartKind::Text(t) if t.contains("found")));
    assert!(
        matches!(&answered[6].kind, PartKind::Image { source: MediaSource::Url(u), .. } if u == "https://i")
    );
}

#[test]
fn names_what_is_wrong() {
    let cases: &[(&str, &str)] = &[
        (r#"{"messages":5}"#, "messages"),
        (r#"{"messages":[{"role":"wizard","content":""}]}"#, "messages"),
        (r#"{"messages":[{"role":"user","content":[{"type":"image"}]}]}"#, "messages[0].content[0]"),
        (r#"{"max_tokens":"9"}"#, "max_tokens"),
        (r#"{"tools":[{"description":"no name"}]}"#, "tools[0]"),
        (r#"{"tool_choice":{"type":"tool"}}"#, "tool_choice"),
        (r#"{"output_config":{"format":{"type":"xml","schema":{}}}}"#, "output_config"),
    ];
    for (body, param) in cases {
        let refusal = read(body.as_bytes()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{body}");
        assert_eq!(refusal.param.as_deref(), Some(*param), "{body}");
    }
    assert!(read(br#"{"model":"a","mod\u0065l":"b"}"#).unwrap_err().message.contains("twice"));
    assert!(read(b"[]").is_err());
}
