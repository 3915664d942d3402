//! Limits that count tries: each takes what it needs of those of its deployment and provider, and of those of its callers that
//! are of some providers, or goes by. It must not wait for them.

use super::Turn;
use super::exchange::Exchange;
use super::queue::Step;
use crate::reserve::{hold_refusal, largest, refuse_unpriced_at};
use crate::ticket::quota::{Chains, Quota};
use gw_model::snapshot::Target;
use gw_model::{ErrorCode, Refusal, WireFormat};
use gw_store::memory::{Amounts, Chain};

impl Exchange {
    /// Takes what a try at a target needs. Errors: the limit that does not let it through.
    pub(super) async fn quota(&self, step: Step, target: &Target) -> Result<Box<Quota>, Refusal> {
        let facts = &self.call.facts;
        let amounts = match self.call.format.counts() {
            Some(_) => Amounts::default(),
            // A session's responses are held for one by one; the money of the first is held at once.
            None if self.call.format == WireFormat::OpenAiRealtime => {
                let reserve = self.live.snapshot.settings.reserve_output_tokens;
                Amounts::cost(largest(facts, std::iter::once(&*target.info), reserve).cost)
            }
            None => {
                let reserve = self.live.snapshot.settings.reserve_output_tokens;
                let most = largest(facts, std::iter::once(&*target.info), reserve);
                Amounts { input: facts.input_tokens, output: most.output, cost: most.cost }
            }
        };
        if self.model.has_budgets_at(step.target) {
            refuse_unpriced_at(&self.call, target)?;
        }
        let worker = self.ticket.worker();
        let chains = Chains { callers: self.callers(target), called: self.called(step, target) };
        match Quota::take(worker, chains, amounts).await {
            Ok(quota) => Ok(Box::new(quota)),
            Err(refused) => {
                worker.gateway().metrics.tries_over_limits.inc();
                Err(hold_refusal(&refused))
            }
        }
    }
}

impl Exchange {
    /// The deployment and its provider, where they have limits or budgets.
    fn called(&self, step: Step, target: &Target) -> Option<Chain> {
        let quotas = self.model.quotas_at(step.target);
        if quotas.is_empty() {
            return None;
        }
        let mut chain = Chain::new(quotas.iter().map(|quota| quota.link()));
        chain.set_model(&[&*target.model, &*self.call.facts.model]);
        chain.set_priority(self.ticket.priority);
        Some(chain)
    }

    /// Those that the call counts for, where their limits count tries there: whatever name it came by, and whichever target
    /// is tried.
    fn callers(&self, target: &Target) -> Option<Chain> {
        let chain = self.ticket.chain();
        if !chain.counts_tries() {
            return None;
        }
        let (provider, model) = (&*target.provider.name, &*target.model);
        let called = [provider, "/", model].concat();
        chain.of_try(provider, &[&*self.call.facts.model, &*self.model.name, model, &called])
    }
}

/// Of what kept a request from targets, its caller is told what passes first: a limit lets it through after a while.
pub(super) fn passed_over(unfit: &mut Option<Refusal>, refusal: Refusal) -> Turn {
    let is_limit = |refusal: &Refusal| {
        matches!(refusal.code, ErrorCode::RateLimitExceeded | ErrorCode::ConcurrencyLimitExceeded)
    };
    let wait = |refusal: &Refusal| refusal.retry_after_seconds.unwrap_or(u32::MAX);
    let stays = unfit.as_ref().is_some_and(|known| is_limit(known) && wait(known) <= wait(&refusal));
    if unfit.is_none() || (is_limit(&refusal) && !stays) {
        *unfit = Some(refusal);
    }
    Turn::Unfit
}
