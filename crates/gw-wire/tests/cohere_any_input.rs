//! No input makes the codecs of Cohere chat, embeddings and reranking panic, and what they write is JSON.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use gw_model::Event;
use gw_wire::cohere_chat::{errors, request, response, stream};
use gw_wire::{Options, WriteContext, embeddings, rerank};
use proptest::prelude::*;
use serde_json::Value;

const CHAT: &str = r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]},{"role":"assistant","tool_plan":"p","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":[{"type":"document","document":{"data":{"a":1}}}]}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"thinking":{"type":"enabled","token_budget":5},"k":3,"p":2}"#;
const ANSWER: &str = r#"{"id":"a","message":{"role":"assistant","tool_plan":"p","content":[{"type":"text","text":"x"}],"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}],"citations":[{"start":0,"end":1,"sources":[],"content_index":4294967295}]},"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1e300,"output_tokens":-1},"cached_tokens":5}}"#;
const FRAMES: &[&str] = &[
    r#"{"type":"message-start","id":"a","delta":{"message":{"role":"assistant","content":[]}}}"#,
    r#"{"type":"content-delta","index":4294967295,"delta":{"message":{"content":{"text":"x","thinking":"y"}}}}"#,
    r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"1","function":{"name":"f","arguments":"{"}}}}}"#,
    r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"}"}}}}}"#,
    r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":1,"sources":[]}}}}"#,
    r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1}}}}"#,
];
const EMBED: &str = r#"{"model":"m","texts":["a"],"input":["a"],"inputs":[{"content":[{"type":"text","text":"a"}]}],"embedding_types":["float","base64","int8"],"output_dtype":"int8","dimensions":2}"#;
const EMBEDDED: &str = r#"{"id":"a","data":[{"index":0,"embedding":[1.5,-2e3]}],"embeddings":{"float":[[1]],"base64":["AACAPw=="],"int8":[[1]]},"meta":{"billed_units":{"input_tokens":1}},"usage":{"total_tokens":1}}"#;
const RANK: &str = r#"{"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":2,"queries":[{"textQuery":{"text":"q"}}],"sources":[{"inlineDocumentSource":{"jsonDocument":{"a":1}}}]}"#;
const RANKED: &str = r#"{"id":"a","results":[{"index":4294967295,"relevance_score":1e-300}],"meta":{"billed_units":{"search_units":1}}}"#;

/// A text with one stretch replaced.
fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let length = text.len();
    (
        0..length,
        0..24_usize,
        proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b'{'), Just(b'['), Just(b'0'), any::<u8>()],
            0..6,
        ),
    )
        .prop_map(move |(at, cut, piece)| {
            let mut bytes = text.as_bytes().to_vec();
            let end = (at + cut).min(length);
            bytes.splice(at..end, piece);
            bytes
        })
}

fn is_json(bytes: &[u8]) {
    serde_json::from_slice::<Value>(bytes).unwrap();
}

fn chat(data: &[u8]) {
    if let Ok(read) = request::read(data)
        && let Ok(written) = request::write(&read, &Options::default())
    {
        is_json(&written.body);
    }
    if let Ok(events) = response::read(data) {
        is_json(&response::write(&events, &WriteContext::default()));
        streamed(&events);
    }
    let _reported = errors::read(data);
}

fn streamed(events: &[Event]) {
    let (mut writer, mut out) = (stream::Writer::new(WriteContext::default()), Vec::new());
    events.iter().for_each(|event| writer.event(event, &mut out).unwrap());
    for line in out.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data: ")) {
        if line != b"[DONE]" {
            is_json(line);
        }
    }
}

fn vectors_and_ranks(data: &[u8]) {
    use embeddings::Dialect as D;
    let context = WriteContext::default();
    let asked =
        embeddings::request::read(D::Cohere, EMBED.replace(r#""texts":["a"],"#, "").as_bytes()).unwrap();
    for from in [D::OpenAi, D::Cohere, D::Voyage] {
        let read = embeddings::request::read(from, data);
        for to in [D::OpenAi, D::Cohere, D::Voyage] {
            if let Ok(read) = &read
                && let Ok(written) = embeddings::request::write(to, read, &Options::default())
            {
                is_json(&written.body);
            }
            if let Ok(answer) = embeddings::answer::read(from, data, &asked)
                && let Ok(written) = embeddings::answer::write(to, &answer, &asked, &context)
            {
                is_json(&written);
            }
        }
    }
    use rerank::Dialect as R;
    for dialect in [R::Cohere, R::Jina, R::Voyage, R::Together, R::Bedrock] {
        let read = rerank::request::read(dialect, data);
        if let Ok(read) = &read {
            is_json(&rerank::request::write(dialect, read, &Options::default()).unwrap().body);
        }
        if let Ok(answer) = rerank::answer::read(data) {
            is_json(&rerank::answer::write(dialect, &answer, &read.unwrap_or_default(), &context));
        }
    }
}

proptest! {
    #[test]
    fn bodies(data in prop_oneof![mutated(CHAT), mutated(ANSWER), mutated(EMBED), mutated(EMBEDDED), mutated(RANK), mutated(RANKED), proptest::collection::vec(any::<u8>(), 0..64)]) {
        chat(&data);
        vectors_and_ranks(&data);
    }

    #[test]
    fn frames(at in 0..FRAMES.len(), data in prop_oneof![mutated(FRAMES[1]), mutated(FRAMES[2]), mutated(FRAMES[4]), mutated(FRAMES[5])]) {
        let (mut reader, mut events) = (stream::Reader::new(), Vec::new());
        for (index, frame) in FRAMES.iter().enumerate() {
            let frame = if index == at { data.as_slice() } else { frame.as_bytes() };
            if reader.frame(frame, &mut events).is_err() {
                break;
            }
        }
        let _end = reader.finish(&mut events);
        streamed(&events);
    }
}

#[test]
fn the_samples_are_read() {
    request::read(CHAT.as_bytes()).unwrap();
    chat(CHAT.as_bytes());
    response::read(ANSWER.as_bytes()).unwrap();
    chat(ANSWER.as_bytes());
    for text in [EMBED, EMBEDDED, RANK, RANKED] {
        vectors_and_ranks(text.as_bytes());
    }
}
