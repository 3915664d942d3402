//! Strategy `auto`: the best of quality for the class, cost and latency, by their weights.

use super::super::order::{Judged, Score};
use super::*;
use gw_model::routing::{Auto, Task, TaskClass, Weights};

/// Members with so much quality by class; 0 where nothing is said.
pub(super) fn strategy(quality: &[&[u32]]) -> Strategy {
    weighed(quality, Weights { quality: 600, cost: 300, latency: 100 })
}

fn weighed(quality: &[&[u32]], weights: Weights) -> Strategy {
    let class = |task: &Task| TaskClass { name: task.as_str().into(), weights };
    Strategy::Auto(Arc::new(Auto {
        classes: Task::ALL.iter().map(class).collect(),
        quality: Task::ALL
            .iter()
            .map(|task| quality.iter().map(|of| of.get(task.class()).copied().unwrap_or(0)).collect())
            .collect(),
        long_context_tokens: 1000,
        meaning: None,
    }))
}

const MILLION: u128 = 1_000_000_000_000;

fn first(strategy: &Strategy, world: &World) -> usize {
    let count = 3;
    ordered(&model(group(strategy.clone(), &[1; 3]), 1, count), world, 5).order[0]
}

#[test]
fn the_table_counts_for_the_class_of_the_request() {
    let only_quality = Weights { quality: 1, cost: 0, latency: 0 };
    let by_class = weighed(&[&[900, 200], &[500, 500], &[100, 800]], only_quality);
    assert_eq!(first(&by_class, &World { class: 0, ..World::default() }), 0);
    assert_eq!(first(&by_class, &World { class: 1, ..World::default() }), 2);
    let found = ordered(&model(group(by_class, &[1; 3]), 1, 3), &World { class: 1, ..World::default() }, 1);
    assert_eq!(found.order.as_slice(), [2, 1, 0], "the others follow by their scores");
}

#[test]
fn what_a_target_costs_counts_against_the_cheapest() {
    let prices = |cost: [u128; 3]| World { cost: cost.map(Some).into(), ..World::default() };
    let table: [&[u32]; 3] = [&[900], &[700], &[400]];
    let auto = strategy(&table);
    assert_eq!(first(&auto, &prices([MILLION; 3])), 0, "at the same price the best");
    assert_eq!(
        first(&auto, &prices([10 * MILLION, MILLION, MILLION])),
        1,
        "nearly as good, a tenth of the price"
    );
    let careless = weighed(&table, Weights { quality: 1000, cost: 0, latency: 0 });
    assert_eq!(first(&careless, &prices([10 * MILLION, MILLION, MILLION])), 0);
    let unknown = World { cost: vec![None, Some(9 * MILLION), None], ..World::default() };
    assert_eq!(first(&auto, &unknown), 1, "what is not known is no merit");
    let free = prices([0, MILLION, MILLION]);
    assert_eq!(first(&weighed(&[&[0], &[0], &[0]], Weights { quality: 0, cost: 1, latency: 0 }), &free), 0);
}

#[test]
fn how_soon_a_target_answers_counts_by_its_weight() {
    let slow = World { latency_us: vec![9_000_000, 200_000, 0], ..World::default() };
    let table: [&[u32]; 3] = [&[600], &[590], &[100]];
    assert_eq!(first(&strategy(&table), &slow), 1);
    let patient = weighed(&table, Weights { quality: 1000, cost: 0, latency: 0 });
    assert_eq!(first(&patient, &slow), 0);
    let hasty = weighed(&table, Weights { quality: 0, cost: 0, latency: 1 });
    assert_eq!(first(&hasty, &slow), 2, "nobody knows how slow it is");
}

#[test]
fn who_cannot_do_it_comes_behind_those_that_can() {
    let auto = strategy(&[&[900], &[200], &[100]]);
    let unsuited = World { unsuited: vec![0], ..World::default() };
    let found = ordered(&model(group(auto.clone(), &[1; 3]), 1, 3), &unsuited, 1);
    assert_eq!(found.order.as_slice(), [1, 2, 0]);
    let cheap = World {
        unsuited: vec![0],
        cost: vec![Some(0), Some(MILLION), Some(9 * MILLION)],
        ..World::default()
    };
    let trace = RefCell::<Trace>::default();
    let model = model(group(auto, &[1; 3]), 1, 3);
    let scene = Scene {
        model: &model,
        fitness: &cheap,
        asked: &cheap,
        seed: 1,
        turn: &|_| 0,
        takes: true,
        trace: Some(&trace),
    };
    order(&model.group, &scene, 8);
    let Judged { group, class, scores } = trace.into_inner().judged.remove(0);
    assert_eq!((group, class), (0, 0));
    assert_eq!(scores[1].cost, 1000, "the cheapest of those that can do it is what others are measured by");
    let second = Score { member: 1, suits: true, quality: 200, cost: 1000, latency: 999, total: 519 };
    assert_eq!(scores[1], second, "0.6 of quality, 0.3 of cost, 0.1 of latency");
}

#[test]
fn equals_share_and_the_rest_is_by_the_table_alone() {
    let equals = model(group(strategy(&[&[500], &[500], &[495], &[400]]), &[1; 4]), 1, 4);
    let share = shares(&equals, |_| World::default(), DRAWS);
    assert!((share[0] - 0.5).abs() < 0.01 && (share[1] - 0.5).abs() < 0.01, "{share:?}");
}

#[test]
fn a_group_is_as_cheap_and_as_soon_as_its_best() {
    let inner = Group::new(1, Strategy::RoundRobin, vec![member(1, 1), member(2, 1)]);
    let nested = Member { to: Destination::Group(Box::new(inner)), ..member(9, 1) };
    let only_cost = weighed(&[&[0], &[0]], Weights { quality: 0, cost: 1, latency: 0 });
    let model = model(Group::new(0, only_cost, vec![member(0, 1), nested]), 2, 3);
    let world = World { cost: vec![Some(2 * MILLION), Some(9 * MILLION), Some(MILLION)], ..World::default() };
    assert_ne!(ordered(&model, &world, 1).order[0], 0);
}
