//! Which of a provider's credentials a call tries, and in which order: the one that target or key name, else drawn
//! by weight, those that rest last.

use super::Credentials;
use crate::route::weighted;
use gw_model::credential::DEFAULT_CREDENTIAL;
use gw_model::{ErrorCode, Micros, Refusal};
use smallvec::SmallVec;
use std::sync::atomic::Ordering;

/// Credentials in the order to try them. Empty for a provider whose own credential is all there is.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    order: SmallVec<[usize; 4]>,
    at: usize,
}

impl Credentials {
    /// Draws. `named` is the only one that may be used. Errors: 503 `no_healthy_target` when there is none of that
    /// name.
    pub(crate) fn deal(
        &self,
        named: Option<&str>,
        now: Micros,
        seed: impl FnOnce() -> u64,
    ) -> Result<Hand, Refusal> {
        if let Some(name) = named {
            return match self.position(name) {
                // A provider with one credential has no list, and that one this name.
                None if self.held.is_empty() && name == DEFAULT_CREDENTIAL => Ok(Hand::default()),
                Some(only) => Ok(Hand { order: SmallVec::from_slice(&[only]), at: 0 }),
                None => Err(self.unknown(name)),
            };
        }
        match self.len() {
            0 => Ok(Hand::default()),
            1 => Ok(Hand { order: SmallVec::from_slice(&[0]), at: 0 }),
            count => {
                let weights: SmallVec<[u32; 8]> = self.held.iter().map(|held| held.weight).collect();
                let drawn = weighted::draw(&weights, seed());
                debug_assert_eq!(drawn.len(), count, "each is drawn once");
                let rests = |i: &usize| {
                    self.held.get(*i).is_some_and(|held| held.rests_until.load(Ordering::Relaxed) > now)
                };
                let (resting, free): (SmallVec<[usize; 4]>, SmallVec<[usize; 4]>) =
                    drawn.into_iter().partition(rests);
                Ok(Hand { order: free.into_iter().chain(resting).collect(), at: 0 })
            }
        }
    }

    fn unknown(&self, name: &str) -> Refusal {
        let text = format!(
            "the provider '{}' has no credential '{name}', which this key, the target or what the request names is \
             bound to",
            self.provider.name
        );
        Refusal::new(ErrorCode::NoHealthyTarget, text)
    }
}

impl Hand {
    /// The one at hand.
    pub(crate) fn current(&self) -> Option<usize> {
        self.order.get(self.at).copied()
    }

    /// Moves on; false when there is no other.
    pub(crate) fn advance(&mut self) -> bool {
        let more = self.at + 1 < self.order.len();
        self.at += usize::from(more);
        more
    }

    /// Starts over.
    pub(crate) const fn restart(&mut self) {
        self.at = 0;
    }
}
