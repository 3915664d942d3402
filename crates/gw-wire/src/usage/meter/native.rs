//! Responses, Converse and Cohere streams: each event says what it is, so most are told apart by their name alone.
//! Serves the meter. It must not parse an event whose name says that it holds nothing of interest.

use super::{CALL_TOKENS, FIND_ERROR, StreamMeter};
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{Kind, Object};
use crate::sse::SseEvent;
use crate::{bedrock_converse, cohere_chat, errors, openai_responses};
use memchr::memmem::Finder;
use std::sync::LazyLock;

static FIND_CALL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"_call\""));
static FIND_TOOL_USE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"toolUse\""));

impl StreamMeter {
    pub(super) fn responses_event<E: SseEvent + ?Sized>(&mut self, frame: &E) {
        let data = frame.data();
        let kind = kind_of(frame);
        let Some(name) = kind.strip_prefix("response.") else {
            if kind == "error" || (kind.is_empty() && FIND_ERROR.find(data).is_some()) {
                self.responses_error(data);
            }
            return;
        };
        match name {
            // Sound is no text.
            "audio.delta" => {}
            _ if name.ends_with(".delta") => {
                self.count_text(data);
            }
            "created" if self.notes_answer => self.answer = openai_responses::stored::made_in_frame(data),
            "output_item.added" if FIND_CALL.find(data).is_some() => self.count_call(),
            "completed" | "incomplete" => self.responses_end(data),
            "failed" | "cancelled" => {
                self.responses_end(data);
                self.responses_error(data);
            }
            _ => {}
        }
    }

    fn responses_end(&mut self, data: &[u8]) {
        self.finished = true;
        self.take_usage(openai_responses::usage::of_frame(data));
        // Not every provider says at the beginning whether it stores the answer.
        if self.notes_answer {
            self.answer = openai_responses::stored::made_in_frame(data);
        }
    }

    fn responses_error(&mut self, data: &[u8]) {
        if let Some(error) = openai_responses::error::of_frame(data) {
            self.fail(error.kind, error.message);
        }
    }

    /// Usage comes last, after the stop reason. An upstream may leave it out.
    pub(super) fn converse_event<E: SseEvent + ?Sized>(&mut self, frame: &E) {
        let data = frame.data();
        match frame.event().unwrap_or_default() {
            "contentBlockDelta" => {
                self.count_text(data);
            }
            "contentBlockStart" if FIND_TOOL_USE.find(data).is_some() => self.count_call(),
            "messageStop" => {
                self.finishes = self.choices;
                self.finished = self.usage.is_some();
            }
            "metadata" => {
                self.take_usage(bedrock_converse::usage::of_whole(data));
                self.finished = self.finishes > 0;
            }
            "messageStart" | "contentBlockStart" | "contentBlockStop" | "" => {}
            // Events that are not known have something to say; an error's code may be all there is.
            kind if kind.ends_with("Exception") || data.is_empty() => {
                let message = errors::read(data).map(|(_, message)| message).unwrap_or_default();
                self.fail(bedrock_converse::errors::plain_kind(kind).to_owned(), message);
            }
            _ => {}
        }
    }

    pub(super) fn cohere_event<E: SseEvent + ?Sized>(&mut self, frame: &E) {
        let data = frame.data();
        match kind_of(frame) {
            "content-delta" | "content-start" | "tool-plan-delta" | "tool-call-delta" => {
                self.count_text(data);
            }
            "tool-call-start" => {
                self.count_call();
                self.count_text(data);
            }
            "message-end" => self.cohere_end(data),
            "" | "error" => {
                if let Some(error) = cohere_chat::errors::read(data) {
                    self.fail(error.kind, error.message);
                }
            }
            _ => {}
        }
    }

    fn cohere_end(&mut self, data: &[u8]) {
        self.finished = true;
        let frame = Object::parse(data, DEPTH_CEILING).ok();
        let delta = frame.and_then(|frame| frame.get("delta")?.object().ok());
        let Some(delta) = delta else { return };
        self.take_usage(delta.get("usage").and_then(|usage| cohere_chat::usage::read(&usage)));
        let text = |name: &str| delta.get(name)?.as_str().map(std::borrow::Cow::into_owned);
        let reason = text("finish_reason").unwrap_or_default();
        let message = text("error").unwrap_or_default();
        if cohere_chat::finish::is_failure(&reason) || !message.is_empty() {
            self.fail(reason, message);
        }
    }

    pub(super) const fn count_call(&mut self) {
        self.output_tokens = self.output_tokens.saturating_add(CALL_TOKENS);
    }
}

/// What an event is: its name, or, in streams without names, the `type` of its data. Empty when neither says.
fn kind_of<E: SseEvent + ?Sized>(frame: &E) -> &str {
    match frame.event() {
        Some(name) if name != "message" => name,
        _ => type_of(frame.data()).unwrap_or_default(),
    }
}

fn type_of(data: &[u8]) -> Option<&str> {
    let mut cursor = Cursor::new(data, 0, DEPTH_CEILING);
    if cursor.peek().ok()? != Kind::Object {
        return None;
    }
    cursor.enter().ok()?;
    let mut more = cursor.first_member().ok()?;
    while more {
        let (key, _) = cursor.key().ok()?;
        let (kind, value) = cursor.skip_value().ok()?;
        if kind == Kind::String && data.get(key.start + 1..key.end - 1) == Some(b"type") {
            return std::str::from_utf8(data.get(value.start + 1..value.end - 1)?).ok();
        }
        more = cursor.next_member().ok()?;
    }
    None
}
