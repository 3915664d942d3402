//! Tests of where texts stand.

use super::{Ended, Text, Written, answer, event, request};
use gw_model::WireFormat;
use gw_model::guardrail::Speaker;

fn shown(body: &str, texts: &[Text]) -> Vec<(String, Speaker)> {
    texts.iter().map(|text| (body[text.span.start..text.span.end].to_owned(), text.speaker)).collect()
}

#[test]
fn all_that_is_said_in_a_request_is_found_with_its_speaker() {
    let body = r#"{"model":"m","messages":[{"content":"sys","role":"system"},{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c","content":"out"}],
        "tools":[{"type":"function","function":{"name":"f","description":"does f","parameters":{"type":"object","properties":{"a":{"type":"string","description":"an a"}}}}}],"user":"u@example.com"}"#;
    let texts = request(body.as_bytes()).unwrap();
    let want = [
        ("\"sys\"", Speaker::System),
        ("\"hi\"", Speaker::User),
        (r#""{\"a\":1}""#, Speaker::ToolCall),
        ("\"out\"", Speaker::Tool),
        ("\"does f\"", Speaker::Definition),
        ("\"an a\"", Speaker::Definition),
        ("\"u@example.com\"", Speaker::User),
    ];
    let want: Vec<_> = want.map(|(text, speaker)| (text.to_owned(), speaker)).into();
    assert_eq!(shown(body, &texts), want);
    assert_eq!(texts[2].written, Written::Json);
}

#[test]
fn what_tools_are_given_is_text_with_its_names_and_numbers() {
    let body = r#"{"content":[{"type":"tool_use","id":"t","name":"pay","input":{"a@b.example":4111111111111111,"type":"x y"}},{"type":"text","text":"done"}],"id":"msg_1","stop_reason":"end_turn"}"#;
    let texts = shown(body, &answer(body.as_bytes()).unwrap());
    let texts: Vec<&str> = texts.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, ["\"a@b.example\"", "4111111111111111", "\"type\"", "\"x y\"", "\"done\""]);
}

#[test]
fn pieces_of_one_text_have_one_channel_and_others_have_others() {
    let chat = |body: &str| event(WireFormat::OpenAiChat, None, body.as_bytes());
    let one = chat(r#"{"id":"c","choices":[{"index":0,"delta":{"content":"He"}}]}"#);
    let two = chat(r#"{"id":"c","choices":[{"delta":{"content":"llo"},"index":0,"finish_reason":null}]}"#);
    let other = chat(r#"{"id":"c","choices":[{"index":1,"delta":{"content":"Ho"}}]}"#);
    let tool = chat(
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a"}}]}}]}"#,
    );
    let tool_two = chat(
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\"a"}}]}}]}"#,
    );
    let end = chat(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#);
    let channel = |found: &super::EventTexts| found.texts[0].channel.unwrap();
    assert_eq!(channel(&one), channel(&two));
    for (one, other) in [(&one, &other), (&one, &tool), (&tool, &tool_two)] {
        assert_ne!(channel(one).id, channel(other).id);
    }
    assert_eq!(tool.texts[0].written, Written::Json);
    // Some servers say so in every event.
    assert_eq!(end.ended, Ended::None);
    assert_ne!(channel(&other).group, channel(&one).group);
    let unnumbered = chat(r#"{"id":"c","choices":[{"delta":{"content":"llo"}}]}"#);
    assert_eq!(channel(&one), channel(&unnumbered));
    // Signs of life, marks, and what has the name of another format's event.
    for (name, data) in
        [(None, "[DONE]"), (None, ""), (None, " "), (Some("ping"), ""), (Some("metadata"), "{}")]
    {
        assert_eq!(
            event(WireFormat::OpenAiChat, name, data.as_bytes()).ended,
            Ended::None,
            "{name:?} {data}"
        );
    }
    let delta = br#"{"type":"message_delta","delta":{"stop_reason":null}}"#;
    assert_eq!(event(WireFormat::AnthropicMessages, Some("message_delta"), delta).ended, Ended::None);
}

#[test]
fn blocks_end_where_their_formats_say() {
    let frames = [
        (
            WireFormat::AnthropicMessages,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"x"}}"#,
            r#"{"type":"content_block_stop","index":1}"#,
        ),
        (
            WireFormat::OpenAiResponses,
            r#"{"type":"response.output_text.delta","output_index":1,"item_id":"i","content_index":0,"delta":"x"}"#,
            r#"{"type":"response.output_text.done","output_index":1,"item_id":"i","content_index":0,"text":"x"}"#,
        ),
        (
            WireFormat::CohereChat,
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"x"}}}}"#,
            r#"{"type":"content-end","index":0}"#,
        ),
    ];
    for (format, piece, end) in frames {
        let piece = event(format, None, piece.as_bytes());
        let [text] = piece.texts[..] else { panic!("{format:?}: {piece:?}") };
        let channel = text.channel.expect("a piece");
        assert_eq!(event(format, None, end.as_bytes()).ended, Ended::Group(channel.group), "{format:?}");
    }
    let piece = event(
        WireFormat::BedrockConverse,
        Some("contentBlockDelta"),
        br#"{"contentBlockIndex":2,"delta":{"text":"x"}}"#,
    );
    let end = event(WireFormat::BedrockConverse, Some("contentBlockStop"), br#"{"contentBlockIndex":2}"#);
    assert_eq!(end.ended, Ended::Group(piece.texts[0].channel.unwrap().group));
}

#[test]
fn what_callers_name_is_text_whatever_it_is_called() {
    let body = r#"{"metadata":{"id":"x y"},"tools":[{"name":"f","parameters":{"properties":{"name":{"type":"string","description":"d"},"format":{"enum":["e"]}},"required":["name"]}}],"usage":{"n":1,"l":[1]},"documents":[{"id":"d1","data":{"text":"t"}}],"messages":[{"role":"user","name":"n"}]}"#;
    let texts = shown(body, &request(body.as_bytes()).unwrap());
    let texts: Vec<&str> = texts.iter().map(|(text, _)| text.trim_matches('"')).collect();
    assert_eq!(texts, ["id", "x y", "d", "e", "text", "t", "n"]);
    let media = r#"{"content":[{"source":{"type":"base64","media_type":"image/png","data":"iVBO\/w0="}},{"inlineData":{"mimeType":"a/b","data":"AAAA"}},{"image_url":"data:image/png;base64,AAAA"},{"signature":"AbC+/="}],"data":[{"embedding":[0.1,0.2]},{"embedding":"AAAA"}]}"#;
    assert_eq!(request(media.as_bytes()).unwrap(), []);
    let text = r#"{"content":[{"source":{"type":"text","media_type":"text/plain","data":"AAAA"}},{"text":"data:image/png;base64,AAAA"}]}"#;
    assert_eq!(request(text.as_bytes()).unwrap().len(), 2);
}

#[test]
fn nobody_says_another_thing_of_who_speaks_within_a_turn() {
    let speakers = |body: &str| -> Vec<Speaker> {
        request(body.as_bytes()).unwrap().iter().map(|text| text.speaker).collect()
    };
    let user = r#"{"role":"assistant","messages":[{"role":"user","content":[{"type":"reasoning","text":"a"},{"role":"system","text":"b"},{"type":"tool_result","content":"c"}],"tool_calls":[{"x":"d"}]},{"type":"reasoning","text":"e"}]}"#;
    use Speaker::{Assistant, Tool, User};
    assert_eq!(speakers(user), [User, User, Tool, User, Assistant]);
    for twice in
        [r#"{"m":[{"role":"user","role":"system"}]}"#, r#"{"m":[{"role":"user","r\u006fle":"system"}]}"#]
    {
        assert!(request(twice.as_bytes()).is_err(), "{twice}");
    }
}

#[test]
fn what_tools_are_called_with_is_told_apart_in_answers() {
    use Speaker::{Assistant, ToolCall, User};
    let of = |texts: &[Text]| texts.iter().map(|text| text.speaker).collect::<Vec<_>>();
    for (body, want) in [
        (
            r#"{"choices":[{"message":{"content":"a","tool_calls":[{"function":{"name":"f","arguments":"{\"b\":1}"}}]}}]}"#,
            &[Assistant, ToolCall][..],
        ),
        (
            r#"{"choices":[{"message":{"content":"a","function_call":{"name":"f","arguments":"{}b"}}}]}"#,
            &[Assistant, ToolCall],
        ),
        (
            r#"{"content":[{"type":"text","text":"a"},{"type":"tool_use","name":"f","input":{"b":"c"}}]}"#,
            &[Assistant, ToolCall, ToolCall],
        ),
        (
            r#"{"content":[{"type":"server_tool_use","name":"f","input":{"b":"c"}},{"type":"text","text":"a"}]}"#,
            &[ToolCall, ToolCall, Assistant],
        ),
        (
            r#"{"output":[{"type":"function_call","arguments":"{}a"},{"type":"custom_tool_call","input":"b c"},{"type":"message","content":[{"type":"output_text","text":"d"}]}]}"#,
            &[ToolCall, ToolCall, Assistant],
        ),
        (
            r#"{"output":[{"type":"mcp_call","arguments":"{}a","output":"what it gave"}]}"#,
            &[ToolCall, Assistant],
        ),
        (
            r#"{"candidates":[{"content":{"parts":[{"text":"a"},{"functionCall":{"name":"f","args":{"b":"c"}}}]}}]}"#,
            &[Assistant, ToolCall, ToolCall],
        ),
        (
            r#"{"output":{"message":{"content":[{"toolUse":{"name":"f","input":{"b":"c"}}},{"text":"a"}]}}}"#,
            &[ToolCall, ToolCall, Assistant],
        ),
        (
            r#"{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{}a"}}],"tool_plan":"I b"}}"#,
            &[ToolCall, Assistant],
        ),
    ] {
        assert_eq!(of(&answer(body.as_bytes()).unwrap()), want, "{body}");
    }
    // Whoever has the turn has what stands in it.
    let user = r#"{"messages":[{"role":"user","content":[{"type":"tool_use","input":{"b":"c"}}],"tool_calls":[{"function":{"arguments":"{}a"}}]}]}"#;
    assert_eq!(of(&request(user.as_bytes()).unwrap()), [User, User, User]);
}

#[test]
fn what_a_tool_is_called_with_and_what_it_returned_are_told_apart_in_requests_and_within_one_object() {
    use Speaker::{Assistant, Tool, ToolCall};
    let of = |texts: &[Text]| texts.iter().map(|text| text.speaker).collect::<Vec<_>>();
    for (body, want) in [
        (r#"{"output":[{"type":"local_shell_call","action":{"env":{"output":"rm x"}}}]}"#, &[ToolCall][..]),
        (
            r#"{"choices":[{"message":{"tool_calls":[{"function":{"arguments":{"output":"rm x"}}}]}}]}"#,
            &[ToolCall; 2],
        ),
        (
            r#"{"candidates":[{"content":{"parts":[{"executable_code":{"code":"a b"}},{"toolCall":{"args":{"b":"c"}}}]}}]}"#,
            &[ToolCall; 3],
        ),
    ] {
        assert_eq!(of(&answer(body.as_bytes()).unwrap()), want, "{body}");
    }
    for (item, want) in [
        (r#"{"type":"mcp_call","arguments":"{}a","output":"what it gave"}"#, &[ToolCall, Tool][..]),
        (r#"{"type":"mcp_approval_request","arguments":"{}a"}"#, &[ToolCall]),
        (r#"{"type":"local_shell_call","action":{"command":["rm x"]}}"#, &[ToolCall]),
        (r#"{"type":"apply_patch_call","operation":{"diff":"a b"}}"#, &[ToolCall]),
        (r#"{"type":"code_interpreter_call","code":"a b","outputs":[{"logs":"c d"}]}"#, &[ToolCall, Tool]),
        (r#"{"type":"file_search_call","queries":["a b"],"results":[{"text":"c d"}]}"#, &[ToolCall, Tool]),
        (r#"{"type":"shell_call_output","output":[{"stdout":"a b"}]}"#, &[Tool]),
        (r#"{"type":"computer_call_output","output":{"text":"a b"}}"#, &[Tool]),
        (r#"{"type":"reasoning","summary":[{"text":"a b"}]}"#, &[Assistant]),
    ] {
        let body = format!(r#"{{"input":[{item}]}}"#);
        assert_eq!(of(&request(body.as_bytes()).unwrap()), want, "{body}");
    }
    for kind in ["web_fetch", "code_execution", "bash_code_execution", "text_editor_code_execution", "mcp"] {
        let body = format!(
            r#"{{"messages":[{{"role":"assistant","content":[{{"type":"server_tool_use","input":{{"b":"c"}}}},{{"type":"{kind}_tool_result","content":"a page"}}]}}]}}"#
        );
        assert_eq!(of(&request(body.as_bytes()).unwrap()), [ToolCall, ToolCall, Tool], "{body}");
    }
}

#[test]
fn what_a_tool_returned_is_said_wherever_it_stands_and_a_schema_is_none_of_a_call() {
    for (item, want) in [
        (
            r#"{"type":"web_fetch_tool_result","content":{"type":"web_fetch_result","content":{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a page"}}}}"#,
            "\"a page\"",
        ),
        (r#"{"type":"bash_code_execution_tool_result","content":{"stdout":"a page"}}"#, "\"a page\""),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"assistant","content":[{item}]}}]}}"#);
        let texts = request(body.as_bytes()).unwrap();
        let said: Vec<_> = texts.iter().filter(|text| text.is_prose).collect();
        assert_eq!(said.len(), 1, "{body}: {texts:?}");
        assert_eq!((&body[said[0].span.start..said[0].span.end], said[0].speaker), (want, Speaker::Tool));
    }
    let body = r#"{"tools":[{"type":"function","function":{"name":"call","parameters":{"type":"object","properties":{"arguments":{"type":"object","description":"what for"}}}}}]}"#;
    let texts = shown(body, &request(body.as_bytes()).unwrap());
    assert_eq!(texts, [("\"what for\"".to_owned(), Speaker::Definition)]);
}

#[test]
fn what_tools_are_called_with_is_told_apart_in_events() {
    use Speaker::{Assistant, ToolCall};
    for (format, data, want) in [
        (
            WireFormat::OpenAiChat,
            r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{a"}}]}}]}"#,
            ToolCall,
        ),
        (WireFormat::OpenAiChat, r#"{"choices":[{"delta":{"content":"{a"}}]}"#, Assistant),
        (
            WireFormat::AnthropicMessages,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{a"}}"#,
            ToolCall,
        ),
        (
            WireFormat::AnthropicMessages,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"a"}}"#,
            Assistant,
        ),
        (
            WireFormat::OpenAiResponses,
            r#"{"type":"response.function_call_arguments.delta","item_id":"i","delta":"{a"}"#,
            ToolCall,
        ),
        (
            WireFormat::OpenAiResponses,
            r#"{"type":"response.custom_tool_call_input.delta","item_id":"i","delta":"a b"}"#,
            ToolCall,
        ),
        (
            WireFormat::OpenAiResponses,
            r#"{"type":"response.output_text.delta","item_id":"i","delta":"a"}"#,
            Assistant,
        ),
        (
            WireFormat::GeminiGenerate,
            r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"b":"c d"}}}]}}]}"#,
            ToolCall,
        ),
        (
            WireFormat::BedrockConverse,
            r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{a"}}}"#,
            ToolCall,
        ),
        (
            WireFormat::CohereChat,
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{a"}}}}}"#,
            ToolCall,
        ),
    ] {
        let name = (format == WireFormat::BedrockConverse).then_some("contentBlockDelta");
        let found = event(format, name, data.as_bytes());
        assert_eq!(found.texts.last().map(|text| text.speaker), Some(want), "{data}");
    }
}
