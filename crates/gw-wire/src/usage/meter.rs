//! Watches the frames of a stream on their way to the caller: usage, text seen, end, errors. Serves metering.
//! It runs for every frame of every stream, so it must not parse frames that cannot hold what it looks for.

use super::counts::{AnthropicCounts, openai, usage_of_frame};
use crate::errors;
use crate::estimate::json_string_tokens;
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{Kind, Object};
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
    error: Option<StreamError>,
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
            find_text,
            usage: None,
            anthropic: AnthropicCounts::default(),
            output_tokens: 0,
            output_bytes: 0,
            frames: 0,
            finished: false,
            choices: 1,
            finishes: 0,
            error: None,
        }
    }

    /// The gateway asked for usage, not the caller: the frame that only carries it is hidden.
    #[must_use]
    pub const fn hide_usage(mut self, hide: bool) -> Self {
        self.hides_usage = hide;
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
            return FrameVerdict::Forward;
        }
        if data.starts_with(b"[DONE]") {
            self.finished = true;
            return FrameVerdict::Forward;
        }
        self.frames += 1;
        self.output_bytes = self.output_bytes.saturating_add(data.len() as u64);
        let mut verdict = FrameVerdict::Forward;
        if Self::may_hold_usage(data) {
            verdict = self.read_usage(data);
        }
        match self.format {
            WireFormat::AnthropicMessages => self.anthropic_event(frame),
            _ => {
                let has_text = self.count_text(data);
                self.finishes = self.finishes.saturating_add(Self::stated_finishes(data));
                // A frame brings text or an error, not both; most bring text.
                if !has_text && FIND_ERROR.find(data).is_some() {
                    self.read_error(data);
                }
            }
        }
        verdict
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

    /// The stream said that it is complete (`[DONE]`, `message_stop`).
    #[must_use]
    pub const fn finished(&self) -> bool {
        self.finished
    }

    /// The stream may end here and be whole: it said so, or all its answers have a finish reason. Some upstreams of
    /// OpenAI's formats leave `[DONE]` out.
    #[must_use]
    pub const fn complete(&self) -> bool {
        self.finished || self.finishes >= self.choices || self.error.is_some()
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
        if let Some(usage) = openai(&stated, object.get("service_tier").as_ref()) {
            match &mut self.usage {
                Some(earlier) => earlier.merge(&usage),
                None => self.usage = Some(usage),
            }
        }
        let is_only_usage = object.get("usage").is_some_and(|u| !u.is_null())
            && object.get("choices").is_some_and(|c| c.kind == Kind::Array && c.elements().next().is_none());
        if self.hides_usage && is_only_usage { FrameVerdict::Hide } else { FrameVerdict::Forward }
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
            self.error = Some(StreamError { kind, message });
        }
    }

    /// Adds up the text that stands behind each `"delta"` (chat, Anthropic) or `"text"` (completions). True when
    /// there is any.
    fn count_text(&mut self, data: &[u8]) -> bool {
        let before = self.output_tokens;
        let mut from = 0;
        while let Some(offset) = data.get(from..).and_then(|rest| self.find_text.find(rest)) {
            let name = from + offset;
            let mut cursor = Cursor::new(data, name, DEPTH_CEILING);
            let is_member = cursor.key().is_ok();
            let counted = match cursor.peek() {
                Ok(Kind::Object) if is_member => count_delta(data, &mut cursor),
                Ok(Kind::String) if is_member && self.format == WireFormat::OpenAiCompletions => {
                    count_string(data, &mut cursor)
                }
                _ => None,
            };
            self.output_tokens = self.output_tokens.saturating_add(counted.unwrap_or(0));
            from = cursor.offset().max(name + 7);
        }
        self.output_tokens > before
    }
}

/// Tokens of the strings of a delta that the model wrote.
fn count_delta(data: &[u8], cursor: &mut Cursor<'_>) -> Option<u64> {
    let mut tokens = 0u64;
    cursor.enter().ok()?;
    let mut more = cursor.first_member().ok()?;
    while more {
        let (name, _) = cursor.key().ok()?;
        let name = data.get(name.start + 1..name.end - 1)?;
        match cursor.peek().ok()? {
            Kind::String if !matches!(name, b"role" | b"type" | b"signature" | b"stop_reason") => {
                tokens = tokens.saturating_add(count_string(data, cursor)?);
            }
            Kind::Array if matches!(name, b"tool_calls" | b"content") => {
                let (_, span) = cursor.skip_value().ok()?;
                tokens = tokens.saturating_add(count_parts(data.get(span.start..span.end)?));
            }
            _ => {
                cursor.skip_value().ok()?;
            }
        }
        more = cursor.next_member().ok()?;
    }
    Some(tokens)
}

/// Tokens of what the model wrote in `tool_calls` or in parts of content.
fn count_parts(parts: &[u8]) -> u64 {
    let mut tokens = 0u64;
    for (name, overhead) in [(&b"\"arguments\""[..], 0), (b"\"name\"", CALL_TOKENS), (b"\"text\"", 0)] {
        for at in memchr::memmem::find_iter(parts, name) {
            let mut cursor = Cursor::new(parts, at, DEPTH_CEILING);
            if cursor.key().is_ok() && cursor.peek() == Ok(Kind::String) {
                let text = count_string(parts, &mut cursor).unwrap_or(0);
                tokens = tokens.saturating_add(text).saturating_add(overhead);
            }
        }
    }
    tokens
}

fn count_string(data: &[u8], cursor: &mut Cursor<'_>) -> Option<u64> {
    let (span, _) = cursor.string().ok()?;
    Some(json_string_tokens(data.get(span.start + 1..span.end - 1)?))
}
