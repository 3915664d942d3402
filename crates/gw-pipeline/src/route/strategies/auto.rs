//! Strategy `auto`: the best score for the request's class of tasks, of three merits from 0 to 1: how good the table says
//! that a member is at it, what the request may cost there against the cheapest, and how soon it answers. Members that
//! the request does not fit, or that are known to lack what it asks for, come behind those that can.

use super::choice::Choice;
use super::{Ask, ranked};
use crate::route::order::{Judged, Scene, Score};
use gw_model::routing::{Auto, Member};
use smallvec::SmallVec;
use std::cmp::Reverse;

/// What costs less is taken to cost that, in femto-dollars: a millionth of a dollar. Else nothing could be compared with
/// what costs nothing.
const LEAST_COST: u128 = 1_000_000_000;

/// A time to first byte that is worth half, in microseconds.
const HALF_LATENCY_US: f64 = 1_000_000.0;

/// Whether a member does not suit, then its score.
type Key = (bool, Reverse<u32>);

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, auto: &Auto, ask: Ask<'_>) -> bool {
    let class = scene.asked.class(choice.group.id, auto);
    let scores = scores(choice, scene, auto, class);
    let mut keys: SmallVec<[Key; 16]> = smallvec::smallvec![(true, Reverse(0)); choice.group.members.len()];
    for score in &scores {
        if let Some(key) = keys.get_mut(score.member) {
            *key = (!score.suits, Reverse(score.total));
        }
    }
    if let Some(trace) = scene.trace {
        let group = choice.group.id;
        trace.borrow_mut().judged.push(Judged { group, class, scores: scores.to_vec() });
    }
    let key = |member: usize| keys.get(member).copied().unwrap_or((true, Reverse(0)));
    ranked::exact(choice, scene, key, key, ask)
}

/// What each member that may be asked comes to.
fn scores(choice: &Choice<'_>, scene: &Scene<'_>, auto: &Auto, class: usize) -> SmallVec<[Score; 16]> {
    let costs: SmallVec<[(usize, (bool, u128)); 16]> =
        choice.from(0).filter_map(|index| Some((index, cost(choice.member(index)?, scene)))).collect();
    let cheapest = costs.iter().map(|(_, cost)| *cost).min().map_or(LEAST_COST, |(_, cost)| cost);
    let weights = auto.classes.get(class).map(|class| class.weights);
    let score = |(member, (lacks, cost)): &(usize, (bool, u128))| {
        let quality = auto.quality(*member, class);
        let cost = if *cost == u128::MAX { 0 } else { permille(cheapest as f64 / *cost as f64) };
        let latency = choice.member(*member).map_or(0, |member| soon(member, scene));
        let total = weights.map_or(0, |weights| {
            let sum = u64::from(weights.quality) * u64::from(quality)
                + u64::from(weights.cost) * u64::from(cost)
                + u64::from(weights.latency) * u64::from(latency);
            let all = u64::from(weights.quality) + u64::from(weights.cost) + u64::from(weights.latency);
            u32::try_from(sum / all.max(1)).unwrap_or(0)
        });
        Score { member: *member, suits: !lacks, quality, cost, latency, total }
    };
    costs.iter().map(score).collect()
}

/// Whether none of a member's targets suits, and the least that the request may cost there; the largest when no price is
/// known.
fn cost(member: &Member, scene: &Scene<'_>) -> (bool, u128) {
    let of_target = |target: usize| {
        let suits = scene.model.targets.get(target).is_some_and(|target| scene.asked.suits(target));
        let cost = scene.asked.cost(target).map_or(u128::MAX, |cost| cost.max(LEAST_COST));
        (!suits, cost)
    };
    scene.least(member, &of_target).unwrap_or((true, u128::MAX))
}

/// The merit of the time to first byte that is expected; of whom nothing is known, the best is.
fn soon(member: &Member, scene: &Scene<'_>) -> u32 {
    let latency = scene.least(member, &|target| scene.fitness.latency_us(target)).unwrap_or(0);
    permille(HALF_LATENCY_US / (HALF_LATENCY_US + latency as f64))
}

/// In thousandths.
fn permille(merit: f64) -> u32 {
    (merit.clamp(0.0, 1.0) * 1000.0).round() as u32
}
