//! Strategy `usage`: whoever has most of its capacity left, by what the configuration grants it and what its provider
//! said last.

use super::choice::Choice;
use super::{Ask, ranked};
use crate::route::order::Scene;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let used = |member: usize| {
        let member = choice.member(member);
        let used = |target| 1000u32.saturating_sub(scene.fitness.headroom(target));
        let used = member.and_then(|member| scene.least(member, &used)).unwrap_or(u32::MAX);
        // A hundredth more or less is no reason to send everything to one.
        used / 10
    };
    ranked::sampled(choice, scene, &used, ask)
}
