//! Calls that a request starts in its own name: copies for another model, members of a panel. Each is a call of its own
//! from the plan on, with its own ticket and record. It must not reach a provider but through those stages.

mod drain;
mod mirror;

pub(crate) use drain::drain;
pub(crate) use mirror::{Mirroring, mirror};

use crate::authorize::refuse_hidden_models;
use crate::guard::{Screened, screened_with_request};
use crate::lineup::Lineup;
use crate::live::Live;
use crate::ticket::Ticket;
use gw_model::{Call, SubCallRole};
use std::sync::Arc;

/// Opens a sub-call of a request, to be planned and funded. `None`: the request may have no more of them, or its text
/// could choose another model at one of the targets.
pub(crate) fn open(
    request: &mut Ticket,
    role: SubCallRole,
    live: &Arc<Live>,
    mut call: Box<Call>,
    model: &Arc<Lineup>,
) -> Option<Screened> {
    refuse_hidden_models(&call, model).ok()?;
    let mut ticket = request.sub_call(role)?;
    ticket.record.stream = call.facts.stream;
    // What nobody gets, nobody can go on from.
    call.facts.stores = false;
    Some(screened_with_request(ticket, Arc::clone(live), call, Arc::clone(model)))
}
