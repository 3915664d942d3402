//! Names of tools, in each format.
use super::*;

#[test]
fn tools_are_named_in_every_format() {
    let cases: [(WireFormat, &str, &[&str]); 8] = [
        (
            WireFormat::OpenAiChat,
            r#"{"tools":[{"type":"function","function":{"name":"get_weather"}},{"type":"custom","custom":{"name":"sql"}}],
               "functions":[{"name":"old"}],"web_search_options":{}}"#,
            &["get_weather", "sql", "old", "web_search"],
        ),
        (
            WireFormat::OpenAiChat,
            r#"{"tools":null,"web_search_options":null,"messages":[{"tools":[1]}]}"#,
            &[],
        ),
        (
            WireFormat::OpenAiResponses,
            r#"{"tools":[{"type":"function","name":"f"},{"type":"web_search_preview"},{"type":"mcp","server_label":"x"},
               {"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]}]}"#,
            &["f", "web_search_preview", "mcp", "g"],
        ),
        (
            WireFormat::AnthropicMessages,
            r#"{"tools":[{"name":"f"},{"type":"web_search_20250305","name":"web_search"}],"mcp_servers":[{"name":"x"}]}"#,
            &["f", "web_search", "mcp"],
        ),
        (
            WireFormat::GeminiGenerate,
            r#"{"tools":[{"functionDeclarations":[{"name":"f"}]},{"function_declarations":[{"name":"g"}],"googleSearch":{}}]}"#,
            &["f", "g", "googleSearch"],
        ),
        (WireFormat::GeminiGenerate, r#"{"tools":{"code_execution":{}}}"#, &["codeExecution"]),
        (
            WireFormat::BedrockConverse,
            r#"{"toolConfig":{"tools":[{"toolSpec":{"name":"f"}},{"cachePoint":{}},{"systemTool":{"name":"s"}}]}}"#,
            &["f", "s"],
        ),
        (WireFormat::OpenAiEmbeddings, r#"{"tools":[{"name":"f"}]}"#, &[]),
    ];
    for (format, body, expected) in cases {
        assert_eq!(tool_names(format, body.as_bytes()).unwrap(), expected, "{body}");
    }
    let unclear = [
        "{",
        r#"{"tools":[],"tools":[{"function":{"name":"b"}}]}"#,
        r#"{"tools":[{"function":{"name":"a","name":"b"}}]}"#,
        r#"{"tools":[{"function":{"name":"a","n\u0061me":"b"}}]}"#,
    ];
    for body in unclear {
        assert!(tool_names(WireFormat::OpenAiChat, body.as_bytes()).is_err(), "{body}");
    }
    let escaped = r#"{"tools":[{"function":{"n\u0061me":"\u0062"}}]}"#;
    assert_eq!(tool_names(WireFormat::OpenAiChat, escaped.as_bytes()).unwrap(), ["b"]);
}
