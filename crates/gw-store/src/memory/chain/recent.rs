//! What this gateway's calls took lately of limits that count for all gateways together, for a Redis that has lost it. It
//! must not know where that is told.

use super::{Link, Part};
use gw_model::Micros;
use gw_model::limits::LimitUnit;

/// What was taken of one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// The limit's name, the same in all gateways.
    pub key: String,
    /// Its window.
    pub per_seconds: u32,
    /// Sixtieths of the window, numbered from the epoch, and what was taken in them; the latest first.
    pub parts: Vec<(i64, u64)>,
}

impl Link {
    /// What was taken within the windows that end now.
    #[must_use]
    pub fn recent(&self, now: Micros) -> Vec<Recent> {
        let mut counters = self.tally.lock();
        let now = counters.now(now);
        let shared = self
            .rules
            .limits
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.limit.sharing.is_shared() && rule.limit.unit != LimitUnit::Parallel);
        let recent = shared.map(|(at, rule)| {
            let (key, per_seconds) = (Part::key_of(self.id, rule), rule.limit.per_seconds);
            Recent { key, per_seconds, parts: counters.recent(at, rule, now) }
        });
        recent.filter(|recent| !recent.parts.is_empty()).collect()
    }
}
