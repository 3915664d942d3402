//! What outlives its request: OpenAI's files and batches, kept in memory within bounds, and the echo of any path for
//! callers that want to see what reaches an upstream. It must not know the gateway's own rules about them.

mod batches;
mod echo;
mod files;
mod form;
mod shelf;

pub(crate) use shelf::Shelf;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::answer::Rejection;
use crate::play::BoxBody;
use crate::respond::{bytes_response, json_response};

/// An endpoint's answer: JSON, or a file's bytes.
pub(crate) enum Given {
    Json(Value),
    Bytes(Bytes),
}

/// What a path asks for.
enum Asked<'a> {
    Files,
    File(&'a str),
    Content(&'a str),
    Batches,
    Batch(&'a str),
    Cancel(&'a str),
}

/// Is this a path of a file, a batch or an echo?
pub(crate) fn serves(path: &str) -> bool {
    echo::path(path).is_some() || asked(path).is_some()
}

/// Answers a request for a file, a batch or an echo; `None` when the path is neither.
pub(crate) fn answer(
    shelf: &Shelf,
    request: &Request<Bytes>,
) -> Option<Result<Response<BoxBody>, Rejection>> {
    let path = request.uri().path();
    if let Some(rest) = echo::path(path) {
        return Some(Ok(echo::answer(request, rest)));
    }
    let asked = asked(path)?;
    let method = request.method();
    let query = request.uri().query().unwrap_or("");
    let given = match asked {
        Asked::Files if *method == Method::POST => files::create(shelf, request.headers(), request.body()),
        Asked::Files if *method == Method::GET => files::list(shelf, query),
        Asked::File(id) if *method == Method::GET => files::one(shelf, id),
        Asked::File(id) if *method == Method::DELETE => files::delete(shelf, id),
        Asked::Content(id) if *method == Method::GET => files::content(shelf, id),
        Asked::Batches if *method == Method::POST => batches::create(shelf, request.body()),
        Asked::Batches if *method == Method::GET => batches::list(shelf, query),
        Asked::Batch(id) if *method == Method::GET => batches::one(shelf, id),
        Asked::Cancel(id) if *method == Method::POST => batches::cancel(shelf, id),
        _ => Err(Rejection::new(405, format!("Method {method} is not allowed for {path}"))),
    };
    Some(given.map(|given| match given {
        Given::Json(value) => json_response(StatusCode::OK, value.to_string()),
        Given::Bytes(bytes) => bytes_response("application/octet-stream", bytes),
    }))
}

/// Paths as OpenAI has them, with and without the version, and Azure's.
fn asked(path: &str) -> Option<Asked<'_>> {
    let rest =
        ["/openai/v1/", "/openai/", "/v1/", "/"].iter().find_map(|prefix| path.strip_prefix(prefix))?;
    let mut segments = rest.split('/');
    let found = match (segments.next(), segments.next(), segments.next()) {
        (Some("files"), None, _) => Asked::Files,
        (Some("files"), Some(id), None) => Asked::File(id),
        (Some("files"), Some(id), Some("content")) => Asked::Content(id),
        (Some("batches"), None, _) => Asked::Batches,
        (Some("batches"), Some(id), None) => Asked::Batch(id),
        (Some("batches"), Some(id), Some("cancel")) => Asked::Cancel(id),
        _ => return None,
    };
    segments.next().is_none().then_some(found)
}

/// A page of a list: `after`, `limit`, and `order` when it is asked for.
fn page(mut all: Vec<Value>, query: &str, default_limit: usize) -> Value {
    let parameter = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')))
    };
    // Newest first, as the real lists are.
    if parameter("order") != Some("asc") {
        all.reverse();
    }
    if let Some(purpose) = parameter("purpose") {
        all.retain(|entry| entry["purpose"] == purpose);
    }
    if let Some(after) = parameter("after") {
        let behind = all.iter().position(|entry| entry["id"] == after).map_or(all.len(), |at| at + 1);
        all.drain(..behind);
    }
    let limit = parameter("limit").and_then(|text| text.parse().ok()).unwrap_or(default_limit);
    let has_more = all.len() > limit;
    all.truncate(limit);
    let id = |entry: Option<&Value>| entry.map_or(Value::Null, |entry| entry["id"].clone());
    json!({
        "object": "list", "first_id": id(all.first()), "last_id": id(all.last()), "has_more": has_more, "data": all
    })
}
