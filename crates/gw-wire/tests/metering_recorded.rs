//! Recorded exchanges of Responses, Gemini, Converse and Cohere as the stages see them that only forward: the facts
//! of requests, edits of their bodies, and the usage and the end of answers, which must be what the formats' own
//! readers make of them.
//!
//! The recordings are not part of this repository. `GATEWRIGHT_FIXTURES` names their folder; without it
//! `../shared/fixtures` next to the workspace is tried. When there is none the tests say so and pass: the unit
//! tests cover the same ground with samples of their own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test program: what goes wrong is to stop it, and what it skips is to be seen"
)]

#[path = "translation/fixtures.rs"]
mod fixtures;

use bytes::Bytes;
use fixtures::{Exchange, exchanges};
use gw_model::{Call, Event, Usage, WireFormat};
use gw_wire::edit::{self, ForwardEdits};
use gw_wire::frames::{Frame, Framer};
use gw_wire::json::member::MemberScanner;
use gw_wire::sse::FrameVerdict;
use gw_wire::usage::{self, StreamMeter, WANTED_MEMBERS};
use gw_wire::{bedrock_converse, cohere_chat, errors, facts, gemini, openai_responses};

const FORMATS: &[(&str, WireFormat)] = &[
    ("responses", WireFormat::OpenAiResponses),
    ("generate_content", WireFormat::GeminiGenerate),
    ("converse", WireFormat::BedrockConverse),
    ("cohere_chat", WireFormat::CohereChat),
];

/// Exchanges whose request or answer is not what its format has, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "edge/openai/parallel-tool-call-wrapper.1-stream.json",
        "its first and last event are not complete JSON",
    ),
    ("recorded/bedrock/pai-bedrock-model-other-parameters.json", "the recorded body lacks its last brace"),
];

fn all() -> Vec<(WireFormat, Exchange)> {
    let mut found = Vec::new();
    for (name, format) in FORMATS {
        let Some(list) = exchanges(&[*name]) else { return Vec::new() };
        assert!(list.len() > 10 && list.iter().all(|exchange| exchange.wire_format == *name), "{name}");
        found.extend(list.into_iter().map(|exchange| (*format, exchange)));
    }
    let count = found.len();
    found.retain(|(_, exchange)| !EXCEPTIONS.iter().any(|(name, _)| *name == exchange.name));
    for (name, reason) in EXCEPTIONS {
        println!("excepted: {name}: {reason}");
    }
    assert_eq!(found.len() + EXCEPTIONS.len(), count, "an exception is not among the recordings");
    found
}

/// What the format's own reader makes of a stream, or of a whole answer.
fn read(format: WireFormat, exchange: &Exchange) -> Vec<Event> {
    if exchange.is_stream() {
        let (events, _) = read_frames(format, &frames(format, &exchange.body), &exchange.name);
        return events;
    }
    match format {
        WireFormat::OpenAiResponses => openai_responses::response::read(&exchange.body),
        WireFormat::GeminiGenerate => gemini::response::read(&exchange.body),
        WireFormat::BedrockConverse => bedrock_converse::response::read(&exchange.body),
        _ => cohere_chat::response::read(&exchange.body),
    }
    .unwrap_or_else(|error| panic!("{}: {error}", exchange.name))
}

/// What the format's own reader makes of frames, and whether a stream may end with them.
fn read_frames(format: WireFormat, frames: &[Frame], name: &str) -> (Vec<Event>, bool) {
    let mut events = Vec::new();
    let (mut responses, mut google) =
        (openai_responses::stream::Reader::new(), gemini::stream::Reader::new());
    let (mut converse, mut cohere) =
        (bedrock_converse::stream::Reader::new(), cohere_chat::stream::Reader::new());
    for frame in frames {
        let read = match (format, frame) {
            (WireFormat::OpenAiResponses, Frame::Sse(frame)) => responses.frame(frame.data(), &mut events),
            (WireFormat::GeminiGenerate, Frame::Sse(frame)) => google.frame(frame.data(), &mut events),
            (_, Frame::Sse(frame)) => cohere.frame(frame.data(), &mut events),
            (_, Frame::Message(message)) => converse.frame(message, &mut events),
        };
        read.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let end = match format {
        WireFormat::OpenAiResponses => responses.finish(&mut events),
        WireFormat::GeminiGenerate => google.finish(&mut events),
        WireFormat::BedrockConverse => converse.finish(&mut events),
        _ => cohere.finish(&mut events),
    };
    (events, end.is_ok())
}

fn frames(format: WireFormat, body: &[u8]) -> Vec<Frame> {
    let mut framer = Framer::new(format, 16 << 20);
    framer.push(Bytes::copy_from_slice(body));
    let mut found: Vec<Frame> = std::iter::from_fn(|| framer.next()).map(Result::unwrap).collect();
    found.extend(framer.finish().unwrap());
    found
}

fn usage_of(events: &[Event]) -> Option<Usage> {
    let mut sum = None::<Usage>;
    for event in events {
        if let Event::Usage(usage) = event {
            sum.get_or_insert_default().merge(usage);
        }
    }
    sum
}

fn metered(format: WireFormat, frames: &[Frame]) -> StreamMeter {
    let mut meter = StreamMeter::new(format).check_syntax(true);
    for frame in frames {
        assert_eq!(meter.frame(frame), FrameVerdict::Forward, "{:?}", frame.raw());
    }
    meter
}

#[test]
fn every_request_is_accepted_and_edited_in_place() {
    let mut count = 0;
    for (format, exchange) in all() {
        let Some(request) = &exchange.request else { continue };
        let body = Bytes::copy_from_slice(request.as_bytes());
        let read = |body: &Bytes| match format.has_model_in_path() {
            true => facts::read_with_model(format, body, 128, "path-model"),
            false => facts::read(format, body, 128),
        };
        let facts = read(&body).unwrap_or_else(|refusal| panic!("{}: {}", exchange.name, refusal.message));
        assert!(facts.include_usage && facts.input_tokens > 0, "{} {}", exchange.name, exchange.path);
        assert!(!(facts.stream && format.has_model_in_path()), "{}", exchange.name);
        let call = Call { format, body: body.clone(), facts, forward_headers: Vec::new(), raw: None };
        let edits = ForwardEdits {
            model: Some("other"),
            include_usage: true,
            max_output_tokens: Some(3),
            ..ForwardEdits::default()
        };
        let edited = Bytes::from(edit::forward(&call, &edits).concat());
        let facts = read(&edited).unwrap_or_else(|refusal| panic!("{}: {}", exchange.name, refusal.message));
        assert!(facts.max_output_tokens.is_some_and(|bound| bound <= 3), "{}", exchange.name);
        assert_eq!(facts.model, if format.has_model_in_path() { "path-model" } else { "other" });
        assert!(edited.len().abs_diff(body.len()) < 120, "{}", exchange.name);
        count += 1;
    }
    println!("{count} requests");
}

/// The estimate is there to be above what the upstream will state. Where it is not, something that the request
/// does not show came in.
#[test]
fn estimates_of_input_are_above_what_upstreams_state() {
    let (mut count, mut below) = (0, Vec::new());
    for (format, exchange) in all() {
        let Some(request) = exchange.request.as_ref().filter(|_| exchange.status == 200) else { continue };
        let body = Bytes::copy_from_slice(request.as_bytes());
        let estimated = facts::read_with_model(format, &body, 128, "m").unwrap().input_tokens;
        let Some(stated) = usage_of(&read(format, &exchange)) else { continue };
        count += 1;
        if estimated < stated.input_tokens {
            below.push(format!("{}: {estimated} < {}", exchange.name, stated.input_tokens));
        }
    }
    println!("{count} estimates, below: {below:#?}");
    assert!(below.len() * 50 <= count, "{} of {count} estimates are too low: {below:#?}", below.len());
}

#[test]
fn usage_is_what_the_formats_readers_state() {
    let (mut whole, mut streams) = (0, 0);
    for (format, exchange) in all() {
        if exchange.status != 200 {
            assert!(errors::message(format, &exchange.body).is_some(), "{}", exchange.name);
            assert_eq!(usage::from_whole(format, &exchange.body), None, "{}", exchange.name);
            continue;
        }
        let stated = usage_of(&read(format, &exchange));
        if exchange.is_stream() {
            let meter = metered(format, &frames(format, &exchange.body));
            assert_eq!(meter.usage(), stated, "{}", exchange.name);
            streams += 1;
        } else {
            assert_eq!(usage::from_whole(format, &exchange.body), stated, "{}", exchange.name);
            let mut scanner = MemberScanner::new(WANTED_MEMBERS);
            exchange.body.chunks(11).for_each(|piece| scanner.feed(piece));
            assert_eq!(usage::from_scanner(format, &scanner), stated, "{}", exchange.name);
            whole += 1;
        }
    }
    println!("{whole} whole answers, {streams} streams");
}

#[test]
fn streams_are_complete_at_their_end_and_not_before() {
    let (mut complete, mut failed, mut cuts) = (0, 0, 0);
    for (format, exchange) in
        all().iter().filter(|(_, exchange)| exchange.status == 200 && exchange.is_stream())
    {
        let frames = frames(*format, &exchange.body);
        let meter = metered(*format, &frames);
        let events = read(*format, exchange);
        let error = events.iter().find_map(|event| match event {
            Event::Error { kind, message } => Some((kind.as_str(), message.as_str())),
            _ => None,
        });
        let metered_error = meter.error().map(|error| (error.kind.as_str(), error.message.as_str()));
        assert_eq!(metered_error, error, "{}", exchange.name);
        assert!(meter.complete(), "{}", exchange.name);
        if error.is_some() {
            failed += 1;
            continue;
        }
        // Gemini's format has no mark; Converse's is the usage, which may be missing.
        let has_mark = match format {
            WireFormat::GeminiGenerate => false,
            WireFormat::BedrockConverse => meter.usage().is_some(),
            _ => true,
        };
        assert_eq!(meter.finished(), has_mark, "{}", exchange.name);
        let has_text =
            events.iter().any(|event| matches!(event, Event::Text { text, .. } if !text.is_empty()));
        assert!(!has_text || meter.estimated_output_tokens() > 0, "{}", exchange.name);
        for tenth in 0..10 {
            let cut = &frames[..frames.len() * tenth / 10];
            let (_, may_end) = read_frames(*format, cut, &exchange.name);
            assert_eq!(metered(*format, cut).complete(), may_end, "{} cut at {}", exchange.name, cut.len());
            cuts += usize::from(!may_end);
        }
        complete += 1;
    }
    println!("{complete} complete, {failed} failed, {cuts} cut");
    assert!(cuts >= complete * 5);
}
