//! What is set aside against a model of what all count together: random calls, deaths and losses, and never a unit more
//! than is allowed.

use super::*;
use crate::memory::{Chain, Holder, Rules, SpentByPeriod, Tally};
use gw_model::limits::{Budget, Limit, LimitKind, Limits, Mode, Period, Reserve, Sharing};
use gw_model::{AccountId, Level, NanoUsd};

const NODES: usize = 3;
const TICK: Micros = 100_000;
const LEASED: Sharing = Sharing { mode: Mode::Leased, ..Sharing::DEFAULT };

fn link(rules: &Arc<Rules>) -> Link {
    Link {
        id: AccountId { level: Level::Key, number: 7 },
        holder: Holder::default(),
        tally: Arc::new(Tally::default()),
        rules: Arc::clone(rules),
        generation: 1,
    }
}

/// What the scripts count of a budget: what each has said that it spent, what it holds, and what was charged of it as it
/// was taken for dead.
#[derive(Default)]
struct Sums {
    limit: u64,
    told: [u64; NODES],
    held: [u64; NODES],
    buried: [u64; NODES],
}

impl Sums {
    fn used(&self) -> u64 {
        [self.told, self.held, self.buried].iter().flatten().sum()
    }

    fn hold(&mut self, node: usize, claim: &Claim) -> Option<u64> {
        let Item::Budgets { cost, list, .. } = &claim.items[0] else { panic!("{claim:?}") };
        self.told[node] = self.told[node].max(list[0].mark.spent[0].1);
        if self.used() + cost.0 > self.limit {
            return None;
        }
        self.held[node] += cost.0;
        Some(self.limit - self.used())
    }

    fn hear(&mut self, node: usize, told: Vec<Told>) {
        for one in told {
            match one {
                Told::Spent { mark, .. } => self.told[node] = self.told[node].max(mark.spent[0].1),
                Told::Freed { cost, .. } => self.held[node] -= cost.0,
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A call that runs, with what was asked for besides.
struct Call {
    chain: Chain,
    takes: Takes,
    cost: u64,
    asked: bool,
}

struct Node {
    link: Link,
    leases: Arc<Leases>,
    calls: Vec<Call>,
    spent: u64,
    is_dead: bool,
}

impl Node {
    fn new(rules: &Arc<Rules>, spent: u64) -> Self {
        let link = link(rules);
        let known = SpentByPeriod { total: NanoUsd(spent), ..SpentByPeriod::default() };
        link.tally.restore_spent(1, &known);
        link.tally.restore_here(1, &known);
        Self { link, leases: Arc::default(), calls: Vec::new(), spent, is_dead: false }
    }

    fn begin(&mut self, at: usize, sums: &mut Sums, cost: u64, now: Micros, misses: &mut u32) {
        let mut chain = Chain::new([self.link.clone()]);
        if chain.reserve(now, Amounts::cost(NanoUsd(cost))).is_err() {
            return;
        }
        let mut takes = Takes::of(&self.leases);
        let claim = chain.claim_beyond(now, Amounts::cost(NanoUsd(cost)), true, &mut takes.lender(now));
        let asked = claim.is_some();
        *misses += u32::from(asked);
        if claim.is_some_and(|claim| sums.hold(at, &claim).is_none()) {
            chain.settle(now, Amounts::default());
            return;
        }
        self.calls.push(Call { chain, takes, cost, asked });
    }

    fn end(&mut self, at: usize, sums: &mut Sums, which: usize, used: u64, now: Micros) {
        let Call { mut chain, takes, cost, asked } = self.calls.swap_remove(which);
        let used = Amounts::cost(NanoUsd(used.min(cost)));
        chain.settle(now, used);
        takes.settle(&used, true, now);
        self.spent += used.cost.0;
        if asked {
            let told = chain.marks(now).into_iter().map(|(account, mark)| Told::Spent { account, mark });
            let mut told: Vec<Told> = told.collect();
            told.push(Told::Freed { account: self.link.id, cost: NanoUsd(cost) });
            sums.hear(at, told);
        }
    }

    fn tend(&self, at: usize, sums: &mut Sums, now: Micros, all: bool) {
        sums.hear(at, self.leases.sweep(now, all));
        for (of, claim) in self.leases.wanted(now, NODES as u64) {
            let filled = sums.hold(at, &claim).map(|left| {
                let Item::Budgets { cost, .. } = claim.items[0] else { panic!() };
                Filled { units: cost.0, at: now, asked_at: now, left }
            });
            self.leases.fill(&of, filled, now);
        }
    }

    /// What its calls may come to, whatever happens.
    fn most(&self) -> u64 {
        self.spent + self.calls.iter().map(|call| call.cost).sum::<u64>()
    }
}

#[test]
fn money_that_is_set_aside_is_never_above_a_budget_whoever_dies() {
    let (mut calls, mut misses) = (0u32, 0);
    for seed in 0..150 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let limit = rng.u64(50_000..3_000_000);
        let budget = Budget { sharing: LEASED, ..Budget::new(NanoUsd(limit), Period::Total) };
        let rules = Arc::new(Rules::new(&Limits::default(), vec![budget]));
        let mut sums = Sums { limit, ..Sums::default() };
        let mut nodes: Vec<Node> = (0..NODES).map(|_| Node::new(&rules, 0)).collect();
        let mut now = 10 * TICK;
        for step in 0..800 {
            let at = rng.usize(0..NODES);
            let all_live = nodes.iter().all(|node| !node.is_dead);
            let node = &mut nodes[at];
            match rng.u8(0..100) {
                0 => {
                    // Killed: what it had under way is charged at its hold when it is back.
                    (node.spent, node.is_dead) = (node.most(), true);
                    node.calls.drain(..).for_each(|call| std::mem::forget(call.takes));
                }
                1..=2 if node.is_dead => {
                    sums.buried[at] += std::mem::take(&mut sums.held[at]);
                }
                3..=8 if node.is_dead => {
                    *node = Node::new(&rules, node.spent);
                    (sums.held[at], sums.buried[at]) = (0, 0);
                    sums.told[at] = sums.told[at].max(node.spent);
                }
                9 if all_live => {
                    // Redis lost all; each says again what it spent, and holds what it held.
                    sums.told = [0, 1, 2].map(|at: usize| nodes[at].spent);
                }
                _ if node.is_dead => {}
                10..=60 => {
                    calls += 1;
                    node.begin(at, &mut sums, rng.u64(1..400), now, &mut misses);
                }
                61..=90 if !node.calls.is_empty() => {
                    let which = rng.usize(0..node.calls.len());
                    node.end(at, &mut sums, which, rng.u64(0..400), now);
                }
                _ => {
                    now += TICK;
                    nodes.iter().enumerate().filter(|(_, node)| !node.is_dead).for_each(|(at, node)| {
                        node.tend(at, &mut sums, now, false);
                    });
                }
            }
            let most: u64 = nodes.iter().map(Node::most).sum();
            assert!(most <= limit, "seed {seed} step {step}: {most} of {limit}");
            assert!(sums.used() <= limit, "seed {seed} step {step}");
        }
        // In the end nothing stays held.
        for (at, node) in nodes.iter_mut().enumerate().filter(|(_, node)| !node.is_dead) {
            while !node.calls.is_empty() {
                node.end(at, &mut sums, 0, 7, now);
            }
            node.tend(at, &mut sums, now, true);
            sums.hear(at, node.leases.sweep(now, true));
            assert_eq!((sums.held[at], sums.told[at]), (0, node.spent), "seed {seed}");
        }
    }
    assert!(misses * 4 < calls, "most calls ask nobody: {misses} of {calls}");
}

/// The ring of the scripts: units by sub-window, of which the latest 61 count.
#[derive(Default)]
struct Ring(Vec<(i64, u64)>);

impl Ring {
    fn take(&mut self, units: u64, max: u64, at: Micros) -> Option<u64> {
        let sub = at / 1_000_000;
        let taken: u64 = self.0.iter().filter(|(of, _)| *of > sub - 61).map(|(_, units)| units).sum();
        (taken + units <= max).then(|| {
            self.0.push((sub, units));
            max - taken - units
        })
    }

    /// What the clerk does besides with what is asked.
    fn fetch(&mut self, leases: &Leases, max: u64, asked_at: Micros, at: Micros) {
        for (of, claim) in leases.wanted(asked_at, NODES as u64) {
            let Item::Limit { units, .. } = claim.items[0] else { panic!("{claim:?}") };
            let filled = self.take(units, max, at).map(|left| Filled { units, at, asked_at, left });
            leases.fill(&of, filled, asked_at);
        }
    }

    fn hear(&mut self, told: Vec<Told>) {
        for one in told {
            let Told::Unused { taken_at, units, .. } = one else { panic!("{one:?}") };
            let mut back = units;
            for (sub, taken) in self.0.iter_mut().filter(|(sub, _)| *sub == taken_at / 1_000_000) {
                let part = back.min(*taken);
                (*taken, back) = (*taken - part, back - part);
                debug_assert!(*sub > 0);
            }
            assert_eq!(back, 0, "nothing is given back that was not taken");
        }
    }
}

#[test]
fn requests_that_are_set_aside_are_never_above_a_limit_in_any_minute() {
    let (mut served, mut misses) = (0u32, 0u32);
    for seed in 0..40 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let max = rng.u64(20..4_000);
        let limit = Limit {
            unit: LimitUnit::Requests,
            max,
            per_seconds: 60,
            kind: LimitKind::Sliding,
            burst: 0,
            models: None,
            providers: None,
            shadow: false,
            sharing: LEASED,
            reserve: Reserve::default(),
        };
        let limits = Limits { more: vec![limit], ..Limits::default() };
        let rules = Arc::new(Rules::new(&limits, Vec::new()));
        let mut ring = Ring::default();
        // Their clocks differ from Redis's.
        let nodes: Vec<(Link, Arc<Leases>, Micros)> =
            (0..NODES).map(|_| (link(&rules), Arc::default(), rng.i64(0..5_000_000))).collect();
        let mut now: Micros = 100_000_000;
        let mut uses: Vec<Micros> = Vec::new();
        for _ in 0..6_000 {
            let (link, leases, skew) = &nodes[rng.usize(0..NODES)];
            if rng.u8(0..12) == 0 {
                now += TICK;
                ring.hear(leases.sweep(now + skew, false));
                ring.fetch(leases, max, now + skew, now + rng.i64(0..3_000));
                continue;
            }
            now += rng.i64(0..20_000);
            let mut chain = Chain::new([link.clone()]);
            chain.assume_admitted();
            let mut takes = Takes::of(leases);
            let here = now + skew;
            let claim = chain.claim_beyond(here, Amounts::default(), true, &mut takes.lender(here));
            let is_asked = claim.is_some();
            let is_refused = is_asked && ring.take(1, max, now).is_none();
            if is_asked {
                ring.fetch(leases, max, here, now);
            }
            if is_refused {
                continue;
            }
            if !is_asked && rng.u8(0..10) == 0 {
                // It was refused later on, and does not count.
                drop(takes);
                continue;
            }
            takes.settle(&Amounts::default(), true, here);
            uses.push(now);
            served += 1;
            misses += u32::from(is_asked);
        }
        for (first, at) in uses.iter().enumerate() {
            let within = uses[first..].iter().take_while(|use_at| **use_at < at + 60_000_000).count();
            assert!(within as u64 <= max, "seed {seed}: {within} of {max} within a minute");
        }
    }
    assert!(misses * 2 < served, "most calls ask nobody: {misses} of {served}");
}
