//! Budgets within dynamic routes: the order of a plan whose dearest call fits what it passes. Where it does not, the order
//! is made again without that way. What fits is held until the ticket settles it. It must not order anything itself.

use super::asking::Asking;
use super::order::{self, Ordered, Passed, Scene};
use crate::reserve::largest;
use crate::ticket::tolls::{Toll, Tolls};
use gw_model::NanoUsd;
use gw_model::limits::Budget;
use gw_model::routing::{GateLimit, Group, MAX_BUDGET_GATES};

/// Orders a group. With [`Scene::takes`], the budgets that are passed hold the most that the call may cost behind them.
pub(super) fn order_within(
    group: &Group,
    scene: &Scene<'_>,
    asking: &Asking<'_>,
    most: usize,
) -> (Ordered, Tolls) {
    let mut found = order::order(group, scene, most);
    for _ in 0..MAX_BUDGET_GATES {
        if found.passed.is_empty() {
            return (found, Tolls::default());
        }
        let mut tolls = Tolls::default();
        let full = found.passed.iter().find(|passed| !take(passed, scene, asking, &mut tolls));
        let Some(full) = full else { return (found, tolls) };
        tolls.release(&asking.gates.purses, asking.now);
        asking.close(asking.counter(&full.gate));
        if let Some(trace) = scene.trace {
            trace.take();
        }
        found = order::order(group, scene, most);
    }
    (found, Tolls::default())
}

/// False when the most that the call may cost behind a gate does not fit its budget.
fn take(passed: &Passed, scene: &Scene<'_>, asking: &Asking<'_>, tolls: &mut Tolls) -> bool {
    let GateLimit::Budget { limit, period } = passed.gate.limit else { return true };
    let budget = Budget::new(limit, period);
    let counter = asking.counter(&passed.gate);
    let infos = passed.targets.iter().filter_map(|index| scene.model.targets.get(*index));
    let facts = &asking.call.facts;
    let cost = match facts_cost_nothing(asking) {
        true => NanoUsd::ZERO,
        false => largest(facts, infos.map(|target| &*target.info), asking.reserve_output).cost,
    };
    let purses = &asking.gates.purses;
    let is_held = scene.takes && !passed.is_next;
    if is_held && !purses.hold(counter, &budget, asking.now, cost) {
        return false;
    }
    if !scene.takes && !passed.is_next {
        let view = purses.view(counter, &budget, asking.now);
        if cost > view.limit.minus(view.spent).minus(view.reserved) {
            return false;
        }
    }
    if scene.takes {
        let held = is_held.then_some(cost);
        tolls.add(Toll { counter, period, targets: passed.targets.clone(), held, spent: NanoUsd::ZERO });
    }
    true
}

/// Counting costs nothing.
fn facts_cost_nothing(asking: &Asking<'_>) -> bool {
    asking.call.format.counts().is_some()
}
