//! When a second target is asked while the first is silent, and how many requests of a model may have one. Made once per
//! configuration; shared by all workers without a lock. It must not ask anybody.

use crate::health::Deployment;
use gw_model::routing::{Hedge, HedgeAfter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What one hedge takes from the budget: each request puts in a hundredth of that for each percent.
const ONE: u32 = 100;

/// See the module.
#[derive(Debug)]
pub(crate) struct Hedging {
    hedge: Hedge,
    /// What is left, in hundredths of a hedge.
    budget: AtomicU32,
}

impl Hedging {
    /// For a model with these deployments.
    pub(crate) fn new(hedge: Hedge, deployments: &[Arc<Deployment>]) -> Self {
        if matches!(hedge.after, HedgeAfter::Percentile { .. }) {
            deployments.iter().for_each(|deployment| deployment.keep_tails());
        }
        Self { hedge, budget: AtomicU32::new(hedge.burst.saturating_mul(ONE)) }
    }

    /// Most further targets of one request.
    pub(super) fn attempts(&self) -> usize {
        usize::try_from(self.hedge.attempts).unwrap_or(1)
    }

    /// How long the deployment may be silent.
    pub(super) fn delay(&self, deployment: &Deployment, is_stream: bool) -> Duration {
        Duration::from_millis(match self.hedge.after {
            HedgeAfter::Ms(ms) => ms,
            HedgeAfter::Percentile { permille, min_ms, max_ms } => {
                let usual_us = deployment.tail_us(is_stream, permille);
                usual_us.map_or(max_ms, |us| us.div_ceil(1000).clamp(min_ms, max_ms))
            }
        })
    }

    /// A request came that might be hedged.
    pub(super) fn earn(&self) {
        let most = self.hedge.burst.saturating_mul(ONE);
        let more = |left: u32| (left < most).then(|| left.saturating_add(self.hedge.max_percent).min(most));
        // Nothing changes while it is full.
        let _ = self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Takes one hedge from the budget, if there is one.
    pub(super) fn take(&self) -> bool {
        let less = |left: u32| left.checked_sub(ONE);
        self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// Gives one back that came to nothing.
    pub(super) fn give_back(&self) {
        self.budget.fetch_add(ONE, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
