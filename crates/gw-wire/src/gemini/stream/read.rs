//! Frames of an upstream's stream to events. Serves the translate stage of streamed answers. It must not hold
//! content but for arguments that come in pieces, and must not end a stream that the upstream did not end: the
//! format has no mark for its end, so a finish reason of every choice is it.

use super::partial::Partial;
use crate::cited::Ruler;
use crate::codec::WireError;
use crate::gemini::names::{self, get, text};
use crate::gemini::part::{self, KindIn, PartIn};
use crate::gemini::response::MAX_CHOICES;
use crate::gemini::signature::Found;
use crate::gemini::{errors, finish, grounding, ids, usage};
use crate::json::{Object, Value};
use bytes::Bytes;
use gw_model::{Event, FinishReason};
use std::collections::BTreeMap;

/// Reads one stream, frame by frame.
#[derive(Debug, Default)]
pub struct Reader {
    /// The answer's id, once it began.
    answer_id: Option<String>,
    choices: BTreeMap<u32, Choice>,
    /// A frame had a member that answers have.
    seen: bool,
    ended: bool,
}

#[derive(Debug, Default)]
struct Choice {
    index: u32,
    next_block: u32,
    open: Option<Open>,
    calls: u32,
    /// A call whose arguments are still coming, and its block.
    partial: Option<(u32, Partial)>,
    has_content: bool,
    /// The block of the last text, and the text's measure.
    text: Option<u32>,
    ruler: Ruler,
    finished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Text(u32),
    Thinking(u32),
}

impl Reader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the data of one frame and appends the events it holds.
    ///
    /// # Errors
    /// The data is not an answer.
    pub fn frame(&mut self, data: &[u8], out: &mut Vec<Event>) -> Result<(), WireError> {
        if data.is_empty() || self.ended {
            return Ok(());
        }
        let frame = names::parse(data)?;
        if let Some(error) = errors::read_object(&frame) {
            self.ended = true;
            out.push(Event::Error { kind: error.status, message: error.message });
            return Ok(());
        }
        let candidates = get(&frame, "candidates");
        let feedback = names::object(&frame, "promptFeedback").filter(|f| get(f, "blockReason").is_some());
        let metadata = get(&frame, "usageMetadata");
        self.seen |= candidates.is_some() || feedback.is_some() || metadata.is_some();
        self.start(&frame, out);
        for (position, candidate) in candidates.iter().flat_map(Value::elements).enumerate() {
            let candidate = candidate
                .object()
                .map_err(|_| WireError::Shape { what: "an element of `candidates` is not an object" })?;
            self.candidate(&candidate, position, out)?;
        }
        if let Some(feedback) = feedback {
            self.blocked(&feedback, out);
        }
        out.extend(metadata.as_ref().and_then(usage::read).map(Event::Usage));
        Ok(())
    }

    /// The bytes of the stream have ended.
    ///
    /// # Errors
    /// [`WireError::Cut`] when a choice has not said why it ended.
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        if self.choices.is_empty() || self.choices.values().any(|choice| !choice.finished) {
            return Err(WireError::Cut);
        }
        out.push(Event::End);
        Ok(())
    }

    /// The answer was whole: it is complete also when it does not say why it ended.
    ///
    /// # Errors
    /// It was no answer.
    pub(crate) fn finish_whole(&mut self, out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        if !self.seen {
            return Err(WireError::Shape { what: "`candidates` is missing" });
        }
        for choice in self.choices.values_mut().filter(|choice| !choice.finished) {
            choice.close(out);
        }
        out.push(Event::End);
        Ok(())
    }

    fn start(&mut self, frame: &Object<'_>, out: &mut Vec<Event>) {
        if self.answer_id.is_some() {
            return;
        }
        let id = text(frame, "responseId").unwrap_or_default();
        let model = text(frame, "modelVersion").unwrap_or_default();
        self.answer_id = Some(id.clone());
        out.push(Event::Start { id, model, created: None });
    }

    fn candidate(
        &mut self,
        candidate: &Object<'_>,
        position: usize,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let stated = get(candidate, "index").as_ref().and_then(names::count);
        let index = u32::try_from(stated.unwrap_or(position as u64)).unwrap_or(u32::MAX);
        if self.choices.len() >= MAX_CHOICES && !self.choices.contains_key(&index) {
            return Err(WireError::TooLarge { what: "candidates", limit: MAX_CHOICES });
        }
        let answer_id = self.answer_id.as_deref().unwrap_or_default();
        let choice = self.choices.entry(index).or_insert_with(|| Choice { index, ..Choice::default() });
        if choice.finished {
            return Ok(());
        }
        let tokens = grounding::read_logprobs(candidate);
        if !tokens.is_empty() {
            out.push(Event::Logprobs { choice: index, tokens });
        }
        let content = names::object(candidate, "content");
        let parts = content.and_then(|content| get(&content, "parts"));
        for value in parts.iter().flat_map(names::elements) {
            choice.part(&value, answer_id, out)?;
        }
        if let Some(block) = choice.text {
            grounding::read(candidate, index, block, &choice.ruler, out);
        }
        let Some(reason) = text(candidate, "finishReason").filter(|reason| !reason.is_empty()) else {
            return Ok(());
        };
        let reason = finish::read(&reason, choice.calls > 0);
        let message = text(candidate, "finishMessage")
            .filter(|_| reason == FinishReason::ContentFilter && !choice.has_content);
        choice.finish(message, reason, out);
        Ok(())
    }

    /// The prompt was refused: there are no candidates.
    fn blocked(&mut self, feedback: &Object<'_>, out: &mut Vec<Event>) {
        if !self.choices.is_empty() {
            return;
        }
        let message = text(feedback, "blockReasonMessage");
        let choice = self.choices.entry(0).or_default();
        choice.finish(message, FinishReason::ContentFilter, out);
    }
}

impl Choice {
    fn finish(&mut self, refusal: Option<String>, reason: FinishReason, out: &mut Vec<Event>) {
        self.close(out);
        let choice = self.index;
        if let Some(text) = refusal.filter(|text| !text.is_empty()) {
            let block = self.block();
            out.push(Event::Refusal { choice, block, text });
            out.push(Event::BlockEnd { choice, block });
        }
        self.finished = true;
        out.push(Event::Finish { choice, reason });
    }

    fn part(&mut self, value: &Value<'_>, answer_id: &str, out: &mut Vec<Event>) -> Result<(), WireError> {
        let Some(PartIn { signature, is_thought, kind }) = part::read(value) else {
            return Err(WireError::Shape { what: "an element of `parts` is not an object" });
        };
        self.has_content |= !matches!(kind, KindIn::Empty);
        if is_thought && let KindIn::Text(text) = kind {
            self.thought(text, signature, out);
            return Ok(());
        }
        self.sign(signature, out);
        match kind {
            KindIn::Text(text) => self.text(text, out),
            KindIn::Call(call) => self.call(&call, answer_id, out)?,
            KindIn::Empty => {}
            KindIn::Result(_) | KindIn::Inline(_) | KindIn::File(_) | KindIn::Other => {
                self.close(out);
                let (choice, block) = (self.index, self.block());
                let json = Bytes::copy_from_slice(value.raw().as_bytes());
                out.push(Event::Opaque { choice, block, json });
            }
        }
        Ok(())
    }

    fn text(&mut self, text: String, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        let block = match self.open {
            Some(Open::Text(block)) => block,
            _ => {
                self.close(out);
                let block = self.block();
                self.open = Some(Open::Text(block));
                self.text = Some(block);
                self.ruler = Ruler::default();
                block
            }
        };
        self.ruler.push(&text);
        out.push(Event::Text { choice: self.index, block, text });
    }

    /// Shown reasoning, and the signature that stands on it.
    fn thought(&mut self, text: String, signature: Option<Found>, out: &mut Vec<Event>) {
        if !text.is_empty() {
            let block = self.thinking(out);
            out.push(Event::Thinking { choice: self.index, block, text });
        }
        self.sign(signature, out);
    }

    /// The signature of the reasoning before it, or of an empty one.
    fn sign(&mut self, signature: Option<Found>, out: &mut Vec<Event>) {
        match signature {
            None => {}
            Some(Found::Signature(signature)) => {
                let block = self.thinking(out);
                out.push(Event::ThinkingSignature { choice: self.index, block, signature });
                self.close(out);
            }
            Some(Found::Hidden(data)) => {
                self.close(out);
                let (choice, block) = (self.index, self.block());
                out.push(Event::RedactedThinking { choice, block, data });
                out.push(Event::BlockEnd { choice, block });
            }
        }
    }

    fn thinking(&mut self, out: &mut Vec<Event>) -> u32 {
        if let Some(Open::Thinking(block)) = self.open {
            return block;
        }
        self.close(out);
        let block = self.block();
        self.open = Some(Open::Thinking(block));
        block
    }

    fn call(&mut self, call: &Object<'_>, answer_id: &str, out: &mut Vec<Event>) -> Result<(), WireError> {
        let goes_on = get(call, "willContinue").and_then(|v| v.as_bool()).unwrap_or(false);
        let pieces = get(call, "partialArgs");
        if let Some(name) = text(call, "name").filter(|name| !name.is_empty()) {
            self.close(out);
            let (choice, block) = (self.index, self.block());
            let id = text(call, "id").filter(|id| !id.is_empty());
            let id = id.unwrap_or_else(|| ids::of_answer(answer_id, choice, self.calls));
            self.calls = self.calls.saturating_add(1);
            out.push(Event::ToolStart { choice, block, id, name });
            if !goes_on && pieces.is_none() {
                let json = get(call, "args").map_or("{}", |v| v.raw()).to_owned();
                out.push(Event::ToolArguments { choice, block, json });
                out.push(Event::BlockEnd { choice, block });
                return Ok(());
            }
            self.partial = Some((block, Partial::default()));
        }
        // Without a name it goes on with the call before, or is the end of one that has ended.
        let Some((_, partial)) = &mut self.partial else { return Ok(()) };
        for piece in pieces.iter().flat_map(Value::elements) {
            let piece = piece
                .object()
                .map_err(|_| WireError::Shape { what: "an element of `partialArgs` is not an object" })?;
            partial.add(&piece)?;
        }
        if !goes_on {
            self.close(out);
        }
        Ok(())
    }

    /// Ends what is open.
    fn close(&mut self, out: &mut Vec<Event>) {
        let choice = self.index;
        if let Some((block, partial)) = self.partial.take() {
            out.push(Event::ToolArguments { choice, block, json: partial.into_json() });
            out.push(Event::BlockEnd { choice, block });
        }
        if let Some(Open::Text(block) | Open::Thinking(block)) = self.open.take() {
            out.push(Event::BlockEnd { choice, block });
        }
    }

    const fn block(&mut self) -> u32 {
        let block = self.next_block;
        self.next_block = block.saturating_add(1);
        block
    }
}
