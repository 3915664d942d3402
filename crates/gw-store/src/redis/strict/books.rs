//! What was taken of limits and spent under budgets that count for all gateways together, as this one knows it: its own part
//! from its counters, and what was spent also the parts of others, who may be gone, from the database that all share. It must not decide which of that counts.

use super::wire::Told;
use crate::error::StoreError;
use crate::memory::{KeyTable, Link, SpentByPeriod, Tally};
use crate::restore::restore_here;
use crate::rows::{HOUR_US, HOURS_A_DAY, add_spent};
use crate::traits::Ledger;
use crate::types::{Spending, SpentElsewhere};
use gw_model::limits::Period;
use gw_model::{AccountId, Clock, Micros, NanoUsd};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Accounts that are looked up one by one in the database; of more, all are read.
const FEW: usize = 10_000;

/// See the module.
pub struct Books {
    keys: Arc<KeyTable>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    /// The counters know what of the sums in the database is this gateway's own.
    knows_own: AtomicBool,
    /// What others had spent when that was last read, for when it can not be read.
    others: Mutex<Option<Vec<Told>>>,
}

/// What is to be told.
#[derive(Debug)]
pub(super) struct News {
    /// The state of keys and accounts that it is of.
    pub(super) generation: u64,
    pub(super) told: Vec<Told>,
    /// What others spent is known by now, and what this gateway spent before.
    pub(super) has_others: bool,
}

impl std::fmt::Debug for Books {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Books").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Books {
    /// Books of these counters, and of the database that they were restored from.
    pub fn new(keys: Arc<KeyTable>, ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { keys, ledger, clock, knows_own: AtomicBool::new(false), others: Mutex::default() }
    }

    /// Learns, where several gateways share the database, what of its sums is this one's own; once. What is told before is
    /// too little, and made good then.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn learn_own(&self) -> Result<(), StoreError> {
        if self.knows_own.load(Ordering::Acquire) {
            return Ok(());
        }
        restore_here(&*self.ledger, &self.keys, self.clock.now())?;
        self.knows_own.store(true, Ordering::Release);
        Ok(())
    }

    /// Is there something that was not told, of what was told in that state? `has_others`: the part of others too.
    pub(super) fn has_news(&self, told: u64, has_others: bool) -> bool {
        !has_others || !self.knows_own.load(Ordering::Acquire) || self.keys.generation() != told
    }

    /// All that this gateway has itself spent, what its calls took of limits, and on demand what others have. It may take its time.
    pub(super) fn all(&self, wants_others: bool) -> News {
        let knew = self.note(self.learn_own(), "what this gateway spent before");
        let generation = self.keys.generation();
        let mut told = self.of(&self.keys.shared(0), |account, mark| Told::All { account, mark });
        let others = if wants_others { self.others() } else { Some(Vec::new()) };
        let has_others = knew.is_some() && others.is_some();
        told.extend(others.unwrap_or_default());
        let now = self.clock.now();
        let limited = self.keys.sharing_limits();
        told.extend(limited.iter().flat_map(|link| link.recent(now)).map(Told::Recent));
        News { generation, told, has_others }
    }

    /// What is to be told while calls go on: what this gateway and others have spent of accounts whose budgets are others
    /// since that state, or of all.
    pub(super) fn news(&self, told: u64, had_others: bool) -> News {
        let is_new = !had_others || !self.knows_own.load(Ordering::Acquire);
        let knew = self.note(self.learn_own(), "what this gateway spent before");
        let generation = self.keys.generation();
        let links = self.keys.shared(if is_new { 0 } else { told });
        let mut news = self.of(&links, |account, mark| Told::Spent { account, mark });
        let others = match is_new {
            true => self.others(),
            false => self.note(self.elsewhere(&links), "what other gateways spent of new budgets"),
        };
        let has_others = knew.is_some() && others.is_some();
        news.extend(others.unwrap_or_default());
        News { generation, told: news, has_others }
    }

    /// This gateway's time.
    pub(super) fn now(&self) -> Micros {
        self.clock.now()
    }

    #[expect(clippy::unused_self, reason = "beside what needs it")]
    fn note<T>(&self, read: Result<T, StoreError>, what: &str) -> Option<T> {
        read.map_err(|error| tracing::warn!(%error, "{what} can not be read")).ok()
    }

    /// What others have spent, or, while the database is away, had spent when it was last read; `None` when that is not
    /// known.
    fn others(&self) -> Option<Vec<Told>> {
        match self.elsewhere(&self.keys.shared(0)) {
            Ok(told) => {
                *self.others.lock() = Some(told.clone());
                Some(told)
            }
            Err(error) => {
                tracing::warn!(%error, "what other gateways spent can not be read");
                self.others.lock().clone()
            }
        }
    }

    fn of(&self, links: &[Link], tell: impl Fn(AccountId, crate::memory::Mark) -> Told) -> Vec<Told> {
        let now = self.clock.now();
        let marks = links.iter().flat_map(|link| {
            let marks = link.tally.marks(&link.rules, now);
            marks.into_iter().map(|mark| (link.id, mark))
        });
        marks.map(|(account, mark)| tell(account, mark)).collect()
    }

    fn elsewhere(&self, links: &[Link]) -> Result<Vec<Told>, StoreError> {
        if !self.ledger.is_shared() || links.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let by_id: HashMap<AccountId, &Link> = links.iter().map(|link| (link.id, link)).collect();
        let few: Vec<AccountId> = by_id.keys().copied().collect();
        let of = (few.len() <= FEW).then_some(few.as_slice());
        let mut told = Vec::new();
        for spent in self.ledger.spent_elsewhere(first_moment(links, now), of)? {
            if let Some(link) = by_id.get(&spent.account) {
                told.extend(of_node(&spent, link, now));
            }
        }
        Ok(told)
    }
}

/// From when on spending matters to some budget.
fn first_moment(links: &[Link], now: Micros) -> Micros {
    let budgets = links.iter().flat_map(|link| link.rules.budgets());
    let starts = budgets.filter(|budget| budget.period != Period::Total).map(|budget| match budget.period {
        // One part more than the window has: the oldest is counted whole.
        Period::Rolling(seconds) => budget.period.window_start(now) - Micros::from(seconds) * 1_000_000 / 60,
        period => {
            let start = period.window(now, budget.time_zone.as_ref()).0;
            if budget.rollover.is_some() { budget.window_before(start) } else { start }
        }
    });
    starts.min().unwrap_or(now)
}

/// What a node spent in the windows of an account's budgets.
fn of_node(spent: &SpentElsewhere, link: &Link, now: Micros) -> Vec<Told> {
    let tally = Tally::default();
    let mut periods = SpentByPeriod { total: spent.total, ..SpentByPeriod::default() };
    for (hour, cost) in &spent.hours {
        add_spent(&mut periods, now, hour.div_euclid(HOURS_A_DAY), i64::try_from(cost.0).unwrap_or(i64::MAX));
    }
    tally.restore_spent(now, &periods);
    tally.restore_here(now, &periods);
    for window in tally.open_windows(&link.rules, now) {
        // An hour counts whole, at its end: never too early.
        let end = |hour: i64| (hour + 1).saturating_mul(HOUR_US) - 1;
        let hours = spent.hours.iter().filter(|(hour, _)| end(*hour) >= window.from);
        let pieces = hours.map(|(hour, cost)| (end(*hour).min(window.until), *cost)).collect();
        let known = Spending { pieces, later: NanoUsd::ZERO, total: spent.total };
        tally.restore_window(&window, now, &known, None);
    }
    let marks = tally.marks(&link.rules, now).into_iter();
    marks.map(|mark| Told::Elsewhere { node: spent.node, account: link.id, mark }).collect()
}
