//! Recorded exchanges of OpenAI's formats, from many providers: every request can be read, every answer metered
//! and carried through events, and streams fall into the same events however they are cut.
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
use gw_model::{Event, Usage, WireFormat};
use gw_wire::sse::{FrameVerdict, Framer};
use gw_wire::usage::StreamMeter;
use gw_wire::{Options, WriteContext, errors, facts, openai_chat, usage};
use serde_json::Value;
use std::path::{Path, PathBuf};

struct Exchange {
    path: String,
    request: Value,
    status: u16,
    body: Vec<u8>,
    is_stream: bool,
}

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("GATEWRIGHT_FIXTURES").map(PathBuf::from);
    let folder =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"));
    Some(folder.join("recorded")).filter(|f| f.is_dir())
}

/// Exchanges of one wire format. Empty, with a notice, when there are no recordings.
fn exchanges(format: &str) -> Vec<Exchange> {
    let Some(folder) = folder() else {
        eprintln!("SKIPPED: no recorded exchanges; set GATEWRIGHT_FIXTURES to their folder");
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).unwrap();
    let rows = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter(|row| row[2] == format).map(|row| load(&folder, row[0])).collect()
}

fn load(folder: &Path, path: &str) -> Exchange {
    let text = std::fs::read_to_string(folder.join(path)).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let body = base64(file["response"]["body_b64"].as_str().unwrap());
    Exchange {
        path: path.to_owned(),
        request: file["request"]["body"].clone(),
        status: u16::try_from(file["response"]["status"].as_u64().unwrap()).unwrap(),
        is_stream: !body.trim_ascii_start().starts_with(b"{") && !body.trim_ascii_start().starts_with(b"["),
        body,
    }
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut out, mut bits, mut count) = (Vec::with_capacity(text.len()), 0u32, 0);
    for value in text.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

fn context() -> WriteContext {
    WriteContext { include_usage: true, ..WriteContext::default() }
}

/// An answer without what only the writer adds.
fn folded(events: &[Event]) -> Value {
    serde_json::from_slice(&openai_chat::response::write(events, &context())).unwrap()
}

/// Frames of a stream that comes in pieces of `size` bytes: data of each, metered; and all bytes forwarded.
fn stream_events(exchange: &Exchange, size: usize) -> (Vec<Event>, StreamMeter, Vec<u8>) {
    let mut framer = Framer::new(8 << 20);
    let mut meter = StreamMeter::new(WireFormat::OpenAiChat).check_syntax(true);
    let (mut reader, mut events, mut forwarded) =
        (openai_chat::stream::Reader::new(), Vec::new(), Vec::new());
    let mut take = |frame: gw_wire::sse::Frame| {
        assert_eq!(meter.frame(&frame), FrameVerdict::Forward);
        forwarded.extend_from_slice(&frame.raw);
        reader.frame(frame.data(), &mut events).unwrap_or_else(|e| panic!("{}: {e}", exchange.path));
    };
    for piece in exchange.body.chunks(size) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(frame) = framer.next() {
            take(frame.unwrap());
        }
    }
    framer.finish().into_iter().for_each(&mut take);
    reader.finish(&mut events).unwrap_or_else(|e| panic!("{}: {e}", exchange.path));
    (events, meter, forwarded)
}

#[test]
fn chat_requests_are_read_and_written_back() {
    let mut count = 0;
    for exchange in exchanges("chat") {
        if exchange.request.get("messages").is_none() {
            continue;
        }
        let body = Bytes::from(exchange.request.to_string());
        let facts = facts::read(WireFormat::OpenAiChat, &body, 128)
            .unwrap_or_else(|r| panic!("{}: {}", exchange.path, r.message));
        assert_eq!(Some(facts.model.as_str()), exchange.request["model"].as_str(), "{}", exchange.path);
        assert!(facts.input_tokens > 0);
        let first =
            openai_chat::request::read(&body).unwrap_or_else(|r| panic!("{}: {}", exchange.path, r.message));
        let Ok(written) = openai_chat::request::write(&first, &Options::default()) else { continue };
        let second = openai_chat::request::read(&written.body)
            .unwrap_or_else(|r| panic!("{}: {}", exchange.path, r.message));
        let again = openai_chat::request::write(&second, &Options::default()).unwrap();
        assert!(again.body == written.body, "{}", exchange.path);
        let value: Value = serde_json::from_slice(&written.body).unwrap();
        let wanted = exchange.request["messages"].as_array().unwrap().len();
        let got = value["messages"].as_array().unwrap().len();
        assert!(got <= wanted && got + 3 >= wanted, "{}: {got} of {wanted} messages", exchange.path);
        count += 1;
    }
    eprintln!("{count} requests");
}

#[test]
fn whole_chat_answers_are_metered_and_carried() {
    let mut count = 0;
    for exchange in exchanges("chat").into_iter().filter(|e| !e.is_stream && e.status == 200) {
        let original: Value = serde_json::from_slice(&exchange.body).unwrap();
        let metered = usage::from_whole(WireFormat::OpenAiChat, &exchange.body);
        let events =
            openai_chat::response::read(&exchange.body).unwrap_or_else(|e| panic!("{}: {e}", exchange.path));
        let again = folded(&events);
        let stated = &original["usage"]["prompt_tokens"];
        assert_eq!(metered.map(|u| u.input_tokens), stated.as_u64(), "{}", exchange.path);
        if let Some(completion) = original["usage"]["completion_tokens"].as_u64() {
            assert!(metered.unwrap().output_tokens >= completion, "{}", exchange.path);
        }
        for (choice, original) in
            again["choices"].as_array().unwrap().iter().zip(original["choices"].as_array().unwrap())
        {
            let (ours, theirs) = (&choice["message"], &original["message"]);
            if let Some(text) = theirs["content"].as_str() {
                assert_eq!(ours["content"].as_str().unwrap_or_default(), text, "{}", exchange.path);
            }
            let calls = |m: &Value| m["tool_calls"].as_array().map_or(0, Vec::len);
            assert_eq!(calls(ours), calls(theirs), "{}", exchange.path);
        }
        let twice = openai_chat::response::read(again.to_string().as_bytes()).unwrap();
        assert_eq!(folded(&twice), again, "{}", exchange.path);
        count += 1;
    }
    eprintln!("{count} answers");
}

#[test]
fn chat_streams_give_the_same_events_however_they_are_cut() {
    let mut count = 0;
    for exchange in exchanges("chat").into_iter().filter(|e| e.is_stream && e.status == 200) {
        let (events, meter, forwarded) = stream_events(&exchange, usize::MAX);
        assert!(forwarded == exchange.body, "{}", exchange.path);
        for size in [1, 7, 100, 1460] {
            let (cut, cut_meter, forwarded) = stream_events(&exchange, size);
            assert_eq!(cut, events, "{} in pieces of {size}", exchange.path);
            assert_eq!(cut_meter.usage(), meter.usage(), "{}", exchange.path);
            assert!(forwarded == exchange.body, "{}", exchange.path);
        }
        let last = events.last();
        assert!(matches!(last, Some(Event::End | Event::Error { .. })), "{}: {last:?}", exchange.path);
        let mut seen: Option<Usage> = None;
        for event in &events {
            if let Event::Usage(usage) = event {
                seen.get_or_insert_default().merge(usage);
            }
        }
        if let (Some(seen), Some(metered)) = (seen, meter.usage()) {
            assert_eq!(seen, metered, "{}", exchange.path);
            let estimate = meter.estimated_output_tokens();
            assert!(
                estimate * 8 + 400 >= metered.output_tokens - metered.reasoning_tokens,
                "{}: {estimate}",
                exchange.path
            );
        }
        written_back(&exchange, &events);
        count += 1;
    }
    eprintln!("{count} streams");
}

/// Events written as a stream read back as the same answer.
fn written_back(exchange: &Exchange, events: &[Event]) {
    if matches!(events.last(), Some(Event::Error { .. })) {
        return;
    }
    let (mut writer, mut out) = (openai_chat::stream::Writer::new(context()), Vec::new());
    for event in events {
        writer.event(event, &mut out).unwrap();
    }
    let written = Exchange {
        path: exchange.path.clone(),
        request: Value::Null,
        status: 200,
        body: out,
        is_stream: true,
    };
    let (again, ..) = stream_events(&written, usize::MAX);
    assert_eq!(folded(&again), folded(events), "{}", exchange.path);
}

#[test]
fn errors_and_embeddings_are_read() {
    for exchange in exchanges("chat").into_iter().filter(|e| e.status >= 400) {
        assert!(errors::message(WireFormat::OpenAiChat, &exchange.body).is_some(), "{}", exchange.path);
    }
    let openai = |e: &Exchange| e.path.starts_with("openai/") || e.path.starts_with("azure/");
    for exchange in exchanges("embeddings").into_iter().filter(openai).filter(|e| e.status == 200) {
        let body = Bytes::from(exchange.request.to_string());
        // Azure names the model in the path.
        let facts = facts::read_with_model(WireFormat::OpenAiEmbeddings, &body, 128, "m").unwrap();
        let usage = usage::from_whole(WireFormat::OpenAiEmbeddings, &exchange.body).unwrap();
        assert!(usage.input_tokens > 0 && facts.input_tokens >= usage.input_tokens, "{}", exchange.path);
    }
}
