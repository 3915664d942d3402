//! Budgets within dynamic routes that a call passed: what is held of each while the call is under way, and what the tries
//! behind it cost. Settled with the call, in the same place. It must not decide whether a call may pass.

use super::Open;
use gw_model::limits::Period;
use gw_model::snapshot::Target;
use gw_model::{Micros, NanoUsd};
use gw_store::memory::{Counter, Purses};
use smallvec::SmallVec;
use std::sync::Arc;

/// One budget.
#[derive(Debug)]
pub(crate) struct Toll {
    pub(crate) counter: Counter,
    pub(crate) period: Period,
    /// The targets behind it, as indexes into the model's.
    pub(crate) targets: SmallVec<[usize; 8]>,
    /// What is held of it; `None` before the call comes there.
    pub(crate) held: Option<NanoUsd>,
    /// What the tries behind it have cost.
    pub(crate) spent: NanoUsd,
}

/// All that a call passed; most pass none.
#[derive(Debug, Default)]
pub(crate) struct Tolls(Vec<Toll>);

impl Tolls {
    pub(crate) fn add(&mut self, toll: Toll) {
        self.0.push(toll);
    }

    /// Gives back what is held, for a call that takes another way.
    pub(crate) fn release(&mut self, purses: &Purses, now: Micros) {
        for toll in self.0.drain(..) {
            if let Some(held) = toll.held {
                purses.settle(toll.counter, now, held, NanoUsd::ZERO);
            }
        }
    }
}

impl Open {
    /// From now on the ticket settles them.
    pub(crate) fn set_tolls(&mut self, tolls: Tolls) {
        self.tolls = tolls;
    }

    /// A try at a target begins: where the call was not expected to come, something is held now.
    pub(super) fn enter_tolls(&mut self, target: &Arc<Target>) {
        if self.tolls.0.is_empty() {
            return;
        }
        let (now, cost, index) = (self.worker.now(), self.hold_cost, self.index_of(target));
        let purses = &self.worker.gateway().gates.purses;
        let entered = self.tolls.0.iter_mut().filter(|toll| toll.held.is_none() && is_behind(toll, index));
        for toll in entered {
            let is_held = purses.join(toll.counter, toll.period, now, cost);
            toll.held = is_held.then_some(cost);
        }
    }

    /// The call holds more than before.
    pub(super) fn extend_tolls(&mut self, more: NanoUsd) {
        if self.tolls.0.is_empty() || more == NanoUsd::ZERO {
            return;
        }
        let purses = &self.worker.gateway().gates.purses;
        for toll in &mut self.tolls.0 {
            if let Some(held) = &mut toll.held {
                purses.extend(toll.counter, more);
                *held = held.plus(more);
            }
        }
    }

    /// A try at a target has cost so much.
    pub(super) fn charge_tolls(&mut self, target: &Arc<Target>, cost: NanoUsd) {
        if self.tolls.0.is_empty() {
            return;
        }
        let index = self.index_of(target);
        for toll in self.tolls.0.iter_mut().filter(|toll| is_behind(toll, index)) {
            toll.spent = toll.spent.plus(cost);
        }
    }

    /// The call ends: what was held becomes what was spent, and the record says so.
    pub(super) fn settle_tolls(&mut self, now: Micros) {
        let tolls = std::mem::take(&mut self.tolls.0);
        for Toll { counter, held, spent, .. } in tolls {
            if let Some(held) = held {
                self.worker.gateway().gates.purses.settle(counter, now, held, spent);
            }
            if spent > NanoUsd::ZERO {
                let Counter { gate, subject } = counter;
                self.record.tolls.push(gw_model::Toll { counter: gate, subject, cost: spent });
            }
        }
    }

    fn index_of(&self, target: &Arc<Target>) -> Option<usize> {
        self.model.as_ref()?.targets.iter().position(|known| Arc::ptr_eq(known, target))
    }
}

fn is_behind(toll: &Toll, target: Option<usize>) -> bool {
    target.is_some_and(|target| toll.targets.contains(&target))
}
