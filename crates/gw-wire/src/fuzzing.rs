//! Entry points for fuzzing: each takes any bytes and checks what must hold for all of them. Driven by property
//! tests in the gate and by `cargo xtask fuzz` for longer. It must not be called by the product.

mod eventstream;
mod multipart;
mod websocket;

pub use eventstream::fuzz_eventstream;
pub use multipart::fuzz_multipart;
pub use websocket::fuzz_websocket;

use crate::codec::WriteContext;
use crate::json::member::MemberScanner;
use crate::json::{JsonError, JsonErrorKind, Object};
use crate::sse::{Frame, FrameVerdict, Framer};
use crate::translate::StreamTranslator;
use crate::usage::StreamMeter;
use crate::{edit, errors, facts, usage};
use bytes::Bytes;
use gw_model::{Call, WireFormat};
use serde_json::value::RawValue;

const DEPTH: usize = 64;

/// The scanner and everything that reads request bodies.
///
/// # Panics
/// An invariant is broken: the scanner and `serde_json` disagree, a piece of a body is found elsewhere when
/// it comes in pieces, or an edit breaks a body.
pub fn fuzz_json_scan(data: &[u8]) {
    let theirs = serde_json::from_slice::<&RawValue>(data);
    match Object::parse(data, DEPTH) {
        Ok(object) => {
            assert!(theirs.is_ok(), "the scanner takes what is not JSON");
            check_members(data, &object);
        }
        Err(JsonError { kind, offset }) => {
            let ours_alone = matches!(
                kind,
                JsonErrorKind::Duplicate(_)
                    | JsonErrorKind::NotAnObject(_)
                    | JsonErrorKind::TooDeep(_)
                    | JsonErrorKind::TooManyMembers(_)
            );
            assert!(ours_alone || theirs.is_err(), "the scanner refuses JSON");
            assert!(offset <= data.len(), "the error lies outside of the text");
        }
    }
    let body = Bytes::copy_from_slice(data);
    for format in WireFormat::ALL {
        let _answer = usage::from_whole(*format, data);
        let _error = errors::message(*format, data);
        if let Ok(facts) = facts::read(*format, &body, DEPTH) {
            check_edits(Call {
                format: *format,
                body: body.clone(),
                facts,
                forward_headers: Vec::new(),
                raw: None,
            });
        }
    }
}

/// Formats with streams that are translated.
const STREAMED: &[WireFormat] = &[
    WireFormat::OpenAiChat,
    WireFormat::OpenAiCompletions,
    WireFormat::OpenAiResponses,
    WireFormat::AnthropicMessages,
    WireFormat::GeminiGenerate,
    WireFormat::BedrockConverse,
    WireFormat::CohereChat,
];

fn check_members(data: &[u8], object: &Object<'_>) {
    const WANTED: &[&str] = &["usage", "service_tier", "model"];
    let step = data.first().map_or(1, |b| usize::from(*b) % 13 + 1);
    let mut scanner = MemberScanner::new(WANTED);
    data.chunks(step).for_each(|piece| scanner.feed(piece));
    for name in WANTED {
        let found = object.get(name).map(|v| v.raw().as_bytes());
        let fits = found.is_none_or(|raw| raw.len() < crate::json::member::MAX_VALUE_BYTES / 2);
        assert!(!fits || scanner.value(name) == found, "a member is another one in pieces");
    }
    for member in &object.members {
        let raw = object.value(member).raw();
        assert!(serde_json::from_str::<&RawValue>(raw).is_ok(), "a member's span is not a value");
        let _inner = object.value(member).object().map(|inner| inner.members.len());
        assert!(object.value(member).elements().count() <= raw.len(), "more elements than bytes");
    }
}

/// A target that takes next to nothing: what is left of the body must still be one.
fn check_adapted(call: &Call, edits: &edit::ForwardEdits<'_>) {
    let mut model = gw_model::catalog::ModelInfo::default();
    gw_model::Ability::ALL.iter().for_each(|ability| model.lacks.set(*ability, true));
    model.drop_params = gw_model::DropParams::Unsupported;
    let provider = gw_model::catalog::Quirks {
        drop_params: vec!["user".into(), "stream_options".into()],
        refuse_params: vec!["n".into()],
        string_content: true,
        temperature_max: Some("1".into()),
        bad_key_words: None,
    };
    let limits = crate::adapt::Limits { model: &model, provider: &provider, lacks: model.lacks, name: "m" };
    let Ok(adapted) = crate::adapt::adapt(call, &limits) else { return };
    let edited = edit::forward(call, &edit::ForwardEdits { adapted: &adapted.edits, ..*edits }).concat();
    let is_duplicate =
        |e: &crate::json::JsonError| matches!(e.kind, crate::json::JsonErrorKind::Duplicate(_));
    if let Err(error) = Object::parse(&edited, DEPTH + 1) {
        assert!(is_duplicate(&error), "fitting to a target broke the body");
    }
}

fn check_edits(call: Call) {
    let rename = [("user".into(), "end_user".into()), ("max_completion_tokens".into(), "max_tokens".into())];
    let edits = edit::ForwardEdits {
        model: Some("other \"model\""),
        include_usage: true,
        max_output_tokens: Some(7),
        rename: &rename,
        ..edit::ForwardEdits::default()
    };
    check_adapted(&call, &edits);
    let edited = edit::forward(&call, &edits).concat();
    let edited = Bytes::from(edited);
    let Ok(facts) = facts::read(call.format, &edited, DEPTH + 1) else {
        // Only a name that the renaming made twice may stop it, which takes three spellings of one bound.
        assert!(Object::parse(&edited, DEPTH + 1).is_ok(), "an edit broke the body");
        return;
    };
    // A name in the body of a format whose path has it is taken out, or repeats the path's.
    let (is_target, in_path) = (facts.model == "other \"model\"", call.format.has_model_in_path());
    let may_be_absent = in_path && facts.model.is_empty();
    let holds = may_be_absent || is_target && (!in_path || edit::repeats_model(call.format));
    assert!(holds, "the model was not replaced: {:?}, {:?}", call.format, facts.model);
    let is_stated = facts.max_output_span.is_some();
    assert!(!is_stated || facts.max_output_tokens.is_none_or(|n| n <= 7), "the bound was not lowered");
    let same = edit::forward(&call, &edit::ForwardEdits::default());
    assert!(
        same.first().map(|first| first.as_ptr()) == Some(call.body.as_ptr()),
        "nothing to edit, yet copied"
    );
}

/// The splitter of event streams: however a stream is cut, the same events come out, and every byte once.
///
/// # Panics
/// An invariant is broken.
pub fn fuzz_sse(data: &[u8]) {
    let step = data.first().map_or(1, |b| usize::from(*b) % 17 + 1);
    let whole = split(&[data]);
    let pieces: Vec<&[u8]> = data.chunks(step).collect();
    let cut = split(&pieces);
    let raw = |frames: &[Frame]| frames.iter().flat_map(|f| f.raw.to_vec()).collect::<Vec<u8>>();
    assert!(raw(&whole) == data, "bytes of the stream are lost or twice");
    assert!(raw(&cut) == data, "bytes of a cut stream are lost or twice");
    assert!(payloads(&whole) == payloads(&cut), "a cut changes the events");
    let mut framer = Framer::new(usize::MAX);
    let mut out = Vec::new();
    for piece in pieces {
        let drained = framer.drain(Bytes::copy_from_slice(piece), |_| FrameVerdict::Forward, &mut out);
        assert!(drained.is_ok(), "an event is too large for no bound");
    }
    out.extend(framer.finish().map(|frame| frame.raw));
    assert!(out.concat() == data, "draining loses bytes");
}

fn split(pieces: &[&[u8]]) -> Vec<Frame> {
    let mut framer = Framer::new(usize::MAX);
    let mut frames = Vec::new();
    for piece in pieces {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(frame) = framer.next() {
            assert!(frame.is_ok(), "an event is too large for no bound");
            frames.extend(frame.ok());
        }
    }
    frames.extend(framer.finish());
    frames
}

fn payloads(frames: &[Frame]) -> Vec<(Option<&str>, &[u8])> {
    frames.iter().filter(|f| !f.data().is_empty()).map(|f| (f.event(), f.data())).collect()
}

/// Meters and translators of streams, whole-answer readers and request readers: any bytes, no panic, and what
/// is written is well-formed.
///
/// # Panics
/// An invariant is broken.
pub fn fuzz_streams(data: &[u8]) {
    let frames = split(&[data]);
    for from in STREAMED {
        let mut meter = StreamMeter::new(*from).hide_usage(true);
        for frame in &frames {
            if meter.frame(frame) == FrameVerdict::Hide {
                let names_it = memchr::memmem::find(frame.data(), b"usage").is_some();
                assert!(names_it, "a frame without usage was hidden");
            }
        }
        for to in STREAMED {
            translate_stream(*from, *to, &frames);
            let _whole = crate::translate::whole(*from, *to, data, &context());
            let _request = crate::translate::request(
                *from,
                *to,
                data,
                crate::translate::PathFacts { model: "model", stream: true },
                &crate::Options::default(),
            );
        }
    }
}

fn translate_stream(from: WireFormat, to: WireFormat, frames: &[Frame]) {
    let Ok(mut translator) = StreamTranslator::new(from, to, context()) else { return };
    let mut written = Vec::new();
    for frame in frames {
        let Ok(bytes) = translator.frame(&crate::frames::Frame::Sse(frame.clone())) else { break };
        written.extend_from_slice(&bytes);
    }
    if let Ok(bytes) = translator.finish() {
        written.extend_from_slice(&bytes);
    }
    if to == WireFormat::BedrockConverse {
        return messages(&written);
    }
    for frame in split(&[&written]) {
        let is_json = serde_json::from_slice::<&RawValue>(frame.data()).is_ok();
        assert!(is_json || frame.data() == b"[DONE]", "a written event is not JSON");
        assert!(frame.raw.ends_with(b"\n\n"), "a written event has no end");
    }
}

/// What is written for a binary stream can be read back.
fn messages(written: &[u8]) {
    let mut decoder = crate::eventstream::Decoder::new(written.len().max(64));
    decoder.push(Bytes::copy_from_slice(written));
    while let Some(message) = decoder.next_message() {
        assert!(message.is_ok(), "a written message is damaged");
    }
    assert!(decoder.finish().is_ok(), "a written message is cut");
}

fn context() -> WriteContext {
    WriteContext {
        fallback_id: "id".to_owned(),
        fallback_model: "model".to_owned(),
        created: 1,
        include_usage: true,
        ..WriteContext::default()
    }
}

#[cfg(test)]
mod tests;
