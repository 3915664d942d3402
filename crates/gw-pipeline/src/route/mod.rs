//! Sixth stage: which targets, in which order. Strategies are pure functions of the model and a seed;
//! they must not talk to anything or look at money.

mod fallback;
pub(crate) mod resolve;
pub(crate) mod weighted;

use crate::guard::Screened;
use crate::live::Live;
use crate::ticket::{Rejected, Ticket};
use gw_model::snapshot::{Model, Strategy};
use gw_model::{Call, ErrorCode, Refusal};
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
    order.retain(|i| {
        model
            .targets
            .get(*i)
            .is_some_and(|t| gw_providers::upstream_format(&t.provider, &t.model, call.format).is_some())
    });
    if order.is_empty() {
        let text = format!("no target of '{}' can do '{}'", model.name, call.format.as_str());
        return Err(ticket.reject(Refusal::new(ErrorCode::InvalidRequest, text).param("model")));
    }
    Ok(Planned { ticket, live, call, model, order, _proof: () })
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
