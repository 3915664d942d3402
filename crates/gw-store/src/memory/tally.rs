//! The counters of one account: requests, tokens, parallel calls and money, behind one short lock. Serves
//! admit, reserve and settle through [`super::Chain`], which locks all accounts of a call at once. It must
//! not read a clock or block for longer than a few additions.

mod slots;

use super::amounts::Amounts;
use super::budget::{BudgetView, Mark, Purse, SpentByPeriod, Unrestored};
use super::refused::{HoldRefused, LimitExceeded};
use super::rules::{Holder, Rule, Rules, bit, ceiling, window_bound};
use super::views::Remaining;
use super::window::Window;
use crate::types::Spending;
use gw_model::limits::{Budget, Limit, LimitUnit, OnUnavailable, Sharing};
use gw_model::{Micros, NanoUsd, Priority};
use parking_lot::{Mutex, MutexGuard};
use slots::{Count, Slot, Slots};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a caller over the limit of parallel calls is told to wait: one will end, nobody knows when.
const PARALLEL_RETRY_US: u64 = 1_000_000;

const SECOND_US: Micros = 1_000_000;

/// Windows are counted as if they were a minute long.
const WINDOW_SECONDS: i64 = 60;

/// See the module.
#[derive(Debug, Default)]
pub struct Tally {
    counters: Mutex<Counters>,
    /// Nothing may go on in this account's name. It stands here because every version of an account shares this.
    closed: AtomicBool,
}

impl Tally {
    /// Calls in flight.
    #[must_use]
    pub fn parallel(&self) -> u32 {
        self.lock().parallel
    }

    /// Has anything counted here: a call since the process started, or what was spent before?
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.lock().active.is_some()
    }

    /// In which second a call last counted here, since the process started.
    #[must_use]
    pub fn last_used(&self) -> Option<Micros> {
        Some(self.lock().used_seconds).filter(|at| *at > 0).map(|at| Micros::from(at) * SECOND_US)
    }

    /// Sets what was spent in all windows that hold `now`, as the store knows it, when an account is loaded.
    /// What is known to be more stays.
    pub fn restore_spent(&self, now: Micros, spent: &SpentByPeriod) {
        if *spent != SpentByPeriod::default() {
            self.lock().purse().restore(now, spent);
        }
    }

    /// Begins to count in the windows of those budgets that the calendar in UTC says nothing about, whether they are
    /// in force yet or not. Returns the windows that do not know what was spent before.
    #[must_use]
    pub fn open_windows(&self, rules: &Rules, now: Micros) -> Vec<Unrestored> {
        if !rules.has_other_windows() {
            return Vec::new();
        }
        let mut counters = self.lock();
        let now = counters.now(now);
        counters.purse().open(&rules.budgets, now)
    }

    /// Tells such a window what the store knows of its time; the second time nothing happens. `here`: what of it was
    /// spent by this gateway, where that is not all of it.
    pub fn restore_window(&self, window: &Unrestored, now: Micros, all: &Spending, here: Option<&Spending>) {
        let mut counters = self.lock();
        let now = counters.now(now);
        counters.purse().restore_open(window, now, all, here);
    }

    /// Sets what of that was spent by this gateway.
    pub fn restore_here(&self, now: Micros, here: &SpentByPeriod) {
        if *here != SpentByPeriod::default() {
            self.lock().purse().restore_here(now, here);
        }
    }

    /// Where each of the budgets stands, in their order.
    #[must_use]
    pub fn budget_views(&self, rules: &Rules, now: Micros) -> Vec<BudgetView> {
        let mut counters = self.lock();
        let now = counters.now(now);
        rules.budgets.iter().map(|budget| counters.purse().view(budget, now)).collect()
    }

    /// What is left of each of the limits, in their order.
    #[must_use]
    pub fn limit_views(&self, rules: &Rules, now: Micros) -> Vec<(Limit, Remaining)> {
        let mut counters = self.lock();
        let now = counters.now(now);
        let view = |(at, rule): (usize, &Rule)| {
            let limit = &rule.limit;
            // Where nothing was counted yet, all is left.
            let all = Remaining { limit: limit.max, remaining: limit.max, reset_us: 0 };
            let left = match limit.unit {
                LimitUnit::Parallel => counters.running_of(at, rule).map(|running| {
                    let remaining = limit.max.saturating_sub(u64::from(running));
                    Remaining { limit: limit.max, remaining, reset_us: 0 }
                }),
                _ => counters.window(at, rule).map(|window| {
                    let bound = window_bound(limit, Priority::default());
                    let left = window.remaining(&bound, scaled(now, rule));
                    Remaining { reset_us: unscaled(left.reset_us, rule), ..left }
                }),
            };
            (limit.clone(), left.unwrap_or(all))
        };
        rules.limits.iter().enumerate().map(view).collect()
    }

    /// What was spent here in the windows of the budgets that count for all gateways together.
    #[must_use]
    pub fn marks(&self, rules: &Rules, now: Micros) -> Vec<Mark> {
        let shared = rules.budgets.iter().filter(|budget| budget.sharing.is_shared());
        let mut counters = self.lock();
        let now = counters.now(now);
        let marks = shared.flat_map(|budget| {
            let purse = counters.purse();
            [Some(purse.mark(budget, now, true)), purse.mark_before(budget, now)]
        });
        marks.flatten().filter(|mark| !mark.is_none()).collect()
    }

    /// True from the moment the account was closed, also for calls that hold an older version of it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn set_closed(&self, closed: bool) {
        self.closed.store(closed, Ordering::Release);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Counters> {
        // Where a test says who goes on.
        #[cfg(test)]
        if let Some(counters) = super::chain::tests::turns::take(&self.counters) {
            return counters;
        }
        self.counters.lock()
    }
}

#[cfg(test)]
impl Tally {
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Counters>> {
        self.counters.try_lock()
    }
}

#[cfg(test)]
impl Counters {
    pub(super) const fn running(&self) -> u32 {
        self.parallel
    }
}

/// What is behind the lock.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Latest time seen: time does not run backwards here, whatever the callers' clocks do.
    latest: Micros,
    /// Of the rules that the slots were last made for.
    generation: u64,
    parallel: u32,
    /// When a call was last let in, in seconds since the epoch; 0 is never. So it takes no room of its own.
    used_seconds: u32,
    active: Option<Box<Active>>,
}

/// What an account that is in use counts, in one piece of memory: with very many accounts each further piece is one that
/// no cache holds. It is taken with the first call.
#[derive(Debug, Default)]
struct Active {
    purse: Purse,
    /// Most have no more than the three limits that have names.
    slots: Slots,
}

// Four lines of memory. A call of one of very many accounts waits for each that it touches.
const _: () = assert!(size_of::<Active>() <= 256 && size_of::<Slot>() <= 64);

/// Which limits of an account count a call, and for whom it says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub(super) rules: &'a Rules,
    pub(super) mask: u32,
    pub(super) holder: &'a Holder,
    /// How much the call matters: some of a limit may be kept for others.
    pub(super) priority: Priority,
    /// It is a try of a call that counts by itself.
    pub(super) is_try: bool,
}

impl<'a> Terms<'a> {
    pub(super) fn counted(self) -> impl Iterator<Item = (usize, &'a Rule)> {
        let rules = self.rules.limits.iter().enumerate();
        rules.filter(move |(at, _)| self.mask & bit(*at) != 0)
    }

    fn budgets(self) -> &'a [Budget] {
        if self.is_try { &[] } else { self.rules.budgets() }
    }

    fn exceeded(self, rule: &Rule, retry_after_us: u64) -> LimitExceeded {
        let limit = &rule.limit;
        let max = limit.reserve.within(limit.max, self.priority);
        let (unit, per_seconds) = (limit.unit, limit.per_seconds);
        LimitExceeded { holder: self.holder.clone(), unit, max, per_seconds, retry_after_us }
    }
}

/// A refusal, and whether it is one that is only noted.
pub(super) struct Finding<E> {
    pub(super) refusal: E,
    pub(super) shadow: bool,
}

impl Counters {
    /// The time that counts.
    pub(super) fn now(&mut self, now: Micros) -> Micros {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// Makes the counters that the rules want; what the same is counted for stays.
    pub(super) fn align(&mut self, rules: &Rules, generation: u64) {
        if generation <= self.generation {
            return;
        }
        self.generation = generation;
        let same = |(slot, rule): (&Slot, &Rule)| slot.key == rule.slot;
        let slots = self.active.as_ref().map_or(&[][..], |active| &active.slots);
        if slots.len() == rules.limits.len() && slots.iter().zip(&rules.limits).all(same) {
            return;
        }
        let slots = &mut self.active.get_or_insert_default().slots;
        *slots = slots::aligned(std::mem::take(slots), rules);
    }

    /// The counter of a limit; `None` when the rules have changed and it is no more.
    fn slot(&mut self, at: usize, rule: &Rule) -> Option<&mut Slot> {
        let slots = &mut self.active.as_mut()?.slots;
        if slots.get(at).is_some_and(|slot| slot.key == rule.slot) {
            return slots.get_mut(at);
        }
        slots.iter_mut().find(|slot| slot.key == rule.slot)
    }

    /// The window of a limit that has one.
    fn window(&mut self, at: usize, rule: &Rule) -> Option<&mut Window> {
        match &mut self.slot(at, rule)?.count {
            Count::Window(window) => Some(window),
            Count::Running(_) => None,
        }
    }

    /// How many calls run that a limit of parallel calls counts.
    fn running_of(&mut self, at: usize, rule: &Rule) -> Option<u32> {
        if is_scoped(&rule.limit) { self.slot(at, rule)?.running().copied() } else { Some(self.parallel) }
    }

    /// What was taken in each sixtieth of the window that ends now, numbered from the epoch.
    pub(super) fn recent(&mut self, at: usize, rule: &Rule, now: Micros) -> Vec<(i64, u64)> {
        self.window(at, rule).map(|window| window.recent(scaled(now, rule))).unwrap_or_default()
    }

    /// Is there room for one more request?
    pub(super) fn check_admit(
        &mut self,
        terms: Terms<'_>,
        now: Micros,
        mut found: impl FnMut(Finding<LimitExceeded>),
    ) {
        for (at, rule) in terms.counted() {
            let limit = &rule.limit;
            let wait = match limit.unit {
                LimitUnit::Parallel => {
                    let most = ceiling(limit, terms.priority);
                    let is_full = self.running_of(at, rule).is_some_and(|running| u64::from(running) >= most);
                    is_full.then_some(PARALLEL_RETRY_US)
                }
                // Of tokens and money at least one unit must be left.
                _ => self
                    .window(at, rule)
                    .and_then(|window| window.wait(&window_bound(limit, terms.priority), scaled(now, rule)))
                    .map(|us| unscaled(us, rule)),
            };
            if let Some(wait) = wait {
                found(Finding { refusal: terms.exceeded(rule, wait), shadow: limit.shadow });
            }
        }
    }

    /// Takes one request and one parallel slot, whether they fit or not.
    pub(super) fn take_request(&mut self, terms: Terms<'_>, now: Micros) {
        if !terms.is_try {
            self.used_seconds = u32::try_from(now / SECOND_US).unwrap_or(0);
        }
        for (at, rule) in terms.counted().filter(|(_, rule)| rule.limit.unit == LimitUnit::Requests) {
            if let Some(window) = self.window(at, rule) {
                window.charge(scaled(now, rule), 1);
            }
        }
        self.enter(terms);
    }

    /// Takes one parallel slot.
    pub(super) fn enter(&mut self, terms: Terms<'_>) {
        self.parallel = self.parallel.saturating_add(u32::from(!terms.is_try));
        for (at, rule) in terms.counted().filter(|(_, rule)| is_scoped_parallel(&rule.limit)) {
            if let Some(running) = self.slot(at, rule).and_then(Slot::running) {
                *running = running.saturating_add(1);
            }
        }
    }

    /// Gives the request of [`Self::take_request`] back; the parallel slot stays taken.
    pub(super) fn give_request_back(&mut self, terms: Terms<'_>, taken_at: Micros) {
        for (at, rule) in terms.counted().filter(|(_, rule)| rule.limit.unit == LimitUnit::Requests) {
            if let Some(window) = self.window(at, rule) {
                window.give_back(scaled(taken_at, rule), 1);
            }
        }
    }

    /// Gives the parallel slot back.
    pub(super) fn leave(&mut self, terms: Terms<'_>) {
        self.parallel = self.parallel.saturating_sub(u32::from(!terms.is_try));
        for (at, rule) in terms.counted().filter(|(_, rule)| is_scoped_parallel(&rule.limit)) {
            if let Some(running) = self.slot(at, rule).and_then(Slot::running) {
                *running = running.saturating_sub(1);
            }
        }
    }

    /// Is there room for that much? `is_first`: nothing is held for the call yet.
    pub(super) fn check_hold(
        &mut self,
        terms: Terms<'_>,
        now: Micros,
        amounts: &Amounts,
        is_first: bool,
        mut found: impl FnMut(Finding<HoldRefused>),
    ) {
        // Money first: that it is spent is what a caller must know.
        if !terms.budgets().is_empty() {
            let purse = self.purse();
            for budget in terms.budgets() {
                if let Err(view) = purse.check(budget, now, amounts.cost) {
                    let (limit, spent, reserved) = (view.limit, view.spent, view.reserved);
                    let (holder, needed) = (terms.holder.clone(), amounts.cost);
                    let refusal = HoldRefused::Budget { holder, limit, spent, reserved, needed };
                    found(Finding { refusal, shadow: budget.shadow });
                }
            }
        }
        for (at, rule) in terms.counted() {
            let limit = &rule.limit;
            let needed = amounts.of(limit.unit);
            if needed == 0 {
                continue;
            }
            if is_first && needed > ceiling(limit, terms.priority) {
                let (holder, per_seconds) = (terms.holder.clone(), limit.per_seconds);
                let (unit, limit_max) = (limit.unit, ceiling(limit, terms.priority));
                let refusal = HoldRefused::TooLarge { holder, unit, limit: limit_max, per_seconds, needed };
                found(Finding { refusal, shadow: limit.shadow });
                continue;
            }
            let Some(window) = self.window(at, rule) else { continue };
            if let Some(wait) =
                window.wait_for(&window_bound(limit, terms.priority), scaled(now, rule), needed)
            {
                let refusal = HoldRefused::Limit(terms.exceeded(rule, unscaled(wait, rule)));
                found(Finding { refusal, shadow: limit.shadow });
            }
        }
    }

    /// Holds that much, whether it fits or not.
    pub(super) fn take_hold(&mut self, terms: Terms<'_>, now: Micros, amounts: &Amounts) {
        self.hold_money(terms, amounts.cost);
        self.charge(terms, now, amounts);
    }

    /// Of that, the money.
    pub(super) fn hold_money(&mut self, terms: Terms<'_>, cost: NanoUsd) {
        if cost.0 > 0 && !terms.is_try {
            self.purse().hold(cost);
        }
    }

    /// Of `amounts` as much of the tokens as is left.
    pub(super) fn within(&mut self, terms: Terms<'_>, now: Micros, amounts: Amounts) -> Amounts {
        let mut fits = amounts;
        for (at, rule) in terms.counted().filter(|(_, rule)| !rule.limit.shadow) {
            let unit = rule.limit.unit;
            if amounts.of(unit) == 0 || unit == LimitUnit::Cost {
                continue;
            }
            let Some(window) = self.window(at, rule) else { continue };
            let left =
                window.remaining(&window_bound(&rule.limit, terms.priority), scaled(now, rule)).remaining;
            // With nothing left, the one that is asked for says how long to wait.
            let left = left.max(1);
            match unit {
                LimitUnit::InputTokens => fits.input = fits.input.min(left),
                LimitUnit::OutputTokens => fits.output = fits.output.min(left),
                _ => {
                    fits.input = fits.input.min(left);
                    fits.output = fits.output.min(left.saturating_sub(fits.input));
                }
            }
        }
        fits
    }

    /// Turns money that is held into spending, or gives it back.
    pub(super) fn settle_cost(&mut self, now: Micros, held: NanoUsd, used: NanoUsd) {
        if held.0 > 0 || used.0 > 0 {
            self.purse().settle(now, held, used);
        }
    }

    /// Counts what was used beyond what was held for it, or gives back what was not used. `pieces` are those of the hold that
    /// may have something to give back, and when they were taken, the latest first.
    pub(super) fn level<'p>(
        &mut self,
        terms: Terms<'_>,
        now: Micros,
        (held, used): (&Amounts, &Amounts),
        pieces: impl Iterator<Item = (&'p Amounts, Micros)> + Clone,
    ) {
        for (at, rule) in terms.counted() {
            let unit = rule.limit.unit;
            let (held, used) = (held.of(unit), used.of(unit));
            if held == used {
                continue;
            }
            let Some(window) = self.window(at, rule) else { continue };
            if used > held {
                window.charge(scaled(now, rule), used - held);
                continue;
            }
            let mut unused = held - used;
            for (piece, at) in pieces.clone() {
                let back = unused.min(piece.of(unit));
                window.give_back(scaled(at, rule), back);
                unused -= back;
            }
        }
    }

    pub(super) fn charge(&mut self, terms: Terms<'_>, now: Micros, amounts: &Amounts) {
        for (at, rule) in terms.counted() {
            let units = amounts.of(rule.limit.unit);
            if units > 0
                && let Some(window) = self.window(at, rule)
            {
                window.charge(scaled(now, rule), units);
            }
        }
    }

    /// What is left of the limits, one after the other.
    pub(super) fn remaining(
        &mut self,
        terms: Terms<'_>,
        now: Micros,
        mut found: impl FnMut(LimitUnit, Remaining),
    ) {
        for (at, rule) in terms.counted().filter(|(_, rule)| !rule.limit.shadow) {
            let limit = &rule.limit;
            if matches!(limit.unit, LimitUnit::Parallel | LimitUnit::Cost) {
                continue;
            }
            let Some(window) = self.window(at, rule) else { continue };
            let mut left = window.remaining(&window_bound(limit, terms.priority), scaled(now, rule));
            left.reset_us = unscaled(left.reset_us, rule);
            found(limit.unit, left);
        }
    }

    /// Is more taken than a share of one in `nodes` of what is counted for all gateways together? As far as that is
    /// to decide when nobody can be asked.
    pub(super) fn above_share(&mut self, terms: Terms<'_>, now: Micros, nodes: u64) -> Option<HoldRefused> {
        let has_share =
            |sharing: Sharing| sharing.is_shared() && sharing.on_unavailable == OnUnavailable::Local;
        let share = |max: u64| (max / nodes.max(1)).max(1);
        for budget in terms.budgets().iter().filter(|b| has_share(b.sharing) && !b.shadow) {
            let view = self.purse().view(budget, now);
            let limit = self.purse().reach(budget, &view, nodes);
            let spent = self.purse().spent_here(budget, now);
            if view.reserved.0 > 0 && spent.plus(view.reserved) > limit {
                let (holder, reserved) = (terms.holder.clone(), view.reserved);
                let needed = NanoUsd::ZERO;
                return Some(HoldRefused::Budget { holder, limit, spent, reserved, needed });
            }
        }
        for (at, rule) in terms.counted().filter(|(_, r)| has_share(r.limit.sharing) && !r.limit.shadow) {
            let limit = &rule.limit;
            let most = share(ceiling(limit, terms.priority));
            let wait = match limit.unit {
                LimitUnit::Parallel => {
                    let is_above = self.running_of(at, rule).is_some_and(|running| u64::from(running) > most);
                    is_above.then_some(PARALLEL_RETRY_US)
                }
                _ => self
                    .window(at, rule)
                    .and_then(|window| window.is_above(most, scaled(now, rule)))
                    .map(|us| unscaled(us, rule)),
            };
            if let Some(wait) = wait {
                return Some(HoldRefused::Limit(terms.exceeded(rule, wait)));
            }
        }
        None
    }

    pub(super) fn purse(&mut self) -> &mut Purse {
        &mut self.active.get_or_insert_default().purse
    }
}

/// Does it count some calls only?
const fn is_scoped(limit: &Limit) -> bool {
    limit.models.is_some() || limit.providers.is_some()
}

/// Does it count parallel calls, and only some?
fn is_scoped_parallel(limit: &Limit) -> bool {
    limit.unit == LimitUnit::Parallel && is_scoped(limit)
}

/// Time as the window of that limit knows it: it runs faster or slower, so that a minute takes as long as is wanted.
const fn scaled(now: Micros, rule: &Rule) -> Micros {
    match rule.slot.per_seconds {
        60 | 0 => now,
        seconds => now.saturating_mul(WINDOW_SECONDS) / seconds as i64,
    }
}

fn unscaled(us: u64, rule: &Rule) -> u64 {
    match rule.slot.per_seconds {
        60 | 0 => us,
        seconds => us.saturating_mul(u64::from(seconds)).div_ceil(WINDOW_SECONDS.unsigned_abs()),
    }
}
