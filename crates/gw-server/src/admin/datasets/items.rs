//! What is in a dataset: shown, changed, brought along, taken away, and collected from records. Every look leaves an entry in the
//! audit log, as looks at bodies do.

use super::Datasets;
use crate::admin::audit::{BrokenOff, JSON_LINES, Pieces};
use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::admin::own::parse;
use crate::admin::query::Page;
use crate::admin::{logs, parameters};
use crate::app::authorization::{Caller, Resource};
use crate::app::datasets::{self, Changes, DatasetsError, Item, ItemInput, MAX_AT_ONCE, shown};
use crate::app::state::App;
use axum::Json;
use axum::body::{Body as AnswerBody, Bytes};
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gw_store::types::{DatasetId, ItemId, LogRow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Items of one answer, and of one piece of an export; and how many such pieces may wait for a slow reader.
const MAX_PAGE: usize = 200;
const EXPORT_PIECES: usize = 2;

/// Records that are collected at once.
const MAX_COLLECTED: usize = 1_000;

/// Shows items.
pub(in crate::admin) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    let id = parse::<Datasets>(&id)?;
    let (limit, after) = (page.limit()?.min(MAX_PAGE), page.after::<ItemId>()?);
    let work = move || {
        datasets::note_look(&app, &caller, id, "dataset.read")?;
        Ok::<_, DatasetsError>(datasets::items(&app, id, after, limit)?)
    };
    let (found, next) = tokio::task::spawn_blocking(work).await??;
    let next = next.map(|item| item.to_string());
    Ok(Json(json!({ "data": found.iter().map(shown).collect::<Vec<_>>(), "next_cursor": next })))
}

/// What is to be done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangesInput {
    #[serde(default)]
    add: Vec<ItemInput>,
    #[serde(default)]
    change: Vec<ItemInput>,
    #[serde(default)]
    remove: Vec<String>,
}

/// Adds, changes and takes out items: all of it, or nothing.
pub(in crate::admin) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let id = parse::<Datasets>(&id)?;
    let input: ChangesInput = serde_json::from_slice(&body).map_err(|error| {
        ApiError::malformed(format!("the body must be an object with add, change or remove: {error}"))
    })?;
    let item = |text: &str| {
        text.parse::<ItemId>()
            .map_err(|_| ApiError::invalid("id", "'id' must be the id of an item of this dataset"))
    };
    let change = input.change.into_iter().map(|one| Ok((item(one.id.as_deref().unwrap_or_default())?, one)));
    let changes = Changes {
        add: input.add,
        change: change.collect::<Result<_, ApiError>>()?,
        remove: input.remove.iter().map(|id| item(id)).collect::<Result<_, _>>()?,
    };
    changed(app, caller, id, "dataset.items", changes).await
}

/// Adds items that stand one to a line: all of them, or none.
pub(in crate::admin) async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let id = parse::<Datasets>(&id)?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| ApiError::malformed("the body must be JSON Lines in UTF-8, an item to a line"))?;
    let mut changes = Changes::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        if changes.add.len() == MAX_AT_ONCE {
            return Err(DatasetsError::TooManyAtOnce.into());
        }
        let item: ItemInput = serde_json::from_str(line)
            .map_err(|error| ApiError::malformed(format!("line {number} is no item: {error}")))?;
        changes.add.push(item);
    }
    if changes.add.is_empty() {
        return Err(ApiError::malformed("the body has no items: write one JSON object to a line"));
    }
    changed(app, caller, id, "dataset.import", changes).await
}

/// Does it, and says which items are new.
async fn changed(
    app: Arc<App>,
    caller: Arc<Caller>,
    id: DatasetId,
    action: &'static str,
    changes: Changes,
) -> Result<Json<Value>, ApiError> {
    let work = move || datasets::change_items(&app, &caller, id, action, changes);
    let added = tokio::task::spawn_blocking(work).await??;
    Ok(Json(json!({ "added": added.iter().map(ToString::to_string).collect::<Vec<_>>() })))
}

/// Streams all items, one to a line.
pub(in crate::admin) async fn export(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = parse::<Datasets>(&id)?;
    let reading = Arc::clone(&app);
    // Before anything is sent: whether it can be read at all.
    let first = tokio::task::spawn_blocking(move || {
        datasets::note_look(&reading, &caller, id, "dataset.export")?;
        Ok::<_, DatasetsError>(datasets::items(&reading, id, None, MAX_PAGE)?)
    });
    let mut page = first.await??;
    let (pieces, receiver) = mpsc::channel(EXPORT_PIECES);
    tokio::task::spawn_blocking(move || {
        loop {
            let (items, next) = page;
            let lines = |item: &Item| format!("{}\n", shown(item));
            let piece: String = items.iter().map(lines).collect();
            let is_sent = piece.is_empty() || pieces.blocking_send(Ok(piece.into())).is_ok();
            // Nobody reads on, or this was the last.
            if !is_sent || next.is_none() {
                return;
            }
            page = match datasets::items(&app, id, next, MAX_PAGE) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "an export of a dataset broke off");
                    return drop(pieces.blocking_send(Err(BrokenOff)));
                }
            };
        }
    });
    Ok(([(CONTENT_TYPE, JSON_LINES)], AnswerBody::new(Pieces(receiver))).into_response())
}

/// Which records are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectInput {
    #[serde(default)]
    filters: BTreeMap<String, String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Adds what a filter of the explorer finds.
pub(in crate::admin) async fn collect(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let id = parse::<Datasets>(&id)?;
    let input: CollectInput = serde_json::from_slice(&body).map_err(|error| {
        ApiError::malformed(format!("the body must be an object with filters, limit or cursor: {error}"))
    })?;
    parameters::check_saved("/api/v1/logs", &input.filters)?;
    let limit = input.limit.unwrap_or(MAX_COLLECTED);
    if !(1..=MAX_COLLECTED).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("'limit' must be from 1 to {MAX_COLLECTED}")));
    }
    let cursor = input.cursor.filter(|text| !text.is_empty());
    let before = cursor.map(|text| text.parse()).transpose();
    let before = before.map_err(|_| ApiError::invalid("cursor", "'cursor' is not one of this operation"))?;
    let (mut filter, text) = logs::filter_of(&input.filters)?;
    let work = move || {
        // First whether there is such a dataset for him.
        datasets::find(&app, &caller, id)?;
        let logs = caller.authority.seen_from(Resource::Logs.read())?;
        filter.seen_from = logs::both(logs, caller.authority.seen_from(Resource::Bodies.read())?);
        (filter.has_body, filter.with_bodies) = (Some(true), true);
        (filter.limit, filter.before) = (limit, before);
        filter.max_bytes = Some(app.storage.max_page_bytes);
        let sealer = app.storage.bodies.sealer();
        // What cannot be read is not passed over: whoever goes on behind it would never hear of it.
        let keep = |row: &LogRow| {
            row.unread.is_some() || text.as_deref().is_none_or(|text| logs::holds(sealer, row, text))
        };
        Ok::<_, ApiError>(datasets::collect(&app, &caller, id, &filter, &keep)?)
    };
    let collected = tokio::task::spawn_blocking(work).await??;
    Ok(Json(json!({
        "added": collected.added,
        "known": collected.known,
        "unusable": collected.unusable,
        "unread": collected.unread,
        "next_cursor": collected.next.map(|id| id.to_string()),
    })))
}
