//! The cache of answers as the configuration has it, and what one call wants of it. Plain data. It must not know where
//! answers are kept.

use crate::routing::EmbedderName;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Who shares answers, the fewest first. No call gets an answer from outside of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheScope {
    /// One customer of one key; calls that name none share theirs.
    Customer,
    /// One key.
    #[default]
    Key,
    /// The keys of a team. A key without one is alone.
    Team,
    /// The keys of an organization. A key without one shares with its team, or with nobody.
    Organization,
    /// Everybody.
    Global,
}

impl CacheScope {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Customer, Self::Key, Self::Team, Self::Organization, Self::Global];

    /// The name in configurations and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Key => "key",
            Self::Team => "team",
            Self::Organization => "organization",
            Self::Global => "global",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// How the answers of a model are reused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    /// Whether they are at all.
    pub is_on: bool,
    /// Only for calls that ask for it.
    pub opt_in: bool,
    /// Who shares them.
    pub scope: CacheScope,
    /// How long an answer is fresh, in seconds.
    pub ttl_seconds: u64,
    /// The most that a call may ask for, in seconds.
    pub max_ttl_seconds: u64,
    /// How long after that it is still given while a new one is fetched, in seconds.
    pub stale_while_revalidate_seconds: u64,
    /// How long after that it is still given when no new one can be had, in seconds.
    pub stale_if_error_seconds: u64,
    /// Largest answer that is kept, in bytes.
    pub max_entry_bytes: usize,
    /// How long a caller that reads slowly holds up others who get the same answer, where that is not kept in memory, in
    /// milliseconds; then it is left behind.
    pub slow_reader_ms: u64,
    /// Answers to similar requests are reused, too.
    pub semantic: Option<SemanticPolicy>,
}

/// When a request is so similar to another one that it gets its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SemanticPolicy {
    /// Least cosine of the users' last turns, in thousandths.
    pub threshold_permille: u32,
    /// What makes their vectors.
    pub embedder: EmbedderName,
    /// The longest that a request waits for its vector, in milliseconds.
    pub timeout_ms: u64,
    /// The longest turn that is compared, in bytes.
    pub max_turn_bytes: usize,
}

impl SemanticPolicy {
    /// The least cosine, 0 to 1.
    #[must_use]
    pub fn threshold(&self) -> f32 {
        // A thousand at most: no digit is lost.
        f32::from(u16::try_from(self.threshold_permille).unwrap_or(1000)) / 1000.0
    }
}

/// Where answers are kept beside the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheStore {
    /// Nowhere.
    #[default]
    Memory,
    /// In the data directory.
    Disk,
    /// In Redis, for all gateways together.
    Redis,
}

/// The policies in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachePolicies {
    /// For models that have none of their own.
    pub default: CachePolicy,
    /// By alias.
    pub models: HashMap<Arc<str>, CachePolicy>,
    /// What answers may take in memory, in bytes.
    pub memory_bytes: usize,
    /// Where they are kept beside it. Counts at the start of the process only.
    pub store: CacheStore,
    /// What they may take on disk, in bytes.
    pub disk_bytes: u64,
    /// The longest that a call waits for an answer from there, in milliseconds.
    pub store_timeout_ms: u64,
    /// The most turns that others are compared with.
    pub index_entries: usize,
    /// What these may take in memory, in bytes.
    pub index_bytes: usize,
}

impl CachePolicies {
    /// The policy of a model; `None` when its answers are not reused.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<&CachePolicy> {
        let policy = self.models.get(model).unwrap_or(&self.default);
        policy.is_on.then_some(policy)
    }
}

/// What a call wants of the cache, from its headers and its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheWish {
    /// It asks for the cache, where only those that ask get it.
    pub wanted: bool,
    /// No answer that is there already is good enough.
    pub no_read: bool,
    /// Its answer is not to be kept.
    pub no_store: bool,
    /// Nothing but an answer that is there already will do.
    pub only_if_cached: bool,
    /// Only an answer to the very same request will do.
    pub exact: bool,
    /// How long its answer is fresh, in seconds.
    pub ttl_seconds: Option<u64>,
    /// The oldest answer that is good enough, in seconds.
    pub max_age_seconds: Option<u64>,
    /// How long an answer must still be fresh, in seconds.
    pub min_fresh_seconds: Option<u64>,
    /// An answer may have been stale for so long, in seconds.
    pub max_stale_seconds: Option<u64>,
    /// In place of what the request says: calls with the same text here want the same answer.
    pub key: Option<String>,
    /// Calls with another text here share nothing.
    pub namespace: Option<String>,
    /// What is wrong with what it says.
    pub fault: Option<String>,
}

impl CacheWish {
    /// Neither is an answer read nor kept.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.no_read && self.no_store
    }

    /// Takes in what is said at another place, where nothing was said yet.
    pub fn merge(&mut self, other: Self) {
        self.wanted |= other.wanted;
        self.no_read |= other.no_read;
        self.no_store |= other.no_store;
        self.only_if_cached |= other.only_if_cached;
        self.exact |= other.exact;
        self.ttl_seconds = self.ttl_seconds.or(other.ttl_seconds);
        self.max_age_seconds = self.max_age_seconds.or(other.max_age_seconds);
        self.min_fresh_seconds = self.min_fresh_seconds.or(other.min_fresh_seconds);
        self.max_stale_seconds = self.max_stale_seconds.or(other.max_stale_seconds);
        self.key = self.key.take().or(other.key);
        self.namespace = self.namespace.take().or(other.namespace);
        self.fault = self.fault.take().or(other.fault);
    }
}
