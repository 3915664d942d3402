//! What of an answer outlives its call: the id of one that its provider stores, and the whole of one that the gateway
//! stores because the provider does not. Serves the whole and the streamed way back. It must not translate anything.

use crate::attempt::Answered;
use crate::receive::INLINE_BYTES;
use crate::ticket::Open;
use bytes::Bytes;
use gw_model::{Call, ErrorCode, KeyId, Micros, Refusal, WireFormat};
use gw_store::objects::{Object, ObjectKind, Objects};
use gw_wire::openai_responses::stored::{State, answer_id};
use std::sync::Arc;

const DAY_US: Micros = 86_400_000_000;

/// When what is stored now is forgotten.
pub(crate) const fn expiry(now: Micros, retention_days: u32) -> Micros {
    now.saturating_add(DAY_US.saturating_mul(retention_days as Micros))
}

/// Does the provider itself store the answer, as far as the request says?
pub(super) fn at_provider(sent: WireFormat, call: &Call) -> bool {
    call.facts.stores && sent == call.format
}

/// The id under which the gateway is to store the answer.
pub(super) fn here(answered: &Answered) -> Option<String> {
    let stores = answered.call.facts.stores && answered.sent.format != answered.call.format;
    stores.then(|| answer_id(answered.ticket.record.id.0))
}

/// An answer that the gateway is to store once it is there.
pub(super) struct Keep {
    objects: Arc<Objects>,
    object: Object,
    /// The request with all that it goes on from.
    request: Bytes,
}

impl Keep {
    /// For an answer under this id.
    pub(super) fn new(ticket: &Open, call: &Call, id: String, retention_days: u32) -> Self {
        let created = ticket.record.time;
        let object = Object {
            kind: ObjectKind::Response,
            id,
            provider: String::new(),
            credential: String::new(),
            owner: ticket.record.key.unwrap_or(KeyId::MASTER),
            model: call.facts.model.clone(),
            detail: String::new(),
            created,
            expires: Some(expiry(created, retention_days)),
        };
        let objects = Arc::clone(&ticket.worker().gateway().objects);
        // What was masked is restored for the caller, and masked again in the next request: the store has it as it came.
        let masked = ticket.guarded.as_ref().filter(|guarded| !guarded.chosen.blanks());
        let request = masked.map_or_else(|| call.full().clone(), |guarded| guarded.original.clone());
        Self { objects, object, request }
    }

    /// Writes the answer down; it may only be given when this is done. Errors: it is not stored.
    pub(super) async fn write(self, answer: Bytes) -> Result<(), Refusal> {
        let request = self.request;
        // Long conversations would hold up the worker's other calls.
        let state = if request.len() + answer.len() <= INLINE_BYTES {
            State::write(&request, &answer)
        } else {
            tokio::task::spawn_blocking(move || State::write(&request, &answer)).await.ok().flatten()
        };
        let Some(state) = state else {
            return Err(Refusal::new(ErrorCode::Internal, "the response can not be stored"));
        };
        self.objects.put_with_state(self.object, state).await.map_err(|error| {
            tracing::error!(%error, "a response could not be stored");
            error.refusal()
        })
    }
}
