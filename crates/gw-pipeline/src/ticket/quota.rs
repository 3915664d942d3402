//! What one try takes of the limits and budgets of what is called: of its deployment and of its provider. Taken before the
//! try goes out and settled when it ends, whatever becomes of it. It must not choose another target.

use super::shared::{Asker, Shared};
use crate::worker::Worker;
use gw_model::{NanoUsd, Priority};
use gw_store::memory::{Amounts, Chain, HoldRefused, Link};
use std::rc::Rc;

/// See the module. Dropped, it is settled.
pub(crate) struct Quota {
    worker: Rc<Worker>,
    chain: Chain,
    shared: Option<Box<Shared>>,
    /// What the try has used.
    used: Amounts,
    /// What of that is settled already: a session is, response by response.
    settled: NanoUsd,
    /// It went out: its request counts.
    is_sent: bool,
}

impl Quota {
    /// Takes a request of the called model with these names, and holds these amounts, in this gateway and where all count
    /// together.
    ///
    /// # Errors
    /// The limit that does not let it through; nothing is taken then.
    pub(crate) async fn take(
        worker: &Rc<Worker>,
        links: impl IntoIterator<Item = Link>,
        names: &[&str],
        priority: Priority,
        amounts: Amounts,
    ) -> Result<Self, HoldRefused> {
        let mut quota = Self {
            worker: Rc::clone(worker),
            chain: Chain::new(links),
            shared: None,
            used: Amounts::default(),
            settled: NanoUsd::ZERO,
            is_sent: false,
        };
        quota.chain.set_model(names);
        quota.chain.set_priority(priority);
        quota.chain.admit(worker.now()).map_err(HoldRefused::Limit)?;
        if !amounts.is_none() {
            quota.chain.reserve(worker.now(), amounts)?;
        }
        quota.asker().ask(amounts).await?;
        Ok(quota)
    }

    /// Holds more money for an answer that grows.
    ///
    /// # Errors
    /// A budget does not allow more.
    pub(super) fn extend(&mut self, more: NanoUsd) -> Result<(), HoldRefused> {
        self.check_later()?;
        if more == NanoUsd::ZERO || !self.chain.holds() {
            return Ok(());
        }
        self.chain.extend(self.worker.now(), Amounts::cost(more))?;
        self.asker().ask_later(Amounts::cost(more))
    }

    /// Hears what came of asking for more.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn check_later(&mut self) -> Result<(), HoldRefused> {
        if self.shared.is_none() { Ok(()) } else { self.asker().check_later() }
    }

    /// Settles the money of a part of a session; `keep` stays held for what is under way.
    pub(super) fn settle_part(&mut self, keep: NanoUsd, used: NanoUsd) {
        self.settled = self.settled.plus(used);
        let (keep, used) = (Amounts { cost: keep, ..self.chain.held() }, Amounts::cost(used));
        match self.chain.holds() {
            true => self.chain.settle_part(self.worker.now(), keep, used),
            false => self.chain.charge(self.worker.now(), used),
        };
        if self.worker.gateway().shared.is_some() {
            self.asker().tell_part(keep, used);
        }
    }

    /// It goes out.
    pub(super) const fn note_sent(&mut self) {
        self.is_sent = true;
    }

    /// Notes what it used, in all.
    pub(super) fn note_used(&mut self, used: Amounts) {
        self.used = Amounts { cost: used.cost.minus(self.settled), ..used };
    }

    fn asker(&mut self) -> Asker<'_> {
        Asker { worker: &self.worker, chain: &mut self.chain, shared: &mut self.shared }
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        let (now, used, is_sent) = (self.worker.now(), self.used, self.is_sent);
        if is_sent && self.chain.shadow().is_some() {
            self.worker.gateway().metrics.shadow_refusals.inc();
        }
        match self.chain.holds() {
            true => self.chain.settle(now, used),
            false => self.chain.charge(now, used),
        };
        if self.worker.gateway().shared.is_some() {
            self.asker().tell_end(used, is_sent);
        }
        if !is_sent {
            self.chain.give_request_back();
        }
        self.chain.leave();
    }
}
