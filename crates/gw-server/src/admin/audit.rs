//! `/api/v1/audit`: what was changed, by whom; as a list, as a stream of all, and whether it is whole.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::query::{Page, time as parse_time};
use crate::app::audit;
use crate::app::authorization::{Caller, Resource};
use crate::app::state::App;
use axum::Json;
use axum::body::Body as AnswerBody;
use axum::extract::{Extension, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gw_model::time;
use gw_store::audit::{Anchor, AuditEntry, AuditFilter};
use http_body::{Body, Frame};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Media type of an export.
pub(crate) const JSON_LINES: &str = "application/jsonl";
/// Entries that are read at once for an export, and how many such pieces may wait for a slow reader.
const EXPORT_ROWS: usize = 200;
const EXPORT_PIECES: usize = 2;

/// Filters.
#[derive(Debug, Deserialize)]
pub(super) struct AuditQuery {
    actor: Option<String>,
    action: Option<String>,
    kind: Option<String>,
    id: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    format: Option<String>,
}

/// What to compare with.
#[derive(Debug, Deserialize)]
pub(super) struct VerifyQuery {
    anchor: Option<String>,
}

/// Lists entries, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Value>, ApiError> {
    let filter = filter(&caller, query)?;
    let page = tokio::task::spawn_blocking(move || app.storage.database.audit_page(&filter)).await??;
    let data: Vec<Value> = page.rows.iter().map(|(entry, hash)| row(entry, hash)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": page.next.map(|number| number.to_string()) })))
}

/// Streams all entries, newest first, one to a line.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<AuditQuery>,
) -> Result<Response, ApiError> {
    if query.format.as_deref().is_some_and(|format| format != "jsonl") {
        return Err(ApiError::invalid("format", "'format' must be jsonl, or left out"));
    }
    let mut filter = AuditFilter { limit: EXPORT_ROWS, ..filter(&caller, query)? };
    // Before anything is sent: whether it can be read at all.
    let (reading, wanted) = (Arc::clone(&app), filter.clone());
    let mut page =
        tokio::task::spawn_blocking(move || reading.storage.database.audit_page(&wanted)).await??;
    let (pieces, receiver) = mpsc::channel(EXPORT_PIECES);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = String::new();
            for (entry, hash) in &page.rows {
                piece.push_str(&row(entry, hash).to_string());
                piece.push('\n');
            }
            filter.before = page.next;
            // Nobody reads on, or this was the last.
            if pieces.blocking_send(Ok(Bytes::from(piece))).is_err() || page.next.is_none() {
                return;
            }
            page = match app.storage.database.audit_page(&filter) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "an export of the audit log broke off");
                    return drop(pieces.blocking_send(Err(BrokenOff)));
                }
            };
        }
    });
    let body = AnswerBody::new(Pieces(receiver));
    Ok(([(header::CONTENT_TYPE, JSON_LINES)], body).into_response())
}

/// Is every entry as it was written?
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<VerifyQuery>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Audit.read())?;
    let wrong = || ApiError::invalid("anchor", "'anchor' must be NUMBER:HASH, as an earlier answer gave it");
    let anchor = query.anchor.filter(|text| !text.is_empty());
    let anchor = anchor.map(|text| Anchor::parse(&text).ok_or_else(wrong)).transpose()?;
    let report = tokio::task::spawn_blocking(move || audit::verify(&app, anchor.as_ref())).await??;
    Ok(Json(audit::shown(&report)))
}

/// What is asked for, as far as whoever asks may see it.
fn filter(caller: &Caller, query: AuditQuery) -> Result<AuditFilter, ApiError> {
    let seen_from = caller.authority.seen_from(Resource::Audit.read())?;
    let wrong = |_| ApiError::invalid("cursor", "'cursor' is not one of this list");
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(AuditFilter {
        limit: Page { limit: query.limit, cursor: None }.limit()?,
        before: filled(query.cursor).map(|text| text.parse().map_err(wrong)).transpose()?,
        from: parse_time("from", query.from.as_deref())?,
        to: parse_time("to", query.to.as_deref())?,
        actor: filled(query.actor),
        action: filled(query.action),
        kind: filled(query.kind),
        id: filled(query.id),
        seen_from,
    })
}

fn row(entry: &AuditEntry, hash: &[u8; 32]) -> Value {
    let parsed = |text: &Option<String>| {
        text.as_ref().map(|text| {
            let raw = RawValue::from_string(text.clone()).and_then(|raw| serde_json::to_value(&raw));
            // What cannot be read is shown as it is.
            raw.unwrap_or_else(|_| json!(text))
        })
    };
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "number": entry.number,
        "time": time::format(entry.time),
        "actor": entry.actor,
        "action": entry.action,
        "kind": entry.kind,
        "id": entry.id,
        "name": entry.name,
        "outcome": entry.outcome,
        "before": parsed(&entry.before),
        "after": parsed(&entry.after),
        "address": entry.address,
        "user_agent": entry.agent,
        "hash": hash,
    })
}

/// The export cannot be completed.
#[derive(Debug)]
pub(super) struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the export broke off")
    }
}

impl std::error::Error for BrokenOff {}

/// A body that is read while it is sent.
pub(super) struct Pieces(pub(super) mpsc::Receiver<Result<Bytes, BrokenOff>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
