//! Third stage: rate and concurrency limits of the key and all above it. Takes one request and one parallel slot, all or
//! nothing. It must not look at money: that is held by the reserve stage, when the plan is known.

pub(crate) mod guests;

use crate::authorize::Permitted;
use crate::lineup::Lineup;
use crate::live::Live;
use crate::ticket::{Rejected, Ticket};
use gw_model::limits::{self, LimitUnit};
use gw_model::{Call, ErrorCode, Refusal};
use gw_store::memory::{Holder, LimitExceeded};
use std::sync::Arc;

/// Proof that the call is within its limits. Made here only.
pub(crate) struct Admitted {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
    pub(crate) model: Arc<Lineup>,
    _proof: (),
}

/// Takes the request from all limits that count it.
pub(crate) fn admit(permitted: Permitted) -> Result<Admitted, Rejected> {
    let Permitted { mut ticket, live, call, model, .. } = permitted;
    let names = [&*call.facts.model, &*model.name];
    if let Err(refusal) = guests::require(&ticket, &live) {
        return Err(ticket.reject(refusal));
    }
    match ticket.take_limits(&names, model.quota()) {
        Ok(()) => Ok(Admitted { ticket, live, call, model, _proof: () }),
        Err(exceeded) => Err(ticket.reject(limit_refusal(&exceeded))),
    }
}

/// What a caller over its limit is told.
pub(crate) fn limit_refusal(exceeded: &LimitExceeded) -> Refusal {
    let seconds = u32::try_from(exceeded.retry_after_us.div_ceil(1_000_000).max(1)).unwrap_or(u32::MAX);
    let code = match exceeded.unit {
        LimitUnit::Parallel => ErrorCode::ConcurrencyLimitExceeded,
        _ => ErrorCode::RateLimitExceeded,
    };
    let limit = limits::describe(exceeded.unit, exceeded.max, exceeded.per_seconds);
    let whose = whose(&exceeded.holder);
    Refusal::new(code, format!("{whose} limit of {limit} is reached")).retry_after(seconds)
}

/// As in "this key's limit".
pub(crate) fn whose(holder: &Holder) -> String {
    format!("{holder}'s")
}
