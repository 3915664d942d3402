//! The strategies, one file each: in which order the members of a group are to be asked. Each calls `ask` with a
//! member's index, at most once per member, and stops when that says that there are enough. Members whose conditions do
//! not hold are left out before (`choice`). Pure functions of the group and the scene; they must not know whether a
//! target may be used, only which is to be preferred.

mod auto;
mod choice;
mod cost;
mod latency;
mod least_busy;
mod priority;
mod ranked;
mod round_robin;
mod semantic;
mod sticky;
mod usage;
pub(crate) mod weighted;

use super::order::Scene;
use choice::Choice;
use gw_model::routing::{Group, Strategy};

/// Takes a member's index; true when no more are wanted.
pub(super) type Ask<'a> = &'a mut dyn FnMut(usize) -> bool;

/// Goes through the members. True when `ask` had enough.
pub(super) fn visit(group: &Group, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let choice = Choice::new(group, scene);
    match &group.strategy {
        Strategy::Fallback => choice.from(0).any(ask),
        Strategy::Priority => priority::visit(&choice, scene, ask),
        Strategy::Weighted => weighted::visit(&choice, scene, ask),
        Strategy::RoundRobin => round_robin::visit(&choice, scene, ask),
        Strategy::LeastBusy => least_busy::visit(&choice, scene, ask),
        Strategy::Latency => latency::visit(&choice, scene, ask),
        Strategy::Cost => cost::visit(&choice, scene, ask),
        Strategy::Usage => usage::visit(&choice, scene, ask),
        Strategy::Sticky(by) => sticky::visit(&choice, scene, by, ask),
        Strategy::Semantic(_) => semantic::visit(&choice, scene, ask),
        Strategy::Auto(auto) => auto::visit(&choice, scene, auto, ask),
    }
}
