//! What a key, or an account that it belongs to, says of the cache for its calls: less than the configuration lets a model
//! have, never more. Pure.

use crate::caching::{CachePolicy, CacheScope};
use serde::{Deserialize, Serialize};

/// Which answers may be reused, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheUse {
    /// None, and none is kept.
    Off,
    /// Those to the same request.
    Exact,
    /// And those to one that means the same.
    Semantic,
}

impl CacheUse {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Off, Self::Exact, Self::Semantic];

    /// The name in configurations and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Exact => "exact",
            Self::Semantic => "semantic",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// See the module. What is `None` is as the model has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheRule {
    /// The most that may be reused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<CacheUse>,
    /// Whether calls have to ask for the cache: where the model wants that, `false` asks for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_in: Option<bool>,
    /// The most who may share its answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<CacheScope>,
    /// How long an answer is fresh at most where a call does not say, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
    /// How long at most whatever a call says, in seconds; none that is older is taken either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ttl_seconds: Option<u64>,
    /// The same where others share an answer, of several rules together: see [`Self::and`].
    #[serde(skip)]
    shared_max_ttl_seconds: Option<u64>,
}

impl CacheRule {
    /// True when it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// One of these members.
    #[must_use]
    pub const fn new(
        mode: Option<CacheUse>,
        opt_in: Option<bool>,
        scope: Option<CacheScope>,
        (ttl_seconds, max_ttl_seconds): (Option<u64>, Option<u64>),
    ) -> Self {
        Self { mode, opt_in, scope, ttl_seconds, max_ttl_seconds, shared_max_ttl_seconds: None }
    }

    /// How long at most where others share an answer: what others are given too, no caller makes last longer than whoever
    /// rules here has it.
    fn most_shared(&self) -> Option<u64> {
        self.shared_max_ttl_seconds.or(self.max_ttl_seconds).or(self.ttl_seconds)
    }

    /// Both together: of each the less.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            mode: less(self.mode, other.mode),
            // Whoever wants calls to ask is right.
            opt_in: self.opt_in.into_iter().chain(other.opt_in).max(),
            scope: less(self.scope, other.scope),
            ttl_seconds: less(self.ttl_seconds, other.ttl_seconds),
            max_ttl_seconds: less(self.max_ttl_seconds, other.max_ttl_seconds),
            shared_max_ttl_seconds: less(self.most_shared(), other.most_shared()),
        }
    }

    /// Is it no more than another was? Where that one said nothing, anything is no more.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        fn no_more<T: PartialOrd>(own: Option<T>, most: Option<T>) -> bool {
            most.is_none_or(|most| own.is_some_and(|own| own <= most))
        }
        no_more(self.mode, other.mode)
            && no_more(self.scope, other.scope)
            && no_more(self.ttl_seconds, other.ttl_seconds)
            && no_more(self.max_ttl_seconds, other.max_ttl_seconds)
            && (other.opt_in != Some(true) || self.opt_in == Some(true))
    }

    /// What is left of a model's policy under it; `None` where no answer is reused.
    #[must_use]
    pub fn applied(&self, policy: &CachePolicy) -> Option<CachePolicy> {
        let mut policy = policy.clone();
        match self.mode {
            Some(CacheUse::Off) => return None,
            Some(CacheUse::Exact) => policy.semantic = None,
            Some(CacheUse::Semantic) | None => {}
        }
        policy.opt_in = self.opt_in.unwrap_or(policy.opt_in);
        policy.scope = self.scope.map_or(policy.scope, |scope| scope.min(policy.scope));
        let least = |own: Option<u64>, seconds: u64| own.map_or(seconds, |own| own.min(seconds));
        let is_shared = policy.scope >= CacheScope::Team;
        let most = if is_shared { self.most_shared() } else { self.max_ttl_seconds };
        policy.max_ttl_seconds = least(most, policy.max_ttl_seconds);
        policy.ttl_seconds = least(self.ttl_seconds, policy.ttl_seconds).min(policy.max_ttl_seconds);
        Some(policy)
    }
}

fn less<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> CachePolicy {
        CachePolicy {
            is_on: true,
            opt_in: true,
            scope: CacheScope::Team,
            ttl_seconds: 300,
            max_ttl_seconds: 600,
            stale_while_revalidate_seconds: 0,
            stale_if_error_seconds: 0,
            max_entry_bytes: 1,
            slow_reader_ms: 1,
            semantic: None,
        }
    }

    #[test]
    fn of_several_the_less_counts_and_never_more_than_the_model_has() {
        let team =
            CacheRule { scope: Some(CacheScope::Global), ttl_seconds: Some(900), ..CacheRule::default() };
        let key = CacheRule {
            opt_in: Some(false),
            scope: Some(CacheScope::Key),
            max_ttl_seconds: Some(60),
            ..CacheRule::default()
        };
        assert_eq!(team.applied(&policy()), Some(policy()));
        let both = team.and(key);
        assert_eq!(both, key.and(team));
        let left = both.applied(&policy()).unwrap();
        assert_eq!((left.opt_in, left.scope), (false, CacheScope::Key));
        assert_eq!((left.ttl_seconds, left.max_ttl_seconds), (60, 60));
        // A rule that allows more does not lift what another one caps.
        let capped = CacheRule { ttl_seconds: Some(60), ..CacheRule::default() };
        let more = CacheRule { max_ttl_seconds: Some(86_400), ..CacheRule::default() };
        let lasting = CachePolicy { max_ttl_seconds: 86_400, ..policy() };
        assert_eq!(capped.and(more).applied(&lasting).unwrap().max_ttl_seconds, 60);
        assert_eq!(more.and(capped).applied(&lasting).unwrap().max_ttl_seconds, 60);
        assert_eq!(more.applied(&lasting).unwrap().max_ttl_seconds, 86_400);
        let asks = CacheRule { opt_in: Some(true), ..CacheRule::default() };
        assert_eq!(both.and(asks).opt_in, Some(true));
        let off = CacheRule { mode: Some(CacheUse::Off), ..CacheRule::default() };
        let exact = CacheRule { mode: Some(CacheUse::Exact), ..CacheRule::default() };
        assert_eq!(exact.and(off).applied(&policy()), None);
        assert!(CacheRule::default().is_empty() && !off.is_empty());
        assert!(off.is_within(&exact) && !exact.is_within(&off) && !key.is_within(&exact));
        assert!(off.is_within(&CacheRule { opt_in: Some(false), ..off }) && !off.is_within(&asks));
    }
}
