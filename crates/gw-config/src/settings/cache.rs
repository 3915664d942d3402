//! Answer cache. The stage is a pass-through in this version, so every mode but `off` is refused when
//! the settings are compiled.

use crate::shape::{Whole, choices, settings};

settings! {
    /// Answer cache.
    pub struct CacheSettings {
        /// `off`; `exact` and `semantic` are not in this version.
        default("off") mode: CacheMode,
        /// How long an answer is kept, in seconds.
        default(300) ttl_seconds: Whole<1, 31_536_000>,
        /// Who shares answers: `key`, `team`, `organization` or `global`.
        default("key") scope: CacheScope,
    }
}

choices! {
    /// Which answers are reused.
    pub enum CacheMode {
        /// None.
        Off = "off",
        /// Those to the same request.
        Exact = "exact",
        /// Those to a similar one.
        Semantic = "semantic",
    }
}

choices! {
    /// Who shares answers.
    pub enum CacheScope {
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
