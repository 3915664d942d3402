//! A peak-sensitive moving average of times to first byte: a slow answer counts at once, fast ones win it back over
//! seconds, and without answers it fades, so that a deployment that was slow once is tried again. The formula is that
//! of Finagle's `PeakEwma` load balancer. Lock-free; a lost update between two workers does no harm.

use gw_model::Micros;
use std::sync::atomic::{AtomicU64, Ordering};

/// Time in which the past fades to 1/e, in milliseconds.
const TAU_MS: f64 = 10_000.0;

/// The value in microseconds in the upper half, when it was written in milliseconds in the lower.
#[derive(Debug, Default)]
pub(super) struct Latency(AtomicU64);

impl Latency {
    /// What an answer is expected to take now, in microseconds; 0 when nothing is known.
    pub(super) fn now(&self, now: Micros) -> u64 {
        let (value, at) = unpack(self.0.load(Ordering::Relaxed));
        if value == 0 { 0 } else { faded(value, at, now) }
    }

    /// Takes in how long one took.
    pub(super) fn observe(&self, us: u64, now: Micros) {
        let (value, at) = unpack(self.0.load(Ordering::Relaxed));
        let us = u32::try_from(us).unwrap_or(u32::MAX).max(1);
        let new = if us >= value {
            us
        } else {
            let weight = weight(at, now);
            let mixed = f64::from(value) * weight + f64::from(us) * (1.0 - weight);
            // Between two values that fit.
            mixed as u32
        };
        self.0.store(pack(new, now), Ordering::Relaxed);
    }
}

fn faded(value: u32, at: u32, now: Micros) -> u64 {
    ((f64::from(value) * weight(at, now)) as u64).max(1)
}

/// Milliseconds, as far as they fit: only differences count.
fn stamp(now: Micros) -> u32 {
    ((now / 1000) & i64::from(u32::MAX)) as u32
}

fn weight(at: u32, now: Micros) -> f64 {
    let age = stamp(now).wrapping_sub(at);
    (-f64::from(age) / TAU_MS).exp()
}

fn pack(value: u32, now: Micros) -> u64 {
    (u64::from(value) << 32) | u64::from(stamp(now))
}

const fn unpack(packed: u64) -> (u32, u32) {
    ((packed >> 32) as u32, packed as u32)
}
