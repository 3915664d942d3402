//! Between authenticate and authorize: reads the body within its limits and takes from it the few facts
//! that the stages need. It must not judge them.

use crate::admit::guests;
use crate::inbound::{BodySource, CallerContext, Inbound, PathFacts};
use crate::live::Live;
use crate::raw;
use crate::route::subject;
use crate::saturation::Accepted;
use crate::signed::SignedHead;
use crate::ticket::{Rejected, Ticket};
use bytes::Bytes;
use gw_model::{Call, CallFacts, ErrorCode, Micros, Refusal, WireFormat};
use gw_store::memory::KeyEntry;
use std::sync::Arc;

/// Bodies up to this size are scanned on the worker: some 200 µs of work.
pub(crate) const INLINE_BYTES: usize = 256 << 10;

/// A known caller's call, parsed.
pub(crate) struct Received {
    pub(crate) ticket: Ticket,
    pub(crate) live: Arc<Live>,
    pub(crate) call: Box<Call>,
}

/// Reads and parses the body.
pub(crate) async fn receive<B: BodySource>(
    accepted: Accepted,
    inbound: Inbound<B>,
) -> Result<Received, Rejected> {
    let mut ticket = accepted.ticket;
    let live = ticket.worker().gateway().live();
    let context = heard(ticket.key(), inbound.context);
    ticket.record.customer.clone_from(&context.customer);
    ticket.context = context;
    let settings = &live.snapshot.settings;
    // Also where nothing asks for it: a record would be without it, and nobody would know.
    if let Err(refusal) = subject::check_header(&ticket.context, settings.max_metadata_bytes) {
        ticket.context.metadata = None;
        return Err(ticket.reject(refusal));
    }
    let body = match inbound.body.read(settings.max_body_bytes).await {
        Ok(body) => body,
        Err(refusal) => return Err(ticket.reject(refusal)),
    };
    let signed = inbound.signed.filter(|_| inbound.credential.is_none());
    let (format, mut path, mut line) = (inbound.format, inbound.path, inbound.raw);
    if let Some(line) = &mut line {
        raw::recognise(line, &live, &mut path);
    }
    let content_type = match &line {
        Some(line) => line.header("content-type"),
        None => {
            inbound.forward_headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value)
        }
    };
    let scan = Scan {
        format,
        raw: line.as_ref().map(|line| line.format),
        body: body.clone(),
        content_type: content_type.cloned(),
        max_depth: settings.max_json_depth,
        path,
        signed,
        arrived: ticket.record.time,
    };
    let mut facts = match (scan.run().await, &mut line) {
        (Ok(facts), _) => facts,
        (Err(refusal), Some(line)) => {
            line.unread = Some(refusal);
            raw::nothing_known()
        }
        (Err(refusal), _) => return Err(ticket.reject(refusal)),
    };
    ticket.record.model.clone_from(&facts.model);
    ticket.record.stream = facts.stream;
    ticket.record.details.parameters = std::mem::take(&mut facts.parameters);
    if ticket.record.customer.is_none() {
        // Whom nobody is named by is nobody.
        ticket.record.customer = facts.user.clone().filter(|user| !user.trim().is_empty());
    }
    if let Err(refusal) = guests::join(&mut ticket) {
        return Err(ticket.reject(refusal));
    }
    let format = facts.dialect.filter(|_| line.is_none()).unwrap_or(format);
    ticket.record.format = format;
    let call = Box::new(Call { format, body, facts, forward_headers: inbound.forward_headers, raw: line });
    Ok(Received { ticket, live, call })
}

/// What a caller says of itself, and its token of it: the token has the last word on the customer.
fn heard(key: Option<&Arc<KeyEntry>>, mut context: CallerContext) -> CallerContext {
    let Some(told) = key.and_then(|key| key.told()) else { return context };
    if told.customer.is_some() {
        context.customer.clone_from(&told.customer);
    }
    context.tags = match (context.tags.take(), &told.tags) {
        (Some(said), Some(told)) => Some(format!("{told},{said}")),
        (said, told) => said.or_else(|| told.clone()),
    };
    context
}

/// What is to be done with a body.
struct Scan {
    format: WireFormat,
    /// The body goes on as it is; the format that it is known to have.
    raw: Option<Option<WireFormat>>,
    body: Bytes,
    /// Of requests that may be forms.
    content_type: Option<Bytes>,
    max_depth: usize,
    path: PathFacts,
    signed: Option<Box<SignedHead>>,
    /// When the request came.
    arrived: Micros,
}

impl Scan {
    /// Checks the signature and reads the facts. A large body (images as base64) is scanned off the worker, whose
    /// other calls would wait.
    async fn run(self) -> Result<CallFacts, Refusal> {
        if self.body.len() <= INLINE_BYTES {
            return self.facts();
        }
        match tokio::task::spawn_blocking(move || self.facts()).await {
            Ok(result) => result,
            Err(_) => Err(Refusal::new(ErrorCode::Internal, "the request could not be read")),
        }
    }

    fn facts(self) -> Result<CallFacts, Refusal> {
        // Before anything is said of the body: a stranger learns nothing about it.
        if let Some(signed) = &self.signed {
            signed.check(&self.body, self.arrived)?;
        }
        let format = match self.raw {
            None => self.format,
            Some(Some(known)) => known,
            Some(None) => {
                let facts = raw::facts_of_unknown(&self.body, self.max_depth)?;
                let model = self.path.model.unwrap_or(facts.model);
                return Ok(CallFacts { model, ..facts });
            }
        };
        let (content_type, model) = (self.content_type.as_deref(), self.path.model.as_deref());
        let mut facts = gw_wire::facts::read_typed(format, &self.body, content_type, self.max_depth, model)?;
        facts.stream |= self.path.stream;
        facts.json_array = self.path.json_array;
        Ok(facts)
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
