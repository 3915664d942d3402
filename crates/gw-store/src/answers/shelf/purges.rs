//! Purges that a shelf has to carry out: those that are not through yet, and those that are, as long as what they take may
//! still turn up. Serves both kinds of shelf, and tells how many are pending. It must not reach out.

use crate::answers::{Answer, AnswerKey, Purge};
use gw_model::Micros;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// Purges that are remembered, of each sort. One more, and the oldest become one that takes everything as old as they are.
pub(super) const MAX_PURGES: usize = 1000;

/// Clocks of gateways may differ by so much, and be set back: an answer that seems to be as much younger than a purge may be
/// older.
const SKEW_US: Micros = 5_000_000;

/// A purge that is not carried out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    number: u64,
    pub(super) at: Micros,
    pub(super) purge: Purge,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Purges(Mutex<List>);

#[derive(Debug, Default)]
struct List {
    count: u64,
    owed: VecDeque<Owed>,
    past: VecDeque<(Micros, Purge)>,
}

impl Purges {
    /// From now on nothing is given that it takes, and it is to be carried out.
    pub(super) fn owe(&self, at: Micros, purge: Purge) {
        let mut list = self.0.lock();
        list.count += 1;
        let number = list.count;
        list.owed.push_back(Owed { number, at, purge });
        if list.owed.len() > MAX_PURGES {
            // Rather too much than too little. The youngest of them stands for all.
            list.owed.clear();
            list.owed.push_back(Owed { number, at, purge: Purge::default() });
        }
    }

    /// Those that are to be carried out.
    pub(super) fn owed(&self) -> Vec<Owed> {
        self.0.lock().owed.iter().cloned().collect()
    }

    /// How many.
    pub(super) fn pending(&self) -> usize {
        self.0.lock().owed.len()
    }

    /// These are carried out. Where what they take `may_turn_up` all the same, they are remembered.
    pub(super) fn done(&self, these: &[Owed], may_turn_up: bool) {
        let mut list = self.0.lock();
        let before = std::mem::take(&mut list.owed);
        for owed in before {
            match these.contains(&owed) {
                // One that came to stand for others meanwhile is still to be carried out.
                false => list.owed.push_back(owed),
                true if may_turn_up => list.remember(owed.at, owed.purge),
                true => {}
            }
        }
    }

    /// Remembers one that is carried out.
    pub(super) fn remember(&self, at: Micros, purge: Purge) {
        self.0.lock().remember(at, purge);
    }

    /// Does one take an answer that was there before it?
    pub(super) fn takes(&self, key: &AnswerKey, answer: &Answer) -> bool {
        let list = self.0.lock();
        let owed = list.owed.iter().map(|owed| (owed.at, &owed.purge));
        let past = list.past.iter().map(|(at, purge)| (*at, purge));
        owed.chain(past).any(|(at, purge)| {
            answer.stored_at <= at.saturating_add(SKEW_US) && purge.takes(key, &answer.labels)
        })
    }
}

impl List {
    fn remember(&mut self, at: Micros, purge: Purge) {
        self.past.push_back((at, purge));
        if self.past.len() > MAX_PURGES {
            // Two of them become one of everything that is as old as the later one: rather too much than too little.
            let both = [self.past.pop_front(), self.past.pop_front()];
            if let Some(until) = both.iter().flatten().map(|(at, _)| *at).max() {
                self.past.push_front((until, Purge::default()));
            }
        }
    }
}
