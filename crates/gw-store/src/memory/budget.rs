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

const DAY_US: Micros = 86_400_000_000;

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

/// Of whom a store says what was spent.
#[derive(Clone, Copy, Debug)]
enum Whose {
    /// All gateways together.
    All,
    /// This one.
    Here,
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

/// See the module. It must stay small, with what every call needs in front: with very many accounts each line of memory
/// is one that no cache holds.
#[derive(Debug)]
pub(super) struct Purse {
    /// What was spent in the windows of the calendar, in the order of [`PERIODS`].
    spent: [NanoUsd; 4],
    reserved: NanoUsd,
    /// The day, by its start, that those windows hold: all of them are made of days.
    today: Micros,
    rare: Option<Box<Rare>>,
}

/// What most purses never have.
#[derive(Debug)]
struct Rare {
    /// Windows of other kinds that a budget has asked for.
    others: Vec<Other>,
    /// What of each sum was not spent here: other gateways on the same database spend too. It wraps where more is known of
    /// here than of all.
    elsewhere: [u64; 4],
    /// What was spent in the windows before the first three of them.
    before: [Before; 3],
    /// When it was last told what all gateways had spent.
    heard: Micros,
    /// How far this gateway may go by itself under budgets that all count together.
    reaches: Vec<Reach>,
}

impl Default for Purse {
    fn default() -> Self {
        Self { spent: [NanoUsd::ZERO; 4], reserved: NanoUsd::ZERO, today: Micros::MIN, rare: None }
    }
}

impl Default for Rare {
    fn default() -> Self {
        Self {
            others: Vec::new(),
            elsewhere: [0; 4],
            before: [Before::default(); 3],
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
        // When the window began and ends is asked for only where it matters: that is the larger part of a view.
        let (spent, window_start) = match place(budget) {
            Some(place) if budget.rollover.is_none() => (self.spent[place], Micros::MIN),
            Some(place) => (self.spent[place], self.start(place)),
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
        for spent in &mut self.spent {
            *spent = spent.plus(actual);
        }
        if let Some(rare) = &mut self.rare {
            for other in &mut rare.others {
                other.spend(now, actual);
            }
        }
    }

    pub(super) fn view(&mut self, budget: &Budget, now: Micros) -> BudgetView {
        self.roll(now);
        let reserved = self.reserved;
        let (spent, window_start, resets_at) = match place(budget) {
            Some(place) => {
                let window_start = self.start(place);
                (self.spent[place], window_start, budget.period.window_end(window_start))
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
            Some(place) => {
                self.rare.as_ref().and_then(|rare| rare.before.get(place)).copied().unwrap_or_default()
            }
            None => self.other(budget, now).before(now),
        }
    }

    /// The window of a budget that is not one of the calendar in UTC.
    fn other(&mut self, budget: &Budget, now: Micros) -> &mut Other {
        let others = &mut self.rare().others;
        let found = others.iter().position(|other| other.is_of(budget));
        let at = found.unwrap_or_else(|| {
            others.push(Other::new(budget, now));
            others.len() - 1
        });
        // It was found or put there just now.
        &mut others[at]
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// When the current window of the calendar began; before all time, as long as nothing was asked.
    fn start(&self, place: usize) -> Micros {
        if self.today == Micros::MIN { Micros::MIN } else { PERIODS[place].window_start(self.today) }
    }

    /// What of a sum was spent here.
    fn here(&self, place: usize) -> NanoUsd {
        let elsewhere = self.rare.as_ref().map_or(0, |rare| rare.elsewhere[place]);
        NanoUsd(self.spent[place].0.wrapping_sub(elsewhere))
    }

    /// Sets a sum, and what of it was spent here.
    fn set(&mut self, place: usize, spent: NanoUsd, here: NanoUsd) {
        self.spent[place] = spent;
        let elsewhere = spent.0.wrapping_sub(here.0);
        if elsewhere != 0 || self.rare.is_some() {
            self.rare().elsewhere[place] = elsewhere;
        }
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
            let others = &mut self.rare().others;
            if let Some(at) = others.iter().position(|other| other.is_of(budget)) {
                let other = others.remove(at);
                others.push(other);
            }
        }
        if let Some(rare) = &mut self.rare {
            let too_many = rare.others.len().saturating_sub(MAX_OTHERS);
            rare.others.drain(..too_many);
        }
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
        let total_here = self.here(TOTAL).max(here.unwrap_or(all).total);
        self.set(TOTAL, self.spent[TOTAL], total_here);
        let unstored = here.map_or(NanoUsd::ZERO, |here| total_here.minus(here.total));
        // Both are of one moment then, and nothing is learned twice.
        self.learn(now, all.total.plus(unstored));
        let known = Known::of(all, self.spent[TOTAL]);
        let known_here = here.map(|here| Known::of(here, total_here));
        let rare = self.rare();
        rare.heard = now;
        if let Some(other) = rare.others.iter_mut().find(|other| other.lacks(window)) {
            other.restore(now, known, known_here);
        }
    }

    /// Learns that so much was spent ever. By what that is more than was known, others have spent.
    fn learn(&mut self, now: Micros, total: NanoUsd) {
        let more = total.minus(self.spent[TOTAL]);
        self.set(TOTAL, self.spent[TOTAL].plus(more), self.here(TOTAL));
        // What it is told first is of all time.
        if let Some(rare) = self.rare.as_mut().filter(|rare| rare.heard > Micros::MIN) {
            for other in &mut rare.others {
                other.learn(now, more, rare.heard);
            }
        }
    }

    /// Sets what was spent in all windows that hold `now`; the store lags behind, so what is known to be more
    /// stays.
    pub(super) fn restore(&mut self, now: Micros, spent: &SpentByPeriod) {
        self.roll(now);
        let known = [spent.day, spent.week, spent.month];
        self.note(now, (known, spent.before), Whose::All);
        self.learn(now, spent.total);
        self.rare().heard = now;
    }

    /// As [`Self::restore`], for what was spent here.
    pub(super) fn restore_here(&mut self, now: Micros, here: &SpentByPeriod) {
        self.roll(now);
        let known = [here.day, here.week, here.month];
        self.note(now, (known, here.before), Whose::Here);
        self.set(TOTAL, self.spent[TOTAL], self.here(TOTAL).max(here.total));
    }

    /// What was spent in the windows that hold `now`, and in those before them; what is known to be more stays. Where a window
    /// ended since the store was asked, its sum is that of the window before.
    fn note(&mut self, now: Micros, (current, before): ([NanoUsd; 3], [NanoUsd; 3]), whose: Whose) {
        for place in 0..current.len() {
            let (period, amount) = (PERIODS[place], current[place]);
            let (start, known_start) = (period.window_start(now), self.start(place));
            let is_over = known_start > start;
            if !is_over {
                let (spent, here) = (self.spent[place], self.here(place));
                match whose {
                    Whose::All => self.set(place, spent.max(amount), here),
                    Whose::Here => self.set(place, spent, here.max(amount)),
                }
            }
            let is_last = is_over && period.window_end(start) == Some(known_start);
            let past = match (is_over, is_last) {
                (false, _) => before[place],
                (true, true) => amount,
                (true, false) => continue,
            };
            if past > NanoUsd::ZERO {
                let known = &mut self.rare().before[place];
                let known = match whose {
                    Whose::All => &mut known.spent,
                    Whose::Here => &mut known.here,
                };
                *known = past.max(*known);
            }
        }
    }

    fn roll(&mut self, now: Micros) {
        if now < self.today.saturating_add(DAY_US) {
            return;
        }
        for (place, period) in PERIODS.iter().enumerate() {
            let (known_start, start) = (self.start(place), period.window_start(now));
            if start <= known_start {
                continue;
            }
            // Nothing was spent in windows that nobody saw.
            let is_next = period.window_end(known_start) == Some(start);
            let left = Before { spent: self.spent[place], here: self.here(place) };
            let left = if is_next { left } else { Before::default() };
            self.set(place, NanoUsd::ZERO, NanoUsd::ZERO);
            if (self.rare.is_some() || left.spent > NanoUsd::ZERO)
                && let Some(known) = self.rare().before.get_mut(place)
            {
                *known = left;
            }
        }
        self.today = Period::Day.window_start(now);
    }
}
