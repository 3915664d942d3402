//! Streams of OpenAI legacy completions. Serves the translate step of streamed answers. It must not end a
//! stream that the upstream did not end.

use super::response::choice_of;
use crate::codec::{WireError, WriteContext};
use crate::errors;
use crate::json::{Kind, Value, Writer as JsonWriter};
use crate::openai_chat::response::parts;
use crate::openai_chat::{finish, usage};
use gw_model::{Event, Usage};
use std::borrow::Cow;

/// Reads a stream.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    ended: bool,
    finished: bool,
}

impl Reader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the data of one event and appends what it brings.
    ///
    /// # Errors
    /// The data is not a chunk.
    pub fn frame(&mut self, data: &[u8], out: &mut Vec<Event>) -> Result<(), WireError> {
        if data.is_empty() || self.ended {
            return Ok(());
        }
        if data.starts_with(b"[DONE]") {
            self.ended = true;
            out.push(Event::End);
            return Ok(());
        }
        let chunk = parts::parse(data)?;
        if chunk.get("error").is_some_and(|e| !e.is_null()) {
            let (kind, message) = errors::read(data).unwrap_or_default();
            self.ended = true;
            out.push(Event::Error { kind, message });
            return Ok(());
        }
        if !self.started {
            self.started = true;
            parts::start(&chunk, out);
        }
        let choices = chunk.get("choices").filter(|c| c.kind == Kind::Array);
        for (position, choice) in choices.iter().flat_map(Value::elements).enumerate() {
            let choice =
                choice.object().map_err(|_| WireError::Shape { what: "a choice is not an object" })?;
            let index = parts::index(&choice, position);
            let text = choice.get("text").and_then(|t| t.as_str()).map(Cow::into_owned);
            if let Some(text) = text.filter(|t| !t.is_empty()) {
                out.push(Event::Text { choice: index, block: 0, text });
            }
            self.finished |= parts::finish_of(&choice, index, out);
        }
        parts::usage(&chunk, out);
        Ok(())
    }

    /// The bytes of the stream have ended. An answer that stated its end is complete without `[DONE]`.
    ///
    /// # Errors
    /// [`WireError::Cut`] when the answer is not complete.
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        if !self.finished {
            return Err(WireError::Cut);
        }
        out.push(Event::End);
        Ok(())
    }
}

/// Writes a stream.
#[derive(Debug)]
pub struct Writer {
    context: WriteContext,
    /// What every chunk begins with, up to the bracket of `choices`.
    head: Vec<u8>,
    usage: Usage,
    ended: bool,
}

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(context: WriteContext) -> Self {
        Self { context, head: Vec::new(), usage: Usage::default(), ended: false }
    }

    /// True once the stream has its end or an error: nothing more will be written.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Appends what an event becomes.
    ///
    /// # Errors
    /// None today; formats that hold events back have one.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        match event {
            Event::Start { id, model, created } => self.begin(id, model, *created),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Text { choice, text, .. } | Event::Refusal { choice, text, .. } => {
                self.chunk(out, |w| choice_of(w, *choice, text, None), None);
            }
            Event::Finish { choice, reason } => {
                self.chunk(out, |w| choice_of(w, *choice, "", Some(finish::write(reason))), None);
            }
            Event::Error { kind, message } => {
                self.ended = true;
                errors::write_event(kind, message, out);
            }
            Event::End => {
                self.ended = true;
                if self.context.include_usage {
                    let usage = self.usage;
                    self.chunk(out, |_| {}, Some(&usage));
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, id: &str, model: &str, created: Option<i64>) {
        if !self.head.is_empty() {
            return;
        }
        let mut w = JsonWriter::onto(b"data: ".to_vec());
        w.begin_object();
        w.string_member("id", if id.is_empty() { &self.context.fallback_id } else { id });
        w.string_member("object", "text_completion");
        w.number_member("created", created.unwrap_or(self.context.created));
        w.string_member("model", if model.is_empty() { &self.context.fallback_model } else { model });
        w.key("choices");
        w.begin_array();
        self.head = w.into_bytes();
    }

    fn chunk(&mut self, out: &mut Vec<u8>, choices: impl FnOnce(&mut JsonWriter), stated: Option<&Usage>) {
        self.begin("", "", None);
        out.extend_from_slice(&self.head);
        let mut w = JsonWriter::onto(std::mem::take(out));
        choices(&mut w);
        w.end_array();
        if let Some(stated) = stated {
            w.key("usage");
            usage::write(&mut w, stated);
        }
        w.end_object();
        *out = w.into_bytes();
        out.extend_from_slice(b"\n\n");
    }
}
