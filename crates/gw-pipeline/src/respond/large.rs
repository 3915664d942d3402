//! A whole answer too large to hold, or not worth holding: its bytes flow on as they come, and only what is charged
//! for is read on the way.

use super::gauge::Gauge;
use crate::reply::Incomplete;
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::{Micros, Outcome, Usage, UsageSource, WireFormat};
use gw_upstream::UpstreamBody;
use http::HeaderMap;
use std::task::{Context, Poll};

/// See the module.
pub struct LargeBody {
    ticket: Option<Ticket>,
    head: Option<Bytes>,
    upstream: UpstreamBody,
    gauge: Gauge,
    deadline: Micros,
    /// The caller's time is up: what comes is read for others only.
    is_muted: bool,
    /// The provider may store the answer.
    stores: bool,
    /// Nothing is charged: what it states was charged when it was made.
    unbilled: bool,
}

impl std::fmt::Debug for LargeBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LargeBody").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl LargeBody {
    pub(super) fn new(
        ticket: Ticket,
        gauge: Gauge,
        head: Bytes,
        upstream: UpstreamBody,
        deadline: Micros,
    ) -> Self {
        let (ticket, head) = (Some(ticket), Some(head).filter(|head| !head.is_empty()));
        Self { ticket, head, upstream, gauge, deadline, is_muted: false, stores: false, unbilled: false }
    }

    /// The provider may store the answer: notes whose it is.
    pub(crate) fn note_answer(mut self, stores: bool) -> Self {
        self.stores = stores;
        self
    }

    /// Something that was made and charged before.
    pub(crate) fn unbilled(
        ticket: Ticket,
        format: WireFormat,
        upstream: UpstreamBody,
        deadline: Micros,
    ) -> Self {
        let gauge = Gauge::new(format, &HeaderMap::new());
        let mut body = Self::new(ticket, gauge, Bytes::new(), upstream, deadline);
        body.unbilled = true;
        body
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Incomplete>>> {
        if self.is_muted {
            return self.poll_muted(cx);
        }
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(self.pass(head))));
        }
        match self.upstream.poll_data(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(piece))) if self.is_late() => {
                match self.is_shared() {
                    true => {
                        self.gauge.feed(&piece);
                        self.is_muted = true;
                    }
                    false => self.settle(Outcome::StreamCut, "timeout"),
                }
                Poll::Ready(Some(Err(Incomplete)))
            }
            Poll::Ready(Some(Ok(piece))) => Poll::Ready(Some(Ok(self.pass(piece)))),
            Poll::Ready(Some(Err(_))) => {
                self.settle(Outcome::StreamCut, "cut");
                Poll::Ready(Some(Err(Incomplete)))
            }
            Poll::Ready(None) => {
                self.settle(Outcome::Success, "");
                Poll::Ready(None)
            }
        }
    }

    /// Is it read on for others only?
    pub(crate) const fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Does anybody else read what comes?
    fn is_shared(&self) -> bool {
        let lead = self.ticket.as_ref().and_then(|ticket| ticket.lead.as_ref());
        lead.is_some_and(|lead| lead.has_others())
    }

    /// Reads on until the answer is here, which is paid for by the caller who began it.
    fn poll_muted(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Incomplete>>> {
        loop {
            match self.upstream.poll_data(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(piece))) => self.gauge.feed(&piece),
                Poll::Ready(end) => {
                    let lead = self.ticket.as_mut().and_then(|ticket| ticket.lead.as_mut());
                    if let Some(lead) = lead.filter(|_| end.is_none()) {
                        lead.note_whole();
                    }
                    self.settle(Outcome::StreamCut, "timeout");
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// Is the request's total time up? Silence is bounded by the idle limit.
    fn is_late(&self) -> bool {
        self.ticket.as_ref().is_some_and(|t| t.worker().now() > self.deadline)
    }

    fn pass(&mut self, piece: Bytes) -> Bytes {
        self.gauge.feed(&piece);
        if let Some(ticket) = &mut self.ticket {
            ticket.note_first_byte();
        }
        // The settlement is written before the last byte goes out.
        if self.upstream.is_end() {
            self.settle(Outcome::Success, "");
        }
        piece
    }

    fn settle(&mut self, outcome: Outcome, reason: &str) {
        let Some(mut ticket) = self.ticket.take() else { return };
        let (usage, source) = match self.unbilled {
            true => (Usage::default(), UsageSource::None),
            false => self.gauge.charged(&ticket),
        };
        if self.stores {
            ticket.made = self.gauge.stored();
        }
        let status = ticket.record.status;
        ticket.close_attempt(status, reason, usage, source);
        ticket.finish(outcome, status);
    }
}

impl Drop for LargeBody {
    fn drop(&mut self) {
        let stopping = self.ticket.as_ref().is_some_and(|t| t.worker().gateway().is_stopping());
        self.settle(if stopping { Outcome::Shutdown } else { Outcome::ClientDisconnect }, "abandoned");
    }
}
