//! Tests of [`super`]: what is left out, lowered and refused, in each format.
use super::{Adapted, Limits, adapt, apply, without};
use bytes::Bytes;
use gw_model::catalog::{ModelInfo, Quirks};
use gw_model::{Ability, Call, DropParams, ErrorCode, Refusal, WireFormat};
use serde_json::{Value, json};

fn call(format: WireFormat, body: &Value) -> Call {
    let body = Bytes::from(body.to_string());
    let facts = match format.has_model_in_path() {
        true => crate::facts::read_with_model(format, &body, 64, "m"),
        false => crate::facts::read(format, &body, 64),
    };
    Call { format, body, facts: facts.unwrap(), forward_headers: Vec::new(), raw: None }
}

fn lacking(abilities: &[Ability]) -> ModelInfo {
    let mut info = ModelInfo::default();
    abilities.iter().for_each(|ability| info.lacks.set(*ability, true));
    info
}

fn fitted(call: &Call, info: &ModelInfo, quirks: &Quirks) -> Result<(Value, Adapted), Refusal> {
    let mut adapted = adapt(call, &Limits { model: info, provider: quirks, lacks: info.lacks, name: "m" })?;
    let body = apply(&call.body, &mut adapted.edits.clone());
    adapted.edits.clear();
    Ok((serde_json::from_slice(&body).unwrap(), adapted))
}

fn chat(extra: &Value) -> Value {
    let mut body = json!({"messages":[{"role":"user","content":"hi"}],"model":"m"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

#[test]
fn sampling_parameters_are_left_out_in_every_format() {
    use WireFormat::{
        AnthropicMessages, BedrockConverse, CohereChat, GeminiGenerate, OpenAiChat, OpenAiResponses,
    };
    let hi = json!([{"role":"user","content":"hi"}]);
    let cases = [
        (
            OpenAiChat,
            json!({"temperature":0.1,"model":"m","messages":hi,"top_p":0.5,"n":1,"logit_bias":{"1":2},"presence_penalty":0.0}),
            json!({"model":"m","messages":hi,"n":1,"presence_penalty":0.0}),
            vec!["temperature", "top_p", "logit_bias"],
        ),
        (
            OpenAiResponses,
            json!({"model":"m","input":"hi","temperature":0.1,"top_p":1}),
            json!({"model":"m","input":"hi","top_p":1}),
            vec!["temperature"],
        ),
        (
            AnthropicMessages,
            json!({"max_tokens":5,"model":"m","messages":hi,"temperature":1.0,"top_k":4,"top_p":0.9}),
            json!({"max_tokens":5,"model":"m","messages":hi,"temperature":1.0}),
            vec!["top_p", "top_k"],
        ),
        (
            CohereChat,
            json!({"k":1,"model":"m","messages":hi,"p":0.2}),
            json!({"model":"m","messages":hi}),
            vec!["p", "k"],
        ),
        (
            GeminiGenerate,
            json!({"contents":[{"parts":[{"text":"hi"}]}],"generation_config":{"top_p":0.5,"temperature":0}}),
            json!({"contents":[{"parts":[{"text":"hi"}]}],"generation_config":{}}),
            vec!["generationConfig.temperature", "generationConfig.topP"],
        ),
        (
            BedrockConverse,
            json!({"messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"maxTokens":5,"temperature":0.5},
                "additionalModelRequestFields":{"top_k":5,"a":1}}),
            json!({"messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"maxTokens":5},
                "additionalModelRequestFields":{"a":1}}),
            vec!["inferenceConfig.temperature", "additionalModelRequestFields.top_k"],
        ),
    ];
    let info = lacking(&[Ability::Sampling]);
    for (format, body, expected, dropped) in cases {
        let (found, adapted) = fitted(&call(format, &body), &info, &Quirks::default()).unwrap();
        assert_eq!((found, adapted.dropped), (expected, dropped.iter().map(|d| (*d).to_owned()).collect()));
    }
}

#[test]
fn sampling_stays_while_the_model_does_not_reason() {
    let info = lacking(&[Ability::SamplingWhileReasoning, Ability::MaxTokens]);
    for (effort, stays) in [(json!("none"), true), (json!("low"), false), (json!(null), true)] {
        let body = chat(&json!({"temperature":0.1,"reasoning_effort":effort,"max_tokens":7}));
        let (found, adapted) =
            fitted(&call(WireFormat::OpenAiChat, &body), &info, &Quirks::default()).unwrap();
        assert_eq!(found.get("temperature").is_some(), stays);
        assert_eq!(adapted.dropped.is_empty(), stays);
        assert_eq!((&found["max_completion_tokens"], found.get("max_tokens")), (&json!(7), None));
    }
    let body = json!({"model":"m","input":"hi","temperature":0.1,"reasoning":{"effort":"high"}});
    let (_, adapted) = fitted(&call(WireFormat::OpenAiResponses, &body), &info, &Quirks::default()).unwrap();
    assert_eq!(adapted.dropped, ["temperature"]);
}

#[test]
fn what_cannot_be_left_out_is_refused_unless_the_configuration_says_otherwise() {
    let tool = json!([{"type":"function","function":{"name":"f"}}]);
    let schema = json!({"type":"json_schema","json_schema":{"name":"s","schema":{}}});
    let cases = [
        (Ability::Tools, chat(&json!({"tools":tool,"tool_choice":"auto"})), "tools", 2),
        (Ability::JsonSchema, chat(&json!({"response_format":schema})), "response_format", 1),
    ];
    for (ability, body, param, gone) in cases {
        let mut info = lacking(&[ability]);
        let call = call(WireFormat::OpenAiChat, &body);
        let refusal = fitted(&call, &info, &Quirks::default()).unwrap_err();
        assert_eq!((refusal.code, refusal.param.as_deref()), (ErrorCode::UnsupportedParameter, Some(param)));
        assert!(refusal.message.contains("drop_params"));
        for drop in [DropParams::Unsupported, DropParams::Named([param.into()].into())] {
            info.drop_params = drop;
            let (found, adapted) = fitted(&call, &info, &Quirks::default()).unwrap();
            assert_eq!((found.get(param), adapted.dropped.len()), (None, gone));
        }
    }
    let harmless = chat(&json!({"tools":[],"response_format":{"type":"json_object"}}));
    let info = lacking(&[Ability::Tools, Ability::JsonSchema]);
    let (found, _) = fitted(&call(WireFormat::OpenAiChat, &harmless), &info, &Quirks::default()).unwrap();
    assert_eq!(found, harmless);
}

#[test]
fn a_providers_own_tools_are_no_tools_of_the_caller() {
    let info = lacking(&[Ability::Tools]);
    let own = json!({"model":"m","input":"hi","tools":[{"type":"web_search"}]});
    assert!(fitted(&call(WireFormat::OpenAiResponses, &own), &info, &Quirks::default()).is_ok());
    let google = json!({"contents":[{"parts":[{"text":"hi"}]}],"tools":[{"googleSearch":{}}]});
    assert!(fitted(&call(WireFormat::GeminiGenerate, &google), &info, &Quirks::default()).is_ok());
    let both =
        json!({"contents":[{"parts":[{"text":"hi"}]}],"tools":{"function_declarations":[{"name":"f"}]}});
    assert!(fitted(&call(WireFormat::GeminiGenerate, &both), &info, &Quirks::default()).is_err());
}

#[test]
fn content_that_the_model_does_not_read_is_refused() {
    use WireFormat::{AnthropicMessages, BedrockConverse, GeminiGenerate, OpenAiChat, OpenAiResponses};
    let messages =
        |content: Value| json!({"model":"m","max_tokens":5,"messages":[{"role":"user","content":content}]});
    let image = json!({"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}});
    let cases = [
        (
            OpenAiChat,
            messages(json!([{"type":"image_url","image_url":{"url":"https://e/a.png"}}])),
            Ability::Vision,
        ),
        (OpenAiChat, messages(json!([{"type":"file","file":{"file_data":"x"}}])), Ability::Documents),
        (
            OpenAiChat,
            messages(json!([{"type":"input_audio","input_audio":{"data":"x"}}])),
            Ability::AudioInput,
        ),
        (
            OpenAiResponses,
            json!({"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"u"}]}]}),
            Ability::Vision,
        ),
        (
            AnthropicMessages,
            messages(json!([{"type":"tool_result","tool_use_id":"t","content":[image]}])),
            Ability::Vision,
        ),
        (
            AnthropicMessages,
            messages(json!([{"type":"document","source":{"type":"url","url":"https://e/a.pdf"}}])),
            Ability::Documents,
        ),
        (
            GeminiGenerate,
            json!({"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"aGk="}}]}]}),
            Ability::Vision,
        ),
        (
            BedrockConverse,
            json!({"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"image":{}}]}}]}]}),
            Ability::Vision,
        ),
    ];
    for (format, body, ability) in cases {
        let call = call(format, &body);
        for missing in [Ability::Vision, Ability::Documents, Ability::AudioInput] {
            let mut info = lacking(&[missing]);
            // Content is never left out.
            info.drop_params = DropParams::Unsupported;
            let refused = fitted(&call, &info, &Quirks::default()).err();
            assert_eq!(refused.is_some(), missing == ability, "{missing:?} {body}");
            assert!(refused.is_none_or(|refusal| refusal.code == ErrorCode::UnsupportedParameter));
        }
    }
    let words = messages(json!([{"type":"text","text":"an \"image_url\" is not an image"}]));
    assert!(fitted(&call(OpenAiChat, &words), &lacking(&[Ability::Vision]), &Quirks::default()).is_ok());
    let text = messages(json!([{"type":"document","source":{"type":"text","data":"x"}}]));
    assert!(
        fitted(&call(AnthropicMessages, &text), &lacking(&[Ability::Documents]), &Quirks::default()).is_ok()
    );
}

#[test]
fn a_providers_quirks() {
    let quirks = Quirks {
        drop_params: vec!["user".into()],
        refuse_params: vec!["logprobs".into()],
        string_content: true,
        temperature_max: Some("1.5".into()),
        bad_key_words: None,
    };
    let parts = json!([{"role":"user","content":[{"type":"text","text":"a\n"},{"type":"text","text":"\"b\""}]},
        {"role":"assistant","content":null}]);
    let body = json!({"messages":parts,"model":"m","temperature":2,"user":"u","logprobs":false});
    let (found, adapted) =
        fitted(&call(WireFormat::OpenAiChat, &body), &ModelInfo::default(), &quirks).unwrap();
    assert_eq!(
        found,
        json!({"messages":[{"role":"user","content":"a\n\"b\""},{"role":"assistant","content":null}],
            "model":"m","temperature":1.5,"logprobs":false})
    );
    assert_eq!(
        (adapted.dropped, adapted.clamped),
        (vec!["user".to_owned()], vec!["temperature=1.5".to_owned()])
    );
    let body = chat(&json!({"logprobs":true}));
    let refusal = fitted(&call(WireFormat::OpenAiChat, &body), &ModelInfo::default(), &quirks).unwrap_err();
    assert_eq!(refusal.param.as_deref(), Some("logprobs"));
    let image = json!([{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]);
    let body = json!({"model":"m","messages":image});
    assert!(fitted(&call(WireFormat::OpenAiChat, &body), &ModelInfo::default(), &quirks).is_err());
}

#[test]
fn named_parameters_go_in_whatever_format_they_are_written() {
    let mut info = ModelInfo::default();
    let names = ["temperature", "top_p", "reasoning_effort", "metadata", "text.verbosity"];
    info.drop_params = DropParams::Named(names.iter().map(|name| (*name).into()).collect());
    let body = json!({"contents":[{"parts":[{"text":"hi"}]}],
        "generationConfig":{"temperature":1,"topP":0.5,"thinkingConfig":{"thinkingBudget":5},"seed":1}});
    let (found, adapted) =
        fitted(&call(WireFormat::GeminiGenerate, &body), &info, &Quirks::default()).unwrap();
    assert_eq!(found["generationConfig"], json!({"seed":1}));
    assert_eq!(adapted.dropped.len(), 3);
    let body =
        json!({"model":"m","input":"hi","metadata":{},"text":{"verbosity":"low","format":{"type":"text"}}});
    let (found, adapted) =
        fitted(&call(WireFormat::OpenAiResponses, &body), &info, &Quirks::default()).unwrap();
    assert_eq!(found, json!({"model":"m","input":"hi","text":{"format":{"type":"text"}}}));
    assert_eq!(adapted.dropped, ["metadata", "text.verbosity"]);
}

#[test]
fn members_go_with_one_comma_wherever_they_stand() {
    for (text, gone, left) in [
        (r#"{"a":1,"b":2,"c":3}"#, "a", r#"{"b":2,"c":3}"#),
        (r#"{"a":1,"b":2,"c":3}"#, "b", r#"{"a":1,"c":3}"#),
        (r#"{ "a" : 1 , "b" : 2 }"#, "b", r#"{ "a" : 1 }"#),
        (r#"{"a":1}"#, "a", "{}"),
        (r#"{"a":{"x":1,"y":2},"b":2}"#, "a.x", r#"{"a":{"y":2},"b":2}"#),
    ] {
        assert_eq!(without(&Bytes::from(text), gone).unwrap(), left, "{text}");
    }
    assert_eq!(without(&Bytes::from(r#"{"messages":[]}"#), "messages"), None);
    assert_eq!(without(&Bytes::from(r#"{"a":1}"#), "b"), None);
}

#[test]
fn a_bound_is_added_to_an_object_that_is_emptied() {
    let body =
        json!({"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"temperature":0.5,"topP":0.5}});
    let call = call(WireFormat::GeminiGenerate, &body);
    let info = lacking(&[Ability::Sampling]);
    let adapted =
        adapt(&call, &Limits { model: &info, provider: &Quirks::default(), lacks: info.lacks, name: "m" })
            .unwrap();
    let edits = crate::edit::ForwardEdits {
        max_output_tokens: Some(9),
        adapted: &adapted.edits,
        ..crate::edit::ForwardEdits::default()
    };
    let found: Value = serde_json::from_slice(&crate::edit::forward(&call, &edits).concat()).unwrap();
    assert_eq!(found["generationConfig"], json!({"maxOutputTokens":9}));
}
