//! A key's money: what was spent in the current calendar windows, and what is held. Serves the reserve and
//! settle stages, under the key's lock. It must not know prices.
//!
//! All four periods are counted at once, so that a budget may be added or its period changed while the
//! gateway runs. A hold that was taken before a window ended is settled in the window of its settlement:
//! what is held is one sum for all windows, so nothing is counted in both.

use gw_model::limits::{Budget, Period};
use gw_model::{Micros, NanoUsd};

const PERIODS: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::Total];

/// Spending in the windows that hold one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpentByPeriod {
    /// Since midnight UTC.
    pub day: NanoUsd,
    /// Since Monday.
    pub week: NanoUsd,
    /// Since the first of the month.
    pub month: NanoUsd,
    /// Ever.
    pub total: NanoUsd,
}

/// A budget and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetView {
    /// Bound.
    pub limit: NanoUsd,
    /// Spent in the current window.
    pub spent: NanoUsd,
    /// Held by calls in flight.
    pub reserved: NanoUsd,
    /// Start of the window; 0 for a total budget.
    pub window_start: Micros,
    /// When the next window starts; `None` for a total budget.
    pub resets_at: Option<Micros>,
}

#[derive(Clone, Copy, Debug)]
struct PeriodSpent {
    window_start: Micros,
    spent: NanoUsd,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Purse {
    /// In the order of [`PERIODS`].
    periods: [PeriodSpent; 4],
    reserved: NanoUsd,
    /// The end of the current day: no window ends before.
    next_roll: Micros,
}

impl Default for Purse {
    fn default() -> Self {
        let unset = PeriodSpent { window_start: Micros::MIN, spent: NanoUsd::ZERO };
        Self { periods: [unset; 4], reserved: NanoUsd::ZERO, next_roll: Micros::MIN }
    }
}

const fn place(period: Period) -> usize {
    match period {
        Period::Day => 0,
        Period::Week => 1,
        Period::Month => 2,
        Period::Total => 3,
    }
}

impl Purse {
    /// Holds an amount if the budget has that much left. The error is the budget's state.
    pub(super) fn hold(
        &mut self,
        budget: Option<&Budget>,
        now: Micros,
        amount: NanoUsd,
    ) -> Result<(), BudgetView> {
        self.roll(now);
        if let Some(budget) = budget {
            let used = self.spent(budget.period).plus(self.reserved);
            // A call that costs nothing may run under a spent budget.
            if amount.0 > 0 && amount > budget.limit.minus(used) {
                return Err(self.view(budget, now));
            }
        }
        self.reserved = self.reserved.plus(amount);
        Ok(())
    }

    /// Turns a hold into spending.
    pub(super) fn settle(&mut self, now: Micros, held: NanoUsd, actual: NanoUsd) {
        self.roll(now);
        self.reserved = self.reserved.minus(held);
        for period in &mut self.periods {
            period.spent = period.spent.plus(actual);
        }
    }

    pub(super) fn view(&mut self, budget: &Budget, now: Micros) -> BudgetView {
        self.roll(now);
        let window_start = self.periods[place(budget.period)].window_start;
        BudgetView {
            limit: budget.limit,
            spent: self.spent(budget.period),
            reserved: self.reserved,
            window_start,
            resets_at: budget.period.window_end(window_start),
        }
    }

    /// Sets what was spent since `window_start`, in every period whose window starts then. Two periods that
    /// start together have the same spending, and a window that is over is dropped at the next roll.
    pub(super) fn set_spent(&mut self, window_start: Micros, spent: NanoUsd) {
        for (period, state) in PERIODS.iter().zip(&mut self.periods) {
            if period.window_start(window_start) == window_start && window_start >= state.window_start {
                *state = PeriodSpent { window_start, spent };
            }
        }
        self.next_roll = Micros::MIN;
    }

    /// Sets what was spent in all windows that hold `now`; the store lags behind, so what is known to be more
    /// stays.
    pub(super) fn restore(&mut self, now: Micros, spent: &SpentByPeriod) {
        self.roll(now);
        for (state, amount) in self.periods.iter_mut().zip([spent.day, spent.week, spent.month, spent.total])
        {
            state.spent = state.spent.max(amount);
        }
    }

    const fn spent(&self, period: Period) -> NanoUsd {
        self.periods[place(period)].spent
    }

    fn roll(&mut self, now: Micros) {
        if now < self.next_roll {
            return;
        }
        for (period, state) in PERIODS.iter().zip(&mut self.periods) {
            let start = period.window_start(now);
            if start > state.window_start {
                *state = PeriodSpent { window_start: start, spent: NanoUsd::ZERO };
            }
        }
        let today = Period::Day.window_start(now);
        self.next_roll = Period::Day.window_end(today).unwrap_or(Micros::MAX);
    }
}
