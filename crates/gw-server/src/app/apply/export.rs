//! All accounts and keys that documents can have, as they are stored.

use super::paths::Paths;
use crate::app::accounts;
use crate::app::state::App;
use gw_model::{AccountId, Level};
use gw_store::StoreError;
use gw_store::types::{AccountFilter, StoredAccount, StoredKey};
use std::collections::HashMap;

/// Rows read at once.
const PAGE: usize = 10_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Exported {
    accounts: HashMap<Level, Vec<StoredAccount>>,
    parents: HashMap<AccountId, Option<AccountId>>,
    /// Those of the API that are not revoked.
    pub(crate) keys: Vec<StoredKey>,
    /// Names of accounts.
    pub(crate) paths: Paths,
}

impl Exported {
    /// Reads them; in the order of names.
    pub(crate) fn read(app: &App) -> Result<Self, StoreError> {
        accounts::write_newcomers(app)?;
        let mut read = Self {
            accounts: HashMap::new(),
            parents: HashMap::new(),
            keys: Vec::new(),
            paths: Paths::of_table(app),
        };
        for level in Level::ALL.iter().copied().filter(|level| *level != Level::Key) {
            let mut found = Vec::new();
            let mut filter = AccountFilter::of(level, PAGE);
            loop {
                let page = app.storage.database.accounts(&filter)?;
                let Some(last) = page.last() else { break };
                filter.after = Some(last.id);
                found.extend(page.into_iter().filter(is_declared));
            }
            found.sort_by(|a, b| a.profile.name.cmp(&b.profile.name));
            for account in &found {
                read.parents.insert(account.id, account.parent);
                let name = &account.profile.name;
                match (&account.profile.email, account.service_of()) {
                    (Some(email), _) => read.paths.add(account.id, email, email.clone()),
                    (None, Some(owner)) => {
                        let path = format!("{}/{name}", read.paths.of(owner));
                        read.paths.add(account.id, name, path);
                    }
                    (None, None) => {}
                }
            }
            read.accounts.insert(level, found);
        }
        loop {
            let page = app.storage.database.keys(read.keys.last().map(|key| key.id), PAGE)?;
            if page.is_empty() {
                break;
            }
            read.keys.extend(page);
        }
        read.keys.sort_by(|a, b| a.policy.name.cmp(&b.policy.name));
        Ok(read)
    }

    /// Those of a level.
    pub(crate) fn accounts(&self, level: Level) -> impl Iterator<Item = &StoredAccount> {
        self.accounts.get(&level).into_iter().flatten()
    }

    /// The organization of that name or id.
    pub(crate) fn organization(&self, text: &str) -> Option<AccountId> {
        let mut all = self.accounts(Level::Organization);
        let found = all.find(|account| account.profile.name == text || account.id.to_string() == text);
        found.map(|account| account.id)
    }

    /// What stands at the top of what an account belongs to; itself, where it belongs to nothing.
    pub(crate) fn top(&self, id: AccountId) -> Option<AccountId> {
        let mut at = id;
        // No account is its own parent, however far up: parents are of other levels.
        while let Some(Some(parent)) = self.parents.get(&at) {
            at = *parent;
        }
        Some(at)
    }
}

/// What was made on sight is no document's, and a person without an address could not be found by it.
fn is_declared(account: &StoredAccount) -> bool {
    let profile = &account.profile;
    !profile.policy.on_sight
        && (account.id.level != Level::User || profile.email.is_some() || account.parent.is_some())
}
