//! Tests of the order: only the model's targets that may be used, each once, the same for the same seed, and in the
//! shares that the weights say.

mod auto;

use super::order::{Asked, Fitness, Ordered, Scene, Trace, order};
use crate::health::Standing;
use gw_model::ErrorCode;
use gw_model::catalog::{AuthScheme, ModelInfo, ProviderKind};
use gw_model::policy::{Condition, ConditionError, Reads, Subject};
use gw_model::routing::{
    Auto, Destination, EmbedderName, End, Gate, GateBy, GateLimit, GateUnit, Group, Member, OnSemanticError,
    Semantic, StickyBy, Strategy, mixed,
};
use gw_model::snapshot::{Model, Provider, Target};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) fn provider(name: &str) -> Arc<Provider> {
    Arc::new(Provider {
        name: name.into(),
        kind: ProviderKind::OpenAiCompatible,
        base_url: "http://127.0.0.1:1/v1".into(),
        auth: AuthScheme::None,
        api_key: None,
        aws: None,
        credentials: Vec::new(),
        formats: vec![gw_model::WireFormat::OpenAiChat],
        headers: Vec::new(),
        api_version: None,
        region: None,
        price_key: name.into(),
        listed_models: Vec::new(),
        health_check: None,
        capacity: None,
        rename_params: Vec::new(),
        routing_members: Vec::new(),
        quirks: gw_model::catalog::Quirks::default(),
        connect: gw_model::snapshot::ConnectOptions::default(),
    })
}

fn target(index: usize) -> Arc<Target> {
    Arc::new(Target {
        provider: provider("p"),
        model: format!("m{index}").into(),
        credential: None,
        capacity: None,
        terms: None,
        family: "m".into(),
        info: Arc::new(ModelInfo::default()),
    })
}

/// A model with `count` targets, chosen by the group.
fn model(group: Group, groups: u16, count: usize) -> Model {
    let mut model = Model::single("alias".into(), (*target(0)).clone());
    model.targets = (0..count).map(target).collect();
    (model.group, model.groups) = (group, groups);
    model
}

fn group(strategy: Strategy, weights: &[u32]) -> Group {
    Group::new(0, strategy, weights.iter().enumerate().map(|(i, weight)| member(i, *weight)).collect())
}

fn member(index: usize, weight: u32) -> Member {
    Member { salt: mixed(index as u64), priority: index as u32 / 2, ..Member::target(index, weight) }
}

/// How deployments fare, as a test says; all the same where it says nothing.
#[derive(Default)]
struct World {
    standing: Vec<Standing>,
    in_flight: Vec<u32>,
    latency_us: Vec<u64>,
    headroom: Vec<u32>,
    cost: Vec<Option<u128>>,
    unsuited: Vec<usize>,
    forbidden: Vec<usize>,
    caller: Option<u64>,
    /// Conditions, by number, that do not hold.
    missed: Vec<usize>,
    /// Gates, by counter, that let nothing pass.
    closed: Vec<u64>,
    /// Gates that were asked, and whether they were to count.
    passed: RefCell<Vec<(u64, bool)>>,
    /// The member that semantic groups are asked for.
    meant: Option<usize>,
    /// The class of tasks.
    class: usize,
}

/// A condition that is known by a number.
#[derive(Debug)]
struct Numbered(String);

impl Condition for Numbered {
    fn holds(&self, _subject: &Subject<'_>) -> Result<bool, ConditionError> {
        Ok(true)
    }
    fn source(&self) -> &str {
        &self.0
    }
    fn reads(&self) -> Reads {
        Reads::default()
    }
}

fn when(number: usize) -> Option<Arc<dyn Condition>> {
    Some(Arc::new(Numbered(number.to_string())))
}

impl Fitness for World {
    fn standing(&self, target: usize) -> Standing {
        self.standing.get(target).copied().unwrap_or(Standing::Fit)
    }
    fn in_flight(&self, target: usize) -> u32 {
        self.in_flight.get(target).copied().unwrap_or(0)
    }
    fn latency_us(&self, target: usize) -> u64 {
        self.latency_us.get(target).copied().unwrap_or(1000)
    }
    fn headroom(&self, target: usize) -> u32 {
        self.headroom.get(target).copied().unwrap_or(1000)
    }
}

fn index(target: &Target) -> usize {
    target.model[1..].parse().unwrap()
}

impl Asked for World {
    fn allows(&self, target: &Target) -> bool {
        !self.forbidden.contains(&index(target))
    }
    fn suits(&self, target: &Target) -> bool {
        !self.unsuited.contains(&index(target))
    }
    fn holds(&self, condition: &Arc<dyn Condition>) -> bool {
        !self.missed.contains(&condition.source().parse().unwrap())
    }
    fn passes(&self, gate: &Gate, takes: bool) -> bool {
        self.passed.borrow_mut().push((gate.counter, takes));
        !self.closed.contains(&gate.counter)
    }
    fn cost(&self, target: usize) -> Option<u128> {
        self.cost.get(target).copied().unwrap_or(Some(1))
    }
    fn sticky(&self, _by: &[StickyBy]) -> Option<u64> {
        self.caller
    }
    fn semantic(&self, _group: u16) -> Option<usize> {
        self.meant
    }
    fn class(&self, _group: u16, _auto: &Auto) -> usize {
        self.class
    }
}

/// The order for a seed, which is also the turn of every group.
fn ordered(model: &Model, world: &World, seed: u64) -> Ordered {
    let turn = move |_| seed;
    let scene = Scene {
        model,
        fitness: world,
        asked: world,
        seed: mixed(seed),
        turn: &turn,
        takes: true,
        trace: None,
    };
    order(&model.group, &scene, 8)
}

fn every_strategy() -> Vec<Strategy> {
    vec![
        Strategy::Fallback,
        Strategy::Priority,
        Strategy::Weighted,
        Strategy::RoundRobin,
        Strategy::LeastBusy,
        Strategy::Latency,
        Strategy::Cost,
        Strategy::Usage,
        Strategy::Sticky([StickyBy::Key].into()),
        semantic(),
        auto::strategy(&[&[900, 100], &[500], &[], &[500, 500]]),
    ]
}

/// Conditions of a random tree, shared by its members.
const CONDITIONS: usize = 5;
fn semantic() -> Strategy {
    Strategy::Semantic(Arc::new(Semantic {
        utterances: Vec::new(),
        threshold_permille: 220,
        default: 0,
        on_error: OnSemanticError::Default,
        timeout_ms: 1,
        embedder: EmbedderName::Local,
    }))
}

/// A tree of groups with random strategies over `count` targets, some of them more than once.
fn random_group(rng: &mut fastrand::Rng, count: usize, depth: u32, next: &mut u16) -> Group {
    let strategies = every_strategy();
    let id = *next;
    *next += 1;
    let members = (0..rng.usize(1..6))
        .map(|at| {
            let mut member = member(rng.usize(..count), rng.u32(..4));
            member.salt = mixed(u64::from(id) << 32 | at as u64);
            if rng.u32(..4) == 0 {
                member.when = when(rng.usize(..CONDITIONS));
            }
            if depth > 0 && rng.u32(..3) == 0 {
                member.to = Destination::Group(Box::new(random_group(rng, count, depth - 1, next)));
            }
            member
        })
        .collect();
    Group::new(id, strategies[rng.usize(..strategies.len())].clone(), members)
}

/// The targets that are left when members whose conditions do not hold are taken out.
fn reached(group: &Group, world: &World, into: &mut BTreeSet<usize>) {
    for member in group.members.iter().filter(|m| m.when.as_ref().is_none_or(|when| world.holds(when))) {
        match &member.to {
            Destination::Target(index) => {
                into.insert(*index);
            }
            Destination::Group(inner) => reached(inner, world, into),
            Destination::End(_) => {}
        }
    }
}

fn random_world(rng: &mut fastrand::Rng, count: usize) -> World {
    let standing = |rng: &mut fastrand::Rng| match rng.u32(..9) {
        0 => Standing::Tripped,
        1 => Standing::Parked { until: 7 },
        2 => Standing::Full,
        3 => Standing::Warming(500),
        4 => Standing::Due,
        5 => Standing::Ejected,
        _ => Standing::Fit,
    };
    let some = |rng: &mut fastrand::Rng| (0..count).filter(|_| rng.u32(..6) == 0).collect();
    World {
        standing: (0..count).map(|_| standing(rng)).collect(),
        in_flight: (0..count).map(|_| rng.u32(..5)).collect(),
        latency_us: (0..count).map(|_| rng.u64(..5)).collect(),
        headroom: (0..count).map(|_| rng.u32(..=1000)).collect(),
        cost: (0..count).map(|_| rng.bool().then(|| u128::from(rng.u32(..5)))).collect(),
        unsuited: some(rng),
        forbidden: some(rng),
        caller: rng.bool().then(|| rng.u64(..)),
        closed: Vec::new(),
        passed: RefCell::default(),
        missed: (0..CONDITIONS).filter(|_| rng.bool()).collect(),
        // Beyond the members too, and nobody at all.
        meant: rng.bool().then(|| rng.usize(..8)),
        class: rng.usize(..12),
    }
}

#[test]
fn whatever_the_tree_only_allowed_targets_come_once_and_fit_ones_first() {
    let mut rng = fastrand::Rng::with_seed(4);
    for round in 0..20_000 {
        let count = rng.usize(1..20);
        let mut groups = 0;
        let group = random_group(&mut rng, count, 3, &mut groups);
        let world = random_world(&mut rng, count);
        let mut within = BTreeSet::new();
        reached(&group, &world, &mut within);
        let model = model(group, groups, count);
        let found = ordered(&model, &world, round);
        assert_eq!(
            format!("{found:?}"),
            format!("{:?}", ordered(&model, &world, round)),
            "by the seed alone"
        );
        let all: Vec<usize> = found.order.iter().chain(&found.parked).copied().collect();
        let once: BTreeSet<usize> = all.iter().copied().collect();
        assert_eq!(once.len(), all.len(), "{all:?}");
        assert!(once.is_subset(&within) && !once.iter().any(|i| world.forbidden.contains(i)), "{all:?}");
        let allowed = within.iter().filter(|i| !world.forbidden.contains(i));
        let (parked, open): (Vec<usize>, Vec<usize>) =
            allowed.partition(|i| matches!(world.standing(**i), Standing::Parked { .. }));
        assert_eq!(found.order.len(), open.len().min(8), "nobody is left out while there is room");
        assert_eq!(found.parked_until.is_some(), !found.parked.is_empty());
        assert!(found.parked.len() <= parked.len());
        assert_eq!(found.reached, !within.is_empty(), "whether any condition let a target be asked");
        let rank = |index: &usize| match world.standing(*index) {
            Standing::Fit | Standing::Due => 0,
            Standing::Warming(_) => 1,
            Standing::Full => 2,
            Standing::Ejected => 3,
            Standing::Tripped | Standing::Parked { .. } => 4,
        };
        let ranks: Vec<u32> = found.order.iter().map(rank).filter(|rank| *rank != 1).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
        assert!(found.order[..found.ready].iter().all(|index| rank(index) < 2), "{found:?}");
    }
}

#[test]
fn the_member_that_is_meant_comes_first_and_the_rest_as_written() {
    let semantic = model(group(semantic(), &[1, 3, 5, 1]), 1, 4);
    let meant = |member| World { meant: member, ..World::default() };
    assert_eq!(ordered(&semantic, &meant(Some(2)), 1).order.as_slice(), [2, 0, 1, 3]);
    assert_eq!(ordered(&semantic, &meant(Some(0)), 1).order.as_slice(), [0, 1, 2, 3]);
    assert_eq!(ordered(&semantic, &meant(None), 1).order.as_slice(), [0, 1, 2, 3], "nobody knows");
    assert_eq!(ordered(&semantic, &meant(Some(9)), 1).order.as_slice(), [0, 1, 2, 3], "no member");
    let forbidden = World { forbidden: vec![2], ..meant(Some(2)) };
    assert_eq!(ordered(&semantic, &forbidden, 1).order.as_slice(), [0, 1, 3]);
}

#[test]
fn weight_0_takes_nothing_while_any_other_can_serve() {
    for strategy in every_strategy() {
        let model = model(group(strategy.clone(), &[1, 0, 1]), 1, 3);
        let last = |standing: [Standing; 3], seed| {
            ordered(&model, &World { standing: standing.into(), ..World::default() }, seed).order
        };
        for seed in 0..200 {
            let case = format!("{strategy:?} {seed}");
            let warming = last([Standing::Warming(100), Standing::Fit, Standing::Tripped], seed);
            assert_eq!(warming.as_slice(), [0, 1, 2], "{case}: also while another comes back slowly");
            let fit = last([Standing::Fit, Standing::Fit, Standing::Fit], seed);
            assert_eq!(fit[2], 1, "{case}");
            let down = last([Standing::Tripped, Standing::Fit, Standing::Parked { until: 7 }], seed);
            assert_eq!(down.as_slice(), [1, 0], "{case}: unless all others are out");
        }
    }
}

#[test]
fn what_has_a_weight_somewhere_is_not_held_back_for_having_none_elsewhere() {
    let drained = Destination::Group(Box::new(Group::new(1, Strategy::Fallback, vec![member(0, 1)])));
    let members = vec![Member { to: drained, weight: 0, ..member(9, 0) }, member(0, 1), member(1, 1)];
    let twice = model(Group::new(0, Strategy::Fallback, members), 2, 2);
    let found = ordered(&twice, &World::default(), 1);
    assert_eq!((found.order.as_slice(), found.ready), (&[0, 1][..], 2));
}

/// How often each target is first, in thousandths.
fn shares(model: &Model, worlds: impl Fn(u64) -> World, draws: u64) -> Vec<f64> {
    let mut first = vec![0u64; model.targets.len()];
    for seed in 0..draws {
        let found = ordered(model, &worlds(seed), seed);
        first[found.order[0]] += 1;
    }
    first.into_iter().map(|count| count as f64 / draws as f64).collect()
}

fn assert_shares(found: &[f64], wanted: &[f64]) {
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= 0.02 * wanted.max(0.05), "{found} is not {wanted}");
    }
}

const DRAWS: u64 = 100_000;

#[test]
fn draws_follow_the_weights_within_two_percent() {
    let calm = |_| World::default();
    let weighted = model(group(Strategy::Weighted, &[6, 3, 1, 0]), 1, 4);
    assert_shares(&shares(&weighted, calm, DRAWS), &[0.6, 0.3, 0.1, 0.0]);
    let turns = model(group(Strategy::RoundRobin, &[1, 1, 1, 1]), 1, 4);
    assert_shares(&shares(&turns, calm, DRAWS), &[0.25; 4]);
    let equals = model(group(Strategy::Priority, &[3, 1, 9, 9]), 1, 4);
    assert_shares(&shares(&equals, calm, DRAWS), &[0.75, 0.25, 0.0, 0.0]);
    let callers = |seed| World { caller: Some(mixed(seed ^ 0xABCD)), ..World::default() };
    let sticky = model(group(Strategy::Sticky([StickyBy::Key].into()), &[90, 9, 1, 0]), 1, 4);
    assert_shares(&shares(&sticky, callers, 4 * DRAWS), &[0.9, 0.09, 0.01, 0.0]);
    let even = |strategy| shares(&model(group(strategy, &[1, 1, 1, 1]), 1, 4), calm, DRAWS);
    for strategy in [Strategy::LeastBusy, Strategy::Latency, Strategy::Cost, Strategy::Usage] {
        assert_shares(&even(strategy), &[0.25; 4]);
    }
}

#[test]
fn weights_hold_over_a_few_requests_too() {
    let weighted = model(group(Strategy::Weighted, &[3, 1]), 1, 2);
    for start in 0..1000 {
        let first = (start..start + 16).map(|turn| ordered(&weighted, &World::default(), turn).order[0]);
        let of_second = first.filter(|first| *first == 1).count();
        assert!((3..=5).contains(&of_second), "{of_second} of 16 from turn {start}");
    }
}

#[test]
fn a_nested_group_gets_its_share_and_divides_it() {
    let inner = Group::new(1, Strategy::RoundRobin, vec![member(1, 1), member(2, 1)]);
    let to = Destination::Group(Box::new(inner));
    let members = vec![member(0, 1), Member { to, ..member(9, 1) }];
    let nested = model(Group::new(0, Strategy::Weighted, members), 2, 3);
    let turns = [std::cell::Cell::new(0u64), std::cell::Cell::new(0u64)];
    let turn = |group: u16| turns[usize::from(group)].replace(turns[usize::from(group)].get() + 1);
    let world = World::default();
    let mut first = [0f64; 3];
    for seed in 0..DRAWS {
        let scene = Scene {
            model: &nested,
            fitness: &world,
            asked: &world,
            seed,
            turn: &turn,
            takes: true,
            trace: None,
        };
        first[order(&nested.group, &scene, 1).order[0]] += 1.0 / DRAWS as f64;
    }
    assert_shares(&first, &[0.5, 0.25, 0.25]);
}

#[test]
fn each_strategy_prefers_what_it_is_for() {
    let first = |strategy: Strategy, world: &World| {
        ordered(&model(group(strategy, &[1, 1, 1]), 1, 3), world, 5).order[0]
    };
    let busy = World { in_flight: vec![4, 1, 2], ..World::default() };
    assert_eq!(first(Strategy::LeastBusy, &busy), 1);
    let full = World { headroom: vec![100, 200, 900], ..World::default() };
    assert_eq!(first(Strategy::Usage, &full), 2);
    let dear = World { cost: vec![Some(9), None, Some(3)], ..World::default() };
    assert_eq!(first(Strategy::Cost, &dear), 2);
    let unsuited = World { unsuited: vec![2], ..dear };
    assert_eq!(first(Strategy::Cost, &unsuited), 0, "the cheapest that can do it");
    let slow = World { latency_us: vec![9000, 9000, 10], ..World::default() };
    let latency = model(group(Strategy::Latency, &[1, 1, 1]), 1, 3);
    let share =
        shares(&latency, |_| World { latency_us: slow.latency_us.clone(), ..World::default() }, 10_000);
    assert!(share[2] > 0.6, "drawn in two of three pairs, and taken then: {share:?}");
}

#[test]
fn callers_stay_when_targets_come_go_or_grow() {
    let caller = |caller: u64| World { caller: Some(mixed(caller)), ..World::default() };
    let first = |weights: &[u32], who: u64| {
        let model = model(group(Strategy::Sticky([StickyBy::Key].into()), weights), 1, weights.len());
        ordered(&model, &caller(who), who).order[0]
    };
    for who in 0..2000 {
        let three = first(&[1, 1, 1], who);
        let four = first(&[1, 1, 1, 1], who);
        assert!(four == three || four == 3, "only the new one takes callers over");
        let canary = (first(&[95, 5], who), first(&[90, 10], who));
        assert!(canary.0 <= canary.1, "whoever was in the canary stays in it");
    }
}

#[test]
fn shares_are_of_the_members_whose_conditions_hold() {
    let only = |strategy: Strategy| {
        let mut group = group(strategy, &[6, 3, 1, 2]);
        group.members[0].when = when(0);
        group.members[3].when = when(1);
        model(Group::new(0, group.strategy, group.members), 1, 4)
    };
    let first_misses =
        |seed| World { missed: vec![0], caller: Some(mixed(seed ^ 0xABCD)), ..World::default() };
    for strategy in [Strategy::Weighted, Strategy::Sticky([StickyBy::Key].into())] {
        assert_shares(&shares(&only(strategy), first_misses, 2 * DRAWS), &[0.0, 0.5, 1.0 / 6.0, 1.0 / 3.0]);
    }
    assert_shares(
        &shares(&only(Strategy::RoundRobin), first_misses, 9_999),
        &[0.0, 1.0, 1.0, 1.0].map(|s| s / 3.0),
    );
    let both_miss = |_| World { missed: vec![0, 1], ..World::default() };
    assert_shares(&shares(&only(Strategy::Fallback), both_miss, 100), &[0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_group_is_compared_by_the_members_whose_conditions_hold() {
    let inner =
        Group::new(1, Strategy::Fallback, vec![Member { when: when(0), ..member(1, 1) }, member(2, 1)]);
    let to = Destination::Group(Box::new(inner));
    let nested = Group::new(0, Strategy::Cost, vec![member(0, 1), Member { to, ..member(9, 1) }]);
    let nested = model(nested, 2, 3);
    let prices = |missed| World { cost: vec![Some(5), Some(1), Some(9)], missed, ..World::default() };
    assert_eq!(ordered(&nested, &prices(vec![]), 1).order.as_slice(), [1, 2, 0]);
    assert_eq!(
        ordered(&nested, &prices(vec![0]), 1).order.as_slice(),
        [0, 2],
        "what is cheap there may not be asked"
    );
}

#[test]
fn what_comes_back_gets_its_traffic_slowly() {
    let weighted = model(group(Strategy::Weighted, &[1, 1]), 1, 2);
    let warm = |_| World { standing: vec![Standing::Warming(200), Standing::Fit], ..World::default() };
    let share = shares(&weighted, warm, DRAWS);
    assert!((share[0] - 0.1).abs() < 0.01, "{share:?}");
}

#[test]
fn a_thousand_targets_give_a_short_plan() {
    for strategy in every_strategy() {
        let many = model(group(strategy, &[1; 1000]), 1, 1000);
        let world = World { caller: Some(1), ..World::default() };
        assert_eq!(ordered(&many, &world, 1).order.len(), 8);
    }
}

/// A group that stands for a node, of which one member takes the request.
fn node(name: &str, members: Vec<Member>) -> Destination {
    let mut group = Group::new(1, Strategy::Fallback, members);
    (group.exclusive, group.node) = (true, Some(name.into()));
    Destination::Group(Box::new(group))
}

fn to(to: Destination) -> Member {
    Member::to(to, 1, 0)
}

fn end(name: &str) -> Destination {
    let code = ErrorCode::RateLimitExceeded;
    Destination::End(Arc::new(End { node: name.into(), code, message: "no".into() }))
}

fn gated(counter: u64, to: Destination) -> Member {
    let limit =
        GateLimit::Rate { unit: GateUnit::Requests, max: 1, per_seconds: 1, sharing: Default::default() };
    let gate = Gate { counter, by: GateBy::Route, limit };
    Member { gate: Some(Arc::new(gate)), ..Member::to(to, 1, 0) }
}

/// The order, and the way to it: nodes with the member taken.
fn way(members: Vec<Member>, world: &World) -> (Ordered, Vec<(String, usize, bool)>) {
    let model = model(Group::new(0, Strategy::Fallback, members), 2, 4);
    let trace = RefCell::<Trace>::default();
    let (turn, trace_ref) = (|_| 0, Some(&trace));
    let scene = Scene {
        model: &model,
        fitness: world,
        asked: world,
        seed: 1,
        turn: &turn,
        takes: true,
        trace: trace_ref,
    };
    let found = order(&model.group, &scene, 8);
    let steps = trace.into_inner().steps.into_iter().map(|t| (t.node.to_string(), t.member, t.is_next));
    (found, steps.collect())
}

#[test]
fn of_an_exclusive_group_one_member_is_asked() {
    let members = || {
        let inner = vec![Member { when: when(0), ..member(0, 1) }, member(1, 1), member(2, 1)];
        vec![to(node("n", inner)), member(3, 1)]
    };
    let (found, steps) = way(members(), &World::default());
    assert_eq!(found.order.as_slice(), [0, 3], "what stands behind the group follows all the same");
    assert_eq!(steps, [("n".to_owned(), 0, false)]);
    let (found, steps) = way(members(), &World { missed: vec![0], ..World::default() });
    assert_eq!((found.order.as_slice(), steps), (&[1, 3][..], vec![("n".to_owned(), 1, false)]));
    let (found, _) = way(members(), &World { forbidden: vec![0], ..World::default() });
    assert_eq!(found.order.as_slice(), [3], "the choice is final, whatever becomes of it");
}

#[test]
fn a_gate_counts_a_request_that_comes_to_it_first() {
    let members = |first: bool| {
        let limit = node("limit", vec![gated(7, Destination::Target(0)), to(Destination::Target(1))]);
        if first { vec![to(limit)] } else { vec![member(2, 1), to(limit)] }
    };
    let world = World::default();
    let (found, steps) = way(members(true), &world);
    assert_eq!((found.order.as_slice(), steps), (&[0][..], vec![("limit".to_owned(), 0, false)]));
    assert_eq!(world.passed.borrow().as_slice(), [(7, true)]);
    let world = World::default();
    let (found, steps) = way(members(false), &world);
    assert_eq!((found.order.as_slice(), steps), (&[2, 0][..], vec![("limit".to_owned(), 0, true)]));
    assert_eq!(world.passed.borrow().as_slice(), [(7, false)], "it may never come here");
    let (found, steps) = way(members(true), &World { closed: vec![7], ..World::default() });
    assert_eq!((found.order.as_slice(), steps), (&[1][..], vec![("limit".to_owned(), 1, false)]));
}

#[test]
fn an_end_refuses_whoever_comes_first_and_stops_the_others() {
    let (found, steps) = way(vec![to(node("n", vec![to(end("full"))])), member(0, 1)], &World::default());
    assert!(found.order.is_empty() && found.parked.is_empty());
    assert_eq!(found.end.map(|end| end.code), Some(ErrorCode::RateLimitExceeded));
    assert_eq!(steps, [("n".to_owned(), 0, false), ("full".to_owned(), 0, false)]);
    let (found, _) = way(vec![member(0, 1), to(end("full")), member(1, 1)], &World::default());
    assert_eq!((found.order.as_slice(), found.end), (&[0][..], None));
}
