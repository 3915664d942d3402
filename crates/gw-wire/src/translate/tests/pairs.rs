//! Members that pairs of formats keep, leave out or refuse.

use super::{chat, messages, translated};
use crate::codec::Options;
use crate::translate::{PathFacts, request};
use gw_model::WireFormat::{
    self, AnthropicMessages, BedrockConverse, CohereChat, GeminiGenerate, OpenAiChat, OpenAiResponses,
};
use gw_model::refusal::{ErrorCode, Refusal};
use serde_json::{Value, json};

fn responses(extra: &Value) -> Value {
    merged(json!({"model":"m","input":"hi"}), extra)
}

fn cohere(extra: &Value) -> Value {
    merged(json!({"model":"m","messages":[{"role":"user","content":"hi"}]}), extra)
}

fn gemini(extra: &Value) -> Value {
    merged(json!({"contents":[{"role":"user","parts":[{"text":"hi"}]}]}), extra)
}

fn converse(extra: &Value) -> Value {
    merged(json!({"messages":[{"role":"user","content":[{"text":"hi"}]}]}), extra)
}

fn merged(mut body: Value, extra: &Value) -> Value {
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn on_path(from: WireFormat, to: WireFormat, body: &Value) -> Result<(Value, Vec<String>), Refusal> {
    let path = PathFacts { model: "m", stream: false };
    let written = request(from, to, body.to_string().as_bytes(), path, &Options::default())?;
    Ok((serde_json::from_slice(&written.body).unwrap(), written.dropped))
}

fn others(from: WireFormat) -> impl Iterator<Item = WireFormat> {
    WireFormat::CONVERSATIONS.iter().copied().filter(move |to| *to != from)
}

#[test]
fn agents_of_responses_reach_every_format() {
    let asked = json!({
        "instructions":"be brief","store":false,"stream":true,"include":["reasoning.encrypted_content"],
        "prompt_cache_key":"k","client_metadata":{"a":"b"},"reasoning":{"effort":"low","summary":"auto"},
        "text":{"verbosity":"low"},"parallel_tool_calls":true,"tool_choice":"auto",
        "tools":[{"type":"web_search","external_web_access":false},
            {"type":"custom","name":"apply_patch","description":"d","format":{"type":"text"}},
            {"type":"function","name":"shell","parameters":{"type":"object","properties":{"c":{"type":"string"}},
                "required":["c"]},"strict":false}]});
    for to in others(OpenAiResponses) {
        let (body, dropped) = translated(OpenAiResponses, to, &responses(&asked)).unwrap();
        let mut wanted = vec!["client_metadata"];
        if to != OpenAiChat {
            wanted.extend(["prompt_cache_key", "text.verbosity"]);
        }
        wanted.push("tools.web_search");
        for name in &wanted {
            assert!(dropped.iter().any(|found| found == name), "{to:?} {name}: {dropped:?}");
        }
        let allowed = ["reasoning.effort", "tools.strict"];
        let extra = dropped.iter().filter(|name| !wanted.contains(&name.as_str()));
        assert!(extra.clone().all(|name| allowed.contains(&name.as_str())), "{to:?}: {dropped:?}");
        let text = body.to_string();
        assert!(text.contains("apply_patch") && text.contains("shell") && !text.contains("web_search"));
        assert_eq!(to == OpenAiChat, body["verbosity"] == "low", "{to:?}");
        assert!(body.get("store").is_none() && body.get("include").is_none());
    }
}

#[test]
fn state_of_responses_is_refused_with_a_way_out() {
    for (extra, param) in [
        (json!({"previous_response_id":"resp_1"}), "previous_response_id"),
        (json!({"conversation":"conv_1"}), "conversation"),
        (json!({"background":true}), "background"),
        (json!({"prompt":{"id":"p"}}), "prompt"),
        (json!({"input":[{"type":"item_reference","id":"msg_1"}]}), "input[0]"),
        (json!({"top_logprobs":3}), "top_logprobs"),
        (json!({"tools":[{"type":"file_search"}],"tool_choice":{"type":"file_search"}}), "tool_choice"),
    ] {
        for to in others(OpenAiResponses) {
            if param == "top_logprobs" && matches!(to, OpenAiChat | GeminiGenerate) {
                continue;
            }
            let refusal = translated(OpenAiResponses, to, &responses(&extra)).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::UnsupportedParameter, "{extra}");
            assert_eq!(refusal.param.as_deref(), Some(param), "{to:?} {extra}");
        }
    }
    let silent = json!({"background":false,"store":true,"truncation":"disabled","metadata":{}});
    assert!(translated(OpenAiResponses, GeminiGenerate, &responses(&silent)).unwrap().1.is_empty());
}

#[test]
fn what_openai_formats_share_stays() {
    let asked = json!({"metadata":{"a":"b"},"prompt_cache_key":"k","verbosity":"low","store":true,"logit_bias":{"1":2}});
    let (body, dropped) = translated(OpenAiChat, OpenAiResponses, &chat(&asked)).unwrap();
    assert_eq!(dropped, ["logit_bias"]);
    assert_eq!((&body["metadata"]["a"], &body["prompt_cache_key"]), (&json!("b"), &json!("k")));
    assert_eq!((&body["text"]["verbosity"], &body["store"]), (&json!("low"), &json!(true)));
}

#[test]
fn penalties_stay_where_the_target_has_them() {
    let asked = json!({"presence_penalty":0.5,"frequency_penalty":0.25,"seeds":1});
    for (to, place) in
        [(GeminiGenerate, "/generationConfig/presencePenalty"), (CohereChat, "/presence_penalty")]
    {
        let (body, dropped) = translated(OpenAiChat, to, &chat(&asked)).unwrap();
        assert_eq!(body.pointer(place), Some(&json!(0.5)), "{to:?}");
        // A name that nobody knows is not sent where any name could stand.
        assert_eq!(dropped, ["seeds"], "{to:?}");
    }
    let asked = json!({"generationConfig":{"presencePenalty":0.5,"responseModalities":["TEXT"]}});
    let (body, dropped) = on_path(GeminiGenerate, OpenAiChat, &gemini(&asked)).unwrap();
    assert_eq!((&body["presence_penalty"], dropped.len()), (&json!(0.5), 0));
    let (_, dropped) = on_path(GeminiGenerate, AnthropicMessages, &gemini(&asked)).unwrap();
    assert_eq!(dropped, ["generationConfig.presencePenalty"]);
    let (_, dropped) = translated(
        CohereChat,
        AnthropicMessages,
        &cohere(&json!({"frequency_penalty":0.1,"safety_mode":"STRICT","citation_options":{"mode":"FAST"},"priority":1})),
    )
    .unwrap();
    assert_eq!(dropped, ["frequency_penalty", "safety_mode", "citation_options", "priority"]);
}

#[test]
fn members_of_gemini_and_converse_are_named_or_refused_as_their_callers_write_them() {
    let asked = json!({"safetySettings":[{"category":"c","threshold":"t"}],"labels":{"a":"b"},
        "generationConfig":{"topK":3,"thinkingConfig":{"includeThoughts":false},"mediaResolution":"HIGH"},
        "toolConfig":{"retrievalConfig":{"languageCode":"de"}}});
    for to in [OpenAiChat, OpenAiResponses] {
        let (_, dropped) = on_path(GeminiGenerate, to, &gemini(&asked)).unwrap();
        let wanted = [
            "toolConfig.retrievalConfig",
            "generationConfig.mediaResolution",
            "safetySettings",
            "labels",
            "generationConfig.topK",
        ];
        assert_eq!(dropped, wanted, "{to:?}");
    }
    for (asked, param) in [
        (json!({"cachedContent":"cachedContents/1"}), "cachedContent"),
        (json!({"generationConfig":{"responseModalities":["IMAGE"]}}), "generationConfig.responseModalities"),
        (json!({"generationConfig":{"responseLogprobs":true}}), "generationConfig.responseLogprobs"),
        (json!({"generationConfig":{"responseMimeType":"text/x.enum"}}), "generationConfig.responseMimeType"),
        (json!({"tools":[{"googleSearch":{}}]}), "tools"),
        (
            json!({"contents":[{"role":"user","parts":[{"fileData":{"fileUri":"files/1","mimeType":"image/png"}}]}]}),
            "contents",
        ),
    ] {
        for to in others(GeminiGenerate) {
            if param.ends_with("Logprobs") && matches!(to, OpenAiChat | OpenAiResponses) {
                continue;
            }
            let refusal = on_path(GeminiGenerate, to, &gemini(&asked)).unwrap_err();
            assert_eq!(refusal.param.as_deref(), Some(param), "{to:?} {asked}");
        }
    }
    let guarded = json!({"guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1"}});
    let named = json!({"requestMetadata":{"a":"b"},"additionalModelRequestFields":{"top_k":3,"other":1},
        "performanceConfig":{"latency":"standard"}});
    for to in others(BedrockConverse) {
        let refusal = on_path(BedrockConverse, to, &converse(&guarded)).unwrap_err();
        assert_eq!(refusal.param.as_deref(), Some("guardrailConfig"));
        let (_, dropped) = on_path(BedrockConverse, to, &converse(&named)).unwrap();
        assert_eq!(dropped[..2], ["additionalModelRequestFields.other", "requestMetadata"], "{to:?}");
        assert!(!dropped.iter().any(|name| name == "performanceConfig"));
    }
}

#[test]
fn gemini_callers_may_allow_some_functions() {
    let asked = json!({"tools":[{"functionDeclarations":[{"name":"a"},{"name":"b"},{"name":"c"}]}],
        "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["a","c"]}}});
    let (body, dropped) = on_path(GeminiGenerate, OpenAiChat, &gemini(&asked)).unwrap();
    let names: Vec<&str> =
        body["tools"].as_array().unwrap().iter().map(|t| t["function"]["name"].as_str().unwrap()).collect();
    assert_eq!((names, dropped.len()), (vec!["a", "c"], 0));
    assert_eq!(body["tool_choice"], "required");
}

#[test]
fn documents_of_cohere_are_refused() {
    let asked = cohere(&json!({"documents":["a"]}));
    for to in others(CohereChat) {
        assert_eq!(translated(CohereChat, to, &asked).unwrap_err().param.as_deref(), Some("documents"));
    }
}

#[test]
fn service_tiers_have_other_names_elsewhere() {
    let tier = |from, to, body: &Value| {
        let (body, dropped) = on_path(from, to, body).unwrap();
        (body.get("service_tier").or_else(|| body.get("serviceTier")).cloned(), dropped)
    };
    let standard = messages(&json!({"service_tier":"standard_only","max_tokens":50}));
    assert_eq!(tier(AnthropicMessages, OpenAiResponses, &standard), (Some(json!("default")), vec![]));
    assert_eq!(tier(AnthropicMessages, BedrockConverse, &standard).0, Some(json!({"type":"default"})));
    let flex = gemini(&json!({"serviceTier":"flex"}));
    assert_eq!(tier(GeminiGenerate, OpenAiChat, &flex), (Some(json!("flex")), vec![]));
    assert_eq!(tier(GeminiGenerate, AnthropicMessages, &flex), (None, vec!["serviceTier".to_owned()]));
    let reserved = converse(&json!({"serviceTier":{"type":"reserved"}}));
    assert_eq!(tier(BedrockConverse, OpenAiChat, &reserved), (None, vec!["serviceTier".to_owned()]));
}
