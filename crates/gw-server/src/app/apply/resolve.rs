//! From a document to a plan: every entry gets its id, every name becomes what it names, and what differs is to be
//! changed. Nothing is written here.

use super::paths::{Paths, path};
use super::present::{Present, stored_accounts, stored_keys};
use super::{
    Above, Change, Entry, Fault, MAX_FAULTS, Options, Plan, PlanError, Planned, Reference, Spot, Wanted,
    WantedAccount, prune,
};
use crate::app::state::App;
use gw_model::{AccountId, KeyId, Level, Membership};
use gw_store::StoreError;
use gw_store::keys::generate_account_id;
use gw_store::types::{AccountProfile, MadeAccount, StoredAccount};
use std::collections::{HashMap, HashSet};

mod keys;

pub(crate) use keys::secret_fault;

/// Levels in the order in which entries are looked up and made: what others refer to comes first.
const LEVELS: [Level; 7] =
    [Level::Plan, Level::Organization, Level::Team, Level::Project, Level::User, Level::Customer, Level::Tag];

/// What is to be done so that everything is as the document says. Errors: all that is wrong with it.
pub(crate) fn plan(app: &App, wanted: &Wanted, options: Options) -> Result<Plan, PlanError> {
    let present = Present::read(app, wanted)?;
    let mut work = Work::new(app, wanted, &present);
    work.find_accounts()?;
    work.compare_accounts()?;
    work.compare_keys()?;
    work.check_managers(options)?;
    prune::plan(&mut work, options)?;
    if work.faults.is_empty() {
        return Ok(work.plan);
    }
    work.faults.sort_by_key(|fault| fault.entry.spot);
    Err(PlanError::Faults(work.faults))
}

/// A plan in the making.
pub(super) struct Work<'a> {
    pub(super) app: &'a App,
    pub(super) wanted: &'a Wanted,
    present: &'a Present,
    /// Of each wanted account, once it is found; `None` too where something is wrong with it.
    ids: Vec<Option<AccountId>>,
    /// Parents of accounts that are to be made.
    parents: HashMap<AccountId, Option<AccountId>>,
    /// Where what was found stands, by what must differ.
    seen: HashMap<(Level, Option<AccountId>, String), Spot>,
    /// Those that are not there yet.
    new: HashSet<AccountId>,
    /// Everything that the document has, as it was found.
    pub(super) held: HashMap<AccountId, Holding>,
    /// Where the document refers to what.
    pub(super) used: Vec<(AccountId, Entry)>,
    /// Ids of entries that are as they should be.
    same: Vec<AccountId>,
    pub(super) plan: Plan,
    pub(super) faults: Vec<Fault>,
}

/// An entry of the document, and what it will refer to.
#[derive(Debug, Default)]
pub(super) struct Holding {
    pub(super) entry: Entry,
    pub(super) refers_to: Vec<AccountId>,
}

impl<'a> Work<'a> {
    fn new(app: &'a App, wanted: &'a Wanted, present: &'a Present) -> Self {
        let mut paths = Paths::of_table(app);
        for (id, email) in present.people() {
            paths.add(id, email, email.to_owned());
        }
        for (id, owner, name) in present.services() {
            paths.add(id, name, format!("{}/{name}", paths.of(owner)));
        }
        let plan = Plan {
            document: wanted.document.clone(),
            changes: Vec::new(),
            unchanged: 0,
            claimed: Vec::new(),
            released: Vec::new(),
            left: Vec::new(),
            paths,
        };
        Self {
            app,
            wanted,
            present,
            ids: vec![None; wanted.accounts.len()],
            parents: HashMap::new(),
            seen: HashMap::new(),
            new: HashSet::new(),
            held: HashMap::new(),
            used: Vec::new(),
            same: Vec::new(),
            plan,
            faults: Vec::new(),
        }
    }

    pub(super) fn fault(&mut self, entry: &Entry, message: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { entry: entry.clone(), message: message.into() });
        }
    }

    /// Gives every entry its id: that of what is there, or a new one.
    fn find_accounts(&mut self) -> Result<(), StoreError> {
        let wanted = self.wanted;
        for level in LEVELS {
            let of_level = wanted.accounts.iter().enumerate().filter(|(_, account)| account.level == level);
            for (at, account) in of_level {
                self.ids[at] = self.find_account(account)?;
            }
        }
        Ok(())
    }

    fn find_account(&mut self, account: &WantedAccount) -> Result<Option<AccountId>, StoreError> {
        let parent = match &account.above {
            None => None,
            Some(above) => match self.above(above, None) {
                Some(id) => Some(id),
                None => return Ok(None),
            },
        };
        let name = unique_name(&account.profile);
        let named = self.present.named(account.level, parent, name);
        let id = match (account.id, named) {
            (Some(id), named) => {
                let Some(there) = self.app.gateway.keys.accounts.get(id) else {
                    let what = account.level.as_str();
                    let text = format!(
                        "there is no {what} with the id '{id}'; leave 'id' out to find it by its name"
                    );
                    self.fault(&account.entry, text);
                    return Ok(None);
                };
                if there.parent.as_ref().map(|parent| parent.id) != parent {
                    let text =
                        "what it belongs to cannot be changed: make another one there, and move the keys";
                    self.fault(&account.entry, text);
                }
                if named.is_some_and(|other| other != id) {
                    self.fault(&account.entry, format!("another {} has this name", account.level.as_str()));
                }
                id
            }
            (None, Some(id)) => id,
            (None, None) => {
                let id = generate_account_id(account.level)?;
                self.new.insert(id);
                id
            }
        };
        self.parents.insert(id, parent);
        let path = match parent {
            Some(parent) => format!("{}/{name}", self.plan.paths.of(parent)),
            None => name.to_owned(),
        };
        self.no_twice(account, parent, id, &path);
        self.plan.paths.add(id, name, path);
        Ok(Some(id))
    }

    /// An entry must stand there once only.
    fn no_twice(&mut self, account: &WantedAccount, parent: Option<AccountId>, id: AccountId, path: &str) {
        let spot = account.entry.spot;
        let named = (account.level, parent, unique_name(&account.profile).to_owned());
        let first = self.seen.insert(named, spot).or_else(|| self.held.get(&id).map(|held| held.entry.spot));
        if let Some(first) = first {
            let (what, place) = (account.level.as_str(), first.told(spot));
            self.fault(&account.entry, format!("the {what} '{path}' stands {place} already"));
            return;
        }
        let refers_to = parent.into_iter().collect();
        self.held.insert(id, Holding { entry: account.entry.clone(), refers_to });
    }

    /// What an entry belongs to: what it stands in, or what it names; among what belongs to `within` first.
    pub(super) fn above(&mut self, above: &Above, within: Option<AccountId>) -> Option<AccountId> {
        match above {
            Above::Within(at) => self.ids.get(*at).copied().flatten(),
            Above::Named(reference) => self.find(reference, within),
        }
    }

    /// What a text names. Faults: nothing, or several.
    pub(super) fn find(&mut self, reference: &Reference, within: Option<AccountId>) -> Option<AccountId> {
        let Reference { entry, level, text } = reference;
        let what = level.as_str();
        if let Ok(id) = text.parse::<AccountId>() {
            let is_there = self.app.gateway.keys.accounts.get(id).is_some();
            if id.level == *level && is_there {
                self.used.push((id, entry.clone()));
                return Some(id);
            }
            self.fault(entry, format!("there is no {what} with the id '{text}'"));
            return None;
        }
        let email;
        let text = match level {
            Level::User if text.contains('@') => {
                email = text.trim().to_lowercase();
                &email
            }
            _ => text,
        };
        let called = self.plan.paths.called(*level, text);
        let near: Vec<AccountId> = match within {
            Some(within) => called.iter().copied().filter(|id| self.parent_of(*id) == Some(within)).collect(),
            None => Vec::new(),
        };
        let found = match (&near[..], called) {
            ([one], _) | ([], [one]) => *one,
            ([], []) => {
                self.fault(entry, nothing(*level, text));
                return None;
            }
            _ => {
                let paths: Vec<String> =
                    called.iter().take(5).map(|id| format!("'{}'", self.plan.paths.of(*id))).collect();
                let text = format!("several go by '{text}': write {}, or an id", paths.join(" or "));
                self.fault(entry, text);
                return None;
            }
        };
        self.used.push((found, entry.clone()));
        Some(found)
    }

    /// What an account belongs to, or will.
    pub(super) fn parent_of(&self, id: AccountId) -> Option<AccountId> {
        match self.parents.get(&id) {
            Some(parent) => *parent,
            None => self.app.gateway.keys.accounts.get(id)?.parent.as_ref().map(|parent| parent.id),
        }
    }

    fn compare_accounts(&mut self) -> Result<(), StoreError> {
        let wanted = self.wanted;
        let there: Vec<AccountId> =
            self.ids.iter().flatten().copied().filter(|id| !self.new.contains(id)).collect();
        let mut stored = stored_accounts(self.app, &there)?;
        for level in LEVELS {
            for (at, account) in wanted.accounts.iter().enumerate() {
                let id = self.ids.get(at).copied().flatten();
                if let Some(id) = id.filter(|id| id.level == level) {
                    self.compare_account(account, id, stored.remove(&id));
                }
            }
        }
        Ok(())
    }

    fn compare_account(&mut self, account: &WantedAccount, id: AccountId, stored: Option<StoredAccount>) {
        let mut profile = account.profile.clone();
        profile.plan = account.plan.as_ref().and_then(|plan| self.find(plan, None));
        for (reference, role) in &account.memberships {
            let Some(of) = self.find(reference, None) else { continue };
            if profile.memberships.iter().any(|known| known.account == of) {
                self.fault(&reference.entry, "this account stands in the list already");
            }
            profile.memberships.push(Membership::by_hand(of, *role));
            self.check_reach(account, id, of, reference);
        }
        profile.memberships.sort_unstable_by_key(|membership| membership.account);
        if let Some(held) = self.held.get_mut(&id) {
            held.refers_to.extend(profile.plan);
        }
        let change = match stored {
            None => {
                let parent = self.parents.get(&id).copied().flatten();
                Change::CreateAccount(Box::new(MadeAccount { id, parent, profile }))
            }
            Some(mut before) => {
                // Stores have orders of their own.
                before.profile.memberships.sort_unstable_by_key(|membership| membership.account);
                Membership::keep_givers(&mut profile.memberships, &before.profile.memberships);
                // A customer made on sight keeps what the configuration gives such, until a document gives it its own.
                let policy = &profile.policy;
                let is_bare = policy.budgets.is_empty() && policy.limits.list().is_empty();
                // What a directory says of a person no document says, nor that somebody is back whom it stopped.
                profile.scim.clone_from(&before.profile.scim);
                profile.disabled |= profile.scim.is_some() && before.profile.disabled;
                profile.policy.on_sight = before.profile.policy.on_sight && is_bare;
                if before.profile == profile {
                    self.same.push(id);
                    return;
                }
                Change::UpdateAccount { before: Box::new(before), profile: Box::new(profile) }
            }
        };
        self.push(self.plan.paths.of(id), &account.entry, change);
    }

    /// A service account has roles only where it belongs.
    fn check_reach(&mut self, account: &WantedAccount, id: AccountId, of: AccountId, reference: &Reference) {
        let owner = self.parents.get(&id).copied().flatten().filter(|_| account.level == Level::User);
        let is_within =
            |owner| std::iter::successors(Some(of), |at| self.parent_of(*at)).any(|at| at == owner);
        if !owner.is_none_or(is_within) {
            let text = "a service account has roles only at what it belongs to, and below: name that, or leave this out";
            self.fault(&reference.entry, text);
        }
    }

    fn push(&mut self, path: String, entry: &Entry, change: Change) {
        self.plan.changes.push(Planned { path, entry: Some(entry.clone()), change });
    }

    /// What another document manages is not changed by the way.
    fn check_managers(&mut self, options: Options) -> Result<(), StoreError> {
        let changed = self.plan.changes.iter().map(|planned| planned.change.account());
        let ids: Vec<String> = changed.chain(self.same.iter().copied()).map(shown).collect();
        let managers: HashMap<String, String> =
            self.app.storage.database.managers(&ids)?.into_iter().collect();
        let mut others = Vec::new();
        for (id, held) in &self.held {
            let manager = managers.get(&shown(*id)).filter(|document| **document != self.plan.document);
            if let Some(document) = manager.filter(|_| !options.take_over) {
                let text = format!(
                    "the document '{document}' manages this {}; remove it there, or take it over with --take-over",
                    id.level.as_str()
                );
                others.push((held.entry.clone(), text));
            }
        }
        for (entry, text) in others {
            self.fault(&entry, text);
        }
        self.plan.unchanged = self.same.len();
        let own = |id: &String| managers.get(id) == Some(&self.plan.document);
        self.plan.claimed = self.same.iter().copied().map(shown).filter(|id| !own(id)).collect();
        Ok(())
    }

    /// An account that is there, as people call it.
    pub(super) fn path_of(&self, id: AccountId) -> String {
        match self.app.gateway.keys.accounts.get(id) {
            Some(account) if id.level != Level::User || account.parent.is_some() => path(&account),
            _ => self.plan.paths.of(id),
        }
    }
}

/// An id as it is shown and written down.
pub(super) fn shown(id: AccountId) -> String {
    match id.level {
        Level::Key => KeyId(id.number).to_string(),
        _ => id.to_string(),
    }
}

/// What must differ among what belongs to the same.
fn unique_name(profile: &AccountProfile) -> &str {
    profile.email.as_ref().unwrap_or(&profile.name)
}

fn nothing(level: Level, text: &str) -> String {
    let how = match level {
        Level::User => {
            "write the address of one that there is, the name of a service account, or add it under 'users' or 'service_accounts'"
        }
        Level::Plan => "write the name of one that there is, or add it under 'plans'",
        _ => "write its name, its path such as 'Acme/Search', or its id, or add it to the document",
    };
    format!("there is no {} '{text}'; {how}", level.as_str())
}
