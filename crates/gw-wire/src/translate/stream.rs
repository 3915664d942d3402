//! Translation of streams, frame by frame. Serves the respond stage. It must not hold frames back beyond
//! what the caller's format demands, nor end a stream that the upstream did not end.

use super::tool_names::ToolNames;
use crate::codec::{WireError, WriteContext};
use crate::frames::Frame;
use crate::sse::SseEvent;
use crate::{
    anthropic, bedrock_converse, cohere_chat, errors, gemini, openai_chat, openai_completions,
    openai_responses,
};
use bytes::Bytes;
use gw_model::WireFormat;
use gw_model::event::{Event, FinishReason};
use gw_model::refusal::Refusal;
use gw_model::usage::Usage;

#[derive(Debug)]
enum Reader {
    Chat(openai_chat::stream::Reader),
    Completions(openai_completions::stream::Reader),
    Responses(Box<openai_responses::stream::Reader>),
    Messages(anthropic::stream::Reader),
    Gemini(Box<gemini::stream::Reader>),
    Converse(Box<bedrock_converse::stream::Reader>),
    Cohere(Box<cohere_chat::stream::Reader>),
}

#[derive(Debug)]
enum Writer {
    Chat(openai_chat::stream::Writer),
    Completions(openai_completions::stream::Writer),
    Responses(Box<openai_responses::stream::Writer>),
    Messages(Box<anthropic::stream::Writer>),
    Gemini(Box<gemini::stream::Writer>),
    Converse(Box<bedrock_converse::stream::Writer>),
    Cohere(Box<cohere_chat::stream::Writer>),
}

/// Translates one stream.
#[derive(Debug)]
pub struct StreamTranslator {
    reader: Reader,
    writer: Writer,
    to: WireFormat,
    /// Kept between frames for its room.
    events: Vec<Event>,
    tool_names: ToolNames,
    seen: Seen,
}

/// What the upstream has said so far.
#[derive(Debug, Default)]
struct Seen {
    usage: Option<Usage>,
    model: String,
    error: Option<String>,
    output_bytes: u64,
    has_start: bool,
    /// The first choice is complete.
    has_finish: bool,
    /// Blocks of the first choice.
    blocks: u32,
    has_end: bool,
    /// The gateway gave up; nothing may follow.
    has_failed: bool,
}

impl StreamTranslator {
    /// A translator from the upstream's format `from` to the caller's format `to`.
    ///
    /// # Errors
    /// [`WireError::Untranslatable`] when one of them has no streams of conversations.
    pub fn new(from: WireFormat, to: WireFormat, context: WriteContext) -> Result<Self, WireError> {
        let reader = match from {
            WireFormat::OpenAiChat => Reader::Chat(openai_chat::stream::Reader::new()),
            WireFormat::OpenAiCompletions => Reader::Completions(openai_completions::stream::Reader::new()),
            WireFormat::OpenAiResponses => Reader::Responses(Box::default()),
            WireFormat::AnthropicMessages => Reader::Messages(anthropic::stream::Reader::new()),
            WireFormat::GeminiGenerate => Reader::Gemini(Box::default()),
            WireFormat::BedrockConverse => Reader::Converse(Box::default()),
            WireFormat::CohereChat => Reader::Cohere(Box::default()),
            _ => return Err(WireError::Untranslatable { what: "what is no conversation" }),
        };
        let tool_names = context.tool_names.clone();
        let writer = match to {
            WireFormat::OpenAiChat => Writer::Chat(openai_chat::stream::Writer::new(context)),
            WireFormat::OpenAiCompletions => {
                Writer::Completions(openai_completions::stream::Writer::new(context))
            }
            WireFormat::OpenAiResponses => {
                let echo = openai_responses::Echo::of(&context);
                Writer::Responses(Box::new(openai_responses::stream::Writer::with_echo(context, echo)))
            }
            WireFormat::AnthropicMessages => {
                Writer::Messages(Box::new(anthropic::stream::Writer::new(context)))
            }
            WireFormat::GeminiGenerate => {
                let framing = match context.json_array {
                    true => gemini::stream::Framing::JsonArray,
                    false => gemini::stream::Framing::Sse,
                };
                Writer::Gemini(Box::new(gemini::stream::Writer::framed(context, framing)))
            }
            WireFormat::BedrockConverse => {
                Writer::Converse(Box::new(bedrock_converse::stream::Writer::new(context)))
            }
            WireFormat::CohereChat => Writer::Cohere(Box::new(cohere_chat::stream::Writer::new(context))),
            _ => return Err(WireError::Untranslatable { what: "what is no conversation" }),
        };
        Ok(Self { reader, writer, to, events: Vec::with_capacity(8), tool_names, seen: Seen::default() })
    }

    /// Takes a frame of the upstream and appends what it means for the caller to `out`, often nothing.
    ///
    /// # Errors
    /// The frame is not one of its format, or a limit is reached. The stream cannot go on then: see
    /// [`Self::fail`].
    pub fn frame_into(&mut self, frame: &Frame, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.read(frame)?;
        self.write(out)
    }

    /// What a frame means, in place of writing it.
    pub(super) fn take_events(&mut self, frame: &Frame, out: &mut Vec<Event>) -> Result<(), WireError> {
        self.read(frame)?;
        out.append(&mut self.events);
        Ok(())
    }

    fn read(&mut self, frame: &Frame) -> Result<(), WireError> {
        self.events.clear();
        match &mut self.reader {
            Reader::Chat(reader) => reader.frame(frame.data(), &mut self.events)?,
            Reader::Completions(reader) => reader.frame(frame.data(), &mut self.events)?,
            Reader::Responses(reader) => reader.frame(frame.data(), &mut self.events)?,
            Reader::Messages(reader) => reader.frame(frame.data(), &mut self.events)?,
            Reader::Gemini(reader) => reader.frame(frame.data(), &mut self.events)?,
            Reader::Converse(reader) => match frame {
                Frame::Message(message) => reader.frame(message, &mut self.events)?,
                Frame::Sse(_) => return Err(WireError::Shape { what: "not an event-stream message" }),
            },
            Reader::Cohere(reader) => reader.frame(frame.data(), &mut self.events)?,
        }
        Ok(())
    }

    /// What the end of the upstream's stream means, as [`Self::finish`], in place of writing it.
    pub(super) fn take_end(&mut self, out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.is_over() || matches!(out.last(), Some(Event::End)) {
            return Ok(());
        }
        self.read_end()?;
        out.append(&mut self.events);
        Ok(())
    }

    /// Appends an answer that is there already, whole.
    ///
    /// # Errors
    /// A limit is reached.
    pub(super) fn events_into(&mut self, events: Vec<Event>, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.events = events;
        self.write(out)
    }

    /// As [`Self::frame_into`], into a buffer of its own.
    ///
    /// # Errors
    /// As [`Self::frame_into`].
    pub fn frame(&mut self, frame: &Frame) -> Result<Bytes, WireError> {
        let mut out = Vec::with_capacity(frame.raw().len().saturating_add(128));
        self.frame_into(frame, &mut out)?;
        Ok(Bytes::from(out))
    }

    /// The whole answer that the caller's stream ended with, when it is to be stored. Given once.
    pub fn take_stored(&mut self) -> Option<Vec<u8>> {
        match &mut self.writer {
            Writer::Responses(writer) => writer.take_stored(),
            _ => None,
        }
    }

    /// The upstream's stream is over. Gives what completes the caller's stream; nothing when it is complete.
    ///
    /// # Errors
    /// [`WireError::Cut`] when the upstream did not complete its answer: see [`Self::fail`].
    pub fn finish(&mut self) -> Result<Bytes, WireError> {
        if self.is_over() {
            return Ok(Bytes::new());
        }
        self.read_end()?;
        let mut out = Vec::new();
        self.write(&mut out)?;
        Ok(Bytes::from(out))
    }

    fn read_end(&mut self) -> Result<(), WireError> {
        self.events.clear();
        match &mut self.reader {
            Reader::Chat(reader) => reader.finish(&mut self.events)?,
            Reader::Completions(reader) => reader.finish(&mut self.events)?,
            Reader::Responses(reader) => reader.finish(&mut self.events)?,
            Reader::Messages(reader) => reader.finish(&mut self.events)?,
            Reader::Gemini(reader) => reader.finish(&mut self.events)?,
            Reader::Converse(reader) => reader.finish(&mut self.events)?,
            Reader::Cohere(reader) => reader.finish(&mut self.events)?,
        }
        Ok(())
    }

    /// Ends the caller's stream with an error in its format. Nothing when the stream is over, be it complete or
    /// ended by an error that the upstream reported.
    pub fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        if self.is_over() {
            return;
        }
        self.seen.has_failed = true;
        match &mut self.writer {
            // Their errors stand in the order of what came before.
            Writer::Responses(writer) => writer.fail(refusal, out),
            Writer::Gemini(writer) => writer.fail(refusal, out),
            Writer::Converse(_) => out.extend_from_slice(&bedrock_converse::errors::event(refusal)),
            Writer::Cohere(_) => out.extend_from_slice(&cohere_chat::errors::event(refusal, "")),
            Writer::Chat(_) | Writer::Completions(_) | Writer::Messages(_) => {
                out.extend_from_slice(&errors::event(self.to, refusal, ""));
            }
        }
    }

    /// Ends the caller's stream with a text of the gateway's own, as if the answer were complete. False, and nothing, when it
    /// is over already.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn end_with(&mut self, text: &str, out: &mut Vec<u8>) -> Result<bool, WireError> {
        if self.is_over() || self.seen.has_finish {
            return Ok(false);
        }
        let (choice, block) = (0, self.seen.blocks);
        self.events.clear();
        if !self.seen.has_start {
            self.events.push(Event::Start { id: String::new(), model: String::new(), created: None });
        }
        if let Some(last) = block.checked_sub(1) {
            self.events.push(Event::BlockEnd { choice, block: last });
        }
        self.events.push(Event::Text { choice, block, text: text.to_owned() });
        self.events.push(Event::BlockEnd { choice, block });
        self.events.push(Event::Finish { choice, reason: FinishReason::Stop });
        self.events.push(Event::Usage(self.seen.usage.unwrap_or_default()));
        self.events.push(Event::End);
        self.write(out).map(|()| true)
    }

    const fn is_over(&self) -> bool {
        self.seen.has_end || self.seen.has_failed || self.seen.error.is_some()
    }

    /// What the upstream says it used, so far.
    #[must_use]
    pub const fn usage(&self) -> Option<&Usage> {
        self.seen.usage.as_ref()
    }

    /// The upstream's name of the model; empty before the first frame.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.seen.model
    }

    /// Bytes of content so far, to estimate tokens by when the upstream states no usage.
    #[must_use]
    pub const fn output_bytes(&self) -> u64 {
        self.seen.output_bytes
    }

    /// True once the upstream completed its answer.
    #[must_use]
    pub const fn finished(&self) -> bool {
        self.seen.has_end
    }

    /// The error that the upstream reported inside its stream. The caller's stream has it already.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.seen.error.as_deref()
    }

    /// The caller's format.
    #[must_use]
    pub const fn format(&self) -> WireFormat {
        self.to
    }

    fn write(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        for event in &mut self.events {
            self.tool_names.restore(event);
            self.seen.note(event);
            match &mut self.writer {
                Writer::Chat(writer) => writer.event(event, out)?,
                Writer::Completions(writer) => writer.event(event, out)?,
                Writer::Responses(writer) => writer.event(event, out)?,
                Writer::Messages(writer) => writer.event(event, out)?,
                Writer::Gemini(writer) => writer.event(event, out)?,
                Writer::Converse(writer) => writer.event(event, out)?,
                Writer::Cohere(writer) => writer.event(event, out)?,
            }
        }
        Ok(())
    }
}

impl Seen {
    fn note(&mut self, event: &Event) {
        if let Event::Text { choice: 0, block, .. }
        | Event::Thinking { choice: 0, block, .. }
        | Event::ThinkingSignature { choice: 0, block, .. }
        | Event::RedactedThinking { choice: 0, block, .. }
        | Event::Refusal { choice: 0, block, .. }
        | Event::ToolStart { choice: 0, block, .. }
        | Event::Opaque { choice: 0, block, .. } = event
        {
            self.blocks = self.blocks.max(block.saturating_add(1));
        }
        let length = match event {
            Event::Text { text, .. } | Event::Thinking { text, .. } | Event::Refusal { text, .. } => {
                text.len()
            }
            Event::ToolArguments { json, .. } => json.len(),
            Event::ToolStart { name, .. } => name.len(),
            Event::Usage(usage) => {
                self.usage.get_or_insert_default().merge(usage);
                0
            }
            Event::Start { model, .. } => {
                self.has_start = true;
                self.model.clone_from(model);
                0
            }
            Event::Finish { choice: 0, .. } => {
                self.has_finish = true;
                0
            }
            Event::Error { message, .. } => {
                self.error = Some(message.clone());
                0
            }
            Event::End => {
                self.has_end = true;
                0
            }
            _ => 0,
        };
        self.output_bytes = self.output_bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }
}

/// What tells a caller of `format`, in the midst of a stream, that the gateway had to give up.
#[must_use]
pub fn error_events(format: WireFormat, refusal: &Refusal) -> Bytes {
    errors::event(format, refusal, "")
}
