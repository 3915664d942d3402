//! Strategy `priority`: the smallest number first, drawn by weight among equals. Regions in order of preference are
//! priorities too.

use super::{Ask, weighted};
use crate::route::order::{Order, Scene};
use gw_model::routing::Group;

pub(super) fn visit(group: &Group, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let mut rng = scene.rng(group);
    let mut above = None;
    loop {
        let higher = |priority: &u32| above.is_none_or(|above| *priority > above);
        let Some(next) = group.members.iter().map(|member| member.priority).filter(higher).min() else {
            return false;
        };
        let equals = group.members.iter().enumerate().filter(|(_, member)| member.priority == next);
        let equals: Order = equals.map(|(index, _)| index).collect();
        if weighted::draw_each(&equals, &|member| weighted::weight(group, member), &mut rng, ask) {
            return true;
        }
        above = Some(next);
    }
}
