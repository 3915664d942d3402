//! Fourth stage: request guardrails. None exist yet, so every call passes; a configuration that asks for
//! one is refused when it is loaded, never ignored here.

use crate::lineup::Lineup;
use crate::live::Live;
use crate::recall::Recalled;
use crate::ticket::{Rejected, Ticket};
use gw_model::Call;
use std::sync::Arc;

/// Proof that the request's guardrails let it pass. Made here only.
pub(crate) struct Screened {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Call,
    pub(crate) model: Arc<Lineup>,
    _proof: (),
}

/// What a sub-call sends was screened with the request that it belongs to.
pub(crate) const fn screened_with_request(
    ticket: Ticket,
    live: Arc<Live>,
    call: Call,
    model: Arc<Lineup>,
) -> Screened {
    Screened { ticket, live, call, model, _proof: () }
}

/// Runs the request's guardrails.
pub(crate) async fn screen(recalled: Recalled) -> Result<Screened, Rejected> {
    let Recalled { ticket, live, call, model, .. } = recalled;
    Ok(Screened { ticket, live, call, model, _proof: () })
}
