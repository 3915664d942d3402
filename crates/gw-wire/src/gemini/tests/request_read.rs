//! A caller's request to the intermediate form.

use super::read;
use crate::gemini::request;
use gw_model::ErrorCode;
use gw_model::chat::{MediaSource, PartKind, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use serde_json::{Value, json};

fn kinds(body: &Value) -> Vec<String> {
    let request = read(body);
    request.messages.iter().flat_map(|m| &m.parts).map(|p| format!("{:?}", p.kind)).collect()
}

#[test]
fn both_spellings_are_taken() {
    let snake = json!({
        "system_instruction":{"parts":[{"text":"Be kind."}]},
        "contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"QUJD"}},
            {"file_data":{"file_uri":"gs://b/c.pdf","mime_type":"application/pdf"}}]},
            {"role":"model","parts":[{"function_call":{"name":"f","args":{"a_b":1}},"thought_signature":"c2ln"}]},
            {"role":"user","parts":[{"function_response":{"name":"f","response":{"output":"x"}}}]}],
        "tools":{"function_declarations":{"name":"f","parameters_json_schema":{"type":"object"}}},
        "tool_config":{"function_calling_config":{"mode":"any","allowed_function_names":["f"]}},
        "generation_config":{"max_output_tokens":"5","top_k":40.0,"stop_sequences":["."],
            "thinking_config":{"thinking_budget":7,"include_thoughts":true},
            "response_mime_type":"application/json"},
        "safety_settings":[],"cached_content":"cachedContents/1"});
    let text = snake.to_string();
    let mut camel = text.clone();
    for name in [
        "system_instruction",
        "inline_data",
        "mime_type",
        "file_data",
        "file_uri",
        "function_call",
        "thought_signature",
        "function_response",
        "function_declarations",
        "parameters_json_schema",
        "tool_config",
        "function_calling_config",
        "allowed_function_names",
        "generation_config",
        "max_output_tokens",
        "top_k",
        "stop_sequences",
        "thinking_config",
        "thinking_budget",
        "include_thoughts",
        "response_mime_type",
        "safety_settings",
        "cached_content",
    ] {
        camel = camel.replace(&format!("\"{name}\""), &format!("\"{}\"", crate::gemini::names::camel(name)));
    }
    assert!(!camel.contains("_c"));
    let read = |text: &str| format!("{:?}", request::read("m", text.as_bytes(), false).unwrap());
    assert_eq!(read(&text), read(&camel));
}

#[test]
fn every_member_finds_its_field() {
    let request = read(&json!({
        "model":"models/other","contents":{"parts":{"text":"hi"}},"serviceTier":"STANDARD",
        "generationConfig":{"temperature":0.50,"topP":0.9,"topK":3,"seed":-4,"candidateCount":2,
            "presencePenalty":1,"frequencyPenalty":0.5,"responseLogprobs":true,"logprobs":3,
            "responseModalities":["TEXT"],"speechConfig":{},"responseSchema":{"type":"OBJECT"},
            "thinkingConfig":{"thinkingLevel":"LOW"}},
        "safetySettings":[{"category":"a","threshold":"b"}],"labels":{"a":"b"}}));
    assert_eq!(request.model, "gemini-3-pro");
    assert_eq!((request.top_k, request.seed, request.choices), (Some(3), Some(-4), Some(2)));
    assert_eq!(request.service_tier.as_deref(), Some("default"));
    assert_eq!(request.reasoning, Some(Reasoning::Effort("low".to_owned())));
    assert!(request.include_usage && !request.stream);
    let Some(ResponseFormat::JsonSchema { schema, .. }) = &request.response_format else { panic!() };
    assert_eq!(schema.get(), r#"{"type":"object"}"#);
    let extra: Vec<String> = request.extra.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        extra,
        [
            "presence_penalty=1",
            "frequency_penalty=0.5",
            "logprobs=true",
            "top_logprobs=3",
            "modalities=[\"text\"]",
            "generationConfig.thinkingConfig.includeThoughts=false",
            "generationConfig.speechConfig={}",
            "safetySettings=[{\"category\":\"a\",\"threshold\":\"b\"}]",
            "labels={\"a\":\"b\"}",
        ]
    );
}

#[test]
fn calls_without_ids_get_some_and_results_find_them() {
    let call = |name: &str| json!({"functionCall":{"name":name,"args":{}}});
    let result = |name: &str, id: Option<&str>| {
        let mut result = json!({"functionResponse":{"name":name,"response":{"result":"ok"}}});
        if let Some(id) = id {
            result["functionResponse"]["id"] = id.into();
        }
        result
    };
    let named = json!({"functionCall":{"id":"x1","name":"g"}});
    let request = read(&json!({"contents":[
        {"parts":[{"text":"go"}]},
        {"role":"model","parts":[call("f"), call("f"), named]},
        {"parts":[result("g", Some("x1")), result("f", None), result("f", None)]},
        {"role":"model","parts":[call("f")]},
        {"parts":[result("f", None), result("h", None)]}]}));
    let ids: Vec<&str> = request
        .messages
        .iter()
        .flat_map(|message| &message.parts)
        .filter_map(|part| match &part.kind {
            PartKind::ToolCall { id, .. } | PartKind::ToolResult { id, .. } => Some(id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        ids,
        ["gwcall_0", "gwcall_1", "x1", "x1", "gwcall_0", "gwcall_1", "gwcall_3", "gwcall_3", "h"]
    );
}

#[test]
fn a_streamed_turn_that_comes_back_in_pieces_is_one() {
    let request = read(&json!({"contents":[
        {"role":"user","parts":[{"text":"hi"}]},
        {"role":"model","parts":[{"text":"thin","thought":true}]},
        {"role":"model","parts":[{"text":"king","thought":true}]},
        {"role":"model","parts":[{"text":"Hel","thoughtSignature":"c2ln"}]},
        {"role":"model","parts":[{"text":"lo"}]},
        {"role":"model","parts":[{"text":""}]},
        {"role":"model","parts":[]},
        {"role":"user","parts":[{"text":"more"}]}]}));
    assert_eq!(request.messages.len(), 3);
    let parts: Vec<String> = request.messages[1].parts.iter().map(|p| format!("{:?}", p.kind)).collect();
    assert_eq!(
        parts,
        [r#"Thinking { text: "thinking", signature: Some("gemini:c2ln") }"#, r#"Text("Hello")"#]
    );
}

#[test]
fn media_finds_its_kind() {
    let blob = |mime: &str| json!({"inlineData":{"mimeType":mime,"data":"a-b_"}});
    let file = |mime: &str, uri: &str| json!({"fileData":{"mimeType":mime,"fileUri":uri}});
    let own = "https://generativelanguage.googleapis.com/v1beta/files/a";
    let request = read(&json!({"contents":[{"parts":[
        blob("image/png"), blob("audio/mpeg"), blob("application/pdf"), blob("video/mp4"),
        file("image/png", "https://e/x"), file("application/pdf", own), file("video/mp4", own),
        {"fileData":{"fileUri":"https://youtu.be/x"},"videoMetadata":{"fps":1}}]}]}));
    let kinds: Vec<&PartKind> = request.messages[0].parts.iter().map(|part| &part.kind).collect();
    let inline = |mime: &str| MediaSource::Base64 { media_type: mime.to_owned(), data: "a+b/".to_owned() };
    assert!(matches!(kinds[0], PartKind::Image { source, .. } if *source == inline("image/png")));
    assert!(matches!(kinds[1], PartKind::Audio { data, format } if data == "a+b/" && format == "mp3"));
    assert!(matches!(kinds[2], PartKind::Document { source, .. } if *source == inline("application/pdf")));
    assert!(matches!(kinds[3], PartKind::Opaque(_)));
    assert!(
        matches!(kinds[4], PartKind::Image { source: MediaSource::Url(url), .. } if url == "https://e/x")
    );
    assert!(matches!(kinds[5], PartKind::Document { source: MediaSource::File(uri), .. } if uri == own));
    assert!(matches!(kinds[6..], [PartKind::Opaque(_), PartKind::Opaque(_)]));
}

#[test]
fn tools_of_the_provider_stay_opaque() {
    let request = read(&json!({"contents":[{"parts":[{"text":"x"}]}],
        "tools":[{"google_search":{},"functionDeclarations":[{"name":"f","description":"",
            "parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}}]}],
        "toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"},"retrievalConfig":{}}}));
    assert!(matches!(&request.tools[0], Tool::Opaque(raw) if raw.get() == r#"{"googleSearch":{}}"#));
    let Tool::Function { parameters: Some(parameters), description: None, .. } = &request.tools[1] else {
        panic!()
    };
    let schema: Value = serde_json::from_str(parameters.get()).unwrap();
    assert_eq!(schema, json!({"type":"object","properties":{"a":{"type":["string","null"]}}}));
    let extra: Vec<&str> = request.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(extra, ["toolConfig.functionCallingConfig.mode", "toolConfig.retrievalConfig"]);
}

#[test]
fn choices_of_tools() {
    let choice = |mode: &str, names: Value| {
        let config = json!({"functionCallingConfig":{"mode":mode,"allowedFunctionNames":names}});
        let request = read(&json!({"contents":[{"parts":[{"text":"x"}]}],"toolConfig":config}));
        (request.tool_choice, request.extra.len())
    };
    assert_eq!(choice("AUTO", Value::Null), (Some(ToolChoice::Auto), 0));
    assert_eq!(choice("NONE", Value::Null), (Some(ToolChoice::None), 0));
    assert_eq!(choice("ANY", Value::Null), (Some(ToolChoice::Required), 0));
    assert_eq!(choice("ANY", json!(["f"])), (Some(ToolChoice::Tool("f".to_owned())), 0));
    assert_eq!(choice("ANY", json!(["f", "g"])), (Some(ToolChoice::Required), 1));
}

#[test]
fn results_say_their_text() {
    let result = |response: Value| {
        kinds(&json!({"contents":[{"parts":[{"functionResponse":{"name":"f","response":response}}]}]}))[0]
            .clone()
    };
    assert!(result(json!({"output":"a"})).contains(r#"Text("a")"#));
    assert!(result(json!({"result":[1]})).contains(r#"Text("[1]")"#));
    assert!(result(json!({"error":"bad"})).contains("is_error: true"));
    assert!(result(json!({"output":"a","more":1})).contains("more"));
}

#[test]
fn bad_requests_name_what_is_wrong() {
    let text = json!([{"parts":[{"text":"x"}]}]);
    for (body, param) in [
        (json!({}), "contents"),
        (json!({"contents":"hi"}), "contents"),
        (json!({"contents":[1]}), "contents[0]"),
        (json!({"contents":[{"role":"robot","parts":[]}]}), "contents[0].role"),
        (json!({"contents":[{"parts":"x"}]}), "contents[0].parts"),
        (json!({"contents":[{"parts":[{}]}]}), "contents[0].parts[0]"),
        (json!({"contents":[{"parts":[{"functionCall":{}}]}]}), "contents[0].parts[0].functionCall"),
        (json!({"contents":[{"parts":[{"inlineData":{"data":""}}]}]}), "contents[0].parts[0]"),
        (json!({"contents":text,"tools":1}), "tools"),
        (
            json!({"contents":text,"tools":[{"functionDeclarations":[{}]}]}),
            "tools[0].functionDeclarations[0]",
        ),
        (
            json!({"contents":text,"toolConfig":{"functionCallingConfig":{"mode":"SOME"}}}),
            "toolConfig.functionCallingConfig.mode",
        ),
        (json!({"contents":text,"generationConfig":[]}), "generationConfig"),
        (json!({"contents":text,"generationConfig":{"topK":-1}}), "generationConfig.topK"),
        (json!({"contents":text,"generationConfig":{"stopSequences":[1]}}), "generationConfig.stopSequences"),
        (
            json!({"contents":text,"generationConfig":{"responseMimeType":"image/png"}}),
            "generationConfig.responseMimeType",
        ),
    ] {
        let refusal = request::read("m", body.to_string().as_bytes(), false).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{body}");
        assert_eq!(refusal.param.as_deref(), Some(param), "{body}");
    }
    assert!(request::read("m", b"", false).is_err());
    let deep = format!("{{\"contents\":[{}{}]}}", "{\"a\":".repeat(400), "}".repeat(400));
    assert!(request::read("m", deep.as_bytes(), false).is_err());
}

#[test]
fn instructions_are_apart_from_the_conversation() {
    let request = read(&json!({"systemInstruction":{"role":"user","parts":[{"text":"a"},{"text":"b"}]},
        "contents":[{"role":"user","parts":[{"text":"x"}]}]}));
    assert_eq!((request.system.len(), request.messages.len()), (2, 1));
    assert_eq!(request.messages[0].role, Role::User);
}
