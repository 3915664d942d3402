//! Events of an upstream's stream, read into the common ones. Serves the translate step. It must not end a stream
//! that the upstream did not end.

use crate::codec::WireError;
use crate::json::{Kind, Object};
use crate::openai_chat::response::parts::parse;
use crate::openai_responses::error;
use crate::openai_responses::response::{Ended, Text, Tracker, created, ended, push_logprobs};
use gw_model::Event;

/// Reads one stream, event by event.
#[derive(Debug, Default)]
pub struct Reader {
    has_start: bool,
    has_end: bool,
    items: Tracker,
}

impl Reader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the data of one event and appends what it brings. Events of unknown types bring nothing.
    ///
    /// # Errors
    /// The data is not an event, or the answer has more items than an answer may.
    pub fn frame(&mut self, data: &[u8], out: &mut Vec<Event>) -> Result<(), WireError> {
        // The mark of other formats, which some upstreams send here too, is no end: an event is.
        if data.is_empty() || self.has_end || data.starts_with(b"[DONE]") {
            return Ok(());
        }
        let frame = parse(data)?;
        let Some(kind) = frame.get("type").and_then(|kind| kind.as_str()) else {
            if frame.get("error").is_some_and(|error| !error.is_null()) {
                self.error(&frame, out);
                return Ok(());
            }
            return Err(WireError::Shape { what: "an event has no `type`" });
        };
        match kind.strip_prefix("response.") {
            Some(name) => self.event(name, &frame, out),
            None if kind == "error" => {
                self.error(&frame, out);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The bytes of the stream have ended.
    ///
    /// # Errors
    /// [`WireError::Cut`] when the upstream did not say so before: this format has events for the end.
    pub fn finish(&mut self, _out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.has_end { Ok(()) } else { Err(WireError::Cut) }
    }

    fn event(&mut self, name: &str, frame: &Object<'_>, out: &mut Vec<Event>) -> Result<(), WireError> {
        match name {
            "output_text.delta" => self.text(frame, Text::Output, "delta", out),
            "output_text.done" => self.text(frame, Text::Output, "text", out),
            "output_text.annotation.added" => {
                let Some(annotation) = frame.get("annotation") else { return Ok(()) };
                self.start(None, out);
                let place = (index(frame, "output_index"), index(frame, "content_index").unwrap_or(0));
                self.items.annotation(place, &annotation, out)
            }
            "function_call_arguments.delta" | "custom_tool_call_input.delta" => {
                self.arguments(frame, "delta", out)
            }
            "function_call_arguments.done" => self.arguments(frame, "arguments", out),
            "custom_tool_call_input.done" => self.arguments(frame, "input", out),
            "reasoning_summary_text.delta" => self.text(frame, Text::Summary, "delta", out),
            "reasoning_summary_text.done" => self.text(frame, Text::Summary, "text", out),
            "reasoning_text.delta" => self.text(frame, Text::Reasoning, "delta", out),
            "reasoning_text.done" => self.text(frame, Text::Reasoning, "text", out),
            "refusal.delta" => self.text(frame, Text::Refusal, "delta", out),
            "refusal.done" => self.text(frame, Text::Refusal, "refusal", out),
            "output_item.added" => {
                let item = frame.get("item").and_then(|item| item.object().ok());
                let item = item.ok_or(WireError::Shape { what: "an output item is not an object" })?;
                self.start(None, out);
                self.items.start(index(frame, "output_index"), &item, out)
            }
            "output_item.done" => {
                let item = frame.get("item");
                let item = item.ok_or(WireError::Shape { what: "an output item is not an object" })?;
                self.start(None, out);
                self.items.finish(index(frame, "output_index"), &item, out)
            }
            "created" | "in_progress" | "queued" => {
                let answer = frame.get("response").and_then(|answer| answer.object().ok());
                self.start(answer.as_ref(), out);
                Ok(())
            }
            "completed" => self.ended(frame, Ended::Completed, out),
            "incomplete" => self.ended(frame, Ended::Incomplete, out),
            "failed" | "cancelled" => self.ended(frame, Ended::Failed, out),
            _ => Ok(()),
        }
    }

    fn start(&mut self, answer: Option<&Object<'_>>, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.has_start, true) {
            let none = Event::Start { id: String::new(), model: String::new(), created: None };
            out.push(answer.map_or(none, created));
        }
    }

    fn text(
        &mut self,
        frame: &Object<'_>,
        kind: Text,
        member: &str,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let Some(piece) = frame.get(member).filter(|piece| piece.kind == Kind::String) else { return Ok(()) };
        self.start(None, out);
        let part = if kind == Text::Summary { "summary_index" } else { "content_index" };
        let place = (index(frame, "output_index"), index(frame, part).unwrap_or(0));
        let piece = piece.as_str().unwrap_or_default();
        if kind == Text::Output && member == "delta" {
            push_logprobs(frame.get("logprobs"), out);
        }
        self.items.text(place, kind, &piece, member != "delta", out)
    }

    fn arguments(&mut self, frame: &Object<'_>, member: &str, out: &mut Vec<Event>) -> Result<(), WireError> {
        let Some(piece) = frame.get(member).filter(|piece| piece.kind == Kind::String) else { return Ok(()) };
        self.start(None, out);
        let piece = piece.as_str().unwrap_or_default();
        self.items.arguments(index(frame, "output_index"), &piece, member != "delta", out)
    }

    fn ended(&mut self, frame: &Object<'_>, state: Ended, out: &mut Vec<Event>) -> Result<(), WireError> {
        let answer = frame.get("response").and_then(|answer| answer.object().ok());
        let answer = answer.ok_or(WireError::Shape { what: "the last event has no `response`" })?;
        self.start(Some(&answer), out);
        self.has_end = true;
        ended(&answer, state, &mut self.items, out)
    }

    fn error(&mut self, frame: &Object<'_>, out: &mut Vec<Event>) {
        self.has_end = true;
        let found = error::of_event(frame);
        out.push(Event::Error { kind: found.kind, message: found.message });
    }
}

fn index(frame: &Object<'_>, name: &str) -> Option<u64> {
    frame.get(name)?.as_u64()
}
