//! A caller's request to the intermediate form.

use crate::bedrock_converse::request::read;
use gw_model::chat::{
    ChatRequest, MediaSource, Part, PartKind, Reasoning, ResponseFormat, Role, Tool, ToolChoice,
};
use gw_model::refusal::ErrorCode;

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn parts(content: &str) -> Vec<Part> {
    let body = format!(r#"{{"messages":[{{"role":"user","content":{content}}}]}}"#);
    read(MODEL, body.as_bytes()).unwrap().messages.remove(0).parts
}

fn part(block: &str) -> PartKind {
    parts(&format!("[{block}]")).remove(0).kind
}

fn with(members: &str) -> ChatRequest {
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"hi"}}]}}],{members}}}"#);
    read(MODEL, body.as_bytes()).unwrap()
}

#[test]
fn reads_every_member() {
    let request = with(
        r#""system":[{"text":"be"},{"cachePoint":{"type":"default"}},{"guardContent":{"text":{"text":"brief"}}}],
        "inferenceConfig":{"maxTokens":9,"temperature":0.50,"topP":0.9,"stopSequences":["x"],"odd":1},
        "toolConfig":{"tools":[
            {"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object"}},"strict":true}},
            {"cachePoint":{"type":"default","ttl":"1h"}},{"systemTool":{"name":"nova_grounding"}}],
            "toolChoice":{"tool":{"name":"f"}}},
        "additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":1024},"top_k":5,"other":[1]},
        "guardrailConfig":{"guardrailIdentifier":"g"},"performanceConfig":{"latency":"optimized"},
        "serviceTier":{"type":"flex"},"requestMetadata":{"a":"b"},"promptVariables":null"#,
    );
    assert_eq!(request.model, MODEL);
    assert!(!request.stream && request.include_usage);
    assert_eq!(request.system.len(), 2);
    assert_eq!(request.system[0].cache_control.as_ref().unwrap().get(), r#"{"type":"ephemeral"}"#);
    assert!(matches!(&request.system[1].kind, PartKind::Text(text) if text == "brief"));
    assert_eq!(request.max_output_tokens, Some(9));
    assert_eq!(request.temperature.unwrap().to_string(), "0.5");
    assert_eq!(request.top_p.unwrap().to_string(), "0.9");
    assert_eq!(request.stop, ["x"]);
    assert_eq!(request.top_k, Some(5));
    assert_eq!(request.reasoning, Some(Reasoning::Budget(1024)));
    assert_eq!(request.service_tier.as_deref(), Some("flex"));
    assert_eq!(request.tool_choice, Some(ToolChoice::Tool("f".to_owned())));
    let [Tool::Function { name, description, strict, cache_control, .. }, Tool::Opaque(system)] =
        request.tools.as_slice()
    else {
        panic!("{:?}", request.tools)
    };
    assert_eq!((name.as_str(), description.as_deref(), *strict), ("f", Some("d"), Some(true)));
    assert_eq!(cache_control.as_ref().unwrap().get(), r#"{"type":"ephemeral","ttl":"1h"}"#);
    assert_eq!(system.get(), r#"{"systemTool":{"name":"nova_grounding"}}"#);
    let extra: Vec<&str> = request.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        extra,
        [
            "inferenceConfig.odd",
            "additionalModelRequestFields.other",
            "guardrailConfig",
            "performanceConfig",
            "requestMetadata"
        ]
    );
}

#[test]
fn reads_every_spelling_of_reasoning() {
    for (fields, expected) in [
        (r#"{"reasoning_config":{"type":"enabled","budget_tokens":2000}}"#, Some(Reasoning::Budget(2000))),
        (
            r#"{"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}}"#,
            Some(Reasoning::Effort("max".to_owned())),
        ),
        (r#"{"thinking":{"type":"disabled"}}"#, None),
        (
            r#"{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}"#,
            Some(Reasoning::Effort("low".to_owned())),
        ),
        (r#"{"reasoningConfig":{"type":"disabled"}}"#, None),
        (r#"{"reasoning_config":"high"}"#, Some(Reasoning::Effort("high".to_owned()))),
        (r#"{"reasoning_effort":"high"}"#, Some(Reasoning::Effort("high".to_owned()))),
        ("{}", None),
    ] {
        let request = with(&format!(r#""additionalModelRequestFields":{fields}"#));
        assert_eq!(request.reasoning, expected, "{fields}");
        assert!(request.extra.is_empty(), "{fields}");
    }
    let nova = with(r#""additionalModelRequestFields":{"inferenceConfig":{"topK":20}}"#);
    assert_eq!(nova.top_k, Some(20));
}

#[test]
fn reads_a_schema_that_stands_as_text() {
    let request = with(
        r#""outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{
            "schema":"{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}","name":"n","description":"d"}}}}"#,
    );
    let Some(ResponseFormat::JsonSchema { name, schema, strict, description }) = request.response_format
    else {
        panic!("{:?}", request.response_format)
    };
    assert_eq!((name.as_str(), strict, description.as_deref()), ("n", Some(true), Some("d")));
    assert_eq!(schema.get(), r#"{"type":"object","properties":{},"additionalProperties":false}"#);
}

#[test]
fn reads_media() {
    let image = |source| PartKind::Image { source, detail: None };
    let same =
        |found: PartKind, expected: PartKind| assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    same(
        part(r#"{"image":{"format":"jpeg","source":{"bytes":"AAAA"}}}"#),
        image(MediaSource::Base64 { media_type: "image/jpeg".to_owned(), data: "AAAA".to_owned() }),
    );
    same(
        part(r#"{"image":{"format":"png","source":{"s3Location":{"uri":"s3://b/i.png"}}}}"#),
        image(MediaSource::Url("s3://b/i.png".to_owned())),
    );
    same(
        part(r#"{"document":{"format":"pdf","name":"Report 1","source":{"bytes":"JVBE"}}}"#),
        PartKind::Document {
            source: MediaSource::Base64 { media_type: "application/pdf".to_owned(), data: "JVBE".to_owned() },
            title: Some("Report 1".to_owned()),
        },
    );
    same(
        part(r#"{"audio":{"format":"mp3","source":{"bytes":"AAAA"}}}"#),
        PartKind::Audio { data: "AAAA".to_owned(), format: "mp3".to_owned() },
    );
    same(
        part(r#"{"document":{"name":"facts","source":{"text":"Ruby"},"citations":{"enabled":true}}}"#),
        PartKind::Text("<document title=\"facts\">\nRuby\n</document>".to_owned()),
    );
    let pieces = parts(r#"[{"document":{"name":"d","source":{"content":[{"text":"a"},{"text":"b"}]}}}]"#);
    assert_eq!(pieces.len(), 2);
    for own in [
        r#"{"video":{"format":"mp4","source":{"bytes":"AAAA"}}}"#,
        r#"{"image":{"format":"png","source":{"s3Location":{"uri":"s3://b/i","bucketOwner":"1"}}}}"#,
        r#"{"toolUse":{"toolUseId":"t","name":"n","input":{},"type":"server_tool_use"}}"#,
        r#"{"toolResult":{"toolUseId":"t","content":[],"type":"nova_grounding_result"}}"#,
        r#"{"citationsContent":{"citations":[{"title":"t"}]}}"#,
        r#"{"something":"new"}"#,
    ] {
        assert!(matches!(part(own), PartKind::Opaque(raw) if raw.get() == own), "{own}");
    }
}

#[test]
fn reads_tools_reasoning_and_citations() {
    let found = parts(
        r#"[{"toolUse":{"toolUseId":"tooluse_1","name":"f","input":{"a":1}}},
            {"toolResult":{"toolUseId":"gw_a_2eb","status":"error","content":[
                {"text":"t"},{"json":{"k":[1]}},{"image":{"format":"gif","source":{"bytes":"R0"}}},
                {"searchResult":{"source":"s","title":"t","content":[{"text":"x"}]}}]}},
            {"reasoningContent":{"reasoningText":{"text":"why","signature":"sig"}}},
            {"reasoningContent":{"reasoningText":{"text":"bare"}}},
            {"reasoningContent":{"redactedContent":"aGlkZGVu"}},
            {"reasoningContent":{"redactedContent":"//79"}},
            {"citationsContent":{"content":[{"text":"a"},{"text":"b"}],"citations":[]}},
            {"cachePoint":{"type":"default","ttl":"5m"}}]"#,
    );
    let kinds: Vec<String> = found.iter().map(|part| format!("{:?}", part.kind)).collect();
    assert_eq!(kinds.len(), 7);
    assert!(kinds[0].contains(r#"id: "tooluse_1", name: "f", arguments: "{\"a\":1}""#), "{}", kinds[0]);
    let PartKind::ToolResult { id, parts, is_error } = &found[1].kind else { panic!("{}", kinds[1]) };
    assert_eq!((id.as_str(), parts.len(), is_error), ("a.b", 4, &true));
    assert!(matches!(&parts[1].kind, PartKind::Text(text) if text == r#"{"k":[1]}"#));
    assert!(matches!(&parts[3].kind, PartKind::Text(text) if text.contains("source=\"s\"")));
    assert_eq!(kinds[2], r#"Thinking { text: "why", signature: Some("sig") }"#);
    assert_eq!(kinds[3], r#"Thinking { text: "bare", signature: None }"#);
    assert_eq!(kinds[4], r#"RedactedThinking("hidden")"#);
    assert_eq!(kinds[5], r#"RedactedThinking("base64://79")"#);
    assert_eq!(kinds[6], r#"Text("ab")"#);
    assert!(found[6].cache_control.is_some());
    // A mark before everything marks nothing.
    assert_eq!(parts_of_marks().len(), 1);
}

fn parts_of_marks() -> Vec<Part> {
    parts(r#"[{"cachePoint":{"type":"default"}},{"type":"text","text":"x"}]"#)
}

#[test]
fn refuses_what_is_no_request() {
    for (body, param) in [
        ("", None),
        ("[]", None),
        ("{}", Some("messages")),
        (r#"{"messages":[],"messages":[]}"#, None),
        (r#"{"messages":[{"role":"system","content":[]}]}"#, Some("messages")),
        (r#"{"messages":[{"role":"user","content":"text"}]}"#, Some("messages")),
        (r#"{"messages":[{"role":"user","content":[{}]}]}"#, Some("messages[0].content[0]")),
        (r#"{"messages":[{"role":"user","content":[{"text":1}]}]}"#, Some("messages[0].content[0]")),
        (
            r#"{"messages":[{"role":"user","content":[{"image":{"source":{"bytes":"A"}}}]}]}"#,
            Some("messages[0].content[0]"),
        ),
        (r#"{"messages":[],"inferenceConfig":{"maxTokens":"many"}}"#, Some("inferenceConfig")),
        (r#"{"messages":[],"toolConfig":{"tools":[{"toolSpec":{}}]}}"#, Some("toolConfig.tools[0]")),
        (r#"{"messages":[],"toolConfig":{"tools":[],"toolChoice":{}}}"#, Some("toolConfig.toolChoice")),
        (
            r#"{"messages":[],"outputConfig":{"textFormat":{"structure":{"jsonSchema":{"schema":"{"}}}}}"#,
            Some("outputConfig.textFormat.structure.jsonSchema.schema"),
        ),
    ] {
        let refusal = read(MODEL, body.as_bytes()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{body}");
        assert_eq!(refusal.param.as_deref(), param, "{body}: {}", refusal.message);
    }
    let request = read(MODEL, br#"{"messages":[{"role":"assistant","content":[]}]}"#).unwrap();
    assert_eq!(request.messages[0].role, Role::Assistant);
}

#[test]
fn nesting_is_bounded() {
    let depth = 200_000;
    let open = r#"{"toolResult":{"toolUseId":"t","content":["#.repeat(depth);
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{open}{}]}}]}}"#, "]}}".repeat(depth));
    let refusal = read(MODEL, body.as_bytes()).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::InvalidRequest);
    let result = part(
        r#"{"toolResult":{"toolUseId":"t","content":[{"document":{"name":"d","source":{"content":[{"text":"a"}]}}}]}}"#,
    );
    assert!(matches!(result, PartKind::ToolResult { parts, .. } if parts.len() == 1));
}
