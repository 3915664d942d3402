//! Recorded exchanges of Bedrock's Converse: every request keeps its form through a round trip, every answer and
//! stream its meaning, and binary streams fall into the same messages however they are cut.
//!
//! The recordings are not part of this repository. `GATEWRIGHT_FIXTURES` names their folder; without it
//! `../shared/fixtures` next to the workspace is tried. When there is none the tests say so and pass: the samples
//! in the unit tests cover the same ground with less variety.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking and say what they skip"
)]

#[path = "translation/digest.rs"]
mod digest;

use base64::Engine as _;
use bytes::Bytes;
use digest::digest;
use gw_model::chat::ChatRequest;
use gw_model::event::Event;
use gw_wire::bedrock_converse::{errors, request, response, stream, usage};
use gw_wire::eventstream::{Decoder, HeaderValue, MAX_MESSAGE_BYTES, Message, encode};
use gw_wire::{Options, WriteContext};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Requests that cannot be read: name and why.
const UNREADABLE: &[(&str, &str)] =
    &[("pai-bedrock-model-other-parameters.json", "the recorded body lacks its last brace")];

struct Exchange {
    name: String,
    model: String,
    request: Option<Vec<u8>>,
    status: u16,
    error_type: Option<String>,
    body: Vec<u8>,
}

impl Exchange {
    fn is_stream(&self) -> bool {
        !self.body.starts_with(b"{")
    }
}

fn root() -> Option<PathBuf> {
    let named = std::env::var_os("GATEWRIGHT_FIXTURES").map(PathBuf::from);
    let root =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"));
    Some(root).filter(|root| root.join("recorded").is_dir())
}

/// Every exchange of the format. Empty, with a notice, when there are no recordings.
fn exchanges() -> Vec<Exchange> {
    let Some(root) = root() else {
        eprintln!("SKIPPED: no recorded exchanges; set GATEWRIGHT_FIXTURES to their folder");
        return Vec::new();
    };
    let mut found = Vec::new();
    for collection in ["recorded", "edge"] {
        let index = std::fs::read_to_string(root.join(collection).join("INDEX.tsv")).unwrap();
        let rows = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
        found.extend(
            rows.filter(|row| row[2] == "converse").map(|row| load(&root.join(collection).join(row[0]))),
        );
    }
    assert!(found.len() > 40, "only {} exchanges", found.len());
    found
}

fn load(path: &Path) -> Exchange {
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let bytes = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let body = &file["request"]["body"];
    let path_sent = file["request"]["path"].as_str().unwrap();
    let model = path_sent.trim_start_matches("/model/").split('/').next().unwrap().replace("%3A", ":");
    Exchange {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        model,
        request: match body.get("b64").and_then(Value::as_str) {
            Some(encoded) => Some(bytes(encoded)),
            None => (!body.is_null()).then(|| body.to_string().into_bytes()),
        },
        status: u16::try_from(file["response"]["status"].as_u64().unwrap()).unwrap(),
        error_type: file["response"]["headers"][errors::ERROR_TYPE_HEADER].as_str().map(str::to_owned),
        body: bytes(file["response"]["body_b64"].as_str().unwrap()),
    }
}

fn context() -> WriteContext {
    WriteContext { include_usage: true, ..WriteContext::default() }
}

/// The form as text, extra members in the order of their names.
fn form(mut request: ChatRequest) -> String {
    request.extra.sort_by(|a, b| a.0.cmp(&b.0));
    format!("{request:#?}")
}

#[test]
fn requests_keep_their_form() {
    let mut count = 0;
    for exchange in exchanges() {
        let Some(body) = &exchange.request else { continue };
        if let Some((_, why)) = UNREADABLE.iter().find(|(name, _)| *name == exchange.name) {
            let refusal = request::read(&exchange.model, body).map(|_| ()).unwrap_err();
            eprintln!("not read: {} ({why}): {}", exchange.name, refusal.message);
            continue;
        }
        let read = |body: &[u8]| {
            request::read(&exchange.model, body)
                .unwrap_or_else(|r| panic!("{}: {}", exchange.name, r.message))
        };
        let first = read(body);
        let written = request::write(&first, &Options::default())
            .unwrap_or_else(|r| panic!("{}: {}", exchange.name, r.message));
        assert!(written.dropped.is_empty(), "{}: {:?}", exchange.name, written.dropped);
        let second = read(&written.body);
        let (mut expected, mut found) = (form(first), form(second));
        // A budget for thinking brings the bound on output that it has to fit below.
        for form in [&mut expected, &mut found] {
            let start = form.find("max_output_tokens").unwrap();
            let end = form.find("temperature").unwrap();
            form.replace_range(start..end, "");
        }
        assert_eq!(found, expected, "{}", exchange.name);
        count += 1;
    }
    eprintln!("{count} requests");
}

#[test]
fn answers_keep_their_meaning() {
    let mut count = 0;
    for exchange in exchanges().into_iter().filter(|e| !e.is_stream() && e.status == 200) {
        let events = response::read(&exchange.body).unwrap_or_else(|e| panic!("{}: {e}", exchange.name));
        let original: Value = serde_json::from_slice(&exchange.body).unwrap();
        let expected = digest(&events);
        let total = original["usage"]["totalTokens"].as_u64().unwrap();
        assert_eq!(expected.input_tokens + expected.output_tokens, total, "{}", exchange.name);
        assert_eq!(
            usage::of_whole(&exchange.body).map(|usage| usage.total_tokens()),
            Some(total),
            "{}",
            exchange.name
        );
        let written = response::write(&events, &context());
        let again: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(again["stopReason"], original["stopReason"], "{}", exchange.name);
        assert_eq!(digest(&response::read(&written).unwrap()), expected, "{}", exchange.name);
        assert!(!expected.text.is_empty() || !expected.calls.is_empty(), "{}", exchange.name);
        count += 1;
    }
    eprintln!("{count} answers");
}

fn messages(exchange: &Exchange, size: usize) -> Vec<Message> {
    let mut decoder = Decoder::new(MAX_MESSAGE_BYTES);
    let mut messages = Vec::new();
    for piece in exchange.body.chunks(size) {
        decoder.push(Bytes::copy_from_slice(piece));
        while let Some(message) = decoder.next_message() {
            messages.push(message.unwrap_or_else(|e| panic!("{}: {e}", exchange.name)));
        }
    }
    decoder.finish().unwrap_or_else(|e| panic!("{}: {e}", exchange.name));
    messages
}

fn events(exchange: &Exchange, messages: &[Message]) -> Vec<Event> {
    let (mut reader, mut events) = (stream::Reader::new(), Vec::new());
    for message in messages {
        reader.frame(message, &mut events).unwrap_or_else(|e| panic!("{}: {e}", exchange.name));
    }
    reader.finish(&mut events).unwrap_or_else(|e| panic!("{}: {e}", exchange.name));
    events
}

#[test]
fn streams_decode_exactly() {
    let mut count = 0;
    for exchange in exchanges().into_iter().filter(Exchange::is_stream) {
        let whole = messages(&exchange, usize::MAX);
        for size in [1, 7, 100, 1460] {
            assert!(messages(&exchange, size) == whole, "{} in pieces of {size}", exchange.name);
        }
        let raw: Vec<u8> = whole.iter().flat_map(|message| message.raw.to_vec()).collect();
        assert!(raw == exchange.body, "{}", exchange.name);
        for message in &whole {
            let headers: Vec<(&str, HeaderValue<'_>)> = message.headers.iter().collect();
            let mut again = Vec::new();
            encode(&headers, &message.payload, &mut again).unwrap();
            assert!(again == message.raw, "{}", exchange.name);
        }
        count += 1;
    }
    eprintln!("{count} streams");
}

#[test]
fn streams_keep_their_meaning() {
    let mut count = 0;
    for exchange in exchanges().into_iter().filter(Exchange::is_stream) {
        let read = messages(&exchange, usize::MAX);
        let original = events(&exchange, &read);
        assert!(matches!(original.last(), Some(Event::End)), "{}", exchange.name);
        let expected = digest(&original);
        let metered: Option<u64> = read.iter().filter_map(usage::of_message).map(|u| u.total_tokens()).next();
        assert_eq!(metered.unwrap_or(0), expected.input_tokens + expected.output_tokens, "{}", exchange.name);
        let (mut writer, mut body) = (stream::Writer::new(context()), Vec::new());
        for event in &original {
            writer.event(event, &mut body).unwrap();
        }
        let written = Exchange { body, ..exchange };
        let again = events(&written, &messages(&written, usize::MAX));
        assert_eq!(digest(&again), expected, "{}", written.name);
        // The whole answer of the same events says the same.
        let whole = response::read(&response::write(&original, &context())).unwrap();
        assert_eq!(digest(&whole), expected, "{}", written.name);
        count += 1;
    }
    eprintln!("{count} streams");
}

#[test]
fn errors_are_read() {
    let mut count = 0;
    for exchange in exchanges().into_iter().filter(|e| e.status >= 400) {
        let (kind, message) = errors::read(&exchange.body, exchange.error_type.as_deref())
            .unwrap_or_else(|| panic!("{}", exchange.name));
        assert!(!message.is_empty(), "{}", exchange.name);
        let meaning = errors::meaning(&kind, &message);
        let expected =
            if exchange.status == 403 { errors::Meaning::Credential } else { errors::Meaning::Other };
        assert_eq!(meaning, expected, "{}", exchange.name);
        count += 1;
    }
    eprintln!("{count} errors");
}
