//! How answers and streams end: completely, with an error, or cut.

use crate::codec::{WireError, WriteContext};
use crate::frames::{Frame, Framer};
use crate::sse;
use crate::translate::{StreamTranslator, error_events, whole};
use bytes::Bytes;
use gw_model::WireFormat::{
    self, AnthropicMessages, BedrockConverse, CohereChat, GeminiGenerate, OpenAiChat, OpenAiCompletions,
    OpenAiEmbeddings, OpenAiResponses,
};
use gw_model::refusal::{ErrorCode, Refusal};
use serde_json::{Value, json};

fn context() -> WriteContext {
    WriteContext {
        fallback_id: "id".to_owned(),
        fallback_model: "m".to_owned(),
        created: 1,
        include_usage: false,
        ..WriteContext::default()
    }
}

fn frame(data: &str) -> Frame {
    Frame::Sse(sse::Frame::parse(Bytes::from(format!("data: {data}\n\n"))))
}

#[test]
fn a_translator_tells_what_passed() {
    let mut translator = StreamTranslator::new(OpenAiChat, AnthropicMessages, context()).unwrap();
    let chunk =
        json!({"id":"c","model":"gpt","choices":[{"index":0,"delta":{"content":"hello"}}]}).to_string();
    let last = json!({"id":"c","model":"gpt","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":3,"completion_tokens":2}})
    .to_string();
    assert!(!translator.frame(&frame(&chunk)).unwrap().is_empty());
    assert!(
        translator
            .frame(&Frame::Sse(sse::Frame::parse(Bytes::from_static(b": comment\n\n"))))
            .unwrap()
            .is_empty()
    );
    assert_eq!((translator.model(), translator.output_bytes(), translator.finished()), ("gpt", 5, false));
    assert!(matches!(translator.finish(), Err(WireError::Cut)));

    let mut translator = StreamTranslator::new(OpenAiChat, AnthropicMessages, context()).unwrap();
    translator.frame(&frame(&chunk)).unwrap();
    translator.frame(&frame(&last)).unwrap();
    // No `[DONE]`, but the answer is complete.
    let end = translator.finish().unwrap();
    assert!(end.ends_with(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
    assert_eq!(translator.usage().map(|usage| usage.total_tokens()), Some(5));
    assert!(translator.finished() && translator.finish().unwrap().is_empty());
}

#[test]
fn an_upstream_error_reaches_the_caller_in_its_format() {
    let mut translator = StreamTranslator::new(AnthropicMessages, OpenAiChat, context()).unwrap();
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#;
    let out = translator.frame(&frame(error)).unwrap();
    let data: Value = serde_json::from_slice(out.strip_prefix(b"data: ").unwrap()).unwrap();
    assert_eq!(data["error"]["message"], "busy");
    assert_eq!(translator.error(), Some("busy"));
    assert!(translator.finish().unwrap().is_empty() && !translator.finished());
}

#[test]
fn our_own_errors_are_events_of_the_format() {
    let refusal = Refusal::new(ErrorCode::UpstreamError, "gone");
    let anthropic = error_events(AnthropicMessages, &refusal);
    assert!(
        anthropic.starts_with(b"event: error\ndata: {\"type\":\"error\"") && anthropic.ends_with(b"\n\n")
    );
    let openai = error_events(OpenAiChat, &refusal);
    assert!(openai.starts_with(b"data: {\"error\":") && openai.ends_with(b"\n\n"));
}

#[test]
fn damaged_answers_are_errors() {
    let formats = [
        OpenAiChat,
        OpenAiCompletions,
        OpenAiResponses,
        AnthropicMessages,
        GeminiGenerate,
        BedrockConverse,
        CohereChat,
    ];
    for from in formats {
        for body in ["", "[]", "{\"content\":", "null", "\u{0}"] {
            assert!(whole(from, AnthropicMessages, body.as_bytes(), &context()).is_err(), "{from:?} {body}");
        }
    }
    assert!(whole(OpenAiEmbeddings, OpenAiChat, b"{}", &context()).is_err());
    assert!(StreamTranslator::new(OpenAiEmbeddings, OpenAiChat, context()).is_err());
    assert!(StreamTranslator::new(OpenAiChat, OpenAiEmbeddings, context()).is_err());
}

#[test]
fn a_failure_in_the_place_of_an_answer_is_an_error() {
    let failed = json!({"id":"resp_1","object":"response","model":"m","status":"failed","output":[],
        "error":{"code":"server_error","message":"gone"}});
    let refused = json!({"error":{"type":"overloaded_error","message":"busy"}});
    for to in WireFormat::CONVERSATIONS {
        let error = whole(OpenAiResponses, *to, failed.to_string().as_bytes(), &context()).unwrap_err();
        let WireError::Reported { message, .. } = error else { panic!("{error:?}") };
        assert_eq!(message, "gone");
        assert!(whole(OpenAiChat, *to, refused.to_string().as_bytes(), &context()).is_err());
        let failed = br#"{"id":"c","finish_reason":"ERROR","message":{"role":"assistant","content":[]}}"#;
        assert!(whole(CohereChat, *to, failed, &context()).is_err());
    }
}

/// The names of a stream's frames, or their data where they have none.
fn ending(format: WireFormat, stream: &[u8]) -> Vec<String> {
    let mut framer = Framer::new(format, 1 << 16);
    framer.push(Bytes::copy_from_slice(stream));
    let mut out = Vec::new();
    while let Some(frame) = framer.next() {
        let frame = frame.unwrap();
        let name = sse::SseEvent::event(&frame).map(str::to_owned);
        out.push(name.unwrap_or_else(|| String::from_utf8_lossy(sse::SseEvent::data(&frame)).into_owned()));
    }
    out
}

#[test]
fn the_gateway_ends_a_stream_with_an_error_of_its_format_and_once() {
    let refusal = Refusal::new(ErrorCode::UpstreamError, "gone");
    let start =
        json!({"id":"c","model":"gpt","choices":[{"index":0,"delta":{"content":"hello"}}]}).to_string();
    for to in WireFormat::CONVERSATIONS {
        let mut translator = StreamTranslator::new(OpenAiChat, *to, context()).unwrap();
        let mut out = translator.frame(&frame(&start)).unwrap().to_vec();
        let before = ending(*to, &out).len();
        translator.fail(&refusal, &mut out);
        let all = ending(*to, &out);
        let (length, last) = (out.len(), all.last().unwrap());
        let wanted = match to {
            OpenAiChat | GeminiGenerate => "gone",
            OpenAiResponses => "response.failed",
            AnthropicMessages => "error",
            BedrockConverse => "modelStreamErrorException",
            _ => "",
        };
        assert!(all.len() > before && last.contains(wanted), "{to:?}: {all:?}");
        assert!(String::from_utf8_lossy(&out).contains("gone"), "{to:?}");
        translator.fail(&refusal, &mut out);
        assert_eq!((out.len(), translator.finish().unwrap().len()), (length, 0), "{to:?}");
        assert!(!translator.finished());
    }
}

#[test]
fn a_complete_stream_cannot_fail() {
    let whole = json!({"id":"c","model":"gpt","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]});
    let mut translator = StreamTranslator::new(OpenAiChat, CohereChat, context()).unwrap();
    translator.frame(&frame(&whole.to_string())).unwrap();
    translator.finish().unwrap();
    let mut out = Vec::new();
    translator.fail(&Refusal::new(ErrorCode::Internal, "late"), &mut out);
    assert!(translator.finished() && out.is_empty());
}

#[test]
fn an_error_before_anything_else_ends_a_json_array() {
    let context = WriteContext { json_array: true, ..context() };
    let mut translator = StreamTranslator::new(OpenAiChat, GeminiGenerate, context).unwrap();
    let mut out = Vec::new();
    translator.fail(&Refusal::new(ErrorCode::UpstreamTimeout, "late"), &mut out);
    let array: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(array[0]["error"]["message"], "late");
}
