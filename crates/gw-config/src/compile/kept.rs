//! The targets that an alias or a route comes to, each once, however often it is named. A target is looked for by a hash
//! of what it is, so that thousands of them take no longer each than a few. It must not judge a target.

use gw_model::snapshot::Target;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Most targets of one alias, those of aliases that it names included, and of one route.
pub(super) const MAX_TARGETS: usize = 2_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Kept {
    targets: Vec<Arc<Target>>,
    /// By hash: places in `targets`.
    places: HashMap<u64, Vec<usize>>,
    /// How often two targets were compared.
    compared: usize,
}

impl Kept {
    /// The place of a target: its own, or that of the one that is the same. `None` when there is no room for another.
    pub(super) fn place(&mut self, target: Target) -> Option<usize> {
        let same_hash = self.places.entry(hash(&target)).or_default();
        for at in same_hash.iter() {
            self.compared += 1;
            if self.targets.get(*at).is_some_and(|known| is_same(known, &target)) {
                return Some(*at);
            }
        }
        if self.targets.len() >= MAX_TARGETS {
            return None;
        }
        same_hash.push(self.targets.len());
        self.targets.push(Arc::new(target));
        Some(self.targets.len() - 1)
    }

    pub(super) fn get(&self, place: usize) -> Option<&Arc<Target>> {
        self.targets.get(place)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    pub(super) fn finish(self) -> Vec<Arc<Target>> {
        self.targets
    }
}

/// Two targets that one entry of the list does for.
fn is_same(one: &Target, other: &Target) -> bool {
    one.provider.name == other.provider.name
        && one.model == other.model
        && one.credential == other.credential
        && one.capacity == other.capacity
        && one.family == other.family
        && one.info == other.info
        && one.terms == other.terms
}

/// Equal for targets that are the same; of what tells others apart it has enough.
fn hash(target: &Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&target.provider.name, &target.model, &target.credential, &target.family).hash(&mut hasher);
    let capacity = target.capacity.as_ref();
    capacity.map(|capacity| (capacity.rpm, capacity.tpm, capacity.max_parallel)).hash(&mut hasher);
    let info = &target.info;
    (info.max_input_tokens, info.max_output_tokens).hash(&mut hasher);
    info.prices.rates.iter().for_each(|rate| (rate.above_tokens, rate.price.0).hash(&mut hasher));
    if let Some(terms) = &target.terms {
        let (retry, timeouts) = (&terms.retry, &terms.timeouts);
        (retry.attempts, retry.backoff_ms, retry.max_backoff_ms).hash(&mut hasher);
        (timeouts.connect_ms, timeouts.first_byte_ms, timeouts.first_token_ms, timeouts.idle_ms)
            .hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
