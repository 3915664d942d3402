//! Where a request would go, and by which steps: the route stage without a request. It must not count, hold or send
//! anything, and no gate or turn may notice it.

use super::asking::{Asking, State};
use super::budgets;
use super::meaning::{Considered, consider};
use super::order::{Judged, Scene, Taken, Trace};
use super::subject::{Caller, Gathered, Looked};
use super::task::Signs;
use crate::inbound::CallerContext;
use crate::live::Live;
use bytes::Bytes;
use gw_model::routing::{Destination, Group, Strategy};
use gw_model::snapshot::Model;
use gw_model::{Call, Micros, Refusal, WireFormat};
use gw_store::memory::{BudgetView, Gates, KeyEntry};
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
    /// Where the budgets stand that the request came to, by their gates' counters.
    pub budgets: Vec<(u64, BudgetView)>,
    /// What was compared with its words, where a strategy goes by what a prompt means.
    pub considered: Vec<Considered>,
    /// What groups of strategy `auto` compared, each with what says the class of tasks.
    pub judged: Vec<(Judged, &'static str)>,
    /// The targets in the order in which they would be tried, as indexes into [`Model::targets`].
    pub targets: Vec<usize>,
    /// What the caller would hear, when there is no target.
    pub refusal: Option<Refusal>,
}

/// Asks. Errors: the request cannot be read.
pub async fn simulate(
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
    let (meaning, considered) = consider(&model, &call).await;
    let signs = if model.asks_task() { Signs::of_any(&call).await } else { Signs::default() };
    let gather = |reads| Gathered::gather(reads, Looked::at(reads, &call), &call, caller, now);
    let asking = Asking {
        call: &call,
        caller,
        by_provider: !caller.allows_every_provider(),
        by_region: caller.asks_region(),
        model: &model,
        meaning: &meaning,
        signs,
        reserve_output: settings.reserve_output_tokens,
        gathered: model.reads().map(gather).transpose()?,
        told: RefCell::default(),
        gates,
        worker: None,
        passing: RefCell::default(),
        now,
    };
    let tokens = call.facts.input_tokens;
    let state = State { model: &model, policy: &live.snapshot.health, tokens, now };
    let trace = RefCell::<Trace>::default();
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
    let (found, _) = budgets::order_within(&model.group, &scene, &asking, most);
    let targets: Vec<usize> = found.order.iter().chain(&found.parked).copied().collect();
    let refusal = targets.is_empty().then(|| super::refusal(&found, &call, &model));
    let Trace { steps, judged } = trace.into_inner();
    let why = |judged: Judged| {
        let why = group(&model.group, judged.group).and_then(|group| match &group.strategy {
            Strategy::Auto(auto) => Some(asking.class_and_why(group.id, auto).1),
            _ => None,
        });
        (judged, why.unwrap_or_default())
    };
    let judged = judged.into_iter().map(why).collect();
    let budgets = asking.passing.take().budgets;
    Ok(Simulated { budgets, steps, considered, judged, targets, refusal })
}

/// The group of that id, within another.
fn group(within: &Group, id: u16) -> Option<&Group> {
    if within.id == id {
        return Some(within);
    }
    within.members.iter().find_map(|member| match &member.to {
        Destination::Group(inner) => group(inner, id),
        Destination::Target(_) | Destination::End(_) => None,
    })
}
