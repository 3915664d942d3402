//! What this gateway has itself spent in a window, as it tells others. Within a window that only grows, so it may be told
//! twice or late. Plain data, made under the account's lock.

use super::{BudgetView, Purse};
use gw_model::limits::{Budget, MAX_BUDGETS, Period};
use gw_model::{Micros, NanoUsd};

/// How long after its end a window is of interest, in milliseconds: clocks differ.
const AFTERMATH_MS: i64 = 86_400_000;

/// Sub-windows that a settlement may have changed: that of now, and the one before if time went on meanwhile.
const RECENT: usize = 2;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which window, for all gateways.
    pub name: String,
    /// When it is of no more interest, in milliseconds since the epoch; 0 for never and for rolling windows.
    pub ends_ms: i64,
    /// Seconds of a rolling window; 0 for those of the calendar.
    pub rolling: u32,
    /// Nano-dollars: of a window of the calendar one amount; of a rolling one those of sub-windows.
    pub spent: Vec<(i64, u64)>,
}

impl Mark {
    /// Of a window whose sum is known.
    fn calendar(budget: &Budget, start: Micros, end: Option<Micros>, spent: u64) -> Self {
        let zone = budget.time_zone.as_ref().filter(|_| budget.period != Period::Total);
        let name = match zone {
            Some(zone) => format!("{}@{zone}:{start}", budget.period.text()),
            None => format!("{}:{start}", budget.period.text()),
        };
        let ends_ms = end.map_or(0, |end| end / 1000 + AFTERMATH_MS);
        Self { name, ends_ms, rolling: 0, spent: vec![(0, spent)] }
    }

    /// True when nothing was spent.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.spent.iter().all(|(_, spent)| *spent == 0)
    }
}

/// What all gateways had used of a window, for when nobody can be asked.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// Of which budget: several may have the same window.
    budget: Budget,
    window_start: Micros,
    noted_at: Micros,
    /// What was spent here by then, what all had used, and into how many parts the rest goes.
    here: NanoUsd,
    used: NanoUsd,
    parts: u64,
}

impl Purse {
    /// Notes what all gateways have used of a budget, and with that how far this one may go by itself: to its part of
    /// what is left. One part more than there are gateways is left over, since they did not all ask just now.
    pub(in super::super) fn note_used(&mut self, budget: &Budget, now: Micros, used: NanoUsd, nodes: u64) {
        let view = self.view(budget, now);
        let (here, parts) = (self.spent_here(budget, now), nodes.saturating_add(1).max(2));
        let window_start = fixed_start(budget, &view);
        let reaches = &mut self.rare().reaches;
        if let Some(known) = reaches.iter_mut().find(|known| known.budget == *budget) {
            *known = Reach { budget: known.budget.clone(), window_start, noted_at: now, here, used, parts };
            return;
        }
        // Those of budgets that are no more make room.
        if reaches.len() >= MAX_BUDGETS {
            reaches.remove(0);
        }
        reaches.push(Reach { budget: budget.clone(), window_start, noted_at: now, here, used, parts });
    }

    /// How far this gateway may go in a budget's window by itself: never beyond its part of the whole.
    pub(in super::super) fn reach(&self, budget: &Budget, view: &BudgetView, nodes: u64) -> NanoUsd {
        let part = NanoUsd(view.limit.0 / nodes.max(1)).max(NanoUsd(1));
        let start = fixed_start(budget, view);
        let of_window = self.rare.iter().flat_map(|rare| &rare.reaches).filter(|known| {
            let is_same =
                (known.budget.period, &known.budget.time_zone) == (budget.period, &budget.time_zone);
            is_same && known.window_start == start
        });
        // Of one that was changed meanwhile, all had used the same of its window, whatever its bound is: the latest counts.
        let known = of_window.max_by_key(|known| (known.noted_at, known.budget == *budget, known.used));
        // What came over is taken off what was used: whoever says that knows it exactly.
        let bound = view.limit.minus(view.carried);
        known.map_or(part, |known| known.here.plus(NanoUsd(bound.minus(known.used).0 / known.parts)))
    }

    /// What was spent here, as far as that is told apart, in the window of a budget.
    pub(in super::super) fn spent_here(&mut self, budget: &Budget, now: Micros) -> NanoUsd {
        match super::place(budget) {
            Some(place) => {
                self.roll(now);
                self.here(place)
            }
            None => self.other(budget, now).spent_here(now),
        }
    }

    /// What was spent here in the window of a budget; of a rolling one all sub-windows, or those that changed last.
    pub(in super::super) fn mark(&mut self, budget: &Budget, now: Micros, all: bool) -> Mark {
        if let Period::Rolling(seconds) = budget.period {
            let spent = self.other(budget, now).newest(now, if all { usize::MAX } else { RECENT });
            return Mark { name: format!("r{seconds}"), ends_ms: 0, rolling: seconds, spent };
        }
        let BudgetView { window_start, resets_at, .. } = self.view(budget, now);
        Mark::calendar(budget, window_start, outlives(budget, resets_at), self.spent_here(budget, now).0)
    }

    /// The same in the window before, where what was not spent then goes over.
    pub(in super::super) fn mark_before(&mut self, budget: &Budget, now: Micros) -> Option<Mark> {
        let BudgetView { window_start, resets_at, .. } = self.view(budget, now);
        budget.carries_at_most(window_start)?;
        let spent = self.before(budget, now).here.0;
        Some(Mark::calendar(budget, budget.window_before(window_start), resets_at, spent))
    }
}

/// Until when a window that ends then is of interest: where what was not spent goes over, through the next one.
fn outlives(budget: &Budget, end: Option<Micros>) -> Option<Micros> {
    let next = |end: Micros| budget.period.window(end, budget.time_zone.as_ref()).1;
    if budget.rollover.is_some() { end.and_then(next).or(end) } else { end }
}

/// A rolling window has no start that stays.
const fn fixed_start(budget: &Budget, view: &BudgetView) -> Micros {
    match budget.period {
        Period::Rolling(_) => 0,
        _ => view.window_start,
    }
}
