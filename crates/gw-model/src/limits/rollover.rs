//! What of a budget goes over from one window of the calendar to the next. Serves the counters of budgets. It must not know
//! what was spent.

use super::{Budget, Period};
use crate::money::NanoUsd;
use serde::{Deserialize, Serialize};

/// What was not spent of a window is added to the next one, and to no later one: within a window the budget's own bound
/// is spent first. So what goes over follows from one number, what was spent in the window before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rollover {
    /// Most that goes over; without it, as much as the budget's bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<NanoUsd>,
    /// Windows that had ended by then leave nothing, in microseconds since the epoch.
    pub since: i64,
}

impl Rollover {
    /// Only windows of the calendar have one before them.
    #[must_use]
    pub const fn is_for(period: Period) -> bool {
        matches!(period, Period::Day | Period::Week | Period::Month)
    }
}

impl Budget {
    /// Most that may go over into the window that begins then; `None` when nothing does.
    #[must_use]
    pub fn carries_at_most(&self, window_start: i64) -> Option<NanoUsd> {
        let rollover = self.rollover.filter(|rollover| rollover.since < window_start)?;
        Rollover::is_for(self.period).then(|| rollover.cap.unwrap_or(self.limit).min(self.limit))
    }

    /// What goes over into the window that begins then, when so much was spent in the one before. What is added to the
    /// bound for a time does not go over.
    #[must_use]
    pub fn carried(&self, window_start: i64, spent_before: NanoUsd) -> NanoUsd {
        let most = self.carries_at_most(window_start);
        most.map_or(NanoUsd::ZERO, |most| self.limit.minus(spent_before).min(most))
    }

    /// Start of the window before the one that begins then.
    #[must_use]
    pub fn window_before(&self, window_start: i64) -> i64 {
        self.period.window(window_start.saturating_sub(1), self.time_zone.as_ref()).0
    }
}

#[cfg(test)]
mod tests;
