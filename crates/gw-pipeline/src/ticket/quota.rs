//! What one try takes of limits and budgets besides its call: of those of what is called, which are its deployment's and its
//! provider's, and of its callers' limits that count tries at some providers. Taken before the try goes out and settled when
//! it ends, whatever becomes of it. It must not choose another target.

use super::stake::{Stake, Taken};
use crate::worker::Worker;
use gw_store::memory::{Amounts, Chain, HoldRefused};
use smallvec::SmallVec;
use std::rc::Rc;

/// See the module. Dropped, it is settled.
pub(crate) struct Quota(SmallVec<[Part; 1]>);

/// Accounts of one kind.
struct Part {
    stake: Stake,
    /// Whoever is called counts every request that comes. A caller's counts where it was served.
    is_callers: bool,
}

/// What was taken besides for the same try, and can be given back until more is taken.
#[derive(Debug, Default)]
pub(super) struct Extension(SmallVec<[Taken; 1]>);

/// What a try counts for.
pub(crate) struct Chains {
    /// Its callers, as far as they limit tries there.
    pub(crate) callers: Option<Chain>,
    /// What is called.
    pub(crate) called: Option<Chain>,
}

impl Quota {
    /// Takes a request, and holds these amounts, in this gateway and where all count together.
    ///
    /// # Errors
    /// The limit that does not let it through; nothing is taken then.
    pub(crate) async fn take(
        worker: &Rc<Worker>,
        chains: Chains,
        amounts: Amounts,
    ) -> Result<Self, HoldRefused> {
        let Chains { callers, called } = chains;
        let mut parts = SmallVec::new();
        for (chain, is_callers) in [(callers, true), (called, false)] {
            if let Some(chain) = chain {
                let mut stake = Stake::here(worker, chain, amounts)?;
                stake.ask().await?;
                parts.push(Part { stake, is_callers });
            }
        }
        Ok(Self(parts))
    }

    /// Holds more for an answer that grows.
    ///
    /// # Errors
    /// There is not that much left; nothing more is held then.
    pub(super) fn extend(&mut self, more: Amounts) -> Result<Extension, HoldRefused> {
        self.each_more(|stake| stake.extend(more))
    }

    /// Holds what a session may use from here on, as far as it is not held yet: all of the money, and of the tokens what is
    /// left.
    ///
    /// # Errors
    /// As [`Self::extend`].
    pub(super) fn cover(&mut self, bound: Amounts) -> Result<Extension, HoldRefused> {
        self.each_more(|stake| stake.cover(bound))
    }

    fn each_more(
        &mut self,
        mut take: impl FnMut(&mut Stake) -> Result<Taken, HoldRefused>,
    ) -> Result<Extension, HoldRefused> {
        let mut extension = Extension::default();
        for at in 0..self.0.len() {
            match self.0.get_mut(at).map(|part| take(&mut part.stake)) {
                Some(Ok(taken)) => extension.0.push(taken),
                Some(Err(refused)) => {
                    self.take_back(&extension);
                    return Err(refused);
                }
                None => {}
            }
        }
        Ok(extension)
    }

    /// Gives back what is not wanted after all. Nothing else was taken since.
    pub(super) fn take_back(&mut self, extension: &Extension) {
        for (part, taken) in self.0.iter_mut().zip(&extension.0) {
            part.stake.take_back(taken);
        }
    }

    /// Hears what came of asking for more.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn check_later(&mut self) -> Result<(), HoldRefused> {
        self.0.iter_mut().try_for_each(|part| part.stake.check_later())
    }

    /// Settles a part of a session; `keep` stays held for what is under way.
    pub(super) fn settle_part(&mut self, keep: Amounts, used: Amounts) {
        self.0.iter_mut().for_each(|part| part.stake.settle_part(keep, used));
    }

    /// It goes out.
    pub(super) fn note_sent(&mut self) {
        self.0.iter_mut().for_each(|part| part.stake.note_sent());
    }

    /// Notes what it used, in all, and whether it was served.
    pub(super) fn note_used(&mut self, used: Amounts, is_served: bool) {
        for part in &mut self.0 {
            part.stake.note_used(used, is_served || !part.is_callers);
        }
    }
}
