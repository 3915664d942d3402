//! The incremental splitter. Serves the response stages: bytes in as they arrive, frames out as soon as
//! they are complete. It must not hold more than one incomplete event, bounded, besides what is pushed.

use super::boundary::Boundary;
use super::frame::{Frame, FrameView};
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;

/// What becomes of a frame on its way to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameVerdict {
    /// It goes on, as it is.
    Forward,
    /// It was asked for by the gateway, not by the caller, and is left out.
    Hide,
    /// It is damaged: neither it nor what follows goes on.
    Malformed,
}

/// Why a stream cannot be split further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseError {
    /// One event is larger than allowed.
    EventTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// One event's data is not what its format has.
    Malformed,
}

impl fmt::Display for SseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EventTooLarge { limit } => write!(f, "an event of the stream is larger than {limit} bytes"),
            Self::Malformed => f.write_str("an event of the stream is malformed"),
        }
    }
}

impl std::error::Error for SseError {}

/// Splits a byte stream into events. An event that lies within one pushed piece is a slice of it; only one
/// that spans pieces is copied.
#[derive(Debug)]
pub struct Framer {
    max_event_bytes: usize,
    boundary: Boundary,
    /// The start of an event whose end has not come.
    partial: BytesMut,
    queue: VecDeque<Bytes>,
    failed: bool,
}

impl Framer {
    /// A splitter that refuses events of more than `max_event_bytes`.
    #[must_use]
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            max_event_bytes,
            boundary: Boundary::default(),
            partial: BytesMut::new(),
            queue: VecDeque::new(),
            failed: false,
        }
    }

    /// Takes the next piece of the stream. Call [`Framer::next`] until it answers `None` before the next push.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() && !self.failed {
            self.queue.push_back(piece);
        }
    }

    /// The next complete event. `None`: push more. After an error there are no more.
    #[expect(clippy::should_implement_trait, reason = "`None` is not the end: pushing more brings more")]
    pub fn next(&mut self) -> Option<Result<Frame, SseError>> {
        self.next_raw().map(|raw| raw.map(Frame::parse))
    }

    /// Takes one piece, shows `judge` every event that becomes complete, and appends to `out` what is to be
    /// forwarded. Neighbouring events go out as one slice of the piece. Not to be mixed with [`Framer::push`].
    ///
    /// # Errors
    /// An event is too large or malformed. `out` then holds what came before it.
    pub fn drain(
        &mut self,
        piece: Bytes,
        mut judge: impl FnMut(&FrameView<'_>) -> FrameVerdict,
        out: &mut Vec<Bytes>,
    ) -> Result<(), SseError> {
        self.drain_while(piece, |frame| ControlFlow::Continue(judge(frame)), out)
    }

    /// As [`Self::drain`], until `judge` breaks off behind an event: [`Self::next`] then gives those that follow.
    ///
    /// # Errors
    /// As [`Self::drain`].
    pub fn drain_while(
        &mut self,
        piece: Bytes,
        mut judge: impl FnMut(&FrameView<'_>) -> ControlFlow<FrameVerdict, FrameVerdict>,
        out: &mut Vec<Bytes>,
    ) -> Result<(), SseError> {
        debug_assert!(self.queue.is_empty(), "drain does not mix with push");
        let mut start = 0;
        if !self.partial.is_empty() {
            let held = self.partial.len();
            self.push(piece.clone());
            let Some(raw) = self.next_raw() else { return Ok(()) };
            let raw = raw?;
            self.queue.clear();
            start = raw.len() - held;
            let judged = judge(&FrameView::parse(&raw));
            let (ControlFlow::Continue(verdict) | ControlFlow::Break(verdict)) = judged;
            match verdict {
                FrameVerdict::Forward => out.push(raw),
                FrameVerdict::Hide => {}
                FrameVerdict::Malformed => {
                    self.failed = true;
                    return Err(SseError::Malformed);
                }
            }
            if judged.is_break() {
                self.push(piece.slice(start..));
                return Ok(());
            }
        }
        let mut end = start;
        let fault = loop {
            let rest = piece.get(end..).unwrap_or_default();
            let found = self.boundary.feed(rest);
            let taken = found.unwrap_or(rest.len());
            if taken > self.max_event_bytes || self.failed {
                self.failed = true;
                break Some(SseError::EventTooLarge { limit: self.max_event_bytes });
            }
            if found.is_none() {
                self.partial.extend_from_slice(rest);
                break None;
            }
            let raw = rest.get(..taken).unwrap_or_default();
            let judged = judge(&FrameView::parse(raw));
            let (ControlFlow::Continue(verdict) | ControlFlow::Break(verdict)) = judged;
            match verdict {
                FrameVerdict::Forward => {}
                FrameVerdict::Hide => {
                    push_slice(out, &piece, start, end);
                    start = end + taken;
                }
                FrameVerdict::Malformed => {
                    self.failed = true;
                    break Some(SseError::Malformed);
                }
            }
            end += taken;
            if judged.is_break() {
                self.push(piece.slice(end..));
                break None;
            }
        };
        push_slice(out, &piece, start, end);
        fault.map_or(Ok(()), Err)
    }

    /// The stream has ended: what is left is an event that lacks its blank line.
    pub fn finish(&mut self) -> Option<Frame> {
        if self.failed {
            return None;
        }
        for piece in std::mem::take(&mut self.queue) {
            self.partial.extend_from_slice(&piece);
        }
        let raw = std::mem::take(&mut self.partial).freeze();
        self.boundary = Boundary::default();
        (!raw.is_empty()).then(|| Frame::parse(raw))
    }

    /// Bytes held back: the start of an event whose end has not come.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.partial.len()
    }

    fn next_raw(&mut self) -> Option<Result<Bytes, SseError>> {
        while let Some(front) = self.queue.front_mut() {
            let found = self.boundary.feed(front);
            let taken = found.unwrap_or(front.len());
            if self.partial.len() + taken > self.max_event_bytes {
                self.failed = true;
                self.queue.clear();
                self.partial = BytesMut::new();
                return Some(Err(SseError::EventTooLarge { limit: self.max_event_bytes }));
            }
            if found.is_none() {
                self.partial.extend_from_slice(front);
                self.queue.pop_front();
                continue;
            }
            let raw = if self.partial.is_empty() {
                front.split_to(taken)
            } else {
                self.partial.extend_from_slice(front.get(..taken).unwrap_or_default());
                front.advance(taken);
                std::mem::take(&mut self.partial).freeze()
            };
            if front.is_empty() {
                self.queue.pop_front();
            }
            return Some(Ok(raw));
        }
        None
    }
}

fn push_slice(out: &mut Vec<Bytes>, whole: &Bytes, start: usize, end: usize) {
    if start < end {
        out.push(whole.slice(start..end));
    }
}
