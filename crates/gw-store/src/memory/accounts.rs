//! The accounts above and beside keys: organizations, teams, projects, users, customers, tags. Serves
//! authenticate, authorize and admit. An account is changed in one place, whatever the number of keys below it.
//! It must not know how accounts are stored.

mod sight;

use super::budget::SpentByPeriod;
use super::chain::Link;
use super::plans::Under;
use super::rules::{Holder, Rules};
use super::tally::Tally;
use ahash::AHashMap;
use arc_swap::ArcSwap;
use gw_model::access::Access;
use gw_model::{AccountId, AccountPolicy, Level, Micros};
use parking_lot::{Mutex, MutexGuard, RwLock};
use sight::Sight;
pub use sight::{CustomerClosed, named_account_id};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// See the module. It lives as long as something refers to it; its counters outlive a change of everything else.
#[derive(Debug)]
pub struct Account {
    /// Id.
    pub id: AccountId,
    /// What it belongs to: a project to a team, a team to an organization, a service account to any of them. That never changes.
    pub parent: Option<Arc<Self>>,
    tally: Arc<Tally>,
    /// It or its plan says more than what is counted. Of most there is nothing to ask, and a call would ask a dozen times.
    restricts: AtomicBool,
    version: ArcSwap<Version>,
}

/// An account as it is now.
#[derive(Debug)]
pub struct Version {
    /// Its name.
    pub name: Arc<str>,
    /// What it allows.
    pub policy: AccountPolicy,
    rules: Arc<Rules>,
    under: Option<Under>,
    generation: u64,
}

impl Version {
    /// All that is counted, that of its plan included, and its generation.
    fn all_rules(&self) -> (Arc<Rules>, u64) {
        let Some(under) = &self.under else { return (Arc::clone(&self.rules), self.generation) };
        let (rules, of_plan) = under.rules(&self.rules);
        // Both come from one counter: whatever changes, it grows.
        (rules, self.generation.max(of_plan))
    }

    /// Its plan.
    #[must_use]
    pub fn plan(&self) -> Option<&Arc<Account>> {
        self.under.as_ref().map(|under| &under.plan)
    }

    /// Is there more to ask than what is counted?
    fn restricts(&self) -> bool {
        let AccountPolicy { models, endpoints, providers, access, max_output_tokens, guardrails, .. } =
            &self.policy;
        let narrows = models.is_some() || endpoints.is_some() || providers.is_some() || access.is_some();
        narrows || max_output_tokens.is_some() || !guardrails.is_empty() || self.under.is_some()
    }
}

impl Account {
    /// The account as it is now.
    #[must_use]
    pub fn version(&self) -> Arc<Version> {
        self.version.load_full()
    }

    /// Its part in a call that begins now.
    #[must_use]
    pub fn link(&self) -> Link {
        let version = self.version.load();
        let (rules, generation) = version.all_rules();
        Link {
            id: self.id,
            holder: Holder { level: self.id.level, name: Some(Arc::clone(&version.name)) },
            tally: Arc::clone(&self.tally),
            rules,
            generation,
        }
    }

    /// Its counters.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Limits and budgets of now, those of its plan included.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        self.version.load().all_rules().0
    }

    /// Its own limits and budgets, without those of its plan, and their generation.
    #[must_use]
    pub fn own_rules(&self) -> (Arc<Rules>, u64) {
        let version = self.version.load();
        (Arc::clone(&version.rules), version.generation)
    }

    /// True when it and its plan allow something. A policy that says nothing allows everything, and is not asked.
    pub fn permits(&self, allows: impl Fn(&AccountPolicy) -> bool) -> bool {
        if !self.restricts.load(Ordering::Acquire) {
            return true;
        }
        let version = self.version.load();
        allows(&version.policy) && version.plan().is_none_or(|plan| allows(&plan.version.load().policy))
    }

    /// Calls `refuse` with what it and its plan say of where, when and with what calls may come, until that gives something.
    pub fn access<T>(&self, refuse: impl Fn(&Access) -> Option<T>) -> Option<(Holder, T)> {
        if !self.restricts.load(Ordering::Acquire) {
            return None;
        }
        let version = self.version.load();
        let own = version.policy.access.as_ref().and_then(|access| refuse(access));
        let found = own.or_else(|| {
            let plan = version.plan()?.version.load();
            plan.policy.access.as_ref().and_then(|access| refuse(access))
        })?;
        Some((Holder { level: self.id.level, name: Some(Arc::clone(&version.name)) }, found))
    }

    /// Most output tokens that a request may ask for, by it and its plan.
    #[must_use]
    pub fn max_output_tokens(&self) -> Option<u64> {
        if !self.restricts.load(Ordering::Acquire) {
            return None;
        }
        let version = self.version.load();
        let of_plan = version.plan().and_then(|plan| plan.version.load().policy.max_output_tokens);
        [version.policy.max_output_tokens, of_plan].into_iter().flatten().min()
    }

    /// Nothing may be called in its name, or in that of what it belongs to.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.tally.is_closed() || self.parent.as_ref().is_some_and(|parent| parent.is_closed())
    }

    /// The account and what it belongs to, from the nearest on.
    pub fn lineage(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Self>> {
        std::iter::successors(Some(self), |account| account.parent.as_ref())
    }
}

/// What is to be known of an account when it is put into the table.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Id.
    pub id: AccountId,
    /// Its name.
    pub name: Arc<str>,
    /// What it belongs to, for an account that is new; it is in the table.
    pub parent: Option<AccountId>,
    /// What it allows.
    pub policy: AccountPolicy,
    /// Its plan; it is in the table.
    pub plan: Option<AccountId>,
    /// Nothing may be called in its name.
    pub disabled: bool,
}

/// All accounts but keys.
#[derive(Debug, Default)]
pub struct AccountTable {
    accounts: RwLock<AHashMap<AccountId, Arc<Account>>>,
    /// By their names: what callers and identity providers may say. Users are known by ids, since their names are not unique.
    named: RwLock<AHashMap<Named, Arc<Account>>>,
    /// Callers may name something that counts.
    has_named: AtomicBool,
    /// Something here says from where, when or with what calls may come.
    has_access: AtomicBool,
    /// A condition of a key or an account may read headers; so it stays until the process ends.
    reads_headers: AtomicBool,
    sight: Sight,
    /// Of the latest change of accounts and keys; also what makes changes come one after the other.
    generation: Mutex<u64>,
}

/// An account by its name, within what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Named {
    level: Level,
    owner: Option<AccountId>,
    name: Arc<str>,
}

impl Named {
    fn of(account: &Account) -> Option<Self> {
        let (level, owner) = (account.id.level, account.parent.as_ref().map(|parent| parent.id));
        let name = || Arc::clone(&account.version.load().name);
        (level != Level::User).then(|| Self { level, owner, name: name() })
    }
}

impl AccountTable {
    /// Adds an account, or changes the one of that id, whose counters are kept. `None`: there is no such parent, or no
    /// such plan.
    pub fn upsert(&self, new: NewAccount) -> Option<Arc<Account>> {
        let mut generation = self.generation.lock();
        *generation += 1;
        let under = match new.plan {
            Some(plan) => Some(Under::new(self.get(plan).filter(|plan| plan.id.level == Level::Plan)?)),
            None => None,
        };
        let rules = match new.policy.on_sight {
            true => self.sight.rules(),
            false => Arc::new(Rules::new(&new.policy.limits, new.policy.budgets.clone())),
        };
        if new.policy.access.is_some() {
            self.has_access.store(true, Ordering::Release);
        }
        self.note_access(new.policy.access.as_deref());
        let version = Version { name: new.name, policy: new.policy, rules, under, generation: *generation };
        let restricts = AtomicBool::new(version.restricts());
        if let Some(known) = self.get(new.id) {
            self.forget_name(&known);
            known.version.store(Arc::new(version));
            known.restricts.store(restricts.into_inner(), Ordering::Release);
            known.tally.set_closed(new.disabled);
            self.note_name(&known);
            return Some(known);
        }
        let parent = match new.parent {
            Some(id) => Some(self.get(id)?),
            None => None,
        };
        let account = Arc::new(Account {
            id: new.id,
            parent,
            tally: Arc::default(),
            restricts,
            version: ArcSwap::from_pointee(version),
        });
        account.tally.set_closed(new.disabled);
        if account.version.load().policy.on_sight {
            self.sight.count();
        }
        self.accounts.write().insert(new.id, Arc::clone(&account));
        self.note_name(&account);
        Some(account)
    }

    /// The account of what is called: the one that is known, with the rules that are in force for it, or one that nobody finds
    /// before [`Self::adopt`]. What is prepared must not change what is in force.
    #[must_use]
    pub fn prepared(&self, new: NewAccount) -> Arc<Account> {
        if let Some(known) = self.get(new.id) {
            return known;
        }
        let mut generation = self.generation.lock();
        *generation += 1;
        let rules = Arc::new(Rules::new(&new.policy.limits, new.policy.budgets.clone()));
        let version =
            Version { name: new.name, policy: new.policy, rules, under: None, generation: *generation };
        Arc::new(Account {
            id: new.id,
            parent: None,
            tally: Arc::default(),
            restricts: AtomicBool::new(version.restricts()),
            version: ArcSwap::from_pointee(version),
        })
    }

    /// Puts one that was prepared into the table, or has the one that is there already count by the rules of `new`.
    pub fn adopt(&self, account: &Arc<Account>, new: NewAccount) {
        let is_known = self.get(new.id).is_some_and(|known| Arc::ptr_eq(&known, account));
        if !is_known {
            account.tally.set_closed(new.disabled);
            self.accounts.write().insert(account.id, Arc::clone(account));
            self.note_name(account);
        }
        let is_same = {
            let policy = &account.version.load().policy;
            policy.limits == new.policy.limits && policy.budgets == new.policy.budgets
        };
        if !is_same {
            let _ = self.upsert(new);
        }
    }

    fn note_name(&self, account: &Arc<Account>) {
        if let Some(named) = Named::of(account) {
            if matches!(named.level, Level::Customer | Level::Tag) {
                self.has_named.store(true, Ordering::Release);
            }
            self.named.write().insert(named, Arc::clone(account));
        }
    }

    /// Another may have taken the name meanwhile.
    fn forget_name(&self, account: &Account) {
        let Some(named) = Named::of(account) else { return };
        let mut all = self.named.write();
        if all.get(&named).is_some_and(|known| known.id == account.id) {
            all.remove(&named);
        }
    }

    /// Removes an account. Calls and keys that refer to it see it as closed. False when there was none.
    pub fn remove(&self, id: AccountId) -> bool {
        let _changes = self.generation.lock();
        let removed = self.accounts.write().remove(&id);
        removed.is_some_and(|account| {
            account.tally.set_closed(true);
            self.forget_name(&account);
            true
        })
    }

    /// Held while something changes that is counted under a generation of this table.
    pub(super) fn generation(&self) -> MutexGuard<'_, u64> {
        self.generation.lock()
    }

    /// True when an account says from where, when or with what calls may come, or did since the start.
    #[must_use]
    pub fn has_access(&self) -> bool {
        self.has_access.load(Ordering::Acquire)
    }

    /// Takes down what the rules of a key or an account read.
    pub(super) fn note_access(&self, access: Option<&Access>) {
        if access.and_then(|access| access.calls.deny.as_ref()).is_some_and(|deny| deny.may_read_headers()) {
            self.reads_headers.store(true, Ordering::Relaxed);
        }
    }

    /// May a condition of a key or an account read the headers of calls?
    #[must_use]
    pub fn reads_headers(&self) -> bool {
        self.reads_headers.load(Ordering::Relaxed)
    }

    /// The account of that id.
    #[must_use]
    pub fn get(&self, id: AccountId) -> Option<Arc<Account>> {
        self.accounts.read().get(&id).cloned()
    }

    /// Everything that belongs to an account, directly or not, and whoever has it as plan.
    #[must_use]
    pub fn referring(&self, id: AccountId) -> Vec<Arc<Account>> {
        let refers = |account: &&Arc<Account>| {
            let is_below = account.lineage().skip(1).any(|above| above.id == id);
            is_below || account.version.load().plan().is_some_and(|plan| plan.id == id)
        };
        let mut all: Vec<_> = self.accounts.read().values().filter(refers).cloned().collect();
        all.sort_unstable_by_key(|account| account.id);
        all
    }

    /// Accounts of a level, in the order of ids.
    #[must_use]
    pub fn list(&self, level: Level) -> Vec<Arc<Account>> {
        let of_level = |account: &&Arc<Account>| account.id.level == level;
        let mut all: Vec<_> = self.accounts.read().values().filter(of_level).cloned().collect();
        all.sort_unstable_by_key(|account| account.id);
        all
    }

    /// Every account, in no order.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Account>> {
        self.accounts.read().values().cloned().collect()
    }

    /// Sets what an account has spent in the windows that hold `now`.
    pub fn restore_spent(&self, id: AccountId, now: Micros, spent: &SpentByPeriod) {
        if let Some(account) = self.get(id) {
            account.tally.restore_spent(now, spent);
        }
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.read().len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests;
