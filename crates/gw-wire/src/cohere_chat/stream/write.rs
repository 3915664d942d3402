//! Events to a stream for a caller. Serves the translate stage of streamed answers. Callers take one block at
//! a time, so pieces of a later block wait while a tool call is open; it must not let them wait without
//! bound, nor end a stream that was cut.

use crate::blocks::{InOrder, Kind, Order};
use crate::cited::Extents;
use crate::codec::{WireError, WriteContext};
use crate::cohere_chat::{citation, errors, finish, ids, usage};
use crate::json::{self, escape_into};
use gw_model::event::{Citation, Event, FinishReason};
use gw_model::usage::Usage;

/// Bytes of a block's text that citations can be placed in.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// Writes one stream, event by event.
#[derive(Debug)]
pub struct Writer {
    context: WriteContext,
    answer_id: String,
    started: bool,
    ended: bool,
    /// Indices of the next block of content, call and citation: each kind counts for itself.
    contents: u32,
    calls: u32,
    citations: u32,
    order: Order,
    /// The text of the open block, for citations.
    text: String,
    finish: Option<FinishReason>,
    usage: Usage,
}

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(context: WriteContext) -> Self {
        Self {
            context,
            answer_id: String::new(),
            started: false,
            ended: false,
            contents: 0,
            calls: 0,
            citations: 0,
            order: Order::default(),
            text: String::new(),
            finish: None,
            usage: Usage::default(),
        }
    }

    /// True once the stream has its end or an error: nothing more will be written.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Appends what `event` means to `out`. Choices other than the first have no place in this format.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] when more than 8 MiB of later blocks wait for a tool call to complete.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        match event {
            Event::Start { id, .. } => self.start(id, out),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Finish { choice: 0, reason } => {
                self.flush(out)?;
                self.finish = Some(reason.clone());
            }
            Event::Error { kind, message } => {
                self.ended = true;
                let kind = if kind.is_empty() { "upstream_error" } else { kind };
                errors::write_event(&self.answer_id, kind, message, out);
            }
            Event::End => self.end(out)?,
            other => self.content(other, out)?,
        }
        Ok(())
    }

    fn start(&mut self, id: &str, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        let id = if id.is_empty() { self.context.fallback_id.as_str() } else { id };
        id.clone_into(&mut self.answer_id);
        out.extend_from_slice(b"event: message-start\ndata: {\"id\":");
        string(out, id);
        out.extend_from_slice(
            b",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],\
              \"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}\n\n",
        );
    }

    fn ensure_started(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.start("", out);
        }
    }

    fn delta(&mut self, block: u32, kind: Kind, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let member = if kind == Kind::Thinking { "thinking" } else { "text" };
        if !self.order.goes_on(block, kind) {
            self.text.clear();
            let index = self.contents;
            self.contents = self.contents.saturating_add(1);
            self.open(block, index, kind, out);
            head(out, "content-start", index);
            out.extend_from_slice(b",\"delta\":{\"message\":{\"content\":{\"type\":\"");
            out.extend_from_slice(member.as_bytes());
            out.extend_from_slice(b"\",\"");
            out.extend_from_slice(member.as_bytes());
            out.extend_from_slice(b"\":\"\"}}}}\n\n");
        }
        if kind == Kind::Text && self.text.len().saturating_add(text.len()) <= MAX_TEXT_BYTES {
            self.text.push_str(text);
        }
        head(out, "content-delta", self.contents.saturating_sub(1));
        out.extend_from_slice(b",\"delta\":{\"message\":{\"content\":{\"");
        out.extend_from_slice(member.as_bytes());
        out.extend_from_slice(b"\":");
        string(out, text);
        out.extend_from_slice(b"}}}}\n\n");
    }

    fn tool(&mut self, block: u32, id: &str, name: &str, out: &mut Vec<u8>) {
        let index = self.calls;
        self.calls = self.calls.saturating_add(1);
        self.open(block, index, Kind::Tool, out);
        head(out, "tool-call-start", index);
        out.extend_from_slice(b",\"delta\":{\"message\":{\"tool_calls\":{\"id\":");
        if id.is_empty() {
            string(out, &ids::invent(&self.answer_id, block));
        } else {
            string(out, id);
        }
        out.extend_from_slice(b",\"type\":\"function\",\"function\":{\"name\":");
        string(out, name);
        out.extend_from_slice(b",\"arguments\":\"\"}}}}}\n\n");
    }

    fn arguments(&mut self, block: u32, piece: &str, out: &mut Vec<u8>) {
        if let Some(index) = self.order.argue(block, piece) {
            write_arguments(out, index, piece);
        }
    }

    fn open(&mut self, block: u32, index: u32, kind: Kind, out: &mut Vec<u8>) {
        self.close_block(out);
        self.order.begin(block, index, kind);
    }

    fn close_block(&mut self, out: &mut Vec<u8>) {
        let Some(open) = self.order.take() else { return };
        if open.lacks_arguments() {
            write_arguments(out, open.index, "{}");
        }
        let name = if open.kind == Kind::Tool { "tool-call-end" } else { "content-end" };
        head(out, name, open.index);
        out.extend_from_slice(b"}\n\n");
    }

    /// The piece of the text must stand in a citation, so that the text of the open block is held.
    fn citation(&mut self, block: u32, cited: &Citation, out: &mut Vec<u8>) {
        if !self.order.goes_on(block, Kind::Text) {
            return;
        }
        let index = self.citations;
        self.citations = self.citations.saturating_add(1);
        let mut extents = Extents::default();
        extents.text(block, &self.text);
        let range = extents.in_block(block, cited);
        head(out, "citation-start", index);
        out.extend_from_slice(b",\"delta\":{\"message\":{\"citations\":");
        // The object is a text of its own: commas are not set for what stands before it.
        let mut w = json::Writer::with_capacity(256);
        let content = self.contents.saturating_sub(1);
        citation::write(&mut w, cited, range, citation::piece(&self.text, range), content);
        out.extend_from_slice(&w.into_bytes());
        out.extend_from_slice(b"}}}\n\n");
        head(out, "citation-end", index);
        out.extend_from_slice(b"}\n\n");
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out);
        self.flush(out)?;
        self.ended = true;
        out.extend_from_slice(
            b"event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":",
        );
        string(out, finish::write(self.finish.as_ref(), self.calls > 0));
        out.extend_from_slice(b",\"usage\":");
        let mut w = json::Writer::onto(std::mem::take(out));
        usage::write(&mut w, &self.usage);
        *out = w.into_bytes();
        out.extend_from_slice(b"}}\n\ndata: [DONE]\n\n");
        Ok(())
    }
}

impl InOrder for Writer {
    fn order(&mut self) -> &mut Order {
        &mut self.order
    }

    fn write(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out);
        match event {
            Event::Text { text, .. } | Event::Refusal { text, .. } => {
                self.delta(block, Kind::Text, text, out);
            }
            Event::Thinking { text, .. } => self.delta(block, Kind::Thinking, text, out),
            Event::Citation { citation, .. } => self.citation(block, citation, out),
            Event::ToolStart { id, name, .. } => self.tool(block, id, name, out),
            Event::ToolArguments { json, .. } => self.arguments(block, json, out),
            Event::BlockEnd { .. } if self.order.finish(block) => self.close_block(out),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.close_block(out);
        Ok(())
    }
}

/// Appends an event up to its index; the object stays open.
fn head(out: &mut Vec<u8>, name: &str, index: u32) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: {\"type\":\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\",\"index\":");
    out.extend_from_slice(itoa::Buffer::new().format(index).as_bytes());
}

fn write_arguments(out: &mut Vec<u8>, index: u32, piece: &str) {
    head(out, "tool-call-delta", index);
    out.extend_from_slice(b",\"delta\":{\"message\":{\"tool_calls\":{\"function\":{\"arguments\":");
    string(out, piece);
    out.extend_from_slice(b"}}}}}\n\n");
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape_into(out, text);
    out.push(b'"');
}
