//! A window of spending that is not one of the calendar in UTC: by the calendar of a time zone, or rolling. Serves
//! the account's purse. It must not know what is held.

use super::super::window::{Bound, Window};
use gw_model::limits::{Budget, LimitKind, Period, TimeZone};
use gw_model::{Micros, NanoUsd};

/// Rolling windows are counted as if they were a minute long.
const WINDOW_SECONDS: i64 = 60;

/// So large that nothing is refused: the window only adds up.
const UNBOUNDED: Bound = Bound { kind: LimitKind::Sliding, max: u64::MAX, burst: 0 };

/// See the module.
#[derive(Debug)]
pub(super) struct Other {
    period: Period,
    zone: Option<TimeZone>,
    spending: Spending,
}

#[derive(Debug)]
enum Spending {
    /// From the start to the end.
    Calendar { start: Micros, end: Micros, spent: NanoUsd },
    /// In 60 parts, the oldest counted whole.
    Rolling(Window),
}

impl Other {
    pub(super) fn new(budget: &Budget, now: Micros) -> Self {
        let (period, zone) = (budget.period, budget.time_zone.clone());
        let spending = match period {
            Period::Rolling(_) => Spending::Rolling(Window::default()),
            _ => {
                let (start, end) = period.window(now, zone.as_ref());
                Spending::Calendar { start, end: end.unwrap_or(Micros::MAX), spent: NanoUsd::ZERO }
            }
        };
        Self { period, zone, spending }
    }

    pub(super) fn is_of(&self, budget: &Budget) -> bool {
        self.period == budget.period && self.zone == budget.time_zone
    }

    pub(super) fn spend(&mut self, now: Micros, amount: NanoUsd) {
        self.roll(now);
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Calendar { spent, .. } => *spent = spent.plus(amount),
            Spending::Rolling(window) => {
                window.charge(time, amount.0);
            }
        }
    }

    /// Notes what was spent at an earlier time, before anything else is counted.
    pub(super) fn restore(&mut self, now: Micros, at: Micros, amount: NanoUsd) {
        self.roll(now);
        let time = self.scaled(at);
        match &mut self.spending {
            Spending::Calendar { start, spent, .. } if at >= *start => *spent = spent.plus(amount),
            Spending::Calendar { .. } => {}
            Spending::Rolling(window) => {
                window.charge(time, amount.0);
            }
        }
    }

    /// What was spent, since when, and when the next window begins.
    pub(super) fn state(&mut self, now: Micros) -> (NanoUsd, Micros, Option<Micros>) {
        self.roll(now);
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Calendar { start, end, spent } => (*spent, *start, Some(*end)),
            Spending::Rolling(window) => {
                let left = window.remaining(&UNBOUNDED, time).remaining;
                (NanoUsd(u64::MAX - left), self.period.window_start(now), None)
            }
        }
    }

    /// Of a rolling window the newest sub-windows in which something was spent.
    pub(super) fn newest(&mut self, now: Micros, most: usize) -> Vec<(i64, u64)> {
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Rolling(window) => window.newest(time, most),
            Spending::Calendar { .. } => Vec::new(),
        }
    }

    fn roll(&mut self, now: Micros) {
        if let Spending::Calendar { start, end, spent } = &mut self.spending
            && now >= *end
        {
            let (next, next_end) = self.period.window(now, self.zone.as_ref());
            (*start, *end, *spent) = (next, next_end.unwrap_or(Micros::MAX), NanoUsd::ZERO);
        }
    }

    const fn scaled(&self, now: Micros) -> Micros {
        match self.period {
            Period::Rolling(seconds) if seconds > 0 => now.saturating_mul(WINDOW_SECONDS) / seconds as i64,
            _ => now,
        }
    }
}
