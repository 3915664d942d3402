//! Strategy `semantic`: the member that the prompt is meant for, then the others in the order written. Who that is was
//! found out before; where nobody knows, it is the order written.

use super::Ask;
use crate::route::order::Scene;
use gw_model::routing::Group;

pub(super) fn visit(group: &Group, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let count = group.members.len();
    let chosen = scene.asked.semantic(group.id).filter(|member| *member < count);
    let others = (0..count).filter(|member| Some(*member) != chosen);
    chosen.into_iter().chain(others).any(ask)
}
