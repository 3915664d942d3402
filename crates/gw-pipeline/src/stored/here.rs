//! An answer that the gateway stores. Serves [`super`].

use super::{StoredAction, StoredRequest, unknown};
use crate::reply::{Reply, ReplyBody};
use crate::respond::headers;
use crate::ticket::{Rejected, Ticket};
use gw_model::{ErrorCode, Outcome, Refusal};
use gw_store::objects::{Object, ObjectKind};
use gw_wire::openai_responses::stored::{Page, State, deleted};
use http::header::{self, HeaderValue};
use std::sync::Arc;

pub(super) async fn serve(
    mut ticket: Ticket,
    request: &StoredRequest,
    object: Arc<Object>,
) -> Result<Reply, Rejected> {
    let answered = match request.action {
        StoredAction::Delete => delete(&ticket, &object).await,
        StoredAction::Cancel => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "Cannot cancel a synchronous response: only those made in the background can be cancelled.",
        )),
        StoredAction::Retrieve if request.is_stream() => Err(Refusal::new(
            ErrorCode::UnsupportedParameter,
            "only responses made in the background can be streamed again; leave 'stream' out",
        )
        .param("stream")),
        StoredAction::Retrieve | StoredAction::InputItems => read(&ticket, request, &object).await,
    };
    let body = match answered {
        Ok(body) => body,
        Err(refusal) => return Err(ticket.reject(refusal)),
    };
    let mut reply = Reply::new(ReplyBody::whole(body));
    let map = reply.headers_mut();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers::add_route(map, &ticket, &object.model, None);
    ticket.note_first_byte();
    ticket.finish(Outcome::Success, 200);
    Ok(reply)
}

async fn delete(ticket: &Ticket, object: &Object) -> Result<Vec<u8>, Refusal> {
    let objects = &ticket.worker().gateway().objects;
    match objects.remove(ObjectKind::Response, &object.id).await {
        Ok(()) => Ok(deleted(&object.id)),
        Err(error) => Err(error.refusal()),
    }
}

async fn read(ticket: &Ticket, request: &StoredRequest, object: &Arc<Object>) -> Result<Vec<u8>, Refusal> {
    let bytes = match ticket.worker().gateway().objects.state(object).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(unknown(&object.id)),
        Err(error) => {
            tracing::error!(request_id = %ticket.record.id, %error, "a stored response can not be read");
            return Err(error.refusal());
        }
    };
    let (action, query) = (request.action, request.query.clone());
    let write = move || show(&bytes, action, &query);
    // Long conversations would hold up the worker's other calls.
    let written = tokio::task::spawn_blocking(write).await;
    written.unwrap_or_else(|_| Err(Refusal::new(ErrorCode::Internal, "the stored response can not be read")))
}

fn show(bytes: &[u8], action: StoredAction, query: &[(String, String)]) -> Result<Vec<u8>, Refusal> {
    let Ok(state) = State::read(bytes) else {
        return Err(Refusal::new(ErrorCode::Internal, "the stored response can not be read"));
    };
    if action == StoredAction::Retrieve {
        return Ok(state.answer().as_bytes().to_vec());
    }
    Page::of(query.iter().map(|(name, value)| (name.as_str(), value.as_str())))?.write(&state)
}
