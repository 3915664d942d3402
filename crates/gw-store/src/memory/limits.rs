//! The counters of one key: requests, tokens, parallel calls and money, behind one short lock. Serves the
//! admit, reserve and settle stages. It must not read a clock or block for longer than a few additions.

use super::budget::{BudgetView, Purse, SpentByPeriod};
use super::views::LimitsView;
use super::window::{Bound, Window};
use gw_model::{KeyPolicy, Micros, NanoUsd};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Holds that are not settled yet, of all keys in the process.
static OPEN_RESERVATIONS: AtomicI64 = AtomicI64::new(0);

/// How many holds are not settled yet, in the whole process.
#[must_use]
pub fn open_reservations() -> i64 {
    OPEN_RESERVATIONS.load(Ordering::Relaxed)
}

/// What a caller over the limit of parallel calls is told to wait: one will end, nobody knows when.
const PARALLEL_RETRY_US: u64 = 1_000_000;

/// Which limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKindHit {
    /// Requests per minute.
    Requests,
    /// Tokens per minute.
    Tokens,
    /// Requests at the same time.
    Parallel,
}

/// A limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitExceeded {
    /// Which.
    pub kind: LimitKindHit,
    /// The limit itself.
    pub limit: u64,
    /// Microseconds after which another try may succeed.
    pub retry_after_us: u64,
}

/// Why a hold was refused; nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldRefused {
    /// The token limit has not that much left.
    Limit(LimitExceeded),
    /// It is more than the token limit lets through at once, so that no wait is long enough.
    TooLarge {
        /// Most tokens that can be held at once.
        limit: u64,
        /// Tokens asked for.
        needed: u64,
    },
    /// The larger hold could not be written to the journal.
    NotRecorded,
    /// The call itself may not cost so much, whatever its key has left.
    Cap {
        /// Most that it may cost.
        limit: NanoUsd,
        /// What it would come to.
        needed: NanoUsd,
    },
    /// The budget has not that much left.
    Budget {
        /// Bound.
        limit: NanoUsd,
        /// Spent in the current window.
        spent: NanoUsd,
        /// Held by calls in flight.
        reserved: NanoUsd,
        /// What was asked for.
        needed: NanoUsd,
    },
}

/// Tokens and money that are held for one call. Whoever holds it must settle it exactly once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// Tokens held.
    pub tokens: u64,
    /// Money held.
    pub nano: NanoUsd,
    /// Tokens of the first hold, and when they were taken.
    first: Piece,
    /// Tokens of the latest extension. An extension is asked for when what came before is used up, so only
    /// the latest can have anything to give back, besides the first.
    latest: Piece,
}

impl Hold {
    /// For a hold that was taken while there was no limit of tokens, when there is one now.
    pub const fn forget_tokens(&mut self) {
        self.tokens = 0;
        self.first = Piece { tokens: 0, stamp: 0 };
        self.latest = Piece { tokens: 0, stamp: 0 };
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Piece {
    tokens: u64,
    stamp: Micros,
}

#[derive(Debug, Default)]
struct Counters {
    requests: Window,
    tokens: Window,
    parallel: u32,
    purse: Purse,
}

/// See the module.
#[derive(Debug, Default)]
pub struct KeyUsage {
    counters: Mutex<Counters>,
    /// The key is revoked. It stands here because every version of a key's entry shares this.
    pub(super) revoked: AtomicBool,
}

impl KeyUsage {
    /// Takes one request and one parallel slot, or nothing. Also refuses when not one token is left.
    pub fn admit(&self, policy: &KeyPolicy, now: Micros) -> Result<(), LimitExceeded> {
        let limits = &policy.limits;
        let mut counters = self.counters.lock();
        if let Some(max) = limits.max_parallel.filter(|max| counters.parallel >= *max) {
            return Err(exceeded(LimitKindHit::Parallel, u64::from(max), PARALLEL_RETRY_US));
        }
        if let Some(max) = limits.tpm
            && let Some(wait) = counters.tokens.wait(&Bound::new(limits, max), now)
        {
            return Err(exceeded(LimitKindHit::Tokens, max, wait));
        }
        if let Some(max) = limits.rpm {
            let bound = Bound::new(limits, max);
            let taken = counters.requests.take(&bound, now, 1);
            taken.map_err(|wait| exceeded(LimitKindHit::Requests, max, wait))?;
        }
        counters.parallel = counters.parallel.saturating_add(1);
        Ok(())
    }

    /// Gives the request of [`Self::admit`] back when a later stage refused the call; the parallel slot
    /// stays taken until [`Self::leave`]. `policy` and `admitted_at` are what was given to `admit`: units go
    /// back to where they were taken, and nothing was taken without a limit.
    pub fn unadmit(&self, policy: &KeyPolicy, admitted_at: Micros) {
        if policy.limits.rpm.is_some() {
            self.counters.lock().requests.give_back(admitted_at, 1);
        }
    }

    /// Gives the parallel slot back.
    pub fn leave(&self) {
        let mut counters = self.counters.lock();
        counters.parallel = counters.parallel.saturating_sub(1);
    }

    /// Holds tokens and money at once, or nothing.
    pub fn reserve(
        &self,
        policy: &KeyPolicy,
        now: Micros,
        tokens: u64,
        hold: NanoUsd,
    ) -> Result<Hold, HoldRefused> {
        if let Some(max) = policy.limits.tpm {
            let limit = Bound::new(&policy.limits, max).ceiling();
            if tokens > limit {
                return Err(HoldRefused::TooLarge { limit, needed: tokens });
            }
        }
        let stamp = self.counters.lock().hold(policy, now, tokens, hold)?;
        OPEN_RESERVATIONS.fetch_add(1, Ordering::Relaxed);
        let first = Piece { tokens, stamp };
        Ok(Hold { tokens, nano: hold, first, latest: Piece::default() })
    }

    /// Holds more for the same call, or leaves the hold as it was.
    pub fn extend(
        &self,
        policy: &KeyPolicy,
        now: Micros,
        hold: &mut Hold,
        more_tokens: u64,
        more: NanoUsd,
    ) -> Result<(), HoldRefused> {
        let stamp = self.counters.lock().hold(policy, now, more_tokens, more)?;
        hold.tokens = hold.tokens.saturating_add(more_tokens);
        hold.nano = hold.nano.plus(more);
        hold.latest = Piece { tokens: more_tokens, stamp };
        Ok(())
    }

    /// As [`Self::extend`], for what mostly uses far less than it may: as many tokens are taken as are left, if any is.
    /// Returns how many were.
    pub fn extend_within(
        &self,
        policy: &KeyPolicy,
        now: Micros,
        hold: &mut Hold,
        more_tokens: u64,
        more: NanoUsd,
    ) -> Result<u64, HoldRefused> {
        let mut counters = self.counters.lock();
        let tokens = policy.limits.tpm.map_or(more_tokens, |max| {
            let left = counters.tokens.remaining(&Bound::new(&policy.limits, max), now).remaining;
            // With nothing left, the one that is asked for says how long to wait.
            more_tokens.min(left.max(1))
        });
        let stamp = counters.hold(policy, now, tokens, more)?;
        hold.tokens = hold.tokens.saturating_add(tokens);
        hold.nano = hold.nano.plus(more);
        // An extension of money alone leaves the tokens before it to be given back.
        if tokens > 0 {
            hold.latest = Piece { tokens, stamp };
        }
        Ok(tokens)
    }

    /// Turns a part of a hold into what was used, for a call that goes on: `keep_tokens` and `keep` stay held, the
    /// rest was for `used_tokens` and `used`. Returns by how much the cost is above that rest.
    pub fn settle_part(
        &self,
        policy: &KeyPolicy,
        now: Micros,
        hold: &mut Hold,
        (keep_tokens, keep): (u64, NanoUsd),
        (used_tokens, used): (u64, NanoUsd),
    ) -> NanoUsd {
        let (keep_tokens, keep) = (keep_tokens.min(hold.tokens), keep.min(hold.nano));
        let (freed_tokens, freed) = (hold.tokens - keep_tokens, hold.nano.minus(keep));
        let mut counters = self.counters.lock();
        counters.purse.settle(now, freed, used);
        if policy.limits.tpm.is_some() {
            counters.level_tokens(now, hold, freed_tokens, used_tokens);
        }
        drop(counters);
        *hold = Hold {
            tokens: keep_tokens,
            nano: keep,
            first: Piece { tokens: keep_tokens, stamp: now },
            latest: Piece::default(),
        };
        if policy.budget.is_some() { used.minus(freed) } else { NanoUsd::ZERO }
    }

    /// Turns a hold into what was used, in the windows of now; exactly once per hold, with the policy that it
    /// was taken under. Tokens that were held
    /// and not used go back to when they were taken. Returns by how much the cost is above the hold.
    pub fn settle(
        &self,
        policy: &KeyPolicy,
        now: Micros,
        hold: Hold,
        actual_tokens: u64,
        actual: NanoUsd,
    ) -> NanoUsd {
        OPEN_RESERVATIONS.fetch_sub(1, Ordering::Relaxed);
        let mut counters = self.counters.lock();
        counters.purse.settle(now, hold.nano, actual);
        // Without a limit nothing was taken; one that was set since must not be lowered for it.
        if policy.limits.tpm.is_some() {
            counters.level_tokens(now, &hold, hold.tokens, actual_tokens);
        }
        drop(counters);
        if policy.budget.is_some() { actual.minus(hold.nano) } else { NanoUsd::ZERO }
    }

    /// What is left of the limits per minute.
    #[must_use]
    pub fn limits_view(&self, policy: &KeyPolicy, now: Micros) -> LimitsView {
        let limits = &policy.limits;
        let mut counters = self.counters.lock();
        LimitsView {
            requests: limits.rpm.map(|max| counters.requests.remaining(&Bound::new(limits, max), now)),
            tokens: limits.tpm.map(|max| counters.tokens.remaining(&Bound::new(limits, max), now)),
        }
    }

    /// Where the budget stands; `None` when the key has none.
    #[must_use]
    pub fn budget_view(&self, policy: &KeyPolicy, now: Micros) -> Option<BudgetView> {
        let budget = policy.budget.as_ref()?;
        Some(self.counters.lock().purse.view(budget, now))
    }

    /// Calls in flight.
    #[must_use]
    pub fn parallel(&self) -> u32 {
        self.counters.lock().parallel
    }

    /// Sets, at start-up, what was spent since `window_start` (0: ever), for each period whose window
    /// starts then.
    pub fn set_spent(&self, window_start: Micros, spent: NanoUsd) {
        self.counters.lock().purse.set_spent(window_start, spent);
    }

    /// Sets what was spent in all windows that hold `now`, as the store knows it, when a key is loaded. What
    /// is known to be more stays.
    pub fn restore_spent(&self, now: Micros, spent: &SpentByPeriod) {
        self.counters.lock().purse.restore(now, spent);
    }
}

impl Counters {
    /// Charges what was used beyond what was held for it, or gives back what was not used.
    fn level_tokens(&mut self, now: Micros, hold: &Hold, held: u64, used: u64) {
        if used > held {
            self.tokens.charge(now, used - held);
            return;
        }
        let unused = held - used;
        let from_latest = unused.min(hold.latest.tokens);
        let from_first = (unused - from_latest).min(hold.first.tokens);
        self.tokens.give_back(hold.latest.stamp, from_latest);
        self.tokens.give_back(hold.first.stamp, from_first);
    }

    /// Money first: its refusal leaves no trace, so that tokens need not be given back.
    fn hold(
        &mut self,
        policy: &KeyPolicy,
        now: Micros,
        tokens: u64,
        nano: NanoUsd,
    ) -> Result<Micros, HoldRefused> {
        let budget = policy.budget.as_ref();
        self.purse.hold(budget, now, nano).map_err(|view| HoldRefused::Budget {
            limit: view.limit,
            spent: view.spent,
            reserved: view.reserved,
            needed: nano,
        })?;
        let Some(max) = policy.limits.tpm else { return Ok(now) };
        self.tokens.take(&Bound::new(&policy.limits, max), now, tokens).map_err(|wait| {
            self.purse.settle(now, nano, NanoUsd::ZERO);
            HoldRefused::Limit(exceeded(LimitKindHit::Tokens, max, wait))
        })
    }
}

const fn exceeded(kind: LimitKindHit, limit: u64, retry_after_us: u64) -> LimitExceeded {
    LimitExceeded { kind, limit, retry_after_us }
}

#[cfg(test)]
mod tests;
