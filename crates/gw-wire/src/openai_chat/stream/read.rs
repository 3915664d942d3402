//! Chunks, read into events. Serves the translate step. It must not end a stream that the upstream did not
//! end.

use crate::codec::WireError;
use crate::errors;
use crate::json::{Kind, Object};
use crate::openai_chat::response::parts;
use crate::openai_chat::response::{Blocks, read_delta};
use gw_model::Event;
use std::collections::BTreeMap;

/// Largest number of choices that are told apart.
const MAX_CHOICES: usize = 256;

/// Reads a stream.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    ended: bool,
    choices: BTreeMap<u32, Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    blocks: Blocks,
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
            self.choices.values_mut().for_each(|choice| choice.blocks.flush(out));
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
        let choices = chunk.get("choices").filter(|c| c.kind == Kind::Array);
        if !self.started && is_begin(&chunk) {
            self.started = true;
            parts::start(&chunk, out);
        }
        for (position, choice) in choices.iter().flat_map(crate::json::Value::elements).enumerate() {
            let choice =
                choice.object().map_err(|_| WireError::Shape { what: "a choice is not an object" })?;
            self.choice(&choice, position, out)?;
        }
        parts::usage(&chunk, out);
        Ok(())
    }

    /// The bytes of the stream have ended. Some upstreams leave `[DONE]` out: an answer whose every choice
    /// stated its end is complete nevertheless.
    ///
    /// # Errors
    /// [`WireError::Cut`] when the answer is not complete.
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        if self.choices.is_empty() || self.choices.values().any(|c| !c.finished) {
            return Err(WireError::Cut);
        }
        out.push(Event::End);
        Ok(())
    }

    fn choice(
        &mut self,
        choice: &Object<'_>,
        position: usize,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let index = parts::index(choice, position);
        if self.choices.len() >= MAX_CHOICES && !self.choices.contains_key(&index) {
            return Err(WireError::TooLarge { what: "choices", limit: MAX_CHOICES });
        }
        let state = self
            .choices
            .entry(index)
            .or_insert_with(|| Choice { blocks: Blocks::new(index), finished: false });
        parts::logprobs_of(choice, index, out);
        if let Some(delta) =
            choice.get("delta").or_else(|| choice.get("message")).and_then(|d| d.object().ok())
        {
            read_delta(&delta, &mut state.blocks, out);
        }
        let mut end = Vec::new();
        if !state.finished && parts::finish_of(choice, index, &mut end) {
            state.finished = true;
            state.blocks.flush(out);
            out.append(&mut end);
        }
        Ok(())
    }
}

/// Azure sends a chunk about the prompt first, with neither id nor choices.
fn is_begin(chunk: &Object<'_>) -> bool {
    let has_id = chunk.get("id").and_then(|v| v.as_str()).is_some_and(|id| !id.is_empty());
    has_id || chunk.get("choices").is_some_and(|c| c.elements().next().is_some())
}
