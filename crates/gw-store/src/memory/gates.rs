//! Counters of the limits within dynamic routes: one for each gate and subject, alive across configurations. Serves the
//! route stage. It must not know what a gate decides, nor read a clock.

use super::purses::Purses;
use super::window::{Bound, WINDOW_US, Window};
use ahash::AHashMap;
use gw_model::Micros;
use gw_model::limits::LimitKind;
use parking_lot::Mutex;

/// Counters that are kept. Subjects name themselves, so there must be a bound.
const MAX_COUNTERS: usize = 65_536;

const SECOND_US: i64 = 1_000_000;

/// A counter: of a gate, for a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counter {
    /// The gate.
    pub gate: u64,
    /// Whose requests it counts.
    pub subject: u64,
}

/// How much may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many units.
    pub max: u64,
    /// In any window of so many seconds.
    pub per_seconds: u32,
}

struct Entry {
    window: Window,
    last: Micros,
    per_seconds: u32,
}

/// See the module.
#[derive(Default)]
pub struct Gates {
    /// Of gates that let so much money pass.
    pub purses: Purses,
    entries: Mutex<AHashMap<Counter, Entry>>,
}

impl std::fmt::Debug for Gates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gates").field("counters", &self.entries.lock().len()).finish()
    }
}

impl Gates {
    /// Takes `units` when they fit. When there is no room for another counter, they do not.
    pub fn take(&self, counter: Counter, rate: Rate, now: Micros, units: u64) -> bool {
        let mut entries = self.entries.lock();
        if !entries.contains_key(&counter) && entries.len() >= MAX_COUNTERS {
            entries.retain(|_, entry| now - entry.last <= i64::from(entry.per_seconds) * SECOND_US);
            if entries.len() >= MAX_COUNTERS {
                return false;
            }
        }
        let fresh = || Entry { window: Window::default(), last: now, per_seconds: rate.per_seconds };
        let entry = entries.entry(counter).or_insert_with(fresh);
        if entry.per_seconds != rate.per_seconds {
            *entry = fresh();
        }
        entry.last = now;
        entry.window.take(&bound(rate), scaled(now, rate), units).is_ok()
    }

    /// Whether `units` would fit now; nothing is taken.
    pub fn has_room(&self, counter: Counter, rate: Rate, now: Micros, units: u64) -> bool {
        let mut entries = self.entries.lock();
        let entry = entries.get_mut(&counter).filter(|entry| entry.per_seconds == rate.per_seconds);
        let left = entry.map(|entry| entry.window.remaining(&bound(rate), scaled(now, rate)).remaining);
        units <= left.unwrap_or(rate.max)
    }
}

const fn bound(rate: Rate) -> Bound {
    Bound { kind: LimitKind::Sliding, max: rate.max, burst: 0 }
}

/// Windows are a minute long: time runs faster or slower, so that one takes as long as is wanted.
fn scaled(now: Micros, rate: Rate) -> Micros {
    let scaled =
        i128::from(now) * i128::from(WINDOW_US) / i128::from(rate.per_seconds.max(1)) / i128::from(SECOND_US);
    Micros::try_from(scaled).unwrap_or(Micros::MAX)
}

#[cfg(test)]
mod tests;
