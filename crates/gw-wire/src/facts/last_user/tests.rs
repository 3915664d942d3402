//! The user's last words in every format.

use super::last_user_text;
use gw_model::WireFormat;

#[track_caller]
fn says(format: WireFormat, body: &str, wanted: Option<&str>) {
    assert_eq!(last_user_text(format, body.as_bytes()).as_deref(), wanted, "{format:?} {body}");
}

#[test]
fn the_last_message_of_the_user_counts() {
    let plain = r#"{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"first"},
        {"role":"assistant","content":"so"},{"role":"user","content":"a \"second\" one"},
        {"role":"assistant","content":"and"}]}"#;
    for format in [WireFormat::OpenAiChat, WireFormat::CohereChat, WireFormat::AnthropicMessages] {
        says(format, plain, Some("a \"second\" one"));
    }
    let parts = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"look"},
        {"type":"image_url","image_url":{"url":"data:"}},{"type":"text","text":"here"}]}]}"#;
    says(WireFormat::OpenAiChat, parts, Some("look\nhere"));
    says(WireFormat::AnthropicMessages, parts, Some("look\nhere"));
    let converse = r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#;
    says(WireFormat::BedrockConverse, converse, Some("hi"));
    let google =
        r#"{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]}]}"#;
    says(WireFormat::GeminiGenerate, google, Some("a"));
    says(WireFormat::GeminiGenerate, r#"{"contents":[{"parts":{"text":"no role"}}]}"#, Some("no role"));
    let items = r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"q"}]},
        {"type":"function_call_output","call_id":"c","output":"42"}]}"#;
    says(WireFormat::OpenAiResponses, items, Some("q"));
    says(WireFormat::OpenAiResponses, r#"{"input":"plain"}"#, Some("plain"));
    says(WireFormat::OpenAiCompletions, r#"{"prompt":["one","two"]}"#, Some("one"));
}

#[test]
fn results_of_tools_are_not_what_the_user_said() {
    let body = r#"{"messages":[{"role":"user","content":"what is the weather"},
        {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"rain"}]}]}"#;
    says(WireFormat::AnthropicMessages, body, Some("what is the weather"));
}

#[test]
fn what_holds_no_words_gives_none() {
    says(WireFormat::OpenAiChat, r#"{"messages":[{"role":"user","content":"  "}]}"#, None);
    says(WireFormat::OpenAiChat, r#"{"messages":[]}"#, None);
    says(WireFormat::OpenAiChat, "not json", None);
    says(WireFormat::OpenAiCompletions, r#"{"prompt":[[1,2,3]]}"#, None);
    says(WireFormat::OpenAiEmbeddings, r#"{"input":"hi"}"#, None);
}
