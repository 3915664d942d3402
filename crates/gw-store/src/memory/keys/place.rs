//! Where keys stand: what is above them. Very many keys stand in the same place, so each holds one pointer to it.

use super::super::accounts::Account;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Whose calls a key's calls are, and what they count for.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The person, when set; also where no such account is known.
    pub(super) user_id: Option<Box<str>>,
    /// Project, team, organization and user, as far as there are any.
    pub(super) above: Box<[Arc<Account>]>,
}

impl Place {
    /// Accounts that were removed and made again under their ids are others, so ids do not say enough.
    fn accounts(&self) -> impl Iterator<Item = *const Account> {
        self.above.iter().map(Arc::as_ptr)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.user_id == other.user_id && self.accounts().eq(other.accounts())
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.user_id.hash(state);
        self.accounts().for_each(|account| account.hash(state));
    }
}
