//! Events to a stream for a caller, as server-sent events or as a JSON array. Serves the translate stage of
//! streamed answers. Finish reasons wait for the last frame, which also states usage; it must not write that
//! frame for a stream that was cut.

use crate::codec::{WireError, WriteContext};
use crate::gemini::answer::Parts;
use crate::gemini::response::{MAX_CHOICES, choice_of, write_candidate, write_tail};
use crate::gemini::{errors, finish};
use crate::json::Writer as JsonWriter;
use gw_model::{Event, FinishReason, Refusal, Usage};
use std::collections::BTreeMap;

/// How the frames of a stream are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events, for callers that say `alt=sse`.
    #[default]
    Sse,
    /// One JSON array whose elements come one by one, for callers that do not.
    JsonArray,
}

impl Framing {
    /// What stands before a frame.
    #[must_use]
    pub const fn before(self, is_first: bool) -> &'static [u8] {
        match (self, is_first) {
            (Self::Sse, _) => b"data: ",
            (Self::JsonArray, true) => b"[",
            (Self::JsonArray, false) => b",\r\n",
        }
    }

    /// What stands behind a frame.
    #[must_use]
    pub const fn after(self, is_last: bool) -> &'static [u8] {
        match (self, is_last) {
            (Self::Sse, _) => b"\n\n",
            (Self::JsonArray, true) => b"]",
            (Self::JsonArray, false) => b"",
        }
    }
}

/// Writes one stream, event by event.
#[derive(Debug)]
pub struct Writer {
    context: WriteContext,
    framing: Framing,
    id: String,
    model: String,
    choices: BTreeMap<u32, Choice>,
    usage: Option<Usage>,
    /// A frame was written.
    begun: bool,
    ended: bool,
}

#[derive(Debug, Default)]
struct Choice {
    parts: Parts,
    finish: Option<FinishReason>,
}

impl Writer {
    /// A writer of server-sent events at the start of a stream.
    #[must_use]
    pub const fn new(context: WriteContext) -> Self {
        Self::framed(context, Framing::Sse)
    }

    /// A writer at the start of a stream.
    #[must_use]
    pub const fn framed(context: WriteContext, framing: Framing) -> Self {
        Self {
            context,
            framing,
            id: String::new(),
            model: String::new(),
            choices: BTreeMap::new(),
            usage: None,
            begun: false,
            ended: false,
        }
    }

    /// True once the stream has its end or an error: nothing more will be written.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Appends what an event becomes.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] for more choices than are told apart, and for tool calls that grow beyond their
    /// bound before they are complete.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        match event {
            Event::Start { id, model, .. } => {
                id.clone_into(&mut self.id);
                model.clone_into(&mut self.model);
            }
            Event::Usage(usage) => self.usage.get_or_insert_default().merge(usage),
            Event::Finish { choice, reason } => self.choice(*choice)?.finish = Some(reason.clone()),
            Event::Error { kind, message } => {
                let body = errors::of_upstream(kind, message);
                self.last(&body, out);
            }
            Event::End => self.end(out),
            content => {
                let Some(index) = choice_of(content) else { return Ok(()) };
                let parts = &mut self.choice(index)?.parts;
                parts.event(content)?;
                parts.flush_text();
                if !parts.is_empty() {
                    self.content(index, out);
                }
            }
        }
        Ok(())
    }

    /// The gateway gives up in the midst of the stream.
    pub fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        if !self.ended {
            let body = errors::body(refusal);
            self.last(&body, out);
        }
    }

    fn choice(&mut self, index: u32) -> Result<&mut Choice, WireError> {
        if self.choices.len() >= MAX_CHOICES && !self.choices.contains_key(&index) {
            return Err(WireError::TooLarge { what: "choices", limit: MAX_CHOICES });
        }
        Ok(self.choices.entry(index).or_default())
    }

    fn content(&mut self, index: u32, out: &mut Vec<u8>) {
        let mut w = self.begin(out);
        if let Some(choice) = self.choices.get_mut(&index) {
            write_candidate(index, &mut choice.parts, None, &mut w);
        }
        self.close(w, None, out);
        out.extend_from_slice(self.framing.after(false));
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let mut w = self.begin(out);
        self.choices.entry(0).or_default();
        for (index, choice) in &mut self.choices {
            choice.parts.finish();
            let reason = finish::write(choice.finish.as_ref());
            write_candidate(*index, &mut choice.parts, Some(reason), &mut w);
        }
        let usage = self.usage.take();
        self.close(w, usage.as_ref(), out);
        out.extend_from_slice(self.framing.after(true));
        self.ended = true;
    }

    /// Begins a frame, up to the candidates.
    fn begin(&mut self, out: &mut Vec<u8>) -> JsonWriter {
        out.extend_from_slice(self.framing.before(!self.begun));
        self.begun = true;
        // The frame is a text of its own: commas are not set for what stands before it.
        out.extend_from_slice(b"{\"candidates\":[");
        JsonWriter::onto(std::mem::take(out))
    }

    fn close(&self, mut w: JsonWriter, usage: Option<&Usage>, out: &mut Vec<u8>) {
        w.end_array();
        let model = if self.model.is_empty() { &self.context.fallback_model } else { &self.model };
        let id = if self.id.is_empty() { &self.context.fallback_id } else { &self.id };
        write_tail(usage, model, id, &mut w);
        w.end_object();
        *out = w.into_bytes();
    }

    fn last(&mut self, body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.framing.before(!self.begun));
        out.extend_from_slice(body);
        out.extend_from_slice(self.framing.after(true));
        self.begun = true;
        self.ended = true;
    }
}
