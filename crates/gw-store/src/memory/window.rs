//! One limit window of any kind. Serves the admit, reserve and settle stages, under the key's lock. It must
//! not read a clock: time is given, and a time before the latest one seen counts as the latest.

mod fixed;
mod gcra;
mod sliding;

use super::views::Remaining;
use fixed::Fixed;
use gcra::Gcra;
use gw_model::limits::LimitKind;
use gw_model::{Micros, limits::Limits};
use sliding::Sliding;

/// Length of a window in microseconds.
pub(super) const WINDOW_US: i64 = 60_000_000;

/// A limit as a window needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) kind: LimitKind,
    /// Units per window.
    pub(super) max: u64,
    /// Units above it, for [`LimitKind::Gcra`].
    pub(super) burst: u64,
}

impl Bound {
    pub(super) const fn new(limits: &Limits, max: u64) -> Self {
        Self { kind: limits.kind, max, burst: limits.burst }
    }
}

/// When units were taken; they can be given back to that time only.
pub(super) type Stamp = Micros;

/// The counter. It takes memory only once a limit is in use; when the kind of a limit is changed, it
/// starts anew.
#[derive(Debug, Default)]
pub(super) enum Window {
    #[default]
    Idle,
    Sliding(Sliding),
    Gcra(Box<Gcra>),
    Fixed(Fixed),
}

impl Window {
    /// Takes `n` units if they fit; else says in how many microseconds they may.
    pub(super) fn take(&mut self, bound: &Bound, now: Micros, n: u64) -> Result<Stamp, u64> {
        match self.of_kind(bound.kind) {
            Self::Sliding(w) => w.take(bound.max, now, n),
            Self::Gcra(w) => w.take(bound, now, n),
            Self::Fixed(w) => w.take(bound.max, now, n),
            Self::Idle => Ok(now),
        }
    }

    /// Takes `n` units whether they fit or not: they are used already.
    pub(super) fn charge(&mut self, bound: &Bound, now: Micros, n: u64) {
        match self.of_kind(bound.kind) {
            Self::Sliding(w) => w.charge(now, n),
            Self::Gcra(w) => w.charge(bound, now, n),
            Self::Fixed(w) => w.charge(now, n),
            Self::Idle => {}
        }
    }

    /// Gives back units that were taken at `stamp`. What was taken in a window long gone is gone.
    pub(super) fn give_back(&mut self, bound: &Bound, stamp: Stamp, n: u64) {
        match self.of_kind(bound.kind) {
            Self::Sliding(w) => w.give_back(stamp, n),
            Self::Gcra(w) => w.give_back(bound, stamp, n),
            Self::Fixed(w) => w.give_back(stamp, n),
            Self::Idle => {}
        }
    }

    /// `None` when one more unit fits, else the microseconds until it may.
    pub(super) fn wait(&mut self, bound: &Bound, now: Micros) -> Option<u64> {
        match self.of_kind(bound.kind) {
            Self::Sliding(w) => w.wait(bound.max, now, 1),
            Self::Gcra(w) => w.wait(bound, now, 1),
            Self::Fixed(w) => w.wait(bound.max, now, 1),
            Self::Idle => None,
        }
    }

    /// What is left.
    pub(super) fn remaining(&mut self, bound: &Bound, now: Micros) -> Remaining {
        let (remaining, reset_us) = match self.of_kind(bound.kind) {
            Self::Sliding(w) => w.remaining(bound.max, now),
            Self::Gcra(w) => w.remaining(bound, now),
            Self::Fixed(w) => w.remaining(bound.max, now),
            Self::Idle => (bound.max, 0),
        };
        Remaining { limit: bound.max, remaining, reset_us }
    }

    fn of_kind(&mut self, kind: LimitKind) -> &mut Self {
        let fits = matches!(
            (&self, kind),
            (Self::Sliding(_), LimitKind::Sliding)
                | (Self::Gcra(_), LimitKind::Gcra)
                | (Self::Fixed(_), LimitKind::Fixed)
        );
        if !fits {
            *self = match kind {
                LimitKind::Sliding => Self::Sliding(Sliding::default()),
                LimitKind::Gcra => Self::Gcra(Box::default()),
                LimitKind::Fixed => Self::Fixed(Fixed::default()),
            };
        }
        self
    }
}

/// A span of time that is known not to be negative, as unsigned microseconds.
const fn span(us: i64) -> u64 {
    if us > 0 { us.unsigned_abs() } else { 0 }
}

#[cfg(test)]
mod tests;
