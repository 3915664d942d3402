//! Tests of [`super`].
use crate::facts::{read, read_with_model};
use bytes::Bytes;
use gw_model::WireFormat;
use std::collections::BTreeMap;

fn told(format: WireFormat, body: &str) -> BTreeMap<&'static str, String> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let facts = match format.has_model_in_path() {
        true => read_with_model(format, &body, 64, "m").unwrap(),
        false => read(format, &body, 64).unwrap(),
    };
    facts.parameters.iter().map(|(parameter, value)| (parameter.as_str(), parameter.text(value))).collect()
}

fn of(all: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    all.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[test]
fn parameters_of_every_format_are_told_in_the_same_words() {
    let chat = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":0.7,"max_tokens":256,"n":2,
        "tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}],
        "tool_choice":{"type":"function","function":{"name":"a"}},"stop":"END","reasoning_effort":"low","seed":-4,
        "response_format":{"type":"json_schema","json_schema":{}},"presence_penalty":-0.5,"service_tier":"flex"}"#;
    assert_eq!(
        told(WireFormat::OpenAiChat, chat),
        of(&[
            ("temperature", "0.7"),
            ("max_output_tokens", "256"),
            ("choices", "2"),
            ("tools", "2"),
            ("tool_choice", "named"),
            ("stop_sequences", "1"),
            ("reasoning_effort", "low"),
            ("seed", "-4"),
            ("response_format", "json_schema"),
            ("presence_penalty", "-0.5"),
            ("service_tier", "flex"),
        ])
    );
    let messages = r#"{"model":"m","max_tokens":1024,"messages":[{"role":"user","content":"x"}],"top_k":40,"tools":[{"name":"a"}],
        "tool_choice":{"type":"any"},"thinking":{"type":"enabled","budget_tokens":512},"stop_sequences":["a","b"]}"#;
    assert_eq!(
        told(WireFormat::AnthropicMessages, messages),
        of(&[
            ("max_output_tokens", "1024"),
            ("top_k", "40"),
            ("tools", "1"),
            ("tool_choice", "required"),
            ("reasoning_tokens", "512"),
            ("stop_sequences", "2"),
        ])
    );
    let responses = r#"{"model":"m","input":"x","max_output_tokens":9,"reasoning":{"effort":"high","summary":"auto"},
        "text":{"format":{"type":"json_object"},"verbosity":"low"},"top_p":0.25}"#;
    assert_eq!(
        told(WireFormat::OpenAiResponses, responses),
        of(&[
            ("max_output_tokens", "9"),
            ("reasoning_effort", "high"),
            ("response_format", "json_object"),
            ("top_p", "0.25"),
        ])
    );
    let gemini = r#"{"contents":[{"role":"user","parts":[{"text":"x"}]}],"generationConfig":{"temperature":1,"topK":3,
        "maxOutputTokens":77,"thinkingConfig":{"thinkingBudget":-1},"responseMimeType":"application/json","responseSchema":{}},
        "tools":[{"functionDeclarations":[{"name":"a"},{"name":"b"},{"name":"c"}]},{"googleSearch":{}}]}"#;
    assert_eq!(
        told(WireFormat::GeminiGenerate, gemini),
        of(&[
            ("temperature", "1"),
            ("top_k", "3"),
            ("max_output_tokens", "77"),
            ("reasoning_tokens", "-1"),
            ("response_format", "json_schema"),
            ("tools", "4"),
        ])
    );
    let converse = r#"{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"temperature":0.1,"maxTokens":5,
        "stopSequences":[]},"toolConfig":{"tools":[{"toolSpec":{"name":"a"}}]}}"#;
    assert_eq!(
        told(WireFormat::BedrockConverse, converse),
        of(&[("temperature", "0.1"), ("max_output_tokens", "5"), ("stop_sequences", "0"), ("tools", "1"),])
    );
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let odd = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"hot","top_p":1e300,"tools":{"a":1},
        "seed":1.5,"tool_choice":7,"response_format":"json","reasoning_effort":"SECRET words","stop":null}"#;
    assert_eq!(told(WireFormat::OpenAiChat, odd), of(&[("reasoning_effort", "other")]));
    let plain = r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
    assert_eq!(told(WireFormat::OpenAiChat, plain), of(&[]));
}
