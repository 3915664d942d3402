//! Recorded exchanges of Cohere chat, of embeddings and of reranking, from several providers: every request is
//! read and keeps its form, every answer means the same when it was read and written, whole or in pieces.
//!
//! The recordings are not part of this repository. `GATEWRIGHT_FIXTURES` names their folder; without it
//! `../shared/fixtures` next to the workspace is tried. When there is none the tests say so and pass: the samples
//! in the unit tests cover the same ground with less variety.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking and say what they skip"
)]

use bytes::Bytes;
use gw_model::chat::{ChatRequest, Part, PartKind};
use gw_model::{Event, FinishReason, Usage};
use gw_wire::cohere_chat::{errors, request, response, stream};
use gw_wire::embeddings::{self, Vector};
use gw_wire::sse::Framer;
use gw_wire::{Options, WriteContext, rerank};
use serde_json::Value;
use std::path::{Path, PathBuf};

struct Exchange {
    path: String,
    request: Value,
    status: u16,
    body: Vec<u8>,
    is_stream: bool,
}

/// Exchanges of one format. Empty, with a notice, when there are no recordings.
fn exchanges(format: &str) -> Vec<Exchange> {
    let named = std::env::var_os("GATEWRIGHT_FIXTURES").map(PathBuf::from);
    let root =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"));
    let mut found = Vec::new();
    for folder in ["recorded", "edge"].map(|name| root.join(name)) {
        let Ok(index) = std::fs::read_to_string(folder.join("INDEX.tsv")) else {
            eprintln!("SKIPPED: no recorded exchanges; set GATEWRIGHT_FIXTURES to their folder");
            continue;
        };
        let rows = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
        found.extend(rows.filter(|row| row[2] == format).map(|row| load(&folder, row[0])));
    }
    found
}

fn load(folder: &Path, path: &str) -> Exchange {
    let file: Value = serde_json::from_str(&std::fs::read_to_string(folder.join(path)).unwrap()).unwrap();
    let body = base64(file["response"]["body_b64"].as_str().unwrap());
    Exchange {
        path: path.to_owned(),
        request: file["request"]["body"].clone(),
        status: u16::try_from(file["response"]["status"].as_u64().unwrap()).unwrap(),
        is_stream: body.starts_with(b"event:") || body.starts_with(b"data:"),
        body,
    }
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn context() -> WriteContext {
    WriteContext { include_usage: true, ..WriteContext::default() }
}

/// What an answer means.
#[derive(Debug, Default, PartialEq)]
struct Digest {
    text: String,
    thinking: String,
    calls: Vec<(String, String, Value)>,
    citations: usize,
    finish: Option<FinishReason>,
    usage: Usage,
    has_end: bool,
}

fn digest(events: &[Event]) -> Digest {
    let mut digest = Digest::default();
    let mut calls: Vec<(u32, String, String, String)> = Vec::new();
    for event in events {
        match event {
            Event::Text { text, .. } => digest.text.push_str(text),
            Event::Thinking { text, .. } => digest.thinking.push_str(text),
            Event::ToolStart { block, id, name, .. } => {
                calls.push((*block, id.clone(), name.clone(), String::new()));
            }
            Event::ToolArguments { block, json, .. } => {
                calls.iter_mut().find(|call| call.0 == *block).unwrap().3.push_str(json);
            }
            Event::Citation { .. } => digest.citations += 1,
            Event::Finish { reason, .. } => digest.finish = Some(reason.clone()),
            Event::Usage(usage) => digest.usage.merge(usage),
            Event::Error { kind, message } => panic!("{kind}: {message}"),
            Event::End => digest.has_end = true,
            _ => {}
        }
    }
    for (_, id, name, json) in calls {
        let json = if json.is_empty() { "{}" } else { json.as_str() };
        let arguments: Value = serde_json::from_str(json).unwrap();
        assert!(arguments.is_object(), "{json}");
        digest.calls.push((id, name, arguments));
    }
    digest
}

/// Events of a stream that comes in pieces of `size` bytes.
fn stream_events(path: &str, body: &[u8], size: usize) -> Vec<Event> {
    let (mut framer, mut reader, mut events) = (Framer::new(8 << 20), stream::Reader::new(), Vec::new());
    let mut take = |frame: gw_wire::sse::Frame| {
        reader.frame(frame.data(), &mut events).unwrap_or_else(|e| panic!("{path}: {e}"));
    };
    for piece in body.chunks(size) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(frame) = framer.next() {
            take(frame.unwrap());
        }
    }
    framer.finish().into_iter().for_each(&mut take);
    reader.finish(&mut events).unwrap_or_else(|e| panic!("{path}: {e}"));
    events
}

fn write_stream(events: &[Event]) -> Vec<u8> {
    let (mut writer, mut out) = (stream::Writer::new(context()), Vec::new());
    events.iter().for_each(|event| writer.event(event, &mut out).unwrap());
    assert!(writer.ended());
    out
}

/// The parts of a request, as text, whatever order members stand in.
fn form(request: &ChatRequest) -> String {
    let parts = |parts: &[Part]| parts.iter().map(|part| format!("{:?}", part.kind)).collect::<Vec<_>>();
    let turns: Vec<_> = request.messages.iter().map(|m| (m.role, parts(&m.parts))).collect();
    format!(
        "{} {:?} {turns:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {:?} {:?}",
        request.model,
        parts(&request.system),
        request.tools,
        request.tool_choice,
        request.max_output_tokens,
        request.temperature,
        request.stop,
        request.response_format,
        request.stream,
        request.reasoning,
        request.extra
    )
}

#[test]
fn chat_requests_keep_their_form() {
    let mut count = 0;
    for exchange in exchanges("cohere_chat").iter().filter(|e| e.request.is_object()) {
        let body = exchange.request.to_string();
        let first =
            request::read(body.as_bytes()).unwrap_or_else(|r| panic!("{}: {}", exchange.path, r.message));
        let written = request::write(&first, &Options::default())
            .unwrap_or_else(|r| panic!("{}: {}", exchange.path, r.message));
        assert!(written.dropped.is_empty(), "{}: {:?}", exchange.path, written.dropped);
        let second = request::read(&written.body).unwrap();
        assert_eq!(form(&second), form(&first), "{}", exchange.path);
        let value: Value = serde_json::from_slice(&written.body).unwrap();
        let wanted = exchange.request["messages"].as_array().unwrap().len();
        assert_eq!(value["messages"].as_array().unwrap().len(), wanted, "{}", exchange.path);
        let results = first.messages.iter().flat_map(|m| &m.parts);
        let results = results.filter(|part| matches!(part.kind, PartKind::ToolResult { .. })).count();
        let tools = exchange.request["messages"].as_array().unwrap().iter().filter(|m| m["role"] == "tool");
        assert_eq!(results, tools.count(), "{}", exchange.path);
        count += 1;
    }
    eprintln!("{count} requests");
}

#[test]
fn whole_chat_answers_mean_the_same() {
    let mut count = 0;
    for exchange in exchanges("cohere_chat").iter().filter(|e| !e.is_stream && e.status == 200) {
        let events = response::read(&exchange.body).unwrap_or_else(|e| panic!("{}: {e}", exchange.path));
        let found = digest(&events);
        let original: Value = serde_json::from_slice(&exchange.body).unwrap();
        let tokens = &original["usage"]["tokens"];
        assert_eq!(Some(found.usage.output_tokens), tokens["output_tokens"].as_u64(), "{}", exchange.path);
        assert!(found.usage.input_tokens >= tokens["input_tokens"].as_u64().unwrap(), "{}", exchange.path);
        let size = |name: &str| original["message"][name].as_array().map_or(0, Vec::len);
        assert_eq!((found.calls.len(), found.citations), (size("tool_calls"), size("citations")));
        let again = response::read(&response::write(&events, &context())).unwrap();
        assert_eq!(digest(&again), found, "{}", exchange.path);
        let streamed = stream_events(&exchange.path, &write_stream(&events), usize::MAX);
        assert_eq!(digest(&streamed), found, "{}", exchange.path);
        count += 1;
    }
    eprintln!("{count} answers");
}

#[test]
fn chat_streams_mean_the_same_however_they_are_cut() {
    let mut count = 0;
    for exchange in exchanges("cohere_chat").iter().filter(|e| e.is_stream && e.status == 200) {
        let events = stream_events(&exchange.path, &exchange.body, usize::MAX);
        for size in [1, 7, 100, 1460] {
            assert_eq!(stream_events(&exchange.path, &exchange.body, size), events, "{}", exchange.path);
        }
        let found = digest(&events);
        assert!(found.has_end && found.finish.is_some(), "{}", exchange.path);
        assert!(found.usage.total_tokens() > 0, "{}", exchange.path);
        let again = stream_events(&exchange.path, &write_stream(&events), usize::MAX);
        assert_eq!(digest(&again), found, "{}", exchange.path);
        let whole = response::read(&response::write(&events, &context())).unwrap();
        assert_eq!(digest(&whole), found, "{}", exchange.path);
        count += 1;
    }
    eprintln!("{count} streams");
}

#[test]
fn chat_streams_that_are_cut_off_are_not_complete() {
    for exchange in exchanges("cohere_chat").iter().filter(|e| e.is_stream && e.status == 200) {
        let end = exchange.body.windows(18).position(|found| found == b"event: message-end").unwrap();
        let (mut framer, mut reader) = (Framer::new(8 << 20), stream::Reader::new());
        framer.push(Bytes::copy_from_slice(&exchange.body[..end]));
        let mut events = Vec::new();
        while let Some(frame) = framer.next() {
            reader.frame(frame.unwrap().data(), &mut events).unwrap();
        }
        assert!(reader.finish(&mut events).is_err(), "{}", exchange.path);
    }
}

#[test]
fn errors_are_read() {
    for exchange in exchanges("cohere_chat").iter().filter(|e| e.status >= 400) {
        let reported = errors::read(&exchange.body).unwrap();
        assert!(!reported.message.is_empty());
        let is_too_long = exchange.path.contains("context-length");
        assert_eq!(reported.trouble == errors::Trouble::ContextLength, is_too_long, "{}", exchange.path);
    }
}

/// The dialect of a recorded exchange; `None` for formats that are not of this codec.
fn embeddings_dialect(path: &str) -> Option<embeddings::Dialect> {
    match path.split('/').next().unwrap() {
        "google" => None,
        "cohere" => Some(embeddings::Dialect::Cohere),
        "voyage" => Some(embeddings::Dialect::Voyage),
        _ => Some(embeddings::Dialect::OpenAi),
    }
}

/// A request for as many vectors as an answer has, for answers whose request was not recorded.
fn asked_for(dialect: embeddings::Dialect, exchange: &Exchange) -> embeddings::Request {
    if exchange.request.is_object() {
        let body = exchange.request.to_string();
        return embeddings::request::read(dialect, body.as_bytes())
            .unwrap_or_else(|r| panic!("{}: {}", exchange.path, r.message));
    }
    let body = serde_json::json!({"model":"m","input":["a","b"]});
    embeddings::request::read(embeddings::Dialect::OpenAi, body.to_string().as_bytes()).unwrap()
}

#[test]
fn embeddings_go_through_every_dialect() {
    use embeddings::{Dialect, answer, request};
    // One byte for each number in base64, which OpenAI's dialect has no word for: it passes between callers and
    // targets of that dialect, and is refused, not misread, on the way to another.
    const NOT_FLOATS: &str = "perplexity/";
    let mut count = 0;
    for exchange in exchanges("embeddings") {
        let Some(dialect) = embeddings_dialect(&exchange.path) else { continue };
        let asked = asked_for(dialect, &exchange);
        let again = request::write(dialect, &asked, &Options::default()).unwrap();
        if exchange.request.is_object() {
            assert_eq!(request::read(dialect, &again.body).unwrap().input, asked.input, "{}", exchange.path);
        }
        if exchange.status != 200 {
            continue;
        }
        let found = answer::read(dialect, &exchange.body, &asked)
            .unwrap_or_else(|e| panic!("{}: {e}", exchange.path));
        if exchange.path.starts_with(NOT_FLOATS) {
            assert!(answer::write(Dialect::OpenAi, &found, &asked, &context()).is_err());
            continue;
        }
        assert!(found.usage.is_some_and(|usage| usage.input_tokens > 0), "{}", exchange.path);
        let wanted = floats(&found);
        assert!(wanted.iter().all(|vector| vector.len() >= 5), "{}", exchange.path);
        for to in [Dialect::OpenAi, Dialect::Cohere, Dialect::Voyage] {
            for base64 in [false, true] {
                let mut request = asked.clone();
                request.encodings = vec![embeddings::Encoding { base64, ..Default::default() }];
                let written = answer::write(to, &found, &request, &context()).unwrap();
                let back = answer::read(to, &written, &request).unwrap();
                assert_eq!(floats(&back), wanted, "{} to {to:?}", exchange.path);
                assert_eq!(back.usage.unwrap().input_tokens, found.usage.unwrap().input_tokens);
            }
        }
        count += 1;
    }
    eprintln!("{count} answers");
}

/// The bits of the vectors as 32-bit floats, read in a way of its own.
fn floats(answer: &embeddings::Answer<'_>) -> Vec<Vec<u32>> {
    let bits = |vector: &Vector<'_>| -> Vec<u32> {
        match vector {
            Vector::Numbers(text) => {
                serde_json::from_str::<Vec<f32>>(text).unwrap().into_iter().map(f32::to_bits).collect()
            }
            Vector::Base64(text) => {
                base64(text).chunks(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect()
            }
        }
    };
    answer.sets[0].vectors.iter().map(bits).collect()
}

#[test]
fn reranking_goes_through_every_dialect() {
    use rerank::{Dialect, answer, request};
    const ALL: [Dialect; 5] =
        [Dialect::Cohere, Dialect::Jina, Dialect::Voyage, Dialect::Together, Dialect::Bedrock];
    let mut count = 0;
    for exchange in exchanges("rerank") {
        let found = answer::read(&exchange.body).unwrap_or_else(|e| panic!("{}: {e}", exchange.path));
        assert!(!found.results.is_empty(), "{}", exchange.path);
        let stated = found.units.search_units.is_some() || found.units.tokens.is_some();
        assert!(stated || exchange.path.starts_with("bedrock/"), "{}", exchange.path);
        let asked = match &exchange.request {
            Value::Object(_) => {
                let body = exchange.request.to_string();
                request::read(Dialect::Cohere, body.as_bytes()).unwrap()
            }
            _ => rerank::Request::default(),
        };
        for to in ALL {
            let written = answer::write(to, &found, &asked, &context());
            assert_eq!(answer::read(&written).unwrap().results, found.results, "{} to {to:?}", exchange.path);
            if !asked.documents.is_empty() {
                let there = request::write(to, &asked, &Options::default()).unwrap();
                let back = request::read(to, &there.body).unwrap();
                assert_eq!((back.documents.len(), back.query), (asked.documents.len(), asked.query.clone()));
            }
        }
        count += 1;
    }
    eprintln!("{count} answers");
}
