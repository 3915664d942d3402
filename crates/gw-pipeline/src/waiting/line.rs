//! The line before one deployment: higher priorities first, within one each key in turn, within a key in the order of
//! arrival. So that nobody starves, after [`MOST_BEFORE`] calls that went before one of lower priority the oldest of those
//! is next. It must not know how many may wait.

use super::Id;
use gw_model::{KeyId, Priority};
use std::collections::{BTreeSet, HashMap};

/// Most calls in a row that go before one of lower priority.
pub(super) const MOST_BEFORE: u32 = 7;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// By priority, the least first.
    classes: [Class; 3],
    /// Calls that went before one of lower priority, since one of those had its turn.
    went_before: u32,
}

/// Those of one priority.
#[derive(Debug, Default)]
struct Class {
    flows: HashMap<KeyId, Flow>,
    /// Each key with the round that it is in and its oldest call: the first is next.
    turns: BTreeSet<(u64, Id, KeyId)>,
    /// In the order of arrival.
    all: BTreeSet<Id>,
    /// The round that a key begins in which has nobody here.
    round: u64,
}

/// Those of one key.
#[derive(Debug)]
struct Flow {
    round: u64,
    waiting: BTreeSet<Id>,
}

impl Flow {
    fn turn(&self, key: KeyId) -> Option<(u64, Id, KeyId)> {
        Some((self.round, *self.waiting.first()?, key))
    }
}

impl Class {
    fn push(&mut self, key: KeyId, id: Id) {
        let flow =
            self.flows.entry(key).or_insert_with(|| Flow { round: self.round, waiting: BTreeSet::new() });
        flow.turn(key).map(|turn| self.turns.remove(&turn));
        flow.waiting.insert(id);
        flow.turn(key).map(|turn| self.turns.insert(turn));
        self.all.insert(id);
    }

    fn remove(&mut self, key: KeyId, id: Id, is_served: bool) {
        self.all.remove(&id);
        let Some(flow) = self.flows.get_mut(&key) else { return };
        flow.turn(key).map(|turn| self.turns.remove(&turn));
        flow.waiting.remove(&id);
        if is_served {
            flow.round += 1;
            self.round = self.round.max(flow.round);
        }
        match flow.turn(key) {
            Some(turn) => drop(self.turns.insert(turn)),
            None => drop(self.flows.remove(&key)),
        }
    }

    /// How many get their turn before a further call of that key does.
    fn before(&self, key: KeyId) -> usize {
        let own = self.flows.get(&key).map_or(0, |flow| flow.waiting.len());
        let others = self.flows.iter().filter(|(other, _)| **other != key);
        own + others.map(|(_, flow)| flow.waiting.len().min(own + 1)).sum::<usize>()
    }
}

impl Line {
    pub(super) fn push(&mut self, id: Id, priority: Priority, key: KeyId) {
        self.class_mut(priority).push(key, id);
    }

    /// Takes somebody out; `is_served`: since the turn came.
    pub(super) fn remove(&mut self, id: Id, priority: Priority, key: KeyId, is_served: bool) {
        if is_served {
            let [low, normal, high] = self.classes.each_ref().map(|class| !class.all.is_empty());
            let (has_lower, has_higher) = match priority {
                Priority::Low => (false, normal || high),
                Priority::Normal => (low, high),
                Priority::High => (low || normal, false),
            };
            self.went_before = if has_lower && !has_higher { self.went_before + 1 } else { 0 };
        }
        self.class_mut(priority).remove(key, id, is_served);
    }

    /// Whose turn it is, of those that `fits` says can take it.
    pub(super) fn next(&self, fits: &dyn Fn(Id) -> bool) -> Option<Id> {
        let fits = |id: &Id| fits(*id);
        let [low, normal, high] = &self.classes;
        let first = |class: &Class| class.turns.iter().map(|(_, id, _)| *id).find(fits);
        let oldest = |class: &Class| class.all.iter().copied().find(fits);
        if self.went_before >= MOST_BEFORE {
            // Of all that somebody went before; where none can take it, the usual order holds.
            let passed_over = match high.all.is_empty() {
                true => oldest(low),
                false => [oldest(low), oldest(normal)].into_iter().flatten().min(),
            };
            if passed_over.is_some() {
                return passed_over;
            }
        }
        [high, normal, low].into_iter().find_map(first)
    }

    /// How many get their turn before a further call of that priority and key does.
    pub(super) fn before(&self, priority: Priority, key: KeyId) -> usize {
        let [low, normal, high] = &self.classes;
        match priority {
            Priority::High => high.before(key),
            Priority::Normal => high.all.len() + normal.before(key),
            Priority::Low => high.all.len() + normal.all.len() + low.before(key),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.classes.iter().all(|class| class.all.is_empty())
    }

    const fn class_mut(&mut self, priority: Priority) -> &mut Class {
        let [low, normal, high] = &mut self.classes;
        match priority {
            Priority::Low => low,
            Priority::Normal => normal,
            Priority::High => high,
        }
    }
}
