//! What callers name: customers and tags that were made, and customers that are made on sight. Serves admit. Names
//! come from callers, so that there is a bound on them: customers beyond it share one account, and with it one
//! budget, since forgetting one would give it its budget anew.

use super::super::chain::Link;
use super::super::rules::{Holder, Rules};
use super::super::tally::Tally;
use super::{Account, AccountTable, Named, NewAccount, Version};
use arc_swap::ArcSwap;
use gw_model::{AccountId, AccountPolicy, CustomerPolicy, Level};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is known of customers that nobody made.
#[derive(Debug, Default)]
pub(super) struct Sight {
    setting: ArcSwap<Setting>,
    /// How many were made on sight.
    count: AtomicUsize,
    /// Those that the store does not have yet.
    fresh: Mutex<Vec<NewAccount>>,
    /// The account of all that are too many.
    others: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Setting {
    policy: Arc<CustomerPolicy>,
    rules: Arc<Rules>,
    generation: u64,
}

impl Sight {
    /// One more was made on sight, now or before the start.
    pub(super) fn count(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.setting.load().rules)
    }
}

impl AccountTable {
    /// Puts in force what becomes of customers that nobody made, those that were made on sight before included.
    pub fn set_customers(&self, policy: &Arc<CustomerPolicy>) {
        let mut generation = self.generation.lock();
        if *self.sight.setting.load().policy == **policy {
            return;
        }
        *generation += 1;
        let rules = Arc::new(Rules::new(&policy.limits, policy.budgets.clone()));
        let setting =
            Setting { policy: Arc::clone(policy), rules: Arc::clone(&rules), generation: *generation };
        self.sight.setting.store(Arc::new(setting));
        for account in self.list(Level::Customer) {
            let now = account.version();
            if now.policy.on_sight {
                let version = Version {
                    name: Arc::clone(&now.name),
                    policy: now.policy.clone(),
                    rules: Arc::clone(&rules),
                    under: now.under.clone(),
                    generation: *generation,
                };
                account.version.store(Arc::new(version));
            }
        }
        if policy.on_sight {
            self.has_named.store(true, Ordering::Release);
        }
    }

    /// Something counts that callers may name.
    #[must_use]
    pub fn has_named(&self) -> bool {
        self.has_named.load(Ordering::Acquire)
    }

    /// The customer, tag or other account of that name: of what the caller belongs to, the nearest first, else of nobody.
    #[must_use]
    pub fn named(&self, level: Level, name: &str, above: &[Arc<Account>]) -> Option<Arc<Account>> {
        let all = self.named.read();
        let name: Arc<str> = name.into();
        let owners = above.iter().map(|account| Some(account.id)).chain([None]);
        let mut found = owners.map(|owner| Named { level, owner, name: Arc::clone(&name) });
        found.find_map(|named| all.get(&named).cloned())
    }

    /// The account of that name, below another or whatever it belongs to, where there is no other of its level there that is called so. It
    /// looks through all names: not for the request path.
    #[must_use]
    pub fn only_named(&self, level: Level, name: &str, below: Option<AccountId>) -> Option<Arc<Account>> {
        let all = self.named.read();
        let is_below = |account: &Arc<Account>| {
            below.is_none_or(|above| account.lineage().any(|account| account.id == above))
        };
        let is_it =
            |named: &Named, account| named.level == level && &*named.name == name && is_below(account);
        let mut found = all.iter().filter(|(named, account)| is_it(named, account));
        let (_, account) = found.next()?;
        found.next().is_none().then(|| Arc::clone(account))
    }

    /// The part in a call of the customer of that name, who is made if nobody did and the configuration says so.
    /// `None`: such customers do not count. Errors: it is closed.
    pub fn customer(&self, name: &str, above: &[Arc<Account>]) -> Result<Option<Link>, CustomerClosed> {
        if let Some(known) = self.named(Level::Customer, name, above) {
            return if known.is_closed() { Err(CustomerClosed) } else { Ok(Some(known.link())) };
        }
        let setting = self.sight.setting.load();
        if !setting.policy.on_sight {
            return Ok(None);
        }
        if self.sight.count.load(Ordering::Relaxed) >= setting.policy.max {
            return Ok(Some(self.others(&setting)));
        }
        // Customers of different tenants have nothing to do with each other.
        let owner = above.iter().rev().find(|account| account.id.level != Level::User);
        let id = named_account_id(Level::Customer, owner.map(|owner| owner.id), name);
        let policy = AccountPolicy { on_sight: true, ..AccountPolicy::default() };
        let parent = owner.map(|owner| owner.id);
        let new = NewAccount { id, name: name.into(), parent, policy, plan: None, disabled: false };
        let made = self.upsert(new.clone());
        self.sight.fresh.lock().push(new);
        Ok(made.map(|account| account.link()))
    }

    /// Customers that were made on sight since this was last asked.
    #[must_use]
    pub fn take_fresh(&self) -> Vec<NewAccount> {
        std::mem::take(&mut *self.sight.fresh.lock())
    }

    /// Gives back what could not be written.
    pub fn put_back_fresh(&self, fresh: &[NewAccount]) {
        self.sight.fresh.lock().extend_from_slice(fresh);
    }

    fn others(&self, setting: &Setting) -> Link {
        Link {
            id: AccountId { level: Level::Customer, number: 0 },
            holder: Holder { level: Level::Customer, name: Some("others".into()) },
            tally: Arc::clone(&self.sight.others),
            rules: Arc::clone(&setting.rules),
            generation: setting.generation,
        }
    }
}

/// The customer is disabled, or what it belongs to is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerClosed;

/// The id of what callers name, the same at every node and after every start.
#[must_use]
pub fn named_account_id(level: Level, owner: Option<AccountId>, name: &str) -> AccountId {
    let owner = owner.map(|owner| owner.to_string()).unwrap_or_default();
    let hash: [u8; 32] = Sha256::new()
        .chain_update(b"gatewright named account\0")
        .chain_update([level.code()])
        .chain_update(owner)
        .chain_update([0])
        .chain_update(name)
        .finalize()
        .into();
    let mut number = [0; 16];
    for (to, from) in number.iter_mut().zip(hash) {
        *to = from;
    }
    // 0 is the account of all that are too many.
    AccountId { level, number: u128::from_be_bytes(number).max(1) }
}
