//! Recorded exchanges of OpenAI Responses, from many providers: requests and answers keep their meaning when they
//! are read, written and read again, whole and streamed, however a stream is cut.
//!
//! The recordings are not part of this repository. `GATEWRIGHT_FIXTURES` names their folder; without it
//! `../shared/fixtures` next to the workspace is tried. When there is none the tests say so and pass: the unit
//! tests cover the same ground with samples of their own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test program: what goes wrong is to stop it, and what it skips is to be seen"
)]

#[path = "translation/digest.rs"]
mod digest;
#[path = "translation/fixtures.rs"]
mod fixtures;

use bytes::Bytes;
use digest::{Digest, digest};
use fixtures::{Exchange, exchanges};
use gw_model::chat::{ChatRequest, Part, PartKind, Tool};
use gw_model::{ErrorCode, Event};
use gw_wire::openai_responses::{error, request, response, stream, usage};
use gw_wire::sse::Framer;
use gw_wire::{Options, WireError, WriteContext};

/// Exchanges that cannot be read, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[(
    "edge/openai/parallel-tool-call-wrapper.1-stream.json",
    "its first and last event are not complete JSON",
)];

/// Streams whose pieces are not what their last event states, each with the reason.
const CONTRADICTIONS: &[(&str, &str)] =
    &[("edge/openai/openai-shell-container.1-stream.json", "its pieces leave out the middle of a sentence")];

fn context() -> WriteContext {
    WriteContext {
        fallback_id: "fallback-id".to_owned(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

/// Events of a stream that arrives in pieces of `piece` bytes.
fn read_stream(body: &[u8], piece: usize) -> Result<Vec<Event>, WireError> {
    let mut framer = Framer::new(16 << 20);
    let mut reader = stream::Reader::new();
    let mut events = Vec::new();
    for piece in body.chunks(piece.clamp(1, body.len().max(1))) {
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

fn read(exchange: &Exchange) -> Result<Vec<Event>, WireError> {
    if exchange.is_stream() {
        read_stream(&exchange.body, usize::MAX)
    } else {
        response::read(&exchange.body)
    }
}

fn write_stream(events: &[Event]) -> Vec<u8> {
    let mut writer = stream::Writer::new(context());
    let mut out = Vec::new();
    for event in events {
        writer.event(event, &mut out).unwrap();
    }
    assert!(writer.ended());
    out
}

/// The meaning after one round through this format, whole and streamed.
fn rounds(events: &[Event]) -> [Digest; 2] {
    let whole = response::read(&response::write(events, &context())).unwrap();
    let streamed = read_stream(&write_stream(events), 997).unwrap();
    [digest(&whole), digest(&streamed)]
}

#[test]
fn answers_keep_their_meaning() {
    let Some(exchanges) = exchanges(&["responses"]) else { return };
    let (mut passed, mut failures, mut excepted) = (0, Vec::new(), 0);
    for exchange in exchanges.iter().filter(|exchange| exchange.status == 200) {
        assert_eq!(exchange.wire_format, "responses");
        assert!(exchange.path.starts_with('/'), "{}", exchange.path);
        let exception = EXCEPTIONS.iter().find(|(name, _)| *name == exchange.name);
        let said = match (read(exchange), exception) {
            (Ok(events), None) => events,
            (Err(_), Some((name, reason))) => {
                println!("excepted: {name}: {reason}");
                excepted += 1;
                continue;
            }
            (Ok(_), Some((name, _))) => panic!("{name} is listed as an exception and passes"),
            (Err(error), None) => {
                failures.push(format!("{}: {error}", exchange.name));
                continue;
            }
        };
        assert!(digest(&said).has_end, "{}", exchange.name);
        for (what, understood) in ["whole", "streamed"].iter().zip(rounds(&said)) {
            if digest(&said) != understood {
                failures.push(format!("{} {what}\n  {:?}\n  {understood:?}", exchange.name, digest(&said)));
            }
        }
        passed += 1;
    }
    println!("responses answers: {passed} pass, {excepted} excepted");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(passed > 100);
}

#[test]
fn streams_are_the_same_however_they_are_cut() {
    let Some(exchanges) = exchanges(&["responses"]) else { return };
    let excepted = |name: &str| EXCEPTIONS.iter().any(|(known, _)| *known == name);
    let streams = exchanges.iter().filter(|e| e.status == 200 && e.is_stream() && !excepted(&e.name));
    let mut count = 0;
    for exchange in streams {
        let whole = read_stream(&exchange.body, usize::MAX).unwrap();
        for piece in [1, 7, 1000] {
            assert_eq!(whole, read_stream(&exchange.body, piece).unwrap(), "{} by {piece}", exchange.name);
        }
        count += 1;
        // Without its last event a stream is cut, and never complete.
        let text = String::from_utf8_lossy(&exchange.body).replace("\r\n", "\n");
        let end = ["\"response.completed\"", "\"response.incomplete\""].iter().find_map(|end| text.find(end));
        let cut = text.get(..end.unwrap()).and_then(|text| text.rfind("\n\n")).unwrap();
        let cut = read_stream(&text.as_bytes()[..cut + 2], usize::MAX);
        assert!(matches!(cut, Err(WireError::Cut)), "{}", exchange.name);
    }
    println!("responses streams: {count}");
    assert!(count > 50);
}

/// Text that streamed in pieces is the text that the last event states.
#[test]
fn streams_say_what_their_last_event_says() {
    let Some(exchanges) = exchanges(&["responses"]) else { return };
    let mut count = 0;
    for exchange in exchanges.iter().filter(|e| e.status == 200 && e.is_stream()) {
        let text = String::from_utf8_lossy(&exchange.body);
        let last = text.lines().filter_map(|line| line.strip_prefix("data:")).find_map(|data| {
            let event: serde_json::Value = serde_json::from_str(data).ok()?;
            (event["type"] == "response.completed").then(|| event["response"].clone())
        });
        let Some(last) = last.filter(|last| last["output"][0].is_object()) else { continue };
        let mut whole = digest(&response::read(last.to_string().as_bytes()).unwrap());
        let mut streamed = digest(&read(exchange).unwrap());
        // Reasoning is sealed anew for every event.
        for digest in [&mut whole, &mut streamed] {
            digest.redacted.iter_mut().chain(&mut digest.signatures).for_each(String::clear);
        }
        let contradiction = CONTRADICTIONS.iter().find(|(name, _)| *name == exchange.name);
        assert_eq!(streamed == whole, contradiction.is_none(), "{}\n{streamed:?}\n{whole:?}", exchange.name);
        let stated = text.lines().filter_map(|line| usage::of_frame(line.strip_prefix("data:")?.as_bytes()));
        assert!(stated.count() > 0, "{}", exchange.name);
        count += 1;
    }
    println!("responses streams with a full last event: {count}");
    assert!(count > 40);
}

#[test]
fn errors_are_understood() {
    let Some(exchanges) = exchanges(&["responses"]) else { return };
    let mut count = 0;
    for exchange in exchanges.iter().filter(|exchange| exchange.status != 200) {
        let found = error::read(&exchange.body).unwrap_or_else(|| panic!("{}", exchange.name));
        assert!(!found.message.is_empty() && !found.kind.is_empty(), "{}: {found:?}", exchange.name);
        count += 1;
    }
    assert!(count >= 4);
}

/// What a request asks, in a form that can be compared.
fn asked(request: &ChatRequest) -> String {
    let mut request = request.clone();
    // The writer states defaults of this format that others do not share, and joins instructions.
    let unstated = |name: &str| name == "store" || name == "include";
    let kept: Vec<String> = request
        .extra
        .iter()
        .filter(|(name, _)| !unstated(name))
        .map(|(name, value)| format!("{name}={}", value.get()))
        .collect();
    request.extra.clear();
    for tool in &mut request.tools {
        if let Tool::Function { strict, parameters, .. } = tool {
            strict.get_or_insert(false);
            if parameters.is_none() {
                let none = r#"{"type":"object","properties":{}}"#.to_owned();
                *parameters = serde_json::value::RawValue::from_string(none).ok().map(Into::into);
            }
        }
    }
    let is_text = |part: &Part| matches!(part.kind, PartKind::Text(_)) && part.cache_control.is_none();
    if request.system.iter().all(is_text) && request.system.len() > 1 {
        let texts = request.system.iter().map(|part| match &part.kind {
            PartKind::Text(text) => text.as_str(),
            _ => "",
        });
        request.system = vec![Part::text(texts.collect::<Vec<_>>().join("\n\n"))];
    }
    format!("{request:?} {kept:?}")
}

#[test]
fn requests_keep_their_meaning() {
    let Some(exchanges) = exchanges(&["responses"]) else { return };
    let mut count = 0;
    for exchange in &exchanges {
        let Some(body) = &exchange.request else { continue };
        let said = match request::read(body.as_bytes()) {
            Ok(said) => said,
            Err(refusal) => panic!("{}: {refusal:?}", exchange.name),
        };
        let written = match request::write(&said, &Options::default()) {
            Ok(written) => written,
            Err(refusal) if refusal.code == ErrorCode::UnsupportedParameter => {
                panic!("{}: {refusal:?}", exchange.name)
            }
            Err(refusal) => panic!("{}: {refusal:?}", exchange.name),
        };
        assert!(written.dropped.is_empty(), "{}: {:?}", exchange.name, written.dropped);
        let understood = request::read(&written.body).expect("what was written can be read");
        assert_eq!(asked(&said), asked(&understood), "{}", exchange.name);
        count += 1;
    }
    println!("responses requests: {count} pass");
    assert!(count > 50);
}
