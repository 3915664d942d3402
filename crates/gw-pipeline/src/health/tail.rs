//! How long a deployment's answers take, as a distribution: counts on a logarithmic scale, which say within an eighth how
//! long all but a few take. Serves hedging. Bounded and without a lock; a lost update between two workers does no harm.

use gw_model::Micros;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Steps of the scale between a time and its double, as a power of two.
const STEP_BITS: u32 = 3;
/// The shortest time that is told apart, as a power of two of microseconds: about a quarter of a millisecond.
const LOW_BITS: u32 = 8;
/// The longest, likewise: about nine minutes.
const HIGH_BITS: u32 = 29;
const STEPS: usize = ((HIGH_BITS - LOW_BITS) as usize) << STEP_BITS;

/// Answers after which all counts are halved, so that the latest weigh most.
const HALVE_AFTER: u32 = 512;
/// Time after which they are, in microseconds.
const HALVE_EVERY_US: Micros = 600_000_000;

/// Answers below which nothing is said.
pub(crate) const LEAST_KNOWN: u32 = 20;

/// See the module.
#[derive(Debug)]
pub(super) struct Tail {
    counts: [AtomicU32; STEPS],
    since_halved: AtomicU32,
    halved_at: AtomicI64,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            counts: std::array::from_fn(|_| AtomicU32::new(0)),
            since_halved: AtomicU32::new(0),
            halved_at: AtomicI64::new(0),
        }
    }
}

impl Tail {
    /// Takes in how long an answer took.
    pub(super) fn observe(&self, us: u64, now: Micros) {
        if let Some(count) = self.counts.get(step(us)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let seen = self.since_halved.fetch_add(1, Ordering::Relaxed);
        let halved_at = self.halved_at.load(Ordering::Relaxed);
        if halved_at == 0 {
            self.halved_at.store(now, Ordering::Relaxed);
        } else if seen >= HALVE_AFTER || now - halved_at > HALVE_EVERY_US {
            self.halve(now);
        }
    }

    fn halve(&self, now: Micros) {
        self.since_halved.store(0, Ordering::Relaxed);
        self.halved_at.store(now, Ordering::Relaxed);
        for count in &self.counts {
            let old = count.load(Ordering::Relaxed);
            count.store(old / 2, Ordering::Relaxed);
        }
    }

    /// What so many of a thousand answers took at most, in microseconds; `None` when too few are known.
    pub(super) fn at(&self, permille: u32) -> Option<u64> {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let all = counts.clone().fold(0u32, u32::saturating_add);
        if all < LEAST_KNOWN {
            return None;
        }
        let mut left = (u64::from(all) * u64::from(permille)).div_ceil(1000);
        for (step, count) in counts.enumerate() {
            match left.checked_sub(u64::from(count)).filter(|left| *left > 0) {
                Some(rest) => left = rest,
                None => return Some(end_of(step)),
            }
        }
        Some(end_of(STEPS - 1))
    }
}

/// Where on the scale a time stands.
fn step(us: u64) -> usize {
    let us = us.clamp(1 << LOW_BITS, (1 << HIGH_BITS) - 1);
    let octave = us.ilog2();
    let within = (us >> (octave - STEP_BITS)) & ((1 << STEP_BITS) - 1);
    let step = (u64::from(octave - LOW_BITS) << STEP_BITS) + within;
    usize::try_from(step).unwrap_or(STEPS - 1).min(STEPS - 1)
}

/// The longest time of a step, in microseconds.
fn end_of(step: usize) -> u64 {
    let (octave, within) = (step >> STEP_BITS, step & ((1 << STEP_BITS) - 1));
    let start = 1u64 << (octave as u32 + LOW_BITS);
    start + (start >> STEP_BITS) * (within as u64 + 1)
}

#[cfg(test)]
mod tests;
