//! The cache: one policy for all models, and those of aliases that have some of it in other ways.

use crate::errors::Faults;
use crate::place::At;
use crate::settings::FileSettings;
use crate::settings::cache::{CacheMode, CacheScopeName, CacheSettings, ModelCacheSettings};
use gw_model::caching::{CachePolicies, CachePolicy, CacheScope};
use std::collections::HashMap;
use std::sync::Arc;

/// `None` where no answer is ever reused.
pub(super) fn policies(file: &FileSettings, faults: &mut Faults) -> Option<Arc<CachePolicies>> {
    let block = file.cache.as_ref().map(|at| &at.value);
    let fallback = CacheSettings::default();
    let block = block.unwrap_or(&fallback);
    let default = CachePolicy {
        is_on: is_on(&block.mode, faults),
        opt_in: block.opt_in.value,
        scope: scope(block.scope.value),
        ttl_seconds: block.ttl_seconds.value.get(),
        max_ttl_seconds: block.max_ttl_seconds.value.get(),
        stale_while_revalidate_seconds: block.stale_while_revalidate_seconds.value.get(),
        stale_if_error_seconds: block.stale_if_error_seconds.value.get(),
        max_entry_bytes: block.max_entry_bytes.value.size(),
    };
    let mut models = HashMap::new();
    for entry in &file.models.value.0 {
        if let Some(cache) = &entry.value.cache {
            let policy = of_model(&default, &cache.value, faults);
            check(&policy, cache.value.ttl_seconds.as_ref().map_or(cache.place, |at| at.place), faults);
            models.insert(Arc::from(entry.name.as_str()), policy);
        }
    }
    if let Some(at) = &file.cache {
        check(&default, at.value.ttl_seconds.place, faults);
    }
    let is_used = default.is_on || models.values().any(|policy| policy.is_on);
    is_used
        .then(|| Arc::new(CachePolicies { default, models, memory_bytes: block.memory_bytes.value.size() }))
}

fn of_model(default: &CachePolicy, block: &ModelCacheSettings, faults: &mut Faults) -> CachePolicy {
    let seconds = |at: Option<u64>, default: u64| at.unwrap_or(default);
    let stale = &block.stale_while_revalidate_seconds;
    CachePolicy {
        is_on: block.mode.as_ref().map_or(default.is_on, |mode| is_on(mode, faults)),
        opt_in: block.opt_in.as_ref().map_or(default.opt_in, |at| at.value),
        scope: block.scope.as_ref().map_or(default.scope, |at| scope(at.value)),
        ttl_seconds: seconds(block.ttl_seconds.as_ref().map(|at| at.value.get()), default.ttl_seconds),
        max_ttl_seconds: seconds(
            block.max_ttl_seconds.as_ref().map(|at| at.value.get()),
            default.max_ttl_seconds,
        ),
        stale_while_revalidate_seconds: seconds(
            stale.as_ref().map(|at| at.value.get()),
            default.stale_while_revalidate_seconds,
        ),
        stale_if_error_seconds: seconds(
            block.stale_if_error_seconds.as_ref().map(|at| at.value.get()),
            default.stale_if_error_seconds,
        ),
        max_entry_bytes: block.max_entry_bytes.as_ref().map_or(default.max_entry_bytes, |at| at.value.size()),
    }
}

fn is_on(mode: &At<CacheMode>, faults: &mut Faults) -> bool {
    if mode.value == CacheMode::Semantic {
        faults.add(mode.place, "cache mode 'semantic' is not in this version: write exact or off");
    }
    mode.value == CacheMode::Exact
}

fn check(policy: &CachePolicy, place: crate::place::Place, faults: &mut Faults) {
    if policy.is_on && policy.ttl_seconds > policy.max_ttl_seconds {
        let text = format!("'ttl_seconds' is larger than 'max_ttl_seconds' ({})", policy.max_ttl_seconds);
        faults.add(place, text);
    }
}

const fn scope(name: CacheScopeName) -> CacheScope {
    match name {
        CacheScopeName::Customer => CacheScope::Customer,
        CacheScopeName::Key => CacheScope::Key,
        CacheScopeName::Team => CacheScope::Team,
        CacheScopeName::Organization => CacheScope::Organization,
        CacheScopeName::Global => CacheScope::Global,
    }
}
