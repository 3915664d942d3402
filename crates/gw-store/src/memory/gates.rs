//! Counters of the limits within dynamic routes: one for each gate and subject, alive across configurations. Serves the
//! route stage, which takes of them as of any account. It must not know what a gate decides, nor read a clock.

use super::chain::Link;
use super::purses::Purses;
use super::rules::{Holder, Rules};
use super::tally::Tally;
use ahash::{AHashMap, AHashSet};
use gw_model::limits::{Limit, LimitKind, LimitUnit, Limits, Reserve, Sharing};
use gw_model::{AccountId, Level, Micros};
use parking_lot::Mutex;
use std::sync::Arc;

/// Counters that are kept. Subjects name themselves, so there must be a bound.
const MAX_COUNTERS: usize = 65_536;

const SECOND_US: i64 = 1_000_000;

/// A counter: of a gate, for a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counter {
    /// The gate.
    pub gate: u64,
    /// Whose requests it counts.
    pub subject: u64,
}

impl Counter {
    /// As an account, the same in all gateways.
    const fn id(self) -> AccountId {
        AccountId { level: Level::Model, number: (self.gate as u128) << 64 | self.subject as u128 }
    }
}

/// How much may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What is counted.
    pub unit: LimitUnit,
    /// So many units.
    pub max: u64,
    /// In any window of so many seconds.
    pub per_seconds: u32,
    /// Where several gateways meet.
    pub sharing: Sharing,
}

impl Rate {
    fn rules(self) -> Rules {
        let Self { unit, max, per_seconds, sharing } = self;
        let limit = Limit {
            unit,
            max,
            per_seconds,
            kind: LimitKind::Sliding,
            burst: 0,
            models: None,
            providers: None,
            shadow: false,
            sharing,
            reserve: Reserve::default(),
        };
        Rules::new(&Limits { more: vec![limit], ..Limits::default() }, Vec::new())
    }
}

struct Entry {
    tally: Arc<Tally>,
    per_seconds: u32,
    last: Micros,
}

/// What a gate's counters all go by: most gates have many of them.
struct Ruled {
    rate: Rate,
    rules: Arc<Rules>,
    /// Grows with each change of the rate.
    generation: u64,
}

#[derive(Default)]
struct Table {
    entries: AHashMap<Counter, Entry>,
    /// By gate.
    ruled: AHashMap<u64, Ruled>,
}

impl Table {
    fn has_place(&mut self, counter: Counter, now: Micros) -> bool {
        if self.entries.len() < MAX_COUNTERS || self.entries.contains_key(&counter) {
            return true;
        }
        self.entries.retain(|_, entry| now - entry.last <= i64::from(entry.per_seconds) * SECOND_US);
        let used: AHashSet<u64> = self.entries.keys().map(|counter| counter.gate).collect();
        self.ruled.retain(|gate, _| used.contains(gate));
        self.entries.len() < MAX_COUNTERS
    }

    fn rules(&mut self, gate: u64, rate: Rate) -> (Arc<Rules>, u64) {
        let fresh = || Ruled { rate, rules: Arc::new(rate.rules()), generation: 1 };
        let ruled = self.ruled.entry(gate).or_insert_with(fresh);
        if ruled.rate != rate {
            let generation = ruled.generation + 1;
            *ruled = Ruled { generation, ..fresh() };
        }
        (Arc::clone(&ruled.rules), ruled.generation)
    }
}

/// See the module.
#[derive(Default)]
pub struct Gates {
    /// Of gates that let so much money pass.
    pub purses: Purses,
    table: Mutex<Table>,
}

impl std::fmt::Debug for Gates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gates").field("counters", &self.table.lock().entries.len()).finish()
    }
}

impl Gates {
    /// The counter as an account, to take of. `None` when there is no room for another one: then nothing passes.
    pub fn link(&self, counter: Counter, rate: Rate, now: Micros) -> Option<Link> {
        let mut table = self.table.lock();
        if !table.has_place(counter, now) {
            return None;
        }
        let (rules, generation) = table.rules(counter.gate, rate);
        let fresh = || Entry { tally: Arc::default(), per_seconds: rate.per_seconds, last: now };
        let entry = table.entries.entry(counter).or_insert_with(fresh);
        (entry.last, entry.per_seconds) = (now, rate.per_seconds);
        let (tally, holder) = (Arc::clone(&entry.tally), Holder { level: Level::Model, name: None });
        Some(Link { id: counter.id(), holder, tally, rules, generation })
    }

    /// Whether `units` would fit now, by what this gateway knows; nothing is taken.
    pub fn has_room(&self, counter: Counter, rate: Rate, now: Micros, units: u64) -> bool {
        let table = self.table.lock();
        let ruled = table.ruled.get(&counter.gate).filter(|ruled| ruled.rate == rate);
        let known = table.entries.get(&counter).zip(ruled);
        let known = known.map(|(entry, ruled)| (Arc::clone(&entry.tally), Arc::clone(&ruled.rules)));
        drop(table);
        let left = known.and_then(|(tally, rules)| Some(tally.limit_views(&rules, now).first()?.1.remaining));
        units <= left.unwrap_or(rate.max)
    }
}

#[cfg(test)]
mod tests;
