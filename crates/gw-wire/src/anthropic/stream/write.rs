//! Events to a stream for a caller. Serves the translate stage of streamed answers. Blocks of this format
//! follow one another, so pieces of a later block wait while a tool call is open; it must not let them wait
//! without bound, nor end a stream that was cut.

use super::arguments::Nesting;
use crate::anthropic::stop::{self, Seen};
use crate::anthropic::usage::UsageOut;
use crate::anthropic::{ids, response};
use crate::codec::{WireError, WriteContext};
use gw_model::event::{Event, FinishReason};
use gw_model::usage::Usage;
use serde::Serialize;
use std::collections::VecDeque;
use std::io::Write as _;

/// Bytes of content that may wait for an open tool call to complete.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// Writes one stream, event by event.
#[derive(Debug)]
pub struct Writer {
    context: WriteContext,
    answer_id: String,
    started: bool,
    ended: bool,
    /// The next block's index.
    index: u32,
    open: Option<Open>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    finish: Option<FinishReason>,
    usage: Usage,
    seen: Seen,
}

#[derive(Debug)]
struct Open {
    block: u32,
    kind: Kind,
    nesting: Nesting,
    /// A piece of arguments was written.
    has_arguments: bool,
    /// The block's end was announced.
    is_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Redacted,
    Tool,
}

#[derive(Debug)]
struct Waiting {
    block: u32,
    events: Vec<Event>,
}

impl Open {
    /// Whether another block may begin.
    const fn may_close(&self) -> bool {
        !matches!(self.kind, Kind::Tool) || self.is_over || self.nesting.is_complete()
    }
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
            index: 0,
            open: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            finish: None,
            usage: Usage::default(),
            seen: Seen::default(),
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
            Event::Start { id, model, .. } => self.start(id, model, out),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Finish { choice: 0, reason } => {
                self.flush(out);
                self.finish = Some(reason.clone());
            }
            Event::Error { kind, message } => {
                self.ended = true;
                frame(out, "error", |out| response::write_error(kind, message, out));
            }
            Event::End => self.end(out),
            other => {
                if let Some((0, block)) = place(other) {
                    self.content(block, other, out)?;
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, id: &str, model: &str, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        let id = if id.is_empty() { self.context.fallback_id.as_str() } else { id };
        let model = if model.is_empty() { self.context.fallback_model.as_str() } else { model };
        id.clone_into(&mut self.answer_id);
        let usage = UsageOut::from(&self.usage);
        frame(out, "message_start", |out| {
            out.extend_from_slice(br#"{"type":"message_start","message":"#);
            response::write_head(id, model, out);
            out.extend_from_slice(br#","content":[],"stop_reason":null,"stop_sequence":null,"usage":"#);
            json(out, &usage);
            out.extend_from_slice(b"}}");
        });
    }

    fn ensure_started(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.start("", "", out);
        }
    }

    /// Places one piece of content: into the open block, into a new one, or among what waits.
    fn content(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out);
        let is_open = self.open.as_ref().is_some_and(|open| open.block == block);
        if !is_open {
            if matches!(event, Event::BlockEnd { .. }) && !self.waiting.iter().any(|w| w.block == block) {
                return Ok(());
            }
            self.advance(out);
            let blocked = self.open.as_ref().is_some_and(|open| open.block != block && !open.may_close());
            if blocked || self.waiting.iter().any(|w| w.block == block) {
                return self.wait(block, event);
            }
        }
        self.write(block, event, out);
        Ok(())
    }

    fn wait(&mut self, block: u32, event: &Event) -> Result<(), WireError> {
        self.waiting_bytes = self.waiting_bytes.saturating_add(size_of::<Event>() + payload(event).len());
        if self.waiting_bytes > MAX_WAITING_BYTES {
            return Err(WireError::TooLarge {
                what: "bytes waiting for a tool call",
                limit: MAX_WAITING_BYTES,
            });
        }
        match self.waiting.iter_mut().find(|w| w.block == block) {
            Some(waiting) => waiting.events.push(event.clone()),
            None => self.waiting.push_back(Waiting { block, events: vec![event.clone()] }),
        }
        Ok(())
    }

    /// Writes waiting blocks as long as the open one may close.
    fn advance(&mut self, out: &mut Vec<u8>) {
        while self.open.as_ref().is_none_or(Open::may_close) {
            let Some(next) = self.waiting.pop_front() else { break };
            self.close(out);
            for event in &next.events {
                self.waiting_bytes =
                    self.waiting_bytes.saturating_sub(size_of::<Event>() + payload(event).len());
                self.write(next.block, event, out);
            }
        }
    }

    /// Writes everything that waits and closes the last block.
    fn flush(&mut self, out: &mut Vec<u8>) {
        loop {
            self.close(out);
            if self.waiting.is_empty() {
                break;
            }
            self.advance(out);
        }
    }

    fn write(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Text { text, .. } => self.delta(block, Kind::Text, "text", text, out),
            Event::Refusal { text, .. } => {
                self.seen.refusal = true;
                self.delta(block, Kind::Text, "text", text, out);
            }
            Event::Thinking { text, .. } => self.delta(block, Kind::Thinking, "thinking", text, out),
            Event::ThinkingSignature { signature, .. } => {
                self.delta(block, Kind::Thinking, "signature", signature, out);
            }
            Event::RedactedThinking { data, .. } => {
                self.open(block, Kind::Redacted, out, |out| {
                    out.extend_from_slice(br#"{"type":"redacted_thinking","data":"#);
                    json(out, data);
                    out.push(b'}');
                });
            }
            Event::ToolStart { id, name, .. } => self.tool(block, id, name, out),
            Event::ToolArguments { json, .. } => self.arguments(block, json, out),
            Event::BlockEnd { .. } => {
                if let Some(open) = self.open.as_mut().filter(|open| open.block == block) {
                    open.is_over = true;
                    self.close(out);
                }
            }
            _ => {}
        }
    }

    fn tool(&mut self, block: u32, id: &str, name: &str, out: &mut Vec<u8>) {
        self.seen.tool_call = true;
        let invented;
        let encoded = ids::encode(id);
        let id = if id.is_empty() {
            invented = ids::invent(&self.answer_id, block);
            invented.as_str()
        } else {
            encoded.as_ref()
        };
        self.open(block, Kind::Tool, out, |out| {
            out.extend_from_slice(br#"{"type":"tool_use","id":"#);
            json(out, id);
            out.extend_from_slice(br#","name":"#);
            json(out, name);
            out.extend_from_slice(br#","input":{}}"#);
        });
    }

    fn arguments(&mut self, block: u32, piece: &str, out: &mut Vec<u8>) {
        let index = self.index;
        let open = self.open.as_mut().filter(|open| open.block == block && open.kind == Kind::Tool);
        let Some(open) = open.filter(|_| !piece.is_empty()) else { return };
        open.nesting.feed(piece);
        open.has_arguments = true;
        write_delta(out, index, "input_json_delta", "partial_json", piece);
    }

    fn delta(&mut self, block: u32, kind: Kind, member: &'static str, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if self.open.as_ref().is_none_or(|open| open.block != block || open.kind != kind) {
            self.open(block, kind, out, |out| {
                out.extend_from_slice(match kind {
                    Kind::Thinking => br#"{"type":"thinking","thinking":"","signature":""}"#.as_slice(),
                    _ => br#"{"type":"text","text":""}"#,
                });
            });
        }
        let kind = match member {
            "text" => "text_delta",
            "thinking" => "thinking_delta",
            _ => "signature_delta",
        };
        write_delta(out, self.index, kind, member, text);
    }

    fn open(&mut self, block: u32, kind: Kind, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
        self.close(out);
        let index = self.index;
        frame(out, "content_block_start", |out| {
            let _ = write!(out, r#"{{"type":"content_block_start","index":{index},"content_block":"#);
            content(out);
            out.push(b'}');
        });
        let (nesting, is_over) = (Nesting::default(), kind == Kind::Redacted);
        self.open = Some(Open { block, kind, nesting, has_arguments: false, is_over });
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(open) = self.open.take() else { return };
        let index = self.index;
        if open.kind == Kind::Tool && !open.has_arguments {
            write_delta(out, index, "input_json_delta", "partial_json", "{}");
        }
        frame(out, "content_block_stop", |out| {
            let _ = write!(out, r#"{{"type":"content_block_stop","index":{index}}}"#);
        });
        self.index = index.saturating_add(1);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.ensure_started(out);
        self.flush(out);
        self.ended = true;
        let (reason, sequence) = stop::write(self.finish.as_ref(), self.seen);
        frame(out, "message_delta", |out| {
            let _ = write!(
                out,
                r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}","stop_sequence":"#
            );
            json(out, &sequence);
            out.extend_from_slice(br#"},"usage":"#);
            json(out, &UsageOut::from(&self.usage));
            out.push(b'}');
        });
        frame(out, "message_stop", |out| out.extend_from_slice(br#"{"type":"message_stop"}"#));
    }
}

/// Choice and block of an event that carries content.
const fn place(event: &Event) -> Option<(u32, u32)> {
    match event {
        Event::Text { choice, block, .. }
        | Event::Thinking { choice, block, .. }
        | Event::ThinkingSignature { choice, block, .. }
        | Event::RedactedThinking { choice, block, .. }
        | Event::Refusal { choice, block, .. }
        | Event::ToolStart { choice, block, .. }
        | Event::ToolArguments { choice, block, .. }
        | Event::BlockEnd { choice, block } => Some((*choice, *block)),
        _ => None,
    }
}

fn payload(event: &Event) -> &str {
    match event {
        Event::Text { text, .. } | Event::Thinking { text, .. } | Event::Refusal { text, .. } => text,
        Event::ThinkingSignature { signature, .. } => signature,
        Event::RedactedThinking { data, .. } => data,
        Event::ToolStart { name, .. } => name,
        Event::ToolArguments { json, .. } => json,
        _ => "",
    }
}

/// Appends one server-sent event.
fn frame(out: &mut Vec<u8>, name: &str, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    data(out);
    out.extend_from_slice(b"\n\n");
}

fn write_delta(out: &mut Vec<u8>, index: u32, kind: &str, member: &str, text: &str) {
    frame(out, "content_block_delta", |out| {
        let _ = write!(
            out,
            r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"{kind}","{member}":"#
        );
        json(out, text);
        out.extend_from_slice(b"}}");
    });
}

/// Appends `value` as JSON. Writing into memory cannot fail.
fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}
