//! Content that only its own provider can use.

use super::{messages, translated};
use crate::codec::Options;
use crate::translate::{PathFacts, request};
use gw_model::WireFormat::{
    self, AnthropicMessages, BedrockConverse, CohereChat, GeminiGenerate, OpenAiChat, OpenAiResponses,
};
use serde_json::{Value, json};

/// Marks of three families: what Anthropic signs, what OpenAI seals, what Gemini signs (as other formats see it).
const ANTHROPIC: &str = "EqQBClgIARgC";
const OPENAI: &str = "gAAAAABpseal";
const GEMINI: &str = "gemini:CiQB";

fn thought(signature: &str) -> Value {
    messages(&json!({"model":"anthropic.claude-sonnet-4","max_tokens":50,"messages":[
        {"role":"user","content":"hi"},
        {"role":"assistant","content":[
            {"type":"thinking","thinking":"hm","signature":signature},{"type":"text","text":"ho"}]},
        {"role":"user","content":"go on"}]}))
}

#[test]
fn reasoning_goes_back_to_whoever_made_it() {
    for (seal, at_home) in [
        (ANTHROPIC, &[BedrockConverse] as &[WireFormat]),
        (OPENAI, &[OpenAiResponses]),
        (GEMINI, &[GeminiGenerate]),
    ] {
        for to in [OpenAiChat, OpenAiResponses, GeminiGenerate, BedrockConverse, CohereChat] {
            let (body, dropped) = translated(AnthropicMessages, to, &thought(seal)).unwrap();
            let written = body.to_string();
            let stem = seal.trim_start_matches("gemini:");
            assert_eq!(written.contains(stem), at_home.contains(&to), "{seal} to {to:?}: {written}");
            let is_named = dropped == ["messages.content.thinking"];
            assert_eq!(is_named, !at_home.contains(&to), "{seal} to {to:?}: {dropped:?}");
        }
    }
}

#[test]
fn gemini_signatures_stay_with_gemini() {
    let body = json!({"contents":[
        {"role":"user","parts":[{"text":"hi"}]},
        {"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"CiQB"}]},
        {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}}]}],
        "tools":[{"functionDeclarations":[{"name":"f"}]}]});
    for to in [OpenAiChat, OpenAiResponses, AnthropicMessages, BedrockConverse, CohereChat] {
        let path = PathFacts { model: "claude-x", stream: false };
        let written =
            request(GeminiGenerate, to, body.to_string().as_bytes(), path, &Options::default()).unwrap();
        let text = String::from_utf8(written.body).unwrap();
        assert!(!text.contains("CiQB") && !text.contains("thinking"), "{to:?}: {text}");
        assert_eq!(written.dropped, ["contents.parts.thought"], "{to:?}");
    }
}

#[test]
fn what_a_providers_tools_did_is_left_out_of_the_models_turns() {
    let body = json!({"model":"m","input":[
        {"role":"user","content":"search"},
        {"type":"reasoning","id":"rs_1","summary":[]},
        {"type":"web_search_call","id":"ws_1","status":"completed"},
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"found"}]},
        {"type":"computer_call_output","call_id":"c","output":{}},
        {"role":"user","content":"and?"}]});
    let (_, dropped) = translated(OpenAiResponses, AnthropicMessages, &body).unwrap();
    assert_eq!(dropped, ["input.reasoning", "input.web_search_call", "input.computer_call_output"]);
    let body = json!({"contents":[
        {"role":"user","parts":[{"text":"hi"}]},
        {"role":"model","parts":[{"executableCode":{"code":"1","language":"PYTHON"}},{"text":"ok"}]}]});
    let path = PathFacts { model: "m", stream: false };
    let written =
        request(GeminiGenerate, OpenAiChat, body.to_string().as_bytes(), path, &Options::default()).unwrap();
    assert_eq!(written.dropped, ["contents.parts.executableCode"]);
}

#[test]
fn what_a_user_sends_arrives_or_is_refused() {
    let body = json!({"model":"m","input":[{"type":"compaction","encrypted_content":"x"},{"role":"user","content":"hi"}]});
    for to in [OpenAiChat, AnthropicMessages, GeminiGenerate, BedrockConverse, CohereChat] {
        assert_eq!(translated(OpenAiResponses, to, &body).unwrap_err().param.as_deref(), Some("input"));
    }
    let body = json!({"contents":[{"role":"user","parts":[
        {"fileData":{"fileUri":"https://e/v.mp4","mimeType":"video/mp4"},"videoMetadata":{"fps":1}}]}]});
    let path = PathFacts { model: "m", stream: false };
    let refusal = request(GeminiGenerate, OpenAiChat, body.to_string().as_bytes(), path, &Options::default())
        .unwrap_err();
    assert!(refusal.message.contains("`fileData`"), "{}", refusal.message);
}

#[test]
fn stored_files_stay_with_openai() {
    let with = |file: &str| json!({"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":file}]}]});
    for to in [OpenAiChat, AnthropicMessages, GeminiGenerate, BedrockConverse, CohereChat] {
        assert!(translated(OpenAiResponses, to, &with("file-1")).is_err(), "{to:?}");
    }
}
