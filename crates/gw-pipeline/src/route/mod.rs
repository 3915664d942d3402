//! Sixth stage: which targets, in which order. `order` and the strategies are pure functions of the model, the state of
//! its deployments, the request and a seed; here they get all of that. It must not talk to anything but those
//! who count a route's limits for all gateways, or hold money.

mod asking;
mod budgets;
pub(crate) mod meaning;
pub(crate) mod measure;
pub(crate) mod order;
mod passing;
pub(crate) mod resolve;
pub mod semantic;
mod simulate;
mod strategies;
pub(crate) mod subject;
mod task;

pub use meaning::Considered;
pub(crate) use order::Order;
pub use order::{Judged, Score, Taken};
pub use simulate::{Question, Simulated, simulate};
pub(crate) use strategies::weighted;

use crate::guard::Screened;
use crate::lineup::Lineup;
use crate::live::Live;
use crate::reserve::hold_refusal;
use crate::ticket::tolls::Tolls;
use crate::ticket::{Rejected, Ticket, way};
use asking::{Asking, State};
use gw_model::routing::FailurePolicy;
use gw_model::snapshot::{Model, Target};
use gw_model::{Call, Earlier, ErrorCode, Micros, Refusal};
use gw_store::memory::HoldRefused;
use meaning::Meaning;
use order::{Ordered, Scene, Trace};
use passing::Passing;
use std::cell::RefCell;
use std::sync::Arc;
use subject::{Caller, Gathered, Looked};
use task::Signs;

/// A call with its ordered targets. Made here only.
pub(crate) struct Planned {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    pub(crate) model: Arc<Lineup>,
    pub(crate) route: Route,
    _proof: (),
}

/// Where a call may go. All are indexes into [`Model::targets`].
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// In the order to try them.
    pub(crate) order: Order,
    /// How many of those, the first ones, nothing is known against.
    pub(crate) ready: usize,
    /// Those whose providers asked for a pause, to be waited for when nothing else is left.
    pub(crate) parked: Order,
    /// When the earliest of those is back.
    pub(crate) parked_until: Option<Micros>,
    /// For when the model cannot serve the request.
    pub(crate) fallbacks: Option<Box<FallbackOrders>>,
    /// Its way through a dynamic route; see [`way::planned`].
    pub(crate) ways: Vec<String>,
}

/// Targets of other models, by what went wrong.
#[derive(Debug, Default)]
pub(crate) struct FallbackOrders {
    pub(crate) default: Order,
    pub(crate) context_window: Order,
    pub(crate) content_policy: Order,
}

impl Route {
    /// Nothing but the first target is left, tried again as often as the model says.
    fn keep_first(&mut self) {
        self.order.truncate(1);
        self.ready = self.ready.min(self.order.len());
        self.parked.truncate(1 - self.order.len());
        self.fallbacks = None;
    }

    /// Every target that the call may come to.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> {
        let others = self
            .fallbacks
            .iter()
            .flat_map(|fallbacks| [&fallbacks.default, &fallbacks.context_window, &fallbacks.content_policy]);
        [&self.order, &self.parked].into_iter().chain(others).flatten().copied()
    }
}

/// Orders the model's targets, leaving out those that can not speak the call's format at all. `meaning` is what was found
/// out about the prompt, or the refusal of a model that must know it.
pub(crate) async fn plan(screened: Screened, meaning: Result<Meaning, Refusal>) -> Result<Planned, Rejected> {
    let Screened { mut ticket, live, call, model, .. } = screened;
    ticket.set_model(model.model());
    let looked = match model.reads() {
        Some(reads) => Looked::at_any(reads, &call).await,
        None => Looked::default(),
    };
    let signs = if model.asks_task() { Signs::of_any(&call).await } else { Signs::default() };
    let route = match meaning {
        Ok(meaning) => {
            let scenery =
                Scenery { ticket: &ticket, live: &live, call: &call, model: &model, meaning: &meaning };
            let mut passing = Passing::default();
            let found = route(&scenery, (looked, signs), &mut passing);
            match passing.must_ask() {
                false => found,
                // Boxed, since few routes have limits that gateways share.
                true => Box::pin(asked(&scenery, found, signs, passing)).await,
            }
        }
        Err(refusal) => Err(refusal),
    };
    match route {
        Ok((mut route, tolls)) => {
            ticket.set_tolls(tolls);
            ticket.set_ways(std::mem::take(&mut route.ways));
            Ok(Planned { ticket, live, call, model, route, _proof: () })
        }
        Err(refusal) => Err(ticket.reject(refusal)),
    }
}

/// What a route is found by.
#[derive(Clone, Copy)]
struct Scenery<'a> {
    ticket: &'a Ticket,
    live: &'a Live,
    call: &'a Call,
    model: &'a Lineup,
    meaning: &'a Meaning,
}

/// Budgets on the way of a request whose ticket does not settle them yet: given back when its caller leaves meanwhile.
struct Held<'a> {
    ticket: &'a Ticket,
    tolls: Tolls,
}

impl Held<'_> {
    fn release(&mut self) {
        let worker = self.ticket.worker();
        self.tolls.release(&worker.gateway().gates.purses, worker.now());
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// The route, when all gateways together have let the request pass the limits on its way. Where they do not, it takes
/// another way, or is refused there.
async fn asked(
    scenery: &Scenery<'_>,
    found: Result<(Route, Tolls), Refusal>,
    signs: Signs,
    mut passing: Passing,
) -> Result<(Route, Tolls), Refusal> {
    let held = |(route, tolls)| (route, Held { ticket: scenery.ticket, tolls });
    let mut found = found.map(held);
    // Each turn closes a limit, and a route has so many of them.
    while !passing.ask().await {
        if let Ok((_, held)) = &mut found {
            held.release();
        }
        // What the body says is looked for again: this is rare.
        let looked = match scenery.model.reads() {
            Some(reads) => Looked::at_any(reads, scenery.call).await,
            None => Looked::default(),
        };
        // The budgets on the way are asked anew.
        found = route(scenery, (looked, signs), &mut passing).map(held);
    }
    let found = found.map(|(route, mut held)| (route, std::mem::take(&mut held.tolls)));
    match found {
        // That a limit is reached would be a guess.
        Err(refusal) if passing.is_unsure && refusal.code == ErrorCode::RateLimitExceeded => {
            Err(hold_refusal(&HoldRefused::Unavailable))
        }
        found => found,
    }
}

fn route(
    scenery: &Scenery<'_>,
    (looked, signs): (Looked, Signs),
    passing: &mut Passing,
) -> Result<(Route, Tolls), Refusal> {
    let Scenery { ticket, live, call, model, meaning } = *scenery;
    let worker = ticket.worker();
    let policy = &live.snapshot.health;
    let now = worker.now();
    let key = ticket.key().map(AsRef::as_ref);
    let caller = Caller { context: &ticket.context, key, beside: ticket.beside() };
    let by_provider = !caller.allows_every_provider();
    // Asked of most installations at no cost.
    let has_rules = ticket.access(|access| (!access.calls.is_empty()).then_some(())).is_some();
    let by_region = has_rules && caller.asks_region();
    let gather = |reads| Gathered::gather(reads, looked, call, caller, now);
    let gathered = model.reads().map(gather).transpose()?;
    let asking = Asking {
        call,
        caller,
        by_provider,
        by_region,
        model,
        meaning,
        signs,
        reserve_output: live.snapshot.settings.reserve_output_tokens,
        gathered,
        told: RefCell::default(),
        gates: &worker.gateway().gates,
        worker: Some(worker),
        passing: RefCell::new(std::mem::take(passing)),
        now,
    };
    let state = State { model, policy, tokens: call.facts.input_tokens, now };
    let turn = |group| model.turn(group);
    let seed = worker.random_u64();
    // Which way a request takes is written down where there are several.
    let trace = way::has_nodes(&model.group).then(RefCell::<Trace>::default);
    let trace = trace.as_ref();
    let scene = Scene { model, fitness: &state, asked: &asking, seed, turn: &turn, takes: true, trace };
    let most = usize::try_from(model.max_targets).unwrap_or(usize::MAX);
    let (found, mut tolls) = budgets::order_within(&model.group, &scene, &asking, most);
    // The request may never come there.
    let ways = trace.map(|trace| way::planned(model, &trace.take().steps)).unwrap_or_default();
    let scene = Scene { takes: false, trace: None, ..scene };
    let fallbacks = fallbacks(model, &scene, most);
    *passing = asking.passing.take();
    passing.arrive();
    let is_lost = found.order.is_empty() && found.parked.is_empty();
    // Where no condition holds, the model cannot serve the request, and others may.
    let others = fallbacks.as_ref().is_some_and(|others| !others.default.is_empty());
    if is_lost && (found.end.is_some() || found.reached || !others) {
        tolls.release(&asking.gates.purses, now);
        let forbidden = forbidden(model, caller, (by_provider, by_region));
        return Err(forbidden.unwrap_or_else(|| refusal(&found, call, model)));
    }
    let Ordered { mut order, ready, mut parked, parked_until, .. } = found;
    // Where there is nothing to choose, it is the caller's to decide whether to ask again.
    if model.failure_policy == FailurePolicy::AlwaysAnswer || model.targets.len() == 1 {
        order.append(&mut parked);
    }
    let mut route = Route { order, ready, parked, parked_until, fallbacks, ways };
    if has_rules && caller.has_no_fallbacks() {
        route.keep_first();
    }
    Ok((route, tolls))
}

/// What a caller hears who may go to none of the targets, for their providers or their regions where he has a list of those.
fn forbidden(model: &Model, caller: Caller<'_>, (by_provider, by_region): (bool, bool)) -> Option<Refusal> {
    let is_barred = |target: &Arc<Target>| !caller.allows_provider(&target.provider.name);
    if by_provider && model.targets.iter().all(is_barred) {
        return Some(barred(model));
    }
    let is_far = |target: &Arc<Target>| !caller.allows_region(target.provider.region.as_deref());
    (by_region && model.targets.iter().all(is_far)).then(|| far(model))
}

/// Where other models take over; `None` where the model names none.
fn fallbacks(model: &Lineup, scene: &Scene<'_>, most: usize) -> Option<Box<FallbackOrders>> {
    let named = &model.fallbacks;
    let all = [&named.default, &named.context_window, &named.content_policy];
    if all.iter().all(|group| group.is_none()) {
        return None;
    }
    let [default, context_window, content_policy] = all.map(|group| {
        let found = group.as_ref().map(|group| order::order(group, scene, most)).unwrap_or_default();
        let mut order = found.order;
        if model.failure_policy == FailurePolicy::AlwaysAnswer {
            order.extend(found.parked);
        }
        order
    });
    Some(Box::new(FallbackOrders { default, context_window, content_policy }))
}

/// What a caller hears when there is no target.
fn refusal(found: &Ordered, call: &Call, model: &Model) -> Refusal {
    match &found.end {
        Some(end) => end.refusal(),
        None if found.reached => nowhere(call, model),
        None => none_holds(model),
    }
}

/// What the caller belongs to has a list of providers, and none of it serves the model.
fn barred(model: &Model) -> Refusal {
    let mut names: Vec<&str> = model.targets.iter().map(|target| &*target.provider.name).collect();
    names.dedup();
    let text = format!(
        "the model '{}' is served by {}, and what this key belongs to may not call that",
        model.name,
        names.join(", ")
    );
    Refusal::new(ErrorCode::ModelNotAllowed, text).param("model")
}

/// What the caller belongs to has a list of regions, and the model is served in none of them.
fn far(model: &Model) -> Refusal {
    let mut regions: Vec<&str> =
        model.targets.iter().map(|target| target.provider.region.as_deref().unwrap_or("no region")).collect();
    regions.dedup();
    let text = format!(
        "the model '{}' is served in {}, and calls of this key may not go there",
        model.name,
        regions.join(", ")
    );
    Refusal::new(ErrorCode::RegionNotAllowed, text).param("model")
}

fn none_holds(model: &Model) -> Refusal {
    let text = format!("no condition of the model '{}' holds for this request", model.name);
    Refusal::new(ErrorCode::NoHealthyTarget, text).final_if(true)
}

fn nowhere(call: &Call, model: &Model) -> Refusal {
    if let Some(Earlier::AtProvider(holder)) = call.facts.earlier.as_deref() {
        return elsewhere(call, model, holder);
    }
    let text = format!("no target of '{}' can do '{}'", model.name, call.format.as_str());
    Refusal::new(ErrorCode::InvalidRequest, text).param("model")
}

fn elsewhere(call: &Call, model: &Model, holder: &str) -> Refusal {
    let text = format!(
        "what this request goes on from is stored at the provider '{holder}', and '{}' has no target there that could go on \
         from it; name a model of that provider, or send the whole conversation in 'input'",
        model.name
    );
    let param = if call.facts.previous_response.is_some() { "previous_response_id" } else { "input" };
    Refusal::new(ErrorCode::InvalidRequest, text).param(param)
}

#[cfg(test)]
pub(crate) mod tests;
