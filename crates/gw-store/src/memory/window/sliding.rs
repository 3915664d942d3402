//! The sliding window: a ring of 61 sub-windows of one second. A window of 60 s touches at most 61 of
//! them, and all 61 are counted whole, so no window of 60 s, wherever it starts, can hold more than the
//! limit. The ring is kept for every kind of limit. Serves the admit and reserve stages.

use super::counts::Counts;
use super::{Stamp, WINDOW_US, span};
use gw_model::Micros;

/// Length of a sub-window in microseconds.
const SUB_US: i64 = WINDOW_US / 60;
const SUBS_I64: i64 = 61;

/// See the module.
#[derive(Clone, Debug)]
pub(in super::super) struct Sliding {
    /// The latest sub-window, counted from the epoch.
    head: i64,
    /// Of all sub-windows.
    sum: u64,
    /// How many sub-windows ago the latest addition was; no more than there are.
    idle: u8,
    /// Apart, so that what most calls need lies together with the key's other counters.
    counts: Counts,
}

impl Default for Sliding {
    fn default() -> Self {
        Self { head: i64::MIN / 2, sum: 0, idle: 0, counts: Counts::default() }
    }
}

impl Sliding {
    pub(super) fn charge(&mut self, now: Micros, n: u64) -> Stamp {
        self.advance(now);
        self.idle = 0;
        let at = place(self.head);
        let before = self.counts.get(at);
        let after = before.saturating_add(n);
        self.counts.set(at, after);
        let added = after - before;
        self.sum = self.sum.saturating_add(added);
        self.head * SUB_US
    }

    /// How much of it was still there to be given back.
    pub(super) fn give_back(&mut self, stamp: Stamp, n: u64) -> u64 {
        if !self.reaches(stamp) {
            return 0;
        }
        let at = place(stamp.div_euclid(SUB_US).min(self.head));
        let count = self.counts.get(at);
        let back = n.min(count);
        self.counts.set(at, count - back);
        self.sum -= back;
        back
    }

    /// Whether the sub-window of that time is still counted.
    pub(super) const fn reaches(&self, stamp: Stamp) -> bool {
        stamp.div_euclid(SUB_US) > self.head - SUBS_I64
    }

    /// Start of the latest sub-window.
    pub(super) const fn head_time(&self) -> Micros {
        self.head.saturating_mul(SUB_US)
    }

    /// Units taken since a time that is the start of a sub-window.
    pub(super) fn since(&self, time: Micros) -> u64 {
        self.newest_first(time).fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// Sub-windows that hold something, back to the one that `stamp` is in: when each ends, and its units.
    pub(super) fn newest_first(&self, stamp: Stamp) -> impl Iterator<Item = (Micros, u64)> + '_ {
        let first = stamp.div_euclid(SUB_US).max(self.head - SUBS_I64 + 1);
        (first..=self.head)
            .rev()
            .map(move |sub| ((sub + 1) * SUB_US, self.counts.get(place(sub))))
            .filter(|(_, count)| *count > 0)
    }

    /// Sub-windows that hold something, and its units, the latest first.
    pub(super) fn by_part(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        let all = (self.head - SUBS_I64 + 1..=self.head).rev();
        all.map(|sub| (sub, self.counts.get(place(sub)))).filter(|(_, count)| *count > 0)
    }

    pub(super) fn wait(&mut self, max: u64, now: Micros, n: u64) -> Option<u64> {
        self.advance(now);
        let mut over = self.sum.saturating_add(n).checked_sub(max).filter(|over| *over > 0)?;
        for sub in self.head - SUBS_I64 + 1..=self.head {
            let freed = self.counts.get(place(sub));
            if freed >= over {
                return Some(span((sub + SUBS_I64) * SUB_US - now).max(1));
            }
            over -= freed;
        }
        // More than the whole limit was asked for: no wait is long enough.
        Some(span(WINDOW_US))
    }

    pub(super) fn remaining(&mut self, max: u64, now: Micros) -> (u64, u64) {
        self.advance(now);
        // If the latest addition was given back, all is free a little earlier than this says: looking for
        // the youngest that is left would touch every sub-window for each answer's headers.
        let latest = self.head - i64::from(self.idle);
        let reset = if self.sum == 0 { 0 } else { span((latest + SUBS_I64) * SUB_US - now) };
        (max.saturating_sub(self.sum), reset)
    }

    pub(super) fn advance(&mut self, now: Micros) {
        let sub = now.div_euclid(SUB_US);
        if sub <= self.head {
            return;
        }
        let passed = u8::try_from(sub - self.head).unwrap_or(u8::MAX);
        self.idle = self.idle.saturating_add(passed);
        if sub - self.head >= SUBS_I64 {
            self.counts.clear();
            self.sum = 0;
        } else {
            for gone in self.head + 1..=sub {
                let at = place(gone);
                let freed = self.counts.get(at);
                if freed > 0 {
                    self.sum -= freed;
                    self.counts.set(at, 0);
                }
            }
        }
        self.head = sub;
    }
}

/// Where a sub-window stands in the ring.
fn place(sub: i64) -> usize {
    usize::try_from(sub.rem_euclid(SUBS_I64)).unwrap_or(0)
}
