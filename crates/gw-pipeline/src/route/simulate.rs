//! Where a request would go, and by which steps: the route stage without a request. It must not count, hold or send
//! anything, and no gate or turn may notice it.

use super::asking::{Asking, State};
use super::meaning::Meaning;
use super::order::{self, Scene, Taken};
use super::subject::{Caller, Gathered, Looked};
use crate::inbound::CallerContext;
use crate::live::Live;
use bytes::Bytes;
use gw_model::snapshot::Model;
use gw_model::{Call, Micros, Refusal, WireFormat};
use gw_store::memory::{Gates, KeyEntry};
use std::cell::RefCell;
use std::sync::Arc;

/// A request that is thought of.
#[derive(Debug)]
pub struct Question {
    /// Its wire format.
    pub format: WireFormat,
    /// Its body; the model that it names is not looked at.
    pub body: Bytes,
    /// What its headers say.
    pub context: CallerContext,
    /// Whose it is; `None` for the master key.
    pub key: Option<Arc<KeyEntry>>,
    /// When it comes.
    pub now: Micros,
    /// Decides what is drawn.
    pub seed: u64,
}

/// What would become of it.
#[derive(Debug)]
pub struct Simulated {
    /// The way through the route.
    pub steps: Vec<Taken>,
    /// The targets in the order in which they would be tried, as indexes into [`Model::targets`].
    pub targets: Vec<usize>,
    /// What the caller would hear, when there is no target.
    pub refusal: Option<Refusal>,
}

/// Asks. Errors: the request cannot be read.
pub fn simulate(
    live: &Live,
    gates: &Gates,
    model: Arc<Model>,
    question: &Question,
) -> Result<Simulated, Refusal> {
    let settings = &live.snapshot.settings;
    let facts = gw_wire::facts::read_with_model(
        question.format,
        &question.body,
        settings.max_json_depth,
        &model.name,
    )?;
    let body = question.body.clone();
    let call = Call { format: question.format, body, facts, forward_headers: Vec::new(), raw: None };
    let model = live.lineup(model);
    let caller = Caller { context: &question.context, key: question.key.as_deref(), beside: &[] };
    let now = question.now;
    let gather = |reads| Gathered::gather(reads, Looked::at(reads, &call), &call, caller, now);
    let asking = Asking {
        call: &call,
        caller,
        by_provider: !caller.allows_every_provider(),
        model: &model,
        // Nothing is sent, so nobody knows what the prompt is meant for: the order written.
        meaning: &Meaning::default(),
        reserve_output: settings.reserve_output_tokens,
        gathered: model.reads().map(gather).transpose()?,
        told: RefCell::default(),
        gates,
        now,
    };
    let tokens = call.facts.input_tokens;
    let state = State { model: &model, policy: &live.snapshot.health, tokens, now };
    let trace = RefCell::default();
    let scene = Scene {
        model: &model,
        fitness: &state,
        asked: &asking,
        seed: question.seed,
        turn: &|_| question.seed,
        takes: false,
        trace: Some(&trace),
    };
    let most = usize::try_from(model.max_targets).unwrap_or(usize::MAX);
    let found = order::order(&model.group, &scene, most);
    let targets: Vec<usize> = found.order.iter().chain(&found.parked).copied().collect();
    let refusal = targets.is_empty().then(|| super::refusal(&found, &call, &model));
    Ok(Simulated { steps: trace.into_inner(), targets, refusal })
}
