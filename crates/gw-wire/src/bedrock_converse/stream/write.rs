//! Events to a stream for a caller. Serves the translate stage of streamed answers. Blocks of this format
//! follow one another, so pieces of a later block wait while a tool call is open; it must not let them wait
//! without bound, nor end a stream that was cut.

use super::frames::{self, Delta};
use crate::bedrock_converse::{blob, errors, ids, stop};
use crate::blocks::{InOrder, Kind, Order};
use crate::codec::{WireError, WriteContext};
use gw_model::event::{Event, FinishReason};
use gw_model::usage::Usage;

/// Writes one stream, event by event, as whole messages.
#[derive(Debug)]
pub struct Writer {
    answer_id: String,
    started: bool,
    ended: bool,
    /// The next block's index.
    index: u32,
    order: Order,
    finish: Option<FinishReason>,
    usage: Usage,
    has_tool_call: bool,
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
            order: Order::default(),
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
            other => self.content(other, out),
        }
    }

    fn ensure_started(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        frames::message_start(out)
    }

    fn arguments(&mut self, block: u32, piece: &str, out: &mut Vec<u8>) -> Result<(), WireError> {
        match self.order.argue(block, piece) {
            Some(index) => frames::delta(index, Delta::Input(piece), out),
            None => Ok(()),
        }
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
        if !self.order.goes_on(block, kind) {
            self.open(block, kind, out)?;
        }
        frames::delta(self.index, delta, out)
    }

    fn open(&mut self, block: u32, kind: Kind, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.close(out)?;
        self.order.begin(block, self.index, kind);
        Ok(())
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

impl InOrder for Writer {
    fn order(&mut self) -> &mut Order {
        &mut self.order
    }

    fn write(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out)?;
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
            // A block that is closed gets nothing more.
            Event::Citation { citation, .. } if self.order.goes_on(block, Kind::Text) => {
                frames::cite(self.index, citation, out)
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
            Event::BlockEnd { .. } if self.order.finish(block) => self.close(out),
            _ => Ok(()),
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        let Some(open) = self.order.take() else { return Ok(()) };
        let index = open.index;
        if open.lacks_arguments() {
            frames::delta(index, Delta::Input("{}"), out)?;
        }
        self.index = index.saturating_add(1);
        frames::block_stop(index, out)
    }
}
