//! Events to a stream for a caller. Serves the translate stage of streamed answers. Blocks of this format
//! follow one another, so pieces of a later block wait while a tool call is open; it must not let them wait
//! without bound, nor end a stream that was cut.

use super::frames::{self, Delta};
use crate::anthropic::stream::arguments::Nesting;
use crate::bedrock_converse::{blob, errors, ids, stop};
use crate::codec::{WireError, WriteContext};
use gw_model::event::{Event, FinishReason};
use gw_model::usage::Usage;
use std::collections::VecDeque;

/// Bytes of content that may wait for an open tool call to complete.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// Writes one stream, event by event, as whole messages.
#[derive(Debug)]
pub struct Writer {
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
    has_tool_call: bool,
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
            answer_id: context.fallback_id,
            started: false,
            ended: false,
            index: 0,
            open: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            finish: None,
            usage: Usage::default(),
            has_tool_call: false,
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
    /// [`WireError::TooLarge`] when more than 8 MiB of later blocks wait for a tool call to complete, or a
    /// piece is larger than a message may be.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        match event {
            Event::Start { id, .. } => {
                if !self.started && !id.is_empty() {
                    self.answer_id.clone_from(id);
                }
                self.ensure_started(out)
            }
            Event::Usage(usage) => {
                self.usage.merge(usage);
                Ok(())
            }
            Event::Finish { choice: 0, reason } => {
                self.finish = Some(reason.clone());
                self.flush(out)
            }
            Event::Error { kind, message } => {
                self.ended = true;
                Ok(errors::write_event(kind, message, out)?)
            }
            Event::End => self.end(out),
            other => match place(other) {
                Some((0, block)) => self.content(block, other, out),
                _ => Ok(()),
            },
        }
    }

    fn ensure_started(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        frames::message_start(out)
    }

    /// Places one piece of content: into the open block, into a new one, or among what waits.
    fn content(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out)?;
        let is_open = self.open.as_ref().is_some_and(|open| open.block == block);
        if !is_open {
            let waits = |waiting: &VecDeque<Waiting>| waiting.iter().any(|w| w.block == block);
            if matches!(event, Event::BlockEnd { .. }) && !waits(&self.waiting) {
                return Ok(());
            }
            self.advance(out)?;
            let blocked = self.open.as_ref().is_some_and(|open| open.block != block && !open.may_close());
            if blocked || waits(&self.waiting) {
                return self.wait(block, event);
            }
        }
        self.write(block, event, out)
    }

    fn wait(&mut self, block: u32, event: &Event) -> Result<(), WireError> {
        self.waiting_bytes = self.waiting_bytes.saturating_add(size(event));
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
    fn advance(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        while self.open.as_ref().is_none_or(Open::may_close) {
            let Some(next) = self.waiting.pop_front() else { break };
            self.close(out)?;
            for event in &next.events {
                self.waiting_bytes = self.waiting_bytes.saturating_sub(size(event));
                self.write(next.block, event, out)?;
            }
        }
        Ok(())
    }

    /// Writes everything that waits and closes the last block.
    fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        loop {
            self.close(out)?;
            if self.waiting.is_empty() {
                return Ok(());
            }
            self.advance(out)?;
        }
    }

    fn write(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        match event {
            Event::Text { text, .. } | Event::Refusal { text, .. } => {
                self.delta(block, Kind::Text, Delta::Text(text), text.is_empty(), out)
            }
            Event::Thinking { text, .. } => {
                self.delta(block, Kind::Thinking, Delta::Reasoning(text), text.is_empty(), out)
            }
            Event::ThinkingSignature { signature, .. } => {
                self.delta(block, Kind::Thinking, Delta::Signature(signature), signature.is_empty(), out)
            }
            Event::RedactedThinking { data, .. } => {
                self.close(out)?;
                self.open(block, Kind::Redacted, out)?;
                frames::delta(self.index, Delta::Redacted(&blob::write(data)), out)
            }
            Event::ToolStart { id, name, .. } => {
                self.has_tool_call = true;
                self.open(block, Kind::Tool, out)?;
                if id.is_empty() {
                    let invented = ids::invent(&self.answer_id, block);
                    frames::tool_start(self.index, &invented, name, out)
                } else {
                    frames::tool_start(self.index, &ids::encode(id), name, out)
                }
            }
            Event::ToolArguments { json, .. } => self.arguments(block, json, out),
            Event::BlockEnd { .. } => match self.open.as_mut().filter(|open| open.block == block) {
                Some(open) => {
                    open.is_over = true;
                    self.close(out)
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn arguments(&mut self, block: u32, piece: &str, out: &mut Vec<u8>) -> Result<(), WireError> {
        let index = self.index;
        let open = self.open.as_mut().filter(|open| open.block == block && open.kind == Kind::Tool);
        let Some(open) = open.filter(|_| !piece.is_empty()) else { return Ok(()) };
        open.nesting.feed(piece);
        open.has_arguments = true;
        frames::delta(index, Delta::Input(piece), out)
    }

    fn delta(
        &mut self,
        block: u32,
        kind: Kind,
        delta: Delta<'_>,
        is_empty: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        if is_empty {
            return Ok(());
        }
        // Blocks of these kinds begin with their first piece, without a message of their own.
        if self.open.as_ref().is_none_or(|open| open.block != block || open.kind != kind) {
            self.open(block, kind, out)?;
        }
        frames::delta(self.index, delta, out)
    }

    fn open(&mut self, block: u32, kind: Kind, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.close(out)?;
        let (nesting, is_over) = (Nesting::default(), kind == Kind::Redacted);
        self.open = Some(Open { block, kind, nesting, has_arguments: false, is_over });
        Ok(())
    }

    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let index = self.index;
        if open.kind == Kind::Tool && !open.has_arguments {
            frames::delta(index, Delta::Input("{}"), out)?;
        }
        self.index = index.saturating_add(1);
        frames::block_stop(index, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out)?;
        self.flush(out)?;
        self.ended = true;
        let (reason, sequence) = stop::write(self.finish.as_ref(), self.has_tool_call);
        frames::message_stop(reason, sequence, out)?;
        frames::metadata(&self.usage, out)
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

/// What an event that waits takes, about.
fn size(event: &Event) -> usize {
    let content = match event {
        Event::Text { text, .. } | Event::Thinking { text, .. } | Event::Refusal { text, .. } => text.len(),
        Event::ThinkingSignature { signature, .. } => signature.len(),
        Event::RedactedThinking { data, .. } => data.len(),
        Event::ToolStart { id, name, .. } => id.len() + name.len(),
        Event::ToolArguments { json, .. } => json.len(),
        _ => 0,
    };
    content.saturating_add(size_of::<Event>())
}
