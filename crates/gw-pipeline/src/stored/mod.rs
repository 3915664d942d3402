//! Answers that are stored, asked for again: read, their input listed, cancelled, deleted. They pass the stages that
//! a call passes as far as they apply (who, what, limits, record), but cost nothing. The store says whose an answer is
//! and who has it. It must not tell a foreign answer from one that does not exist.

mod at_provider;
mod here;

use crate::admit::limit_refusal;
use crate::authenticate::{Authenticated, authenticate};
use crate::inbound::{CallerContext, Inbound, PathFacts};
use crate::reply::Reply;
use crate::reserve::hold_refusal;
use crate::respond::refuse;
use crate::ticket::{Rejected, Ticket};
use crate::worker::Worker;
use bytes::Bytes;
use gw_model::{ErrorCode, KeyId, Refusal, WireFormat};
use gw_store::memory::Amounts;
use gw_store::objects::{Object, ObjectKind};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// What is to be done with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredAction {
    /// `GET .../{id}`.
    Retrieve,
    /// `GET .../{id}/input_items`.
    InputItems,
    /// `POST .../{id}/cancel`.
    Cancel,
    /// `DELETE .../{id}`.
    Delete,
}

/// A request about a stored answer.
#[derive(Clone, Debug)]
pub struct StoredRequest {
    /// Address of the client.
    pub from: Option<IpAddr>,
    /// The first credential present in the contract's order.
    pub credential: Option<String>,
    /// Context headers.
    pub context: CallerContext,
    /// Headers that may go upstream.
    pub forward_headers: Vec<(&'static str, Bytes)>,
    /// The answer's id.
    pub id: String,
    /// What is to be done.
    pub action: StoredAction,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
}

impl StoredRequest {
    fn is_stream(&self) -> bool {
        self.query.iter().any(|(name, value)| name == "stream" && value == "true")
    }
}

const FORMAT: WireFormat = WireFormat::OpenAiResponses;

/// Serves a request about a stored answer. It leaves one record, whatever happens.
pub async fn run_stored(worker: &Rc<Worker>, mut request: StoredRequest) -> Reply {
    let mut ticket = Ticket::open(worker, FORMAT);
    ticket.begin_trace(request.context.trace.take());
    match serve(ticket, request).await {
        Ok(reply) => reply,
        Err(rejected) => refuse::refused(rejected, FORMAT),
    }
}

async fn serve(ticket: Ticket, mut request: StoredRequest) -> Result<Reply, Rejected> {
    let inbound = Inbound {
        format: FORMAT,
        from: request.from,
        credential: request.credential.take(),
        signed: None,
        path: PathFacts::default(),
        context: std::mem::take(&mut request.context),
        forward_headers: Vec::new(),
        raw: None,
        errand: None,
        body: (),
    };
    let Authenticated { mut ticket, .. } = authenticate(ticket, &inbound).await?;
    ticket.context.guardrails = inbound.context.guardrails.as_deref().and_then(asked_for);
    let found = match permitted(&mut ticket).await {
        Ok(()) => find(&ticket, &request.id).await,
        Err(refusal) => Err(refusal),
    };
    let object = match found {
        Ok(object) => object,
        Err(refusal) => return Err(ticket.reject(refusal)),
    };
    ticket.record.model.clone_from(&object.model);
    ticket.note_named();
    ticket.record.cache.push_str("bypass");
    if object.is_kept_here() {
        here::serve(ticket, &request, object).await
    } else {
        at_provider::serve(ticket, request, object).await
    }
}

/// Guardrails that the caller wants besides. None is left out of a stored answer: whether the customer and the tags of its own call ask for it
/// is not known any more, and whoever wants it left out of calls may send the same header with each request.
fn asked_for(header: &str) -> Option<String> {
    let names = header.split(',').map(str::trim).filter(|name| !name.is_empty() && !name.starts_with('-'));
    let names = names.collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then_some(names)
}

/// Endpoint and rate; there is no model to be asked for.
async fn permitted(ticket: &mut Ticket) -> Result<(), Refusal> {
    let endpoint = FORMAT.endpoint();
    if ticket.key().is_some_and(|key| !key.allows_endpoint(endpoint)) {
        let text = format!("this key may not use '{}' endpoints", endpoint.as_str());
        return Err(Refusal::new(ErrorCode::EndpointNotAllowed, text));
    }
    let model = ticket.record.model.clone();
    ticket.take_limits(&[&model], None).map_err(|exceeded| limit_refusal(&exceeded))?;
    if ticket.must_ask() {
        Box::pin(ticket.ask(Amounts::default())).await.map_err(|refused| hold_refusal(&refused))?;
    }
    Ok(())
}

async fn find(ticket: &Ticket, id: &str) -> Result<Arc<Object>, Refusal> {
    let who = ticket.record.key.unwrap_or(KeyId::MASTER);
    let worker = ticket.worker();
    match worker.gateway().objects.find(ObjectKind::Response, id, who, worker.now()).await {
        Ok(Some(object)) => Ok(object),
        Ok(None) => Err(unknown(id)),
        Err(error) => Err(error.refusal()),
    }
}

/// In OpenAI's own words.
fn unknown(id: &str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("Response with id '{id}' not found.")).param("response_id")
}
