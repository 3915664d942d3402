//! What there is of that which a document names, read before it is compared.

use super::{Above, Wanted};
use crate::app::accounts;
use crate::app::state::App;
use gw_model::{AccountId, KeyId, Level};
use gw_store::StoreError;
use gw_store::types::{AccountFilter, StoredAccount, StoredKey};
use std::collections::{HashMap, HashSet};

/// Rows read at once.
const PAGE: usize = 10_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// By level, what it belongs to, and name; people by their addresses.
    by_name: HashMap<(Level, Option<AccountId>, String), AccountId>,
    /// All users, where the document has anything to do with them.
    users: HashMap<AccountId, StoredAccount>,
}

impl Present {
    pub(super) fn read(app: &App, wanted: &Wanted) -> Result<Self, StoreError> {
        // Customers that were made on sight may not be written yet, and could not be changed.
        accounts::write_newcomers(app)?;
        let mut present = Self::default();
        // There may be very many customers, and few that the document names.
        let names: HashSet<(Level, &str)> =
            wanted.accounts.iter().map(|account| (account.level, account.profile.name.as_str())).collect();
        let mut levels: Vec<Level> = names.iter().map(|(level, _)| *level).collect();
        levels.sort_unstable();
        levels.dedup();
        for level in levels.into_iter().filter(|level| *level != Level::User) {
            for account in app.gateway.keys.accounts.list(level) {
                let name = account.version().name.to_string();
                if names.contains(&(level, name.as_str())) {
                    let parent = account.parent.as_ref().map(|parent| parent.id);
                    present.by_name.insert((level, parent, name), account.id);
                }
            }
        }
        if wants_users(wanted) {
            present.read_users(app)?;
        }
        Ok(present)
    }

    fn read_users(&mut self, app: &App) -> Result<(), StoreError> {
        let mut filter = AccountFilter::of(Level::User, PAGE);
        loop {
            let page = app.storage.database.accounts(&filter)?;
            let Some(last) = page.last() else { return Ok(()) };
            filter.after = Some(last.id);
            for user in page {
                let name = match user.parent {
                    Some(_) => user.profile.name.clone(),
                    None => user.profile.email.clone().unwrap_or_default(),
                };
                self.by_name.insert((Level::User, user.parent, name), user.id);
                self.users.insert(user.id, user);
            }
        }
    }

    /// The account of that name (users: address) that belongs to that.
    pub(super) fn named(&self, level: Level, parent: Option<AccountId>, name: &str) -> Option<AccountId> {
        self.by_name.get(&(level, parent, name.to_owned())).copied()
    }

    /// Addresses of people.
    pub(super) fn people(&self) -> impl Iterator<Item = (AccountId, &str)> {
        self.users.iter().filter_map(|(id, user)| Some((*id, user.profile.email.as_deref()?)))
    }

    /// Names of service accounts, and what each belongs to.
    pub(super) fn services(&self) -> impl Iterator<Item = (AccountId, AccountId, &str)> {
        self.users.iter().filter_map(|(id, user)| Some((*id, user.parent?, user.profile.name.as_str())))
    }
}

fn wants_users(wanted: &Wanted) -> bool {
    let names_one = |above: &Option<Above>| above.is_some();
    wanted.accounts.iter().any(|account| account.level == Level::User)
        || wanted.keys.iter().any(|key| names_one(&key.user))
}

/// These accounts as they are stored.
pub(super) fn stored_accounts(
    app: &App,
    ids: &[AccountId],
) -> Result<HashMap<AccountId, StoredAccount>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(PAGE) {
        let rows = app.storage.database.accounts_of(ids)?;
        found.extend(rows.into_iter().map(|account| (account.id, account)));
    }
    Ok(found)
}

/// These keys as they are stored, without those that are revoked.
pub(super) fn stored_keys(app: &App, ids: &[KeyId]) -> Result<HashMap<KeyId, StoredKey>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(PAGE) {
        let rows = app.storage.database.keys_of(ids)?.into_iter().filter(|key| key.revoked_at.is_none());
        found.extend(rows.map(|key| (key.id, key)));
    }
    Ok(found)
}
