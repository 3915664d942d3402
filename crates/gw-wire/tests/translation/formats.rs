//! The formats as the recorded exchanges name them, and their readers.

use crate::fixtures::{Exchange, exchanges};
use gw_model::Refusal;
use gw_model::WireFormat::{self, *};
use gw_model::chat::ChatRequest;
use gw_model::event::Event;
use gw_wire::frames::{Frame, Framer};
use gw_wire::sse::SseEvent;
use gw_wire::{
    WireError, anthropic, bedrock_converse, cohere_chat, gemini, openai_chat, openai_completions,
    openai_responses,
};

/// What callers and upstreams speak.
pub(crate) const SOURCES: &[WireFormat] = &[
    OpenAiChat,
    OpenAiCompletions,
    OpenAiResponses,
    AnthropicMessages,
    GeminiGenerate,
    BedrockConverse,
    CohereChat,
];

/// Every exchange of a conversation, by its format; `None`, with a word, when there are none here.
pub(crate) fn conversations() -> Option<Vec<(WireFormat, Exchange)>> {
    let names: Vec<&str> = SOURCES.iter().map(|format| format.as_str()).collect();
    let format = |name: &str| SOURCES.iter().copied().find(|format| format.as_str() == name).unwrap();
    Some(exchanges(&names)?.into_iter().map(|exchange| (format(&exchange.wire_format), exchange)).collect())
}

/// The model that the path names, where paths do.
pub(crate) fn model(exchange: &Exchange) -> String {
    let rest = exchange.path.split_once("/models/").or_else(|| exchange.path.split_once("/model/"));
    let name = rest.map_or("", |(_, rest)| rest.split(['/', ':']).next().unwrap_or_default());
    name.replace("%3A", ":")
}

/// Whether the path asks for a stream.
pub(crate) fn asks_for_stream(exchange: &Exchange) -> bool {
    exchange.path.contains(":streamGenerateContent") || exchange.path.ends_with("/converse-stream")
}

/// The formats that `from` is translated to.
pub(crate) fn targets(from: WireFormat) -> impl Iterator<Item = WireFormat> {
    WireFormat::CONVERSATIONS.iter().copied().filter(move |to| *to != from)
}

/// Reads a request.
pub(crate) fn read_request(
    format: WireFormat,
    model: &str,
    stream: bool,
    body: &[u8],
) -> Result<ChatRequest, Refusal> {
    match format {
        OpenAiChat => openai_chat::request::read(body),
        OpenAiCompletions => openai_completions::request::read(body),
        OpenAiResponses => openai_responses::request::read(body),
        AnthropicMessages => anthropic::request::read(body),
        GeminiGenerate => gemini::request::read(model, body, stream),
        BedrockConverse => {
            bedrock_converse::request::read(model, body).map(|request| ChatRequest { stream, ..request })
        }
        CohereChat => cohere_chat::request::read(body),
        _ => panic!("no conversation"),
    }
}

/// Events of a whole answer.
pub(crate) fn read_whole(format: WireFormat, body: &[u8]) -> Result<Vec<Event>, WireError> {
    match format {
        OpenAiChat => openai_chat::response::read(body),
        OpenAiCompletions => openai_completions::response::read(body),
        OpenAiResponses => openai_responses::response::read(body),
        AnthropicMessages => anthropic::response::read(body),
        GeminiGenerate => gemini::response::read(body),
        BedrockConverse => bedrock_converse::response::read(body),
        CohereChat => cohere_chat::response::read(body),
        _ => panic!("no conversation"),
    }
}

macro_rules! events {
    ($reader:expr, $frames:expr, $events:expr) => {{
        let mut reader = $reader;
        $frames.iter().try_for_each(|frame| reader.frame(frame.data(), $events))?;
        reader.finish($events)?;
    }};
}

/// Events of a stream.
pub(crate) fn read_stream(format: WireFormat, body: &[u8]) -> Result<Vec<Event>, WireError> {
    let mut events = Vec::new();
    let frames = frames(format, body, usize::MAX)?;
    match format {
        OpenAiChat => events!(openai_chat::stream::Reader::new(), frames, &mut events),
        OpenAiCompletions => events!(openai_completions::stream::Reader::new(), frames, &mut events),
        OpenAiResponses => events!(openai_responses::stream::Reader::default(), frames, &mut events),
        AnthropicMessages => events!(anthropic::stream::Reader::new(), frames, &mut events),
        GeminiGenerate => events!(gemini::stream::Reader::default(), frames, &mut events),
        CohereChat => events!(cohere_chat::stream::Reader::default(), frames, &mut events),
        BedrockConverse => {
            let mut reader = bedrock_converse::stream::Reader::default();
            for frame in &frames {
                let Frame::Message(message) = frame else { panic!("not binary") };
                reader.frame(message, &mut events)?;
            }
            reader.finish(&mut events)?;
        }
        _ => panic!("no conversation"),
    }
    Ok(events)
}

/// Splits a stream that arrives in pieces of `piece` bytes.
pub(crate) fn frames(format: WireFormat, body: &[u8], piece: usize) -> Result<Vec<Frame>, WireError> {
    let mut framer = Framer::new(format, 16 << 20);
    let mut frames = Vec::new();
    for piece in body.chunks(piece.clamp(1, body.len().max(1))) {
        framer.push(bytes::Bytes::copy_from_slice(piece));
        while let Some(frame) = framer.next() {
            frames.push(frame?);
        }
    }
    frames.extend(framer.finish()?);
    Ok(frames)
}
