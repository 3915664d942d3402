//! Money of the budgets within dynamic routes: one purse for each budget and subject, alive across configurations. Serves
//! the route stage, which holds, and the ticket, which settles. It must not know what a budget decides.

use super::budget::{BudgetView, Purse, SpentByPeriod};
use super::gates::Counter;
use ahash::AHashMap;
use gw_model::limits::{Budget, Period};
use gw_model::{Micros, NanoUsd};
use parking_lot::Mutex;

/// Purses that are kept, some hundred bytes each. Subjects name themselves, so there must be a bound.
pub const MAX_PURSES: usize = 131_072;

struct Entry {
    purse: Purse,
    /// Over which time its budget counts, when it was last asked.
    period: Period,
    /// Calls that hold something of it.
    holders: u32,
}

/// See the module.
#[derive(Default)]
pub struct Purses {
    entries: Mutex<AHashMap<Counter, Entry>>,
}

impl std::fmt::Debug for Purses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Purses").field("purses", &self.entries.lock().len()).finish()
    }
}

impl Purses {
    /// Holds an amount, when that much is left. When there is no room for another purse, nothing is. What is held must be
    /// settled.
    pub fn hold(&self, counter: Counter, budget: &Budget, now: Micros, amount: NanoUsd) -> bool {
        let mut entries = self.entries.lock();
        let Some(entry) = entry(&mut entries, counter, budget.period, now) else { return false };
        let is_held = entry.purse.check(budget, now, amount).is_ok();
        if is_held {
            entry.purse.hold(amount);
        }
        entry.holders = entry.holders.saturating_add(u32::from(is_held));
        is_held
    }

    /// Holds an amount, whatever is left: the call comes here after it has begun. What is held must be settled.
    pub fn join(&self, counter: Counter, period: Period, now: Micros, amount: NanoUsd) -> bool {
        let mut entries = self.entries.lock();
        let Some(entry) = entry(&mut entries, counter, period, now) else { return false };
        entry.purse.hold(amount);
        entry.holders = entry.holders.saturating_add(1);
        true
    }

    /// Holds more for a call that holds something already, whatever is left.
    pub fn extend(&self, counter: Counter, amount: NanoUsd) {
        if let Some(entry) = self.entries.lock().get_mut(&counter) {
            entry.purse.hold(amount);
        }
    }

    /// Turns what a call held into what it cost.
    pub fn settle(&self, counter: Counter, now: Micros, held: NanoUsd, actual: NanoUsd) {
        if let Some(entry) = self.entries.lock().get_mut(&counter) {
            entry.purse.settle(now, held, actual);
            entry.holders = entry.holders.saturating_sub(1);
        }
    }

    /// Where a budget stands; nothing is made for it.
    pub fn view(&self, counter: Counter, budget: &Budget, now: Micros) -> BudgetView {
        let mut entries = self.entries.lock();
        match entries.get_mut(&counter) {
            Some(entry) => entry.purse.view(budget, now),
            None => Purse::default().view(budget, now),
        }
    }

    /// Sets what was spent in the windows of `now`. A budget of that period counts it.
    pub fn restore(&self, counter: Counter, period: Period, now: Micros, spent: &SpentByPeriod) {
        let mut entries = self.entries.lock();
        if let Some(entry) = entry(&mut entries, counter, period, now) {
            entry.purse.restore(now, spent);
        }
    }
}

/// The purse; `None` when there is no room for another one.
fn entry(
    entries: &mut AHashMap<Counter, Entry>,
    counter: Counter,
    period: Period,
    now: Micros,
) -> Option<&mut Entry> {
    if !entries.contains_key(&counter) && entries.len() >= MAX_PURSES {
        // What counts nothing in its window may go.
        entries.retain(|_, entry| {
            let budget = Budget::new(NanoUsd::ZERO, entry.period);
            entry.holders > 0 || entry.purse.view(&budget, now).spent > NanoUsd::ZERO
        });
        if entries.len() >= MAX_PURSES {
            return None;
        }
    }
    let fresh = || Entry { purse: Purse::default(), period, holders: 0 };
    let entry = entries.entry(counter).or_insert_with(fresh);
    entry.period = period;
    Some(entry)
}

#[cfg(test)]
mod tests;
