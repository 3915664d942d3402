//! Strategy `least-busy`: fewest requests in flight, in proportion to the weight.

use super::choice::Choice;
use super::{Ask, ranked};
use crate::route::order::Scene;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let busy = |member: usize| {
        let Some(member) = choice.member(member) else { return u64::MAX };
        let requests = scene.least(member, &|target| scene.fitness.in_flight(target)).unwrap_or(u32::MAX);
        // With one more it would be this busy: so that weights matter among idle ones too.
        match member.weight {
            0 => u64::MAX,
            weight => (u64::from(requests) + 1) * 1_000_000 / u64::from(weight),
        }
    };
    ranked::sampled(choice, scene, &busy, ask)
}
