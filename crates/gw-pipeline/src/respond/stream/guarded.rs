//! Frames of a stream through its guardrails. Serves the stream. It must not put out what a guardrail has not let go.

use super::{StreamBody, join};
use crate::guard::blocked;
use crate::respond::guard::{FramePlace, StreamGuard};
use crate::respond::outlet::Outlet;
use bytes::Bytes;
use gw_guard::Blocked;
use gw_model::Refusal;
use gw_wire::codec::WireError;
use gw_wire::frames::{Frame, Framer, goes_on};
use gw_wire::sse::FrameVerdict;
use std::ops::ControlFlow;

impl StreamBody {
    /// As [`Self::frames`], with the frames through the guardrails.
    pub(super) fn guarded_frames(&mut self, piece: Bytes) -> (Bytes, Option<Refusal>) {
        if self.is_much(piece.len()) {
            return self.guarded_beside(piece);
        }
        let goes_on_as_it_is = matches!(self.outlet, Outlet::Same) && self.asked.is_none();
        match self.framer {
            Framer::Sse(_) if goes_on_as_it_is => self.guarded_piece(piece),
            _ => self.guarded_one_by_one(piece),
        }
    }

    /// Frames that go on as they come, where nothing is found in them: then the piece itself goes on.
    fn guarded_piece(&mut self, piece: Bytes) -> (Bytes, Option<Refusal>) {
        let Self { framer: Framer::Sse(framer), meter, guard: Some(guard), pieces, .. } = self else {
            return (Bytes::new(), None);
        };
        guard.expect(piece.len());
        let mut looked = Ok(());
        let drained = framer.drain_while(
            piece,
            |frame| {
                let is_over = meter.finished();
                let known = guard.recognise(frame);
                let verdict = match meter.known_frame(frame, known) {
                    FrameVerdict::Forward if is_over => FrameVerdict::Hide,
                    FrameVerdict::Forward => {
                        let (place, taken) = guard.take(frame);
                        looked = taken;
                        if place == FramePlace::Kept { FrameVerdict::Forward } else { FrameVerdict::Hide }
                    }
                    other => other,
                };
                if looked.is_ok() { ControlFlow::Continue(verdict) } else { ControlFlow::Break(verdict) }
            },
            pieces,
        );
        let is_over = meter.finished() && drained.is_ok();
        let looked = looked.and_then(|()| settle(guard, is_over));
        let mut out = Vec::new();
        guard.release(pieces, &mut out);
        let stopped = looked.map_err(|stop| blocked(&guard.guarded().chosen, &stop));
        let fault = drained.err().map(|error| self.unreadable(&WireError::from(error)));
        (join(&mut out), stopped.err().or(fault))
    }

    fn guarded_one_by_one(&mut self, piece: Bytes) -> (Bytes, Option<Refusal>) {
        let mut out = Vec::with_capacity(piece.len());
        self.framer.push(piece);
        let (mut looked, mut fault) = (Ok(()), None);
        while looked.is_ok()
            && fault.is_none()
            && let Some(frame) = self.framer.next()
        {
            let is_over = self.meter.finished();
            match frame.and_then(|frame| Ok((goes_on(self.meter.frame(&frame))?, frame))) {
                Ok((true, frame)) if !is_over => looked = self.guard_frame(frame),
                Ok(_) => {}
                Err(error) => fault = Some(self.unreadable(&error)),
            }
        }
        let is_over = self.meter.finished() && fault.is_none();
        let stopped = self.guard_settled(looked, is_over, &mut out);
        (out.into(), stopped.err().or(fault))
    }

    /// Gives a frame to the guardrails.
    pub(super) fn guard_frame(&mut self, frame: Frame) -> Result<(), Blocked> {
        let Some(guard) = &mut self.guard else { return Ok(()) };
        // Nobody looks at comments and the like, so they do not go on.
        frame.without_others().map_or(Ok(()), |frame| guard.push(frame))
    }

    /// No more frames are there, or ever will be: appends what may go on.
    pub(super) fn guard_settled(
        &mut self,
        looked: Result<(), Blocked>,
        is_over: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let Some(guard) = &mut self.guard else { return Ok(()) };
        let looked = looked.and_then(|()| settle(guard, is_over));
        let frames = std::iter::from_fn(|| guard.next()).collect();
        self.pass_on(looked, frames, out)
    }
}

/// No more frames are there, or ever will be.
fn settle(guard: &mut StreamGuard, is_over: bool) -> Result<(), Blocked> {
    if is_over { guard.finish() } else { guard.settle() }
}
