//! The key table: from a presented credential to the key's policy and counters. Serves the authenticate
//! stage. Entries are replaced one at a time; the cost of a look-up does not depend on how many there are.

use super::accounts::{Account, AccountTable};
use super::budget::SpentByPeriod;
use super::chain::Link;
use super::digest::{Digest, HeadHasher, Peppers};
use super::plans::Under;
use super::rules::{Holder, Rules};
use super::tally::Tally;
use ahash::{AHashMap, AHashSet};
use gw_model::{AccountId, AccountPolicy, Endpoint, KeyId, KeyPolicy, Level, Micros, Secret};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

/// Shards of the look-up map; a power of two. A change locks one of them for the time of one insertion.
const SHARDS: usize = 64;

type Shard = HashMap<Digest, Arc<KeyEntry>, BuildHasherDefault<HeadHasher>>;

/// Who manages a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The configuration file: read-only over the API.
    File,
    /// The admin API; stored in the database.
    Api,
}

/// A key as the request path sees it. Immutable but for its counters and the revocation mark; a change of
/// policy makes a new entry with the same counters.
pub struct KeyEntry {
    /// Id.
    pub id: KeyId,
    /// What it may do.
    pub policy: KeyPolicy,
    /// Counters and the revocation mark, carried over from entry to entry.
    pub tally: Arc<Tally>,
    /// Its own limits and budgets, without those of its plan; shared with keys that have the same.
    pub rules: Arc<Rules>,
    /// Its plan, if it has one.
    under: Option<Box<Under>>,
    /// Its project, team, organization and user, as far as it has them.
    pub above: Box<[Arc<Account>]>,
    /// Grows with each change of the key.
    generation: u64,
    /// Who manages it.
    pub source: KeySource,
    /// One of the policy's patterns covers every model.
    every_model: bool,
    digest: Digest,
    /// The secret before the present one, and until when it is good.
    retiring: Option<Box<Retiring>>,
}

/// An earlier secret of a key, which goes on being good for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retiring {
    /// Its digest.
    pub digest: [u8; 32],
    /// Until when it is good, in microseconds since the epoch.
    pub until: Micros,
}

impl KeyEntry {
    /// True when the key and all above it allow every model. The key's part is known here, so that most calls
    /// need not follow the policy's list to memory that is in no cache when there are very many keys.
    #[must_use]
    pub fn allows_every_model(&self) -> bool {
        self.every_model && self.all(|policy| policy.models.is_none())
    }

    /// True when its plan, and everything above it with their plans, allow something.
    fn all(&self, allows: impl Fn(&AccountPolicy) -> bool) -> bool {
        let of_plan = self.plan().is_none_or(|plan| plan.permits(&allows));
        of_plan && self.above.iter().all(|account| account.permits(&allows))
    }

    /// Its plan.
    #[must_use]
    pub fn plan(&self) -> Option<&Arc<Account>> {
        self.under.as_ref().map(|under| &under.plan)
    }

    /// Everything that is counted for the key itself, its plan's limits and budgets included.
    #[must_use]
    pub fn all_rules(&self) -> Arc<Rules> {
        self.counted().0
    }

    fn counted(&self) -> (Arc<Rules>, u64) {
        let Some(under) = &self.under else { return (Arc::clone(&self.rules), self.generation) };
        let (rules, of_plan) = under.rules(&self.rules);
        (rules, self.generation.max(of_plan))
    }

    /// True when the key's plan and all above it allow calls to that provider.
    #[must_use]
    pub fn allows_provider(&self, provider: &str) -> bool {
        self.all(|policy| policy.allows_provider(provider))
    }

    /// True when no provider is ruled out.
    #[must_use]
    pub fn allows_every_provider(&self) -> bool {
        self.all(|policy| policy.providers.is_none())
    }

    /// Most output tokens that a request may ask for, by the key's plan and all above it.
    #[must_use]
    pub fn max_output_tokens(&self) -> Option<u64> {
        let accounts = self.plan().into_iter().chain(&self.above);
        accounts.filter_map(|account| account.max_output_tokens()).min()
    }

    /// The secret before the present one, and until when it is good.
    #[must_use]
    pub fn retiring(&self) -> Option<Retiring> {
        self.retiring.as_deref().copied()
    }

    /// True when the key and all above it allow one of these names of a model.
    #[must_use]
    pub fn allows_model(&self, names: &[&str]) -> bool {
        let own = self.every_model || self.policy.allows_model(names);
        own && self.all(|policy| policy.allows_model(names))
    }

    /// True when the key and all above it allow endpoints of this kind.
    #[must_use]
    pub fn allows_endpoint(&self, endpoint: Endpoint) -> bool {
        let own = self.policy.allows_endpoint(endpoint);
        own && self.all(|policy| policy.allows_endpoint(endpoint))
    }

    /// The digests that lead to it.
    fn ways(&self) -> [Option<Digest>; 2] {
        [Some(self.digest), self.retiring.as_ref().map(|retiring| Digest(retiring.digest))]
    }

    /// True from the moment the key was revoked, also for calls that hold an older entry of it.
    #[must_use]
    pub fn revoked(&self) -> bool {
        self.tally.is_closed()
    }

    /// True when the key, or something above it, may call nothing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.revoked() || self.above.iter().any(|account| account.tally().is_closed())
    }

    /// The accounts that its calls count for.
    pub fn links(&self) -> impl Iterator<Item = Link> {
        std::iter::once(self.link()).chain(self.above.iter().map(|account| account.link()))
    }

    /// The key as an account.
    #[must_use]
    pub fn link(&self) -> Link {
        let (rules, generation) = self.counted();
        Link {
            id: AccountId { level: Level::Key, number: self.id.0 },
            holder: Holder::default(),
            tally: Arc::clone(&self.tally),
            rules,
            generation,
        }
    }
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyEntry")
            .field("id", &self.id)
            .field("name", &self.policy.name)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Names {
    by_id: AHashMap<KeyId, Arc<KeyEntry>>,
    by_name: AHashMap<String, KeyId>,
    /// Counters of keys that left the configuration file, for when they come back: leaving and returning
    /// must not refill a budget. Also of keys about to be added. As many as names were ever in the file.
    parked: AHashMap<KeyId, Arc<Tally>>,
    /// The different rules of keys: very many keys have few.
    rules: AHashSet<Arc<Rules>>,
}

impl Names {
    /// The same rules, once for all keys that have them.
    fn shared(&mut self, rules: Rules) -> Arc<Rules> {
        if let Some(known) = self.rules.get(&rules) {
            return Arc::clone(known);
        }
        // What nobody has any more goes when as much again has come.
        if self.rules.len() == self.rules.capacity() {
            self.rules.retain(|rules| Arc::strong_count(rules) > 1);
        }
        let rules = Arc::new(rules);
        self.rules.insert(Arc::clone(&rules));
        rules
    }
}

/// All keys, and the accounts that they belong to.
pub struct KeyTable {
    /// What stands above and beside keys.
    pub accounts: AccountTable,
    peppers: Peppers,
    shards: Vec<RwLock<Shard>>,
    names: Mutex<Names>,
}

impl std::fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyTable").field("keys", &self.len()).finish_non_exhaustive()
    }
}

impl KeyTable {
    /// An empty table. Peppers stand newest first.
    #[must_use]
    pub fn new(peppers: Vec<Secret>) -> Self {
        Self {
            accounts: AccountTable::default(),
            peppers: Peppers::new(&peppers),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            names: Mutex::default(),
        }
    }

    /// The digest of a key under the newest pepper: what is stored.
    #[must_use]
    pub fn digest(&self, presented: &str) -> [u8; 32] {
        self.peppers.newest(presented)
    }

    /// The digests that what was presented may be stored under, newest pepper first.
    pub fn digests<'a>(&'a self, presented: &'a str) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.peppers.each(presented)
    }

    /// The key that was presented, revoked or not. Older peppers are tried after newer ones.
    #[must_use]
    pub fn find(&self, presented: &str, now: Micros) -> Option<Arc<KeyEntry>> {
        self.peppers.each(presented).find_map(|digest| {
            let digest = Digest(digest);
            let entry = self.shard(&digest).read().get(&digest).cloned()?;
            // An earlier secret leads here too, for as long as it is good.
            let is_good = entry.digest == digest
                || entry.retiring.as_ref().is_some_and(|retiring| now < retiring.until);
            is_good.then_some(entry)
        })
    }

    /// Adds a key or replaces the one with that id, whose counters are kept.
    pub fn upsert(
        &self,
        id: KeyId,
        digest: [u8; 32],
        policy: KeyPolicy,
        disabled: bool,
        source: KeySource,
    ) -> Arc<KeyEntry> {
        self.upsert_retiring(id, digest, policy, disabled, source, None)
    }

    /// As [`Self::upsert`], for a key whose earlier secret is good for a while.
    pub fn upsert_retiring(
        &self,
        id: KeyId,
        digest: [u8; 32],
        policy: KeyPolicy,
        disabled: bool,
        source: KeySource,
        retiring: Option<Retiring>,
    ) -> Arc<KeyEntry> {
        let digest = Digest(digest);
        let mut generation = self.accounts.generation();
        *generation += 1;
        let mut names = self.names.lock();
        let old = names.by_id.get(&id).cloned();
        let tally = match &old {
            Some(old) => Arc::clone(&old.tally),
            None => names.parked.remove(&id).unwrap_or_default(),
        };
        tally.set_closed(disabled || policy.disabled);
        let every_model = policy.models.iter().any(|pattern| pattern == "*");
        let rules = names.shared(Rules::new(&policy.limits, policy.budgets.clone()));
        let above = self.above(&policy);
        let plan = policy.plan_id.as_ref().and_then(|id| self.accounts.get(id.parse().ok()?));
        let under = plan.filter(|plan| plan.id.level == Level::Plan).map(|plan| Box::new(Under::new(plan)));
        let entry = Arc::new(KeyEntry {
            id,
            policy,
            tally,
            rules,
            under,
            above,
            generation: *generation,
            source,
            every_model,
            digest,
            retiring: retiring.map(Box::new),
        });
        self.shard(&digest).write().insert(digest, Arc::clone(&entry));
        if let Some(Retiring { digest, .. }) = retiring {
            self.shard(&Digest(digest)).write().insert(Digest(digest), Arc::clone(&entry));
        }
        if let Some(old) = old {
            let ways = entry.ways();
            for digest in old.ways().into_iter().flatten().filter(|digest| !ways.contains(&Some(*digest))) {
                self.forget_digest(id, digest);
            }
            // Another key may have taken the old name meanwhile.
            if old.policy.name != entry.policy.name && names.by_name.get(&old.policy.name) == Some(&id) {
                names.by_name.remove(&old.policy.name);
            }
        }
        names.by_name.insert(entry.policy.name.clone(), id);
        names.by_id.insert(id, Arc::clone(&entry));
        entry
    }

    /// Sets what a key has spent in the windows that hold `now`, also before the key is in the table: then
    /// not even its first call can find a budget that looks unspent.
    pub fn restore_spent(&self, id: KeyId, now: Micros, spent: &SpentByPeriod) {
        self.tally(id).restore_spent(now, spent);
    }

    /// The counters of a key that is in the table, or is about to be.
    pub fn tally(&self, id: KeyId) -> Arc<Tally> {
        let mut names = self.names.lock();
        match names.by_id.get(&id) {
            Some(entry) => Arc::clone(&entry.tally),
            None => Arc::clone(names.parked.entry(id).or_default()),
        }
    }

    /// Removes a key. Calls that hold its entry see it as revoked. False when there was none.
    pub fn remove(&self, id: KeyId) -> bool {
        let mut names = self.names.lock();
        let Some(entry) = names.by_id.remove(&id) else { return false };
        if names.by_name.get(&entry.policy.name) == Some(&id) {
            names.by_name.remove(&entry.policy.name);
        }
        entry.tally.set_closed(true);
        for digest in entry.ways().into_iter().flatten() {
            self.forget_digest(id, digest);
        }
        if entry.source == KeySource::File {
            names.parked.insert(id, Arc::clone(&entry.tally));
        }
        true
    }

    /// The key of that id.
    #[must_use]
    pub fn get(&self, id: KeyId) -> Option<Arc<KeyEntry>> {
        self.names.lock().by_id.get(&id).cloned()
    }

    /// The key of that name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Arc<KeyEntry>> {
        let names = self.names.lock();
        names.by_id.get(names.by_name.get(name)?).cloned()
    }

    /// Every key, in the order of ids.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<KeyEntry>> {
        let mut all: Vec<_> = self.names.lock().by_id.values().cloned().collect();
        all.sort_unstable_by_key(|entry| entry.id);
        all
    }

    /// The keys that are wanted, in no order.
    #[must_use]
    pub fn filter(&self, is_wanted: impl Fn(&KeyEntry) -> bool) -> Vec<Arc<KeyEntry>> {
        self.names.lock().by_id.values().filter(|entry| is_wanted(entry)).cloned().collect()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.lock().by_id.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a key with that policy belongs to, as far as it is known: a name of a team that nobody made is no more
    /// than a label for reports.
    fn above(&self, policy: &KeyPolicy) -> Box<[Arc<Account>]> {
        let find = |id: &Option<String>, level| {
            let id: AccountId = id.as_ref()?.parse().ok()?;
            self.accounts.get(id).filter(|account| account.id.level == level)
        };
        let team = || find(&policy.team_id, Level::Team);
        let nearest = find(&policy.project_id, Level::Project).or_else(team);
        let user = find(&policy.user_id, Level::User);
        user.iter().chain(nearest.iter().flat_map(|account| account.lineage())).cloned().collect()
    }

    /// Removes the way from a digest to a key, unless another key has taken that digest meanwhile.
    fn forget_digest(&self, id: KeyId, digest: Digest) {
        let mut shard = self.shard(&digest).write();
        if shard.get(&digest).is_some_and(|found| found.id == id) {
            shard.remove(&digest);
        }
    }

    /// The high bits choose the shard; the map uses the others.
    fn shard(&self, digest: &Digest) -> &RwLock<Shard> {
        let at = (digest.head() >> 32) as usize % SHARDS;
        // SHARDS locks were made in `new`, so the remainder is always a valid place.
        &self.shards[at]
    }
}

#[cfg(test)]
mod tests;
