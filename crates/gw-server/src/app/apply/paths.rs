//! Names of accounts with what they belong to, as in `Acme/Search`: how documents and people call them.

use crate::app::state::App;
use gw_model::{AccountId, Level};
use gw_store::memory::Account;
use std::collections::HashMap;
use std::sync::Arc;

/// Accounts by what they are called, and the other way round.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    by_id: HashMap<AccountId, String>,
    by_text: HashMap<(Level, String), Vec<AccountId>>,
}

impl Paths {
    /// Those of every organization, team, project and plan that there is.
    pub(super) fn of_table(app: &App) -> Self {
        let mut paths = Self::default();
        for level in [Level::Plan, Level::Organization, Level::Team, Level::Project] {
            for account in app.gateway.keys.accounts.list(level) {
                paths.add(account.id, &account.version().name, path(&account));
            }
        }
        paths
    }

    /// One more, or another path of one that is known: it goes by both, and is shown by the latter.
    pub(super) fn add(&mut self, id: AccountId, name: &str, path: String) {
        for text in [name, path.as_str()] {
            let known = self.by_text.entry((id.level, text.to_owned())).or_default();
            if !known.contains(&id) {
                known.push(id);
            }
        }
        self.by_id.insert(id, path);
    }

    /// What it is called; its id where nobody knows.
    pub(crate) fn of(&self, id: AccountId) -> String {
        self.by_id.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// All that go by that name or path.
    pub(super) fn called(&self, level: Level, text: &str) -> &[AccountId] {
        self.by_text.get(&(level, text.to_owned())).map_or(&[], Vec::as_slice)
    }
}

/// The name of an account, behind those of what it belongs to.
pub(crate) fn path(account: &Arc<Account>) -> String {
    let mut names: Vec<Arc<str>> =
        account.lineage().map(|account| Arc::clone(&account.version().name)).collect();
    names.reverse();
    names.join("/")
}
