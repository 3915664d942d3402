//! Answer cache: for all models, and what an alias has in other ways.

use crate::shape::{Fraction, Text, Whole, choices, settings};

settings! {
    /// Answer cache (docs/guides/caching.md).
    pub struct CacheSettings {
        /// `off`; `exact`: answers to the same request are reused; `semantic`: and those to one whose last turn means the same.
        default("off") mode: CacheMode,
        /// Only calls that ask for it use the cache (`x-gatewright-cache: on`).
        default(false) opt_in: bool,
        /// How long an answer is fresh, in seconds.
        default(300) ttl_seconds: Whole<1, 31_536_000>,
        /// The longest time that a call may ask for in place of `ttl_seconds`. Unless given: 2592000 (30 days) with scope `customer` or `key`; `ttl_seconds` where others share the answer.
        optional max_ttl_seconds: Whole<1, 31_536_000>,
        /// How long a stale answer is still given while a new one is fetched, in seconds.
        default(0) stale_while_revalidate_seconds: Whole<0, 31_536_000>,
        /// How long a stale answer is still given when no target answers, in seconds.
        default(0) stale_if_error_seconds: Whole<0, 31_536_000>,
        /// Who shares answers: `customer` (of a key), `key`, `team`, `organization` or `global`.
        default("key") scope: CacheScopeName,
        /// Largest answer that is kept, in bytes.
        default(1_048_576) max_entry_bytes: Whole<1024, 67_108_864>,
        /// How long a caller that reads slowly holds up others who get the same answer, in milliseconds; then its stream is cut. Counts where the answer is larger than `max_entry_bytes`.
        default(5_000) slow_reader_ms: Whole<100, 600_000>,
        /// For mode `semantic`: least similarity (cosine, 0.5 to 1) of the users' last turns. `gatewright cache calibrate` helps to find one.
        default(0.8) threshold: Fraction,
        /// For mode `semantic`: what makes vectors: `local` (the model of `embeddings.model_dir`), or a model for embeddings, as `provider/model` or an alias.
        default("local") embeddings: Text,
        /// For mode `semantic`: the longest that a request waits for its vector, in milliseconds; then it goes on without.
        default(250) embeddings_timeout_ms: Whole<1, 60_000>,
        /// For mode `semantic`: the longest turn that is compared by what it means, in bytes.
        default(1_000) max_turn_bytes: Whole<1, 8_192>,
        /// For mode `semantic`: how many turns are kept to compare others with; the oldest go first.
        default(100_000) index_entries: Whole<1, 10_000_000>,
        /// For mode `semantic`: what these may take in memory, in bytes.
        default(134_217_728) index_bytes: Whole<0, 1_099_511_627_776>,
        /// Where answers are kept beside the memory: `memory` (nowhere), `disk` (in the data directory) or `redis` (at `redis_url`, for all gateways); sealed there. A change needs a restart.
        default("memory") store: CacheStoreName,
        /// For store `disk`: what answers may take there, in bytes; the oldest go first.
        default(1_073_741_824) disk_bytes: Whole<1_048_576, 1_099_511_627_776>,
        /// For stores `disk` and `redis`: the longest that a call waits for an answer from there, in milliseconds; then it goes on without.
        default(50) store_timeout_ms: Whole<1, 10_000>,
        /// What all answers together may take in memory, in bytes; those used longest ago go first.
        default(134_217_728) memory_bytes: Whole<0, 1_099_511_627_776>,
    }
}

settings! {
    /// Answer cache of an alias; what is not given is as the file's `cache` has it.
    pub struct ModelCacheSettings {
        /// As `cache.mode`.
        optional mode: CacheMode,
        /// As `cache.opt_in`.
        optional opt_in: bool,
        /// As `cache.ttl_seconds`.
        optional ttl_seconds: Whole<1, 31_536_000>,
        /// As `cache.max_ttl_seconds`.
        optional max_ttl_seconds: Whole<1, 31_536_000>,
        /// As `cache.stale_while_revalidate_seconds`.
        optional stale_while_revalidate_seconds: Whole<0, 31_536_000>,
        /// As `cache.stale_if_error_seconds`.
        optional stale_if_error_seconds: Whole<0, 31_536_000>,
        /// As `cache.scope`.
        optional scope: CacheScopeName,
        /// As `cache.max_entry_bytes`.
        optional max_entry_bytes: Whole<1024, 67_108_864>,
        /// As `cache.threshold`.
        optional threshold: Fraction,
        /// As `cache.embeddings`.
        optional embeddings: Text,
        /// As `cache.embeddings_timeout_ms`.
        optional embeddings_timeout_ms: Whole<1, 60_000>,
        /// As `cache.max_turn_bytes`.
        optional max_turn_bytes: Whole<1, 8_192>,
    }
}

settings! {
    /// What the calls of a key have of the cache; what is not given is as the model has it.
    pub struct KeyCacheSettings {
        /// The most that may be reused: `off`, `exact` or `semantic`.
        optional mode: CacheMode,
        /// `true`: only calls that ask for it use the cache. `false`: all do, where a model wants calls to ask.
        optional opt_in: bool,
        /// The most who may share answers: `customer` (of a key), `key`, `team`, `organization` or `global`.
        optional scope: CacheScopeName,
        /// How long an answer is fresh at most where a call does not say, in seconds; where others share it, whatever a call says.
        optional ttl_seconds: Whole<1, 31_536_000>,
        /// How long at most whatever a call asks for, in seconds; an answer that is older is not taken either.
        optional max_ttl_seconds: Whole<1, 31_536_000>,
    }
}

choices! {
    /// Which answers are reused.
    pub enum CacheMode {
        /// None.
        Off = "off",
        /// Those to the same request.
        Exact = "exact",
        /// Those, and those to a request that means the same.
        Semantic = "semantic",
    }
}

choices! {
    /// Where answers are kept.
    pub enum CacheStoreName {
        /// In memory.
        Memory = "memory",
        /// In the data directory, too.
        Disk = "disk",
        /// In Redis, too.
        Redis = "redis",
    }
}

choices! {
    /// Who shares answers.
    pub enum CacheScopeName {
        /// One customer of one key.
        Customer = "customer",
        /// One key.
        Key = "key",
        /// A team.
        Team = "team",
        /// An organization.
        Organization = "organization",
        /// Everybody.
        Global = "global",
    }
}
