//! The strategies, one file each: in which order the members of a group are to be asked. Each calls `ask` with a
//! member's index, at most once per member, and stops when that says that there are enough. Pure functions of the group
//! and the scene; they must not know whether a target may be used, only which is to be preferred.

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
use gw_model::routing::{Group, Strategy};

/// Takes a member's index; true when no more are wanted.
pub(super) type Ask<'a> = &'a mut dyn FnMut(usize) -> bool;

/// Goes through the members. True when `ask` had enough.
pub(super) fn visit(group: &Group, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    match &group.strategy {
        Strategy::Fallback => (0..group.members.len()).any(ask),
        Strategy::Priority => priority::visit(group, scene, ask),
        Strategy::Weighted => weighted::visit(group, scene, ask),
        Strategy::RoundRobin => round_robin::visit(group, scene, ask),
        Strategy::LeastBusy => least_busy::visit(group, scene, ask),
        Strategy::Latency => latency::visit(group, scene, ask),
        Strategy::Cost => cost::visit(group, scene, ask),
        Strategy::Usage => usage::visit(group, scene, ask),
        Strategy::Sticky(by) => sticky::visit(group, scene, by, ask),
        Strategy::Semantic(_) => semantic::visit(group, scene, ask),
    }
}
