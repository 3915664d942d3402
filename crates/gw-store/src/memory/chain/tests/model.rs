//! What chains of accounts must do, in the simplest way: everything that was ever taken is kept in lists, and every
//! question is answered by adding up. Rates are counted in sixty parts of their window, the oldest whole.
use super::*;
use std::collections::BTreeMap;

const SECOND: Micros = 1_000_000;
/// A window has that many parts, and one that is only just begun.
const PARTS: i64 = 61;

/// One account.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    latest: Micros,
    pub(super) parallel: u64,
    pub(super) reserved: u64,
    /// When, and nano-dollars.
    spent: Vec<(Micros, u64)>,
    requests: Counts,
    tokens: Counts,
}

/// Units by the second in which they were taken.
#[derive(Clone, Debug, Default)]
struct Counts(BTreeMap<i64, u64>);

impl Counts {
    fn add(&mut self, at: Micros, units: u64) {
        *self.0.entry(at.div_euclid(SECOND)).or_default() += units;
    }

    fn give_back(&mut self, at: Micros, units: u64) {
        if let Some(count) = self.0.get_mut(&at.div_euclid(SECOND)) {
            *count = count.saturating_sub(units);
        }
    }

    fn within(&self, now: Micros) -> u64 {
        self.0.range(now.div_euclid(SECOND) - PARTS + 1..).map(|(_, count)| count).sum()
    }
}

impl Account {
    /// One that has lost everything but what the ledger knows.
    pub(super) fn restored(now: Micros, ledger: &[(Micros, u64)]) -> Self {
        Self { spent: ledger.iter().map(|(at, cost)| (*at.min(&now), *cost)).collect(), ..Self::default() }
    }

    pub(super) fn now(&mut self, now: Micros) -> Micros {
        self.latest = self.latest.max(now);
        self.latest
    }

    pub(super) fn spent_in(&self, budget: &Budget, now: Micros) -> u64 {
        let counts = |at: Micros| match budget.period {
            Period::Rolling(seconds) => {
                let part = |time: Micros| (time * 60 / i64::from(seconds)).div_euclid(SECOND);
                part(at) > part(now) - PARTS
            }
            period => at >= period.window(now, budget.time_zone.as_ref()).0,
        };
        self.spent.iter().filter(|(at, _)| counts(*at)).map(|(_, cost)| cost).sum()
    }

    /// The bound of a budget, with what was not spent of it in the window before.
    pub(super) fn limit_of(&self, budget: &Budget, now: Micros) -> u64 {
        let Some(rollover) = budget.rollover else { return budget.limit.0 };
        let start = budget.period.window(now, budget.time_zone.as_ref()).0;
        let before = budget.period.window(start - 1, budget.time_zone.as_ref()).0;
        let spent = self.spent.iter().filter(|(at, _)| (before..start).contains(at)).map(|(_, cost)| cost);
        let unspent = budget.limit.0.saturating_sub(spent.sum());
        let cap = rollover.cap.map_or(u64::MAX, |cap| cap.0);
        budget.limit.0 + if rollover.since < start { unspent.min(cap) } else { 0 }
    }

    /// Requests and tokens in their windows.
    pub(super) fn counted(&self, now: Micros) -> [u64; 2] {
        [self.requests.within(now), self.tokens.within(now)]
    }

    pub(super) fn admits(&self, rules: &Rules, now: Micros) -> bool {
        rules.limits.iter().all(|rule| match rule.limit.unit {
            LimitUnit::Parallel => self.parallel < rule.limit.max,
            LimitUnit::Requests => self.requests.within(now) < rule.limit.max,
            _ => self.tokens.within(now) < rule.limit.max,
        })
    }

    pub(super) fn has_room(&self, rules: &Rules, now: Micros, amounts: &Amounts) -> bool {
        let (cost, tokens) = (amounts.cost.0, amounts.tokens());
        let has_money =
            |budget: &Budget| self.spent_in(budget, now) + self.reserved + cost <= self.limit_of(budget, now);
        let money = cost == 0 || rules.budgets.iter().all(has_money);
        let has_tokens = |limit: &Limit| tokens == 0 || self.tokens.within(now) + tokens <= limit.max;
        money
            && rules.limits.iter().all(|rule| rule.limit.unit != LimitUnit::Tokens || has_tokens(&rule.limit))
    }

    pub(super) fn enter(&mut self, now: Micros) {
        self.parallel += 1;
        self.requests.add(now, 1);
    }

    pub(super) fn give_request_back(&mut self, at: Micros) {
        self.requests.give_back(at, 1);
    }

    pub(super) fn hold(&mut self, now: Micros, amounts: &Amounts) {
        self.reserved += amounts.cost.0;
        self.tokens.add(now, amounts.tokens());
    }

    /// `pieces` are the pieces of the hold that may have something to give back, the latest first.
    pub(super) fn settle(
        &mut self,
        now: Micros,
        freed: &Amounts,
        used: &Amounts,
        pieces: impl Iterator<Item = (u64, Micros)>,
    ) {
        self.reserved -= freed.cost.0;
        self.spent.push((now, used.cost.0));
        if used.tokens() > freed.tokens() {
            self.tokens.add(now, used.tokens() - freed.tokens());
        }
        let mut unused = freed.tokens().saturating_sub(used.tokens());
        for (tokens, at) in pieces {
            let back = unused.min(tokens);
            self.tokens.give_back(at, back);
            unused -= back;
        }
    }
}
