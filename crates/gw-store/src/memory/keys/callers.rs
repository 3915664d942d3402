//! Those who call with tokens of identity providers. A token that was found good leads to an entry as a key does, so that
//! from its second use on it costs what a key costs. Tokens of one caller share its counters, and each has what it says
//! itself. It must not read a token: whoever checked it says whose it is.
//!
//! A caller outlives its tokens: who comes back with a new one finds its limits as they were. There is a bound on callers,
//! and on the tokens of each.

use super::super::accounts::Account;
use super::super::digest::Digest;
use super::super::rules::Rules;
use super::entry::Notes;
use super::place::Place;
use super::{ByDigest, ById, KeyEntry, KeySource, KeyTable, shared};
use ahash::AHashMap;
use gw_model::{KeyId, KeyPolicy, Micros};
use smallvec::SmallVec;
use std::sync::Arc;

/// Tokens of one caller that are known at a time. An earlier one that is used again is checked again.
const MAX_TOKENS: usize = 8;

/// How long limits of a caller without tokens may still count: the longest window of a limit.
const LONGEST_WINDOW_US: Micros = 86_400_000_000;

/// How often is looked for callers that may be forgotten, at most.
const SWEEP_EVERY_US: Micros = 1_000_000;

/// For whom a caller's calls are, as its token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The customer.
    pub customer: Option<String>,
    /// Tags, with commas between; besides those that a call names.
    pub tags: Option<String>,
}

/// A caller whose token was found good.
#[derive(Debug)]
pub struct NewCaller<'a> {
    /// The same for all its tokens.
    pub id: KeyId,
    /// The token.
    pub token: &'a str,
    /// What it may do; [`KeyPolicy::expires_at`] is the token's end.
    pub policy: KeyPolicy,
    /// The user, and the project, team and organization, as far as the token says.
    pub above: Box<[Arc<Account>]>,
    /// For whom its calls are.
    pub told: Told,
}

/// There are as many callers as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyCallers;

#[derive(Debug, Default)]
pub(super) struct Callers {
    all: AHashMap<KeyId, Caller>,
    swept_at: Micros,
}

#[derive(Debug, Default)]
struct Caller {
    /// Of its tokens, the earliest first.
    tokens: SmallVec<[[u8; 32]; 1]>,
    /// When the last of them ends.
    until: Micros,
}

impl KeyTable {
    /// Makes a token lead to its caller, which is made if it is new; at most `max` of them.
    ///
    /// # Errors
    /// There are too many whose tokens or limits still count.
    pub fn introduce(
        &self,
        new: NewCaller<'_>,
        now: Micros,
        max: usize,
    ) -> Result<Arc<KeyEntry>, TooManyCallers> {
        let digest = Digest(self.peppers.newest(new.token));
        let mut generation = self.accounts.generation();
        let mut callers = self.callers.lock();
        if callers.all.len() >= max && !callers.all.contains_key(&new.id) {
            self.forget_sleepers(&mut callers, now);
            if callers.all.len() >= max {
                return Err(TooManyCallers);
            }
        }
        let until = new.policy.expires_at.unwrap_or(Micros::MAX);
        let caller = callers.all.entry(new.id).or_default();
        caller.until = caller.until.max(until);
        *generation += 1;
        let mut names = self.names.lock();
        let tally = match names.get(new.id) {
            Some(known) => Arc::clone(&known.tally),
            None => names.parked.remove(&new.id).unwrap_or_default(),
        };
        let rules = shared(&mut names.rules, Rules::new(&new.policy.limits, new.policy.budgets.clone()));
        let under = self.under(&new.policy);
        self.accounts.note_access(new.policy.access.as_deref());
        let every_model = new.policy.models.iter().any(|pattern| pattern == "*");
        let user_id = new.policy.user_id.map(String::into_boxed_str);
        let entry = Arc::new(KeyEntry {
            id: new.id,
            name: new.policy.name.clone().into_boxed_str(),
            expires_at: new.policy.expires_at,
            disabled: false,
            notes: Notes { metadata: new.policy.metadata, told: new.told, retiring: None }.boxed(),
            tally,
            rules,
            under,
            is_alone: new.above.is_empty(),
            place: shared(&mut names.places, Place { user_id, above: new.above }),
            generation: *generation,
            source: KeySource::Token,
            every_model,
            digest,
            policy: shared(&mut names.terms, new.policy.terms),
        });
        self.shard(&digest).write().replace(ByDigest(Arc::clone(&entry)));
        names.by_id.replace(ById(Arc::clone(&entry)));
        if !caller.tokens.contains(&digest.0) {
            caller.tokens.push(digest.0);
        }
        if caller.tokens.len() > MAX_TOKENS {
            let earliest = caller.tokens.remove(0);
            self.forget_token(new.id, earliest);
        }
        Ok(entry)
    }

    /// Tokens of the callers that are wanted are checked again at their next use. What the callers used up stays.
    pub fn forget_tokens(&self, is_wanted: impl Fn(&KeyEntry) -> bool) {
        let mut callers = self.callers.lock();
        let names = self.names.lock();
        for (id, caller) in &mut callers.all {
            if names.get(*id).is_some_and(|entry| is_wanted(entry)) {
                for token in caller.tokens.drain(..) {
                    self.forget_token(*id, token);
                }
            }
        }
    }

    /// How many callers with tokens are known.
    #[must_use]
    pub fn callers(&self) -> usize {
        self.callers.lock().all.len()
    }

    /// Removes the way from a token to its caller.
    fn forget_token(&self, id: KeyId, token: [u8; 32]) {
        let digest = Digest(token);
        let mut shard = self.shard(&digest).write();
        if shard.get(&digest).is_some_and(|found| found.0.id == id) {
            shard.remove(&digest);
        }
    }

    /// Forgets those whose tokens are over, and of whom no limit counts any more. What they spent stands in the store.
    fn forget_sleepers(&self, callers: &mut Callers, now: Micros) {
        if now < callers.swept_at.saturating_add(SWEEP_EVERY_US) {
            return;
        }
        callers.swept_at = now;
        let mut names = self.names.lock();
        callers.all.retain(|id, caller| {
            let has_limits = names.get(*id).is_some_and(|entry| !entry.all_rules().limits.is_empty());
            let counts_until = caller.until.saturating_add(if has_limits { LONGEST_WINDOW_US } else { 0 });
            if now < counts_until {
                return true;
            }
            for token in &caller.tokens {
                self.forget_token(*id, *token);
            }
            names.by_id.remove(id);
            false
        });
    }
}

#[cfg(test)]
mod tests;
