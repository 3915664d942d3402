//! Frames of an upstream's stream to events. Serves the translate stage of streamed answers. It must not
//! hold content: every piece goes out as it comes.

use crate::anthropic::{citation, ids, stop, usage::WireUsage};
use crate::cited::MAX_HELD;
use crate::codec::WireError;
use bytes::Bytes;
use gw_model::event::{Citation, Event, FinishReason};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads one stream, frame by frame.
#[derive(Debug, Default)]
pub struct Reader {
    answer_id: Option<String>,
    usage: WireUsage,
    /// The upstream has stated usage that no event has said yet.
    is_usage_due: bool,
    /// Added to the indices of the upstream: an upstream that starts a second message within the stream
    /// counts from 0 again.
    offset: u32,
    /// One more than the highest block seen.
    next_block: u32,
    /// The open block, and whether its kind is one that events exist for.
    open: Option<(u32, bool)>,
    /// Citations of the open block: they come before its text, which they are about.
    citations: Vec<Citation>,
    finished: bool,
}

#[derive(Deserialize)]
struct FrameIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    index: u32,
    #[serde(default, borrow)]
    delta: Option<DeltaIn<'a>>,
    #[serde(default, borrow)]
    content_block: Option<&'a RawValue>,
    message: Option<HeadIn>,
    usage: Option<WireUsage>,
    error: Option<ErrorIn>,
}

#[derive(Deserialize)]
struct DeltaIn<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    text: Option<String>,
    thinking: Option<String>,
    partial_json: Option<String>,
    signature: Option<String>,
    #[serde(default, borrow)]
    citation: Option<&'a RawValue>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    stop_details: Option<StopDetails>,
}

/// Why the upstream refused.
#[derive(Debug, Deserialize)]
pub(crate) struct StopDetails {
    /// In words.
    pub(crate) explanation: Option<String>,
}

#[derive(Deserialize)]
struct HeadIn {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct ErrorIn {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct BlockIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    #[serde(default, borrow)]
    id: Cow<'a, str>,
    name: Option<String>,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
}

impl Reader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the data of one frame and appends the events it holds. Frames of unknown types hold none.
    ///
    /// # Errors
    /// [`WireError::Json`] when the data is not JSON of the format's shape.
    pub fn frame(&mut self, data: &[u8], out: &mut Vec<Event>) -> Result<(), WireError> {
        if data.is_empty() || self.finished {
            return Ok(());
        }
        let frame: FrameIn<'_> = serde_json::from_slice(data)?;
        match frame.kind.as_ref() {
            "content_block_delta" => {
                if let Some(delta) = frame.delta {
                    self.delta(frame.index, delta, out);
                }
            }
            "content_block_start" => {
                if let Some(block) = frame.content_block {
                    self.block_start(frame.index, block, out)?;
                }
            }
            "content_block_stop" => self.close(out),
            "message_start" => self.message_start(frame.message, out),
            "message_delta" => self.message_delta(frame.delta, frame.usage, out),
            "message_stop" => {
                self.close(out);
                self.say_usage(out);
                self.finished = true;
                out.push(Event::End);
            }
            "error" => {
                self.finished = true;
                let error = frame.error.unwrap_or(ErrorIn { kind: String::new(), message: String::new() });
                out.push(Event::Error { kind: error.kind, message: error.message });
            }
            _ => {}
        }
        Ok(())
    }

    /// The bytes of the stream have ended.
    ///
    /// # Errors
    /// [`WireError::Cut`] when the upstream did not say so before: this format has an event for the end.
    pub fn finish(&mut self, _out: &mut Vec<Event>) -> Result<(), WireError> {
        if self.finished { Ok(()) } else { Err(WireError::Cut) }
    }

    fn message_start(&mut self, head: Option<HeadIn>, out: &mut Vec<Event>) {
        let Some(head) = head else { return };
        if let Some(usage) = head.usage {
            self.refine(&usage);
        }
        self.close(out);
        self.offset = self.next_block;
        if self.answer_id.is_none() {
            self.answer_id = Some(head.id.clone());
            out.push(Event::Start { id: head.id, model: head.model, created: None });
        }
    }

    fn refine(&mut self, later: &WireUsage) {
        self.usage.refine(later);
        self.is_usage_due = true;
    }

    /// Usage is said once it is final: a later frame may take a figure back to zero, which an event cannot say of an
    /// earlier one.
    fn say_usage(&mut self, out: &mut Vec<Event>) {
        if std::mem::take(&mut self.is_usage_due) {
            out.push(Event::Usage(self.usage.usage()));
        }
    }

    fn message_delta(&mut self, delta: Option<DeltaIn<'_>>, usage: Option<WireUsage>, out: &mut Vec<Event>) {
        self.close(out);
        if let Some(usage) = usage {
            self.refine(&usage);
        }
        self.say_usage(out);
        let Some(DeltaIn { stop_reason: Some(reason), stop_sequence, stop_details, .. }) = delta else {
            return;
        };
        let reason = stop::read(&reason, stop_sequence.as_deref());
        if reason == FinishReason::ContentFilter
            && let Some(text) = stop_details.and_then(|details| details.explanation)
        {
            out.push(Event::Refusal { choice: 0, block: self.next_block, text });
        }
        out.push(Event::Finish { choice: 0, reason });
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((block, true)) = self.open.take() {
            out.extend(self.citations.drain(..).map(|citation| {
                let citation = Box::new(citation);
                Event::Citation { choice: 0, block, citation }
            }));
            out.push(Event::BlockEnd { choice: 0, block });
        }
    }

    fn block_start(&mut self, index: u32, raw: &RawValue, out: &mut Vec<Event>) -> Result<(), WireError> {
        self.close(out);
        let found: BlockIn<'_> = serde_json::from_str(raw.get())?;
        let (choice, block) = (0, self.offset.saturating_add(index));
        self.next_block = self.next_block.max(block.saturating_add(1));
        let mut known = true;
        match found.kind.as_ref() {
            "text" => {
                if let Some(text) = found.text.filter(|text| !text.is_empty()) {
                    out.push(Event::Text { choice, block, text });
                }
            }
            "thinking" => {
                if let Some(text) = found.thinking.filter(|text| !text.is_empty()) {
                    out.push(Event::Thinking { choice, block, text });
                }
                if let Some(signature) = found.signature.filter(|signature| !signature.is_empty()) {
                    out.push(Event::ThinkingSignature { choice, block, signature });
                }
            }
            "redacted_thinking" => {
                out.push(Event::RedactedThinking { choice, block, data: found.data.unwrap_or_default() });
            }
            "tool_use" => {
                let id = ids::decode(&found.id).into_owned();
                out.push(Event::ToolStart { choice, block, id, name: found.name.unwrap_or_default() });
                // An empty object announces pieces to come; anything else is the whole input.
                if let Some(input) = found.input.map(RawValue::get).filter(|text| is_whole_input(text)) {
                    out.push(Event::ToolArguments { choice, block, json: input.to_owned() });
                }
            }
            _ => {
                known = false;
                out.push(Event::Opaque { choice, block, json: Bytes::copy_from_slice(raw.get().as_bytes()) });
            }
        }
        self.open = Some((block, known));
        Ok(())
    }

    fn delta(&mut self, index: u32, delta: DeltaIn<'_>, out: &mut Vec<Event>) {
        let (choice, block) = (0, self.offset.saturating_add(index));
        if self.open != Some((block, true)) {
            return;
        }
        let event = match delta.kind.as_ref() {
            "text_delta" => delta.text.map(|text| Event::Text { choice, block, text }),
            "thinking_delta" => delta.thinking.map(|text| Event::Thinking { choice, block, text }),
            "signature_delta" => {
                delta.signature.map(|signature| Event::ThinkingSignature { choice, block, signature })
            }
            "input_json_delta" => delta
                .partial_json
                .filter(|json| !json.is_empty())
                .map(|json| Event::ToolArguments { choice, block, json }),
            "citations_delta" => {
                let cited = delta.citation.filter(|_| self.citations.len() < MAX_HELD);
                self.citations.extend(cited.and_then(|raw| citation::read(raw.get())));
                None
            }
            _ => None,
        };
        out.extend(event);
    }
}

fn is_whole_input(text: &str) -> bool {
    text.starts_with('{') && text.trim_start_matches(['{', ' ', '\n', '\r', '\t']) != "}"
}
