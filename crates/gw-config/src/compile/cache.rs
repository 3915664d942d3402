//! The cache: one policy for all models, and those of aliases that have some of it in other ways.

use super::providers::Providers;
use super::semantic::{Wanted, embedder};
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::FileSettings;
use crate::settings::cache::{
    CacheMode, CacheScopeName, CacheSettings, CacheStoreName, KeyCacheSettings, ModelCacheSettings,
};
use crate::shape::Whole;
use gw_model::access::{CacheRule, CacheUse};
use gw_model::caching::{CachePolicies, CachePolicy, CacheScope, CacheStore, SemanticPolicy};
use gw_model::routing::EmbedderName;
use std::collections::HashMap;
use std::sync::Arc;

/// Below that, turns have little in common.
const LEAST_THRESHOLD_PERMILLE: u32 = 500;

/// How long a call may have an answer kept that is its key's alone, unless the configuration says otherwise.
const MAX_TTL_SECONDS: u64 = 2_592_000;

/// `None` where no answer is ever reused.
pub(super) fn policies(
    file: &FileSettings,
    providers: &Providers,
    faults: &mut Faults,
) -> Option<Arc<CachePolicies>> {
    let block = file.cache.as_ref().map(|at| &at.value);
    let fallback = CacheSettings::default();
    let block = block.unwrap_or(&fallback);
    let default = CachePolicy {
        is_on: block.mode.value != CacheMode::Off,
        opt_in: block.opt_in.value,
        scope: scope(block.scope.value),
        ttl_seconds: block.ttl_seconds.value.get(),
        max_ttl_seconds: longest(
            max_ttl(block.max_ttl_seconds.as_ref()),
            scope(block.scope.value),
            block.ttl_seconds.value.get(),
        ),
        stale_while_revalidate_seconds: block.stale_while_revalidate_seconds.value.get(),
        stale_if_error_seconds: block.stale_if_error_seconds.value.get(),
        max_entry_bytes: block.max_entry_bytes.value.size(),
        slow_reader_ms: block.slow_reader_ms.value.get(),
        semantic: (block.mode.value == CacheMode::Semantic).then(|| semantic_of_file(block)),
    };
    let mut models = HashMap::new();
    for entry in &file.models.value.0 {
        if let Some(cache) = &entry.value.cache {
            let policy = of_model(&default, block, &cache.value);
            check(&policy, cache.value.ttl_seconds.as_ref().map_or(cache.place, |at| at.place), faults);
            let own = &cache.value;
            let places = Places {
                threshold: own.threshold.as_ref().map_or(cache.place, |at| at.place),
                embeddings: own.embeddings.as_ref().map_or(cache.place, |at| at.place),
            };
            check_semantic(&policy, &places, file, providers, faults);
            models.insert(Arc::from(entry.name.as_str()), policy);
        }
    }
    if let Some(at) = &file.cache {
        if block.store.value == CacheStoreName::Redis && file.redis_url.is_none() {
            faults.add(
                block.store.place,
                "cache store 'redis' needs 'redis_url': set that, or write memory or disk",
            );
        }
        check(&default, at.value.ttl_seconds.place, faults);
        let places = Places { threshold: block.threshold.place, embeddings: block.embeddings.place };
        check_semantic(&default, &places, file, providers, faults);
    }
    let is_used = default.is_on || models.values().any(|policy| policy.is_on);
    is_used.then(|| {
        Arc::new(CachePolicies {
            default,
            models,
            memory_bytes: block.memory_bytes.value.size(),
            store: match block.store.value {
                CacheStoreName::Memory => CacheStore::Memory,
                CacheStoreName::Disk => CacheStore::Disk,
                CacheStoreName::Redis => CacheStore::Redis,
            },
            disk_bytes: block.disk_bytes.value.get(),
            store_timeout_ms: block.store_timeout_ms.value.get(),
            index_entries: block.index_entries.value.size(),
            index_bytes: block.index_bytes.value.size(),
        })
    })
}

fn semantic_of_file(block: &CacheSettings) -> SemanticPolicy {
    SemanticPolicy {
        threshold_permille: block.threshold.value.permille(),
        embedder: embedder(block.embeddings.value.as_str()),
        timeout_ms: block.embeddings_timeout_ms.value.get(),
        max_turn_bytes: block.max_turn_bytes.value.size(),
    }
}

fn semantic_of_model(file: &CacheSettings, own: &ModelCacheSettings) -> SemanticPolicy {
    let all = semantic_of_file(file);
    SemanticPolicy {
        threshold_permille: own.threshold.as_ref().map_or(all.threshold_permille, |at| at.value.permille()),
        embedder: own.embeddings.as_ref().map_or(all.embedder, |at| embedder(at.value.as_str())),
        timeout_ms: own.embeddings_timeout_ms.as_ref().map_or(all.timeout_ms, |at| at.value.get()),
        max_turn_bytes: own.max_turn_bytes.as_ref().map_or(all.max_turn_bytes, |at| at.value.size()),
    }
}

/// Where things are written.
struct Places {
    threshold: Place,
    embeddings: Place,
}

fn check_semantic(
    policy: &CachePolicy,
    places: &Places,
    file: &FileSettings,
    providers: &Providers,
    faults: &mut Faults,
) {
    let Some(semantic) = &policy.semantic else { return };
    if semantic.threshold_permille < LEAST_THRESHOLD_PERMILLE {
        let text =
            "'threshold' below 0.5 takes turns for the same that have little in common: write 0.5 to 1";
        faults.add(places.threshold, text);
    }
    let name = match &semantic.embedder {
        EmbedderName::Local => "local",
        EmbedderName::Model(name) => name,
    };
    let (by, member) = ("cache mode 'semantic'", "'embeddings' under 'cache'");
    Wanted { name, place: places.embeddings, by, member }.check(file, providers, faults);
}

fn of_model(default: &CachePolicy, file: &CacheSettings, block: &ModelCacheSettings) -> CachePolicy {
    let is_semantic =
        block.mode.as_ref().map_or(default.semantic.is_some(), |mode| mode.value == CacheMode::Semantic);
    let seconds = |at: Option<u64>, default: u64| at.unwrap_or(default);
    let stale = &block.stale_while_revalidate_seconds;
    let scope = block.scope.as_ref().map_or(default.scope, |at| scope(at.value));
    let ttl_seconds = seconds(block.ttl_seconds.as_ref().map(|at| at.value.get()), default.ttl_seconds);
    let max_ttl = max_ttl(block.max_ttl_seconds.as_ref()).or(max_ttl(file.max_ttl_seconds.as_ref()));
    CachePolicy {
        is_on: block.mode.as_ref().map_or(default.is_on, |mode| mode.value != CacheMode::Off),
        opt_in: block.opt_in.as_ref().map_or(default.opt_in, |at| at.value),
        scope,
        ttl_seconds,
        max_ttl_seconds: longest(max_ttl, scope, ttl_seconds),
        stale_while_revalidate_seconds: seconds(
            stale.as_ref().map(|at| at.value.get()),
            default.stale_while_revalidate_seconds,
        ),
        stale_if_error_seconds: seconds(
            block.stale_if_error_seconds.as_ref().map(|at| at.value.get()),
            default.stale_if_error_seconds,
        ),
        max_entry_bytes: block.max_entry_bytes.as_ref().map_or(default.max_entry_bytes, |at| at.value.size()),
        slow_reader_ms: default.slow_reader_ms,
        semantic: is_semantic.then(|| semantic_of_model(file, block)),
    }
}

/// What a key says of the cache; `None` where it says nothing.
pub(super) fn of_key(block: &KeyCacheSettings) -> Option<CacheRule> {
    let mode = block.mode.as_ref().map(|at| match at.value {
        CacheMode::Off => CacheUse::Off,
        CacheMode::Exact => CacheUse::Exact,
        CacheMode::Semantic => CacheUse::Semantic,
    });
    let opt_in = block.opt_in.as_ref().map(|at| at.value);
    let scope = block.scope.as_ref().map(|at| scope(at.value));
    let seconds = |at: &Option<At<Whole<1, 31_536_000>>>| at.as_ref().map(|at| at.value.get());
    let rule =
        CacheRule::new(mode, opt_in, scope, (seconds(&block.ttl_seconds), seconds(&block.max_ttl_seconds)));
    (!rule.is_empty()).then_some(rule)
}

fn max_ttl(given: Option<&At<Whole<1, 31_536_000>>>) -> Option<u64> {
    given.map(|at| at.value.get())
}

/// How long a call may have its answer kept. What others are given too, no caller makes last longer than the operator has
/// it, unless the operator says so.
fn longest(given: Option<u64>, scope: CacheScope, ttl_seconds: u64) -> u64 {
    given.unwrap_or(match scope {
        CacheScope::Customer | CacheScope::Key => MAX_TTL_SECONDS,
        CacheScope::Team | CacheScope::Organization | CacheScope::Global => ttl_seconds,
    })
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
