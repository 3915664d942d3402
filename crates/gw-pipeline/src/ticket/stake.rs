//! What is taken of limits and budgets beside those that a call's own ticket holds: of a try, or of a limit within a route.
//! Dropped, it is settled. It must not decide what becomes of a call.

use super::shared::{Asked, Asker, Shared};
use crate::worker::Worker;
use gw_store::memory::{Amounts, Chain, HoldRefused};
use std::rc::Rc;

/// See the module.
pub(crate) struct Stake {
    worker: Rc<Worker>,
    chain: Chain,
    shared: Option<Box<Shared>>,
    /// What it was taken for.
    taken: Amounts,
    /// What was used of it.
    used: Amounts,
    /// What of that is settled already: a session is, response by response.
    settled: Amounts,
    /// Its request counts.
    counts: bool,
}

impl std::fmt::Debug for Stake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stake").field("taken", &self.taken).field("used", &self.used).finish_non_exhaustive()
    }
}

/// What was taken besides, and can be given back until more is taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    amounts: Amounts,
    before: Asked,
}

impl Stake {
    /// Takes a request, and holds these amounts, in this gateway. Where others count too, [`Self::ask`] follows.
    ///
    /// # Errors
    /// The limit that does not let it through; nothing is taken then.
    pub(crate) fn here(worker: &Rc<Worker>, chain: Chain, amounts: Amounts) -> Result<Self, HoldRefused> {
        let mut stake = Self {
            worker: Rc::clone(worker),
            chain,
            shared: None,
            taken: amounts,
            used: Amounts::default(),
            settled: Amounts::default(),
            counts: false,
        };
        stake.chain.admit(worker.now()).map_err(HoldRefused::Limit)?;
        if !amounts.is_none() {
            stake.chain.reserve(worker.now(), amounts)?;
        }
        Ok(stake)
    }

    /// Is there something to ask for where all gateways count together?
    pub(crate) fn must_ask(&self) -> bool {
        self.shared.is_none() && self.worker.gateway().shared.is_some() && self.chain.is_shared()
    }

    /// Asks for what was taken here.
    ///
    /// # Errors
    /// There is not that much left for all together; what is dropped then is given back.
    pub(crate) async fn ask(&mut self) -> Result<(), HoldRefused> {
        let taken = self.taken;
        self.asker().ask(taken).await
    }

    /// All that was taken counts as used.
    pub(crate) const fn keep(&mut self) {
        (self.used, self.counts) = (self.taken, true);
    }

    /// Nothing of it counts.
    pub(crate) fn forget(&mut self) {
        (self.used, self.counts) = (Amounts::default(), false);
    }

    pub(super) fn extend(&mut self, more: Amounts) -> Result<Taken, HoldRefused> {
        self.check_later()?;
        if more.is_none() || !self.chain.holds() {
            return Ok(Taken::default());
        }
        self.chain.extend(self.worker.now(), more)?;
        self.extended(more)
    }

    pub(super) fn cover(&mut self, bound: Amounts) -> Result<Taken, HoldRefused> {
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

    pub(super) fn take_back(&mut self, taken: &Taken) {
        if !taken.amounts.is_none() {
            self.asker().undo(taken.before);
            self.chain.give_back(self.worker.now(), taken.amounts);
        }
    }

    pub(super) fn check_later(&mut self) -> Result<(), HoldRefused> {
        if self.shared.is_none() { Ok(()) } else { self.asker().check_later() }
    }

    pub(super) fn settle_part(&mut self, keep: Amounts, used: Amounts) {
        self.settled = self.settled.plus(&used);
        match self.chain.holds() {
            true => self.chain.settle_part(self.worker.now(), keep, used),
            false => self.chain.charge(self.worker.now(), used),
        };
        if self.worker.gateway().shared.is_some() {
            self.asker().tell_part(keep, used);
        }
    }

    /// Its request counts, so far.
    pub(super) const fn note_sent(&mut self) {
        self.counts = true;
    }

    /// Notes what was used, in all, and whether its request goes on to count.
    pub(super) fn note_used(&mut self, used: Amounts, counts: bool) {
        self.used = used.minus(&self.settled);
        self.counts &= counts;
    }

    fn asker(&mut self) -> Asker<'_> {
        Asker { worker: &self.worker, chain: &mut self.chain, shared: &mut self.shared }
    }
}

impl Drop for Stake {
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
