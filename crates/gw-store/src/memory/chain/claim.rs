//! What a call asks of the counters that all gateways share, and what their answer means. Serves reserve and settle. It
//! must not know where those counters are.

use super::super::amounts::Amounts;
use super::super::budget::Mark;
use super::super::refused::{HoldRefused, LimitExceeded};
use super::super::rules::Rule;
use super::super::views::{LimitsView, Remaining};
use super::lend::{Leased, Lender, NoLender};
use super::{Chain, Link, Part, each};
use gw_model::limits::{LimitKind, LimitUnit, OnUnavailable};
use gw_model::{AccountId, Micros, NanoUsd};

/// What is asked for, all or nothing.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// One after the other.
    pub items: Vec<Item>,
    /// Tokens and money that are to be held.
    pub amounts: Amounts,
}

/// One counter.
#[derive(Clone, Debug)]
pub enum Item {
    /// A limit over a window.
    Limit {
        /// Its name, the same in all gateways.
        key: String,
        /// What it counts.
        unit: LimitUnit,
        /// Its window.
        per_seconds: u32,
        /// How that is counted.
        kind: LimitKind,
        /// The bound.
        max: u64,
        /// Units above it.
        burst: u64,
        /// How many are to be taken.
        units: u64,
        /// It is only noted what it would refuse.
        shadow: bool,
        /// Whose it is: the place in the chain.
        part: usize,
    },
    /// A limit of calls at the same time.
    Parallel {
        /// Its name, the same in all gateways.
        key: String,
        /// The bound.
        max: u64,
        /// How many are to be taken.
        units: u64,
        /// It is only noted what it would refuse.
        shadow: bool,
        /// Whose it is: the place in the chain.
        part: usize,
    },
    /// The budgets of an account.
    Budgets {
        /// Whose.
        account: AccountId,
        /// What is to be held.
        cost: NanoUsd,
        /// Each of them.
        list: Vec<BudgetItem>,
        /// The place in the chain.
        part: usize,
    },
}

/// One budget.
#[derive(Clone, Debug)]
pub struct BudgetItem {
    /// The bound of now, without what came over.
    pub limit: NanoUsd,
    /// What comes over from the window before.
    pub carry: Option<Carry>,
    /// It is only noted what it would refuse.
    pub shadow: bool,
    /// Its window, and what was spent here in it.
    pub mark: Mark,
}

/// What comes over from the window before, as far as it was not spent.
#[derive(Clone, Debug)]
pub struct Carry {
    /// At most.
    pub most: NanoUsd,
    /// Of this.
    pub of: NanoUsd,
    /// What is known here to come over.
    pub known: NanoUsd,
    /// The window before, and what was spent here in it.
    pub mark: Mark,
}

/// Why a counter refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A limit is reached.
    Limit {
        /// Microseconds after which another try may succeed.
        retry_after_us: u64,
    },
    /// A budget has not that much left.
    Budget {
        /// Which of the item's.
        index: usize,
        /// Spent in the window, by all.
        spent: NanoUsd,
        /// Held, by all.
        reserved: NanoUsd,
    },
}

impl BudgetItem {
    /// The bound as it is known here.
    fn known_limit(&self) -> NanoUsd {
        self.carry.as_ref().map_or(self.limit, |carry| self.limit.plus(carry.known))
    }
}

impl Part {
    /// The name of a limit, the same in all gateways.
    pub(super) fn key_of(account: AccountId, rule: &Rule) -> String {
        let limit = &rule.limit;
        format!("{account}:{}:{}:{:x}", limit.unit.as_str(), limit.per_seconds, rule.slot.scope)
    }

    fn item(&self, rule: &Rule, units: u64, part: usize) -> Item {
        let limit = &rule.limit;
        let (unit, per_seconds, shadow) = (limit.unit, limit.per_seconds, limit.shadow);
        let max = limit.reserve.within(limit.max, self.priority);
        let key = Self::key_of(self.link.id, rule);
        if unit == LimitUnit::Parallel {
            return Item::Parallel { key, max, units, shadow, part };
        }
        let (kind, burst) = (limit.kind, limit.burst);
        Item::Limit { key, unit, per_seconds, kind, max, burst, units, shadow, part }
    }
}

impl Chain {
    /// Does anything count for all gateways together?
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.links().any(|link| {
            let limits = link.rules.limits.iter().any(|rule| rule.limit.sharing.is_shared());
            limits || link.rules.budgets.iter().any(|budget| budget.sharing.is_shared())
        })
    }

    /// As after [`Self::admit`], with nothing taken.
    #[cfg(test)]
    pub(crate) const fn assume_admitted(&mut self) {
        (self.is_inside, self.has_request) = (true, true);
    }

    /// Has the call's request been taken?
    #[must_use]
    pub const fn has_request(&self) -> bool {
        self.has_request
    }

    /// As [`Self::claim_beyond`], with nothing set aside.
    #[must_use]
    pub fn claim(&self, now: Micros, amounts: Amounts, is_first: bool) -> Option<Claim> {
        self.claim_beyond(now, amounts, is_first, &mut NoLender)
    }

    /// What is to be asked for: these amounts, and with the first claim of a call also its request and its place
    /// among those that run at the same time. `None`: nothing that is shared counts any of it, or all of it was set aside.
    #[must_use]
    pub fn claim_beyond(
        &self,
        now: Micros,
        amounts: Amounts,
        is_first: bool,
        lender: &mut impl Lender,
    ) -> Option<Claim> {
        let mut items = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            if !part.is_try {
                items.extend(money(part, at, now, amounts.cost, lender));
            }
            let counted = part.terms().counted().filter(|(_, r)| r.limit.sharing.is_shared());
            for (_, rule) in counted {
                let units = match rule.limit.unit {
                    LimitUnit::Requests => u64::from(is_first && self.has_request),
                    LimitUnit::Parallel => u64::from(is_first && self.is_inside),
                    unit => amounts.of(unit),
                };
                let leased = Leased { account: part.link.id, slot: Some(rule.slot) };
                let is_leased = rule.is_leased() && leased.can_be();
                if units == 0 || (is_leased && lender.take(leased, units, now)) {
                    continue;
                }
                let item = part.item(rule, units, at);
                if is_leased {
                    lender.note_missed(leased, &part.link, &item);
                }
                items.push(item);
            }
        }
        (!items.is_empty()).then_some(Claim { items, amounts })
    }

    /// What was spent here in the windows of the budgets that are shared, after a settlement.
    #[must_use]
    pub fn marks(&self, now: Micros) -> Vec<(AccountId, Mark)> {
        let mut marks = Vec::new();
        let counts_money = |part: &&Part| !part.is_try && part.link.rules.has_shared_budgets();
        for part in self.parts.iter().filter(counts_money) {
            marks.extend(part.link.marks(now).into_iter().map(|mark| (part.link.id, mark)));
        }
        marks
    }

    /// What a refusal by an item of a claim means for the caller.
    #[must_use]
    pub fn refusal(&self, item: &Item, refused: Refused) -> HoldRefused {
        let holder = |part: usize| self.parts.get(part).map(|p| p.link.holder.clone()).unwrap_or_default();
        let (unit, max, per_seconds, part) = match (item, refused) {
            (Item::Budgets { list, cost, part, .. }, Refused::Budget { index, spent, reserved }) => {
                let limit = list.get(index).map_or(NanoUsd::ZERO, BudgetItem::known_limit);
                let (holder, needed) = (holder(*part), *cost);
                return HoldRefused::Budget { holder, limit, spent, reserved, needed };
            }
            (Item::Limit { unit, max, per_seconds, part, .. }, _) => (*unit, *max, *per_seconds, *part),
            (Item::Parallel { max, part, .. }, _) => (LimitUnit::Parallel, *max, 0, *part),
            (Item::Budgets { .. }, Refused::Limit { .. }) => return HoldRefused::Unavailable,
        };
        let retry_after_us = match refused {
            Refused::Limit { retry_after_us } => retry_after_us,
            Refused::Budget { .. } => 0,
        };
        let holder = holder(part);
        HoldRefused::Limit(LimitExceeded { holder, unit, max, per_seconds, retry_after_us })
    }

    /// Notes what a shared counter would have refused, were it in force.
    pub fn note_shadow(&mut self, refused: HoldRefused) {
        self.shadow.get_or_insert_with(|| Box::new(refused));
    }

    /// Notes what all gateways together have left of the limits of a claim: units, and microseconds until all is free.
    pub fn note_left(&mut self, claim: &Claim, left: &[(u64, u64)]) {
        let limits = claim.items.iter().filter_map(|item| match item {
            Item::Limit { unit, max, shadow, .. } => Some((*unit, *max, *shadow)),
            _ => None,
        });
        for ((unit, limit, shadow), (remaining, reset_us)) in limits.zip(left) {
            if shadow || unit == LimitUnit::Cost {
                continue;
            }
            let one = Some(Remaining { limit, remaining: *remaining, reset_us: *reset_us });
            let one = match unit {
                LimitUnit::Requests => LimitsView { requests: one, tokens: None },
                _ => LimitsView { requests: None, tokens: one },
            };
            self.left = Some(self.left.map_or(one, |known| one.least(&known)));
        }
    }

    /// Notes what all gateways together have used of the budgets of a claim.
    pub fn note_used(&mut self, claim: &Claim, now: Micros, used: &[u64], nodes: u64) {
        let mut used = used.iter();
        for item in &claim.items {
            let Item::Budgets { list, part, .. } = item else { continue };
            let Some(part) = self.parts.get(*part) else { continue };
            let shared = part.link.rules.budgets.iter().filter(|b| b.sharing.is_shared());
            let mut counters = part.link.tally.lock();
            for (budget, used) in shared.zip(used.by_ref().take(list.len())) {
                counters.purse().note_used(budget, now, NanoUsd(*used), nodes);
            }
        }
    }

    /// May the call go on though nobody can say what is left? What it takes is taken here already; of what is shared
    /// each of so many gateways has its part, or nothing goes out, or all. Money waits until it is known that it
    /// cannot be asked for long (`is_gone`): a part that others may use too could overspend a budget.
    ///
    /// # Errors
    /// Which does not allow it.
    pub fn go_alone(&self, now: Micros, nodes: u64, is_gone: bool) -> Result<(), HoldRefused> {
        let closed = |sharing: gw_model::limits::Sharing| {
            sharing.is_shared() && sharing.on_unavailable == OnUnavailable::Closed
        };
        let waits = |sharing: gw_model::limits::Sharing| {
            let has_part = sharing.on_unavailable == OnUnavailable::Local;
            closed(sharing) || (sharing.is_shared() && has_part && !is_gone)
        };
        let costs = self.held().cost.0 > 0;
        let mut refused = None;
        each(&self.parts, |part, counters| {
            let is_closed = part.budgets().iter().any(|b| costs && !b.shadow && waits(b.sharing))
                || part.terms().counted().any(|(_, r)| closed(r.limit.sharing) && !r.limit.shadow);
            if is_closed {
                refused.get_or_insert(HoldRefused::Unavailable);
            }
            let now = counters.now(now);
            if refused.is_none() {
                refused = counters.above_share(part.terms(), now, nodes);
            }
        });
        refused.map_or(Ok(()), Err)
    }
}

/// The budgets of a part, unless the money is set aside, or nothing of it is wanted.
fn money(part: &Part, at: usize, now: Micros, cost: NanoUsd, lender: &mut impl Lender) -> Option<Item> {
    let is_leased = part.link.rules.has_leased_money();
    let leased = Leased { account: part.link.id, slot: None };
    if is_leased && (cost.0 == 0 || lender.take(leased, cost.0, now)) {
        return None;
    }
    let item = part.link.budgets(now, cost, at)?;
    if is_leased {
        lender.note_missed(leased, &part.link, &item);
    }
    Some(item)
}

impl Link {
    /// What is asked of the shared budgets of the account; `None` where it has none.
    pub(crate) fn budgets(&self, now: Micros, cost: NanoUsd, part: usize) -> Option<Item> {
        let shared = || self.rules.budgets.iter().filter(|budget| budget.sharing.is_shared());
        shared().next()?;
        let mut counters = self.tally.lock();
        let list = shared().map(|budget| {
            let purse = counters.purse();
            let view = purse.view(budget, now);
            let carry = budget.carries_at_most(view.window_start).and_then(|most| {
                let mark = purse.mark_before(budget, now)?;
                Some(Carry { most, of: budget.limit, known: view.carried, mark })
            });
            let mark = purse.mark(budget, now, false);
            BudgetItem { limit: budget.limit_at(now), carry, shadow: budget.shadow, mark }
        });
        Some(Item::Budgets { account: self.id, cost, list: list.collect(), part })
    }

    /// What was spent here in the windows of the account's shared budgets, as far as it may have changed lately.
    pub(crate) fn marks(&self, now: Micros) -> Vec<Mark> {
        let shared = self.rules.budgets.iter().filter(|budget| budget.sharing.is_shared());
        let mut counters = self.tally.lock();
        shared.map(|budget| counters.purse().mark(budget, now, false)).collect()
    }
}
