//! The cost of choosing: orders the targets of a model as a request does, without one. For the benchmark only; it must
//! not be used by anything that serves.

use super::asking::State;
use super::meaning::Sources;
use super::order::{Asked, Scene, order};
use crate::health::Board;
use crate::lineup::{Lineup, Quotas};
use gw_model::policy::Condition;
use gw_model::routing::{Auto, Gate, HealthPolicy, StickyBy, Task};
use gw_model::snapshot::{Model, Target};
use std::sync::Arc;

/// A model and the state of its deployments.
#[derive(Debug)]
pub struct Measured {
    lineup: Arc<Lineup>,
}

impl Measured {
    /// A model whose deployments nothing is known of.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self {
            lineup: Lineup::new(Arc::new(model), &Board::default(), &Sources::default(), &Quotas::default()),
        }
    }

    /// Orders once; how many targets there are in the plan.
    #[must_use]
    pub fn order(&self, seed: u64) -> usize {
        let lineup = &*self.lineup;
        let policy = HealthPolicy::default();
        let state = State { model: lineup, policy: &policy, tokens: 100, now: 1_000_000_000 };
        let asked = AnyRequest { lineup, seed };
        let turn = |group| lineup.turn(group);
        let scene = Scene {
            model: lineup,
            fitness: &state,
            asked: &asked,
            seed,
            turn: &turn,
            takes: true,
            trace: None,
        };
        let most = usize::try_from(lineup.max_targets).unwrap_or(usize::MAX);
        order(&lineup.group, &scene, most).order.len()
    }
}

struct AnyRequest<'a> {
    lineup: &'a Lineup,
    seed: u64,
}

impl Asked for AnyRequest<'_> {
    fn allows(&self, target: &Target) -> bool {
        gw_providers::upstream_format(&target.provider, &target.model, gw_model::WireFormat::OpenAiChat)
            .is_some()
    }

    fn suits(&self, target: &Target) -> bool {
        target.info.max_input_tokens == 0 || target.info.max_input_tokens > 100
    }

    fn cost(&self, target: usize) -> Option<u128> {
        let flat = self.lineup.flat_price(target)?;
        Some(u128::from(flat.input) * 100 + u128::from(flat.output) * 1000)
    }

    fn holds(&self, _condition: &Arc<dyn Condition>) -> bool {
        true
    }

    fn passes(&self, _gate: &Gate, _takes: bool) -> bool {
        true
    }

    fn sticky(&self, _by: &[StickyBy]) -> Option<u64> {
        Some(self.seed)
    }

    fn semantic(&self, _group: u16) -> Option<usize> {
        None
    }

    fn class(&self, _group: u16, _auto: &Auto) -> usize {
        Task::Code.class()
    }
}
