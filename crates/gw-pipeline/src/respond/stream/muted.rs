//! A stream of which its caller gets no more, and that is read on for those who share it: each of them has limits and
//! guardrails of its own. What comes is metered, and settled for the caller who began it. Serves the stream. It must not
//! give anything to anybody.

use super::StreamBody;
use super::beside::Looking;
use bytes::Bytes;
use gw_model::{ErrorCode, Outcome};
use gw_wire::frames::goes_on;
use std::task::{Context, Poll};

/// How the call ends once its answer is here.
#[derive(Clone, Copy)]
pub(super) struct Muted {
    pub(super) outcome: Outcome,
    pub(super) reason: &'static str,
    pub(super) code: ErrorCode,
    /// What the caller's status is, where that is another than the provider's.
    pub(super) status: Option<u16>,
    /// The caller knows that there is no more.
    is_told: bool,
}

impl StreamBody {
    /// Does anybody else read what comes?
    pub(super) fn is_shared(&self) -> bool {
        let lead = self.ticket.as_ref().and_then(|ticket| ticket.lead.as_ref());
        self.upstream.is_some() && lead.is_some_and(|lead| lead.has_others())
    }

    /// The caller gets no more from here on.
    pub(in crate::respond) fn mute(
        &mut self,
        outcome: Outcome,
        reason: &'static str,
        code: ErrorCode,
        status: Option<u16>,
    ) {
        let guard = self.guard.take().map(|guard| guard.into_guarded());
        let guarded = guard.or(self.looking.take().map(Looking::into_left));
        if let (Some(ticket), Some(guarded)) = (&mut self.ticket, guarded) {
            ticket.guarded = Some(guarded);
        }
        (self.asked, self.asking, self.keep) = (None, None, None);
        // Behind what stopped it, more may have come already.
        self.count();
        self.muted = Some(Muted { outcome, reason, code, status, is_told: false });
    }

    /// Is it read on for others only?
    pub(crate) const fn is_muted(&self) -> bool {
        self.muted.is_some()
    }

    /// The caller is gone and needs no end.
    pub(crate) const fn leave(&mut self) {
        if let Some(muted) = &mut self.muted {
            muted.is_told = true;
        }
    }

    /// Tells the caller the end once; then reads on until the answer is here.
    pub(super) fn poll_muted(&mut self, muted: Muted, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if !muted.is_told {
            self.leave();
            return Poll::Ready(None);
        }
        while let Some(upstream) = &mut self.upstream {
            let is_whole = match upstream.poll_data(cx) {
                // What may come behind an answer's last frame is no part of it.
                Poll::Pending if self.meter.finished() => true,
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(piece))) => {
                    self.framer.push(piece);
                    if self.count() {
                        continue;
                    }
                    false
                }
                Poll::Ready(Some(Err(_))) => self.open_ended && self.meter.complete(),
                Poll::Ready(None) => {
                    if let Ok(Some(frame)) = self.framer.finish() {
                        let _ = goes_on(self.meter.frame(&frame));
                    }
                    self.meter.complete()
                }
            };
            self.upstream = None;
            self.note_whole(is_whole);
        }
        self.settle(muted.outcome, muted.reason, muted.code.as_str());
        Poll::Ready(None)
    }

    /// The answer may be kept, though its own caller does not get it.
    pub(super) fn note_whole(&mut self, is_whole: bool) {
        let lead = self.ticket.as_mut().and_then(|ticket| ticket.lead.as_mut());
        if let Some(lead) = lead.filter(|_| is_whole && self.meter.error().is_none()) {
            lead.note_whole();
        }
    }

    /// Meters what came; false when it can not be read.
    pub(super) fn count(&mut self) -> bool {
        while let Some(frame) = self.framer.next() {
            if frame.and_then(|frame| goes_on(self.meter.frame(&frame))).is_err() {
                return false;
            }
        }
        // What can be held is held; the rest is charged all the same, since others get it.
        let _ = self.extend();
        true
    }
}
