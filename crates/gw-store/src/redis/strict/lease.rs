//! Quota that this gateway has set aside: taken from what all gateways count together before anybody needs it, and handed
//! out to calls without asking. Serves reserve, settle and the clerk, who fetches more and gives back what is not needed.
//!
//! What is set aside counts as taken for everybody else, so nothing is ever above a bound. Money and parallel calls are
//! held until they are given back. Units of a window belong to the sub-window in which they were taken, and are only
//! handed out in it: so they leave the window when they should. It must not connect to anything.

mod one;

use super::wire::Told;
use crate::memory::{Amounts, Claim, Item, Leased, Link};
use ahash::AHashMap;
use gw_model::Micros;
use gw_model::limits::LimitUnit;
use one::Lease;
use parking_lot::Mutex;
use std::sync::Arc;

/// So many locks, so that workers are seldom in each other's way; a power of two.
const SHARDS: usize = 16;

/// Things of which quota is set aside at a time, in a shard; beyond, calls ask.
const MAX_LEASES: usize = 8_192;

/// See the module.
#[derive(Debug, Default)]
pub struct Leases {
    shards: [Mutex<AHashMap<Leased, Lease>>; SHARDS],
}

/// Units that a call has of what is set aside.
#[derive(Clone, Copy, Debug)]
struct Take {
    of: Leased,
    /// When they were fetched, by Redis's clock.
    stamp: Micros,
    units: u64,
}

/// What a call has of what is set aside. It ends in exactly one way: settled, or dropped, which gives all of it back.
#[derive(Debug, Default)]
pub struct Takes {
    leases: Option<Arc<Leases>>,
    list: smallvec::SmallVec<[Take; 4]>,
}

impl Leases {
    fn shard(&self, of: &Leased) -> &Mutex<AHashMap<Leased, Lease>> {
        // Ids are random or hashes; the unit tells counters of an account apart.
        let at = of.account.number as usize ^ (of.account.number >> 64) as usize ^ of.unit() as usize;
        &self.shards[at % SHARDS]
    }

    /// Takes so much, if it is there. Returns when it was fetched.
    fn take(&self, of: Leased, units: u64, now: Micros) -> Option<Micros> {
        self.shard(&of).lock().get_mut(&of)?.take(units, now)
    }

    /// Somebody wants some, and there was none.
    fn note_missed(&self, of: Leased, link: &Link, item: &Item, now: Micros) {
        let mut shard = self.shard(&of).lock();
        if let Some(lease) = shard.get_mut(&of) {
            lease.note_missed(link, item);
        } else if shard.len() < MAX_LEASES {
            shard.insert(of, Lease::new(of, link, item, now));
        }
    }

    fn settle(&self, take: Take, used: u64, now: Micros) {
        if let Some(lease) = self.shard(&take.of).lock().get_mut(&take.of) {
            lease.settle(take.stamp, take.units, used, now);
        }
    }

    /// What is to be fetched now.
    pub(super) fn wanted(&self, now: Micros, nodes: u64) -> Vec<(Leased, Claim)> {
        let mut wanted = Vec::new();
        for shard in &self.shards {
            for (of, lease) in shard.lock().iter_mut() {
                if let Some(item) = lease.wanted(now, nodes) {
                    wanted.push((*of, Claim { items: vec![item], amounts: Amounts::default() }));
                }
            }
        }
        wanted
    }

    /// What was fetched, or was not.
    pub(super) fn fill(&self, of: &Leased, filled: Option<Filled>, now: Micros) {
        if let Some(lease) = self.shard(of).lock().get_mut(of) {
            lease.fill(filled, now);
        }
    }

    /// Redis has lost what was taken of limits: what is set aside of them is set aside no more.
    pub(super) fn forget_windows(&self) {
        for shard in &self.shards {
            shard.lock().values_mut().for_each(Lease::forget_window);
        }
    }

    /// What is to be told now: what was spent of it, and what is not needed. With `all`, nothing stays set aside but what
    /// calls have. A tenth of a second has passed since the last time.
    pub(super) fn sweep(&self, now: Micros, all: bool) -> Vec<Told> {
        let mut told = Vec::new();
        for shard in &self.shards {
            shard.lock().retain(|_, lease| {
                lease.sweep(now, all, &mut told);
                !lease.is_idle()
            });
        }
        told
    }
}

/// What came of fetching.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    /// How much was fetched.
    pub(super) units: u64,
    /// When, by Redis's clock.
    pub(super) at: Micros,
    /// When it was asked for, by this gateway's.
    pub(super) asked_at: Micros,
    /// How much is left for all.
    pub(super) left: u64,
}

impl Filled {
    /// Of an item that was taken whole: `left` and `used` are what the scripts say of its limit or budgets.
    pub(super) fn of(item: &Item, at: Micros, asked_at: Micros, left: &[(u64, u64)], used: &[u64]) -> Self {
        let (units, left) = match item {
            Item::Limit { units, .. } => (*units, left.first().map_or(0, |(left, _)| *left)),
            // How many run elsewhere is not said; the next refusal says that they are too many.
            Item::Parallel { units, max, .. } => (*units, *max),
            Item::Budgets { cost, list, .. } => {
                let left = list.iter().zip(used).map(|(budget, used)| budget.limit.0.saturating_sub(*used));
                (cost.0, left.min().unwrap_or(0))
            }
        };
        Self { units, at, asked_at, left }
    }
}

impl Takes {
    /// Whoever takes from there.
    #[must_use]
    pub fn of(leases: &Arc<Leases>) -> Self {
        Self { leases: Some(Arc::clone(leases)), list: smallvec::SmallVec::new() }
    }

    /// True when nothing was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The end: what was used becomes what is counted. `keeps_request`: the call's request counts. Money is settled in the
    /// account's counters before.
    pub fn settle(mut self, used: &Amounts, keeps_request: bool, now: Micros) {
        for take in std::mem::take(&mut self.list) {
            self.end(take, used, keeps_request, now);
        }
    }

    /// A part of it is settled; `keep` of it stays.
    pub fn settle_part(&mut self, keep: &Amounts, used: &Amounts, now: Micros) {
        let Some(leases) = self.leases.clone() else { return };
        for take in &mut self.list {
            if matches!(take.of.unit(), LimitUnit::Requests | LimitUnit::Parallel) {
                continue;
            }
            let stays = keep.of(take.of.unit()).min(take.units);
            let part = Take { units: take.units - stays, ..*take };
            leases.settle(part, used.of(take.of.unit()), now);
            take.units = stays;
        }
    }

    /// Somebody who takes for the call.
    pub fn lender(&mut self, now: Micros) -> Lending<'_> {
        Lending { takes: self, now }
    }

    fn end(&self, take: Take, used: &Amounts, keeps_request: bool, now: Micros) {
        let Some(leases) = &self.leases else { return };
        let used = match take.of.unit() {
            LimitUnit::Requests if keeps_request => take.units,
            LimitUnit::Requests | LimitUnit::Parallel => 0,
            unit => used.of(unit),
        };
        leases.settle(take, used, now);
    }
}

impl Drop for Takes {
    fn drop(&mut self) {
        for take in std::mem::take(&mut self.list) {
            // What is given back belongs to when it was fetched, whenever that is.
            self.end(take, &Amounts::default(), false, take.stamp);
        }
    }
}

/// See [`Takes::lender`].
#[derive(Debug)]
pub struct Lending<'t> {
    takes: &'t mut Takes,
    now: Micros,
}

impl crate::memory::Lender for Lending<'_> {
    fn take(&mut self, of: Leased, units: u64, now: Micros) -> bool {
        let taken = self.takes.leases.as_ref().and_then(|leases| leases.take(of, units, now));
        self.takes.list.extend(taken.map(|stamp| Take { of, stamp, units }));
        taken.is_some()
    }

    fn note_missed(&mut self, of: Leased, link: &Link, item: &Item) {
        if let Some(leases) = &self.takes.leases {
            leases.note_missed(of, link, item, self.now);
        }
    }
}

#[cfg(test)]
mod tests;
