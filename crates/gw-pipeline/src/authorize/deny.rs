//! Conditions of the key, and of all that a call counts for, that refuse it. Calls of whoever has none pay nothing. It must not
//! tell the caller the condition.

use crate::route::subject::{Caller, Gathered, Looked};
use crate::ticket::Ticket;
use gw_model::access::{Access, Compile, DenyRule};
use gw_model::policy::{Reads, Subject};
use gw_model::{Call, ErrorCode, Micros, Refusal};
use std::cell::Cell;

/// A condition that refuses the call.
struct Found {
    message: Option<String>,
    /// For the record.
    why: String,
}

/// Does one of the conditions refuse the call? The record says which.
pub(crate) fn check_denied(ticket: &mut Ticket, call: &Call) -> Result<(), Refusal> {
    if ticket.access(|access| rule(access).map(|_| ())).is_none() {
        return Ok(());
    }
    let Some(compile) = ticket.worker().gateway().compiler() else {
        return Err(Refusal::new(ErrorCode::Internal, "conditions cannot be read here"));
    };
    let found = found(ticket, call, compile)?;
    let Some((holder, found)) = found else { return Ok(()) };
    ticket.record.error_detail = format!("{holder}: {}", found.why);
    let message = found.message.unwrap_or_else(|| format!("calls such as this one are refused by {holder}"));
    Err(Refusal::new(ErrorCode::PolicyDenied, message))
}

fn rule(access: &Access) -> Option<&DenyRule> {
    access.calls.deny.as_deref()
}

fn found(
    ticket: &Ticket,
    call: &Call,
    compile: Compile,
) -> Result<Option<(gw_store::memory::Holder, Found)>, Refusal> {
    let reads = Cell::new(Reads::default());
    ticket.access(|access| {
        let condition = rule(access)?.condition(compile)?;
        reads.set(reads.get().or(condition.reads()));
        None::<()>
    });
    let reads = reads.get();
    let key = ticket.key().map(AsRef::as_ref);
    let caller = Caller { context: &ticket.context, key, beside: ticket.beside() };
    let now = ticket.worker().now();
    let gathered = Gathered::gather(reads, Looked::at(reads, call), call, caller, now)?;
    let subject = gathered.subject();
    Ok(ticket.access(|access| judged(rule(access)?, compile, &subject, now)))
}

fn judged(rule: &DenyRule, compile: Compile, subject: &Subject<'_>, now: Micros) -> Option<Found> {
    let refused = |why: String| Found { message: rule.message.clone(), why };
    let Some(condition) = rule.condition(compile) else {
        // Made by another version: better no calls than calls that should not be.
        return Some(refused(format!("this version cannot read the condition: {}", rule.when)));
    };
    match condition.holds(subject) {
        Ok(true) => Some(refused(format!("denied when {}", rule.when))),
        Ok(false) => None,
        Err(error) => {
            if rule.may_complain(now) {
                tracing::warn!(condition = rule.when, %error, "a condition could not be evaluated: it does not hold");
            }
            None
        }
    }
}
