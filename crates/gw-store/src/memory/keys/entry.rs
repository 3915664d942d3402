//! One key, as the request path sees it. Serves authenticate and authorize. It must stay small: there may be a million.

use super::super::accounts::Account;
use super::super::chain::Link;
use super::super::digest::Digest;
use super::super::plans::Under;
use super::super::rules::{Holder, Rules};
use super::super::tally::Tally;
use super::callers::Told;
use super::place::Place;
use gw_model::access::{Access, CallRules};
use gw_model::{AccountId, AccountPolicy, Endpoint, KeyId, KeyPolicy, KeyTerms, Level, Micros};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who manages a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The configuration file: read-only over the API.
    File,
    /// The admin API; stored in the database.
    Api,
    /// Nobody here: the caller has tokens of an identity provider.
    Token,
}

/// A key as the request path sees it. Immutable but for its counters and the revocation mark; a change of
/// policy makes a new entry with the same counters.
// The order in memory is ours: what a look-up reads stands together at the front.
#[repr(C)]
pub struct KeyEntry {
    pub(super) digest: Digest,
    /// Id.
    pub id: KeyId,
    /// Counters and the revocation mark, carried over from entry to entry.
    pub tally: Arc<Tally>,
    /// What it may do; shared with keys that may do the same.
    pub policy: Arc<KeyTerms>,
    /// Its own limits and budgets, without those of its plan; shared with keys that have the same.
    pub rules: Arc<Rules>,
    /// From then on it is refused.
    pub expires_at: Option<Micros>,
    /// It may call nothing until that is lifted.
    pub disabled: bool,
    /// One of the policy's patterns covers every model.
    pub(super) every_model: bool,
    /// Nothing stands above it. It says so here, so that calls of such keys need not look further back.
    pub(super) is_alone: bool,
    /// Who manages it.
    pub source: KeySource,
    /// Grows with each change of the key.
    pub(super) generation: u64,
    /// Its plan, if it has one.
    pub(super) under: Option<Box<Under>>,
    /// Its project, team, organization and user; shared with keys that have the same.
    pub(super) place: Arc<Place>,
    /// Shown to people; unique.
    pub name: Box<str>,
    /// What few keys have.
    pub(super) notes: Option<Box<Notes>>,
}

// With the counts of its pointer, 160 bytes: a class of sizes of the allocator. One more would be 32 more, a million times.
const _: () = assert!(size_of::<KeyEntry>() <= 144);

/// An earlier secret of a key, which goes on being good for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retiring {
    /// Its digest.
    pub digest: [u8; 32],
    /// Until when it is good, in microseconds since the epoch.
    pub until: Micros,
}

/// What few keys have, so that it takes no room in the others.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Notes {
    /// Free text for people and reports.
    pub(super) metadata: BTreeMap<String, String>,
    /// For whom its calls are, where its token says so.
    pub(super) told: Told,
    /// The secret before the present one, and until when it is good.
    pub(super) retiring: Option<Retiring>,
}

impl Notes {
    /// None where there is nothing to note.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// Of keys without any.
static NO_METADATA: BTreeMap<String, String> = BTreeMap::new();

impl KeyEntry {
    /// Within what its name is unique: [`gw_model::KeyPolicy::owner`].
    #[must_use]
    pub fn owner(&self) -> &str {
        self.policy.owner(self.user_id())
    }

    /// Free text for people and reports.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        self.notes.as_ref().map_or(&NO_METADATA, |notes| &notes.metadata)
    }

    /// For whom its calls are, where its token says so: whatever the calls say themselves.
    #[must_use]
    pub fn told(&self) -> Option<&Told> {
        self.notes.as_ref().map(|notes| &notes.told)
    }

    /// The key as people set it.
    #[must_use]
    pub fn whole_policy(&self) -> KeyPolicy {
        KeyPolicy {
            name: self.name.to_string(),
            user_id: self.user_id().map(str::to_owned),
            disabled: self.disabled,
            expires_at: self.expires_at,
            metadata: self.metadata().clone(),
            terms: KeyTerms::clone(&self.policy),
        }
    }

    /// True when the key and all above it allow every model. The key's part is known here, so that most calls
    /// need not follow the policy's list to memory that is in no cache when there are very many keys.
    #[must_use]
    pub fn allows_every_model(&self) -> bool {
        self.every_model && self.all(|policy| policy.models.is_none())
    }

    /// True when its plan, and everything above it with their plans, allow something.
    fn all(&self, allows: impl Fn(&AccountPolicy) -> bool) -> bool {
        let of_plan = self.plan().is_none_or(|plan| plan.permits(&allows));
        of_plan && self.above().iter().all(|account| account.permits(&allows))
    }

    /// Its project, team, organization and user, as far as it has them; the way to ask on the path of every call.
    #[must_use]
    pub fn above(&self) -> &[Arc<Account>] {
        if self.is_alone { &[] } else { &self.place.above }
    }

    /// The person whose calls these are, when set.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.place.user_id.as_deref()
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

    /// True when the key, its plan and all above it allow calls to that provider.
    #[must_use]
    pub fn allows_provider(&self, provider: &str) -> bool {
        let own = self.calls().is_none_or(|calls| calls.allows_provider(provider));
        own && self.all(|policy| policy.allows_provider(provider))
    }

    /// What its calls may be, by the key itself.
    fn calls(&self) -> Option<&CallRules> {
        self.policy.access.as_ref().map(|access| &access.calls)
    }

    /// True when no provider is ruled out.
    #[must_use]
    pub fn allows_every_provider(&self) -> bool {
        let own = self.calls().is_none_or(|calls| calls.providers.is_none());
        own && self.all(|policy| policy.providers.is_none())
    }

    /// Calls `refuse` with what the key, its plan and all above it say of where, when and with what calls may come, until
    /// that gives something; then also whose it is.
    pub fn access<T>(&self, refuse: impl Fn(&Access) -> Option<T>) -> Option<(Holder, T)> {
        let own = self.policy.access.as_ref().and_then(|access| refuse(access));
        if let Some(found) = own {
            return Some((Holder::default(), found));
        }
        let above = self.plan().into_iter().chain(self.above());
        above.filter_map(|account| account.access(&refuse)).next()
    }

    /// Most output tokens that a request may ask for, by the key, its plan and all above it.
    #[must_use]
    pub fn max_output_tokens(&self) -> Option<u64> {
        let accounts = self.plan().into_iter().chain(self.above());
        let own = self.calls().and_then(|calls| calls.max_output_tokens);
        accounts.filter_map(|account| account.max_output_tokens()).chain(own).min()
    }

    /// The secret before the present one, and until when it is good.
    #[must_use]
    pub fn retiring(&self) -> Option<Retiring> {
        self.notes.as_ref().and_then(|notes| notes.retiring)
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

    /// True from the moment the key was revoked, also for calls that hold an older entry of it.
    #[must_use]
    pub fn revoked(&self) -> bool {
        self.tally.is_closed()
    }

    /// True when the key, or something above it, may call nothing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.revoked() || self.above().iter().any(|account| account.tally().is_closed())
    }

    /// The accounts that its calls count for.
    pub fn links(&self) -> impl Iterator<Item = Link> {
        std::iter::once(self.link()).chain(self.above().iter().map(|account| account.link()))
    }

    /// The id of the key as an account.
    #[must_use]
    pub const fn account_id(&self) -> AccountId {
        AccountId { level: Level::Key, number: self.id.0 }
    }

    /// The key as an account.
    #[must_use]
    pub fn link(&self) -> Link {
        let (rules, generation) = self.counted();
        Link {
            id: self.account_id(),
            holder: Holder::default(),
            tally: Arc::clone(&self.tally),
            rules,
            generation,
        }
    }
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyEntry").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
