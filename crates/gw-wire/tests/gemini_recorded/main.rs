//! Recorded exchanges of Gemini's format: every request is read and keeps its meaning when it is written and read
//! again; every answer, whole or streamed, is read, however it is cut, and keeps its meaning when it is written
//! and read again.
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

mod digest;
mod fixtures;

use bytes::Bytes;
use digest::{Digest, digest};
use fixtures::{Exchange, exchanges};
use gw_model::Event;
use gw_wire::gemini::stream::{Framing, Reader, Writer};
use gw_wire::gemini::{count_tokens, errors, request, response, usage};
use gw_wire::sse::Framer;
use gw_wire::{Options, WireError, WriteContext};
use serde_json::Value;

fn context() -> WriteContext {
    WriteContext {
        // Ids of calls are made from it where the upstream gave none.
        fallback_id: String::new(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

/// Events of a stream that arrives in pieces of `size` bytes.
fn read_stream(body: &[u8], size: usize) -> Result<Vec<Event>, WireError> {
    let (mut framer, mut reader, mut events) = (Framer::new(8 << 20), Reader::new(), Vec::new());
    for piece in body.chunks(size) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(frame) = framer.next() {
            reader.frame(frame.unwrap().data(), &mut events)?;
        }
    }
    if let Some(frame) = framer.finish() {
        reader.frame(frame.data(), &mut events)?;
    }
    reader.finish(&mut events)?;
    Ok(events)
}

fn write_stream(events: &[Event], framing: Framing) -> Vec<u8> {
    let (mut writer, mut out) = (Writer::framed(context(), framing), Vec::new());
    events.iter().for_each(|event| writer.event(event, &mut out).unwrap());
    out
}

fn same(name: &str, understood: &Digest, said: &Digest) {
    assert_eq!(understood, said, "{name}");
}

#[test]
fn requests_keep_their_meaning() {
    let mut count = 0;
    for exchange in exchanges("generate_content") {
        let Some(body) = &exchange.request else { continue };
        let (name, model) = (&exchange.name, exchange.model());
        let read = |body: &[u8]| {
            request::read(model, body, false).unwrap_or_else(|r| panic!("{name}: {}", r.message))
        };
        let first = read(body.as_bytes());
        let written =
            request::write(&first, &Options::default()).unwrap_or_else(|r| panic!("{name}: {}", r.message));
        let second = read(&written.body);
        assert_eq!(fixtures::form(first), fixtures::form(second), "{name}");
        // What was there is there: texts, calls, results and media, in order.
        let original: Value = serde_json::from_str(body).unwrap();
        let again: Value = serde_json::from_slice(&written.body).unwrap();
        assert_eq!(fixtures::gist(&again), fixtures::gist(&original), "{name}");
        assert_eq!(written.dropped, Vec::<String>::new(), "{name}");
        count += 1;
    }
    eprintln!("{count} requests");
}

#[test]
fn whole_answers_keep_their_meaning() {
    let mut count = 0;
    let is_whole = |e: &Exchange| !e.is_stream() && e.status == 200;
    for exchange in exchanges("generate_content").into_iter().filter(is_whole) {
        let name = &exchange.name;
        let events = response::read(&exchange.body).unwrap_or_else(|e| panic!("{name}: {e}"));
        let said = digest(&events);
        let original: Value = serde_json::from_slice(&exchange.body).unwrap();
        assert_eq!(said.text, fixtures::text_of(&original), "{name}");
        let written = response::write(&events, &context());
        let again = response::read(&written).unwrap_or_else(|e| panic!("{name}: {e}"));
        same(name, &digest(&again), &said);
        let stated = &original["usageMetadata"]["totalTokenCount"];
        let metered = usage::from_body(&exchange.body);
        assert_eq!(metered.map(|u| u.total_tokens()), stated.as_u64(), "{name}");
        // As a stream it says the same.
        let streamed = read_stream(&write_stream(&events, Framing::Sse), usize::MAX).unwrap();
        same(name, &digest(&streamed), &said);
        count += 1;
    }
    eprintln!("{count} answers");
}

#[test]
fn streams_keep_their_meaning_however_they_are_cut() {
    let mut count = 0;
    let is_stream = |e: &Exchange| e.is_stream() && e.status == 200;
    for exchange in exchanges("generate_content").into_iter().filter(is_stream) {
        let name = &exchange.name;
        let events = read_stream(&exchange.body, usize::MAX).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(events.last(), Some(&Event::End), "{name}");
        for size in [1, 7, 100, 1460] {
            assert_eq!(read_stream(&exchange.body, size).unwrap(), events, "{name} in pieces of {size}");
        }
        let said = digest(&events);
        assert!(said.output_tokens > 0 && said.input_tokens > 0, "{name}");
        let written = write_stream(&events, Framing::Sse);
        same(name, &digest(&read_stream(&written, 1000).unwrap()), &said);
        let array = write_stream(&events, Framing::JsonArray);
        same(name, &digest(&response::read(&array).unwrap()), &said);
        same(name, &digest(&response::read(&response::write(&events, &context())).unwrap()), &said);
        count += 1;
    }
    eprintln!("{count} streams");
}

#[test]
fn a_stream_that_lost_its_end_is_cut() {
    let is_stream = |e: &Exchange| e.is_stream() && e.status == 200;
    for exchange in exchanges("generate_content").into_iter().filter(is_stream) {
        let text = String::from_utf8(exchange.body.clone()).unwrap();
        let Some(at) = text.find("\"finishReason\"") else { panic!("{}", exchange.name) };
        let start = text[..at].rfind("data:").unwrap();
        let cut = read_stream(&text.as_bytes()[..start], usize::MAX);
        assert!(matches!(cut, Err(WireError::Cut)), "{}", exchange.name);
    }
}

#[test]
fn errors_are_read() {
    let mut count = 0;
    for exchange in exchanges("generate_content").into_iter().filter(|e| e.status >= 400) {
        let error = errors::read(&exchange.body).unwrap_or_else(|| panic!("{}", exchange.name));
        assert_eq!(error.code, Some(exchange.status), "{}", exchange.name);
        assert!(!error.message.is_empty() && !error.status.is_empty(), "{}", exchange.name);
        let too_long = exchange.name.contains("context-length") && exchange.status == 400;
        assert_eq!(error.cause == errors::Cause::ContextLength, too_long, "{}", exchange.name);
        assert_eq!(error.retry_after_seconds.is_some(), exchange.status == 429, "{}", exchange.name);
        count += 1;
    }
    eprintln!("{count} errors");
}

#[test]
fn counts_are_read() {
    let google = |e: &Exchange| e.name.contains("/google/") && e.status == 200;
    for exchange in exchanges("count_tokens").into_iter().filter(google) {
        let body = exchange.request.as_ref().unwrap();
        let request = count_tokens::read(exchange.model(), body.as_bytes())
            .unwrap_or_else(|r| panic!("{}: {}", exchange.name, r.message));
        assert!(!request.messages.is_empty(), "{}", exchange.name);
        assert!(count_tokens::read_answer(&exchange.body).unwrap() > 0, "{}", exchange.name);
        let written = count_tokens::write(&request, &Options::default()).unwrap();
        let again = count_tokens::read(exchange.model(), &written.body).unwrap();
        assert_eq!(fixtures::form(request), fixtures::form(again), "{}", exchange.name);
    }
}
