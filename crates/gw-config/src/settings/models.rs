//! Model aliases: what callers name, and which targets stand behind it.

use super::cache::CacheSettings;
use super::drop_params::DropParamsSetting;
use super::prices::ModelFacts;
use super::retry::RetrySettings;
use super::timeouts::TimeoutSettings;
use crate::place::At;
use crate::shape::{Text, Whole, choices, settings};

settings! {
    /// One alias.
    pub struct ModelSettings {
        /// The targets, in the order in which they are tried.
        required targets: Vec<At<TargetSettings>>,
        /// How the first target is chosen: `fallback` (the order written) or `weighted` (drawn by weight).
        default("fallback") strategy: StrategyName,
        /// Retries.
        section retry: RetrySettings,
        /// Time limits.
        section timeout: TimeoutSettings,
        /// Parameters that are left out for every target: a list of names, always, or `true` for whatever a target cannot take, in place of a refusal.
        optional drop_params: DropParamsSetting,
        /// Answer cache of this alias.
        optional cache: CacheSettings,
    } later { "guardrails", "conditions", "when", "sticky", "ensemble", "mirror", "hedge" }
}

settings! {
    /// One provider and model behind an alias.
    pub struct TargetSettings {
        /// A name of `providers`.
        required provider: Text,
        /// The model's name there; for Azure the deployment.
        required model: Text,
        /// Share of the traffic for strategy `weighted`. 0 takes none unless all others fail.
        default(1) weight: Whole<0, 1_000_000>,
        /// As `drop_params` of the alias, for this target in its place.
        optional drop_params: DropParamsSetting,
        /// The provider's credential of that name, and no other.
        optional credential: Text,
        /// Prices, bounds and abilities at this target only.
        optional prices: ModelFacts,
    } later { "when", "limits", "budget", "region" }
}

choices! {
    /// How the order of targets is decided.
    pub enum StrategyName {
        /// In the order written.
        Fallback = "fallback",
        /// Drawn by weight.
        Weighted = "weighted",
    } later { "least-busy", "latency", "cost", "usage", "sticky", "conditional", "semantic", "ensemble" }
}
