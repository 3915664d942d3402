//! Between authenticate and authorize: reads the body within its limits and takes from it the few facts
//! that the stages need. It must not judge them.

use crate::authenticate::Authenticated;
use crate::inbound::{BodySource, Inbound, PathFacts};
use crate::live::Live;
use crate::ticket::{Rejected, Ticket};
use bytes::Bytes;
use gw_model::{Call, CallFacts, ErrorCode, Refusal, WireFormat};
use std::sync::Arc;

/// Bodies up to this size are scanned on the worker: some 200 µs of work.
const INLINE_BYTES: usize = 256 << 10;

/// A known caller's call, parsed.
pub(crate) struct Received {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Call,
}

/// Reads and parses the body.
pub(crate) async fn receive<B: BodySource>(
    authenticated: Authenticated,
    inbound: Inbound<B>,
) -> Result<Received, Rejected> {
    let mut ticket = authenticated.ticket;
    let live = ticket.worker().gateway().live();
    let settings = &live.snapshot.settings;
    let body = match inbound.body.read(settings.max_body_bytes).await {
        Ok(body) => body,
        Err(refusal) => return Err(ticket.reject(refusal)),
    };
    let facts = match parse(inbound.format, &body, settings.max_json_depth, inbound.path).await {
        Ok(facts) => facts,
        Err(refusal) => return Err(ticket.reject(refusal)),
    };
    ticket.record.model.clone_from(&facts.model);
    ticket.record.stream = facts.stream;
    if ticket.record.customer.is_none() {
        ticket.record.customer.clone_from(&facts.user);
    }
    let call = Call { format: inbound.format, body, facts, forward_headers: inbound.forward_headers };
    Ok(Received { ticket, live, call })
}

/// Reads the facts; a large body (images as base64) is scanned off the worker, whose other calls would wait.
async fn parse(
    format: WireFormat,
    body: &Bytes,
    max_depth: usize,
    path: PathFacts,
) -> Result<CallFacts, Refusal> {
    let body_len = body.len();
    let body = body.clone();
    let scan = move || {
        let mut facts = match &path.model {
            None => gw_wire::facts::read(format, &body, max_depth),
            Some(model) => gw_wire::facts::read_with_model(format, &body, max_depth, model),
        }?;
        facts.stream |= path.stream;
        facts.json_array = path.json_array;
        Ok(facts)
    };
    if body_len <= INLINE_BYTES {
        return scan();
    }
    match tokio::task::spawn_blocking(scan).await {
        Ok(result) => result,
        Err(_) => Err(Refusal::new(ErrorCode::Internal, "the request could not be read")),
    }
}

/// The refusal of a body beyond its limit.
pub(crate) fn too_large(max_bytes: usize) -> Refusal {
    Refusal::new(
        ErrorCode::RequestTooLarge,
        format!(
            "the request body is larger than {max_bytes} bytes, the limit set by 'limits.max_body_bytes'"
        ),
    )
}
