//! The customer and the tags of a call, as [`crate::admit::guests`] found them: what all of them allow together. It must not
//! find out who they are.

use super::Open;
use crate::authenticate;
use gw_model::access::Access;
use gw_model::{AccountPolicy, ErrorCode, Level, Refusal};
use gw_store::memory::{Account, Holder, Link};
use smallvec::SmallVec;
use std::sync::Arc;

/// The customer and the tags of a call.
pub(super) type Beside = SmallVec<[Arc<Account>; 1]>;

/// Whoever is not to be called for, in the words for the caller.
pub(crate) fn disabled(level: Level, name: &str) -> Refusal {
    let text = format!("the {} '{name}' is disabled or deleted", level.as_str());
    Refusal::new(ErrorCode::InvalidApiKey, text)
}

impl Open {
    /// The call counts for that account too, and must be within what it allows, where it is one of the table.
    pub(crate) fn count_for(&mut self, link: Link, account: Option<Arc<Account>>) {
        self.chain.push(link);
        self.named.extend(account);
    }

    /// True when the call's customer and tags allow something.
    pub(crate) fn beside_allows(&self, allows: impl Fn(&AccountPolicy) -> bool) -> bool {
        self.named.iter().all(|account| account.permits(&allows))
    }

    /// The customer and the tags of the call.
    pub(crate) fn beside(&self) -> &[Arc<Account>] {
        &self.named
    }

    /// Most output tokens that the call may ask for, by all that it counts for.
    pub(crate) fn max_output_tokens(&self) -> Option<u64> {
        let mut least = self.key.as_ref().and_then(|key| key.max_output_tokens());
        for account in &self.named {
            let own = account.max_output_tokens();
            least = least.map_or(own, |least| Some(own.map_or(least, |own| own.min(least))));
        }
        least
    }

    /// Calls `refuse` with what the key and all that the call counts for say of where, when and with what calls may come, and
    /// what they may be, until that gives something; then also whose it is.
    pub(crate) fn access<T>(&self, refuse: impl Fn(&Access) -> Option<T>) -> Option<(Holder, T)> {
        let of_key = self.access_of_key(&refuse);
        of_key.or_else(|| self.named.iter().find_map(|account| account.access(&refuse)))
    }

    /// The same of the key, its plan and what stands above it, from the nearest on.
    pub(crate) fn access_of_key<T>(&self, refuse: impl Fn(&Access) -> Option<T>) -> Option<(Holder, T)> {
        self.worker.gateway().keys.access(self.key.as_ref()?, refuse)
    }

    /// Is the key still good, and everything that the call counts for?
    pub(crate) fn check_key(&self) -> Result<(), Refusal> {
        let Some(entry) = &self.key else { return Ok(()) };
        let now = self.worker.now();
        authenticate::check(&self.worker.gateway().keys, entry, now)?;
        let closed =
            |account: &Arc<Account>| account.access(|access| (!access.allows_time(now)).then_some(()));
        if let Some((holder, ())) = self.named.iter().find_map(closed) {
            return Err(authenticate::not_now(&holder));
        }
        match self.named.iter().find(|account| account.is_closed()) {
            None => Ok(()),
            Some(account) => Err(disabled(account.id.level, &account.version().name)),
        }
    }
}
