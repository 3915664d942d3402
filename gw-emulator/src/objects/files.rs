//! OpenAI's `/files`. It must not look into a file's content.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::form::{self, Part};
use super::shelf::{File, Shelf};
use super::{Given, page};
use crate::answer::Rejection;

const PURPOSES: [&str; 6] = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

pub(super) fn create(shelf: &Shelf, headers: &HeaderMap, body: &Bytes) -> Result<Given, Rejection> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let parts = form::read(content_type, body)
        .ok_or_else(|| Rejection::new(400, "The body must be a multipart form with a file."))?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let file = part("file").ok_or_else(|| Rejection::missing("file"))?;
    let purpose = part("purpose").ok_or_else(|| Rejection::missing("purpose"))?;
    let purpose = String::from_utf8_lossy(&purpose.content).trim().to_owned();
    if !PURPOSES.contains(&purpose.as_str()) {
        let text = format!("'{purpose}' is not one of {PURPOSES:?} - 'purpose'");
        return Err(Rejection::param("purpose", "invalid_value", text));
    }
    Ok(Given::Json(keep(shelf, &purpose, file)))
}

fn keep(shelf: &Shelf, purpose: &str, part: &Part) -> Value {
    add(shelf, purpose, part.file_name.as_deref().unwrap_or("upload"), part.content.clone())
}

/// Keeps a file; its object.
pub(super) fn add(shelf: &Shelf, purpose: &str, name: &str, content: Bytes) -> Value {
    let id = shelf.id("file-emu");
    let object = json!({
        "id": id, "object": "file", "bytes": content.len(), "created_at": shelf.created(), "expires_at": null,
        "filename": name, "purpose": purpose, "status": "processed", "status_details": null
    });
    shelf.add_file(File { object: object.clone(), content });
    object
}

pub(super) fn list(shelf: &Shelf, query: &str) -> Result<Given, Rejection> {
    Ok(Given::Json(page(shelf.files(), query, 10_000)))
}

pub(super) fn one(shelf: &Shelf, id: &str) -> Result<Given, Rejection> {
    shelf.file(id).map(|file| Given::Json(file.object)).ok_or_else(|| unknown(id))
}

pub(super) fn content(shelf: &Shelf, id: &str) -> Result<Given, Rejection> {
    shelf.file(id).map(|file| Given::Bytes(file.content)).ok_or_else(|| unknown(id))
}

pub(super) fn delete(shelf: &Shelf, id: &str) -> Result<Given, Rejection> {
    if !shelf.remove_file(id) {
        return Err(unknown(id));
    }
    Ok(Given::Json(json!({"id": id, "object": "file", "deleted": true})))
}

fn unknown(id: &str) -> Rejection {
    Rejection { param: Some("id".to_owned()), ..Rejection::new(404, format!("No such File object: {id}")) }
}
