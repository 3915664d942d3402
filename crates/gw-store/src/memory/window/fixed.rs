//! The fixed window: at most L per minute of the clock. Serves the admit and reserve stages.

use super::sliding::Sliding;
use super::{Stamp, WINDOW_US, span};
use gw_model::Micros;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Fixed {
    /// Which minute since the epoch.
    minute: i64,
    used: u64,
}

impl Fixed {
    /// What the ring holds of the minute that its latest second is in.
    pub(super) fn new(ring: &Sliding) -> Self {
        let minute = ring.head_time().div_euclid(WINDOW_US);
        Self { minute, used: ring.since(minute.saturating_mul(WINDOW_US)) }
    }

    pub(super) fn charge(&mut self, now: Micros, n: u64) {
        self.advance(now);
        self.used = self.used.saturating_add(n);
    }

    pub(super) fn give_back(&mut self, stamp: Stamp, n: u64) {
        if stamp.div_euclid(WINDOW_US) == self.minute {
            self.used = self.used.saturating_sub(n);
        }
    }

    pub(super) fn wait(&mut self, max: u64, now: Micros, n: u64) -> Option<u64> {
        self.advance(now);
        let over = self.used.saturating_add(n) > max;
        over.then(|| span((self.minute + 1) * WINDOW_US - now).max(1))
    }

    pub(super) fn remaining(&mut self, max: u64, now: Micros) -> (u64, u64) {
        self.advance(now);
        let reset = if self.used == 0 { 0 } else { span((self.minute + 1) * WINDOW_US - now) };
        (max.saturating_sub(self.used), reset)
    }

    const fn advance(&mut self, now: Micros) {
        let minute = now.div_euclid(WINDOW_US);
        if minute > self.minute {
            self.minute = minute;
            self.used = 0;
        }
    }
}
