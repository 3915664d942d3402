//! What came of a deployment's latest requests, and how long its answers took: a few minutes, second by second.
//! Serves the comparison with its peers. Pure: time is given. It must not judge.

use gw_model::Micros;

/// Length of a slot in microseconds.
const SLOT_US: Micros = 1_000_000;
/// The longest window, five minutes, and the slot that is being filled.
const SLOTS: usize = 301;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Which part of time, counted from the epoch.
    number: i64,
    good: u32,
    bad: u32,
    answers: u32,
    /// Sum of the natural logarithms of their times in microseconds.
    logarithms: f64,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct History {
    slots: [Slot; SLOTS],
}

impl Default for History {
    fn default() -> Self {
        Self { slots: [Slot::default(); SLOTS] }
    }
}

/// What a window comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Recent {
    /// Requests that ended.
    pub(super) requests: u64,
    /// Those of them that failed by the deployment's fault.
    pub(super) failures: u64,
    /// Answers that began.
    pub(super) answers: u64,
    /// Geometric mean of their times to first byte, in microseconds; 0 without answers.
    pub(super) usual_us: f64,
}

impl History {
    /// A request ended.
    pub(super) fn ended(&mut self, is_good: bool, now: Micros) {
        let slot = self.slot(now);
        let count = if is_good { &mut slot.good } else { &mut slot.bad };
        *count = count.saturating_add(1);
    }

    /// An answer began after so long.
    pub(super) fn began(&mut self, took_us: u64, now: Micros) {
        let slot = self.slot(now);
        slot.answers = slot.answers.saturating_add(1);
        slot.logarithms += (took_us.max(1) as f64).ln();
    }

    /// The latest `window_ms`, and nothing of what was before `since`.
    pub(super) fn recent(&self, window_ms: u64, since: Micros, now: Micros) -> Recent {
        let window_us = i64::try_from(window_ms.saturating_mul(1000)).unwrap_or(i64::MAX);
        // The oldest slot counts whole.
        let from = now.saturating_sub(window_us).div_euclid(SLOT_US).max(since.div_euclid(SLOT_US) + 1);
        let (mut recent, mut logarithms) = (Recent::default(), 0.0);
        for slot in self.slots.iter().filter(|slot| slot.number >= from) {
            recent.requests += u64::from(slot.good) + u64::from(slot.bad);
            recent.failures += u64::from(slot.bad);
            recent.answers += u64::from(slot.answers);
            logarithms += slot.logarithms;
        }
        if recent.answers > 0 {
            recent.usual_us = (logarithms / recent.answers as f64).exp();
        }
        recent
    }

    fn slot(&mut self, now: Micros) -> &mut Slot {
        let number = now.div_euclid(SLOT_US);
        let index = usize::try_from(number.rem_euclid(SLOTS as i64)).unwrap_or(0) % SLOTS;
        let slot = &mut self.slots[index];
        if slot.number != number {
            *slot = Slot { number, ..Slot::default() };
        }
        slot
    }
}
