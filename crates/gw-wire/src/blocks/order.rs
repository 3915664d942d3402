//! Puts blocks of a stream one behind the other, where events bring them interleaved: pieces of a later block
//! wait while a tool call is open. Serves the stream writers. It must not let them wait without bound.

use super::nesting::Nesting;
use crate::codec::WireError;
use gw_model::event::Event;
use std::collections::VecDeque;

/// Bytes of content that may wait for an open tool call to complete.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// Which block is open, and what waits.
#[derive(Debug, Default)]
pub(crate) struct Order {
    open: Option<Open>,
    waiting: VecDeque<(u32, Vec<Event>)>,
    waiting_bytes: usize,
}

/// The block that is open.
#[derive(Debug)]
pub(crate) struct Open {
    block: u32,
    /// As the format numbers it for the caller.
    pub(crate) index: u32,
    pub(crate) kind: Kind,
    nesting: Nesting,
    has_arguments: bool,
    /// The block's end was announced.
    is_over: bool,
}

/// Kinds of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Thinking,
    Redacted,
    Tool,
}

impl Open {
    /// Whether another block may begin.
    const fn may_close(&self) -> bool {
        !matches!(self.kind, Kind::Tool) || self.is_over || self.nesting.is_complete()
    }

    /// A call without arguments: callers want an empty object.
    pub(crate) fn lacks_arguments(&self) -> bool {
        self.kind == Kind::Tool && !self.has_arguments
    }
}

impl Order {
    /// Whether that block is open and of that kind, so that more of it can be written.
    pub(crate) fn goes_on(&self, block: u32, kind: Kind) -> bool {
        self.open.as_ref().is_some_and(|open| open.block == block && open.kind == kind)
    }

    /// Notes a block that was begun; the one before must have been closed.
    pub(crate) fn begin(&mut self, block: u32, index: u32, kind: Kind) {
        let (nesting, is_over) = (Nesting::default(), kind == Kind::Redacted);
        self.open = Some(Open { block, index, kind, nesting, has_arguments: false, is_over });
    }

    /// Notes a piece of a call's arguments. Gives the call's index if it is to be written.
    pub(crate) fn argue(&mut self, block: u32, piece: &str) -> Option<u32> {
        let open = self.open.as_mut().filter(|open| open.block == block && open.kind == Kind::Tool)?;
        if piece.is_empty() {
            return None;
        }
        open.nesting.feed(piece);
        open.has_arguments = true;
        Some(open.index)
    }

    /// Notes the announced end of a block. True when it is to be closed.
    pub(crate) fn finish(&mut self, block: u32) -> bool {
        match self.open.as_mut().filter(|open| open.block == block) {
            Some(open) => {
                open.is_over = true;
                true
            }
            None => false,
        }
    }

    /// The open block, which is to be closed.
    pub(crate) fn take(&mut self) -> Option<Open> {
        self.open.take()
    }

    fn waits(&self, block: u32) -> bool {
        self.waiting.iter().any(|(waiting, _)| *waiting == block)
    }

    fn wait(&mut self, block: u32, event: &Event) -> Result<(), WireError> {
        self.waiting_bytes = self.waiting_bytes.saturating_add(size(event));
        if self.waiting_bytes > MAX_WAITING_BYTES {
            let what = "bytes waiting for a tool call";
            return Err(WireError::TooLarge { what, limit: MAX_WAITING_BYTES });
        }
        match self.waiting.iter_mut().find(|(waiting, _)| *waiting == block) {
            Some((_, events)) => events.push(event.clone()),
            None => self.waiting.push_back((block, vec![event.clone()])),
        }
        Ok(())
    }

    fn next(&mut self) -> Option<(u32, Vec<Event>)> {
        if self.open.as_ref().is_some_and(|open| !open.may_close()) {
            return None;
        }
        let next = self.waiting.pop_front()?;
        let bytes = next.1.iter().map(size).fold(0, usize::saturating_add);
        self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
        Some(next)
    }
}

/// A writer that keeps an [`Order`].
pub(crate) trait InOrder {
    /// The order.
    fn order(&mut self) -> &mut Order;

    /// Writes one piece of content, whose turn it is.
    fn write(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError>;

    /// Closes the open block, if any.
    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), WireError>;

    /// Places an event: into the open block, into a new one, or among what waits. Events without content and
    /// choices other than the first have no place.
    fn content(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        let Some((0, block)) = place(event) else { return Ok(()) };
        if self.order().open.as_ref().is_none_or(|open| open.block != block) {
            if matches!(event, Event::BlockEnd { .. }) && !self.order().waits(block) {
                return Ok(());
            }
            self.advance(out)?;
            let order = self.order();
            let blocked = order.open.as_ref().is_some_and(|open| open.block != block && !open.may_close());
            if blocked || order.waits(block) {
                return order.wait(block, event);
            }
        }
        self.write(block, event, out)
    }

    /// Writes waiting blocks as long as the open one may close.
    fn advance(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        while let Some((block, events)) = self.order().next() {
            self.close(out)?;
            for event in &events {
                self.write(block, event, out)?;
            }
        }
        Ok(())
    }

    /// Writes everything that waits and closes the last block.
    fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        loop {
            self.close(out)?;
            if self.order().waiting.is_empty() {
                return Ok(());
            }
            self.advance(out)?;
        }
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
        | Event::Citation { choice, block, .. }
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
        Event::Citation { citation, .. } => citation.title.len() + citation.url.len() + citation.quote.len(),
        _ => 0,
    };
    content.saturating_add(size_of::<Event>())
}
