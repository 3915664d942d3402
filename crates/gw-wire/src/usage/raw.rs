//! Usage of answers that go on byte for byte, whose format may not be known: JSON, server-sent events, binary
//! messages, Google's arrays. Serves metering. It must not hold answers back or fail on what it cannot read.

use super::{StreamMeter, WANTED_MEMBERS, from_object, from_scanner, from_whole, object_of};
use crate::estimate;
use crate::frames::{Frame, Framer};
use crate::json::Object;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::member::MemberScanner;
use crate::sse::SseEvent;
use bytes::Bytes;
use gw_model::{Usage, WireFormat};
use memchr::memmem;

/// Usage of a whole answer of that format, or of any when it is not known. `None` when it states none.
#[must_use]
pub fn from_raw(format: Option<WireFormat>, body: &[u8]) -> Option<Usage> {
    match format {
        Some(format) => from_whole(format, body),
        None => from_any(&Object::parse(body, DEPTH_CEILING).ok()?),
    }
}

fn from_any(object: &Object<'_>) -> Option<Usage> {
    // A batch states what its lines have used, each time that it is asked for.
    if object.get("object").and_then(|kind| kind.as_str()).is_some_and(|kind| kind == "batch") {
        return None;
    }
    from_object(told_by_usage(object)?, object)
}

/// The format that states usage so.
fn told_by_usage(object: &Object<'_>) -> Option<WireFormat> {
    if object.get("usageMetadata").is_some() {
        return Some(WireFormat::GeminiGenerate);
    }
    let usage = object.get("usage")?;
    let has = |names: &[&str]| usage.members().any(|(name, _)| names.contains(&name));
    Some(if has(&["inputTokens", "outputTokens"]) {
        WireFormat::BedrockConverse
    } else if has(&["billed_units", "tokens"]) {
        WireFormat::CohereChat
    } else if has(&["cache_read_input_tokens", "cache_creation_input_tokens"]) {
        WireFormat::AnthropicMessages
    } else if has(&["input_tokens_details", "output_tokens_details"]) {
        WireFormat::OpenAiResponses
    } else {
        WireFormat::OpenAiChat
    })
}

/// Meters one answer on its way.
#[derive(Debug)]
pub struct RawMeter {
    reading: Reading,
    /// Estimate of the output in what is no stream of frames.
    output_tokens: u64,
}

#[derive(Debug)]
enum Reading {
    /// One JSON object.
    Members { format: Option<WireFormat>, scanner: MemberScanner },
    /// Frames of a known format.
    Frames { framer: Framer, meter: Box<StreamMeter> },
    /// Events of a format that the first of them tells.
    Events { framer: Framer },
    /// Elements of one JSON array, of which each is an answer's piece.
    Elements { splitter: Splitter, meter: Box<StreamMeter> },
    /// Nothing that states usage.
    Nothing,
}

/// An element of an array as a frame.
struct Element<'a>(&'a [u8]);

impl SseEvent for Element<'_> {
    fn event(&self) -> Option<&str> {
        None
    }

    fn data(&self) -> &[u8] {
        self.0
    }
}

impl RawMeter {
    /// A meter for an answer of that content type, and of that format when it is known; `is_stream` when a stream was
    /// asked for. A frame may have up to `max_event_bytes`; what is larger is passed on unread.
    #[must_use]
    pub fn new(
        format: Option<WireFormat>,
        content_type: &str,
        is_stream: bool,
        max_event_bytes: usize,
    ) -> Self {
        let is = |name: &str| content_type.eq_ignore_ascii_case(name);
        let frames = |format| Reading::Frames {
            framer: Framer::new(format, max_event_bytes),
            meter: Box::new(StreamMeter::new(format)),
        };
        let reading = match format {
            Some(WireFormat::BedrockConverse) if is("application/vnd.amazon.eventstream") => {
                frames(WireFormat::BedrockConverse)
            }
            Some(format) if is("text/event-stream") => frames(format),
            None if is("text/event-stream") => {
                Reading::Events { framer: Framer::new(WireFormat::OpenAiChat, max_event_bytes) }
            }
            Some(WireFormat::GeminiGenerate) if is_stream && is("application/json") => Reading::Elements {
                splitter: Splitter::new(max_event_bytes),
                meter: Box::new(StreamMeter::new(WireFormat::GeminiGenerate)),
            },
            _ if is("application/json") => {
                Reading::Members { format, scanner: MemberScanner::new(WANTED_MEMBERS) }
            }
            _ => Reading::Nothing,
        };
        Self { reading, output_tokens: 0 }
    }

    /// Whether the ids of a stored answer are wanted.
    #[must_use]
    pub fn note_answer(mut self, wanted: bool) -> Self {
        if let Reading::Frames { meter, .. } = &mut self.reading {
            **meter = (**meter).clone().note_answer(wanted);
        }
        self
    }

    /// The ids of the answer that the provider stores, as far as they are known. Only if [`Self::note_answer`] asks.
    pub fn take_answer(&mut self) -> Option<crate::openai_responses::stored::Made> {
        match &mut self.reading {
            Reading::Frames { meter, .. } => meter.take_answer(),
            _ => None,
        }
    }

    /// A meter that reads nothing.
    #[must_use]
    pub const fn blind() -> Self {
        Self { reading: Reading::Nothing, output_tokens: 0 }
    }

    /// Takes the next piece.
    pub fn feed(&mut self, piece: &Bytes) {
        match &mut self.reading {
            Reading::Nothing => {}
            Reading::Members { scanner, .. } => {
                scanner.feed(piece);
                self.output_tokens = self.output_tokens.saturating_add(estimate::text_tokens(piece));
            }
            Reading::Elements { splitter, meter } => {
                splitter.feed(piece, |element| {
                    meter.frame(&Element(element));
                });
            }
            Reading::Frames { framer, meter } => {
                framer.push(piece.clone());
                read_frames(framer, meter);
            }
            Reading::Events { framer } => {
                framer.push(piece.clone());
                let Some(Ok(first)) = first_with_data(framer) else { return };
                let Some(format) = told_by(&first) else {
                    self.reading = Reading::Nothing;
                    return;
                };
                let mut meter = Box::new(StreamMeter::new(format));
                meter.frame(&first);
                let placeholder = Framer::new(format, 0);
                let mut framer = std::mem::replace(framer, placeholder);
                read_frames(&mut framer, &mut meter);
                self.reading = Reading::Frames { framer, meter };
            }
        }
    }

    /// What the upstream has stated so far.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        match &self.reading {
            Reading::Members { format, scanner } => match format {
                Some(format) => from_scanner(*format, scanner),
                None => from_any(&Object::parse(&object_of(scanner, WANTED_MEMBERS), DEPTH_CEILING).ok()?),
            },
            Reading::Frames { meter, .. } | Reading::Elements { meter, .. } => meter.usage(),
            Reading::Events { .. } | Reading::Nothing => None,
        }
    }

    /// Conservative estimate of the output tokens seen so far.
    #[must_use]
    pub fn estimated_output_tokens(&self) -> u64 {
        self.meter().map_or(self.output_tokens, StreamMeter::estimated_output_tokens)
    }

    /// A stream that may end here and be whole; of other answers only their end tells.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.meter().is_none_or(StreamMeter::complete)
    }

    /// The upstream reported an error inside the stream.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.meter().is_some_and(|meter| meter.error().is_some())
    }

    fn meter(&self) -> Option<&StreamMeter> {
        match &self.reading {
            Reading::Frames { meter, .. } | Reading::Elements { meter, .. } => Some(meter),
            _ => None,
        }
    }
}

fn read_frames(framer: &mut Framer, meter: &mut StreamMeter) {
    // What cannot be read is passed on all the same.
    while let Some(Ok(frame)) = framer.next() {
        meter.frame(&frame);
    }
}

fn first_with_data(framer: &mut Framer) -> Option<Result<Frame, crate::WireError>> {
    loop {
        match framer.next()? {
            Ok(frame) if frame.data().is_empty() => {}
            found => return Some(found),
        }
    }
}

/// The format whose streams begin so.
fn told_by(frame: &Frame) -> Option<WireFormat> {
    let data = frame.data();
    let has = |name: &str| memmem::find(data, name.as_bytes()).is_some();
    if has("\"response.created\"") || has("\"response.queued\"") {
        Some(WireFormat::OpenAiResponses)
    } else if has("\"message_start\"") {
        Some(WireFormat::AnthropicMessages)
    } else if has("\"message-start\"") {
        Some(WireFormat::CohereChat)
    } else if has("\"candidates\"") {
        Some(WireFormat::GeminiGenerate)
    } else if has("\"choices\"") {
        Some(WireFormat::OpenAiChat)
    } else {
        None
    }
}

/// Splits one JSON array into its elements, incrementally and within a bound.
#[derive(Debug)]
struct Splitter {
    held: Vec<u8>,
    limit: usize,
    depth: u32,
    in_string: bool,
    after_backslash: bool,
    is_lost: bool,
}

impl Splitter {
    const fn new(limit: usize) -> Self {
        Self { held: Vec::new(), limit, depth: 0, in_string: false, after_backslash: false, is_lost: false }
    }

    /// Takes a piece; `element` sees every object that it completes at the array's level.
    fn feed(&mut self, piece: &[u8], mut element: impl FnMut(&[u8])) {
        for &byte in piece {
            if self.is_lost {
                return;
            }
            let is_within = self.depth > 1 || (self.depth == 1 && byte == b'{');
            if is_within {
                self.held.push(byte);
                self.is_lost = self.held.len() > self.limit;
            }
            if self.in_string {
                match byte {
                    _ if self.after_backslash => self.after_backslash = false,
                    b'\\' => self.after_backslash = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 1 && !self.held.is_empty() {
                        element(&self.held);
                        self.held.clear();
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
