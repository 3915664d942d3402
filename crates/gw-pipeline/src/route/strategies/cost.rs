//! Strategy `cost`: the least that the request may cost. Members that it does not fit, or that are known to lack what it
//! asks for, come behind those that can; so do members without a known price.

use super::choice::Choice;
use super::{Ask, ranked};
use crate::route::order::Scene;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let cost = |target: usize| {
        let suits = scene.model.targets.get(target).is_some_and(|target| scene.asked.suits(target));
        (!suits, scene.asked.cost(target).unwrap_or(u128::MAX))
    };
    let cost = |member: usize| {
        let member = choice.member(member);
        member.and_then(|member| scene.least(member, &cost)).unwrap_or((true, u128::MAX))
    };
    ranked::exact(choice, scene, &cost, ask)
}
