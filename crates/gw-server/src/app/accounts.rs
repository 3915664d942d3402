//! Organizations, teams, projects, users, customers, tags and plans: they live in the database, and in memory beside the
//! key table. What a change does is in force when it returns. It must not know HTTP.

pub(crate) mod allowed;
pub(super) mod noted;
mod write;

use super::authorization::{Caller, Denied};
use super::state::App;
pub(crate) use allowed::is_seen;
use gw_model::{AccountId, KeyId, Level};
use gw_store::StoreError;
use gw_store::memory::{Account, AccountTable, NewAccount, Rules};
use gw_store::restore::{Party, restore_windows};
use gw_store::traits::AccountStore;
use gw_store::types::{AccountFilter, AccountLabel, AccountProfile, MadeAccount, StoredAccount};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
pub(crate) use write::{create, create_as, remove, update};

/// Accounts read from the database at once.
const PAGE: usize = 10_000;

/// Customers made on sight that one transaction writes.
const NEWCOMERS: usize = 1_000;

/// Levels as they are loaded: what others refer to comes first.
const LOADED: [Level; 7] =
    [Level::Plan, Level::Organization, Level::Team, Level::Project, Level::User, Level::Customer, Level::Tag];

/// Why an account cannot be made, changed or removed.
#[derive(Debug)]
pub(crate) enum AccountsError {
    /// There is no such account.
    NotFound,
    /// What is named in a field does not exist, or is of the wrong kind.
    Unknown {
        /// The field.
        field: String,
        /// What was named.
        id: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A service account has a role only at what it belongs to, and below.
    Beyond {
        /// The field that names something else.
        field: String,
    },
    /// Whoever asks may not.
    Denied(Denied),
    /// Others refer to it.
    InUse(Referring),
    /// It says how many days its records are kept, which nobody would say any more.
    Keeps(u32),
    /// The store.
    Store(StoreError),
}

/// Who refers to an account.
#[derive(Debug, Default)]
pub(crate) struct Referring {
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) keys: Vec<KeyId>,
    /// Keys of the configuration file among them.
    pub(crate) of_file: Vec<String>,
    /// It is a plan: those who have it do not go with it.
    pub(crate) is_plan: bool,
}

impl Referring {
    /// As in "2 teams, 1 key".
    pub(crate) fn counts(&self) -> String {
        let of_level = |level: &Level| self.accounts.iter().filter(|id| id.level == *level).count();
        let levels = Level::ALL.iter().map(|level| (level.as_str(), of_level(level)));
        let keys = std::iter::once((Level::Key.as_str(), self.keys.len()));
        let some = keys.chain(levels).filter(|(_, count)| *count > 0);
        let said = some.map(|(name, count)| format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        said.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for AccountsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is nothing of this id here"),
            Self::Unknown { field, id, wanted } => {
                write!(f, "'{field}' must be the id of {wanted}; there is none with the id '{id}'")
            }
            Self::Beyond { field } => write!(
                f,
                "'{field}' must be what the service account belongs to, or something below that; make another service \
                 account there, or leave this out"
            ),
            Self::Denied(_) => f.write_str("whoever asks may not"),
            Self::InUse(referring) if !referring.of_file.is_empty() => write!(
                f,
                "keys of the configuration file refer to it: {}; change them there",
                referring.of_file.join(", ")
            ),
            Self::InUse(referring) if referring.is_plan => {
                write!(f, "it is the plan of {}; give them another one first", referring.counts())
            }
            Self::InUse(referring) => write!(
                f,
                "{} refer to it; move or delete them first, or add ?cascade=true, which deletes all of them and \
                 revokes the keys",
                referring.counts()
            ),
            Self::Keeps(days) => write!(
                f,
                "its records are kept for {days} days because it says so; set 'record_retention_days' to null first, and they are kept as \
                 the configuration says"
            ),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for AccountsError {}

impl From<StoreError> for AccountsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Denied> for AccountsError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            denied => Self::Denied(denied),
        }
    }
}

/// Reads all accounts into memory, before any key.
pub(super) fn load(database: &dyn AccountStore, table: &AccountTable) -> Result<(), StoreError> {
    for level in LOADED {
        let mut filter = AccountFilter::of(level, PAGE);
        loop {
            let page = database.accounts(&filter)?;
            for account in &page {
                // It says so itself; better a start without what belongs to nothing than none.
                if !put_in_force(table, account) {
                    tracing::error!(id = %account.id, "what this account belongs to, or its plan, is gone");
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE => filter.after = Some(last.id),
                _ => break,
            }
        }
    }
    Ok(())
}

/// Puts accounts in force as another node left them, removes those that it removed.
pub(crate) fn refresh(app: &App, ids: &[AccountId]) -> Result<(), StoreError> {
    let _changing = app.changing.lock();
    let table = &app.gateway.keys.accounts;
    let stored = app.storage.database.accounts_of(ids)?;
    let there: HashSet<AccountId> = stored.iter().map(|account| account.id).collect();
    take(app, stored)?;
    for id in ids.iter().filter(|id| !there.contains(id)) {
        table.remove(*id);
    }
    Ok(())
}

/// Makes the table what the database says, all of it.
pub(crate) fn reload(app: &App) -> Result<(), StoreError> {
    let _changing = app.changing.lock();
    let table = &app.gateway.keys.accounts;
    let mut there = HashSet::new();
    for level in LOADED {
        let mut filter = AccountFilter::of(level, PAGE);
        loop {
            let page = app.storage.database.accounts(&filter)?;
            let Some(last) = page.last() else { break };
            filter.after = Some(last.id);
            there.extend(page.iter().map(|account| account.id));
            take(app, page)?;
        }
    }
    let all = LOADED.into_iter().flat_map(|level| table.list(level));
    // Customers that were made on sight may not be written yet.
    let gone = all.filter(|account| !there.contains(&account.id) && !account.version().policy.on_sight);
    for account in gone {
        table.remove(account.id);
    }
    Ok(())
}

/// Puts in force what was read, what others refer to first. What one refers to may be newer than the changes that were read.
fn take(app: &App, mut stored: Vec<StoredAccount>) -> Result<(), StoreError> {
    let table = &app.gateway.keys.accounts;
    let order = |account: &StoredAccount| LOADED.iter().position(|level| *level == account.id.level);
    stored.sort_by_key(order);
    for account in &stored {
        if put_in_force(table, account) {
            continue;
        }
        let missing = account.parent.into_iter().chain(account.profile.plan);
        let missing: Vec<AccountId> = missing.filter(|id| table.get(*id).is_none()).collect();
        let found = app.storage.database.accounts_of(&missing)?;
        // Where it is gone too, a change that says so is to come. Nothing belongs to itself, so that this ends.
        if found.len() == missing.len() && !missing.is_empty() {
            take(app, found)?;
            put_in_force(table, account);
        }
    }
    Ok(())
}

/// Writes customers that were made on sight into the database.
pub(crate) fn write_newcomers(app: &App) -> Result<(), StoreError> {
    let table = &app.gateway.keys.accounts;
    // The table bounds how many there are.
    let made = table.take_fresh();
    let mut rest = made.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(rest.len().min(NEWCOMERS));
        let profile = |new: &NewAccount| AccountProfile {
            name: new.name.to_string(),
            policy: new.policy.clone(),
            ..AccountProfile::default()
        };
        let made =
            batch.iter().map(|new| MadeAccount { id: new.id, parent: new.parent, profile: profile(new) });
        let written =
            app.storage.database.create_missing(&made.collect::<Vec<_>>(), app.gateway.clock().now());
        if let Err(error) = written {
            table.put_back_fresh(rest);
            return Err(error);
        }
        let label = |new: &NewAccount| AccountLabel { id: new.id, name: new.name.to_string() };
        app.storage.database.label_accounts(&batch.iter().map(label).collect::<Vec<_>>())?;
        rest = later;
    }
    Ok(())
}

/// A page of those that somebody may see.
pub(crate) fn list(
    app: &App,
    caller: &Caller,
    filter: &AccountFilter,
) -> Result<Vec<StoredAccount>, AccountsError> {
    caller.authority.may_somewhere(allowed::resource(filter.level).read())?;
    for of in filter.member_of.iter().flatten() {
        if !allowed::is_seen(app, caller, *of)? {
            // Who belongs to what he does not see is not told either.
            return Ok(Vec::new());
        }
    }
    let mut filter = filter.clone();
    let (wanted, mut rows) = (filter.limit, Vec::new());
    loop {
        let page = app.storage.database.accounts(&filter)?;
        let is_last = page.len() < filter.limit;
        filter.after = page.last().map(|last| last.id);
        rows.extend(page.into_iter().filter(|account| allowed::see(app, caller, account).is_ok()));
        if is_last || rows.len() >= wanted {
            rows.truncate(wanted);
            return Ok(rows);
        }
        // Whoever sees few of many has to look through many.
        filter.limit = PAGE;
    }
}

/// One of them that somebody may see.
pub(crate) fn find(app: &App, caller: &Caller, id: AccountId) -> Result<StoredAccount, AccountsError> {
    let found = app.storage.database.account(id)?.ok_or(AccountsError::NotFound)?;
    allowed::see(app, caller, &found)?;
    Ok(found)
}

/// The account that a field names; for whoever is changing something.
pub(crate) fn known(app: &App, id: AccountId, field: &str) -> Result<Arc<Account>, AccountsError> {
    let table = &app.gateway.keys.accounts;
    if table.get(id).is_none() {
        // Another node may have made it just now.
        take(app, app.storage.database.accounts_of(&[id])?)?;
    }
    table.get(id).ok_or_else(|| unknown(field, &id.to_string(), id.level))
}

/// What a caller is told who names something that there is not.
pub(crate) fn unknown(field: &str, id: &str, level: Level) -> AccountsError {
    let wanted = match level {
        Level::Key => "a key",
        Level::Customer => "a customer",
        Level::Tag => "a tag",
        Level::User => "a user",
        Level::Project => "a project",
        Level::Team => "a team",
        Level::Organization => "an organization",
        Level::Plan => "a plan",
        Level::Model => "a model",
        Level::Deployment => "a deployment",
        Level::Provider => "a provider",
    };
    AccountsError::Unknown { field: field.to_owned(), id: id.to_owned(), wanted }
}

/// Does all exist that it refers to, and do a service account's roles hold only where it belongs? `owner`: what that is.
fn check(app: &App, owner: Option<AccountId>, profile: &AccountProfile) -> Result<(), AccountsError> {
    if let Some(plan) = profile.plan {
        known(app, plan, "plan_id")?;
    }
    for (at, membership) in profile.memberships.iter().enumerate() {
        let field = format!("memberships[{at}].account_id");
        let account = known(app, membership.account, &field)?;
        if owner.is_some_and(|owner| account.lineage().all(|above| above.id != owner)) {
            return Err(AccountsError::Beyond { field });
        }
    }
    Ok(())
}

/// Budgets with windows of their own that are new to the account begin with what was spent in them, before they count.
pub(super) fn restore(app: &App, id: AccountId, profile: &AccountProfile) -> Result<(), AccountsError> {
    let Some(account) = app.gateway.keys.accounts.get(id) else { return Ok(()) };
    let rules = Rules::new(&profile.policy.limits, profile.policy.budgets.clone());
    if !rules.has_other_windows() {
        return Ok(());
    }
    let party = Party { rules: Arc::new(rules), ..account.link().into() };
    Ok(restore_windows(&*app.storage.database, &[party], app.gateway.clock().now())?)
}

/// Notes names for reports, which outlive what they name. Reports do without where that fails.
pub(super) fn label(app: &App, accounts: &[&StoredAccount]) {
    let labels =
        accounts.iter().map(|account| AccountLabel { id: account.id, name: account.profile.name.clone() });
    if let Err(error) = app.storage.database.label_accounts(&labels.collect::<Vec<_>>()) {
        tracing::warn!(%error, "names of accounts could not be noted for reports");
    }
}

/// What is stored becomes what counts. False when what it refers to is not in the table.
pub(super) fn put_in_force(table: &AccountTable, stored: &StoredAccount) -> bool {
    let profile = &stored.profile;
    let account = NewAccount {
        id: stored.id,
        name: profile.name.as_str().into(),
        parent: stored.parent,
        policy: profile.policy.clone(),
        plan: profile.plan,
        disabled: profile.disabled,
    };
    table.upsert(account).is_some()
}
