//! Strategy `priority`: the smallest number first, drawn by weight among equals. Regions in order of preference are
//! priorities too.

use super::choice::Choice;
use super::{Ask, weighted};
use crate::route::order::{Order, Scene};

/// Priorities that are looked for one by one; of a longer list the rest is put in order at once, without draws.
const MAX_PASSES: usize = 8;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let mut rng = scene.rng(choice.group);
    let priority = |index: usize| choice.member(index).map(|member| member.priority);
    let mut above = None;
    for _ in 0..MAX_PASSES {
        let higher = |priority: &u32| above.is_none_or(|above| *priority > above);
        let Some(next) = choice.from(0).filter_map(priority).filter(higher).min() else {
            return false;
        };
        let equals: Order = choice.from(0).filter(|index| priority(*index) == Some(next)).collect();
        if weighted::draw_each(&equals, &|member| choice.weight(member), &mut rng, ask) {
            return true;
        }
        above = Some(next);
    }
    let mut rest: Order = choice.from(0).filter(|index| priority(*index) > above).collect();
    rest.sort_by_key(|index| priority(*index));
    rest.into_iter().any(ask)
}
