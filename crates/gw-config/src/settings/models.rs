//! Model aliases: what callers name, and which targets stand behind it.

use super::auto::{AutoSettings, QualitySetting};
use super::cache::ModelCacheSettings;
use super::drop_params::DropParamsSetting;
use super::hedge::HedgeSettings;
use super::limits::{BudgetSettings, LimitSettings};
use super::outlier::OutlierSettings;
use super::overload::QueueSettings;
use super::prices::ModelFacts;
use super::retry::RetrySettings;
use super::semantic::SemanticSettings;
use super::subcalls::{EnsembleSettings, MirrorSettings};
use super::timeouts::TimeoutSettings;
use crate::document::Node;
use crate::place::At;
use crate::shape::{Reader, Shape, Text, Texts, Whole, choices, settings};
use gw_model::routing::Capacity;
use serde_json::{Value, json};

settings! {
    /// One alias.
    pub struct ModelSettings {
        /// The targets: a provider and its model, another alias, or a group with a strategy of its own.
        required targets: Vec<At<TargetSettings>>,
        /// How the first target is chosen and how the others follow: `fallback` (the order written), `priority`, `region`, `weighted`, `percentage`, `sticky`, `round-robin`, `least-busy`, `latency`, `cost`, `usage`, `conditional` (the first whose `when` holds), `semantic` or `auto` (the best of quality, cost and latency); or `ensemble`: all targets are asked, and one answer is made of theirs. See docs/routing.md.
        default("fallback") strategy: StrategyName,
        /// For `sticky` and `percentage`: what makes requests stick together; the first that a request has decides. `sticky` has all of session, user, customer, prefix and key unless given, `percentage` has key.
        optional sticky_by: Vec<At<StickyName>>,
        /// For `region`: regions in order of preference. Targets of other regions come behind them.
        optional regions: Texts,
        /// For `semantic`: how the target is chosen.
        optional semantic: SemanticSettings,
        /// For `auto`: what counts, and for which classes of tasks.
        optional auto: AutoSettings,
        /// Only targets in these regions, whatever else fails. A target without a region is in none.
        optional residency: Texts,
        /// Other models for requests that this one cannot serve.
        section fallbacks: FallbackSettings,
        /// `normal`; `fail-closed`: only targets of the same family as the first; `always-answer`: whatever the failure, until a target answers.
        default("normal") failure_policy: FailurePolicyName,
        /// Most targets that one request goes through, fallbacks not counted.
        default(8) max_targets: Whole<1, 32>,
        /// Retries.
        section retry: RetrySettings,
        /// Time limits.
        section timeout: TimeoutSettings,
        /// How calls wait while all targets are at their `max_parallel`.
        section queue: QueueSettings,
        /// Parameters that are left out for every target: a list of names, always, or `true` for whatever a target cannot take, in place of a refusal.
        optional drop_params: DropParamsSetting,
        /// A second target is asked while the first is silent.
        optional hedge: HedgeSettings,
        /// Targets that fail or take longer than the others of their group go behind them.
        optional outlier: OutlierSettings,
        /// Some requests are copied to another model, whose answers are thrown away.
        optional mirror: MirrorSettings,
        /// For strategy `ensemble`: how one answer is made of several.
        optional ensemble: EnsembleSettings,
        /// Answer cache of this alias.
        optional cache: ModelCacheSettings,
        /// Guardrails that apply to its calls, by name.
        section guardrails: Texts,
        /// Limits of all calls of the alias together, whoever makes them; a request counts once, wherever it goes.
        optional limits: LimitSettings,
        /// Hard budget of all calls of the alias together.
        optional budget: BudgetSettings,
        /// Several budgets, in place of `budget`: all must have enough left.
        section budgets: Vec<At<BudgetSettings>>,
    } later { "conditions", "when" }
}

settings! {
    /// One choice: a provider and its model; another alias (`model` alone); or a group (`strategy` and `targets`).
    pub struct TargetSettings {
        /// A name of `providers`.
        optional provider: Text,
        /// The model's name there; for Azure the deployment. Without a provider, another alias.
        optional model: Text,
        /// Of a group: as `strategy` of the alias.
        optional strategy: StrategyName,
        /// Of a group: its targets.
        optional targets: NestedTargets,
        /// Of a group: as `sticky_by` of the alias.
        optional sticky_by: Vec<At<StickyName>>,
        /// Of a group: as `regions` of the alias.
        optional regions: Texts,
        /// Of a group: as `semantic` of the alias.
        optional semantic: SemanticSettings,
        /// Of a group: as `auto` of the alias.
        optional auto: AutoSettings,
        /// For strategy `auto`: how good this target is, from 0 to 1: one number, or numbers by class of tasks, with `default` for the others.
        optional quality: QualitySetting,
        /// For strategy `semantic`: texts like those that are meant for this target, at most 64 of at most 1,024 bytes.
        optional utterances: Texts,
        /// For strategy `semantic`: what this target is for, in a sentence; counts where it has no utterances, and chooses worse than those.
        optional description: Text,
        /// Share of the traffic. 0 takes none unless all others fail.
        default(1) weight: Whole<0, 1_000_000>,
        /// A condition in CEL (docs/policy.md): calls of which it does not hold never come here, whatever the strategy.
        optional when: Text,
        /// For strategy `priority`: smaller goes first.
        default(1) priority: Whole<0, 1_000_000>,
        /// What the deployment can take; above that, requests go to others, and those above `max_parallel` wait when there are none. What is not stated here is as the provider's `capacity` has it.
        optional capacity: CapacitySettings,
        /// Hard limits of the model at the provider, for all calls together, by whatever alias they come: a request that does not fit goes to the next target, and is refused with 429 where there is none. Each try counts.
        optional limits: LimitSettings,
        /// Hard budget of the model at the provider, for all calls together, by whatever alias they come: a request that does not fit goes to the next target, and is refused with 402 where there is none.
        optional budget: BudgetSettings,
        /// Several budgets, in place of `budget`: all must have enough left.
        section budgets: Vec<At<BudgetSettings>>,
        /// For `failure_policy: fail-closed`: targets of the same family are as good as each other. The model's name unless given.
        optional family: Text,
        /// As `drop_params` of the alias, for this target in its place.
        optional drop_params: DropParamsSetting,
        /// The provider's credential of that name, and no other.
        optional credential: Text,
        /// Prices, bounds and abilities at this target only.
        optional prices: ModelFacts,
    } later { "budget", "region" }
}

settings! {
    /// What a deployment can take, as its provider grants it.
    pub struct CapacitySettings {
        /// Requests per minute.
        optional rpm: Whole<1, 1_000_000_000>,
        /// Tokens per minute, input and output together.
        optional tpm: Whole<1, 1_000_000_000_000>,
        /// Requests at the same time, of all models and callers; further ones wait.
        optional max_parallel: Whole<1, 1_000_000>,
    }
}

impl CapacitySettings {
    /// For the request path.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        Capacity {
            rpm: self.rpm.as_ref().map(|rpm| rpm.value.get()),
            tpm: self.tpm.as_ref().map(|tpm| tpm.value.get()),
            max_parallel: self.max_parallel.as_ref().map(|most| most.value.small()),
        }
    }
}

settings! {
    /// Other models (aliases, or `provider/model`), in order, for requests that the alias cannot serve.
    pub struct FallbackSettings {
        /// When its targets fail.
        section default: Texts,
        /// When the prompt does not fit.
        section context_window: Texts,
        /// When the provider's content filter refuses the prompt.
        section content_policy: Texts,
    }
}

choices! {
    /// How the order of targets is decided.
    pub enum StrategyName {
        /// In the order written.
        Fallback = "fallback",
        /// By `priority`, drawn by weight among equals.
        Priority = "priority",
        /// By `regions`, drawn by weight within one.
        Region = "region",
        /// Drawn by weight.
        Weighted = "weighted",
        /// Shares by weight, the same for the same caller.
        Percentage = "percentage",
        /// The same target for what belongs together.
        Sticky = "sticky",
        /// Each in turn.
        RoundRobin = "round-robin",
        /// Fewest requests in flight.
        LeastBusy = "least-busy",
        /// Soonest first byte.
        Latency = "latency",
        /// Cheapest that can do it.
        Cost = "cost",
        /// Most capacity left.
        Usage = "usage",
        /// The first whose condition holds.
        Conditional = "conditional",
        /// Whose utterances the prompt is most like.
        Semantic = "semantic",
        /// The best score.
        Auto = "auto",
        /// All are asked.
        Ensemble = "ensemble",
    }
}

choices! {
    /// What makes requests stick together.
    pub enum StickyName {
        /// The virtual key.
        Key = "key",
        /// The end user that the request names.
        User = "user",
        /// `x-gatewright-customer`.
        Customer = "customer",
        /// `x-gatewright-session`.
        Session = "session",
        /// The beginning of the conversation.
        Prefix = "prefix",
    }
}

choices! {
    /// What becomes of failures.
    pub enum FailurePolicyName {
        /// What another target may mend goes on to it.
        Normal = "normal",
        /// Never to a lesser model.
        FailClosed = "fail-closed",
        /// Until one answers.
        AlwaysAnswer = "always-answer",
    }
}

/// Targets within a target. Their schema is named, since it holds itself.
#[derive(Clone, Debug)]
pub struct NestedTargets(pub Vec<At<TargetSettings>>);

impl NestedTargets {
    /// The name under `$defs` of what they are.
    pub(crate) const DEFINITION: &str = "target";
}

impl Shape for NestedTargets {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Vec::read(node, reader).map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "array", "items": { "$ref": format!("#/$defs/{}", Self::DEFINITION) } })
    }
}
