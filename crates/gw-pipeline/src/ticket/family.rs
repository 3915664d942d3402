//! Tickets of sub-calls: calls that a request starts in its own name. They have the request's key, team and customer,
//! hold and settle money and tokens as it does, and take nothing of its limits of requests. Each ends as every ticket
//! does. A request starts a bounded number of them.

use super::{Open, Ticket};
use gw_model::subcalls::MAX_SUB_CALLS;
use gw_model::{NanoUsd, Parent, SubCallRole};
use gw_store::memory::HoldRefused;
use std::cell::Cell;
use std::rc::Rc;

/// What a request and its sub-calls know together.
#[derive(Debug, Default)]
pub(super) struct Family {
    started: Cell<u8>,
    /// What those have cost that made the answer and are settled.
    settled: Cell<NanoUsd>,
}

impl Ticket {
    /// Opens the ticket of a sub-call. `None`: the request has as many as it may, or is one itself.
    pub(crate) fn sub_call(&mut self, role: SubCallRole) -> Option<Self> {
        let open = &mut *self.open;
        if open.record.parent.is_some() {
            return None;
        }
        let family = open.family.get_or_insert_default();
        let started = family.started.get();
        if started >= MAX_SUB_CALLS {
            return None;
        }
        family.started.set(started + 1);
        let family = Rc::clone(family);
        let mut sub = Self::open(&open.worker, open.record.format);
        sub.open.trace = open.trace_of_child();
        let record = &mut sub.open.record;
        record.parent = Some(Parent { request: open.record.id, role });
        record.key = open.record.key;
        record.team_id.clone_from(&open.record.team_id);
        record.customer.clone_from(&open.record.customer);
        record.model.clone_from(&open.record.model);
        record.stream = open.record.stream;
        record.cache.push_str("bypass");
        sub.open.key.clone_from(&open.key);
        sub.open.chain = open.chain.sibling();
        sub.open.named.clone_from(&open.named);
        sub.open.context.clone_from(&open.context);
        sub.open.priority = open.priority;
        sub.open.timeout_ms = open.timeout_ms;
        sub.open.name_as(open);
        sub.open.pins.clone_from(&open.pins);
        sub.open.errand.clone_from(&open.errand);
        sub.open.family = Some(family);
        sub.worker().gateway().metrics.sub_calls_in_flight.inc();
        Some(sub)
    }
}

impl Open {
    /// The call may not hold more money than that, whatever its key has left.
    pub(crate) const fn cap(&mut self, most: NanoUsd) {
        self.cap = Some(most);
    }

    /// Would a hold of so much be within the cap?
    pub(super) fn within_cap(&self, needed: NanoUsd) -> Result<(), HoldRefused> {
        match self.cap {
            Some(limit) if needed > limit => Err(HoldRefused::Cap { limit, needed }),
            _ => Ok(()),
        }
    }

    /// What the sub-calls have cost that are settled and made the answer.
    pub(crate) fn cost_of_sub_calls(&self) -> NanoUsd {
        match (&self.family, self.record.parent) {
            (Some(family), None) => family.settled.get(),
            _ => NanoUsd::ZERO,
        }
    }

    /// A sub-call ends.
    pub(super) fn leave_family(&self) {
        let (Some(family), Some(parent)) = (&self.family, self.record.parent) else { return };
        let metrics = &self.worker.gateway().metrics;
        metrics.sub_calls_in_flight.dec();
        metrics.note_sub_call(parent.role, self.record.outcome);
        // Neither a copy nor an answer for later is part of this one.
        if matches!(parent.role, SubCallRole::Panel | SubCallRole::Repair) {
            family.settled.set(family.settled.get().plus(self.record.cost()));
        }
    }
}
