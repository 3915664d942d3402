//! What was found at the gates of a route: what was taken of limits on the way, and which have no room. Where all gateways
//! count together, they are asked here, for all limits on the way at once. It must not order anything.

use crate::ticket::stake::Stake;
use gw_store::memory::{BudgetView, Counter, HoldRefused};
use smallvec::SmallVec;
use std::future::poll_fn;
use std::task::Poll;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Passing {
    taken: Vec<Pass>,
    /// Those that have no room for the request.
    pub(super) closed: SmallVec<[Counter; 2]>,
    /// Where budgets stood that were asked for, by their gates.
    pub(super) budgets: Vec<(u64, BudgetView)>,
    /// Of some limit nobody could say what is left.
    pub(super) is_unsure: bool,
}

/// One limit that the request has passed in this gateway.
#[derive(Debug)]
struct Pass {
    counter: Counter,
    /// Dropped, it is settled: given back, unless it is kept.
    stake: Stake,
    /// An order may be made again, and lead elsewhere.
    is_on_way: bool,
    refused: Option<HoldRefused>,
}

impl Pass {
    async fn ask(&mut self) {
        match self.stake.ask().await {
            Ok(()) => self.stake.keep(),
            Err(refused) => self.refused = Some(refused),
        }
    }
}

impl Passing {
    /// Whether the request passes there, where that was found out before. `takes`: it is on the way, not behind another try.
    pub(super) fn known(&mut self, counter: Counter, takes: bool) -> Option<bool> {
        if self.closed.contains(&counter) {
            return Some(false);
        }
        let pass = self.taken.iter_mut().find(|pass| pass.counter == counter)?;
        pass.is_on_way |= takes;
        Some(true)
    }

    /// The request passes there, as far as this gateway knows.
    pub(super) fn pass(&mut self, counter: Counter, mut stake: Stake) {
        if !stake.must_ask() {
            stake.keep();
        }
        self.taken.push(Pass { counter, stake, is_on_way: true, refused: None });
    }

    /// The order is made again.
    pub(super) fn turn_back(&mut self) {
        self.taken.iter_mut().for_each(|pass| pass.is_on_way = false);
    }

    /// The order is made: what is no longer on its way is given back.
    pub(super) fn arrive(&mut self) {
        self.taken.retain_mut(|pass| {
            if !pass.is_on_way {
                pass.stake.forget();
            }
            pass.is_on_way
        });
    }

    /// Must others be asked?
    pub(super) fn must_ask(&self) -> bool {
        self.taken.iter().any(|pass| pass.stake.must_ask())
    }

    /// Asks for all that was not asked for yet, in one round trip. False when some of it is refused: the request does not
    /// pass there, and its order is to be made again.
    pub(super) async fn ask(&mut self) -> bool {
        let asked = self.taken.iter_mut().filter(|pass| pass.stake.must_ask());
        let mut asked: Vec<_> = asked.map(|pass| Box::pin(pass.ask())).collect();
        poll_fn(|cx| {
            asked.retain_mut(|ask| ask.as_mut().poll(cx).is_pending());
            if asked.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        drop(asked);
        let Self { taken, closed, is_unsure, .. } = self;
        let before = taken.len();
        taken.retain(|pass| {
            let Some(refused) = &pass.refused else { return true };
            *is_unsure |= matches!(refused, HoldRefused::Unavailable);
            closed.push(pass.counter);
            false
        });
        self.turn_back();
        self.taken.len() == before
    }
}
