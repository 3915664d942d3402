//! What is the same, and what is not.

use super::{Canonical, request};
use crate::translate::PathFacts;
use gw_model::WireFormat;
use gw_model::WireFormat::{
    AnthropicMessages, BedrockConverse, CohereChat, GeminiGenerate, OpenAiChat, OpenAiResponses,
};

fn of(format: WireFormat, body: &str) -> Canonical {
    request(format, body.as_bytes(), PathFacts { model: "m", stream: false }).expect(body)
}

fn chat(body: &str) -> Canonical {
    of(OpenAiChat, body)
}

#[test]
fn spelling_does_not_matter() {
    let plain = r#"{"model":"m","temperature":0.5,"messages":[{"role":"user","content":"héllo \"x\"\n"}]}"#;
    let same = [
        "{ \"messages\" : [ {\"content\":\"h\\u00e9llo \\\"x\\\"\\u000a\",\"role\":\"user\"} ],\n \"temperature\":5e-1, \"model\":\"other\", \"stream\":true }",
        r#"{"model":"m","temperature":0.50,"n":1,"stop":null,"user":"u","messages":[{"role":"user","content":[{"type":"text","text":"héllo \"x\"\n"}]}]}"#,
    ];
    for body in same {
        assert_eq!(chat(plain), chat(body), "{body}");
    }
    let special = r#"{"model":"m","logit_bias":{"b":1,"a":2.0},"messages":[]}"#;
    assert_eq!(chat(special), chat(r#"{"messages":[ ],"logit_bias":{"\u0061":2,"b":1e0},"model":"m"}"#));
}

#[test]
fn formats_mean_the_same() {
    let chat = chat(
        r#"{"model":"m","max_tokens":9,"temperature":1,"stop":["x"],"messages":[{"role":"system","content":"be brief"},
        {"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#,
    );
    assert_eq!(chat.last_turn.as_deref(), Some("c"));
    let messages = of(
        AnthropicMessages,
        r#"{"model":"m","max_tokens":9,"temperature":1.0,"stop_sequences":["x"],"system":"be brief","messages":[
        {"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]},
        {"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#,
    );
    assert_eq!(chat, messages);
    let gemini = of(
        GeminiGenerate,
        r#"{"systemInstruction":{"parts":[{"text":"be brief"}]},"generationConfig":{"maxOutputTokens":9,"temperature":1,
        "stopSequences":["x"]},"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},
        {"role":"user","parts":[{"text":"c"}]}]}"#,
    );
    assert_eq!(chat, gemini);
    let converse = of(
        BedrockConverse,
        r#"{"system":[{"text":"be brief"}],"inferenceConfig":{"maxTokens":9,"temperature":1,"stopSequences":["x"]},
        "messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"text":"b"}]},
        {"role":"user","content":[{"text":"c"}]}]}"#,
    );
    assert_eq!(chat, converse);
    let cohere = of(
        CohereChat,
        r#"{"model":"m","max_tokens":9,"temperature":1,"stop_sequences":["x"],"messages":[{"role":"system","content":"be brief"},
        {"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#,
    );
    assert_eq!(chat, cohere);
    let one = self::chat(
        r#"{"max_tokens":9,"messages":[{"role":"system","content":"s"},{"role":"user","content":"c"}]}"#,
    );
    let other = of(OpenAiResponses, r#"{"max_output_tokens":9,"instructions":"s","input":"c"}"#);
    assert_eq!(one, other);
}

#[test]
fn meaning_matters() {
    let bodies = [
        r#"{"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"messages":[{"role":"user","content":"a "}]}"#,
        r#"{"messages":[{"role":"user","content":"A"}]}"#,
        r#"{"messages":[{"role":"system","content":"a"}]}"#,
        r#"{"messages":[{"role":"developer","content":"a"}]}"#,
        r#"{"messages":[{"role":"assistant","content":"a"}]}"#,
        r#"{"messages":[{"role":"user","content":"a","name":"bob"}]}"#,
        r#"{"messages":[{"role":"user","content":["a"]}]}"#,
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":""}]}]}"#,
        r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"a"}}]}]}"#,
        r#"{"messages":[{"role":"user","content":""},{"role":"user","content":"a"}]}"#,
        r#"{"messages":[{"role":"system","content":""},{"role":"user","content":"a"}]}"#,
        r#"{"messages":[{"role":"system","content":"u"},{"role":"user","content":"a"}]}"#,
        r#"{"temperature":0,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"temperature":0.1,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"top_p":0.1,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"max_tokens":1,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"max_tokens":10,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"seed":1,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"seed":10,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"n":2,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"stop":"a","messages":[{"role":"user","content":"a"}]}"#,
        r#"{"stop":["a","b"],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"stop":["b","a"],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"stop":["ab"],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"logprobs":true,"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"reasoning_effort":"low","messages":[{"role":"user","content":"a"}]}"#,
        r#"{"response_format":{"type":"json_object"},"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tools":[{"type":"function","function":{"name":"g","parameters":{}}}],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"a":1}}}],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"a":1,"a":2}}}],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"a":2,"a":1}}}],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tools":[{"type":"function","function":{"name":"f","description":"a","parameters":{}}}],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{}},"x":1}],"messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tool_choice":"none","messages":[{"role":"user","content":"a"}]}"#,
        r#"{"tool_choice":"required","messages":[{"role":"user","content":"a"}]}"#,
        r#"{"messages":[{"role":"user","content":"\ud800"}]}"#,
        r#"{"messages":[{"role":"user","content":"\ud801"}]}"#,
        r#"{"messages":[{"role":"user","content":"\ufffd"}]}"#,
        "{\"messages\":[{\"role\":\"user\",\"content\":\"\u{fffd}\"}]}",
        r#"{"messages":[{"role":"user","content":"a"}],"messages ":[]}"#,
        r#"{"messages":{"role":"user","content":"a"}}"#,
        r#"{"x":1e400,"messages":[]}"#,
        r#"{"x":1e401,"messages":[]}"#,
        r#"{"x":10,"messages":[]}"#,
        r#"{"x":-10,"messages":[]}"#,
        r#"{"x":"10","messages":[]}"#,
        r#"{"x":9007199254740993,"messages":[]}"#,
        r#"{"x":9007199254740992,"messages":[]}"#,
        r#"{"x":true,"messages":[]}"#,
        r#"{"x":[],"messages":[]}"#,
        r#"{"x":{},"messages":[]}"#,
        r#"{"x":[null],"messages":[]}"#,
        r#"{"x":[[],[]],"messages":[]}"#,
        r#"{"x":[[[]]],"messages":[]}"#,
    ];
    let all: Vec<Canonical> = bodies.iter().map(|body| chat(body)).collect();
    for (i, one) in all.iter().enumerate() {
        for (j, other) in all.iter().enumerate().skip(i + 1) {
            assert_ne!(one, other, "{} and {}", bodies[i], bodies[j]);
        }
    }
    assert!(request(OpenAiChat, b"[]", PathFacts::default()).is_none());
}
