//! The generic cell rate algorithm: evenly refilled, at most L + burst in any window (ITU-T I.371, virtual
//! scheduling form). Serves the admit and reserve stages.
//!
//! Requests come one at a time, for which the algorithm as published keeps the bound. Tokens come in lumps
//! larger than any burst; for them the pace decides whether a call may start (no debt beyond the burst),
//! and a sliding window beside it keeps the bound.

use super::sliding::Sliding;
use super::{Bound, Stamp, WINDOW_US, span};
use gw_model::Micros;

/// See the module. Times are nanoseconds since the epoch, so that the pace of large limits is kept exactly
/// enough; it is rounded towards slower.
#[derive(Debug, Default)]
pub(in super::super) struct Gcra {
    /// Theoretical arrival time: when all that was taken is paid for.
    paid_ns: i64,
    /// Time of the latest unit taken.
    last_ns: i64,
    /// The latest time at which a unit was taken while less than one earlier unit was unpaid. A unit taken
    /// before that can not be given back: without it, the pace would have started anew then.
    thin_ns: i64,
    /// The bound for lumps, once there was one.
    lumps: Option<Box<Sliding>>,
}

impl Gcra {
    pub(super) fn take(&mut self, bound: &Bound, now: Micros, n: u64) -> Result<Stamp, u64> {
        if let Some(wait) = self.wait(bound, now, n) {
            return Err(wait);
        }
        self.charge(bound, now, n);
        Ok(self.last_ns / 1000)
    }

    pub(super) fn charge(&mut self, bound: &Bound, now: Micros, n: u64) {
        if let Some(lumps) = &mut self.lumps {
            lumps.charge(now, n);
        }
        let now_ns = self.clamp(now);
        if self.paid_ns - now_ns < pace_ns(bound) {
            self.thin_ns = now_ns;
        }
        self.paid_ns = self.paid_ns.max(now_ns).saturating_add(cost_ns(bound, n));
        self.last_ns = now_ns;
    }

    pub(super) fn give_back(&mut self, bound: &Bound, stamp: Stamp, n: u64) {
        if let Some(lumps) = &mut self.lumps {
            lumps.give_back(stamp, n);
        } else if stamp.saturating_mul(1000) < self.thin_ns {
            return;
        }
        self.paid_ns -= cost_ns(bound, n);
        self.thin_ns = self.last_ns;
    }

    pub(super) fn wait(&mut self, bound: &Bound, now: Micros, n: u64) -> Option<u64> {
        let now_ns = self.clamp(now);
        let ceiling = bound.max.saturating_add(bound.burst);
        if n > ceiling || bound.max == 0 {
            return Some(span(WINDOW_US));
        }
        let debt_ns = self.paid_ns.max(now_ns) - now_ns;
        let late_ns = debt_ns.saturating_sub(cost_ns(bound, bound.burst));
        let paced = (late_ns > 0).then(|| span(late_ns).div_ceil(1000).max(1));
        if n == 1 && self.lumps.is_none() {
            return paced;
        }
        let lumps = self.lumps.get_or_insert_default();
        lumps.wait(ceiling, now, n).max(paced)
    }

    pub(super) fn remaining(&mut self, bound: &Bound, now: Micros) -> (u64, u64) {
        let now_ns = self.clamp(now);
        let debt_ns = self.paid_ns.max(now_ns) - now_ns;
        let pace = pace_ns(bound);
        let ceiling = bound.max.saturating_add(bound.burst);
        let left = match &mut self.lumps {
            Some(lumps) => lumps.remaining(ceiling, now).0,
            None => bound.burst.saturating_add(1).saturating_sub(span(debt_ns).div_ceil(span(pace).max(1))),
        };
        (left.min(ceiling), span(debt_ns).div_ceil(1000))
    }

    fn clamp(&self, now: Micros) -> i64 {
        now.saturating_mul(1000).max(self.last_ns)
    }
}

/// Nanoseconds between two units.
fn pace_ns(bound: &Bound) -> i64 {
    let window_ns = span(WINDOW_US).saturating_mul(1000);
    i64::try_from(window_ns.div_ceil(bound.max.max(1))).unwrap_or(i64::MAX)
}

fn cost_ns(bound: &Bound, n: u64) -> i64 {
    // Kept far from the end of the range, so that sums with a time can not wrap.
    pace_ns(bound).saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)).min(i64::MAX / 8)
}
