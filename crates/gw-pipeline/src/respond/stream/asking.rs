//! The end of a stream that others are asked about: its last piece, or all of it, waits for their verdicts. Serves the
//! stream. It must not let anything go on before a verdict that decides.

use super::StreamBody;
use super::guard::{StreamAsk, Verdicts};
use crate::guard::blocked;
use bytes::Bytes;
use gw_model::Micros;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A question that is open.
pub(super) struct Asking {
    verdicts: Verdicts,
    ask: Box<StreamAsk>,
    /// What may go on already, and was kept as the last piece.
    last: Bytes,
    /// The outlet is to be finished behind the last frame.
    finishes: bool,
    /// When the first one was put.
    began: Micros,
}

impl StreamBody {
    /// The upstream is done: asks about what it said. Gives nothing; the rest comes with the verdicts.
    pub(super) fn begin_asking(&mut self, last: Bytes, finishes: bool) -> Bytes {
        let (Some(mut ask), Some(guard), Some(ticket)) = (self.asked.take(), &mut self.guard, &self.ticket)
        else {
            return last;
        };
        self.upstream = None;
        let worker = Rc::clone(ticket.worker());
        // The first round takes what came: nothing is passed on, so nothing can stop it.
        let Ok(verdicts) = ask.question(&worker, guard.guarded_mut()) else { return last };
        let began = ticket.clock_now();
        self.asking = Some(Asking { verdicts, ask, last, finishes, began });
        Bytes::new()
    }

    /// What goes on with the verdicts: the rest of the stream, or an error in its place.
    pub(super) fn poll_asking(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        loop {
            let Some(asking) = &mut self.asking else { return Poll::Ready(Bytes::new()) };
            let Poll::Ready(outcomes) = asking.verdicts.as_mut().poll(cx) else { return Poll::Pending };
            let (Some(Asking { mut ask, last, finishes, began, .. }), Some(guard), Some(ticket)) =
                (self.asking.take(), &mut self.guard, &mut self.ticket)
            else {
                return Poll::Ready(Bytes::new());
            };
            let guarded = guard.guarded_mut();
            let told = ask.tell(outcomes, guarded).and_then(|()| {
                let asks_on = ask.asks_on();
                asks_on.then(|| ask.question(ticket.worker(), guarded)).transpose()
            });
            match told {
                Ok(Some(verdicts)) => self.asking = Some(Asking { verdicts, ask, last, finishes, began }),
                Ok(None) => {
                    ticket.note_answer_guardrails_from(began);
                    return self.give_rest(ask, last, finishes);
                }
                Err(stop) => {
                    ticket.note_answer_guardrails_from(began);
                    let refusal = blocked(&guard.guarded().chosen, &stop);
                    return Poll::Ready(self.cut(&refusal, "guardrail", last));
                }
            }
        }
    }

    /// What waited, as the verdicts left it.
    fn give_rest(&mut self, mut ask: Box<StreamAsk>, last: Bytes, finishes: bool) -> Poll<Bytes> {
        let mut out = Vec::from(last);
        while let Some(frame) = ask.next() {
            if let Err(error) = self.outlet.frame_into(&frame, &mut out) {
                let refusal = self.unreadable(&error);
                return Poll::Ready(self.cut(&refusal, "malformed", out.into()));
            }
        }
        if finishes {
            self.outlet.finish_into(&mut out);
        }
        Poll::Ready(self.end_with(out.into()))
    }
}
