//! What was answered to each item, shown and taken away. Every look leaves an entry in the audit log.

use super::{cursor, parse};
use crate::admin::audit::{BrokenOff, JSON_LINES, Pieces};
use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::admin::query::Page;
use crate::app::evaluations::results::{self as kept, COLUMNS, Outcome, Place};
use crate::app::evaluations::{EvaluationError, Target, note_look};
use crate::app::reports::{csv, csv_lines};
use crate::app::state::App;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Results of one answer, and of one piece of an export; and how many such pieces may wait for a slow reader.
const MAX_PAGE: usize = 200;
const EXPORT_PIECES: usize = 2;

/// Media type of tables that are sent in pieces.
pub(in crate::admin) const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Shows results, in the order of items and models.
pub(in crate::admin) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    let id = parse(&id)?;
    let limit = page.limit()?.min(MAX_PAGE);
    let after = page.cursor.as_deref().filter(|text| !text.is_empty()).map(place).transpose()?;
    let work = move || {
        let evaluation = note_look(&app, &caller, id, "evaluation.read")?;
        let (found, next) = kept::page(&app, &evaluation, after, limit)?;
        let targets = &evaluation.job.targets;
        let data: Vec<Value> = found.iter().map(|outcome| kept::shown(outcome, targets)).collect();
        Ok::<_, EvaluationError>(json!({ "data": data, "next_cursor": next.map(cursor) }))
    };
    Ok(Json(tokio::task::spawn_blocking(work).await??))
}

fn place(text: &str) -> Result<Place, ApiError> {
    let parts =
        text.split_once('.').and_then(|(item, target)| Some((item.parse().ok()?, target.parse().ok()?)));
    parts.ok_or_else(|| ApiError::invalid("cursor", "'cursor' is not one of this list"))
}

/// As what.
#[derive(Debug, Deserialize)]
pub(in crate::admin) struct ExportQuery {
    format: Option<String>,
}

/// Streams all results, as JSON, one to a line, or as a table.
pub(in crate::admin) async fn export(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let id = parse(&id)?;
    let is_csv = query.format.as_deref() == Some("csv");
    let reading = Arc::clone(&app);
    // Before anything is sent: whether it can be read at all.
    let first = move || {
        let evaluation = note_look(&reading, &caller, id, "evaluation.export")?;
        let page = kept::page(&reading, &evaluation, None, MAX_PAGE)?;
        Ok::<_, EvaluationError>((evaluation, page))
    };
    let (evaluation, mut page) = tokio::task::spawn_blocking(first).await??;
    let (pieces, receiver) = mpsc::channel(EXPORT_PIECES);
    tokio::task::spawn_blocking(move || {
        let mut is_first = true;
        loop {
            let (outcomes, next) = page;
            let text = piece(&outcomes, &evaluation.job.targets, is_csv, std::mem::take(&mut is_first));
            // Nobody reads on, or this was the last.
            if pieces.blocking_send(Ok(Bytes::from(text))).is_err() || next.is_none() {
                return;
            }
            page = match kept::page(&app, &evaluation, next, MAX_PAGE) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "an export of an evaluation broke off");
                    return drop(pieces.blocking_send(Err(BrokenOff)));
                }
            };
        }
    });
    let (kind, end) = if is_csv { (CSV, "csv") } else { (JSON_LINES, "jsonl") };
    let name = format!("attachment; filename=\"{id}.{end}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::new(Pieces(receiver))).into_response())
}

fn piece(outcomes: &[Outcome], targets: &[Target], is_csv: bool, is_first: bool) -> String {
    if !is_csv {
        return outcomes.iter().map(|outcome| format!("{}\n", kept::shown(outcome, targets))).collect();
    }
    let rows: Vec<Vec<String>> = outcomes.iter().map(|outcome| kept::cells(outcome, targets)).collect();
    if is_first { csv(&COLUMNS, &rows) } else { csv_lines(&rows) }
}
