//! Large frames of a stream through the guardrails on another thread: the worker's other calls would wait. Also the end of
//! a long text that is judged as a whole. Serves the stream. Nothing else of the stream is read meanwhile.

use super::StreamBody;
use crate::guard::{Guarded, blocked};
use crate::receive::INLINE_BYTES;
use crate::respond::guard::StreamGuard;
use bytes::Bytes;
use gw_guard::Blocked;
use gw_model::{ErrorCode, Refusal};
use gw_wire::frames::{Frame, goes_on};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;

/// Frames that are looked at.
pub(super) struct Looking {
    done: JoinHandle<Looked>,
    /// What was noted before is written down, too, if the call ends meanwhile.
    left: Box<Guarded>,
    /// Why reading can not go on behind them.
    fault: Option<Refusal>,
    /// What goes on before them.
    before: Bytes,
    /// Nothing came with them: the answer is over.
    is_end: bool,
}

/// What became of them.
struct Looked {
    guard: Box<StreamGuard>,
    looked: Result<(), Blocked>,
    frames: Vec<Frame>,
}

impl Looking {
    pub(super) fn into_left(self) -> Box<Guarded> {
        self.left
    }
}

impl StreamBody {
    /// Is so much to be looked at when a piece of so many bytes came that the worker's other calls would wait?
    pub(super) fn is_much(&self, piece: usize) -> bool {
        let held = self.framer.held_bytes();
        self.guard.as_ref().is_some_and(|guard| piece + held + guard.whole_bytes() > INLINE_BYTES)
    }

    /// As [`Self::guarded_frames`], of what is much. What goes on comes with [`Self::poll_looking`].
    pub(super) fn guarded_beside(&mut self, piece: Bytes) -> (Bytes, Option<Refusal>) {
        self.framer.push(piece);
        let (mut frames, mut fault) = (Vec::new(), None);
        while fault.is_none()
            && let Some(frame) = self.framer.next()
        {
            let is_over = self.meter.finished();
            match frame.and_then(|frame| Ok((goes_on(self.meter.frame(&frame))?, frame))) {
                // Nobody looks at comments and the like, so they do not go on.
                Ok((true, frame)) if !is_over => frames.extend(frame.without_others()),
                Ok(_) => {}
                Err(error) => fault = Some(self.unreadable(&error)),
            }
        }
        let is_over = self.meter.finished() && fault.is_none();
        let bytes: usize = frames.iter().map(|frame| frame.raw().len()).sum();
        let whole = self.guard.as_ref().filter(|_| is_over).map_or(0, |guard| guard.whole_bytes());
        if bytes + whole > INLINE_BYTES {
            self.look(frames, is_over, fault);
            return (Bytes::new(), None);
        }
        let (mut out, mut looked) = (Vec::new(), Ok(()));
        for frame in frames {
            looked = looked.and_then(|()| self.guard_frame(frame));
        }
        let stopped = self.guard_settled(looked, is_over, &mut out);
        (out.into(), stopped.err().or(fault))
    }

    /// The answer is over though nothing said so: what waits is looked at as a whole, behind what goes on before.
    pub(super) fn end_beside(&mut self, before: Bytes) {
        self.look(Vec::new(), true, None);
        if let Some(looking) = &mut self.looking {
            (looking.before, looking.is_end) = (before, true);
        }
    }

    fn look(&mut self, frames: Vec<Frame>, is_over: bool, fault: Option<Refusal>) {
        let Some(mut guard) = self.guard.take() else { return };
        let left = Box::new(guard.guarded().meanwhile());
        let done = tokio::task::spawn_blocking(move || {
            let mut looked = Ok(());
            for frame in frames {
                looked = looked.and_then(|()| guard.push(frame));
            }
            let looked = looked.and_then(|()| if is_over { guard.finish() } else { guard.settle() });
            let frames = std::iter::from_fn(|| guard.next()).collect();
            Looked { guard, looked, frames }
        });
        self.looking = Some(Looking { done, left, fault, before: Bytes::new(), is_end: false });
    }

    /// What goes on of what was looked at.
    pub(super) fn poll_looking(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let Some(looking) = &mut self.looking else { return Poll::Ready(Bytes::new()) };
        let Poll::Ready(done) = Pin::new(&mut looking.done).poll(cx) else { return Poll::Pending };
        let Ok(Looked { guard, looked, frames }) = done else {
            let refusal = Refusal::new(ErrorCode::Internal, "the answer could not be looked through");
            return Poll::Ready(self.cut(&refusal, "guardrail", Bytes::new()));
        };
        let Some(Looking { fault, before, is_end, .. }) = self.looking.take() else {
            return Poll::Ready(Bytes::new());
        };
        self.guard = Some(guard);
        let mut out = Vec::from(before);
        let passed = self.pass_on(looked, frames, &mut out);
        let (out, fault) = (Bytes::from(out), passed.err().or(fault));
        Poll::Ready(match fault {
            Some(refusal) if is_end => self.cut(&refusal, "guardrail", out),
            None if is_end => out,
            fault => self.digested(out, fault),
        })
    }

    /// Appends frames that the guardrails let go, as far as others do.
    pub(super) fn pass_on(
        &mut self,
        mut looked: Result<(), Blocked>,
        frames: Vec<Frame>,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let Some(guard) = &mut self.guard else { return Ok(()) };
        for frame in frames {
            let Some(asked) = &mut self.asked else {
                if let Err(error) = self.outlet.frame_into(&frame, out) {
                    return Err(self.unreadable(&error));
                }
                continue;
            };
            looked = looked.and(asked.push(frame, guard.guarded_mut()));
            while let Some(frame) = asked.next() {
                if let Err(error) = self.outlet.frame_into(&frame, out) {
                    return Err(self.unreadable(&error));
                }
            }
        }
        looked.map_err(|stop| blocked(&guard.guarded().chosen, &stop))
    }
}
