//! The generic cell rate algorithm: evenly refilled, at most L + burst in any window (ITU-T I.371, virtual
//! scheduling form). Serves the admit and reserve stages.
//!
//! Requests come one at a time, for which the algorithm as published keeps the bound. Tokens come in lumps
//! larger than any burst; for them the pace decides whether a call may start (no debt beyond the burst),
//! and the ring beside it keeps the bound.
//!
//! Units that are given back lower the debt to what it would be had they never been taken: the later ones
//! still count from their own time on. That time is known to the second and taken as its end, so less than a
//! second of the pace may be lost, and nothing is gained.

use super::sliding::Sliding;
use super::{Bound, Stamp, WINDOW_US, span};
use gw_model::Micros;

/// See the module. Times are nanoseconds since the epoch, so that the pace of large limits is kept exactly
/// enough; it is rounded towards slower.
#[derive(Clone, Debug)]
pub(in super::super) struct Gcra {
    /// Theoretical arrival time: when all that was taken is paid for.
    paid_ns: i64,
    /// Time of the latest unit taken.
    last_ns: i64,
    /// Nanoseconds between two units.
    pace_ns: i64,
    /// Units were taken in lumps, so the ring must be asked too.
    is_lumped: bool,
}

impl Gcra {
    /// With the debt of what the ring holds.
    pub(super) fn new(bound: &Bound, ring: &Sliding, now: Micros) -> Self {
        let last_ns = now.max(ring.head_time()).saturating_mul(1000);
        let mut new = Self { paid_ns: 0, last_ns, pace_ns: pace_ns(bound), is_lumped: false };
        new.paid_ns = new.owed_ns(ring, Micros::MIN);
        new
    }

    pub(super) fn has_pace_of(&self, bound: &Bound) -> bool {
        self.pace_ns == pace_ns(bound)
    }

    pub(super) fn charge(&mut self, now: Micros, n: u64) {
        let now_ns = self.clamp(now);
        self.paid_ns = self.paid_ns.max(now_ns).saturating_add(self.cost_ns(n));
        self.last_ns = now_ns;
    }

    /// Of `n` units the ring gave back `back` before.
    pub(super) fn give_back(&mut self, ring: &Sliding, stamp: Stamp, n: u64, back: u64) {
        // What is older than the ring can no longer break its bound, but lumps may still be in debt for it.
        let refund = if self.is_lumped && !ring.reaches(stamp) { n } else { back };
        let without_ns = self.paid_ns.saturating_sub(self.cost_ns(refund)).max(self.owed_ns(ring, stamp));
        self.paid_ns = self.paid_ns.min(without_ns);
    }

    pub(super) fn wait(&mut self, bound: &Bound, ring: &mut Sliding, now: Micros, n: u64) -> Option<u64> {
        let now_ns = self.clamp(now);
        let ceiling = bound.ceiling();
        if n > ceiling || bound.max == 0 {
            return Some(span(WINDOW_US));
        }
        let debt_ns = self.paid_ns.max(now_ns) - now_ns;
        let late_ns = debt_ns.saturating_sub(self.cost_ns(bound.burst));
        let paced = (late_ns > 0).then(|| span(late_ns).div_ceil(1000).max(1));
        self.is_lumped |= n != 1;
        if self.is_lumped { ring.wait(ceiling, now, n).max(paced) } else { paced }
    }

    pub(super) fn remaining(&self, bound: &Bound, ring: &mut Sliding, now: Micros) -> (u64, u64) {
        let now_ns = self.clamp(now);
        let debt_ns = self.paid_ns.max(now_ns) - now_ns;
        let ceiling = bound.ceiling();
        let left = if self.is_lumped {
            ring.remaining(ceiling, now).0
        } else {
            let owed = span(debt_ns).div_ceil(span(self.pace_ns).max(1));
            bound.burst.saturating_add(1).saturating_sub(owed)
        };
        (left.min(ceiling), span(debt_ns).div_ceil(1000))
    }

    /// When the units would be paid for that were taken in the second of `stamp` and later, if there had been
    /// no debt before them.
    fn owed_ns(&self, ring: &Sliding, stamp: Stamp) -> i64 {
        let mut units = 0u64;
        let mut owed_ns = 0;
        for (end, count) in ring.newest_first(stamp) {
            units = units.saturating_add(count);
            let taken_ns = end.saturating_mul(1000).min(self.last_ns);
            owed_ns = owed_ns.max(taken_ns.saturating_add(self.cost_ns(units)));
        }
        owed_ns
    }

    // Kept far from the end of the range, so that sums with a time can not wrap.
    fn cost_ns(&self, n: u64) -> i64 {
        self.pace_ns.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)).min(i64::MAX / 8)
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
