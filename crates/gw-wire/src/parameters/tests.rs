//! What requests of each format have, and what becomes of them.
use super::*;
use serde_json::json;

fn keys(format: WireFormat, body: &Value) -> Vec<String> {
    let mut keys: Vec<String> =
        given(format, body.to_string().as_bytes()).unwrap().into_iter().map(|one| one.key).collect();
    keys.sort();
    keys
}

/// The request with these; the same where nothing is changed.
fn made(format: WireFormat, body: &Value, defaults: &Value, forced: &Value) -> Value {
    let of = |map: &Value, is_forced| {
        let list = map.as_object().unwrap().clone().into_iter();
        list.map(move |(name, value)| (name, value, is_forced)).collect::<Vec<_>>()
    };
    let all = [of(forced, true), of(defaults, false)].concat();
    let wishes: Vec<Wish<'_>> =
        all.iter().map(|(name, value, is_forced)| Wish { name, value, is_forced: *is_forced }).collect();
    match with(format, body.to_string().as_bytes(), &wishes).unwrap() {
        Some(changed) => {
            let changed: Value = serde_json::from_slice(&changed).unwrap();
            assert_ne!(changed, *body, "said to be changed");
            let again = with(format, changed.to_string().as_bytes(), &wishes).unwrap();
            assert_eq!(again, None, "it has them all by then: {changed}");
            changed
        }
        None => body.clone(),
    }
}

#[test]
fn every_format_has_its_parameters_under_one_name() {
    use WireFormat::{
        AnthropicMessages, BedrockConverse, CohereChat, GeminiGenerate, OpenAiChat, OpenAiResponses,
    };
    let chat = json!({"model": "m", "messages": [], "stream": true, "max_completion_tokens": 1, "Temperature": 1,
        "seed": null, "reasoning_effort": "low"});
    assert_eq!(keys(OpenAiChat, &chat), ["maxtokens", "reasoningeffort", "temperature"]);
    let responses = json!({"model": "m", "input": "x", "instructions": "y", "max_output_tokens": 1,
        "reasoning": {"effort": "low"}, "text": {}});
    assert_eq!(keys(OpenAiResponses, &responses), ["maxtokens", "reasoningeffort", "responseformat"]);
    let messages = json!({"model": "m", "system": "s", "messages": [], "max_tokens": 1, "stop_sequences": ["a"],
        "thinking": {}});
    assert_eq!(keys(AnthropicMessages, &messages), ["maxtokens", "reasoningeffort", "stop"]);
    let gemini = json!({"contents": [], "system_instruction": {}, "toolConfig": {},
        "generation_config": {"topP": 1, "_top_k": 2, "maxOutputTokens": null, "thinkingConfig": {}}});
    assert_eq!(keys(GeminiGenerate, &gemini), ["reasoningeffort", "toolchoice", "topk", "topp"]);
    let converse = json!({"messages": [], "inferenceConfig": {"maxTokens": 1}, "additionalModelRequestFields": {"top_k": 1}});
    assert_eq!(keys(BedrockConverse, &converse), ["maxtokens", "topk"]);
    assert_eq!(keys(CohereChat, &json!({"model": "m", "messages": [], "p": 1, "k": 2})), ["topk", "topp"]);
}

#[test]
fn defaults_stand_where_nothing_is_said() {
    let defaults = json!({"temperature": 0.2, "max_tokens": 10, "stop": "x"});
    for (format, body, expected) in [
        (
            WireFormat::OpenAiChat,
            json!({"model": "m", "max_tokens": 5, "temperature": null}),
            json!({"model": "m", "max_tokens": 5, "temperature": 0.2, "stop": "x"}),
        ),
        (
            WireFormat::OpenAiChat,
            json!({}),
            json!({"temperature": 0.2, "max_completion_tokens": 10, "stop": "x"}),
        ),
        (
            WireFormat::AnthropicMessages,
            json!({"max_tokens": 5}),
            json!({"max_tokens": 5, "temperature": 0.2, "stop_sequences": ["x"]}),
        ),
        (
            WireFormat::GeminiGenerate,
            json!({"contents": [], "generation_config": {"temperature": 1, "stop_sequences": []}}),
            json!({"contents": [], "generation_config": {"temperature": 1, "stop_sequences": [], "maxOutputTokens": 10}}),
        ),
        (
            WireFormat::GeminiGenerate,
            json!({"generationConfig": null}),
            json!({"generationConfig": {"temperature": 0.2, "maxOutputTokens": 10, "stopSequences": ["x"]}}),
        ),
        (
            WireFormat::BedrockConverse,
            json!({"additionalModelRequestFields": {"max_tokens": 7}}),
            json!({"additionalModelRequestFields": {"max_tokens": 7},
                "inferenceConfig": {"temperature": 0.2, "stopSequences": ["x"]}}),
        ),
        (
            WireFormat::OpenAiResponses,
            json!({"input": "a"}),
            json!({"input": "a", "temperature": 0.2, "max_output_tokens": 10}),
        ),
        (WireFormat::OpenAiEmbeddings, json!({"input": "a"}), json!({"input": "a"})),
    ] {
        assert_eq!(made(format, &body, &defaults, &json!({})), expected, "{format:?}");
    }
}

#[test]
fn what_is_forced_holds_whatever_is_said() {
    let forced = json!({"temperature": 0, "max_tokens": 10, "reasoning_effort": "low"});
    for (format, body, expected) in [
        (
            WireFormat::OpenAiChat,
            json!({"temperature": 1, "max_tokens": 5, "max_completion_tokens": 6, "reasoning": {"effort": "high"}}),
            json!({"temperature": 0, "max_tokens": 10, "max_completion_tokens": 10, "reasoning_effort": "low"}),
        ),
        (
            WireFormat::OpenAiResponses,
            json!({"reasoning": {"effort": "high", "summary": "auto"}, "temperature": 0.0, "max_output_tokens": 10}),
            json!({"reasoning": {"effort": "low", "summary": "auto"}, "temperature": 0.0, "max_output_tokens": 10}),
        ),
        (
            WireFormat::AnthropicMessages,
            json!({"max_tokens": 99, "thinking": {"type": "enabled"}}),
            json!({"max_tokens": 10, "temperature": 0}),
        ),
        (
            WireFormat::GeminiGenerate,
            json!({"generationConfig": {"temperature": 1, "thinkingConfig": {}}, "generation_config": "x"}),
            json!({"generationConfig": {"temperature": 0, "maxOutputTokens": 10}}),
        ),
    ] {
        assert_eq!(made(format, &body, &json!({}), &forced), expected, "{format:?}");
    }
    let body = json!({"temperature": 0, "max_tokens": 10}).to_string();
    let wish = |name, value| Wish { name, value, is_forced: true };
    let (zero, ten) = (json!(0), json!(10));
    let same = [wish("temperature", &zero), wish("maxTokens", &ten)];
    assert_eq!(first_other(WireFormat::AnthropicMessages, body.as_bytes(), &same).unwrap(), None);
    let other = [wish("temperature", &zero), wish("top_p", &ten)];
    assert_eq!(first_other(WireFormat::AnthropicMessages, body.as_bytes(), &other).unwrap(), Some("top_p"));
}

#[test]
fn other_values_stay_as_they_are_written() {
    let body = br#" { "model" : "m\u00e9" , "messages":[ {"a":1.50} ], "temperature": 1e0 } "#;
    let wish = Wish { name: "temperature", value: &json!(0.5), is_forced: true };
    let changed = with(WireFormat::OpenAiChat, body, &[wish]).unwrap().unwrap();
    let text = String::from_utf8(changed).unwrap();
    assert_eq!(text, r#"{"model":"m\u00e9","messages":[ {"a":1.50} ],"temperature":0.5}"#);
}

#[test]
fn forms_say_what_they_have() {
    let body = b"--b\r\nContent-Disposition: form-data; name=\"temperature\"\r\n\r\n0.5\r\n--b\r\n\
                 Content-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n";
    let found = given_in_form(body, b"multipart/form-data; boundary=b").unwrap();
    let temperature = Given { name: "temperature".to_owned(), key: "temperature".to_owned() };
    assert_eq!(found, [(temperature, "0.5".to_owned())]);
    assert_eq!(given_in_form(body, b"application/json"), None);
}
