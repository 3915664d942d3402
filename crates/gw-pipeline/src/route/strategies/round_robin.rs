//! Strategy `round-robin`: each member in turn; those that follow in the list take over when it fails.

use super::Ask;
use crate::route::order::Scene;
use gw_model::routing::Group;

pub(super) fn visit(group: &Group, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let count = group.members.len();
    let first = usize::try_from((scene.turn)(group.id) % (count.max(1) as u64)).unwrap_or(0);
    (first..count).chain(0..first).any(ask)
}
