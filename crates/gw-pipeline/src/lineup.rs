//! A model made ready for routing: its targets with the state of their deployments, and whose turn it is in each of its
//! groups. Made once per configuration. It must not decide anything.

use crate::health::{Board, Deployment};
use crate::subcall::Mirroring;
use gw_model::routing::{Destination, Group, Member, Strategy};
use gw_model::snapshot::Model;
use gw_model::{PriceSheet, ServiceTier, Unit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// See the module. Reads as the [`Model`] that it is made of.
pub struct Lineup {
    model: Arc<Model>,
    deployments: Box<[Arc<Deployment>]>,
    turns: Box<[AtomicU64]>,
    /// Prices of the targets that cost the same however much is asked, where a strategy asks for prices.
    flat: Box<[Option<FlatPrice>]>,
    asks_headroom: bool,
    mirror: Option<Arc<Mirroring>>,
    /// The panel of an ensemble.
    panel: Box<[Arc<Self>]>,
    judge: Option<Arc<Self>>,
}

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
    pub(crate) fn new(model: Arc<Model>, board: &Board) -> Arc<Self> {
        let deployments = model.targets.iter().map(|target| board.deployment(target)).collect();
        let turns = (0..model.groups.max(1)).map(|_| AtomicU64::new(0)).collect();
        let flat = match asks(&model, &Strategy::Cost) {
            true => model.targets.iter().map(|target| flat(&target.info.prices)).collect(),
            false => Box::default(),
        };
        let has_capacity = model.targets.iter().any(|target| target.capacity.is_some());
        let asks_headroom = has_capacity || asks(&model, &Strategy::Usage);
        let other = |model: &Arc<Model>| Self::new(Arc::clone(model), board);
        let mirror =
            model.mirror.as_ref().map(|mirror| Arc::new(Mirroring::new(mirror, other(&mirror.model))));
        let ensemble = model.ensemble.as_ref();
        let panel = ensemble.map_or_else(Box::default, |ensemble| ensemble.panel.iter().map(other).collect());
        let judge = ensemble.and_then(|ensemble| ensemble.judge.as_ref()).map(other);
        Arc::new(Self { model, deployments, turns, flat, asks_headroom, mirror, panel, judge })
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

    /// The next turn of a group.
    pub(crate) fn turn(&self, group: u16) -> u64 {
        self.turns.get(usize::from(group)).map_or(0, |turn| turn.fetch_add(1, Ordering::Relaxed))
    }

    /// Does anything ask what is left of providers' limits?
    pub(crate) const fn asks_headroom(&self) -> bool {
        self.asks_headroom
    }

    pub(crate) fn flat_price(&self, target: usize) -> Option<FlatPrice> {
        self.flat.get(target).copied().flatten()
    }
}

/// Does a group of the model have that strategy?
fn asks(model: &Model, strategy: &Strategy) -> bool {
    let fallbacks = &model.fallbacks;
    let others = [&fallbacks.default, &fallbacks.context_window, &fallbacks.content_policy];
    std::iter::once(&model.group).chain(others.into_iter().flatten()).any(|group| has(group, strategy))
}

fn has(group: &Group, strategy: &Strategy) -> bool {
    let is_inside = |member: &Member| match &member.to {
        Destination::Group(inner) => has(inner, strategy),
        Destination::Target(_) => false,
    };
    group.strategy == *strategy || group.members.iter().any(is_inside)
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
