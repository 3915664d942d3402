//! Citations and log probabilities on their way through other formats and back.

use super::super::{StreamTranslator, whole};
use crate::codec::WriteContext;
use crate::frames::Framer;
use crate::sse::SseEvent;
use bytes::Bytes;
use gw_model::WireFormat::{
    self, AnthropicMessages, BedrockConverse, CohereChat, GeminiGenerate, OpenAiChat, OpenAiResponses,
};
use serde_json::{Value, json};

const TEXT: &str = "Caf\u{e9} \u{1f600} is open.";
const URL: &str = "https://e.org/page";

fn annotation() -> Value {
    json!({"type":"url_citation","url_citation":{"start_index":7,"end_index":14,"url":URL,"title":"T"}})
}

fn tokens() -> Value {
    let top = json!([{"token":"Caf\u{e9}","logprob":-0.25,"bytes":[67,97,102,195,169]},
        {"token":"Bar","logprob":-1.5,"bytes":[66,97,114]}]);
    json!([{"token":"Caf\u{e9}","logprob":-0.25,"bytes":[67,97,102,195,169],"top_logprobs":top}])
}

fn answer() -> Value {
    json!({"id":"c","model":"m","choices":[{"index":0,"finish_reason":"stop","logprobs":{"content":tokens()},
        "message":{"role":"assistant","content":TEXT,"annotations":[annotation()]}}],
        "usage":{"prompt_tokens":3,"completion_tokens":2}})
}

fn through(from: WireFormat, to: WireFormat, body: &[u8]) -> Vec<u8> {
    whole(from, to, body, &WriteContext::default()).unwrap().body
}

/// The annotation of chat that comes back; formats whose citations are for a whole block widen it.
fn expected(via: WireFormat) -> Value {
    let mut wanted = annotation();
    if matches!(via, AnthropicMessages | BedrockConverse) {
        wanted["url_citation"]["start_index"] = 0.into();
        wanted["url_citation"]["end_index"] = TEXT.chars().count().into();
    }
    if via == BedrockConverse || via == CohereChat {
        wanted["url_citation"]["title"] = "T".into();
    }
    wanted
}

#[test]
fn whole_answers_keep_their_citations() {
    for via in WireFormat::CONVERSATIONS {
        let there = match via {
            OpenAiChat => answer().to_string().into_bytes(),
            _ => through(OpenAiChat, *via, answer().to_string().as_bytes()),
        };
        if *via == OpenAiChat {
            continue;
        }
        let back: Value = serde_json::from_slice(&through(*via, OpenAiChat, &there)).unwrap();
        let choice = &back["choices"][0];
        assert_eq!(choice["message"]["content"], TEXT, "{via:?}");
        assert_eq!(choice["message"]["annotations"], json!([expected(*via)]), "{via:?}");
        let keeps = matches!(via, OpenAiResponses | GeminiGenerate);
        let wanted = if keeps { json!({"content":tokens(),"refusal":null}) } else { Value::Null };
        assert_eq!(choice["logprobs"], wanted, "{via:?}");
    }
}

/// The bytes of a stream of `from` as `to` has them.
fn streamed(from: WireFormat, to: WireFormat, bytes: &[u8]) -> Vec<u8> {
    let mut translator = StreamTranslator::new(from, to, WriteContext::default()).unwrap();
    let mut framer = Framer::new(from, 1 << 20);
    framer.push(Bytes::copy_from_slice(bytes));
    let mut out = Vec::new();
    while let Some(frame) = framer.next() {
        out.extend_from_slice(&translator.frame(&frame.unwrap()).unwrap());
    }
    out.extend_from_slice(&translator.finish().unwrap());
    out
}

#[test]
fn streams_keep_their_citations() {
    let chunk = |delta: Value, logprobs: Value, reason: Value| {
        let choice = json!({"index":0,"delta":delta,"logprobs":logprobs,"finish_reason":reason});
        format!("data: {}\n\n", json!({"id":"c","model":"m","choices":[choice]}))
    };
    let (head, tail) = TEXT.split_at("Caf\u{e9}".len());
    let stream = [
        chunk(json!({"content":head}), json!({"content":tokens()}), Value::Null),
        chunk(json!({"content":tail}), Value::Null, Value::Null),
        chunk(json!({"annotations":[annotation()]}), Value::Null, Value::Null),
        chunk(json!({}), Value::Null, "stop".into()),
        "data: [DONE]\n\n".to_owned(),
    ];
    for via in WireFormat::CONVERSATIONS.iter().filter(|via| **via != OpenAiChat) {
        let there = streamed(OpenAiChat, *via, stream.concat().as_bytes());
        let back = streamed(*via, OpenAiChat, &there);
        let mut framer = Framer::new(OpenAiChat, 1 << 20);
        framer.push(Bytes::from(back));
        let (mut text, mut annotations, mut found) = (String::new(), Vec::new(), Vec::new());
        while let Some(frame) = framer.next() {
            let Ok(chunk) = serde_json::from_slice::<Value>(frame.unwrap().data()) else { continue };
            let choice = &chunk["choices"][0];
            text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
            annotations.extend(choice["delta"]["annotations"].as_array().cloned().unwrap_or_default());
            found.extend(choice["logprobs"]["content"].as_array().cloned().unwrap_or_default());
        }
        assert_eq!(text, TEXT, "{via:?}");
        assert_eq!(annotations, [expected(*via)], "{via:?}");
        let keeps = matches!(via, OpenAiResponses | GeminiGenerate);
        assert_eq!(Value::from(found), if keeps { tokens() } else { json!([]) }, "{via:?}");
    }
}

#[test]
fn documents_are_cited_by_title_and_place() {
    let cited = json!({"id":"m","model":"c","stop_reason":"end_turn","content":[{"type":"text","text":"Yes.",
        "citations":[{"type":"page_location","cited_text":"It is.","document_index":1,"document_title":"D",
        "start_page_number":3,"end_page_number":4}]}]});
    let there = through(AnthropicMessages, BedrockConverse, cited.to_string().as_bytes());
    let back: Value = serde_json::from_slice(&through(BedrockConverse, AnthropicMessages, &there)).unwrap();
    assert_eq!(back["content"][0]["citations"], cited["content"][0]["citations"]);
    let part: Value =
        serde_json::from_slice(&through(AnthropicMessages, OpenAiResponses, cited.to_string().as_bytes()))
            .unwrap();
    let annotations = &part["output"][0]["content"][0]["annotations"];
    assert_eq!(
        *annotations,
        json!([{"type":"file_citation","file_id":"document_1","filename":"D","index":4}])
    );
}
