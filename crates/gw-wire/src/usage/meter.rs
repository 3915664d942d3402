//! Watches the frames of a stream on their way to the caller: usage, text seen, end, errors. Serves metering.
//! It runs for every frame of every stream, so it must not parse frames that cannot hold what it looks for.

mod gemini;
mod known;
mod media;
mod native;
mod text;

pub use self::known::Known;
pub(crate) use self::known::takes_only;
use self::text::{count_delta, count_string};
use super::counts::{AnthropicCounts, openai, usage_of_frame};
use crate::errors;
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{Alike, Kind, Object};
use crate::openai_responses::stored::Made;
use crate::sse::{FrameVerdict, SseEvent};
use gw_model::{Usage, WireFormat};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Tokens that an answer has besides its text (start and end marks).
const ANSWER_TOKENS: u64 = 8;
/// Tokens that a tool call has besides its name and arguments.
const CALL_TOKENS: u64 = 20;

// Prepared once: a stream should not carry its own.
static FIND_USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"usage\""));
static FIND_ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"error\""));
static FIND_FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"finish_reason\""));
static FIND_TEXT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"text\""));
static FIND_DELTA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"delta\""));

/// An error that the upstream reported inside a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamError {
    /// Its type or code, as the upstream names it; empty when it names none.
    pub kind: String,
    /// Its message, at most 1 KiB.
    pub message: String,
}

/// Meters one stream.
#[derive(Clone, Debug)]
pub struct StreamMeter {
    format: WireFormat,
    hides_usage: bool,
    syntax: Option<Box<Alike>>,
    find_text: &'static Finder<'static>,
    usage: Option<Usage>,
    anthropic: AnthropicCounts,
    output_tokens: u64,
    output_bytes: u64,
    frames: u64,
    finished: bool,
    /// Answers asked for, and finish reasons seen.
    choices: u32,
    finishes: u32,
    /// Which of several answers have one, a bit each, where it may be stated twice.
    ended: u32,
    error: Option<StreamError>,
    /// Look for the id of an answer that is stored, and what was found.
    notes_answer: bool,
    answer: Option<Made>,
}

impl StreamMeter {
    /// A meter for a stream in `format`.
    #[must_use]
    pub fn new(format: WireFormat) -> Self {
        let find_text = match format {
            WireFormat::OpenAiCompletions => &*FIND_TEXT,
            _ => &*FIND_DELTA,
        };
        Self {
            format,
            hides_usage: false,
            syntax: None,
            find_text,
            usage: None,
            anthropic: AnthropicCounts::default(),
            output_tokens: 0,
            output_bytes: 0,
            frames: 0,
            finished: false,
            choices: 1,
            finishes: 0,
            ended: 0,
            error: None,
            notes_answer: false,
            answer: None,
        }
    }

    /// The answer may be stored at the provider: its id is wanted.
    #[must_use]
    pub const fn note_answer(mut self, note: bool) -> Self {
        self.notes_answer = note;
        self
    }

    /// The gateway asked for usage, not the caller: the frame that only carries it is hidden.
    #[must_use]
    pub const fn hide_usage(mut self, hide: bool) -> Self {
        self.hides_usage = hide;
        self
    }

    /// Nobody else reads the frames: those that are not JSON are to be noticed here.
    #[must_use]
    pub fn check_syntax(mut self, check: bool) -> Self {
        self.syntax = check.then(Box::default);
        self
    }

    /// How many answers the stream brings: each has a finish reason of its own.
    #[must_use]
    pub const fn choices(mut self, choices: u32) -> Self {
        self.choices = if choices == 0 { 1 } else { choices };
        self
    }

    /// Looks at a frame.
    pub fn frame<E: SseEvent + ?Sized>(&mut self, frame: &E) -> FrameVerdict {
        let data = frame.data();
        if data.is_empty() {
            // Nothing but the kind of an error may stand outside of a binary message's payload.
            if self.format == WireFormat::BedrockConverse {
                self.converse_event(frame);
            }
            return FrameVerdict::Forward;
        }
        if data.trim_ascii_start().starts_with(b"[DONE]") {
            // The others have events for their end: there the mark says nothing.
            self.finished |= !self.format_has_end();
            return FrameVerdict::Forward;
        }
        // Clients do not read what a ping carries, and not every server that speaks Anthropic's format has JSON there.
        if self.is_malformed(data) && frame.event() != Some("ping") {
            return FrameVerdict::Malformed;
        }
        self.json_frame(frame)
    }

    fn note_frame(&mut self, data: &[u8]) {
        self.frames += 1;
        self.output_bytes = self.output_bytes.saturating_add(data.len() as u64);
    }

    /// A frame whose data was checked.
    fn json_frame<E: SseEvent + ?Sized>(&mut self, frame: &E) -> FrameVerdict {
        let data = frame.data();
        self.note_frame(data);
        if self.finished && self.format_has_end() {
            // What comes behind the end is no part of the answer.
            return FrameVerdict::Forward;
        }
        match self.format {
            WireFormat::OpenAiResponses => self.responses_event(frame),
            WireFormat::GeminiGenerate => self.gemini_frame(data),
            WireFormat::BedrockConverse => self.converse_event(frame),
            WireFormat::CohereChat => self.cohere_event(frame),
            WireFormat::OpenAiImages
            | WireFormat::OpenAiImageEdits
            | WireFormat::OpenAiSpeech
            | WireFormat::OpenAiTranscriptions
            | WireFormat::OpenAiTranslations => self.media_event(data),
            WireFormat::AnthropicMessages => {
                if Self::may_hold_usage(data) {
                    self.read_usage(data);
                }
                self.anthropic_event(frame);
            }
            _ => {
                return self.openai_frame(data);
            }
        }
        FrameVerdict::Forward
    }

    /// Blanks keep some connections alive, and behind the end nothing is part of the answer.
    fn is_malformed(&mut self, data: &[u8]) -> bool {
        let Some(syntax) = self.syntax.as_mut().filter(|_| !self.finished) else { return false };
        !syntax.is_json(data) && !data.trim_ascii().is_empty()
    }

    fn openai_frame(&mut self, data: &[u8]) -> FrameVerdict {
        let verdict = if Self::may_hold_usage(data) { self.read_usage(data) } else { FrameVerdict::Forward };
        let has_text = self.count_text(data);
        self.finishes = self.finishes.saturating_add(Self::stated_finishes(data));
        // A frame brings text or an error, not both; most bring text.
        if !has_text && FIND_ERROR.find(data).is_some() {
            self.read_error(data);
        }
        verdict
    }

    const fn format_has_end(&self) -> bool {
        matches!(
            self.format,
            WireFormat::OpenAiResponses
                | WireFormat::GeminiGenerate
                | WireFormat::BedrockConverse
                | WireFormat::CohereChat
        )
    }

    /// The usage that the upstream has stated so far. In Anthropic's format the input is known from the first
    /// event on.
    #[must_use]
    pub const fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// Conservative estimate of the output tokens seen so far, for what the upstream does not count. Reasoning
    /// that the upstream hides cannot be in it.
    #[must_use]
    pub const fn estimated_output_tokens(&self) -> u64 {
        match self.output_tokens {
            0 => 0,
            seen => seen.saturating_add(ANSWER_TOKENS),
        }
    }

    /// Bytes of data seen so far, envelopes included.
    #[must_use]
    pub const fn output_bytes(&self) -> u64 {
        self.output_bytes
    }

    /// Frames with data seen so far, the end mark not counted.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// The stream said that it is complete: `[DONE]`, or the last event of formats that have one. Gemini's has none.
    #[must_use]
    pub const fn finished(&self) -> bool {
        self.finished
    }

    /// The stream may end here and be whole: it said so, or all its answers have a finish reason (some upstreams of
    /// OpenAI's formats leave `[DONE]` out, Bedrock's may leave usage out), or it ended with an error.
    #[must_use]
    pub const fn complete(&self) -> bool {
        self.finished || self.finishes >= self.choices || self.error.is_some()
    }

    /// The ids of the answer that the provider stores, as far as they are known. Only if [`Self::note_answer`] asks.
    pub fn take_answer(&mut self) -> Option<Made> {
        self.answer.take()
    }

    /// The error that the upstream reported inside the stream.
    #[must_use]
    pub const fn error(&self) -> Option<&StreamError> {
        self.error.as_ref()
    }

    /// True when `"usage"` stands there and is not `null` (as it is in most frames once usage was asked for).
    fn may_hold_usage(data: &[u8]) -> bool {
        let mut rest = data;
        while let Some(at) = FIND_USAGE.find(rest) {
            rest = rest.get(at + 7..).unwrap_or_default();
            let value = rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
            if value.is_some_and(|value| !value.starts_with(b"null")) {
                return true;
            }
        }
        false
    }

    /// How many finish reasons other than `null` stand there.
    fn stated_finishes(data: &[u8]) -> u32 {
        let (mut rest, mut stated) = (data, 0);
        while let Some(at) = FIND_FINISH.find(rest) {
            rest = rest.get(at + 15..).unwrap_or_default();
            let value = rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
            stated += u32::from(value.is_some_and(|value| value.starts_with(b"\"")));
        }
        stated
    }

    fn read_usage(&mut self, data: &[u8]) -> FrameVerdict {
        let Ok(object) = Object::parse(data, DEPTH_CEILING) else { return FrameVerdict::Forward };
        let Some(stated) = usage_of_frame(&object) else { return FrameVerdict::Forward };
        if self.format == WireFormat::AnthropicMessages {
            if self.anthropic.add(&stated) {
                self.usage = Some(self.anthropic.usage());
            }
            return FrameVerdict::Forward;
        }
        self.take_usage(openai(&stated, object.get("service_tier").as_ref()));
        let is_only_usage = object.get("usage").is_some_and(|u| !u.is_null())
            && object.get("choices").is_some_and(|c| c.kind == Kind::Array && c.elements().next().is_none());
        if self.hides_usage && is_only_usage { FrameVerdict::Hide } else { FrameVerdict::Forward }
    }

    /// Takes over what a frame states; figures are cumulative.
    fn take_usage(&mut self, stated: Option<Usage>) {
        if let Some(usage) = stated {
            match &mut self.usage {
                Some(earlier) => earlier.merge(&usage),
                None => self.usage = Some(usage),
            }
        }
    }

    fn anthropic_event<E: SseEvent + ?Sized>(&mut self, frame: &E) {
        let data = frame.data();
        let named = frame.event();
        let is = |name: &str| match named {
            Some(event) => event == name,
            None => memchr::memmem::find(data.get(..64).unwrap_or(data), name.as_bytes()).is_some(),
        };
        if is("content_block_delta") {
            self.count_text(data);
        } else if is("content_block_start") {
            if memchr::memmem::find(data, b"_use\"").is_some() {
                self.output_tokens = self.output_tokens.saturating_add(CALL_TOKENS);
            }
        } else if is("message_stop") {
            self.finished = true;
        } else if is("error") {
            self.read_error(data);
        }
    }

    fn read_error(&mut self, data: &[u8]) {
        if self.error.is_some() {
            return;
        }
        if let Some((kind, message)) = errors::read(data) {
            self.fail(kind, message);
        }
    }

    /// The first error stands.
    fn fail(&mut self, kind: String, message: String) {
        self.error.get_or_insert(StreamError { kind, message });
    }

    /// Adds up the text that stands behind each `"delta"` or `"text"` (completions). True when there is any.
    fn count_text(&mut self, data: &[u8]) -> bool {
        let before = self.output_tokens;
        let is_text = matches!(self.format, WireFormat::OpenAiCompletions | WireFormat::OpenAiResponses);
        let mut from = 0;
        while let Some(offset) = data.get(from..).and_then(|rest| self.find_text.find(rest)) {
            let name = from + offset;
            let mut cursor = Cursor::new(data, name, DEPTH_CEILING);
            let is_member = cursor.key().is_ok();
            let counted = match cursor.peek() {
                Ok(Kind::Object) if is_member => count_delta(data, &mut cursor),
                Ok(Kind::String) if is_member && is_text => count_string(data, &mut cursor),
                _ => None,
            };
            self.output_tokens = self.output_tokens.saturating_add(counted.unwrap_or(0));
            from = cursor.offset().max(name + 7);
        }
        self.output_tokens > before
    }
}
