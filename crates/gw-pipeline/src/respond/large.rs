//! A whole answer too large to hold: its bytes flow on as they come, and only its usage is read on the way.

use super::meter;
use crate::reply::Incomplete;
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::{Micros, Outcome, Usage, UsageSource, WireFormat};
use gw_upstream::UpstreamBody;
use gw_wire::estimate;
use gw_wire::json::member::MemberScanner;
use gw_wire::usage::{self, WANTED_MEMBERS};
use std::task::{Context, Poll};

/// See the module.
pub struct LargeBody {
    ticket: Option<Ticket>,
    head: Option<Bytes>,
    upstream: UpstreamBody,
    format: WireFormat,
    scanner: MemberScanner,
    /// Estimate of the output seen, for an answer that states no usage.
    output_tokens: u64,
    deadline: Micros,
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
    pub(crate) fn new(
        ticket: Ticket,
        format: WireFormat,
        head: Bytes,
        upstream: UpstreamBody,
        deadline: Micros,
    ) -> Self {
        let scanner = MemberScanner::new(WANTED_MEMBERS);
        let (ticket, head) = (Some(ticket), Some(head).filter(|head| !head.is_empty()));
        Self {
            ticket,
            head,
            upstream,
            format,
            scanner,
            output_tokens: 0,
            deadline,
            stores: false,
            unbilled: false,
        }
    }

    /// The provider may store the answer: notes whose it is.
    pub(crate) fn note_answer(mut self, stores: bool) -> Self {
        self.stores = stores;
        self
    }

    /// Something that was made and charged before.
    pub(crate) fn unbilled(mut self) -> Self {
        self.unbilled = true;
        self
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Incomplete>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(self.pass(head))));
        }
        match self.upstream.poll_data(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(_))) if self.is_late() => {
                self.settle(Outcome::StreamCut, "timeout");
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

    /// Is the request's total time up? Silence is bounded by the idle limit.
    fn is_late(&self) -> bool {
        self.ticket.as_ref().is_some_and(|t| t.worker().now() > self.deadline)
    }

    fn pass(&mut self, piece: Bytes) -> Bytes {
        self.scanner.feed(&piece);
        self.output_tokens = self.output_tokens.saturating_add(estimate::text_tokens(&piece));
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
            false => meter::charged(
                usage::from_scanner(self.format, &self.scanner),
                ticket.input_tokens,
                ticket.estimated_output(self.output_tokens),
            ),
        };
        if self.stores {
            ticket.made = usage::stored_from_scanner(&self.scanner);
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
