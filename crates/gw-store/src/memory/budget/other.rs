//! A window of spending that is not one of the calendar in UTC: by the calendar of a time zone, or rolling. Serves
//! the account's purse. It must not know what is held.

use super::super::window::{Bound, Window};
use gw_model::limits::{Budget, LimitKind, Period, TimeZone};
use gw_model::{Micros, NanoUsd};

/// Rolling windows are counted as if they were a minute long.
const WINDOW_SECONDS: i64 = 60;

/// Microseconds in a second.
const SECOND: Micros = 1_000_000;

/// So large that nothing is refused: the window only adds up.
const UNBOUNDED: Bound = Bound { kind: LimitKind::Sliding, max: u64::MAX, burst: 0 };

/// See the module.
#[derive(Debug)]
pub(super) struct Other {
    period: Period,
    zone: Option<TimeZone>,
    spending: Spending,
    /// What it does not know yet.
    unrestored: Option<Unrestored>,
}

/// A window that is counted from a moment on, and does not know yet what was spent in it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrestored {
    period: Period,
    zone: Option<TimeZone>,
    /// From when on spending matters to it.
    pub from: Micros,
    /// The moment that it is counted from.
    pub until: Micros,
    /// What the account had spent ever by then.
    pub total: NanoUsd,
    /// What of it here.
    pub here: NanoUsd,
}

#[derive(Debug)]
enum Spending {
    /// From the start to the end; what was spent, and what of it here.
    Calendar { start: Micros, end: Micros, spent: NanoUsd, here: NanoUsd },
    /// In 60 parts, the oldest counted whole. Where not all was spent here, there is a second one for what was.
    Rolling(Window, Option<Box<Window>>),
}

impl Other {
    /// A window that knows nothing of what was spent before; `total` is what was spent ever.
    pub(super) fn new(budget: &Budget, now: Micros, total: NanoUsd, here: NanoUsd) -> Self {
        let (period, zone) = (budget.period, budget.time_zone.clone());
        let from = match period {
            // One part more than the window has: the oldest is counted whole.
            Period::Rolling(seconds) => {
                period.window_start(now) - Micros::from(seconds) * SECOND / WINDOW_SECONDS
            }
            _ => period.window(now, zone.as_ref()).0,
        };
        let unrestored = Some(Unrestored { period, zone: zone.clone(), from, until: now, total, here });
        let spending = match period {
            Period::Rolling(_) => Spending::Rolling(Window::default(), None),
            _ => {
                let (start, end) = period.window(now, zone.as_ref());
                let end = end.unwrap_or(Micros::MAX);
                Spending::Calendar { start, end, spent: NanoUsd::ZERO, here: NanoUsd::ZERO }
            }
        };
        Self { period, zone, spending, unrestored }
    }

    pub(super) fn is_of(&self, budget: &Budget) -> bool {
        self.period == budget.period && self.zone == budget.time_zone
    }

    /// True when that is what it does not know.
    pub(super) fn lacks(&self, window: &Unrestored) -> bool {
        self.unrestored.as_ref() == Some(window)
    }

    pub(super) fn spend(&mut self, now: Micros, amount: NanoUsd) {
        self.roll(now);
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Calendar { spent, here, .. } => {
                *spent = spent.plus(amount);
                *here = here.plus(amount);
            }
            Spending::Rolling(window, here) => {
                window.charge(time, amount.0);
                if let Some(here) = here {
                    here.charge(time, amount.0);
                }
            }
        }
    }

    /// What it does not know yet.
    pub(super) const fn unrestored(&self) -> Option<&Unrestored> {
        self.unrestored.as_ref()
    }

    /// Learns what was spent before it was counted, in the order of time, and what of it here, where that is not all of
    /// it; once.
    pub(super) fn restore(
        &mut self,
        now: Micros,
        pieces: &[(Micros, NanoUsd)],
        here: Option<&[(Micros, NanoUsd)]>,
    ) {
        self.roll(now);
        let counted = self.state(now).0;
        self.unrestored = None;
        if let Spending::Calendar { start, spent, here: spent_here, .. } = &mut self.spending {
            let sum = |pieces: &[(Micros, NanoUsd)], first: NanoUsd| {
                let within = pieces.iter().filter(|(at, _)| at >= start);
                within.fold(first, |sum, (_, amount)| sum.plus(*amount))
            };
            *spent_here = sum(here.unwrap_or(pieces), *spent_here);
            *spent = sum(pieces, *spent);
            return;
        }
        // A ring is filled in the order of time. What was counted meanwhile, a moment, counts from now on.
        let filled = |pieces: &[(Micros, NanoUsd)]| {
            let mut window = Window::default();
            for (at, amount) in pieces {
                window.charge(self.scaled(*at), amount.0);
            }
            window.charge(self.scaled(now), counted.0);
            window
        };
        self.spending = Spending::Rolling(filled(pieces), here.map(|here| Box::new(filled(here))));
    }

    /// What was spent, since when, and when the next window begins.
    pub(super) fn state(&mut self, now: Micros) -> (NanoUsd, Micros, Option<Micros>) {
        self.roll(now);
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Calendar { start, end, spent, .. } => (*spent, *start, Some(*end)),
            Spending::Rolling(window, _) => {
                let left = window.remaining(&UNBOUNDED, time).remaining;
                (NanoUsd(u64::MAX - left), self.period.window_start(now), None)
            }
        }
    }

    /// What was spent here; of a rolling window it is all of it.
    pub(super) fn spent_here(&mut self, now: Micros) -> NanoUsd {
        let (all, ..) = self.state(now);
        match &self.spending {
            Spending::Calendar { here, .. } => *here,
            Spending::Rolling(..) => all,
        }
    }

    /// Of a rolling window the newest sub-windows in which something was spent here.
    pub(super) fn newest(&mut self, now: Micros, most: usize) -> Vec<(i64, u64)> {
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Rolling(window, here) => here.as_deref_mut().unwrap_or(window).newest(time, most),
            Spending::Calendar { .. } => Vec::new(),
        }
    }

    fn roll(&mut self, now: Micros) {
        if let Spending::Calendar { start, end, spent, here } = &mut self.spending
            && now >= *end
        {
            let (next, next_end) = self.period.window(now, self.zone.as_ref());
            (*start, *end) = (next, next_end.unwrap_or(Micros::MAX));
            (*spent, *here) = (NanoUsd::ZERO, NanoUsd::ZERO);
        }
    }

    const fn scaled(&self, now: Micros) -> Micros {
        match self.period {
            Period::Rolling(seconds) if seconds > 0 => now.saturating_mul(WINDOW_SECONDS) / seconds as i64,
            _ => now,
        }
    }
}
