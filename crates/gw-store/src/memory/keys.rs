//! The key table: from a presented credential to the key's policy and counters. Serves the authenticate
//! stage. Entries are replaced one at a time; the cost of a look-up does not depend on how many there are.

mod callers;
mod entry;
mod place;

use super::accounts::{Account, AccountTable};
use super::budget::SpentByPeriod;
use super::chain::Link;
use super::digest::{Digest, HeadHasher, Peppers};
use super::plans::Under;
use super::rules::{Holder, Rules};
use super::tally::Tally;
use crate::refers;
use ahash::{AHashMap, AHashSet};
use callers::Callers;
pub use callers::{NewCaller, Told, TooManyCallers};
use entry::Notes;
pub use entry::{KeyEntry, KeySource, Retiring};
use gw_model::access::Access;
use gw_model::{AccountId, KeyId, KeyPolicy, KeyTerms, Level, Micros, Secret};
use parking_lot::{Mutex, RwLock};
use place::Place;
use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// Shards of the look-up map; a power of two. A change locks one of them for the time of one insertion.
const SHARDS: usize = 64;

type Shard = HashSet<ByDigest, BuildHasherDefault<HeadHasher>>;

/// An entry that is found by the digest of its secret. It is a pointer and no more: the smaller the table, the more of it
/// is in the caches.
struct ByDigest(Arc<KeyEntry>);

/// An entry that is found by its id.
struct ById(Arc<KeyEntry>);

/// An entry that is found by its name.
struct ByName(Arc<KeyEntry>);

macro_rules! found_by {
    ($of:ident, $key:ty, $field:ident) => {
        impl Borrow<$key> for $of {
            fn borrow(&self) -> &$key {
                &self.0.$field
            }
        }
        impl PartialEq for $of {
            fn eq(&self, other: &Self) -> bool {
                self.0.$field == other.0.$field
            }
        }
        impl Eq for $of {}
        impl Hash for $of {
            fn hash<H: Hasher>(&self, state: &mut H) {
                Borrow::<$key>::borrow(self).hash(state);
            }
        }
    };
}

found_by!(ByDigest, Digest, digest);
found_by!(ById, KeyId, id);

/// A name, and within what it is one.
trait Named {
    fn named(&self) -> (&str, &str);
}

impl Named for (&str, &str) {
    fn named(&self) -> (&str, &str) {
        *self
    }
}

impl Named for ByName {
    fn named(&self) -> (&str, &str) {
        (self.0.owner(), &self.0.name)
    }
}

impl Hash for dyn Named + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.named().hash(state);
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.named() == other.named()
    }
}

impl Eq for dyn Named + '_ {}

impl Hash for ByName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.named().hash(state);
    }
}

impl PartialEq for ByName {
    fn eq(&self, other: &Self) -> bool {
        self.named() == other.named()
    }
}

impl Eq for ByName {}

impl<'a> Borrow<dyn Named + 'a> for ByName {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

#[derive(Default)]
struct Names {
    by_id: AHashSet<ById>,
    by_name: AHashSet<ByName>,
    /// Counters of keys that left the configuration file, for when they come back: leaving and returning
    /// must not refill a budget. Also of keys about to be added. As many as names were ever in the file.
    parked: AHashMap<KeyId, Arc<Tally>>,
    /// The different rules of keys: very many keys have few.
    rules: AHashSet<Arc<Rules>>,
    /// And what they may do.
    terms: AHashSet<Arc<KeyTerms>>,
    /// And where they stand.
    places: AHashSet<Arc<Place>>,
}

impl Names {
    fn get(&self, id: KeyId) -> Option<&Arc<KeyEntry>> {
        self.by_id.get(&id).map(|found| &found.0)
    }

    /// Removes the way from an entry's name to it, unless another key has taken the name meanwhile.
    fn forget_name(&mut self, entry: &KeyEntry) {
        let name = (entry.owner(), &*entry.name);
        let name: &dyn Named = &name;
        if self.by_name.get(name).is_some_and(|found| found.0.id == entry.id) {
            self.by_name.remove(name);
        }
    }
}

/// The same, once for all keys that have it.
fn shared<T: Eq + Hash>(known: &mut AHashSet<Arc<T>>, value: T) -> Arc<T> {
    if let Some(known) = known.get(&value) {
        return Arc::clone(known);
    }
    // What nobody has any more goes when as much again has come.
    if known.len() == known.capacity() {
        known.retain(|value| Arc::strong_count(value) > 1);
    }
    let value = Arc::new(value);
    known.insert(Arc::clone(&value));
    value
}

/// All keys, and the accounts that they belong to.
pub struct KeyTable {
    /// What stands above and beside keys.
    pub accounts: AccountTable,
    peppers: Peppers,
    shards: Vec<RwLock<Shard>>,
    /// Keys whose earlier secret may be good still, by that.
    retiring: RwLock<HashMap<Digest, Arc<KeyEntry>, BuildHasherDefault<HeadHasher>>>,
    names: Mutex<Names>,
    /// Those who call with tokens. Locked before the names.
    callers: Mutex<Callers>,
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
            retiring: RwLock::default(),
            names: Mutex::default(),
            callers: Mutex::default(),
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
            if let Some(found) = self.shard(&digest).read().get(&digest) {
                return Some(Arc::clone(&found.0));
            }
            let entry = self.retiring.read().get(&digest).cloned()?;
            entry.retiring().is_some_and(|retiring| now < retiring.until).then_some(entry)
        })
    }

    /// Adds a key or replaces the one with that id, whose counters are kept. One that names an account that is not in the
    /// table may call nothing.
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
        let old = names.get(id).cloned();
        let tally = match &old {
            Some(old) => Arc::clone(&old.tally),
            None => names.parked.remove(&id).unwrap_or_default(),
        };
        // Better no calls than calls that count for nobody.
        let is_orphan = refers::of_key(&policy).any(|id| self.accounts.get(id).is_none());
        tally.set_closed(disabled || policy.disabled || is_orphan);
        self.accounts.note_access(policy.access.as_deref());
        let every_model = policy.models.iter().any(|pattern| pattern == "*");
        let rules = shared(&mut names.rules, Rules::new(&policy.limits, policy.budgets.clone()));
        let above = self.above(&policy);
        let under = self.under(&policy);
        let user_id = policy.user_id.map(String::into_boxed_str);
        let entry = Arc::new(KeyEntry {
            id,
            name: policy.name.into_boxed_str(),
            expires_at: policy.expires_at,
            disabled: policy.disabled,
            notes: Notes { metadata: policy.metadata, retiring, ..Notes::default() }.boxed(),
            policy: shared(&mut names.terms, policy.terms),
            tally,
            rules,
            under,
            is_alone: above.is_empty(),
            place: shared(&mut names.places, Place { user_id, above }),
            generation: *generation,
            source,
            every_model,
            digest,
        });
        self.shard(&digest).write().replace(ByDigest(Arc::clone(&entry)));
        if let Some(Retiring { digest, .. }) = retiring {
            self.retiring.write().insert(Digest(digest), Arc::clone(&entry));
        }
        if let Some(old) = old {
            if old.digest != entry.digest {
                self.forget_digest(&old);
            }
            if old.retiring() != entry.retiring() {
                self.forget_retiring(&old, entry.retiring());
            }
            names.forget_name(&old);
        }
        names.by_name.replace(ByName(Arc::clone(&entry)));
        names.by_id.replace(ById(Arc::clone(&entry)));
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
        if let Some(entry) = names.get(id) {
            return Arc::clone(&entry.tally);
        }
        Arc::clone(names.parked.entry(id).or_default())
    }

    /// Removes a key. Calls that hold its entry see it as revoked. False when there was none.
    pub fn remove(&self, id: KeyId) -> bool {
        let mut names = self.names.lock();
        let Some(ById(entry)) = names.by_id.take(&id) else { return false };
        names.forget_name(&entry);
        entry.tally.set_closed(true);
        self.forget_digest(&entry);
        self.forget_retiring(&entry, None);
        if entry.source == KeySource::File {
            names.parked.insert(id, Arc::clone(&entry.tally));
        }
        true
    }

    /// The key of that id.
    #[must_use]
    pub fn get(&self, id: KeyId) -> Option<Arc<KeyEntry>> {
        self.names.lock().get(id).cloned()
    }

    /// As [`KeyEntry::access`], for calls of most installations at no cost: accounts are asked only if one of them ever had
    /// something to say.
    pub fn access<T>(&self, entry: &KeyEntry, refuse: impl Fn(&Access) -> Option<T>) -> Option<(Holder, T)> {
        match (self.accounts.has_access(), &entry.policy.access) {
            (true, _) => entry.access(refuse),
            (false, Some(own)) => Some((Holder::default(), refuse(own)?)),
            (false, None) => None,
        }
    }

    /// The key of that name within that owner ([`KeyPolicy::owner`]).
    #[must_use]
    pub fn by_name(&self, owner: &str, name: &str) -> Option<Arc<KeyEntry>> {
        let name: &dyn Named = &(owner, name);
        self.names.lock().by_name.get(name).map(|found| Arc::clone(&found.0))
    }

    /// Every key, in the order of ids.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<KeyEntry>> {
        let mut all: Vec<_> = self.names.lock().by_id.iter().map(|found| Arc::clone(&found.0)).collect();
        all.sort_unstable_by_key(|entry| entry.id);
        all
    }

    /// The keys that are wanted, in no order.
    #[must_use]
    pub fn filter(&self, is_wanted: impl Fn(&KeyEntry) -> bool) -> Vec<Arc<KeyEntry>> {
        let names = self.names.lock();
        names.by_id.iter().map(|found| &found.0).filter(|entry| is_wanted(entry)).cloned().collect()
    }

    /// Which state of keys and accounts this is: it grows with each change.
    #[must_use]
    pub fn generation(&self) -> u64 {
        *self.accounts.generation()
    }

    /// Keys and accounts that changed after such a state and have budgets that count for all gateways together.
    #[must_use]
    pub fn shared(&self, after: u64) -> Vec<Link> {
        let has_budgets = |entry: &KeyEntry| !entry.rules.budgets.is_empty() || entry.under.is_some();
        let keys = self.filter(has_budgets);
        let accounts = self.accounts.all();
        let links = keys.iter().map(|key| key.link()).chain(accounts.iter().map(|account| account.link()));
        links.filter(|link| link.generation > after && link.rules.has_shared_budgets()).collect()
    }

    /// Keys and accounts that calls counted for and that have limits that count for all gateways together.
    #[must_use]
    pub fn sharing_limits(&self) -> Vec<Link> {
        let keys = self.filter(|entry| entry.tally.is_used());
        let accounts = self.accounts.all();
        let links = keys.iter().map(|key| key.link()).chain(accounts.iter().map(|account| account.link()));
        links.filter(|link| link.rules.has_shared_limits()).collect()
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
        // What a service account does counts for what it belongs to, as what a key does.
        let nearest = nearest.or_else(|| user.as_ref()?.parent.clone());
        user.iter().chain(nearest.iter().flat_map(|account| account.lineage())).cloned().collect()
    }

    /// The plan that a policy names, where there is one of that id.
    fn under(&self, policy: &KeyPolicy) -> Option<Box<Under>> {
        let plan = policy.plan_id.as_ref().and_then(|id| self.accounts.get(id.parse().ok()?))?;
        (plan.id.level == Level::Plan).then(|| Box::new(Under::new(plan)))
    }

    /// Removes the way from an entry's digest to it, unless another key has taken that digest meanwhile.
    fn forget_digest(&self, entry: &KeyEntry) {
        let mut shard = self.shard(&entry.digest).write();
        if shard.get(&entry.digest).is_some_and(|found| found.0.id == entry.id) {
            shard.remove(&entry.digest);
        }
    }

    /// The same of its earlier secret, unless that is the one of now too.
    fn forget_retiring(&self, entry: &KeyEntry, now: Option<Retiring>) {
        let Some(old) = entry.retiring().filter(|old| now.is_none_or(|now| now.digest != old.digest)) else {
            return;
        };
        let mut retiring = self.retiring.write();
        if retiring.get(&Digest(old.digest)).is_some_and(|found| found.id == entry.id) {
            retiring.remove(&Digest(old.digest));
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
