//! The estimate must be above known token counts, and media must not count by bytes.

use super::*;
use crate::json::Object;
use gw_model::WireFormat;

fn tokens_of(body: &str) -> u64 {
    tokens_in(WireFormat::OpenAiChat, body)
}

fn tokens_in(format: WireFormat, body: &str) -> u64 {
    input_tokens(format, &Object::parse(body.as_bytes(), 1024).unwrap())
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

const PROMPT: &str = "What is the weather in Oslo, and is it warmer than in Bergen?";

/// The same conversation in every format counts about the same.
#[test]
fn a_conversation_counts_alike_in_every_format() {
    let chat = tokens_of(&format!(
        r#"{{"messages":[{{"role":"system","content":"be kind"}},{{"role":"user","content":"{PROMPT}"}}],"tools":[{{"type":"function",
        "function":{{"name":"weather","parameters":{{"type":"object"}}}}}}]}}"#
    ));
    let others = [
        (
            WireFormat::OpenAiResponses,
            format!(
                r#"{{"instructions":"be kind","input":[{{"type":"message","role":"user","content":[{{"type":"input_text","text":"{PROMPT}"}}]}}],
                "tools":[{{"type":"function","name":"weather","parameters":{{"type":"object"}}}}]}}"#
            ),
        ),
        (
            WireFormat::GeminiGenerate,
            format!(
                r#"{{"system_instruction":{{"parts":[{{"text":"be kind"}}]}},"contents":[{{"role":"user","parts":[{{"text":"{PROMPT}"}}]}}],
                "tools":[{{"functionDeclarations":[{{"name":"weather","parameters":{{"type":"object"}}}}]}}]}}"#
            ),
        ),
        (
            WireFormat::BedrockConverse,
            format!(
                r#"{{"system":[{{"text":"be kind"}}],"messages":[{{"role":"user","content":[{{"text":"{PROMPT}"}}]}}],
                "toolConfig":{{"tools":[{{"toolSpec":{{"name":"weather","inputSchema":{{"json":{{"type":"object"}}}}}}}}]}}}}"#
            ),
        ),
        (
            WireFormat::CohereChat,
            format!(
                r#"{{"messages":[{{"role":"system","content":"be kind"}},{{"role":"user","content":"{PROMPT}"}}],"tools":[{{"type":"function",
                "function":{{"name":"weather","parameters":{{"type":"object"}}}}}}]}}"#
            ),
        ),
    ];
    for (format, body) in others {
        let added = match format {
            WireFormat::OpenAiResponses => RESPONSES_TOKENS,
            WireFormat::BedrockConverse => CONVERSE_TOOL_TOKENS,
            WireFormat::CohereChat => COHERE_TOKENS,
            _ => 0,
        };
        let tokens = tokens_in(format, &body) - added;
        assert!(tokens.abs_diff(chat) < 25, "{format:?}: {tokens}, as chat {chat}");
    }
}

#[test]
fn media_of_every_format_count_by_their_own_bound() {
    let data = "A".repeat(1 << 20);
    let responses = |part: &str| {
        tokens_in(
            WireFormat::OpenAiResponses,
            &format!(r#"{{"input":[{{"role":"user","content":[{part}]}}]}}"#),
        )
    };
    let gemini = |part: &str| {
        tokens_in(WireFormat::GeminiGenerate, &format!(r#"{{"contents":[{{"parts":[{part}]}}]}}"#))
    };
    let converse = |part: &str| {
        tokens_in(
            WireFormat::BedrockConverse,
            &format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#),
        )
    };
    let cohere = |part: &str| {
        tokens_in(
            WireFormat::CohereChat,
            &format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#),
        )
    };
    let url = format!("data:image/png;base64,{data}");
    let images = [
        responses(&format!(r#"{{"type":"input_image","image_url":"{url}"}}"#)),
        tokens_in(
            WireFormat::OpenAiResponses,
            &format!(
                r#"{{"input":[{{"type":"computer_call_output","output":{{"type":"x","image_url":"{url}"}}}}]}}"#
            ),
        ),
        gemini(&format!(r#"{{"inlineData":{{"mimeType":"image/png","data":"{data}"}}}}"#)),
        gemini(&format!(r#"{{"inline_data":{{"data":"{data}","mime_type":"IMAGE/png"}}}}"#)),
        gemini(&format!(
            r#"{{"functionResponse":{{"name":"f","parts":[{{"inlineData":{{"mimeType":"image/png","data":"{data}"}}}}]}}}}"#
        )),
        converse(&format!(r#"{{"image":{{"format":"png","source":{{"bytes":"{data}"}}}}}}"#)),
        converse(&format!(
            r#"{{"toolResult":{{"toolUseId":"t","content":[{{"image":{{"source":{{"bytes":"{data}"}}}}}}]}}}}"#
        )),
        cohere(&format!(r#"{{"type":"image_url","image_url":{{"url":"{url}"}}}}"#)),
    ];
    for (index, image) in images.into_iter().enumerate() {
        let most = IMAGE_TOKENS + 150 + RESPONSES_TOKENS.max(COHERE_TOKENS);
        assert!((IMAGE_TOKENS..most).contains(&image), "{index}: {image}");
    }
    let pdfs = [
        responses(&format!(
            r#"{{"type":"input_file","filename":"a","file_data":"data:application/pdf;base64,{data}"}}"#
        )),
        gemini(&format!(r#"{{"inlineData":{{"mimeType":"application/pdf","data":"{data}"}}}}"#)),
        converse(&format!(r#"{{"document":{{"source":{{"bytes":"{data}"}},"name":"a","format":"pdf"}}}}"#)),
    ];
    for pdf in pdfs {
        assert!(pdf > 65_000 && pdf < 80_000, "{pdf}");
    }
    let texts = [
        gemini(&format!(r#"{{"inlineData":{{"mimeType":"text/plain","data":"{data}"}}}}"#)),
        converse(&format!(r#"{{"document":{{"format":"txt","source":{{"bytes":"{data}"}}}}}}"#)),
    ];
    for text in texts {
        assert!(text > 300_000, "{text}");
    }
}

#[test]
fn sound_films_and_what_is_elsewhere_count_by_bounds_of_their_own() {
    let data = "A".repeat(1 << 20);
    let gemini = |part: &str| {
        tokens_in(WireFormat::GeminiGenerate, &format!(r#"{{"contents":[{{"parts":[{part}]}}]}}"#))
    };
    let converse = |part: &str| {
        tokens_in(
            WireFormat::BedrockConverse,
            &format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#),
        )
    };
    let audio = gemini(&format!(r#"{{"inlineData":{{"mimeType":"audio/wav","data":"{data}"}}}}"#));
    assert!(audio > 16_000 && audio < 20_000, "{audio}");
    let video = converse(&format!(r#"{{"video":{{"format":"mp4","source":{{"bytes":"{data}"}}}}}}"#));
    assert!(video > 30_000 && video < 50_000, "{video}");
    let elsewhere = gemini(r#"{"fileData":{"mimeType":"video/mp4","fileUri":"gs://x"}}"#);
    assert!(elsewhere > VIDEO_UNKNOWN_TOKENS, "{elsewhere}");
    let stored = converse(r#"{"document":{"format":"pdf","source":{"s3Location":{"uri":"s3://x"}}}}"#);
    assert!(stored > DOCUMENT_UNKNOWN_TOKENS, "{stored}");
}

#[test]
fn what_is_stored_sealed_or_run_by_the_provider_counts() {
    let responses = |body: &str| tokens_in(WireFormat::OpenAiResponses, body);
    assert!(responses(r#"{"previous_response_id":"r"}"#) > STORED_CONTEXT_TOKENS);
    assert!(responses(r#"{"previous_response_id":null,"input":"x"}"#) < 300);
    assert!(responses(r#"{"input":[{"type":"item_reference","id":"i"}]}"#) > STORED_ITEM_TOKENS);
    assert!(responses(r#"{"input":"x","tools":[{"type":"web_search"}]}"#) > SERVER_TOOL_TOKENS);
    assert!(responses(r#"{"input":"x","tools":[{"type":"local_shell"}]}"#) < SERVER_TOOL_TOKENS);
    assert!(
        responses(r#"{"input":"x","text":{"format":{"type":"json_schema","schema":{}}}}"#) > FORMAT_TOKENS
    );
    assert!(responses(r#"{"input":"x","text":{"format":{"type":"text"}}}"#) < 300);
    let sealed = responses(&format!(
        r#"{{"input":[{{"type":"reasoning","summary":[],"encrypted_content":"{}"}}]}}"#,
        "A".repeat(4000)
    ));
    assert!((1_000..1_400).contains(&sealed), "{sealed}");
    let gemini = |body: &str| tokens_in(WireFormat::GeminiGenerate, body);
    assert!(gemini(r#"{"cachedContent":"cachedContents/1"}"#) > STORED_CONTEXT_TOKENS);
    assert!(gemini(r#"{"tools":{"google_search":{}}}"#) > SERVER_TOOL_TOKENS);
    assert!(gemini(r#"{"generationConfig":{"responseSchema":{"type":"OBJECT"}}}"#) > FORMAT_TOKENS);
    let cohere = tokens_in(WireFormat::CohereChat, &format!(r#"{{"documents":["{}"]}}"#, "a".repeat(10_000)));
    assert!(cohere > 3_000, "{cohere}");
}

#[test]
fn text_in_other_formats_cannot_pass_itself_off_as_media() {
    let text = "a".repeat(100_000);
    let cases = [
        (WireFormat::OpenAiResponses, format!(r#"{{"input":"{text}"}}"#)),
        (WireFormat::OpenAiResponses, format!(r#"{{"instructions":"{text}"}}"#)),
        (
            WireFormat::OpenAiResponses,
            format!(r#"{{"input":[{{"type":"function_call_output","output":"{text}"}}]}}"#),
        ),
        (
            WireFormat::GeminiGenerate,
            format!(
                r#"{{"contents":[{{"parts":[{{"functionCall":{{"args":{{"inlineData":{{"mimeType":"image/png","data":"{text}"}}}}}}}}]}}]}}"#
            ),
        ),
        (WireFormat::GeminiGenerate, format!(r#"{{"contents":[{{"p\u0061rts":[{{"text":"{text}"}}]}}]}}"#)),
        (
            WireFormat::BedrockConverse,
            format!(
                r#"{{"messages":[{{"content":[{{"toolUse":{{"input":{{"image":{{"source":{{"bytes":"{text}"}}}}}}}}}}]}}]}}"#
            ),
        ),
        (
            WireFormat::BedrockConverse,
            format!(r#"{{"messages":[{{"content":[{{"document":{{"source":{{"text":"{text}"}}}}}}]}}]}}"#),
        ),
    ];
    for (format, body) in cases {
        let tokens = tokens_in(format, &body);
        assert!(tokens >= 30_000, "{format:?} {tokens} for {}", &body[..60]);
    }
}

#[test]
fn nesting_without_end_is_counted_without_recursion() {
    let levels = 100;
    let gemini = format!(
        r#"{{"contents":[{{"parts":[{}{{"text":"{}"}}{}]}}]}}"#,
        r#"{"functionResponse":{"parts":["#.repeat(levels),
        "a".repeat(10_000),
        "]}}".repeat(levels)
    );
    assert!(tokens_in(WireFormat::GeminiGenerate, &gemini) > 3_000);
    let converse = format!(
        r#"{{"messages":[{{"content":[{}{{"text":"{}"}}{}]}}]}}"#,
        r#"{"toolResult":{"content":["#.repeat(levels),
        "a".repeat(10_000),
        "]}}".repeat(levels)
    );
    assert!(tokens_in(WireFormat::BedrockConverse, &converse) > 3_000);
}
