//! The parts of one choice, written from events. Serves the writers of whole answers and of streams. Calls are
//! held back until their arguments are whole, which the format demands; it must not hold them without bound.

use super::grounding::Grounding;
use super::{arguments, ids, part, signature};
use crate::cited::{Extents, Ruler};
use crate::codec::WireError;
use crate::json::Writer;
use gw_model::Event;
use gw_model::event::TokenLogprob;
use std::borrow::Cow;

/// Bytes of arguments that may be held back for calls that are not complete.
const MAX_HELD_BYTES: usize = 8 * 1024 * 1024;

/// Writes the parts of a choice.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Written parts, separated by commas.
    written: Vec<u8>,
    /// Text that is not written yet, with its block and whether it is reasoning.
    open: Option<(u32, bool, String)>,
    /// Signatures of this format for the next part.
    signature: Option<String>,
    held: Vec<Held>,
    held_bytes: usize,
    /// Lengths of the texts, and what they rest on.
    extents: Extents,
    ruler: Ruler,
    pub(crate) grounding: Grounding,
    pub(crate) logprobs: Vec<TokenLogprob>,
}

#[derive(Debug)]
struct Held {
    block: u32,
    id: String,
    name: String,
    arguments: String,
    signature: Option<String>,
}

impl Parts {
    /// Takes an event of this choice. Text stays open until something else comes or [`Parts::flush_text`].
    ///
    /// # Errors
    /// [`WireError::TooLarge`] when calls that are not complete grow beyond the bound.
    pub(crate) fn event(&mut self, event: &Event) -> Result<(), WireError> {
        match event {
            Event::Text { block, text, .. } => {
                self.extents.text(*block, text);
                self.ruler.push(text);
                self.text(*block, false, text);
            }
            Event::Refusal { block, text, .. } => self.text(*block, false, text),
            Event::Citation { block, citation, .. } => {
                let range = self.extents.in_choice(*block, citation);
                self.grounding.add(citation, range, &self.ruler);
            }
            Event::Logprobs { tokens, .. } => self.logprobs.extend_from_slice(tokens),
            Event::Thinking { block, text, .. } => self.text(*block, true, text),
            Event::ThinkingSignature { signature, .. } => self.signed(signature),
            Event::RedactedThinking { data, .. } => {
                self.flush_text();
                self.write_text("", true, Some(&signature::wrap_hidden(data)));
            }
            Event::ToolStart { block, id, name, .. } => {
                self.flush_text();
                self.complete_calls();
                let (id, name) = (id.clone(), name.clone());
                self.hold(id.len() + name.len())?;
                let signature = self.signature.take();
                self.held.push(Held { block: *block, id, name, arguments: String::new(), signature });
            }
            Event::ToolArguments { block, json, .. } => {
                self.hold(json.len())?;
                if let Some(held) = self.held.iter_mut().find(|held| held.block == *block) {
                    held.arguments.push_str(json);
                }
            }
            Event::BlockEnd { block, .. } => {
                if let Some(position) = self.held.iter().position(|held| held.block == *block) {
                    let held = self.held.remove(position);
                    self.write_call(&held);
                }
            }
            Event::Opaque { json, .. } => {
                if let Ok(json) = std::str::from_utf8(json)
                    && part::is_native(json)
                {
                    self.flush_text();
                    self.complete_calls();
                    let mut w = Writer::onto(std::mem::take(&mut self.written));
                    w.raw(&one_line(json));
                    self.written = w.into_bytes();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Writes what is open.
    pub(crate) fn flush_text(&mut self) {
        let Some((_, is_thought, text)) = self.open.take().filter(|(.., text)| !text.is_empty()) else {
            return;
        };
        let signature = if is_thought { None } else { self.signature.take() };
        self.write_text(&text, is_thought, signature.as_deref());
    }

    /// The choice is complete: everything held is written.
    pub(crate) fn finish(&mut self) {
        self.flush_text();
        for held in std::mem::take(&mut self.held) {
            self.write_call(&held);
        }
        if let Some(signature) = self.signature.take() {
            self.write_text("", false, Some(&signature));
        }
    }

    /// The parts written since the last time, separated by commas.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.written)
    }

    /// Nothing has been written since the last time.
    pub(crate) const fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    fn text(&mut self, block: u32, is_thought: bool, text: &str) {
        match &mut self.open {
            Some((open, kind, whole)) if *open == block && *kind == is_thought => whole.push_str(text),
            _ => {
                self.flush_text();
                if !text.is_empty() {
                    self.complete_calls();
                    self.open = Some((block, is_thought, text.to_owned()));
                }
            }
        }
    }

    /// A signature of this format goes on the next part, where it came from. One of another provider stands on
    /// the reasoning itself.
    fn signed(&mut self, found: &str) {
        match signature::whose(found) {
            signature::Whose::Own { written, .. } => {
                self.flush_text();
                if let Some(earlier) = self.signature.replace(written.to_owned()) {
                    self.write_text("", false, Some(&earlier));
                }
            }
            signature::Whose::Foreign => {
                let wrapped = signature::wrap(found);
                match self.open.take() {
                    Some((_, true, text)) => self.write_text(&text, true, Some(&wrapped)),
                    other => {
                        self.open = other;
                        self.flush_text();
                        self.write_text("", true, Some(&wrapped));
                    }
                }
            }
        }
    }

    fn hold(&mut self, bytes: usize) -> Result<(), WireError> {
        self.held_bytes = self.held_bytes.saturating_add(bytes);
        if self.held_bytes > MAX_HELD_BYTES {
            return Err(WireError::TooLarge { what: "tool calls held back", limit: MAX_HELD_BYTES });
        }
        Ok(())
    }

    /// Writes the calls whose arguments are whole already.
    fn complete_calls(&mut self) {
        let mut position = 0;
        while let Some(held) = self.held.get(position) {
            if arguments::is_complete(&held.arguments) {
                let held = self.held.remove(position);
                self.write_call(&held);
            } else {
                position += 1;
            }
        }
    }

    fn write_call(&mut self, held: &Held) {
        let size = held.id.len() + held.name.len() + held.arguments.len();
        self.held_bytes = self.held_bytes.saturating_sub(size);
        let mut w = Writer::onto(std::mem::take(&mut self.written));
        w.begin_object();
        w.key("functionCall");
        w.begin_object();
        if let Some(id) = ids::shown(&held.id) {
            w.string_member("id", id);
        }
        w.string_member("name", &held.name);
        w.raw_member("args", &one_line(&arguments::object(&held.arguments)));
        w.end_object();
        if let Some(signature) = &held.signature {
            w.string_member("thoughtSignature", signature);
        }
        w.end_object();
        self.written = w.into_bytes();
    }

    fn write_text(&mut self, text: &str, is_thought: bool, signature: Option<&str>) {
        let mut w = Writer::onto(std::mem::take(&mut self.written));
        w.begin_object();
        w.string_member("text", text);
        if is_thought {
            w.bool_member("thought", true);
        }
        if let Some(signature) = signature {
            w.string_member("thoughtSignature", signature);
        }
        w.end_object();
        self.written = w.into_bytes();
    }
}

/// JSON text without line breaks, which would end a line of a stream. Inside of strings JSON has none.
fn one_line(json: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'\n', b'\r', json.as_bytes()).is_none() {
        return Cow::Borrowed(json);
    }
    Cow::Owned(json.replace(['\n', '\r'], " "))
}
