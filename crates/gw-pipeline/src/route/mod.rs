//! Sixth stage: which targets, in which order. Strategies are pure functions of the model and a seed;
//! they must not talk to anything or look at money.

mod fallback;
pub(crate) mod resolve;
pub mod semantic;
pub(crate) mod weighted;

use crate::guard::Screened;
use crate::live::Live;
use crate::ticket::{Rejected, Ticket};
use gw_model::snapshot::{Model, Strategy, Target};
use gw_model::{Call, Earlier, ErrorCode, Refusal, WireFormat};
use smallvec::SmallVec;
use std::sync::Arc;

/// Targets in the order to try them, as indexes into [`Model::targets`].
pub(crate) type Order = SmallVec<[usize; 8]>;

/// A call with its ordered targets. Made here only.
pub(crate) struct Planned {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Call,
    pub(crate) model: Arc<Model>,
    pub(crate) order: Order,
    _proof: (),
}

/// Orders the model's targets, leaving out those that can not speak the call's format at all.
pub(crate) fn plan(screened: Screened) -> Result<Planned, Rejected> {
    let Screened { mut ticket, live, call, model, .. } = screened;
    ticket.set_model(&model);
    let seed = ticket.worker().random_u64();
    let mut order = order(&model, seed);
    // What goes on as it is needs no format.
    if call.raw.is_none() {
        order.retain(|i| model.targets.get(*i).is_some_and(|t| can_do(t, call.format)));
    }
    if let Some(Earlier::AtProvider(holder)) = call.facts.earlier.as_deref() {
        order.retain(|i| model.targets.get(*i).is_some_and(|t| goes_on(t, &call, holder)));
        if order.is_empty() {
            let refusal = elsewhere(&call, &model, holder);
            return Err(ticket.reject(refusal));
        }
    }
    if order.is_empty() {
        let text = format!("no target of '{}' can do '{}'", model.name, call.format.as_str());
        return Err(ticket.reject(Refusal::new(ErrorCode::InvalidRequest, text).param("model")));
    }
    Ok(Planned { ticket, live, call, model, order, _proof: () })
}

fn can_do(target: &Target, format: WireFormat) -> bool {
    let provider = &target.provider;
    gw_providers::upstream_format(provider, &target.model, format).is_some()
        || gw_providers::counts_here(provider, format)
}

/// Can the target go on from an answer that this provider stores?
fn goes_on(target: &Target, call: &Call, holder: &str) -> bool {
    let provider = &target.provider;
    let is_passed_on = || {
        call.raw.is_some()
            || gw_providers::upstream_format(provider, &target.model, call.format) == Some(call.format)
    };
    // What is only counted may be counted here.
    *provider.name == *holder && (call.format.counts().is_some() || is_passed_on())
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

/// The strategy's order. Every strategy returns each of the targets at most once, and none that the
/// model does not have.
fn order(model: &Model, seed: u64) -> Order {
    match model.strategy {
        Strategy::Fallback => fallback::order(model),
        Strategy::Weighted => weighted::order(model, seed),
    }
}

#[cfg(test)]
pub(crate) mod tests;
