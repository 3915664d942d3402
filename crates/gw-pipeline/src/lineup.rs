//! A model made ready for routing: its targets with the state of their deployments, and whose turn it is in each of its
//! groups. Made once per configuration. It must not decide anything.

use crate::attempt::Hedging;
use crate::health::{Board, Deployment, Outliers};
use crate::route::meaning::{self, SemanticGroup, Sources};
use crate::subcall::Mirroring;
use ahash::AHashMap;
use gw_model::policy::{Condition, ConditionError, Reads};
use gw_model::routing::{Destination, Group, Member, Strategy};
use gw_model::snapshot::{Model, Quota, Target};
use gw_model::{AccountId, Micros, PriceSheet, ServiceTier, Unit};
use gw_store::memory::{Account, Link};
use smallvec::SmallVec;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// See the module. Reads as the [`Model`] that it is made of.
pub struct Lineup {
    model: Arc<Model>,
    deployments: Box<[Arc<Deployment>]>,
    turns: Box<[AtomicU64]>,
    /// Prices of the targets that cost the same however much is asked, where a strategy asks for prices.
    flat: Box<[Option<FlatPrice>]>,
    asks_headroom: bool,
    asks_task: bool,
    conditions: Option<Box<Conditions>>,
    semantic: Box<[SemanticGroup]>,
    mirror: Option<Arc<Mirroring>>,
    hedging: Option<Box<Hedging>>,
    outliers: Option<Arc<Outliers>>,
    /// The panel of an ensemble.
    panel: Box<[Arc<Self>]>,
    judge: Option<Arc<Self>>,
    /// Limits of the alias itself.
    own_quota: Option<Arc<Account>>,
    /// Of each target, those of its deployment and its provider; empty where no target has any.
    quotas: Box<[SmallVec<[Arc<Account>; 2]>]>,
}

/// What is called that has limits of its own, with its counters.
pub(crate) type Quotas = AHashMap<AccountId, Arc<Account>>;

/// What is known of the conditions of a model that has some.
struct Conditions {
    reads: Reads,
    /// When it was last logged that a condition, by its text, could not be evaluated.
    complained_at: AHashMap<Box<str>, AtomicI64>,
}

/// How long nothing more is said of a condition that could not be evaluated, in microseconds.
const COMPLAINT_US: Micros = 3_600_000_000;

impl std::ops::Deref for Lineup {
    type Target = Model;
    fn deref(&self) -> &Model {
        &self.model
    }
}

impl std::fmt::Debug for Lineup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lineup").field("model", &self.model.name).finish_non_exhaustive()
    }
}

/// Femto-dollars for a token in and one out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlatPrice {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

impl Lineup {
    pub(crate) fn new(model: Arc<Model>, board: &Board, sources: &Sources, quotas: &Quotas) -> Arc<Self> {
        let deployments: Box<[Arc<Deployment>]> =
            model.targets.iter().map(|target| board.deployment(target)).collect();
        let outliers = board.outliers(&model, &deployments);
        let hedging = model.hedge.map(|hedge| Box::new(Hedging::new(hedge, &deployments)));
        let turns = (0..model.groups.max(1)).map(|_| AtomicU64::new(0)).collect();
        let asks_task = asks(&model, |strategy| matches!(strategy, Strategy::Auto(_)));
        let flat = match asks_task || asks(&model, |strategy| *strategy == Strategy::Cost) {
            true => model.targets.iter().map(|target| flat(&target.info.prices)).collect(),
            false => Box::default(),
        };
        let has_capacity = model.targets.iter().any(|target| target.capacity.is_some());
        let asks_headroom = has_capacity || asks(&model, |strategy| *strategy == Strategy::Usage);
        let conditions = conditions(&model);
        let semantic = meaning::groups(&model, sources);
        let other = |model: &Arc<Model>| Self::new(Arc::clone(model), board, sources, quotas);
        let mirror =
            model.mirror.as_ref().map(|mirror| Arc::new(Mirroring::new(mirror, other(&mirror.model))));
        let ensemble = model.ensemble.as_ref();
        let panel = ensemble.map_or_else(Box::default, |ensemble| ensemble.panel.iter().map(other).collect());
        let judge = ensemble.and_then(|ensemble| ensemble.judge.as_ref()).map(other);
        let own_quota = quotas.get(&Quota::of_model(&model.name)).cloned();
        let quotas = quotas_of(&model, quotas);
        Arc::new(Self {
            model,
            own_quota,
            quotas,
            deployments,
            turns,
            flat,
            asks_headroom,
            asks_task,
            conditions,
            semantic,
            mirror,
            hedging,
            outliers,
            panel,
            judge,
        })
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Where some requests are copied to.
    pub(crate) const fn mirror(&self) -> Option<&Arc<Mirroring>> {
        self.mirror.as_ref()
    }

    /// How a second target is asked while the first is silent.
    pub(crate) fn hedging(&self) -> Option<&Hedging> {
        self.hedging.as_deref()
    }

    /// Who of the targets is ejected, where that is wanted.
    pub(crate) const fn outliers(&self) -> Option<&Arc<Outliers>> {
        self.outliers.as_ref()
    }

    /// Who is asked where several are.
    pub(crate) const fn panel(&self) -> &[Arc<Self>] {
        &self.panel
    }

    /// Who makes one answer of those of the panel.
    pub(crate) const fn judge(&self) -> Option<&Arc<Self>> {
        self.judge.as_ref()
    }

    pub(crate) fn deployment(&self, target: usize) -> Option<&Arc<Deployment>> {
        self.deployments.get(target)
    }

    /// The limits of the alias itself.
    pub(crate) fn quota(&self) -> Option<Link> {
        self.own_quota.as_ref().map(|quota| quota.link())
    }

    /// What has limits of its own at a target: its deployment, its provider.
    pub(crate) fn quotas_at(&self, target: usize) -> &[Arc<Account>] {
        self.quotas.get(target).map_or(&[], |quotas| quotas)
    }

    /// Has one of them a budget that may refuse?
    pub(crate) fn has_budgets_at(&self, target: usize) -> bool {
        self.quotas_at(target).iter().any(|quota| has_budget(quota))
    }

    /// Has anything of what is called here one?
    pub(crate) fn has_budgets(&self) -> bool {
        let of_targets = self.quotas.iter().flatten();
        self.own_quota.iter().chain(of_targets).any(|quota| has_budget(quota))
    }

    /// Has anything of what is called here a budget that is never overspent, whatever a provider does?
    pub(crate) fn is_strict(&self) -> bool {
        let of_targets = self.quotas.iter().flatten();
        let is_strict = |quota: &Arc<Account>| quota.rules().budgets().iter().any(|budget| budget.strict);
        self.own_quota.iter().chain(of_targets).any(is_strict)
    }

    /// The next turn of a group.
    pub(crate) fn turn(&self, group: u16) -> u64 {
        self.turns.get(usize::from(group)).map_or(0, |turn| turn.fetch_add(1, Ordering::Relaxed))
    }

    /// Does anything ask what is left of providers' limits?
    pub(crate) const fn asks_headroom(&self) -> bool {
        self.asks_headroom
    }

    /// Does any strategy ask which class of tasks a request is of?
    pub(crate) const fn asks_task(&self) -> bool {
        self.asks_task
    }

    /// The semantic groups of the model's tree; most have none.
    pub(crate) const fn semantic(&self) -> &[SemanticGroup] {
        &self.semantic
    }

    /// What the model's conditions read; `None` when it has none.
    pub(crate) fn reads(&self) -> Option<Reads> {
        self.conditions.as_ref().map(|conditions| conditions.reads)
    }

    /// Logs that a condition could not be evaluated, unless that was said not long ago.
    pub(crate) fn complain(&self, source: &str, error: ConditionError, now: Micros) {
        let Some(conditions) = &self.conditions else { return };
        let Some(at) = conditions.complained_at.get(source) else { return };
        let before = at.load(Ordering::Relaxed);
        let is_due = before == 0 || now - before > COMPLAINT_US;
        if is_due && at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let model = &self.model.name;
            tracing::warn!(%model, condition = source, %error, "a condition could not be evaluated: it does not hold");
        }
    }

    pub(crate) fn flat_price(&self, target: usize) -> Option<FlatPrice> {
        self.flat.get(target).copied().flatten()
    }
}

/// The group of the model, and those of its fallbacks.
fn groups(model: &Model) -> impl Iterator<Item = &Group> {
    let fallbacks = &model.fallbacks;
    let others = [&fallbacks.default, &fallbacks.context_window, &fallbacks.content_policy];
    std::iter::once(&model.group).chain(others.into_iter().flatten())
}

/// Does a group of the model have such a strategy?
fn asks(model: &Model, is_such: fn(&Strategy) -> bool) -> bool {
    groups(model).any(|group| has(group, is_such))
}

fn conditions(model: &Model) -> Option<Box<Conditions>> {
    let mut found = Conditions { reads: Reads::default(), complained_at: AHashMap::new() };
    let mut see = |condition: &Arc<dyn Condition>| {
        found.reads = found.reads.or(condition.reads());
        found.complained_at.entry(condition.source().into()).or_default();
    };
    groups(model).for_each(|group| group.conditions(&mut see));
    (!found.complained_at.is_empty()).then(|| Box::new(found))
}

fn has(group: &Group, is_such: fn(&Strategy) -> bool) -> bool {
    let is_inside = |member: &Member| match &member.to {
        Destination::Group(inner) => has(inner, is_such),
        Destination::Target(_) | Destination::End(_) => false,
    };
    is_such(&group.strategy) || group.members.iter().any(is_inside)
}

/// `None` when the price depends on the prompt's size, or is not known.
fn flat(prices: &PriceSheet) -> Option<FlatPrice> {
    let depends = prices.rates.iter().any(|rate| rate.above_tokens > 0);
    if depends || !prices.prices_tokens() {
        return None;
    }
    let rate = |unit| prices.rate(unit, ServiceTier::Standard, 0).map_or(0, |rate| rate.0);
    Some(FlatPrice { input: rate(Unit::Input), output: rate(Unit::Output) })
}

fn has_budget(quota: &Account) -> bool {
    quota.rules().budgets().iter().any(|budget| !budget.shadow)
}

fn quotas_of(model: &Model, all: &Quotas) -> Box<[SmallVec<[Arc<Account>; 2]>]> {
    if all.is_empty() {
        return Box::default();
    }
    let of_target = |target: &Arc<Target>| {
        let provider = &target.provider.name;
        let ids = [Quota::of_deployment(provider, &target.model), Quota::of_provider(provider)];
        ids.iter().filter_map(|id| all.get(id)).cloned().collect()
    };
    model.targets.iter().map(of_target).collect()
}
