//! Counting between the formats: what is asked, and what is answered.

use super::{read_answer, write_answer};
use crate::codec::{Options, WriteContext};
use crate::translate::{PathFacts, request, whole};
use gw_model::{ErrorCode, Refusal, WireFormat};
use serde_json::{Value, json};

const ALL: [WireFormat; 4] = [
    WireFormat::AnthropicCountTokens,
    WireFormat::GeminiCountTokens,
    WireFormat::BedrockCountTokens,
    WireFormat::OpenAiInputTokens,
];

/// The same conversation in each format.
fn asked(format: WireFormat) -> Value {
    let schema = json!({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]});
    match format {
        WireFormat::AnthropicCountTokens => json!({"model":"m","system":"Be terse.",
            "messages":[{"role":"user","content":"Hello"}],
            "tools":[{"name":"weather","description":"d","input_schema":schema}]}),
        WireFormat::GeminiCountTokens => json!({"generateContentRequest":{"model":"models/m",
            "systemInstruction":{"parts":[{"text":"Be terse."}]},
            "contents":[{"role":"user","parts":[{"text":"Hello"}]}],
            "tools":[{"functionDeclarations":[{"name":"weather","description":"d","parameters":schema}]}]}}),
        WireFormat::BedrockCountTokens => json!({"input":{"converse":{"system":[{"text":"Be terse."}],
            "messages":[{"role":"user","content":[{"text":"Hello"}]}],
            "toolConfig":{"tools":[{"toolSpec":{"name":"weather","description":"d","inputSchema":{"json":schema}}}]}}}}),
        _ => json!({"model":"m","instructions":"Be terse.","input":"Hello",
            "tools":[{"type":"function","name":"weather","description":"d","parameters":schema,"strict":false}]}),
    }
}

fn translated(from: WireFormat, to: WireFormat, body: &Value) -> Result<Value, Refusal> {
    let options = Options {
        model: Some("claude-target".to_owned()),
        default_max_output_tokens: Some(64),
        ..Options::default()
    };
    let path = PathFacts { model: "m", stream: false };
    let written = request(from, to, body.to_string().as_bytes(), path, &options)?;
    assert!(written.dropped.is_empty());
    Ok(serde_json::from_slice(&written.body).unwrap())
}

#[test]
fn a_request_says_the_same_in_every_format() {
    for from in ALL {
        for to in ALL.into_iter().filter(|to| *to != from) {
            let written = translated(from, to, &asked(from)).unwrap();
            let text = written.to_string();
            for piece in ["Be terse.", "Hello", "weather", "\"city\""] {
                assert!(text.contains(piece), "{from:?} to {to:?}: {text}");
            }
            for surplus in ["max_tokens", "maxTokens", "stream", "max_output_tokens", "inferenceConfig"] {
                assert!(!text.contains(surplus), "{from:?} to {to:?}: {text}");
            }
            // What one format writes, its own reader takes.
            let again = translated(to, from, &written).unwrap().to_string();
            assert!(again.contains("Hello") && again.contains("weather"), "{from:?} to {to:?}: {again}");
        }
    }
    let written =
        translated(ALL[0], WireFormat::BedrockCountTokens, &asked(WireFormat::AnthropicCountTokens)).unwrap();
    assert_eq!(written["input"]["converse"]["messages"][0]["content"][0]["text"], "Hello");
    let written =
        translated(ALL[0], WireFormat::GeminiCountTokens, &asked(WireFormat::AnthropicCountTokens)).unwrap();
    assert_eq!(written["generateContentRequest"]["model"], "models/claude-target");
}

#[test]
fn a_request_of_the_models_own_format_cannot_be_read() {
    let body = json!({"input":{"invokeModel":{"body":"e30="}}});
    let refused = translated(WireFormat::BedrockCountTokens, WireFormat::AnthropicCountTokens, &body);
    assert_eq!(refused.unwrap_err().code, ErrorCode::UnsupportedParameter);
}

#[test]
fn answers_state_the_same_count() {
    for from in ALL {
        let theirs = write_answer(from, 588);
        assert_eq!(read_answer(from, &theirs).unwrap(), 588, "{from:?}");
        for to in ALL.into_iter().filter(|to| *to != from) {
            let ours = whole(from, to, &theirs, &WriteContext::default()).unwrap();
            assert_eq!(read_answer(to, &ours.body).unwrap(), 588, "{from:?} to {to:?}");
            assert_eq!(ours.usage, None);
        }
        assert!(read_answer(from, b"{}").is_err());
    }
}
