//! What is set aside of one thing: how much, for how long, and how much of it is wanted. It must not lock or ask.

use super::super::wire::Told;
use super::Filled;
use crate::memory::{Item, Leased, Link};
use gw_model::limits::LimitUnit;
use gw_model::{Micros, NanoUsd};

/// What is set aside lasts for so many tenths of a second of what is used.
const TICKS: u64 = 10;

/// A gateway fetches at most such a part of what is left, divided by the number of gateways: near the end that is nothing,
/// and each call asks.
const PART: u64 = 4;

/// How long after a refusal is nothing fetched.
const COOL_DOWN_US: Micros = 250_000;

/// So long before a sub-window ends are its units handed out no more: clocks are read now and then.
const MARGIN_US: Micros = 10_000;

/// Sweeps without use after which nothing is known any more.
const IDLE_SWEEPS: u8 = 50;

/// See the module.
#[derive(Debug)]
pub(super) struct Lease {
    of: Leased,
    link: Link,
    /// What is asked for, with one unit.
    item: Item,
    /// What is set aside. Of money and parallel calls with what calls have of it, and what is spent and not told.
    lent: u64,
    /// What calls have of it.
    held: u64,
    /// Money that is spent and not told yet.
    spent: u64,
    /// Units of windows: when they were fetched, and until when they may be handed out.
    stamp: Micros,
    valid_until: Micros,
    /// Units of windows to be given back, and units that were used above what was taken.
    unused: Vec<(Micros, u64)>,
    over: u64,
    /// Used since the last sweep, and in a tenth of a second of late.
    used: u64,
    pace: u64,
    /// As far as is known.
    left: u64,
    is_wanted: bool,
    is_asked: bool,
    cool_until: Micros,
    is_touched: bool,
    idle: u8,
}

impl Lease {
    pub(super) fn new(of: Leased, link: &Link, item: &Item, now: Micros) -> Self {
        let mut lease = Self {
            of,
            link: link.clone(),
            item: item.clone(),
            lent: 0,
            held: 0,
            spent: 0,
            stamp: 0,
            valid_until: Micros::MIN,
            unused: Vec::new(),
            over: 0,
            used: units_of(item),
            pace: 0,
            left: bound(item) / 2,
            is_wanted: true,
            is_asked: false,
            cool_until: now,
            is_touched: false,
            idle: 0,
        };
        if !lease.is_window() {
            lease.valid_until = Micros::MAX;
        }
        lease
    }

    fn is_window(&self) -> bool {
        self.of.per_seconds() > 0
    }

    /// What may be handed out.
    fn free(&self) -> u64 {
        match self.is_window() {
            true => self.lent,
            false => self.lent.saturating_sub(self.held).saturating_sub(self.spent),
        }
    }

    pub(super) fn take(&mut self, units: u64, now: Micros) -> Option<Micros> {
        self.used = self.used.saturating_add(units);
        if now >= self.valid_until || self.free() < units {
            self.is_wanted = true;
            return None;
        }
        match self.is_window() {
            true => self.lent -= units,
            false => self.held += units,
        }
        self.is_wanted |= self.free() < self.enough() / 2;
        Some(self.stamp)
    }

    pub(super) fn note_missed(&mut self, link: &Link, item: &Item) {
        if self.link.generation != link.generation {
            self.link = link.clone();
            self.item = item.clone();
        }
        self.is_wanted = true;
    }

    /// What was taken ends: so much of it was used.
    pub(super) fn settle(&mut self, stamp: Micros, taken: u64, used: u64, now: Micros) {
        if self.is_window() {
            let back = taken.saturating_sub(used);
            self.over += used.saturating_sub(taken);
            if back > 0 && stamp == self.stamp && now < self.valid_until {
                self.lent += back;
            } else if back > 0 {
                self.unused.push((stamp, back));
            }
            return;
        }
        self.held = self.held.saturating_sub(taken);
        if self.of.is_money() {
            self.spent = self.spent.saturating_add(used);
            self.is_touched = true;
        }
    }

    /// What would be set aside at the present pace.
    fn enough(&self) -> u64 {
        self.pace.max(self.used).saturating_mul(TICKS)
    }

    pub(super) fn wanted(&mut self, now: Micros, nodes: u64) -> Option<Item> {
        if !self.is_wanted || self.is_asked || now < self.cool_until {
            return None;
        }
        let free = if now < self.valid_until { self.free() } else { 0 };
        let part = self.left / (PART * nodes.max(1));
        let more = self.enough().min(part).saturating_sub(free);
        self.is_wanted = false;
        let item = (more > 0).then(|| with_units(self, more, now)).flatten()?;
        self.is_asked = true;
        Some(item)
    }

    pub(super) fn fill(&mut self, filled: Option<Filled>, now: Micros) {
        self.is_asked = false;
        let Some(Filled { units, at, asked_at, left }) = filled else {
            self.cool_until = now + COOL_DOWN_US;
            self.left /= 2;
            return;
        };
        self.left = left;
        if !self.is_window() {
            self.lent += units;
            return;
        }
        let ends = sub_window_end(at, self.of.per_seconds());
        let valid_until = asked_at + (ends - at) - MARGIN_US;
        // What is left of an earlier sub-window is given back to it.
        if self.lent > 0 && sub_window_end(self.stamp, self.of.per_seconds()) != ends {
            self.unused.push((self.stamp, std::mem::take(&mut self.lent)));
        }
        if self.lent == 0 {
            (self.stamp, self.valid_until) = (at, valid_until);
        }
        self.valid_until = self.valid_until.min(valid_until);
        self.lent += units;
    }

    /// Units of a window that nobody counts any more: they are neither handed out nor given back.
    pub(super) fn forget_window(&mut self) {
        if self.is_window() {
            (self.lent, self.valid_until) = (0, Micros::MIN);
            self.unused.clear();
        }
    }

    pub(super) fn sweep(&mut self, now: Micros, all: bool, told: &mut Vec<Told>) {
        let is_used = std::mem::take(&mut self.is_touched) || self.used > 0;
        self.idle = if is_used || self.held > 0 { 0 } else { self.idle.saturating_add(1) };
        self.pace = std::mem::take(&mut self.used).max(self.pace - self.pace.div_ceil(8));
        // Whoever was refused finds out again what is left.
        self.left = self.left.max(bound(&self.item) / 64).max(1);
        let enough = if all || self.idle >= IDLE_SWEEPS / 2 { 0 } else { self.enough() };
        match &self.item {
            Item::Limit { key, per_seconds, .. } => {
                let (key, per_seconds) = (key.clone(), *per_seconds);
                let surplus = if now >= self.valid_until { self.lent } else { surplus(self.lent, enough) };
                if surplus > 0 {
                    self.lent -= surplus;
                    self.unused.push((self.stamp, surplus));
                }
                told.extend(self.unused.drain(..).map(|(taken_at, units)| Told::Unused {
                    key: key.clone(),
                    per_seconds,
                    taken_at,
                    units,
                }));
                let units = std::mem::take(&mut self.over);
                if units > 0 {
                    told.push(Told::Used { key, per_seconds, units });
                }
            }
            Item::Parallel { key, .. } => {
                let surplus = surplus(self.free(), enough);
                self.lent -= surplus;
                told.extend((0..surplus).map(|_| Told::Left { key: key.clone() }));
            }
            Item::Budgets { .. } => self.sweep_money(now, enough, is_used || all, told),
        }
    }

    fn sweep_money(&mut self, now: Micros, enough: u64, is_used: bool, told: &mut Vec<Told>) {
        let account = self.of.account;
        // What is spent and told is held no more; what calls have stays held, also where one spent more than it held.
        let freed = self.spent.min(self.lent.saturating_sub(self.held));
        self.lent -= freed;
        self.spent = 0;
        let surplus = surplus(self.free(), enough);
        self.lent -= surplus;
        if is_used || freed > 0 {
            let marks = self.link.marks(now).into_iter();
            told.extend(marks.map(|mark| Told::Spent { account, mark }));
        }
        if freed + surplus > 0 {
            told.push(Told::Freed { account, cost: NanoUsd(freed + surplus) });
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        let is_empty = self.lent == 0 && self.held == 0 && self.unused.is_empty() && self.over == 0;
        is_empty && self.idle >= IDLE_SWEEPS && !self.is_asked
    }
}

/// What is far above what is enough.
const fn surplus(free: u64, enough: u64) -> u64 {
    if free > enough.saturating_mul(2) { free - enough } else { 0 }
}

/// The end of the sub-window that holds a moment. The scripts divide windows in the same way.
fn sub_window_end(at: Micros, per_seconds: u32) -> Micros {
    let window = Micros::from(per_seconds.max(1)) * 1_000_000;
    let (start, within) = (at - at.rem_euclid(window), at.rem_euclid(window));
    let sub = within * 60 / window + 1;
    start + (sub * window + 59) / 60
}

fn units_of(item: &Item) -> u64 {
    match item {
        Item::Limit { units, .. } | Item::Parallel { units, .. } => *units,
        Item::Budgets { cost, .. } => cost.0,
    }
}

/// The most that could be left.
fn bound(item: &Item) -> u64 {
    match item {
        Item::Limit { max, .. } | Item::Parallel { max, .. } => *max,
        Item::Budgets { list, .. } => list.iter().map(|budget| budget.limit.0).min().unwrap_or(0),
    }
}

/// The item, for so much. Budgets are looked at anew, since their windows end.
fn with_units(lease: &Lease, more: u64, now: Micros) -> Option<Item> {
    let mut item = match lease.of.unit() {
        LimitUnit::Cost if lease.of.is_money() => lease.link.budgets(now, NanoUsd(more), 0)?,
        _ => lease.item.clone(),
    };
    if let Item::Limit { units, .. } | Item::Parallel { units, .. } = &mut item {
        *units = more;
    }
    Some(item)
}
