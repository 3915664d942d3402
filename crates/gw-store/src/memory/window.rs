//! One limit window of any kind. Serves the admit, reserve and settle stages, under the key's lock. It must
//! not read a clock: time is given, and a time before the latest one seen counts as the latest.

mod counts;
mod fixed;
mod gcra;
mod sliding;

use super::views::Remaining;
use fixed::Fixed;
use gcra::Gcra;
use gw_model::Micros;
use gw_model::limits::LimitKind;
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
    /// The most units that can be taken at once, ever.
    pub(super) const fn ceiling(&self) -> u64 {
        match self.kind {
            LimitKind::Gcra => self.max.saturating_add(self.burst),
            LimitKind::Sliding | LimitKind::Fixed => self.max,
        }
    }
}

/// When units were taken; they can be given back to that time only.
pub(super) type Stamp = Micros;

/// The counter. It takes memory only once a limit is in use.
///
/// Whatever the kind of the limit, units are counted in a ring of seconds; the kind decides only how that is
/// judged. So when the kind is changed, the last minute is carried over whole, in both directions, and calls
/// that began under the old kind are settled like all others. What is forgotten is debt under
/// [`LimitKind::Gcra`] that is older than the ring, and a change to that kind may count each second's units
/// at its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    ring: Sliding,
    /// How the ring is judged where that is not by its sum: apart, so that it takes little room in the window of a key that
    /// has the usual kind.
    judge: Option<Box<Judge>>,
}

/// What a kind of limit must know besides the ring.
#[derive(Clone, Debug)]
enum Judge {
    Gcra(Gcra),
    Fixed(Fixed),
}

impl Window {
    /// Takes `n` units if they fit, as a chain does in two steps; else says in how many microseconds they may.
    #[cfg(test)]
    pub(super) fn take(&mut self, bound: &Bound, now: Micros, n: u64) -> Result<Stamp, u64> {
        match self.wait_for(bound, now, n) {
            Some(wait) => Err(wait),
            None => Ok(self.charge(now, n)),
        }
    }

    /// Takes `n` units whether they fit or not: they are used already.
    pub(super) fn charge(&mut self, now: Micros, n: u64) -> Stamp {
        let stamp = self.ring.charge(now, n);
        match self.judge.as_deref_mut() {
            None => {}
            Some(Judge::Gcra(gcra)) => gcra.charge(now, n),
            Some(Judge::Fixed(fixed)) => fixed.charge(now, n),
        }
        stamp
    }

    /// What was taken in the parts of the window that ends now, by their number from the epoch.
    pub(super) fn recent(&mut self, now: Micros) -> Vec<(i64, u64)> {
        self.ring.advance(now);
        self.ring.by_part().collect()
    }

    /// Gives back units that were taken at `stamp`. What was taken in a window long gone is gone.
    pub(super) fn give_back(&mut self, stamp: Stamp, n: u64) {
        if n == 0 {
            return;
        }
        let back = self.ring.give_back(stamp, n);
        match self.judge.as_deref_mut() {
            None => {}
            Some(Judge::Gcra(gcra)) => gcra.give_back(&self.ring, stamp, n, back),
            Some(Judge::Fixed(fixed)) => fixed.give_back(stamp, back),
        }
    }

    /// `None` when one more unit fits, else the microseconds until it may.
    pub(super) fn wait(&mut self, bound: &Bound, now: Micros) -> Option<u64> {
        self.wait_for(bound, now, 1)
    }

    /// What is left. It may be asked by a call that began under another kind, so it changes nothing.
    pub(super) fn remaining(&mut self, bound: &Bound, now: Micros) -> Remaining {
        let Self { ring, judge } = self;
        ring.advance(now);
        let mut other;
        let judge = if suits(judge.as_deref(), bound) {
            judge
        } else {
            other = Judge::new(bound, ring, now);
            &mut other
        };
        let (remaining, reset_us) = match judge.as_deref_mut() {
            None => ring.remaining(bound.max, now),
            Some(Judge::Gcra(gcra)) => gcra.remaining(bound, ring, now),
            Some(Judge::Fixed(fixed)) => fixed.remaining(bound.max, now),
        };
        Remaining { limit: bound.max, remaining, reset_us }
    }

    /// The newest sub-windows that hold something, by their numbers since the epoch.
    pub(super) fn newest(&mut self, now: Micros, most: usize) -> Vec<(i64, u64)> {
        let ring = &mut self.ring;
        ring.advance(now);
        ring.newest_first(Micros::MIN).take(most).map(|(end, n)| (end / (WINDOW_US / 60) - 1, n)).collect()
    }

    /// Is more taken than that? Whatever the kind, by the units of the ring.
    pub(super) fn is_above(&mut self, max: u64, now: Micros) -> Option<u64> {
        self.ring.wait(max, now, 0)
    }

    /// `None` when `n` units fit, else the microseconds until they may.
    pub(super) fn wait_for(&mut self, bound: &Bound, now: Micros, n: u64) -> Option<u64> {
        let Self { ring, judge } = self;
        ring.advance(now);
        if !suits(judge.as_deref(), bound) {
            *judge = Judge::new(bound, ring, now);
        }
        match judge.as_deref_mut() {
            None => ring.wait(bound.max, now, n),
            Some(Judge::Gcra(gcra)) => gcra.wait(bound, ring, now, n),
            Some(Judge::Fixed(fixed)) => fixed.wait(bound.max, now, n),
        }
    }
}

impl Judge {
    /// One that knows what the ring holds, where the kind needs one.
    fn new(bound: &Bound, ring: &Sliding, now: Micros) -> Option<Box<Self>> {
        match bound.kind {
            LimitKind::Sliding => None,
            LimitKind::Gcra => Some(Box::new(Self::Gcra(Gcra::new(bound, ring, now)))),
            LimitKind::Fixed => Some(Box::new(Self::Fixed(Fixed::new(ring)))),
        }
    }
}

fn suits(judge: Option<&Judge>, bound: &Bound) -> bool {
    match (judge, bound.kind) {
        (None, LimitKind::Sliding) | (Some(Judge::Fixed(_)), LimitKind::Fixed) => true,
        (Some(Judge::Gcra(gcra)), LimitKind::Gcra) => gcra.has_pace_of(bound),
        _ => false,
    }
}

/// A span of time that is known not to be negative, as unsigned microseconds.
const fn span(us: i64) -> u64 {
    if us > 0 { us.unsigned_abs() } else { 0 }
}

#[cfg(test)]
mod tests;
