//! What one try takes of the limits of what is called: of its deployment and of its provider. Taken before the try goes out
//! and settled when it ends, whatever becomes of it. It must not choose another target.

use super::shared::{Asker, Shared};
use crate::worker::Worker;
use gw_model::Priority;
use gw_store::memory::{Amounts, Chain, HoldRefused, Link};
use std::rc::Rc;

/// See the module. Dropped, it is settled.
pub(crate) struct Quota {
    worker: Rc<Worker>,
    chain: Chain,
    shared: Option<Box<Shared>>,
    /// What the try has used.
    used: Amounts,
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

    /// It goes out.
    pub(super) const fn note_sent(&mut self) {
        self.is_sent = true;
    }

    /// Notes what it used, in all.
    pub(super) const fn note_used(&mut self, used: Amounts) {
        self.used = used;
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
