//! The limits and budgets of what is called: each try takes what it needs of those of its deployment and provider, or goes by. It must
//! not wait for them.

use super::Turn;
use super::exchange::Exchange;
use super::queue::Step;
use crate::reserve::{hold_refusal, largest, refuse_unpriced_at};
use crate::ticket::quota::Quota;
use gw_model::snapshot::Target;
use gw_model::{ErrorCode, Refusal};
use gw_store::memory::Amounts;

impl Exchange {
    /// Takes what a try at a target needs. Errors: the limit that does not let it through.
    pub(super) async fn quota(&self, step: Step, target: &Target) -> Result<Box<Quota>, Refusal> {
        let facts = &self.call.facts;
        let amounts = match self.call.format.counts() {
            Some(_) => Amounts::default(),
            None => {
                let reserve = self.live.snapshot.settings.reserve_output_tokens;
                let most = largest(facts, std::iter::once(&*target.info), reserve);
                Amounts { input: facts.input_tokens, output: most.output, cost: most.cost }
            }
        };
        if self.model.has_budgets_at(step.target) {
            refuse_unpriced_at(&self.call, target)?;
        }
        let links = self.model.quotas_at(step.target).iter().map(|quota| quota.link());
        let names = [&*target.model, &*facts.model];
        let worker = self.ticket.worker();
        match Quota::take(worker, links, &names, self.ticket.priority, amounts).await {
            Ok(quota) => Ok(Box::new(quota)),
            Err(refused) => {
                worker.gateway().metrics.tries_over_limits.inc();
                Err(hold_refusal(&refused))
            }
        }
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
