//! Sends answers through the translators and reads what comes out.

use bytes::Bytes;
use gw_model::WireFormat;
use gw_model::event::Event;
use gw_wire::sse::{Frame, Framer};
use gw_wire::translate::{StreamTranslator, whole};
use gw_wire::{WireError, WriteContext, anthropic, openai_chat, openai_completions};

pub(crate) fn context() -> WriteContext {
    WriteContext {
        fallback_id: "fallback-id".to_owned(),
        fallback_model: "fallback-model".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        ..WriteContext::default()
    }
}

/// Events of a whole answer.
pub(crate) fn read_whole(format: WireFormat, body: &[u8]) -> Result<Vec<Event>, WireError> {
    match format {
        WireFormat::OpenAiChat => openai_chat::response::read(body),
        WireFormat::OpenAiCompletions => openai_completions::response::read(body),
        WireFormat::AnthropicMessages => anthropic::response::read(body),
        other => panic!("{other:?} is not read here"),
    }
}

/// Events of a stream.
pub(crate) fn read_stream(format: WireFormat, body: &[u8]) -> Result<Vec<Event>, WireError> {
    let mut events = Vec::new();
    let frames = frames(body, usize::MAX);
    match format {
        WireFormat::OpenAiChat => {
            let mut reader = openai_chat::stream::Reader::new();
            frames.iter().try_for_each(|frame| reader.frame(frame.data(), &mut events))?;
            reader.finish(&mut events)?;
        }
        WireFormat::OpenAiCompletions => {
            let mut reader = openai_completions::stream::Reader::new();
            frames.iter().try_for_each(|frame| reader.frame(frame.data(), &mut events))?;
            reader.finish(&mut events)?;
        }
        WireFormat::AnthropicMessages => {
            let mut reader = anthropic::stream::Reader::new();
            frames.iter().try_for_each(|frame| reader.frame(frame.data(), &mut events))?;
            reader.finish(&mut events)?;
        }
        other => panic!("{other:?} is not read here"),
    }
    Ok(events)
}

/// Splits a stream that arrives in pieces of `piece` bytes.
pub(crate) fn frames(body: &[u8], piece: usize) -> Vec<Frame> {
    let mut framer = Framer::new(16 << 20);
    let mut frames = Vec::new();
    for piece in body.chunks(piece.clamp(1, body.len().max(1))) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(frame) = framer.next() {
            frames.push(frame.unwrap());
        }
    }
    frames.extend(framer.finish());
    frames
}

/// A whole answer in the other format.
pub(crate) fn translate_whole(from: WireFormat, to: WireFormat, body: &[u8]) -> Result<Vec<u8>, WireError> {
    whole(from, to, body, &context()).map(|whole| whole.body)
}

/// A stream in the other format.
pub(crate) fn translate_stream(from: WireFormat, to: WireFormat, body: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut translator = StreamTranslator::new(from, to, context())?;
    let mut out = Vec::new();
    for frame in frames(body, 1000) {
        translator.frame_into(&gw_wire::frames::Frame::Sse(frame), &mut out)?;
    }
    out.extend_from_slice(&translator.finish()?);
    Ok(out)
}
