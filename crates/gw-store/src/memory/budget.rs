//! An account's money: what was spent in the current windows, and what is held. Serves the reserve and
//! settle stages, under the account's lock. It must not know prices.
//!
//! The four periods of the calendar in UTC are counted at once, so that a budget may be added or its period
//! changed while the gateway runs; windows of other time zones and rolling ones are counted from when they
//! are first asked for, and what was spent in them before is restored. What other gateways spend is learned from the
//! sum of all time: by what it grows, all windows do. A hold that was taken before a window
//! ended is settled in the window of its settlement: what is held is one sum for all windows, so nothing is
//! counted in both.

mod mark;
mod other;
#[cfg(test)]
mod tests;

use crate::types::Spending;
use gw_model::limits::{Budget, MAX_BUDGETS, Period};
use gw_model::{Micros, NanoUsd};
pub use mark::Mark;
use mark::Reach;
use other::Other;
pub use other::Unrestored;

/// Windows of other kinds that are kept for an account: more than can be in force, so that a budget that comes back
/// finds its own.
const MAX_OTHERS: usize = 4 * MAX_BUDGETS;

const PERIODS: [Period; 4] = [Period::Day, Period::Week, Period::Month, Period::Total];

/// Place of the last of them.
const TOTAL: usize = 3;

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
    /// In the day, the week and the month before.
    pub before: [NanoUsd; 3],
}

/// A budget and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetView {
    /// Bound, with what is added to it for a time and what came over from the window before.
    pub limit: NanoUsd,
    /// What of that came over.
    pub carried: NanoUsd,
    /// Spent in the current window.
    pub spent: NanoUsd,
    /// Held by calls in flight.
    pub reserved: NanoUsd,
    /// Start of the window; 0 for a total budget.
    pub window_start: Micros,
    /// When the next window starts; `None` for a total budget and for rolling windows.
    pub resets_at: Option<Micros>,
}

#[derive(Clone, Copy, Debug)]
struct PeriodSpent {
    window_start: Micros,
    spent: NanoUsd,
    /// What of it was spent here: other gateways on the same database spend too.
    here: NanoUsd,
}

/// What was spent in a window that is over, and what of it here.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    spent: NanoUsd,
    here: NanoUsd,
}

/// What a store knows of a window's time, and what it does not know.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    /// In the order of time.
    pieces: &'a [(Micros, NanoUsd)],
    /// Spent behind the pieces.
    later: NanoUsd,
    /// Spent, and not in the store yet.
    unstored: NanoUsd,
}

impl<'a> Known<'a> {
    /// Of an account that has spent so much by now.
    fn of(spending: &'a Spending, total: NanoUsd) -> Self {
        let unstored = total.minus(spending.total);
        Self { pieces: &spending.pieces, later: spending.later, unstored }
    }

    /// What of the time from a moment on is in the store.
    fn stored_from(&self, start: Micros) -> NanoUsd {
        let within = self.pieces.iter().filter(|(at, _)| *at >= start);
        within.fold(self.later, |sum, (_, amount)| sum.plus(*amount))
    }

    /// What of the time before a moment is in the store.
    fn stored_before(&self, start: Micros) -> NanoUsd {
        let within = self.pieces.iter().filter(|(at, _)| *at < start);
        within.fold(NanoUsd::ZERO, |sum, (_, amount)| sum.plus(*amount))
    }

    /// What came behind the pieces.
    const fn since(&self) -> NanoUsd {
        self.later.plus(self.unstored)
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Purse {
    /// In the order of [`PERIODS`].
    periods: [PeriodSpent; 4],
    /// What was spent in the windows before the first three of them. Most accounts never have any.
    before: Option<Box<[Before; 3]>>,
    reserved: NanoUsd,
    /// The end of the current day: no window ends before.
    next_roll: Micros,
    /// Windows of other kinds that a budget has asked for.
    others: Vec<Other>,
    /// When it was last told what all gateways had spent.
    heard: Micros,
    /// How far this gateway may go by itself under budgets that all count together.
    reaches: Vec<Reach>,
}

impl Default for Purse {
    fn default() -> Self {
        let unset = PeriodSpent { window_start: Micros::MIN, spent: NanoUsd::ZERO, here: NanoUsd::ZERO };
        Self {
            periods: [unset; 4],
            before: None,
            reserved: NanoUsd::ZERO,
            next_roll: Micros::MIN,
            others: Vec::new(),
            heard: Micros::MIN,
            reaches: Vec::new(),
        }
    }
}

/// Place of a window of the calendar in UTC; `None` for all others.
fn place(budget: &Budget) -> Option<usize> {
    match (budget.period, &budget.time_zone) {
        (Period::Total, _) => Some(TOTAL),
        (Period::Day, None) => Some(0),
        (Period::Week, None) => Some(1),
        (Period::Month, None) => Some(2),
        _ => None,
    }
}

/// True when the budget's window is not one of the calendar in UTC.
pub(super) fn is_other(budget: &Budget) -> bool {
    place(budget).is_none()
}

impl Purse {
    /// Has the budget that much left? The error is its state.
    pub(super) fn check(&mut self, budget: &Budget, now: Micros, amount: NanoUsd) -> Result<(), BudgetView> {
        // A call that costs nothing may run under a spent budget.
        if amount.0 == 0 {
            return Ok(());
        }
        self.roll(now);
        // When the window ends is not asked for: that is the larger part of a view.
        let (spent, window_start) = match place(budget) {
            Some(place) => (self.periods[place].spent, self.periods[place].window_start),
            None => {
                let (spent, window_start, _) = self.other(budget, now).state(now);
                (spent, window_start)
            }
        };
        let limit = budget.limit_at(now).plus(self.carried(budget, window_start, now));
        let used = spent.plus(self.reserved);
        if amount > limit.minus(used) { Err(self.view(budget, now)) } else { Ok(()) }
    }

    /// What came over from the window before.
    fn carried(&mut self, budget: &Budget, window_start: Micros, now: Micros) -> NanoUsd {
        match budget.carries_at_most(window_start) {
            Some(_) => budget.carried(window_start, self.before(budget, now).spent),
            None => NanoUsd::ZERO,
        }
    }

    /// Holds an amount, whether a budget has it or not.
    pub(super) const fn hold(&mut self, amount: NanoUsd) {
        self.reserved = self.reserved.plus(amount);
    }

    /// Turns a hold into spending.
    pub(super) fn settle(&mut self, now: Micros, held: NanoUsd, actual: NanoUsd) {
        self.roll(now);
        self.reserved = self.reserved.minus(held);
        for period in &mut self.periods {
            period.spent = period.spent.plus(actual);
            period.here = period.here.plus(actual);
        }
        for other in &mut self.others {
            other.spend(now, actual);
        }
    }

    pub(super) fn view(&mut self, budget: &Budget, now: Micros) -> BudgetView {
        self.roll(now);
        let reserved = self.reserved;
        let (spent, window_start, resets_at) = match place(budget) {
            Some(place) => {
                let PeriodSpent { window_start, spent, .. } = self.periods[place];
                (spent, window_start, budget.period.window_end(window_start))
            }
            None => self.other(budget, now).state(now),
        };
        let carried = self.carried(budget, window_start, now);
        let limit = budget.limit_at(now).plus(carried);
        BudgetView { limit, carried, spent, reserved, window_start, resets_at }
    }

    /// What was spent in the window before the current one of a budget.
    fn before(&mut self, budget: &Budget, now: Micros) -> Before {
        self.roll(now);
        match place(budget) {
            Some(place) => self.before.as_ref().and_then(|all| all.get(place)).copied().unwrap_or_default(),
            None => self.other(budget, now).before(now),
        }
    }

    /// The window of a budget that is not one of the calendar in UTC.
    fn other(&mut self, budget: &Budget, now: Micros) -> &mut Other {
        let found = self.others.iter().position(|other| other.is_of(budget));
        let at = found.unwrap_or_else(|| {
            self.others.push(Other::new(budget, now));
            self.others.len() - 1
        });
        // It was found or put there just now.
        &mut self.others[at]
    }

    /// Begins to count in the windows of these budgets, where that is not done already. Returns those that do not
    /// know what was spent before.
    pub(super) fn open(&mut self, budgets: &[Budget], now: Micros) -> Vec<Unrestored> {
        self.roll(now);
        let mut open = Vec::new();
        for budget in budgets.iter().filter(|budget| is_other(budget)) {
            let other = self.other(budget, now);
            open.extend(other.unrestored(now).cloned());
            // Those that are wanted now stand last: they stay longest.
            if let Some(at) = self.others.iter().position(|other| other.is_of(budget)) {
                let other = self.others.remove(at);
                self.others.push(other);
            }
        }
        let too_many = self.others.len().saturating_sub(MAX_OTHERS);
        self.others.drain(..too_many);
        open
    }

    /// Tells such a window what the store knows of its time, and what of it was spent here, where that is not all of it;
    /// once. What the account is known to have spent beyond that is not in the store yet.
    pub(super) fn restore_open(
        &mut self,
        window: &Unrestored,
        now: Micros,
        all: &Spending,
        here: Option<&Spending>,
    ) {
        let total = &mut self.periods[TOTAL];
        total.here = total.here.max(here.unwrap_or(all).total);
        let unstored = here.map_or(NanoUsd::ZERO, |here| total.here.minus(here.total));
        // Both are of one moment then, and nothing is learned twice.
        self.learn(now, all.total.plus(unstored));
        self.heard = now;
        let total = self.periods[TOTAL];
        let known = Known::of(all, total.spent);
        let known_here = here.map(|here| Known::of(here, total.here));
        if let Some(other) = self.others.iter_mut().find(|other| other.lacks(window)) {
            other.restore(now, known, known_here);
        }
    }

    /// Learns that so much was spent ever. By what that is more than was known, others have spent.
    fn learn(&mut self, now: Micros, total: NanoUsd) {
        let more = total.minus(self.periods[TOTAL].spent);
        self.periods[TOTAL].spent = self.periods[TOTAL].spent.plus(more);
        // What it is told first is of all time.
        if self.heard > Micros::MIN {
            for other in &mut self.others {
                other.learn(now, more, self.heard);
            }
        }
    }

    /// Sets what was spent in all windows that hold `now`; the store lags behind, so what is known to be more
    /// stays.
    pub(super) fn restore(&mut self, now: Micros, spent: &SpentByPeriod) {
        self.roll(now);
        let known = [spent.day, spent.week, spent.month];
        self.note(now, (known, spent.before), |state| &mut state.spent, |before| &mut before.spent);
        self.learn(now, spent.total);
        self.heard = now;
    }

    /// As [`Self::restore`], for what was spent here.
    pub(super) fn restore_here(&mut self, now: Micros, here: &SpentByPeriod) {
        self.roll(now);
        let known = [here.day, here.week, here.month];
        self.note(now, (known, here.before), |state| &mut state.here, |before| &mut before.here);
        let total = &mut self.periods[TOTAL];
        total.here = total.here.max(here.total);
    }

    /// What was spent in the windows that hold `now`, and in those before them; what is known to be more stays. Where a window
    /// ended since the store was asked, its sum is that of the window before.
    fn note(
        &mut self,
        now: Micros,
        (current, before): ([NanoUsd; 3], [NanoUsd; 3]),
        of_window: fn(&mut PeriodSpent) -> &mut NanoUsd,
        of_before: fn(&mut Before) -> &mut NanoUsd,
    ) {
        for place in 0..current.len() {
            let (period, amount) = (PERIODS[place], current[place]);
            let (start, state) = (period.window_start(now), &mut self.periods[place]);
            let is_over = state.window_start > start;
            if !is_over {
                let known = of_window(state);
                *known = amount.max(*known);
            }
            let is_last = is_over && period.window_end(start) == Some(state.window_start);
            let past = match (is_over, is_last) {
                (false, _) => before[place],
                (true, true) => amount,
                (true, false) => continue,
            };
            if past > NanoUsd::ZERO {
                let known = of_before(&mut self.before.get_or_insert_default()[place]);
                *known = past.max(*known);
            }
        }
    }

    fn roll(&mut self, now: Micros) {
        if now < self.next_roll {
            return;
        }
        let mut before = self.before.take();
        for (place, (period, state)) in PERIODS.iter().zip(&mut self.periods).enumerate() {
            let start = period.window_start(now);
            if start > state.window_start {
                // Nothing was spent in windows that nobody saw.
                let is_next = period.window_end(state.window_start) == Some(start);
                let left = Before { spent: state.spent, here: state.here };
                let left = if is_next { left } else { Before::default() };
                if before.is_some() || left.spent > NanoUsd::ZERO {
                    let known = before.get_or_insert_default().get_mut(place);
                    known.into_iter().for_each(|known| *known = left);
                }
                *state = PeriodSpent { window_start: start, spent: NanoUsd::ZERO, here: NanoUsd::ZERO };
            }
        }
        self.before = before;
        let today = Period::Day.window_start(now);
        self.next_roll = Period::Day.window_end(today).unwrap_or(Micros::MAX);
    }
}
