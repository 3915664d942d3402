//! Strategy `latency`: of two members drawn at random, the one that will answer sooner: expected time to first byte
//! times the requests that are there ("The Power of Two Choices in Randomized Load Balancing", Mitzenmacher). The best
//! of all would be taken by every request at once, and be the worst a moment later.

use super::Ask;
use super::choice::Choice;
use crate::route::order::{Order, Scene};

/// What a deployment that is busy and has never answered is taken to need, in microseconds.
const UNKNOWN_US: u64 = 5_000_000;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let mut rng = scene.rng(choice.group);
    // Members of weight 0 take no traffic unless all others fail.
    let is_used = |member: &usize| choice.weight(*member) > 0;
    let (mut left, spare): (Order, Order) = choice.from(0).partition(is_used);
    while !left.is_empty() {
        let first = rng.usize(..left.len());
        let mut best = first;
        if left.len() > 1 {
            let second = (first + rng.usize(1..left.len())) % left.len();
            let cost = |at: usize| left.get(at).map_or(u128::MAX, |member| cost(choice, scene, *member));
            if cost(second) < cost(first) {
                best = second;
            }
        }
        if ask(left.swap_remove(best)) {
            return true;
        }
    }
    spare.into_iter().any(ask)
}

fn cost(choice: &Choice<'_>, scene: &Scene<'_>, member: usize) -> u128 {
    let Some(member) = choice.member(member) else { return u128::MAX };
    let cost = |target: usize| {
        let (latency, busy) = (scene.fitness.latency_us(target), u64::from(scene.fitness.in_flight(target)));
        match (latency, busy) {
            // Nobody knows: worth a try.
            (0, 0) => 0,
            (0, busy) => u128::from(UNKNOWN_US) * u128::from(busy),
            (latency, busy) => u128::from(latency) * u128::from(busy + 1),
        }
    };
    let cost = scene.least(member, &cost).unwrap_or(u128::MAX);
    cost.saturating_mul(1000) / u128::from(member.weight.max(1))
}
