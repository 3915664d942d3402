//! Random operations, with clocks that jump and processes that die, against [`super::model`].
use super::super::PIECES;
use super::model::Account;
use super::*;
use crate::types::Spending;
use gw_model::limits::{Rollover, TimeZone};
use proptest::prelude::*;

/// Two keys, a team and an organization; calls count for a key and for both others.
const LEVELS: [(Level, u128); 4] =
    [(Level::Key, 1), (Level::Key, 2), (Level::Team, 1), (Level::Organization, 1)];

#[derive(Clone, Debug)]
enum Step {
    /// A call of one of the keys comes in.
    Admit(usize),
    /// The oldest call but so many holds.
    Reserve(usize, u64, u64),
    Extend(usize, u64, u64),
    SettlePart(usize, u64, u64),
    /// The call ends: it used that share of the hold, in percent; or it was refused.
    End(usize, u64),
    Refuse(usize),
    /// A batch is charged.
    Charge(usize, u64),
    /// An account gets other rules.
    Change(usize, usize),
    /// The clock goes on, or back.
    Pass(i64),
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let call = || 0usize..4;
    let step = prop_oneof![
        6 => (0usize..2).prop_map(Step::Admit),
        6 => (call(), 0u64..60, 0u64..200).prop_map(|(c, t, m)| Step::Reserve(c, t, m)),
        3 => (call(), 0u64..30, 0u64..100).prop_map(|(c, t, m)| Step::Extend(c, t, m)),
        2 => (call(), 0u64..60, 0u64..100).prop_map(|(c, t, m)| Step::SettlePart(c, t, m)),
        5 => (call(), 0u64..130).prop_map(|(c, share)| Step::End(c, share)),
        1 => call().prop_map(Step::Refuse),
        1 => (0usize..2, 0u64..100).prop_map(|(key, cost)| Step::Charge(key, cost)),
        1 => (0usize..4, 0usize..3).prop_map(|(who, rules)| Step::Change(who, rules)),
        5 => prop_oneof![0i64..5, 20i64..90, 1000i64..9000, 50_000i64..200_000, -9000i64..0].prop_map(Step::Pass),
        1 => Just(Step::Crash),
    ];
    proptest::collection::vec(step, 1..80)
}

/// Rules that differ in their bounds only: what is counted for stays the same.
fn variants() -> [Arc<Rules>; 3] {
    let zone = TimeZone::from_name("Asia/Kolkata");
    [(4, 3, 150, 500), (2, 1, 80, 250), (20, 9, 400, 3000)].map(|(rpm, parallel, tpm, money)| {
        let limits =
            Limits { rpm: Some(rpm), max_parallel: Some(parallel), tpm: Some(tpm), ..Limits::default() };
        let budget = |limit, period| Budget::new(NanoUsd(limit), period);
        let rollover = |cap, since| Some(Rollover { cap, since });
        let budgets = [
            budget(money * 4, Period::Total),
            Budget { rollover: rollover(Some(NanoUsd(money / 2)), 0), ..budget(money, Period::Day) },
            budget(money, Period::Rolling(7200)),
            Budget { time_zone: zone.clone(), ..budget(money * 2, Period::Week) },
            // From the day on that follows the one in which all begins.
            Budget {
                time_zone: zone.clone(),
                rollover: rollover(None, NOW + DAY),
                ..budget(money, Period::Day)
            },
        ];
        rules(&limits, &budgets)
    })
}

/// A call, and what the model knows of it.
struct Call {
    chain: Chain,
    key: usize,
    rules: [Arc<Rules>; 3],
    arrived: Micros,
    admitted_at: [Micros; 3],
    held: Amounts,
    /// Tokens, and when they were taken, in the order of time: the first, and the latest extensions.
    pieces: Vec<(u64, [Micros; 3])>,
    settled: u64,
}

struct World {
    now: Micros,
    parties: [Party; 4],
    model: [Account; 4],
    rules: [usize; 4],
    variants: [Arc<Rules>; 3],
    calls: Vec<Call>,
    /// What the store knows of each account.
    ledger: [Vec<(Micros, u64)>; 4],
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: NOW + 40_000_000_000,
            parties: LEVELS.map(|(level, number)| Party::new(level, number)),
            model: Default::default(),
            rules: [0; 4],
            variants: variants(),
            calls: Vec::new(),
            ledger: Default::default(),
        };
        world.restore();
        world
    }

    fn rules_of(&self, who: usize) -> &Arc<Rules> {
        &self.variants[self.rules[who]]
    }

    fn chain(&self, key: usize) -> Chain {
        Chain::new([3, key, 2].map(|who| self.parties[who].link(self.rules_of(who))))
    }

    /// The process has died: memory is empty, the ledger is not.
    fn restore(&mut self) {
        self.parties = LEVELS.map(|(level, number)| Party::new(level, number));
        let now = self.now;
        for who in 0..4 {
            let mut ledger = self.ledger[who].clone();
            ledger.sort_unstable();
            let since = |period: Period| {
                let recent = ledger.iter().filter(|(at, _)| *at >= period.window_start(now));
                NanoUsd(recent.map(|(_, cost)| cost).sum())
            };
            let [day, week, month, total] =
                [Period::Day, Period::Week, Period::Month, Period::Total].map(since);
            let tally = &self.parties[who].tally;
            let before = [Period::Day, Period::Week, Period::Month].map(|period| {
                let start = period.window_start(now);
                let within = period.window_start(start - 1)..start;
                NanoUsd(ledger.iter().filter(|(at, _)| within.contains(at)).map(|(_, cost)| cost).sum())
            });
            tally.restore_spent(now, &SpentByPeriod { day, week, month, total, before });
            for window in tally.open_windows(&self.variants[0], now) {
                let within = ledger.iter().filter(|(at, _)| *at >= window.from);
                let pieces = within.map(|(at, cost)| (*at.min(&now), NanoUsd(*cost))).collect();
                let known = Spending { pieces, later: NanoUsd::ZERO, total };
                tally.restore_window(&window, now, &known, None);
            }
            self.model[who] = Account::restored(now, &ledger);
            self.model[who].now(now);
        }
    }

    fn crash(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            let lost = call.settled + call.held.cost.0;
            for who in [call.key, 2, 3] {
                self.ledger[who].push((call.arrived, lost));
            }
        }
        self.restore();
    }

    fn admit(&mut self, key: usize) {
        let mut chain = self.chain(key);
        let rules = [key, 2, 3].map(|who| Arc::clone(self.rules_of(who)));
        let times = [key, 2, 3].map(|who| self.model[who].now(self.now));
        let parts = || [key, 2, 3].into_iter().zip(times).zip(&rules);
        let fits = parts().all(|((who, now), rules)| self.model[who].admits(rules, now));
        assert_eq!(chain.admit(self.now).is_ok(), fits);
        if !fits {
            return;
        }
        for (who, now) in [key, 2, 3].into_iter().zip(times) {
            self.model[who].enter(now);
        }
        let (arrived, admitted_at) = (self.now, times);
        let held = Amounts::default();
        let pieces = Vec::new();
        self.calls.push(Call { chain, key, rules, arrived, admitted_at, held, pieces, settled: 0 });
    }

    /// The model's answer to a hold; the times by each account's clock. Accounts behind one that refuses are not asked.
    fn room(&mut self, at: usize, amounts: &Amounts) -> Option<[Micros; 3]> {
        let call = &self.calls[at];
        let mut times = [0; 3];
        for (place, who) in [call.key, 2, 3].into_iter().enumerate() {
            times[place] = self.model[who].now(self.now);
            if !self.model[who].has_room(&call.rules[place], times[place], amounts) {
                return None;
            }
        }
        for (who, now) in [call.key, 2, 3].into_iter().zip(times) {
            self.model[who].hold(now, amounts);
        }
        Some(times)
    }

    fn hold(&mut self, at: usize, amounts: Amounts, is_first: bool) {
        if self.calls[at].chain.holds() == is_first {
            return;
        }
        let room = self.room(at, &amounts);
        let (now, call) = (self.now, &mut self.calls[at]);
        let held = if is_first { call.chain.reserve(now, amounts) } else { call.chain.extend(now, amounts) };
        assert_eq!(held.is_ok(), room.is_some(), "{held:?}");
        let Some(times) = room else { return };
        call.held = call.held.plus(&amounts);
        if is_first || amounts.tokens() > 0 {
            if call.pieces.len() == PIECES {
                call.pieces.remove(1);
            }
            call.pieces.push((amounts.tokens(), times));
        }
    }

    /// Frees a part of a hold for what was used.
    fn level(&mut self, at: usize, freed: &Amounts, used: &Amounts) {
        let call = &mut self.calls[at];
        call.settled += used.cost.0;
        for (place, who) in [call.key, 2, 3].into_iter().enumerate() {
            let now = self.model[who].now(self.now);
            let pieces = call.pieces.iter().rev().map(|(tokens, times)| (*tokens, times[place]));
            self.model[who].settle(now, freed, used, pieces);
        }
        let mut freed = freed.tokens();
        for (tokens, _) in call.pieces.iter_mut().rev() {
            let gone = freed.min(*tokens);
            (*tokens, freed) = (*tokens - gone, freed - gone);
        }
        while call.pieces.len() > 1 && call.pieces.last().is_some_and(|(tokens, _)| *tokens == 0) {
            call.pieces.pop();
        }
    }

    fn settle_part(&mut self, at: usize, used: &Amounts) {
        if !self.calls[at].chain.holds() {
            return;
        }
        let held = self.calls[at].held;
        let keep = Amounts { input: 0, output: held.output / 2, cost: NanoUsd(held.cost.0 / 2) };
        self.level(at, &held.minus(&keep), used);
        let call = &mut self.calls[at];
        call.chain.settle_part(self.now, keep, *used);
        call.held = keep;
    }

    fn end(&mut self, at: usize, share: u64) {
        let held = self.calls[at].held;
        if self.calls[at].chain.holds() {
            let used = used(held.output * share / 100, held.cost.0 * share / 100);
            self.level(at, &held, &used);
            let overrun = self.calls[at].chain.settle(self.now, used);
            assert_eq!(overrun, used.cost.minus(held.cost));
        }
        let mut call = self.calls.remove(at);
        call.chain.leave();
        for who in [call.key, 2, 3] {
            self.model[who].parallel -= 1;
            self.ledger[who].push((self.now, call.settled));
        }
    }

    fn refuse(&mut self, at: usize) {
        if self.calls[at].chain.holds() {
            return;
        }
        let call = &mut self.calls[at];
        call.chain.give_request_back();
        for (place, who) in [call.key, 2, 3].into_iter().enumerate() {
            self.model[who].give_request_back(call.admitted_at[place]);
        }
        self.end(at, 0);
    }

    fn charge(&mut self, key: usize, cost: u64) {
        self.chain(key).charge(self.now, Amounts::cost(NanoUsd(cost)));
        for who in [key, 2, 3] {
            let now = self.model[who].now(self.now);
            self.model[who].settle(now, &Amounts::default(), &used(0, cost), [].into_iter());
            self.ledger[who].push((self.now, cost));
        }
    }

    fn step(&mut self, step: &Step) {
        let chosen = |place: usize| (!self.calls.is_empty()).then(|| place % self.calls.len());
        match *step {
            Step::Admit(key) => self.admit(key),
            Step::Reserve(place, tokens, cost) => {
                chosen(place).into_iter().for_each(|at| self.hold(at, used(tokens, cost), true));
            }
            Step::Extend(place, tokens, cost) => {
                chosen(place).into_iter().for_each(|at| self.hold(at, used(tokens, cost), false));
            }
            Step::SettlePart(place, tokens, cost) => {
                chosen(place).into_iter().for_each(|at| self.settle_part(at, &used(tokens, cost)));
            }
            Step::End(place, share) => chosen(place).into_iter().for_each(|at| self.end(at, share)),
            Step::Refuse(place) => chosen(place).into_iter().for_each(|at| self.refuse(at)),
            Step::Charge(key, cost) => self.charge(key, cost),
            Step::Change(who, rules) => self.rules[who] = rules,
            Step::Pass(seconds) => self.now += seconds * 1_000_000,
            Step::Crash => self.crash(),
        }
    }

    /// Every account is as the model says.
    fn compare(&mut self) {
        for who in 0..4 {
            let rules = Arc::clone(&self.variants[self.rules[who]]);
            let now = self.model[who].now(self.now);
            // By a call that changes nothing, so that both see the same time.
            let views = self.parties[who].tally.budget_views(&rules, now);
            for (view, budget) in views.iter().zip(rules.budgets()) {
                let expected = (self.model[who].spent_in(budget, now), self.model[who].reserved);
                assert_eq!((view.spent.0, view.reserved.0), expected, "{:?} of account {who}", budget.period);
                let limit = self.model[who].limit_of(budget, now);
                assert_eq!(view.limit.0, limit, "bound by {:?} of account {who}", budget.period);
            }
            assert_eq!(u64::from(self.parties[who].tally.parallel()), self.model[who].parallel);
            let Some(left) = self.parties[who].call(&rules).limits_view(now) else { continue };
            let told = [left.requests, left.tokens].map(|one| one.map(|one| one.limit - one.remaining));
            let expected = self.model[who].counted(now).into_iter().zip([left.requests, left.tokens]);
            let expected = expected.map(|(count, view)| view.map(|view| count.min(view.limit)));
            assert_eq!(told.to_vec(), expected.collect::<Vec<_>>(), "requests and tokens of account {who}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn chains_do_what_the_model_says(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.compare();
        }
        while !world.calls.is_empty() {
            world.end(0, 100);
        }
        world.compare();
        assert!(world.model.iter().all(|account| account.reserved == 0 && account.parallel == 0));
    }
}
