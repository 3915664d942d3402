//! A window of spending that is not one of the calendar in UTC: by the calendar of a time zone, or rolling. Serves
//! the account's purse. It must not know what is held.

use super::super::window::{Bound, Window};
use super::{Before, Known};
use gw_model::limits::{Budget, LimitKind, Period, TimeZone};
use gw_model::{Micros, NanoUsd};

/// Rolling windows are counted as if they were a minute long.
const WINDOW_SECONDS: i64 = 60;

/// Microseconds in a second.
const SECOND: Micros = 1_000_000;

/// So large that nothing is refused: the window only adds up.
const UNBOUNDED: Bound = Bound { kind: LimitKind::Sliding, max: u64::MAX, burst: 0 };

/// So long after its beginning, what is heard of others may be of the time before it. After as much time again it is asked
/// what was spent in the window: what others spent before is stored by then.
const SETTLING_US: Micros = 5 * SECOND;

/// See the module.
#[derive(Debug)]
pub(super) struct Other {
    period: Period,
    zone: Option<TimeZone>,
    spending: Spending,
    /// What it does not know yet.
    unrestored: Option<Gap>,
}

/// What a window does not know yet.
#[derive(Debug)]
struct Gap {
    window: Unrestored,
    /// When it is to be asked for.
    due: Micros,
    /// What was spent here was counted all the time; only others' part may be wrong.
    knows_here: bool,
}

/// A window that does not know yet what was spent in it, and the time of which that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrestored {
    period: Period,
    zone: Option<TimeZone>,
    /// From when on spending matters to it.
    pub from: Micros,
    /// Up to when it is to be told when something was spent; that later is enough in one sum.
    pub until: Micros,
    /// When the window itself began: what was spent earlier is of the one before.
    pub cut: Micros,
}

#[derive(Debug)]
enum Spending {
    /// From the start to the end; what was spent, what of it here, and the same of the window before.
    Calendar { start: Micros, end: Micros, spent: NanoUsd, here: NanoUsd, before: Before },
    /// In 60 parts, the oldest counted whole. Where not all was spent here, there is a second one for what was.
    Rolling(Window, Option<Box<Window>>),
}

impl Other {
    /// A window that knows nothing of what was spent before.
    pub(super) fn new(budget: &Budget, now: Micros) -> Self {
        let (period, zone) = (budget.period, budget.time_zone.clone());
        let spending = match period {
            Period::Rolling(_) => Spending::Rolling(Window::default(), None),
            _ => {
                let (start, end) = period.window(now, zone.as_ref());
                let end = end.unwrap_or(Micros::MAX);
                let before = Before::default();
                Spending::Calendar { start, end, spent: NanoUsd::ZERO, here: NanoUsd::ZERO, before }
            }
        };
        let mut new = Self { period, zone, spending, unrestored: None };
        new.unrestored = Some(Gap { window: new.extent(now), due: now, knows_here: false });
        new
    }

    /// The time that matters to it now. Of a window of the calendar only the sum is of interest, so that nobody need look
    /// for the moment of now.
    fn extent(&self, now: Micros) -> Unrestored {
        let (from, until, cut) = match (&self.spending, self.period) {
            (Spending::Calendar { start, end, .. }, _) => {
                // The window before matters to the current one: what was not spent may go over.
                let before = self.period.window(start.saturating_sub(1), self.zone.as_ref()).0;
                (before, end.saturating_sub(1), *start)
            }
            // One part more than the window has: the oldest is counted whole.
            (Spending::Rolling(..), Period::Rolling(seconds)) => {
                let from = self.period.window_start(now) - Micros::from(seconds) * SECOND / WINDOW_SECONDS;
                (from, now, from)
            }
            (Spending::Rolling(..), _) => (now, now, now),
        };
        Unrestored { period: self.period, zone: self.zone.clone(), from, until, cut }
    }

    pub(super) fn is_of(&self, budget: &Budget) -> bool {
        self.period == budget.period && self.zone == budget.time_zone
    }

    /// True when that is what it does not know.
    pub(super) fn lacks(&self, window: &Unrestored) -> bool {
        self.unrestored.as_ref().is_some_and(|gap| gap.window == *window)
    }

    /// Learns that others have spent so much since they were last heard of, at `heard`. Where the window began meanwhile,
    /// it is not known what of that belongs to it, or hides behind what was spent here: it counts, until the store is asked.
    pub(super) fn learn(&mut self, now: Micros, more: NanoUsd, heard: Micros) {
        let (spent, start, _) = self.state(now);
        let is_used = more.0 > 0 || spent.0 > 0;
        let window = self.extent(now);
        let began = if matches!(self.spending, Spending::Calendar { .. }) { start } else { window.from };
        if is_used && self.unrestored.is_none() && heard < began.saturating_add(SETTLING_US) {
            self.unrestored = Some(Gap { window, due: now.saturating_add(SETTLING_US), knows_here: true });
        }
        if more.0 == 0 {
            return;
        }
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Calendar { spent, .. } => *spent = spent.plus(more),
            Spending::Rolling(window, here) => {
                here.get_or_insert_with(|| Box::new(window.clone()));
                window.charge(time, more.0);
            }
        }
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

    /// What it does not know yet, when it is time to ask.
    pub(super) fn unrestored(&self, now: Micros) -> Option<&Unrestored> {
        self.unrestored.as_ref().filter(|gap| gap.due <= now).map(|gap| &gap.window)
    }

    /// Learns what was spent in it, and what of it here, where that is not all of it; once.
    pub(super) fn restore(&mut self, now: Micros, mut all: Known<'_>, here: Option<Known<'_>>) {
        self.roll(now);
        let Some(gap) = self.unrestored.take() else { return };
        if let (true, Spending::Calendar { start, .. }) = (gap.knows_here, &self.spending) {
            // What the store does not know yet was spent here, but maybe before the window began.
            let stored = here.as_ref().map_or(NanoUsd::ZERO, |here| here.stored_from(*start));
            all.unstored = all.unstored.min(self.spent_here(now).minus(stored));
        }
        if let Spending::Calendar { start, before, .. } = &mut self.spending {
            before.spent = before.spent.max(all.stored_before(*start));
            before.here = before.here.max(here.as_ref().unwrap_or(&all).stored_before(*start));
        }
        let here = here.filter(|_| !gap.knows_here);
        if let Spending::Calendar { start, spent, here: spent_here, .. } = &mut self.spending {
            let sum = |known: &Known<'_>| known.stored_from(*start).plus(known.unstored);
            *spent = sum(&all);
            match &here {
                Some(here) => *spent_here = sum(here),
                None if gap.knows_here => {}
                None => *spent_here = *spent,
            }
            return;
        }
        // A ring is filled in the order of time. What came later counts from now on.
        let filled = |known: &Known<'_>| {
            let mut window = Window::default();
            for (at, amount) in known.pieces {
                window.charge(self.scaled(*at), amount.0);
            }
            window.charge(self.scaled(now), known.since().0);
            window
        };
        let (window, of_here) = (filled(&all), here.as_ref().map(|here| Box::new(filled(here))));
        if let Spending::Rolling(known, known_here) = &mut self.spending {
            *known = window;
            if !gap.knows_here {
                *known_here = of_here;
            }
        }
    }

    /// What was spent, since when, and when the next window begins.
    pub(super) fn state(&mut self, now: Micros) -> (NanoUsd, Micros, Option<Micros>) {
        self.roll(now);
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Calendar { start, end, spent, .. } => (*spent, *start, Some(*end)),
            Spending::Rolling(window, _) => (sum(window, time), self.period.window_start(now), None),
        }
    }

    /// What was spent in the window of the calendar before this one.
    pub(super) fn before(&mut self, now: Micros) -> Before {
        self.roll(now);
        match self.spending {
            Spending::Calendar { before, .. } => before,
            Spending::Rolling(..) => Before::default(),
        }
    }

    /// What was spent here.
    pub(super) fn spent_here(&mut self, now: Micros) -> NanoUsd {
        self.roll(now);
        let time = self.scaled(now);
        match &mut self.spending {
            Spending::Calendar { here, .. } => *here,
            Spending::Rolling(window, here) => sum(here.as_deref_mut().unwrap_or(window), time),
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
        let Spending::Calendar { start, end, spent, here, before } = &mut self.spending else { return };
        if now < *end {
            return;
        }
        let (next, next_end) = self.period.window(now, self.zone.as_ref());
        // Nothing was spent in windows that nobody saw.
        let left = Before { spent: *spent, here: *here };
        *before = if next == *end { left } else { Before::default() };
        (*start, *end) = (next, next_end.unwrap_or(Micros::MAX));
        (*spent, *here) = (NanoUsd::ZERO, NanoUsd::ZERO);
        // It is counted from its beginning; only what was spent before it may not be known.
        self.unrestored =
            self.unrestored.take().map(|_| Gap { window: self.extent(now), due: now, knows_here: true });
    }

    const fn scaled(&self, now: Micros) -> Micros {
        match self.period {
            Period::Rolling(seconds) if seconds > 0 => now.saturating_mul(WINDOW_SECONDS) / seconds as i64,
            _ => now,
        }
    }
}

/// What stands in a window, at a time as the window knows it.
fn sum(window: &mut Window, time: Micros) -> NanoUsd {
    NanoUsd(u64::MAX - window.remaining(&UNBOUNDED, time).remaining)
}
