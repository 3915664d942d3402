//! Each edit alone and together; what is not edited stays byte for byte.

mod names;

use super::*;
use crate::facts;
use gw_model::WireFormat;

fn call(format: WireFormat, body: &str) -> Call {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let facts = facts::read_with_model(format, &body, 128, "path-model").unwrap();
    Call { format, body, facts, forward_headers: Vec::new() }
}

fn edited(body: &str, edits: &ForwardEdits<'_>) -> String {
    let text = String::from_utf8(forward(&call(WireFormat::OpenAiChat, body), edits).concat()).unwrap();
    let mut object = Object::parse(text.as_bytes(), 128).unwrap();
    object.members.clear();
    text
}

fn rename(pairs: &[(&str, &str)]) -> Vec<(Arc<str>, Arc<str>)> {
    pairs.iter().map(|(a, b)| (Arc::from(*a), Arc::from(*b))).collect()
}

#[test]
fn without_changes_the_bytes_are_the_callers_own() {
    let call = call(WireFormat::OpenAiChat, r#"{"model":"m","messages":[{}]}"#);
    let same = ForwardEdits { model: Some("m"), ..ForwardEdits::default() };
    for edits in [ForwardEdits::default(), same] {
        let out = forward(&call, &edits);
        assert_eq!((out.len(), out[0].as_ptr()), (1, call.body.as_ptr()));
    }
}

#[test]
fn replaces_or_adds_the_model() {
    let edits = ForwardEdits { model: Some("up\"x"), ..ForwardEdits::default() };
    assert_eq!(
        edited(r#"{"messages":[{}] , "model" : "m","x":1.0}"#, &edits),
        r#"{"messages":[{}] , "model" : "up\"x","x":1.0}"#
    );
    assert_eq!(edited(r#"{"messages":[{}]}"#, &edits), r#"{"model":"up\"x","messages":[{}]}"#);
}

#[test]
fn asks_for_usage_wherever_the_options_stand() {
    let edits = ForwardEdits { include_usage: true, ..ForwardEdits::default() };
    let cases = [
        (r#"{"messages":[{}]}"#, r#"{"stream_options":{"include_usage":true},"messages":[{}]}"#),
        (
            r#"{"stream_options":null,"messages":[{}]}"#,
            r#"{"stream_options":{"include_usage":true},"messages":[{}]}"#,
        ),
        (
            r#"{"stream_options":{ },"messages":[{}]}"#,
            r#"{"stream_options":{"include_usage":true},"messages":[{}]}"#,
        ),
        (
            r#"{"stream_options":{"a":1},"messages":[{}]}"#,
            r#"{"stream_options":{"include_usage":true,"a":1},"messages":[{}]}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":false},"messages":[{}]}"#,
            r#"{"stream_options":{"include_usage":true},"messages":[{}]}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":true},"messages":[{}]}"#,
            r#"{"stream_options":{"include_usage":true},"messages":[{}]}"#,
        ),
    ];
    for (body, want) in cases {
        assert_eq!(edited(body, &edits), want);
    }
}

#[test]
fn lowers_or_adds_the_bound() {
    let edits = ForwardEdits { max_output_tokens: Some(10), ..ForwardEdits::default() };
    let cases = [
        (r#"{"max_tokens":50,"messages":[{}]}"#, r#"{"max_tokens":10,"messages":[{}]}"#),
        (r#"{"max_tokens":5,"messages":[{}]}"#, r#"{"max_tokens":5,"messages":[{}]}"#),
        (r#"{"messages":[{}]}"#, r#"{"max_completion_tokens":10,"messages":[{}]}"#),
        (
            r#"{"max_tokens":50,"messages":[{}],"max_completion_tokens":11}"#,
            r#"{"max_tokens":10,"messages":[{}],"max_completion_tokens":10}"#,
        ),
    ];
    for (body, want) in cases {
        assert_eq!(edited(body, &edits), want);
    }
}

#[test]
fn members_that_are_null_are_replaced_not_doubled() {
    let pairs = rename(&[("max_completion_tokens", "max_tokens")]);
    let edits =
        ForwardEdits { model: Some("up"), max_output_tokens: Some(10), rename: &pairs, include_usage: true };
    assert_eq!(
        edited(r#"{"model":null,"max_tokens":null,"stream_options":null,"messages":[{}]}"#, &edits),
        r#"{"model":"up","max_tokens":10,"stream_options":{"include_usage":true},"messages":[{}]}"#
    );
    let legacy = call(WireFormat::OpenAiCompletions, r#"{"max_completion_tokens":50,"model":"m"}"#);
    let out =
        forward(&legacy, &ForwardEdits { max_output_tokens: Some(10), rename: &pairs, ..Default::default() });
    assert_eq!(out.concat(), br#"{"max_tokens":10,"model":"m"}"#);
}

#[test]
fn renames_members_and_never_makes_a_second_one() {
    let pairs = rename(&[("max_completion_tokens", "max_tokens")]);
    let edits = ForwardEdits { rename: &pairs, max_output_tokens: Some(10), ..ForwardEdits::default() };
    let cases = [
        (r#"{"max_completion_tokens":50,"messages":[{}]}"#, r#"{"max_tokens":10,"messages":[{}]}"#),
        (r#"{"messages":[{}]}"#, r#"{"max_tokens":10,"messages":[{}]}"#),
        (
            r#"{"max_completion_tokens":50, "max_tokens":7,"messages":[{}]}"#,
            r#"{"max_tokens":7,"messages":[{}]}"#,
        ),
        (
            r#"{"max_tokens":7,"messages":[{}],"max_completion_tokens":5}"#,
            r#"{"max_tokens":7,"messages":[{}]}"#,
        ),
    ];
    for (body, want) in cases {
        assert_eq!(edited(body, &edits), want);
    }
}

#[test]
fn edits_go_together() {
    let pairs = rename(&[("user", "end_user")]);
    let edits =
        ForwardEdits { model: Some("up"), include_usage: true, max_output_tokens: Some(4), rename: &pairs };
    assert_eq!(
        edited(r#"{ "model":"m","user":"u","stream":true,"messages":[{}]}"#, &edits),
        r#"{"stream_options":{"include_usage":true},"max_completion_tokens":4, "model":"up","end_user":"u","stream":true,"messages":[{}]}"#
    );
}

fn edited_in(format: WireFormat, body: &str, edits: &ForwardEdits<'_>) -> String {
    let text = String::from_utf8(forward(&call(format, body), edits).concat()).unwrap();
    Object::parse(text.as_bytes(), 128).unwrap();
    text
}

#[test]
fn responses_and_cohere_have_model_and_bound_in_the_body() {
    let edits = ForwardEdits {
        model: Some("up"),
        include_usage: true,
        max_output_tokens: Some(10),
        ..ForwardEdits::default()
    };
    let responses = WireFormat::OpenAiResponses;
    assert_eq!(
        edited_in(responses, r#"{"model":"m", "max_output_tokens":50,"input":"x"}"#, &edits),
        r#"{"model":"up", "max_output_tokens":10,"input":"x"}"#
    );
    assert_eq!(
        edited_in(responses, r#"{"model":"m","input":"x","stream_options":{}}"#, &edits),
        r#"{"max_output_tokens":10,"model":"up","input":"x","stream_options":{}}"#
    );
    assert_eq!(
        edited_in(responses, r#"{"model":"m","input":"x","max_output_tokens":null}"#, &edits),
        r#"{"model":"up","input":"x","max_output_tokens":10}"#
    );
    assert_eq!(
        edited_in(WireFormat::CohereChat, r#"{"max_tokens":50,"messages":[{}],"model":"m"}"#, &edits),
        r#"{"max_tokens":10,"messages":[{}],"model":"up"}"#
    );
}

#[test]
fn bounds_of_gemini_are_lowered_or_added_in_place() {
    let edits = ForwardEdits {
        model: Some("up"),
        include_usage: true,
        max_output_tokens: Some(10),
        ..ForwardEdits::default()
    };
    let gemini = WireFormat::GeminiGenerate;
    let cases = [
        (
            gemini,
            r#"{ "contents":[{}],"generationConfig":{"topP":1.0, "maxOutputTokens": 50 }}"#,
            r#"{ "contents":[{}],"generationConfig":{"topP":1.0, "maxOutputTokens": 10 }}"#,
        ),
        (
            gemini,
            r#"{"contents":[{}],"generation_config":{"max_output_tokens":"50"}}"#,
            r#"{"contents":[{}],"generation_config":{"max_output_tokens":10}}"#,
        ),
        (
            gemini,
            r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":9}}"#,
            r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":9}}"#,
        ),
        (
            gemini,
            r#"{"contents":[{}],"generation_config":{"top_p":1}}"#,
            r#"{"contents":[{}],"generation_config":{"maxOutputTokens":10,"top_p":1}}"#,
        ),
        (
            gemini,
            r#"{"contents":[{}],"generationConfig":{ }}"#,
            r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":10 }}"#,
        ),
        (
            gemini,
            r#"{"contents":[{}],"generationConfig":null}"#,
            r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":10}}"#,
        ),
        (gemini, r#"{"contents":[{}]}"#, r#"{"generationConfig":{"maxOutputTokens":10},"contents":[{}]}"#),
        (
            gemini,
            r#"{"generationConfig":{"maxOutputTokens":null},"model":"models/other","contents":[{}]}"#,
            r#"{"generationConfig":{"maxOutputTokens":10},"contents":[{}]}"#,
        ),
        (
            gemini,
            r#"{"model":"models/other","contents":[{}]}"#,
            r#"{"generationConfig":{"maxOutputTokens":10},"contents":[{}]}"#,
        ),
    ];
    for (format, body, want) in cases {
        assert_eq!(edited_in(format, body, &edits), want, "{body}");
    }
    let same = ForwardEdits { model: Some("up"), include_usage: true, ..ForwardEdits::default() };
    let untouched = call(gemini, r#"{"contents":[{}]}"#);
    assert_eq!(forward(&untouched, &same)[0].as_ptr(), untouched.body.as_ptr());
}

#[test]
fn bounds_of_converse_are_lowered_or_added_in_place() {
    let edits = ForwardEdits {
        model: Some("up"),
        include_usage: true,
        max_output_tokens: Some(10),
        ..ForwardEdits::default()
    };
    let converse = WireFormat::BedrockConverse;
    let cases = [
        (
            converse,
            r#"{"messages":[{}],"inferenceConfig":{"maxTokens":50}}"#,
            r#"{"messages":[{}],"inferenceConfig":{"maxTokens":10}}"#,
        ),
        (
            converse,
            r#"{"messages":[{}],"inferenceConfig":{"temperature":0}}"#,
            r#"{"messages":[{}],"inferenceConfig":{"maxTokens":10,"temperature":0}}"#,
        ),
        (converse, r#"{"messages":[{}]}"#, r#"{"inferenceConfig":{"maxTokens":10},"messages":[{}]}"#),
        (
            converse,
            r#"{"messages":[{}],"additionalModelRequestFields":{"max_tokens":99,"max_gen_len":"x"}}"#,
            r#"{"inferenceConfig":{"maxTokens":10},"messages":[{}],"additionalModelRequestFields":{"max_tokens":10,"max_gen_len":"x"}}"#,
        ),
    ];
    for (format, body, want) in cases {
        assert_eq!(edited_in(format, body, &edits), want, "{body}");
    }
}

#[test]
fn a_form_gets_its_model_and_nothing_else() {
    let field = |name: &str, value: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let (model, file) = (field("model", "up/whisper"), field("file", "\0\u{1}binary"));
    let edited = |body: &str, path: Option<&str>, edits: &ForwardEdits<'_>| {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let kind = Some(&b"multipart/form-data; boundary=XX"[..]);
        let format = WireFormat::OpenAiTranscriptions;
        let facts = facts::read_typed(format, &body, kind, 128, path).unwrap();
        let call = Call { format, body, facts, forward_headers: Vec::new() };
        String::from_utf8(forward(&call, edits).concat()).unwrap()
    };
    let renamed =
        ForwardEdits { model: Some("whisper-1"), max_output_tokens: Some(1), ..ForwardEdits::default() };
    let body = format!("{file}{model}--XX--\r\n");
    let wanted = format!("{file}{}--XX--\r\n", field("model", "whisper-1"));
    assert_eq!(edited(&body, None, &renamed), wanted);
    assert_eq!(edited(&body, None, &ForwardEdits::default()), body);
    let named = ForwardEdits { model: Some("up/whisper"), ..ForwardEdits::default() };
    assert_eq!(edited(&body, None, &named), body);
    let bare = format!("{file}--XX--");
    assert_eq!(edited(&bare, Some("dep"), &renamed), format!("{}{bare}", field("model", "whisper-1")));
}
