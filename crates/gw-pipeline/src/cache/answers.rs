//! What of the cache outlives a call: answers that are kept, and those that are on their way. One for all workers. Serves
//! the cache stage and whoever throws answers away.

use super::flights::Flights;
use super::purged::Purged;
use crate::metrics::Metrics;
use gw_model::Micros;
use gw_model::caching::{CachePolicies, CachePolicy, CacheWish};
use gw_store::answers::shelf::{NoReply, Purged as Shelved, Shelf};
use gw_store::answers::similar::{Index, Turn};
use gw_store::answers::{Answer, AnswerKey, Memory, Purge, Totals};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const SECOND_US: i64 = 1_000_000;

/// See the module.
pub struct Answers {
    memory: Memory,
    /// Is any answer reused at all?
    is_used: AtomicBool,
    pub(super) flights: Flights,
    /// The turns to which there are answers.
    pub(super) similar: Arc<Index>,
    /// Where answers are beside the memory.
    shelf: OnceLock<Shelf>,
    purged: Arc<Purged>,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").field("memory", &self.memory).finish_non_exhaustive()
    }
}

/// What came of throwing answers away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purging {
    /// How many there were, as far as this process knows.
    pub count: usize,
    /// Are they gone from the store beside the memory, too?
    pub store: StorePurged,
}

/// See [`Purging`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorePurged {
    /// They are, or there is no store.
    Yes,
    /// The store does not answer. This process gives none of them any more, and tells it as soon as it does.
    Pending,
    /// Nobody tells it: this process has lost it for good.
    Lost,
}

/// What is there for a request.
pub(super) enum Found {
    /// As good as new.
    Fresh(Arc<Answer>),
    /// To be given while a new one is fetched.
    Stale(Arc<Answer>),
    /// To be given if no new one can be had.
    Spare(Arc<Answer>),
    Nothing,
}

impl Answers {
    pub(crate) fn new(policies: Option<&CachePolicies>, metrics: &Metrics) -> Self {
        let is_used = AtomicBool::new(policies.is_some());
        let (entries, bytes) = index_limits(policies);
        Self {
            similar: Arc::new(Index::new(entries, bytes)),
            shelf: OnceLock::new(),
            memory: Memory::new(memory_bytes(policies)),
            is_used,
            flights: Flights::new(metrics.cache_passengers.clone()),
            purged: Arc::default(),
        }
    }

    /// Other policies are in force.
    pub(crate) fn follow(&self, policies: Option<&CachePolicies>) {
        self.is_used.store(policies.is_some(), Ordering::Relaxed);
        self.memory.set_limit(memory_bytes(policies));
        let (entries, bytes) = index_limits(policies);
        self.similar.set_limits(entries, bytes);
    }

    /// Is any answer reused at all? What callers say about it is not read otherwise.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// The answer to a request, as far as the policy and the caller's wishes let it have one.
    pub(super) fn find(&self, key: &AnswerKey, wish: &CacheWish, policy: &CachePolicy, now: Micros) -> Found {
        let Some(answer) = self.memory.get(key, now) else { return Found::Nothing };
        let seconds = |us: Micros| u64::try_from(us / SECOND_US).unwrap_or(0);
        let age = seconds(now.saturating_sub(answer.stored_at));
        let (left, stale) = (seconds(answer.fresh_until - now), seconds(now - answer.fresh_until));
        let is_young = wish.max_age_seconds.is_none_or(|most| age <= most);
        let is_good_for_long = wish.min_fresh_seconds.is_none_or(|least| left >= least);
        if !is_young || !is_good_for_long {
            return Found::Nothing;
        }
        if answer.fresh_until > now || wish.max_stale_seconds.is_some_and(|most| stale <= most) {
            return Found::Fresh(answer);
        }
        if stale < policy.stale_while_revalidate_seconds {
            return Found::Stale(answer);
        }
        if stale < policy.stale_if_error_seconds {
            return Found::Spare(answer);
        }
        Found::Nothing
    }

    /// From now on, answers are kept there, too. Only the first counts.
    pub fn set_shelf(&self, shelf: Shelf) {
        let _ = self.shelf.set(shelf);
    }

    /// Waits until what is kept beside the memory is written there, at most so long. False: some of it is not.
    pub async fn flush(&self, within: Duration) -> bool {
        match self.shelf.get() {
            Some(shelf) => shelf.flush(within).await,
            None => true,
        }
    }

    /// The turns that others are compared with.
    #[must_use]
    pub const fn index(&self) -> &Arc<Index> {
        &self.similar
    }

    /// Is there more than the memory?
    pub(super) fn has_shelf(&self) -> bool {
        self.shelf.get().is_some()
    }

    /// Brings an answer into the memory from where else it may be. False: there is none; nothing: nobody knows.
    pub(super) async fn fetch(&self, key: AnswerKey, now: Micros) -> Option<bool> {
        if self.memory.get(&key, now).is_some() {
            return Some(true);
        }
        let Some(shelf) = self.shelf.get() else { return Some(false) };
        let since = self.purges();
        match shelf.get(key).await {
            Ok(Some(answer)) => Some(self.take(key, Arc::new(answer), since)),
            Ok(None) => Some(false),
            Err(_) => None,
        }
    }

    /// Keeps an answer that was asked for after so many purges, and what others may find it by; false where a later purge
    /// takes it.
    pub(super) fn keep(&self, key: AnswerKey, answer: Answer, turn: Option<&Turn>, since: u64) -> bool {
        let answer = Arc::new(answer);
        if !self.take(key, Arc::clone(&answer), since) {
            return false;
        }
        if let Some(shelf) = self.shelf.get() {
            // A purge may pass before it is written.
            let (purged, kept) = (Arc::clone(&self.purged), Arc::clone(&answer));
            let is_gone = move || purged.takes(since, &key, &kept.labels);
            shelf.put_unless(key, &answer, turn, Box::new(is_gone));
        }
        true
    }

    /// Puts an answer into the memory; false where a purge after so many takes it.
    fn take(&self, key: AnswerKey, answer: Arc<Answer>, since: u64) -> bool {
        if self.purged.takes(since, &key, &answer.labels) {
            return false;
        }
        self.memory.put(key, Arc::clone(&answer));
        // A purge may have passed between the two.
        if self.purged.takes(since, &key, &answer.labels) {
            self.memory.purge(&Purge { key: Some(key), ..Purge::default() });
            return false;
        }
        true
    }

    /// How many purges there were.
    pub(super) fn purges(&self) -> u64 {
        self.purged.count()
    }

    /// Throws answers away. Those that are on their way go to who waits for them, and are not kept. To be called where
    /// waiting is allowed.
    pub fn purge(&self, purge: &Purge) -> Purging {
        self.note(purge);
        // The memory gives none of it from now on, however long the store takes.
        let mut gone: HashSet<AnswerKey> = self.memory.purge(purge).into_iter().collect();
        let store = match self.shelf.get().map(|shelf| shelf.purge(purge)) {
            None => StorePurged::Yes,
            Some(Ok(Shelved { keys, is_pending })) => {
                gone.extend(keys);
                if is_pending { StorePurged::Pending } else { StorePurged::Yes }
            }
            Some(Err(NoReply)) => StorePurged::Lost,
        };
        // Once more, for what came from the store meanwhile.
        Purging { count: self.forget(gone, purge), store }
    }

    /// Purges that the store beside the memory has not carried out yet.
    #[must_use]
    pub fn pending_purges(&self) -> usize {
        self.shelf.get().map_or(0, Shelf::pending_purges)
    }

    /// The same for the memory of this process alone: elsewhere they are gone.
    pub fn purge_memory(&self, purge: &Purge) -> usize {
        self.note(purge);
        self.forget(HashSet::new(), purge)
    }

    fn note(&self, purge: &Purge) {
        self.purged.note(purge);
        self.flights.close_doors();
    }

    fn forget(&self, mut gone: HashSet<AnswerKey>, purge: &Purge) -> usize {
        gone.extend(self.memory.purge(purge));
        if !gone.is_empty() {
            self.similar.retain(|key| !gone.contains(key));
        }
        gone.len()
    }

    /// The turns that others are compared with, and what they take in bytes.
    #[must_use]
    pub fn index_totals(&self) -> (usize, usize) {
        self.similar.totals()
    }

    /// How full the memory is.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.memory.totals()
    }
}

fn index_limits(policies: Option<&CachePolicies>) -> (usize, usize) {
    policies.map_or((0, 0), |policies| (policies.index_entries, policies.index_bytes))
}

fn memory_bytes(policies: Option<&CachePolicies>) -> usize {
    policies.map_or(0, |policies| policies.memory_bytes)
}
