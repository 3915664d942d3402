//! What is held for a call: tokens and money, taken before it goes out, more of both when an answer outgrows them or a
//! further try is to follow. It must not settle anything.

use super::quota::{Extension, Quota};
use super::{Open, amounts, journal_refusal};
use crate::reserve::hold_refusal;
use gw_model::{CallFacts, NanoUsd, Refusal, ServiceTier};
use gw_store::memory::{Amounts, HoldRefused};

/// How many output tokens a stream's hold grows by when it reaches its bound.
const EXTEND_TOKENS: u64 = 1024;

impl Open {
    /// Holds tokens and money for the call.
    pub(crate) async fn take_hold(&mut self, facts: &CallFacts, amounts: Amounts) -> Result<(), HoldRefused> {
        self.hold_here(facts, amounts)?;
        if !self.must_ask() {
            return Ok(());
        }
        // A box: few calls ask, and the future of all others stays small.
        Box::pin(self.ask_for_hold()).await
    }

    /// Holds it in this gateway; where others count too, [`Self::ask_for_hold`] follows.
    pub(crate) fn hold_here(&mut self, facts: &CallFacts, amounts: Amounts) -> Result<(), HoldRefused> {
        let cost = amounts.cost;
        self.input_tokens = facts.input_tokens;
        self.media = facts.media;
        self.output_bound = amounts.output;
        self.tier = facts.service_tier.unwrap_or(ServiceTier::Standard);
        self.searches = facts.searches;
        self.within_cap(cost)?;
        self.hold_cost = cost;
        if self.chain.is_empty() {
            return Ok(());
        }
        self.chain.reserve(self.worker.now(), amounts)
    }

    /// Asks whether what is held here may be held; if not, it is given back.
    pub(crate) async fn ask_for_hold(&mut self) -> Result<(), HoldRefused> {
        let asked = self.ask(self.chain.held()).await;
        if asked.is_err() {
            self.chain.settle(self.worker.now(), Amounts::default());
        }
        asked
    }

    /// Holds more for an answer of which `seen` output tokens have come, when `held` are not enough for it; `held` is
    /// what is held afterwards.
    ///
    /// # Errors
    /// The budget or a rate limit does not allow more.
    pub(crate) fn hold_for(&mut self, seen: u64, held: &mut u64) -> Result<(), Refusal> {
        self.check_asked()?;
        while seen > *held {
            // Where a whole step is too much, what was seen may still fit.
            let needed = seen - *held;
            let mut step = EXTEND_TOKENS.max(needed);
            let mut extended = self.extend_hold(step);
            if extended.is_err() && needed < step {
                step = needed;
                extended = self.extend_hold(step);
            }
            extended.map_err(|refused| hold_refusal(&refused))?;
            *held += step;
        }
        Ok(())
    }

    fn extend_hold(&mut self, more_output_tokens: u64) -> Result<(), HoldRefused> {
        let Some(attempt) = &self.attempt else { return Ok(()) };
        let prices = &attempt.target.info.prices;
        let grown = self.output_bound.saturating_add(more_output_tokens);
        let bound = |output| prices.bound_with(self.input_tokens, output, &self.media, self.tier);
        let cost = bound(grown).minus(bound(self.output_bound));
        self.within_cap(self.hold_cost.plus(cost))?;
        let more = Amounts { input: 0, output: more_output_tokens, cost };
        let called = self.extend_quota(|quota| quota.extend(Amounts::cost(cost)))?;
        let now = self.worker.now();
        if let Err(refused) = self.chain.extend(now, more).and_then(|()| self.ask_later(more)) {
            self.shrink_quota(called.as_ref());
            return Err(refused);
        }
        if cost > NanoUsd::ZERO {
            self.announce_extension(self.hold_cost.plus(cost))?;
        }
        self.output_bound = grown;
        self.hold_cost = self.hold_cost.plus(cost);
        self.extend_tolls(cost);
        Ok(())
    }

    /// The same of what is called, where that has limits or budgets.
    pub(super) fn extend_quota(
        &mut self,
        extend: impl FnOnce(&mut Quota) -> Result<Extension, HoldRefused>,
    ) -> Result<Option<Extension>, HoldRefused> {
        let quota = self.attempt.as_mut().and_then(|attempt| attempt.quota.as_mut());
        quota.map(|quota| extend(quota)).transpose()
    }

    /// Gives back what [`Self::extend_quota`] took.
    pub(super) fn shrink_quota(&mut self, extension: Option<&Extension>) {
        let quota = self.attempt.as_mut().and_then(|attempt| attempt.quota.as_mut());
        if let Some((quota, extension)) = quota.zip(extension) {
            quota.take_back(extension);
        }
    }

    /// Writes the larger hold of the open try to the journal: a process that dies must charge that one.
    pub(super) fn announce_extension(&self, hold: NanoUsd) -> Result<(), HoldRefused> {
        let Some(attempt) = &self.attempt else { return Ok(()) };
        let written = self.worker.journal().extended(&self.intent(&attempt.target, hold));
        written.map_err(|error| {
            journal_refusal(&self.worker, &error);
            HoldRefused::NotRecorded
        })
    }

    /// Holds once more what the latest try cost, since another one is to follow it: the hold is for one.
    ///
    /// # Errors
    /// The budget or a rate limit does not allow more.
    pub(crate) async fn hold_another(&mut self) -> Result<(), HoldRefused> {
        let Some(last) = self.record.attempts.last() else { return Ok(()) };
        let more = amounts(&last.usage, last.cost);
        if more.is_none() {
            return Ok(());
        }
        self.within_cap(self.hold_cost.plus(more.cost))?;
        self.chain.extend(self.worker.now(), more)?;
        if self.must_ask() {
            Box::pin(self.ask(more)).await?;
        }
        // The next try's intent states it.
        self.hold_cost = self.hold_cost.plus(more.cost);
        self.extend_tolls(more.cost);
        Ok(())
    }
}
