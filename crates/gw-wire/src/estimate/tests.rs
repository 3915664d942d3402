//! The estimate must be above known token counts, and media must not count by bytes.

use super::*;
use crate::json::Object;
use gw_model::WireFormat;

fn tokens_of(body: &str) -> u64 {
    tokens_in(WireFormat::OpenAiChat, body)
}

fn tokens_in(format: WireFormat, body: &str) -> u64 {
    input_tokens(format, &Object::parse(body.as_bytes(), 128).unwrap())
}

#[test]
fn is_above_known_counts_but_not_by_far() {
    // Counts by the cl100k and o200k vocabularies, the larger of both.
    let known: &[(&str, u64)] = &[
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("fn main() { println!(\"{}\", 1 + 2); }", 14),
        ("1234567890", 4),
        ("", 0),
    ];
    for (text, tokens) in known {
        let ours = text_tokens(text.as_bytes());
        assert!(ours >= *tokens, "{text}: {ours} < {tokens}");
        assert!(ours <= tokens * 3, "{text}: {ours} > 3 x {tokens}");
    }
}

#[test]
fn blocks_do_not_change_the_sum() {
    let text = "Word 12, Ünïcode\n".repeat(40);
    let one: u64 = text.bytes().map(|b| weigh(&[b])).sum();
    assert_eq!(weigh(text.as_bytes()), one);
    assert_eq!(weigh(&[b'a'; 10_000]), 10_000 * LOWER);
}

#[test]
fn escapes_count_as_what_they_stand_for() {
    let plain = text_tokens("中文字".as_bytes());
    let escaped = json_string_tokens(br"\u4e2d\u6587\u5b57");
    assert_eq!(plain, escaped);
    assert!(json_string_tokens(br"a\") > 0, "a broken escape must not panic");
    assert!(json_string_tokens(br"a\u12") > 0);
}

#[test]
fn chat_messages_tools_and_schemas_count() {
    let bare = tokens_of(r#"{"messages":[{"role":"user","content":"hello"}]}"#);
    let parts = tokens_of(r#"{"messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]}"#);
    assert!((REQUEST_TOKENS..REQUEST_TOKENS + 30).contains(&bare), "{bare}");
    assert_eq!(bare, parts);
    let tools = tokens_of(
        r#"{"messages":[{"role":"user","content":"hello"}],"tools":[{"type":"function","function":
        {"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]}"#,
    );
    assert!(tools > bare + TOOL_USE_TOKENS + 15 && tools < bare + SERVER_TOOL_TOKENS, "{tools}");
    let search = tokens_of(
        r#"{"messages":[{"role":"user","content":"hello"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#,
    );
    assert!(search > SERVER_TOOL_TOKENS, "{search}");
    let system =
        tokens_of(r#"{"system":"be brief and kind","messages":[{"role":"user","content":"hello"}]}"#);
    assert!(system > bare + 3);
}

#[test]
fn media_count_by_their_own_bound() {
    let data = "A".repeat(1 << 20);
    let with = |part: &str| tokens_of(&format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#));
    let image =
        with(&format!(r#"{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{data}"}}}}"#));
    assert!((IMAGE_TOKENS..IMAGE_TOKENS + 150).contains(&image), "{image}");
    let anthropic = with(&format!(
        r#"{{"type":"image","source":{{"data":"{data}","media_type":"image/png","type":"base64"}}}}"#
    ));
    assert!((IMAGE_TOKENS..IMAGE_TOKENS + 150).contains(&anthropic), "{anthropic}");
    let document = with(&format!(
        r#"{{"type":"document","source":{{"type":"base64","media_type":"application/pdf","data":"{data}"}}}}"#
    ));
    assert!(document > 60_000 && document < 100_000, "{document}");
    let audio =
        with(&format!(r#"{{"type":"input_audio","input_audio":{{"data":"{data}","format":"wav"}}}}"#));
    assert!(audio > 16_000 && audio < 20_000, "{audio}");
    let result = with(&format!(
        r#"{{"type":"tool_result","content":[{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{data}"}}}}]}}"#
    ));
    assert!((IMAGE_TOKENS..IMAGE_TOKENS + 150).contains(&result), "{result}");
}

#[test]
fn text_cannot_pass_itself_off_as_media() {
    let text = "a".repeat(100_000);
    let floor = 30_000;
    for part in [
        format!(r#"{{"type":"text","text":"{text}"}}"#),
        format!(
            r#"{{"type":"document","source":{{"type":"text","media_type":"text/plain","data":"{text}"}}}}"#
        ),
        format!(
            r#"{{"type":"tool_use","input":{{"source":{{"type":"base64","media_type":"image/png","data":"{text}"}}}}}}"#
        ),
    ] {
        let tokens = tokens_of(&format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#));
        assert!(tokens >= floor, "{tokens} for {}", &part[..60]);
    }
}
