//! Strategy `cost`: the least that the request may cost. Members that it does not fit, or that are known to lack what it
//! asks for, come behind those that can; so do members without a known price.

use super::choice::Choice;
use super::{Ask, ranked};
use crate::route::order::Scene;
use gw_model::routing::Destination;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let cost = |target: usize| {
        let suits = scene.model.targets.get(target).is_some_and(|target| scene.asked.suits(target));
        (!suits, scene.asked.cost(target).unwrap_or(u128::MAX))
    };
    let least = |member: usize| {
        let member = choice.member(member);
        member.and_then(|member| scene.least(member, &cost)).unwrap_or((true, u128::MAX))
    };
    // Whether a target suits is dearer to find out than its price.
    let price = |member: usize| match choice.member(member).map(|member| &member.to) {
        Some(Destination::Target(target)) => (false, scene.asked.cost(*target).unwrap_or(u128::MAX)),
        _ => (false, 0),
    };
    ranked::exact(choice, scene, price, least, ask)
}
