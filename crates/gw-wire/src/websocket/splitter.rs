//! Splits what a socket brings into pieces of frames, without copying and however it is cut. Large frames come in
//! as many pieces as reads brought, so that nothing of a message needs to be held for it to be passed on.

use super::Fault;
use super::frame::{Head, Opcode, Sender, parse, unmask};
use bytes::{Bytes, BytesMut};

/// One thing to be passed on: the bytes as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// As they stood on the wire, head and mask included.
    pub raw: Bytes,
    /// Of the message that it belongs to: text or binary; or a control frame, which is whole.
    pub opcode: Opcode,
    /// The first piece of a message.
    pub starts_message: bool,
    /// A frame ends with it: another one may follow.
    pub ends_frame: bool,
    /// A message, or a control frame, ends with it.
    pub ends_message: bool,
    /// Where the payload begins in `raw`.
    payload_at: usize,
    /// The mask, and the offset of the payload within the frame.
    mask: Option<([u8; 4], usize)>,
}

impl Piece {
    /// Appends the payload as it was meant.
    pub fn payload_into(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(self.raw.get(self.payload_at..).unwrap_or_default());
        if let (Some((mask, phase)), Some(new)) = (self.mask, out.get_mut(start..)) {
            unmask(new, mask, phase);
        }
    }

    /// The payload as it was meant.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.payload_bytes());
        self.payload_into(&mut out);
        out
    }

    /// Length of the payload.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.raw.len().saturating_sub(self.payload_at)
    }
}

/// A data frame of which not all has passed.
#[derive(Clone, Copy, Debug)]
struct Passing {
    head: Head,
    passed: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Splitter {
    sender: Sender,
    max_message_bytes: u64,
    buffer: BytesMut,
    passing: Option<Passing>,
    /// The message under way.
    message: Option<Opcode>,
    message_bytes: u64,
}

impl Splitter {
    /// For what `sender` writes; larger messages are a fault.
    #[must_use]
    pub fn new(sender: Sender, max_message_bytes: usize) -> Self {
        Self {
            sender,
            max_message_bytes: max_message_bytes as u64,
            buffer: BytesMut::new(),
            passing: None,
            message: None,
            message_bytes: 0,
        }
    }

    /// Where what comes is to be appended.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next piece; `Ok(None)` when more must come first.
    ///
    /// # Errors
    /// The rule that the sender breaks; nothing behind it can be read.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: it goes on after None")]
    pub fn next(&mut self) -> Result<Option<Piece>, Fault> {
        if let Some(passing) = self.passing {
            return Ok(self.pass(passing, 0));
        }
        let Some(head) = parse(&self.buffer, self.sender)? else { return Ok(None) };
        if head.opcode.is_control() {
            return Ok(self.control(head));
        }
        let is_first = head.opcode != Opcode::Continuation;
        if is_first == self.message.is_some() {
            return Err(Fault::Order);
        }
        let before = if is_first { 0 } else { self.message_bytes };
        if before.saturating_add(head.payload_bytes) > self.max_message_bytes {
            return Err(Fault::TooLarge);
        }
        if head.payload_bytes > 0 && self.buffer.len() <= head.head_bytes {
            return Ok(None);
        }
        if is_first {
            self.message = Some(head.opcode);
        }
        self.message_bytes = before.saturating_add(head.payload_bytes);
        let mut piece = self.pass(Passing { head, passed: 0 }, head.head_bytes);
        if let Some(piece) = &mut piece {
            piece.starts_message = is_first;
        }
        Ok(piece)
    }

    /// A control frame, once it is there in full.
    fn control(&mut self, head: Head) -> Option<Piece> {
        let whole = head.head_bytes.saturating_add(usize::try_from(head.payload_bytes).unwrap_or(usize::MAX));
        if self.buffer.len() < whole {
            return None;
        }
        Some(Piece {
            raw: self.buffer.split_to(whole).freeze(),
            opcode: head.opcode,
            starts_message: true,
            ends_frame: true,
            ends_message: true,
            payload_at: head.head_bytes,
            mask: head.mask.map(|mask| (mask, 0)),
        })
    }

    /// What is there of a data frame; `head_bytes` of it stand in front of the payload.
    fn pass(&mut self, passing: Passing, head_bytes: usize) -> Option<Piece> {
        let Passing { head, passed } = passing;
        let left = head.payload_bytes - passed;
        let there = self.buffer.len().saturating_sub(head_bytes);
        let taken = usize::try_from(left).map_or(there, |left| left.min(there));
        if taken == 0 && left > 0 {
            return None;
        }
        let raw = self.buffer.split_to(head_bytes + taken).freeze();
        let ends_frame = taken as u64 == left;
        self.passing = (!ends_frame).then_some(Passing { head, passed: passed.saturating_add(taken as u64) });
        let opcode = self.message.unwrap_or(head.opcode);
        let ends_message = ends_frame && head.fin;
        if ends_message {
            self.message = None;
        }
        let phase = usize::try_from(passed % 4).unwrap_or(0);
        let mask = head.mask.map(|mask| (mask, phase));
        Some(Piece {
            raw,
            opcode,
            starts_message: false,
            ends_frame,
            ends_message,
            payload_at: head_bytes,
            mask,
        })
    }
}
