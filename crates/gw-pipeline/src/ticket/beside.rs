//! What a call counts for besides its key and what stands above that: the customer and the tags that it names. Also what all
//! of them allow together. It must not make customers or tags: a name that nobody made is only recorded.

use super::{Open, Ticket};
use crate::authenticate;
use gw_model::{AccountPolicy, ErrorCode, Level, Refusal};
use gw_store::memory::Account;
use smallvec::SmallVec;
use std::sync::Arc;

/// Most tags of one call that have limits, budgets or restrictions. With all that stands above a key, they are no more
/// than a chain has room for.
const MAX_TAGS: usize = 8;

/// The customer and the tags of a call.
pub(super) type Beside = SmallVec<[Arc<Account>; 1]>;

impl Ticket {
    /// Counts the call for the customer and the tags that it names, as far as they are known. Calls with the master key
    /// count for nobody.
    pub(crate) fn count_beside(&mut self) -> Result<(), Refusal> {
        let open = &mut **self;
        let Some(key) = &open.key else { return Ok(()) };
        let (customer, tags) = (open.record.customer.as_deref(), open.context.tags.as_deref());
        if customer.is_none() && tags.is_none() {
            return Ok(());
        }
        let accounts = &open.worker.gateway().keys.accounts;
        if !accounts.has_named() {
            return Ok(());
        }
        let mut found = Beside::new();
        found.extend(customer.and_then(|name| accounts.named(Level::Customer, name, &key.above)));
        let customers = found.len();
        let names = tags.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        for tag in names.filter_map(|name| accounts.named(Level::Tag, name, &key.above)) {
            if found.iter().any(|known| known.id == tag.id) {
                continue;
            }
            if found.len() - customers >= MAX_TAGS {
                let text = format!("a call may name {MAX_TAGS} tags that have limits of their own");
                return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-tags"));
            }
            found.push(tag);
        }
        for account in &found {
            open.chain.push(account.link());
        }
        open.named = found;
        Ok(())
    }
}

impl Open {
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

    /// Is the key still good, and everything that the call counts for?
    pub(crate) fn check_key(&self) -> Result<(), Refusal> {
        let Some(entry) = &self.key else { return Ok(()) };
        authenticate::check(entry, self.worker.now())?;
        match self.named.iter().find(|account| account.is_closed()) {
            None => Ok(()),
            Some(account) => {
                let version = account.version();
                let text =
                    format!("the {} '{}' is disabled or deleted", account.id.level.as_str(), version.name);
                Err(Refusal::new(ErrorCode::InvalidApiKey, text))
            }
        }
    }
}
