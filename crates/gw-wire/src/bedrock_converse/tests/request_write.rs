//! The intermediate form to a request, and what depends on the model's family.

use crate::bedrock_converse::request::{read, write};
use crate::codec::{Options, Written};
use crate::openai_chat;
use gw_model::chat::ChatRequest;
use gw_model::refusal::{ErrorCode, Refusal};
use serde_json::{Value, json};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "us.amazon.nova-2-lite-v1:0";
const LLAMA: &str = "meta.llama3-1-70b-instruct-v1:0";

fn try_chat(model: &str, body: &Value) -> Result<Written, Refusal> {
    let request = openai_chat::request::read(body.to_string().as_bytes()).unwrap();
    write(&request, &Options { model: Some(model.to_owned()), ..Options::default() })
}

/// What a chat request becomes, and what is dropped.
fn chat(model: &str, body: &Value) -> (Value, Vec<String>) {
    let written = try_chat(model, body).unwrap();
    (serde_json::from_slice(&written.body).unwrap(), written.dropped)
}

fn hi() -> Value {
    json!([{"role": "user", "content": "hi"}])
}

#[test]
fn a_plain_request() {
    let (body, dropped) = chat(
        CLAUDE,
        &json!({
            "model": "m", "max_tokens": 10, "temperature": 0.5, "stop": ["a", " "], "seed": 1, "user": "u",
            "messages": [{"role": "system", "content": "be"}, {"role": "user", "content": "hi"}],
            "service_tier": "flex", "stream": true
        }),
    );
    assert_eq!(
        body,
        json!({
            "messages": [{"role": "user", "content": [{"text": "hi"}]}],
            "system": [{"text": "be"}],
            "inferenceConfig": {"maxTokens": 10, "temperature": 0.5, "stopSequences": ["a"]},
            "serviceTier": {"type": "flex"}
        })
    );
    assert_eq!(dropped, ["seed", "stop", "user"]);
}

#[test]
fn bounds_and_sampling() {
    let options = |default, clamp| Options {
        default_max_output_tokens: default,
        clamp_max_output_tokens: clamp,
        ..Options::default()
    };
    let bound = |stated: Option<u64>, options: Options| {
        let request = ChatRequest { max_output_tokens: stated, ..ChatRequest::default() };
        let body: Value = serde_json::from_slice(&write(&request, &options).unwrap().body).unwrap();
        body["inferenceConfig"]["maxTokens"].as_u64()
    };
    assert_eq!(bound(None, options(None, None)), None);
    assert_eq!(bound(Some(50), options(Some(9), Some(20))), Some(20));
    assert_eq!(bound(None, options(Some(9), None)), Some(9));
    assert_eq!(bound(None, options(None, Some(20))), Some(20));

    let (body, dropped) = chat(CLAUDE, &json!({"messages": hi(), "temperature": 1.5, "top_p": 0.9}));
    assert_eq!(body["inferenceConfig"], json!({"temperature": 1}));
    assert_eq!(dropped, ["temperature", "top_p"]);
    let (body, dropped) =
        chat(LLAMA, &json!({"messages": hi(), "temperature": 0.1, "top_p": 0.9, "top_k": 4}));
    assert_eq!(body["inferenceConfig"], json!({"temperature": 0.1, "topP": 0.9}));
    assert_eq!(dropped, ["top_k"]);
    let (body, _) = chat(NOVA, &json!({"messages": hi(), "top_k": 4}));
    assert_eq!(body["additionalModelRequestFields"], json!({"inferenceConfig": {"topK": 4}}));
    let (body, _) = chat(CLAUDE, &json!({"messages": hi(), "top_k": 4}));
    assert_eq!(body["additionalModelRequestFields"], json!({"top_k": 4}));
}

#[test]
fn reasoning_by_family() {
    for (model, fields, bound, dropped) in [
        (CLAUDE, json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}), Some(6144), 0),
        (
            "anthropic.claude-opus-4-7-v1:0",
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
            Some(4096),
            0,
        ),
        (NOVA, json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}), None, 0),
        ("openai.gpt-oss-120b-1:0", json!({"reasoning_effort": "low"}), None, 0),
        ("amazon.nova-pro-v1:0", Value::Null, None, 1),
        (LLAMA, Value::Null, None, 1),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/x", Value::Null, None, 1),
    ] {
        let (body, names) = chat(model, &json!({"messages": hi(), "reasoning_effort": "low"}));
        assert_eq!(body["additionalModelRequestFields"], fields, "{model}");
        assert_eq!(body["inferenceConfig"]["maxTokens"].as_u64(), bound, "{model}");
        assert_eq!(names.len(), dropped, "{model}: {names:?}");
        let (body, names) = chat(model, &json!({"messages": hi(), "reasoning_effort": "none"}));
        assert_eq!((&body["additionalModelRequestFields"], names.len()), (&Value::Null, 0), "{model}");
    }
}

#[test]
fn tools_and_their_choice() {
    let tools = json!([{"type": "function", "function": {"name": "f", "description": "d", "strict": true,
        "parameters": {"properties": {}}}}, {"type": "function", "function": {"name": "g"}}]);
    let (body, dropped) = chat(
        CLAUDE,
        &json!({"messages": hi(), "tools": tools, "tool_choice": "required", "parallel_tool_calls": false}),
    );
    assert_eq!(
        body["toolConfig"],
        json!({
            "tools": [
                {"toolSpec": {"name": "f", "description": "d", "strict": true,
                    "inputSchema": {"json": {"type": "object", "properties": {}}}}},
                {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object", "properties": {}}}}}
            ],
            "toolChoice": {"any": {}}
        })
    );
    assert_eq!(dropped, ["parallel_tool_calls"]);
    let choice =
        |choice: Value| chat(CLAUDE, &json!({"messages": hi(), "tools": tools, "tool_choice": choice}));
    assert_eq!(choice(json!("auto")).0["toolConfig"]["toolChoice"], json!({"auto": {}}));
    let named = choice(json!({"type": "function", "function": {"name": "g"}}));
    assert_eq!(named.0["toolConfig"]["toolChoice"], json!({"tool": {"name": "g"}}));
    assert_eq!(choice(json!("none")).0["toolConfig"], Value::Null);
    let refusal =
        try_chat(CLAUDE, &json!({"messages": hi(), "tools": [{"type": "web_search"}]})).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::UnsupportedParameter);
}

#[test]
fn a_history_of_calls_defines_its_tools() {
    let long = "x".repeat(80);
    let body = json!({"tool_choice": "none", "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [
            {"id": "call.1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
            {"id": long, "type": "function", "function": {"name": "g", "arguments": "oops"}}]},
        {"role": "tool", "tool_call_id": "call.1", "content": "one"},
        {"role": "tool", "tool_call_id": long, "content": [{"type": "text", "text": "two"}]},
        {"role": "user", "content": "go on"}
    ]});
    let (body, dropped) = chat(CLAUDE, &body);
    let [_, calls, results] = body["messages"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!(
        calls["content"][0],
        json!({"toolUse": {"toolUseId": "gw_call_2e1", "name": "f", "input": {"a": 1}}})
    );
    assert_eq!(calls["content"][1]["toolUse"]["input"], json!({"INVALID_JSON": "oops"}));
    let short = calls["content"][1]["toolUse"]["toolUseId"].as_str().unwrap();
    assert_eq!(short.len(), 64);
    assert_eq!(
        results["content"][0],
        json!({"toolResult": {"toolUseId": "gw_call_2e1", "content": [{"text": "one"}]}})
    );
    assert_eq!(results["content"][1]["toolResult"]["toolUseId"], short);
    assert_eq!(results["content"][2], json!({"text": "go on"}));
    let names: Vec<&Value> = body["toolConfig"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["toolSpec"]["name"])
        .collect();
    assert_eq!(names, ["f", "g"]);
    // There were no tools to choose from, so that nothing was left out.
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn media_is_inline_or_in_s3() {
    let image = |url: &str| json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url, "detail": "low"}}]}]});
    let (body, dropped) = chat(CLAUDE, &image("data:image/jpg;base64,AAAA"));
    assert_eq!(
        body["messages"][0]["content"],
        json!([{"image": {"format": "jpeg", "source": {"bytes": "AAAA"}}}])
    );
    assert_eq!(dropped, ["image_url.detail"]);
    let (body, _) = chat(CLAUDE, &image("s3://bucket/a.webp"));
    assert_eq!(
        body["messages"][0]["content"],
        json!([{"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://bucket/a.webp"}}}}])
    );
    for refused in ["https://example.com/a.png", "data:image/tiff;base64,AAAA"] {
        let refusal = try_chat(CLAUDE, &image(refused)).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.param.as_deref()),
            (ErrorCode::UnsupportedParameter, Some("messages"))
        );
    }
}

#[test]
fn documents_have_names_and_company() {
    let file =
        |name: &str, data: &str| json!({"type": "file", "file": {"filename": name, "file_data": data}});
    let pdf = "data:application/pdf;base64,JVBE";
    let (body, _) = chat(
        CLAUDE,
        &json!({"messages": [{"role": "user", "content": [
            file("my  report_v2.pdf", pdf), file("my report_v2.pdf", pdf), file("", pdf),
            file("notes.md", "data:application/octet-stream;base64,AA"), file("d.json", "data:application/json;base64,AA")
        ]}]}),
    );
    let content = body["messages"][0]["content"].as_array().unwrap();
    let seen: Vec<String> = content
        .iter()
        .filter_map(|block| block.get("document"))
        .map(|document| {
            format!("{}.{}", document["name"].as_str().unwrap(), document["format"].as_str().unwrap())
        })
        .collect();
    assert_eq!(seen, ["my report-v2.pdf", "my report-v2 2.pdf", "document.pdf", "notes.md", "d-json.txt"]);
    assert_eq!(content.last().unwrap(), &json!({"text": "."}));
    let unknown =
        json!({"messages": [{"role": "user", "content": [file("a.zip", "data:application/zip;base64,AA")]}]});
    assert_eq!(try_chat(CLAUDE, &unknown).unwrap_err().code, ErrorCode::UnsupportedParameter);
}

#[test]
fn marks_of_caching_go_where_they_are_understood() {
    let body = json!({
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}, {"type": "text", "text": "b"}]}],
        "tools": [{"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}]
    });
    let (claude, dropped) = chat(CLAUDE, &body);
    assert_eq!(
        claude["messages"][0]["content"],
        json!([{"text": "a"}, {"cachePoint": {"type": "default", "ttl": "1h"}}, {"text": "b"}])
    );
    assert_eq!(claude["toolConfig"]["tools"][1], json!({"cachePoint": {"type": "default"}}));
    assert!(dropped.is_empty());
    let (nova, dropped) = chat(NOVA, &body);
    assert_eq!(nova["messages"][0]["content"].as_array().unwrap().len(), 3);
    assert_eq!(nova["toolConfig"]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(dropped, ["cache_control"]);
    let (llama, dropped) = chat(LLAMA, &body);
    assert_eq!(llama["messages"][0]["content"], json!([{"text": "a"}, {"text": "b"}]));
    assert_eq!(dropped, ["cache_control"]);
}

#[test]
fn a_schema_goes_as_text() {
    let (body, dropped) = chat(
        CLAUDE,
        &json!({"messages": hi(), "response_format": {"type": "json_schema", "json_schema":
            {"name": "n", "schema": {"type": "object", "properties": {}}}}}),
    );
    assert_eq!(
        body["outputConfig"],
        json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {
            "schema": r#"{"type":"object","properties":{},"additionalProperties":false}"#, "name": "n"}}}})
    );
    assert!(dropped.is_empty());
    let (_, dropped) = chat(CLAUDE, &json!({"messages": hi(), "response_format": {"type": "json_object"}}));
    assert_eq!(dropped, ["response_format"]);
}

#[test]
fn reasoning_goes_back_signed_only() {
    let body = br#"{"messages":[{"role":"user","content":[{"text":"q"}]},{"role":"assistant","content":[
        {"reasoningContent":{"reasoningText":{"text":"why","signature":"sig"}}},
        {"reasoningContent":{"reasoningText":{"text":"bare"}}},
        {"reasoningContent":{"redactedContent":"aGlkZGVu"}},{"reasoningContent":{"redactedContent":"//79"}},
        {"text":"a  "}]}]}"#;
    let written = |model: &str| {
        let written = write(&read(model, body).unwrap(), &Options::default()).unwrap();
        (serde_json::from_slice::<Value>(&written.body).unwrap(), written.dropped)
    };
    let (claude, dropped) = written(CLAUDE);
    assert_eq!(
        claude["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "why", "signature": "sig"}}},
            {"reasoningContent": {"redactedContent": "aGlkZGVu"}},
            {"reasoningContent": {"redactedContent": "//79"}},
            {"text": "a"}
        ])
    );
    assert_eq!(dropped, ["reasoning_content"]);
    let (llama, dropped) = written(LLAMA);
    assert_eq!(llama["messages"][1]["content"], json!([{"text": "a"}]));
    assert_eq!(dropped, ["reasoning_content"]);
}

#[test]
fn own_members_return_to_their_places() {
    let body = json!({
        "messages": [{"role": "user", "content": [
            {"text": "q"}, {"video": {"format": "mp4", "source": {"bytes": "AA"}}}]}],
        "toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]},
        "additionalModelRequestFields": {"other": [1]},
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        "requestMetadata": {"a": "b"}, "performanceConfig": {"latency": "optimized"},
        "additionalModelResponseFieldPaths": ["/stop_sequence"]
    });
    let request = read(NOVA, body.to_string().as_bytes()).unwrap();
    let written = write(&request, &Options::default()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written.body).unwrap(), body);
    assert!(written.dropped.is_empty());
    let foreign = read(NOVA, br#"{"messages":[],"inferenceConfig":{"odd":1},"newer":{}}"#).unwrap();
    assert_eq!(write(&foreign, &Options::default()).unwrap().dropped, ["inferenceConfig.odd", "newer"]);
}

#[test]
fn refuses_what_cannot_be_said() {
    let image = json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]);
    for (body, param) in [
        (json!({"messages": hi(), "n": 2}), "n"),
        (json!({"messages": [{"role": "user", "content": [{"type": "new_kind"}]}]}), "messages"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}),
            "messages",
        ),
        (
            json!({"messages": [{"role": "system", "content": image}, {"role": "user", "content": "q"}]}),
            "messages",
        ),
    ] {
        let refusal = try_chat(CLAUDE, &body).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UnsupportedParameter, "{body}");
        assert_eq!(refusal.param.as_deref(), Some(param), "{body}");
    }
}
