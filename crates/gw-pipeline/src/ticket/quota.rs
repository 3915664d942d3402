//! What one try takes of limits and budgets besides its call: of those of what is called, which are its deployment's and its
//! provider's, and of its callers' limits that count tries at some providers. Taken before the try goes out and settled when
//! it ends, whatever becomes of it. It must not choose another target.

use super::shared::{Asked, Asker, Shared};
use crate::worker::Worker;
use gw_store::memory::{Amounts, Chain, HoldRefused};
use smallvec::SmallVec;
use std::rc::Rc;

/// See the module. Dropped, it is settled.
pub(crate) struct Quota(SmallVec<[Part; 1]>);

/// Accounts of one kind.
struct Part {
    worker: Rc<Worker>,
    chain: Chain,
    shared: Option<Box<Shared>>,
    /// Whoever is called counts every request that comes. A caller's counts where it was served.
    is_callers: bool,
    /// What the try has used.
    used: Amounts,
    /// What of that is settled already: a session is, response by response.
    settled: Amounts,
    /// Its request counts: it went out.
    counts: bool,
}

/// What was taken besides for the same try, and can be given back until more is taken.
#[derive(Debug, Default)]
pub(super) struct Extension(SmallVec<[Taken; 1]>);

#[derive(Debug, Default)]
struct Taken {
    amounts: Amounts,
    before: Asked,
}

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
                parts.push(Part::take(worker, chain, is_callers, amounts).await?);
            }
        }
        Ok(Self(parts))
    }

    /// Holds more for an answer that grows.
    ///
    /// # Errors
    /// There is not that much left; nothing more is held then.
    pub(super) fn extend(&mut self, more: Amounts) -> Result<Extension, HoldRefused> {
        self.each_more(|part| part.extend(more))
    }

    /// Holds what a session may use from here on, as far as it is not held yet: all of the money, and of the tokens what is
    /// left.
    ///
    /// # Errors
    /// As [`Self::extend`].
    pub(super) fn cover(&mut self, bound: Amounts) -> Result<Extension, HoldRefused> {
        self.each_more(|part| part.cover(bound))
    }

    fn each_more(
        &mut self,
        mut take: impl FnMut(&mut Part) -> Result<Taken, HoldRefused>,
    ) -> Result<Extension, HoldRefused> {
        let mut extension = Extension::default();
        for at in 0..self.0.len() {
            match self.0.get_mut(at).map(&mut take) {
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
            part.take_back(taken);
        }
    }

    /// Hears what came of asking for more.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn check_later(&mut self) -> Result<(), HoldRefused> {
        self.0.iter_mut().try_for_each(Part::check_later)
    }

    /// Settles a part of a session; `keep` stays held for what is under way.
    pub(super) fn settle_part(&mut self, keep: Amounts, used: Amounts) {
        self.0.iter_mut().for_each(|part| part.settle_part(keep, used));
    }

    /// It goes out.
    pub(super) fn note_sent(&mut self) {
        self.0.iter_mut().for_each(|part| part.counts = true);
    }

    /// Notes what it used, in all, and whether it was served.
    pub(super) fn note_used(&mut self, used: Amounts, is_served: bool) {
        for part in &mut self.0 {
            part.used = used.minus(&part.settled);
            part.counts &= is_served || !part.is_callers;
        }
    }
}

impl Part {
    async fn take(
        worker: &Rc<Worker>,
        chain: Chain,
        is_callers: bool,
        amounts: Amounts,
    ) -> Result<Self, HoldRefused> {
        let mut part = Self {
            worker: Rc::clone(worker),
            chain,
            shared: None,
            is_callers,
            used: Amounts::default(),
            settled: Amounts::default(),
            counts: false,
        };
        part.chain.admit(worker.now()).map_err(HoldRefused::Limit)?;
        if !amounts.is_none() {
            part.chain.reserve(worker.now(), amounts)?;
        }
        part.asker().ask(amounts).await?;
        Ok(part)
    }

    fn extend(&mut self, more: Amounts) -> Result<Taken, HoldRefused> {
        self.check_later()?;
        if more.is_none() || !self.chain.holds() {
            return Ok(Taken::default());
        }
        self.chain.extend(self.worker.now(), more)?;
        self.extended(more)
    }

    fn cover(&mut self, bound: Amounts) -> Result<Taken, HoldRefused> {
        self.check_later()?;
        let more = bound.minus(&self.chain.held());
        if more.is_none() {
            return Ok(Taken::default());
        }
        let now = self.worker.now();
        if !self.chain.holds() {
            self.chain.reserve(now, Amounts::default())?;
        }
        let taken = self.chain.extend_within(now, more)?;
        self.extended(taken)
    }

    /// Asks for what was taken here, which goes back when it is refused.
    fn extended(&mut self, amounts: Amounts) -> Result<Taken, HoldRefused> {
        let mut asker = self.asker();
        let taken = Taken { amounts, before: asker.mark() };
        let asked = asker.ask_later(amounts);
        if let Err(refused) = asked {
            self.take_back(&taken);
            return Err(refused);
        }
        Ok(taken)
    }

    fn take_back(&mut self, taken: &Taken) {
        if !taken.amounts.is_none() {
            self.asker().undo(taken.before);
            self.chain.give_back(self.worker.now(), taken.amounts);
        }
    }

    fn check_later(&mut self) -> Result<(), HoldRefused> {
        if self.shared.is_none() { Ok(()) } else { self.asker().check_later() }
    }

    fn settle_part(&mut self, keep: Amounts, used: Amounts) {
        self.settled = self.settled.plus(&used);
        match self.chain.holds() {
            true => self.chain.settle_part(self.worker.now(), keep, used),
            false => self.chain.charge(self.worker.now(), used),
        };
        if self.worker.gateway().shared.is_some() {
            self.asker().tell_part(keep, used);
        }
    }

    fn asker(&mut self) -> Asker<'_> {
        Asker { worker: &self.worker, chain: &mut self.chain, shared: &mut self.shared }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let (now, used, counts) = (self.worker.now(), self.used, self.counts);
        if counts && self.chain.shadow().is_some() {
            self.worker.gateway().metrics.shadow_refusals.inc();
        }
        match self.chain.holds() {
            true => self.chain.settle(now, used),
            false => self.chain.charge(now, used),
        };
        if self.worker.gateway().shared.is_some() {
            self.asker().tell_end(used, counts);
        }
        if !counts {
            self.chain.give_request_back();
        }
        self.chain.leave();
    }
}
