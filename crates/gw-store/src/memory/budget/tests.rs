//! What other gateways spend, in windows of every kind: a purse that is told the sums of a store now and then, against lists
//! of everything that was ever spent.
use super::*;
use gw_model::limits::TimeZone;
use proptest::prelude::*;

const SECOND: Micros = 1_000_000;
const HOUR: Micros = 3_600 * SECOND;
const NOW: Micros = 1_793_318_400_000_000; // 2026-10-30T00:00:00Z, a Friday

fn zoned(period: Period, zone: &str) -> Budget {
    Budget { time_zone: TimeZone::from_name(zone), ..Budget::new(NanoUsd(1 << 50), period) }
}

fn rolling(seconds: u32) -> Budget {
    Budget::new(NanoUsd(1 << 50), Period::Rolling(seconds))
}

fn windows() -> Vec<Budget> {
    vec![
        zoned(Period::Day, "Asia/Kolkata"),
        zoned(Period::Week, "America/New_York"),
        zoned(Period::Month, "Europe/Berlin"),
        rolling(5_400),
        rolling(86_400),
    ]
}

/// What was spent: when, how much, by this gateway, and whether the store has it.
#[derive(Clone, Copy, Debug)]
struct Spent {
    at: Micros,
    cost: u64,
    is_here: bool,
    is_stored: bool,
}

/// A gateway, and a store that it shares with another.
struct World {
    now: Micros,
    purse: Purse,
    all: Vec<Spent>,
}

impl World {
    fn new() -> Self {
        let mut world = Self { now: NOW + 40_000 * SECOND, purse: Purse::default(), all: Vec::new() };
        world.hear();
        world
    }

    fn spend(&mut self, cost: u64, is_here: bool) {
        self.all.push(Spent { at: self.now, cost, is_here, is_stored: false });
        if is_here {
            self.purse.settle(self.now, NanoUsd::ZERO, NanoUsd(cost));
        }
    }

    fn fold(&mut self, of_here: bool) {
        self.all.iter_mut().filter(|one| one.is_here == of_here).for_each(|one| one.is_stored = true);
    }

    fn sum(&self, counts: impl Fn(&Spent) -> bool) -> NanoUsd {
        NanoUsd(self.all.iter().filter(|one| counts(one)).map(|one| one.cost).sum())
    }

    fn spending(&self, window: &Unrestored, counts: impl Fn(&Spent) -> bool) -> Spending {
        let stored: Vec<Spent> =
            self.all.iter().copied().filter(|one| one.is_stored && counts(one)).collect();
        let within = stored.iter().filter(|one| (window.from..=window.until).contains(&one.at));
        let later = stored.iter().filter(|one| one.at > window.until);
        Spending {
            pieces: within.map(|one| (one.at, NanoUsd(one.cost))).collect(),
            later: NanoUsd(later.map(|one| one.cost).sum()),
            total: NanoUsd(stored.iter().map(|one| one.cost).sum()),
        }
    }

    /// As whoever follows a shared store does each second.
    fn hear(&mut self) {
        let since = |period: Period| self.sum(|one| one.is_stored && one.at >= period.window_start(self.now));
        let [day, week, month, total] = PERIODS.map(since);
        let before = [Period::Day, Period::Week, Period::Month].map(|period| {
            let start = period.window_start(self.now);
            let within = period.window_start(start - 1)..start;
            self.sum(|one| one.is_stored && within.contains(&one.at))
        });
        self.purse.restore(self.now, &SpentByPeriod { day, week, month, total, before });
        for window in self.purse.open(&windows(), self.now) {
            let here = self.spending(&window, |one| one.is_here);
            let all = self.spending(&window, |_| true);
            self.purse.restore_open(&window, self.now, &all, Some(&here));
        }
    }

    /// What was spent in the window before: as it is told, and in truth.
    fn before(&mut self, budget: &Budget) -> (u64, u64) {
        let start = budget.period.window(self.now, budget.time_zone.as_ref()).0;
        let within = budget.window_before(start)..start;
        (self.purse.before(budget, self.now).spent.0, self.sum(|one| within.contains(&one.at)).0)
    }

    fn spent(&mut self, budget: &Budget) -> u64 {
        self.purse.view(budget, self.now).spent.0
    }

    /// The least and the most that a budget may say when all is known.
    fn exact(&self, budget: &Budget, slack: Micros) -> (u64, u64) {
        let start = budget.period.window(self.now, budget.time_zone.as_ref()).0;
        let since = |from: Micros| self.sum(|one| one.at >= from).0;
        match budget.period {
            Period::Rolling(seconds) => {
                (since(start), since(start - Micros::from(seconds) * SECOND / 60 - slack))
            }
            _ => (since(start), since(start)),
        }
    }
}

#[test]
fn what_others_spend_counts_in_windows_of_every_kind() {
    let mut world = World::new();
    world.spend(5, true);
    world.spend(70, false);
    world.fold(false);
    world.now += SECOND;
    world.hear();
    // What is spent here and not stored yet hides as much of what others spent, as in windows of the calendar in UTC.
    let utc = Budget::new(NanoUsd(1), Period::Day);
    assert_eq!(world.spent(&utc), 70);
    for budget in &windows() {
        assert_eq!(world.spent(budget), 70, "{budget:?}");
        assert_eq!(
            world.purse.spent_here(budget, world.now),
            NanoUsd(5),
            "others' part is never told as our own"
        );
    }
    world.fold(true);
    world.hear();
    for budget in &windows() {
        assert_eq!(world.spent(budget), 75, "{budget:?}");
    }
}

#[test]
fn what_the_store_says_of_a_day_that_is_over_is_of_the_day_before() {
    let mut purse = Purse::default();
    let day = Budget::new(NanoUsd(1 << 50), Period::Day);
    let month = Budget::new(NanoUsd(1 << 50), Period::Month);
    let asked = NOW + 24 * HOUR - SECOND;
    let began = NOW + 24 * HOUR + SECOND;
    purse.settle(began, NanoUsd::ZERO, NanoUsd(2));
    let sums = SpentByPeriod {
        day: NanoUsd(40),
        month: NanoUsd(90),
        total: NanoUsd(90),
        ..SpentByPeriod::default()
    };
    purse.restore(asked, &sums);
    purse.restore_here(asked, &sums);
    assert_eq!((purse.view(&day, began).spent, purse.view(&month, began).spent), (NanoUsd(2), NanoUsd(90)));
    assert_eq!(purse.before(&day, began).spent, NanoUsd(40));
}

#[test]
fn what_was_spent_here_is_told_apart_in_whatever_order_it_is_learned() {
    let (day, ever) =
        (Budget::new(NanoUsd(1 << 50), Period::Day), Budget::new(NanoUsd(1 << 50), Period::Total));
    let all = SpentByPeriod { day: NanoUsd(40), total: NanoUsd(100), ..SpentByPeriod::default() };
    let here = SpentByPeriod { day: NanoUsd(30), total: NanoUsd(70), ..SpentByPeriod::default() };
    for here_first in [false, true] {
        let mut purse = Purse::default();
        if here_first {
            purse.restore_here(NOW, &here);
        }
        purse.restore(NOW, &all);
        purse.restore_here(NOW, &here);
        purse.settle(NOW, NanoUsd::ZERO, NanoUsd(5));
        for (budget, all, here) in [(&day, 45, 35), (&ever, 105, 75)] {
            let told = (purse.view(budget, NOW).spent, purse.spent_here(budget, NOW));
            assert_eq!(told, (NanoUsd(all), NanoUsd(here)), "{budget:?}, here first: {here_first}");
        }
        let tomorrow = NOW + 24 * HOUR;
        purse.settle(tomorrow, NanoUsd::ZERO, NanoUsd(1));
        assert_eq!(
            (purse.view(&day, tomorrow).spent, purse.spent_here(&day, tomorrow)),
            (NanoUsd(1), NanoUsd(1))
        );
        let before = purse.before(&day, tomorrow);
        assert_eq!((before.spent, before.here), (NanoUsd(45), NanoUsd(35)));
        assert_eq!(purse.spent_here(&ever, tomorrow), NanoUsd(76));
    }
}

#[test]
fn a_window_that_began_meanwhile_is_put_right() {
    let mut world = World::new();
    let day = zoned(Period::Day, "Asia/Kolkata");
    let end = world.purse.view(&day, world.now).resets_at.unwrap();
    world.now = end - SECOND;
    world.spend(3, true);
    world.spend(40, false);
    world.fold(false);
    world.now = end + SECOND;
    world.spend(2, true);
    world.hear();
    // Nobody knows yet what of it belongs to the new day; 5 of it hide behind what is not stored yet.
    assert_eq!(world.spent(&day), 2 + 35);
    world.now = end + 10 * SECOND;
    world.hear();
    assert_eq!(world.spent(&day), 2);
    world.fold(true);
    world.hear();
    assert_eq!(world.spent(&day), 2, "and stays so");
}

#[derive(Clone, Debug)]
enum Step {
    Spend(u64, bool),
    Fold(bool),
    Hear,
    Pass(i64),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_others_spend_is_lost_or_counted_twice(
        steps in proptest::collection::vec(prop_oneof![
            4 => (1u64..1_000, any::<bool>()).prop_map(|(cost, here)| Step::Spend(cost, here)),
            2 => any::<bool>().prop_map(Step::Fold),
            3 => Just(Step::Hear),
            2 => (0i64..5).prop_map(|seconds| Step::Pass(seconds * SECOND)),
            1 => (1i64..400).prop_map(|minutes| Step::Pass(minutes * 60 * SECOND)),
        ], 1..80)
    ) {
        let mut world = World::new();
        let mut longest_silence = 0;
        let mut heard = world.now;
        for step in steps {
            match step {
                Step::Spend(cost, is_here) => world.spend(cost, is_here),
                Step::Fold(of_here) => world.fold(of_here),
                Step::Hear => {
                    world.hear();
                    heard = world.now;
                }
                Step::Pass(time) => {
                    // Journals are stored within seconds.
                    world.fold(true);
                    world.fold(false);
                    world.now += time;
                    longest_silence = longest_silence.max(world.now - heard);
                }
            }
            for budget in &windows() {
                let own = world.exact(budget, 0).0;
                let own = own - world.sum(|one| {
                    !one.is_here && one.at >= budget.period.window(world.now, budget.time_zone.as_ref()).0
                }).0;
                prop_assert!(world.spent(budget) >= own, "what is spent here counts at once");
            }
        }
        world.fold(true);
        world.fold(false);
        world.hear();
        world.now += 10 * SECOND;
        world.hear();
        for budget in &windows() {
            let (least, most) = world.exact(budget, longest_silence + 10 * SECOND + HOUR / 60);
            let told = world.spent(budget);
            prop_assert!((least..=most).contains(&told), "{budget:?}: {told} is not within {least} and {most}");
            if matches!(budget.period, Period::Day | Period::Week | Period::Month) {
                let (told, truth) = world.before(budget);
                prop_assert!(told >= truth, "{budget:?} before: {told} of {truth}: too much would go over");
            }
        }
    }
}

#[test]
fn budgets_of_the_same_window_go_their_own_way_while_nobody_can_be_asked() {
    let mut purse = Purse::default();
    let of = |limit| Budget::new(NanoUsd(limit), Period::Day);
    let (large, small) = (of(1000), of(100));
    purse.note_used(&large, NOW, NanoUsd(200), 1);
    purse.note_used(&small, NOW, NanoUsd(20), 1);
    let mut reach = |budget: &Budget| {
        let view = purse.view(budget, NOW);
        purse.reach(budget, &view, 1).0
    };
    assert_eq!((reach(&large), reach(&small)), (400, 40));
    // What all had used of the window is the same for one that was changed.
    assert_eq!(reach(&of(500)), 150);
    assert_eq!(reach(&Budget { alert_at: vec![80], ..of(1000) }), 400);
    for limit in 2000..2100 {
        purse.note_used(&of(limit), NOW, NanoUsd::ZERO, 1);
    }
    assert!(purse.rare().reaches.len() <= gw_model::limits::MAX_BUDGETS);
}
