//! An answer that is on its way to several callers at once: one call fetches it, and all get its pieces as they come, each
//! at its own pace. Serves the cache stage. It must not know what the pieces mean.
//!
//! What is kept of an answer is bounded: one that outgrows the bound takes nobody else in, what all have is let go, and
//! whoever fetches it waits for the slowest, a while: who holds others up for longer is left behind. Only the caller for
//! whom it is fetched is always waited for.

use super::head::Head;
use crate::attempt::Failure;
use bytes::{Bytes, BytesMut};
use gw_upstream::{BodyError, Pieces};
use parking_lot::Mutex;
use prometheus_client::metrics::gauge::Gauge;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// See the module.
pub(crate) struct Flight {
    state: Mutex<State>,
    bounds: Bounds,
    /// Seats that are taken, of all flights.
    passengers: Gauge,
}

/// What a flight holds, and for how long it waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Most bytes that are kept of the answer.
    pub(super) bytes: usize,
    /// How long those who read slowly may hold up the others.
    pub(super) patience: Duration,
}

#[derive(Default)]
struct State {
    head: Option<Arc<Head>>,
    /// Pieces that somebody has still to get.
    pieces: VecDeque<Bytes>,
    /// How many pieces were let go.
    gone: usize,
    bytes: usize,
    end: Option<End>,
    fate: Option<Fate>,
    seats: Vec<Option<Seat>>,
    taken: usize,
    /// Who fetches the answer.
    pump: Option<Waker>,
}

/// One who gets the answer.
struct Seat {
    /// The number of the next piece.
    next: usize,
    waker: Option<Waker>,
    /// The answer is fetched for this one.
    is_first: bool,
    /// It was too slow, and gets no more.
    is_behind: bool,
}

/// How the answer's bytes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    Silent,
    Cut,
}

/// What became of a call that brought no answer.
#[derive(Clone)]
pub(super) enum Fate {
    /// No target had one.
    Failed(Arc<Failure>),
    /// It was the caller's own affair; another may have more luck.
    Abandoned,
    /// There is one, and it can not be shared: whoever waits fetches their own, all at once.
    Unshared,
}

/// What a call learns that waits for another's answer.
pub(super) enum Landing {
    /// The answer begins.
    Answer(Arc<Head>),
    /// There will be none.
    None(Fate),
}

impl State {
    fn wake_all(&mut self) {
        for seat in self.seats.iter_mut().flatten() {
            if let Some(waker) = seat.waker.take() {
                waker.wake();
            }
        }
    }

    /// Lets go of what all have, once nobody else may join.
    fn trim(&mut self) {
        let reading = self.seats.iter().flatten().filter(|seat| !seat.is_behind);
        let least = reading.map(|seat| seat.next).min().unwrap_or(usize::MAX);
        while self.gone < least
            && let Some(piece) = self.pieces.pop_front()
        {
            self.bytes -= piece.len();
            self.gone += 1;
        }
    }

    /// The number of the piece that is still to come.
    fn coming(&self) -> usize {
        self.gone + self.pieces.len()
    }

    fn wake_pump(&mut self) {
        if let Some(waker) = self.pump.take() {
            waker.wake();
        }
    }
}

impl Flight {
    pub(super) fn new(bounds: Bounds, passengers: Gauge) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), bounds, passengers })
    }

    /// Takes a seat, from which all of the answer is to be had. `None`: it is too late for that.
    pub(super) fn board(self: &Arc<Self>) -> Option<Passenger> {
        self.take_seat(false)
    }

    /// The seat of the one for whom the answer is fetched.
    pub(super) fn board_first(self: &Arc<Self>) -> Option<Passenger> {
        self.take_seat(true)
    }

    fn take_seat(self: &Arc<Self>, is_first: bool) -> Option<Passenger> {
        let mut state = self.state.lock();
        if state.gone > 0 || state.bytes > self.bounds.bytes || state.fate.is_some() {
            return None;
        }
        let seat = Some(Seat { next: 0, waker: None, is_first, is_behind: false });
        let number = match state.seats.iter().position(Option::is_none) {
            Some(free) => {
                state.seats[free] = seat;
                free
            }
            None => {
                state.seats.push(seat);
                state.seats.len() - 1
            }
        };
        state.taken += 1;
        self.passengers.inc();
        drop(state);
        Some(Passenger { flight: Arc::clone(self), seat: number, is_over: false })
    }

    /// Does anybody wait for the answer besides the call that fetches it? That has a seat once the answer began.
    pub(super) fn has_others(&self) -> bool {
        let state = self.state.lock();
        state.taken > usize::from(state.head.is_some())
    }

    /// Is all of the answer here, or is it known that there is no more?
    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().end.is_some()
    }

    /// How many wait for the answer or are getting it.
    #[cfg(test)]
    pub(super) fn passengers(&self) -> usize {
        self.state.lock().taken
    }

    /// The answer begins.
    pub(super) fn publish(&self, head: Arc<Head>) {
        let mut state = self.state.lock();
        state.head = Some(head);
        state.wake_all();
    }

    /// Is there room for more? False when there is nobody left to fetch it for.
    pub(super) fn poll_room(&self, cx: &Context<'_>) -> Poll<bool> {
        let mut state = self.state.lock();
        if state.taken == 0 {
            return Poll::Ready(false);
        }
        state.pump = Some(cx.waker().clone());
        if state.bytes > self.bounds.bytes {
            state.trim();
        }
        if state.bytes > self.bounds.bytes { Poll::Pending } else { Poll::Ready(true) }
    }

    pub(super) const fn patience(&self) -> Duration {
        self.bounds.patience
    }

    /// Has anybody read all that there is, and waits for more?
    pub(super) fn is_held_up(&self) -> bool {
        let state = self.state.lock();
        let coming = state.coming();
        state.seats.iter().flatten().any(|seat| seat.next >= coming)
    }

    /// Is there much room, so that nobody holds anybody up?
    pub(super) fn is_calm(&self) -> bool {
        self.state.lock().bytes <= self.bounds.bytes / 2
    }

    /// Goes on without those who have most of what there is still to read. False: there are none who can be left behind.
    pub(super) fn leave_behind(&self) -> bool {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let mut are_some = false;
        for seat in state.seats.iter_mut().flatten() {
            let read = seat.next.saturating_sub(state.gone);
            let unread: usize = state.pieces.iter().skip(read).map(Bytes::len).sum();
            if unread > self.bounds.bytes / 2 && !seat.is_first && !seat.is_behind {
                seat.is_behind = true;
                are_some = true;
                if let Some(waker) = seat.waker.take() {
                    waker.wake();
                }
            }
        }
        are_some
    }

    pub(super) fn push(&self, piece: Bytes) {
        let mut state = self.state.lock();
        state.bytes += piece.len();
        state.pieces.push_back(piece);
        state.wake_all();
    }

    pub(super) fn close(&self, end: End) {
        let mut state = self.state.lock();
        state.end.get_or_insert(end);
        state.wake_all();
    }

    /// There is no answer, or none any more.
    pub(super) fn fall(&self, fate: Fate) {
        let mut state = self.state.lock();
        if state.fate.is_none() {
            state.fate = Some(fate);
            if state.head.is_some() {
                state.end.get_or_insert(End::Cut);
            }
        }
        state.wake_all();
        state.wake_pump();
    }

    /// All bytes of the answer so far, when none were let go.
    pub(super) fn body(&self) -> Option<Bytes> {
        let state = self.state.lock();
        if state.gone > 0 || state.bytes > self.bounds.bytes {
            return None;
        }
        let mut body = BytesMut::with_capacity(state.bytes);
        state.pieces.iter().for_each(|piece| body.extend_from_slice(piece));
        Some(body.freeze())
    }
}

/// A seat that is given back when it is dropped.
pub(super) struct Passenger {
    flight: Arc<Flight>,
    seat: usize,
    is_over: bool,
}

impl Passenger {
    /// Waits until the answer begins, or it is known that it will not.
    pub(super) async fn landing(&self) -> Landing {
        poll_fn(|cx| {
            let mut state = self.flight.state.lock();
            if let Some(head) = &state.head {
                return Poll::Ready(Landing::Answer(Arc::clone(head)));
            }
            if let Some(fate) = &state.fate {
                return Poll::Ready(Landing::None(fate.clone()));
            }
            if let Some(Some(seat)) = state.seats.get_mut(self.seat) {
                seat.waker = Some(cx.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

impl Pieces for Passenger {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let mut guard = self.flight.state.lock();
        let state = &mut *guard;
        let Some(Some(seat)) = state.seats.get_mut(self.seat) else { return Poll::Ready(None) };
        if seat.is_behind {
            self.is_over = true;
            return Poll::Ready(Some(Err(BodyError::Cut(None))));
        }
        let at = seat.next.saturating_sub(state.gone);
        let ready = state.pieces.len().saturating_sub(at);
        if ready == 0 {
            let Some(end) = state.end else {
                if !seat.waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                    seat.waker = Some(cx.waker().clone());
                }
                return Poll::Pending;
            };
            self.is_over = true;
            return Poll::Ready(match end {
                End::Complete => None,
                End::Silent => Some(Err(BodyError::IdleTimeout)),
                End::Cut => Some(Err(BodyError::Cut(None))),
            });
        }
        seat.next += ready;
        // All that is there goes on in one piece, as one read of a socket would bring it.
        let out = match ready {
            1 => state.pieces.get(at).cloned().unwrap_or_default(),
            _ => {
                let mut joined = BytesMut::new();
                state.pieces.iter().skip(at).for_each(|piece| joined.extend_from_slice(piece));
                joined.freeze()
            }
        };
        if state.bytes > self.flight.bounds.bytes {
            state.wake_pump();
        }
        Poll::Ready(Some(Ok(out)))
    }
}

impl Drop for Passenger {
    fn drop(&mut self) {
        let mut state = self.flight.state.lock();
        if let Some(seat) = state.seats.get_mut(self.seat) {
            *seat = None;
        }
        state.taken = state.taken.saturating_sub(1);
        self.flight.passengers.dec();
        state.wake_pump();
    }
}

#[cfg(test)]
mod tests;
