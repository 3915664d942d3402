//! Frames of an upstream's stream to events. Serves the translate stage of streamed answers. It must not hold
//! content: every piece goes out as it comes.

use crate::codec::WireError;
use crate::cohere_chat::{citation, errors, finish, usage::WireUsage};
use gw_model::event::Event;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Largest number of tool calls that are told apart.
const MAX_CALLS: usize = 1024;

/// Reads one stream, frame by frame.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    finished: bool,
    /// The next block's number.
    next: u32,
    /// The open block of content: what it is, the upstream's index of it, its number.
    open: Option<(Kind, u32, u32)>,
    /// The calls: the upstream's index and the block's number.
    calls: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plan,
    Text,
    Thinking,
}

#[derive(Deserialize)]
struct FrameIn<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Cow<'a, str>,
    id: Option<String>,
    index: Option<u32>,
    #[serde(default, borrow)]
    delta: Option<DeltaIn<'a>>,
}

#[derive(Default, Deserialize)]
struct DeltaIn<'a> {
    #[serde(default, borrow)]
    message: Option<MessageIn<'a>>,
    finish_reason: Option<String>,
    error: Option<String>,
    usage: Option<WireUsage>,
}

/// The members are read only where the frame's type has them: `message-start` has empty lists in their place.
#[derive(Default, Deserialize)]
struct MessageIn<'a> {
    #[serde(default, borrow)]
    content: Option<&'a RawValue>,
    tool_plan: Option<String>,
    #[serde(default, borrow)]
    tool_calls: Option<&'a RawValue>,
    #[serde(default, borrow)]
    citations: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct ContentIn {
    text: Option<String>,
    thinking: Option<String>,
}

#[derive(Default, Deserialize)]
struct CallIn {
    id: Option<String>,
    function: Option<FunctionIn>,
}

#[derive(Default, Deserialize)]
struct FunctionIn {
    name: Option<String>,
    arguments: Option<String>,
}

impl Reader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the data of one frame and appends the events it holds. Frames of unknown types hold none; the
    /// mark `[DONE]`, which comes after the end, is passed over.
    ///
    /// # Errors
    /// [`WireError::Json`] or [`WireError::Shape`] when the data is not of the format's shape,
    /// [`WireError::TooLarge`] for more than 1024 tool calls.
    pub fn frame(&mut self, data: &[u8], out: &mut Vec<Event>) -> Result<(), WireError> {
        if data.is_empty() || self.finished || data.starts_with(b"[DONE]") {
            return Ok(());
        }
        let frame: FrameIn<'_> = match serde_json::from_slice(data) {
            Ok(frame) => frame,
            Err(source) => return self.error(data, out).ok_or(WireError::Json { source }),
        };
        let delta = frame.delta.unwrap_or_default();
        let index = frame.index.unwrap_or(0);
        match frame.kind.as_ref() {
            "content-delta" => self.content(index, delta, false, out)?,
            "content-start" => self.content(index, delta, true, out)?,
            "content-end" | "tool-call-end" => self.end(&frame.kind, index, out),
            "tool-plan-delta" => {
                let text = delta.message.and_then(|message| message.tool_plan);
                self.piece(Kind::Plan, 0, text, out);
            }
            "tool-call-start" | "tool-call-delta" => self.call(&frame.kind, index, delta, out)?,
            "citation-start" => {
                if let Some(raw) = delta.message.and_then(|message| message.citations) {
                    let block = self.open.map_or(self.next.saturating_sub(1), |(_, _, block)| block);
                    let found = citation::read(raw.get()).map(|(_, found)| found).unwrap_or_default();
                    out.extend(found.into_iter().map(|citation| {
                        let citation = Box::new(citation);
                        Event::Citation { choice: 0, block, citation }
                    }));
                }
            }
            "message-start" => self.start(frame.id, out),
            "message-end" => self.message_end(delta, out),
            "" | "error" => {
                self.error(data, out).ok_or(WireError::Shape { what: "a frame has no `type`" })?;
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

    fn start(&mut self, id: Option<String>, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            out.push(Event::Start { id: id.unwrap_or_default(), model: String::new(), created: None });
        }
    }

    /// An error body in the place of a frame.
    fn error(&mut self, data: &[u8], out: &mut Vec<Event>) -> Option<()> {
        let reported = errors::read(data)?;
        self.finished = true;
        out.push(Event::Error { kind: reported.kind, message: reported.message });
        Some(())
    }

    fn message_end(&mut self, delta: DeltaIn<'_>, out: &mut Vec<Event>) {
        self.close(out);
        self.finished = true;
        if let Some(usage) = delta.usage.and_then(|usage| usage.usage()) {
            out.push(Event::Usage(usage));
        }
        let reason = delta.finish_reason.unwrap_or_default();
        if finish::is_failure(&reason) || delta.error.as_ref().is_some_and(|text| !text.is_empty()) {
            out.push(Event::Error { kind: reason, message: delta.error.unwrap_or_default() });
            return;
        }
        if !reason.is_empty() {
            out.push(Event::Finish { choice: 0, reason: finish::read(&reason) });
        }
        out.push(Event::End);
    }

    fn content(
        &mut self,
        index: u32,
        delta: DeltaIn<'_>,
        is_start: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        if is_start {
            self.close(out);
        }
        let Some(raw) = delta.message.and_then(|message| message.content) else { return Ok(()) };
        let content: ContentIn = serde_json::from_str(raw.get())?;
        self.piece(Kind::Thinking, index, content.thinking, out);
        self.piece(Kind::Text, index, content.text, out);
        Ok(())
    }

    /// Appends a piece of content, in the open block or a new one. A block of nothing leaves no trace.
    fn piece(&mut self, kind: Kind, index: u32, text: Option<String>, out: &mut Vec<Event>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return };
        let block = match self.open {
            Some((open, at, block)) if open == kind && at == index => block,
            _ => {
                self.close(out);
                let block = self.take_number();
                self.open = Some((kind, index, block));
                block
            }
        };
        out.push(match kind {
            Kind::Text => Event::Text { choice: 0, block, text },
            Kind::Plan | Kind::Thinking => Event::Thinking { choice: 0, block, text },
        });
    }

    fn call(
        &mut self,
        kind: &str,
        index: u32,
        delta: DeltaIn<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let Some(raw) = delta.message.and_then(|message| message.tool_calls) else { return Ok(()) };
        let call: CallIn = serde_json::from_str(raw.get())?;
        let function = call.function.unwrap_or_default();
        let known = self.calls.iter().rev().find(|(at, _)| *at == index).map(|(_, block)| *block);
        let block = match known.filter(|_| kind == "tool-call-delta") {
            Some(block) => block,
            None => {
                if self.calls.len() >= MAX_CALLS {
                    return Err(WireError::TooLarge { what: "tool calls", limit: MAX_CALLS });
                }
                self.close(out);
                let block = self.take_number();
                self.calls.push((index, block));
                let (id, name) = (call.id.unwrap_or_default(), function.name.unwrap_or_default());
                out.push(Event::ToolStart { choice: 0, block, id, name });
                block
            }
        };
        // `null` is how a call without arguments is spelled.
        let json = function.arguments.filter(|text| !matches!(text.as_str(), "" | "null"));
        if let Some(json) = json {
            out.push(Event::ToolArguments { choice: 0, block, json });
        }
        Ok(())
    }

    fn end(&mut self, kind: &str, index: u32, out: &mut Vec<Event>) {
        if kind == "content-end" {
            self.close(out);
        } else if let Some((_, block)) = self.calls.iter().rev().find(|(at, _)| *at == index) {
            out.push(Event::BlockEnd { choice: 0, block: *block });
        }
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((_, _, block)) = self.open.take() {
            out.push(Event::BlockEnd { choice: 0, block });
        }
    }

    const fn take_number(&mut self) -> u32 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        number
    }
}
