//! Strategy `auto`: the best score for the request's class of tasks, of three merits from 0 to 1: how good the table says
//! that a member is at it, what the request may cost there against the cheapest, and how soon it answers. Members that
//! the request does not fit, or that are known to lack what it asks for, come behind those that can.
//!
//! Groups may have a thousand members, so that a member costs some nanoseconds: whose quality alone keeps it from the first
//! places is not looked at further. Only what the request costs is asked of all, to know the cheapest.

use super::choice::Choice;
use super::{Ask, ranked};
use crate::route::order::{Judged, Scene, Score};
use gw_model::routing::{Auto, Destination, Weights};
use smallvec::SmallVec;
use std::cmp::Reverse;

/// What costs less is taken to cost that, in femto-dollars: a millionth of a dollar. Else nothing could be compared with
/// what costs nothing.
const LEAST_COST: u64 = 1_000_000_000;

/// A member without a known price. No request costs so much: it is more than 18,000 dollars.
const UNPRICED: u64 = u64::MAX;

/// A time to first byte that is worth half, in microseconds.
const HALF_LATENCY_US: f64 = 1_000_000.0;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, auto: &Auto, ask: Ask<'_>) -> bool {
    let class = scene.asked.class(choice.group.id, auto);
    let judge = Judge::new(choice, scene, auto, class);
    if let Some(trace) = scene.trace {
        let scores = choice.from(0).map(|member| judge.score(member)).collect();
        trace.borrow_mut().judged.push(Judged { group: choice.group.id, class, scores });
    }
    ranked::exact(
        choice,
        scene,
        |member| (false, Reverse(judge.sum([judge.quality(member), 1000, 1000]))),
        |member| (!judge.suits(member), Reverse(judge.sum(judge.merits(member)))),
        ask,
    )
}

/// How good a member is at the class, what it costs and how soon it answers, each in thousandths.
type Merits = [u32; 3];

struct Judge<'a> {
    choice: &'a Choice<'a>,
    scene: &'a Scene<'a>,
    /// How good each member is at the class.
    qualities: &'a [u32],
    weights: Weights,
    /// What the request costs at each member.
    costs: SmallVec<[u64; 16]>,
    /// At the cheapest that suits.
    cheapest: f64,
}

impl<'a> Judge<'a> {
    fn new(choice: &'a Choice<'_>, scene: &'a Scene<'_>, auto: &'a Auto, class: usize) -> Self {
        let nothing = Weights { quality: 0, cost: 0, latency: 0 };
        let weights = auto.classes.get(class).map_or(nothing, |class| class.weights);
        let costs = smallvec::smallvec![UNPRICED; choice.group.members.len()];
        let qualities = auto.qualities(class);
        let mut judge = Self { choice, scene, qualities, weights, costs, cheapest: 0.0 };
        let mut cheapest = UNPRICED;
        for member in choice.from(0) {
            let cost = judge.cost(member);
            if let Some(known) = judge.costs.get_mut(member) {
                *known = cost;
            }
            if cost < cheapest && judge.suits(member) {
                cheapest = cost;
            }
        }
        judge.cheapest = cheapest as f64;
        judge
    }

    /// The least that the request may cost at a member's targets that suit, or at any where none does.
    fn cost(&self, member: usize) -> u64 {
        let of_target = |target: usize| {
            let cost = self.scene.asked.cost(target).map(|cost| u64::try_from(cost).unwrap_or(UNPRICED));
            cost.map_or(UNPRICED, |cost| cost.max(LEAST_COST))
        };
        let Some(member) = self.choice.member(member) else { return UNPRICED };
        if let Destination::Target(target) = member.to {
            return of_target(target);
        }
        let lacks = |target: usize| !self.target_suits(target);
        let least = self.scene.least(member, &|target| (lacks(target), of_target(target)));
        least.map_or(UNPRICED, |(_, cost)| cost)
    }

    /// Whether one of a member's targets suits.
    fn suits(&self, member: usize) -> bool {
        let Some(member) = self.choice.member(member) else { return false };
        let lacks = self.scene.least(member, &|target| !self.target_suits(target));
        lacks.is_some_and(|lacks| !lacks)
    }

    fn target_suits(&self, target: usize) -> bool {
        self.scene.model.targets.get(target).is_some_and(|target| self.scene.asked.suits(target))
    }

    fn quality(&self, member: usize) -> u32 {
        self.qualities.get(member).copied().unwrap_or(0)
    }

    fn merits(&self, member: usize) -> Merits {
        let cost = match self.costs.get(member).copied().unwrap_or(UNPRICED) {
            UNPRICED => 0,
            cost => permille(self.cheapest / cost as f64),
        };
        [self.quality(member), cost, self.soon(member)]
    }

    /// The merit of the time to first byte that is expected; of whom nothing is known, the best is.
    fn soon(&self, member: usize) -> u32 {
        let fitness = self.scene.fitness;
        let latency_us = match self.choice.member(member).map(|member| (&member.to, member)) {
            Some((Destination::Target(target), _)) => fitness.latency_us(*target),
            Some((_, member)) => self.scene.least(member, &|target| fitness.latency_us(target)).unwrap_or(0),
            None => 0,
        };
        match latency_us {
            0 => 1000,
            known => permille(HALF_LATENCY_US / (HALF_LATENCY_US + known as f64)),
        }
    }

    /// By the weights of the class. Both are thousandths, so that it is far from the end of the range.
    const fn sum(&self, [quality, cost, latency]: Merits) -> u32 {
        let Weights { quality: of_quality, cost: of_cost, latency: of_latency } = self.weights;
        let sum = of_quality.saturating_mul(quality).saturating_add(of_cost.saturating_mul(cost));
        sum.saturating_add(of_latency.saturating_mul(latency))
    }

    fn score(&self, member: usize) -> Score {
        let merits = self.merits(member);
        let [quality, cost, latency] = merits;
        let Weights { quality: of_quality, cost: of_cost, latency: of_latency } = self.weights;
        let all = of_quality.saturating_add(of_cost).saturating_add(of_latency).max(1);
        let total = self.sum(merits) / all;
        Score { member, suits: self.suits(member), quality, cost, latency, total }
    }
}

/// In thousandths.
fn permille(merit: f64) -> u32 {
    let exact = merit.clamp(0.0, 1.0) * 1000.0;
    // The library's rounding is a call; from 0 up, cutting off behind a half does the same.
    (exact + 0.5) as u32
}
