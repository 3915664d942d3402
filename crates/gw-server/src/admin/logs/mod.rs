//! `/api/v1/logs`: records of requests, newest first, and what is known of one of them.

mod feedback;
mod filter;
mod kept;
mod priced;
mod replay;
mod shown;
mod tail;

use super::by::By;
use super::error::ApiError;
use crate::app::authorization::Resource;
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
pub(crate) use feedback::own::say as say_feedback;
pub(super) use feedback::{add as add_feedback, list as feedback};
pub(super) use filter::{LogsQuery, MAX_LIMIT, PARAMETERS, SIDES};
use gw_model::{AccountId, RequestId, time};
use gw_store::StoreError;
use gw_store::types::{LogFilter, LogRow};
pub(super) use kept::{holds, show as bodies};
pub(super) use replay::again as replay;
use serde_json::{Value, json};
pub(super) use shown::row;
pub(crate) use shown::{endpoint_of, media_of, parameters_of, tries_of, verdicts};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
pub(super) use tail::{MAX_SECONDS, TAIL_PARAMETERS, follow as tail};

/// How long a search may take before it says how far it came.
const SEARCH_LIMIT: Duration = Duration::from_millis(200);

/// Most sub-calls that are shown with their request.
const MAX_SUB_CALLS: usize = 100;

/// Lists records.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<LogsQuery>,
) -> Result<Json<Value>, ApiError> {
    let seen_from = caller.authority.seen_from(Resource::Logs.read())?;
    let text = query.text();
    let mut filter = LogFilter { seen_from, ..query.filter()? };
    if text.is_some() {
        // Whoever looks for a text in bodies learns what they say.
        let of_bodies = caller.authority.seen_from(Resource::Bodies.read())?;
        filter.seen_from = both(filter.seen_from, of_bodies);
        (filter.has_body, filter.with_bodies) = (Some(true), true);
        filter.max_bytes = Some(app.storage.max_page_bytes);
        let noted = Arc::clone(&app);
        tokio::task::spawn_blocking(move || kept::note_search(&noted, &caller.origin)).await??;
    }
    let found = move || {
        let sealer = app.storage.bodies.sealer();
        let holds = |row: &LogRow| text.as_deref().is_none_or(|text| kept::holds(sealer, row, text));
        app.storage.database.search(&filter, Some(SEARCH_LIMIT), &mut |row| holds(row))
    };
    let page = tokio::task::spawn_blocking(found).await??;
    let data: Vec<Value> = page.rows.iter().map(shown::row).collect();
    let searched_to = page.searched_to.map(|id| time::format(id.unix_millis().saturating_mul(1000)));
    Ok(Json(json!({
        "data": data,
        "next_cursor": page.next.map(|id| id.to_string()),
        "searched_to": searched_to,
    })))
}

/// What filters that are kept ask for, and the text that bodies must hold. Errors: the one at fault.
pub(super) fn filter_of(filters: &BTreeMap<String, String>) -> Result<(LogFilter, Option<String>), ApiError> {
    let query = LogsQuery::of_saved(filters);
    let text = query.text();
    Ok((query.filter()?, text))
}

/// Shows one record with its attempts, its sub-calls, and what its cost is made of.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let seen_from = caller.authority.seen_from(Resource::Logs.read())?;
    let id: RequestId = id.parse().map_err(|_| unknown(&id))?;
    let work = move || {
        let Some((record, sub_calls)) = read(&app, id, seen_from)? else { return Ok(None) };
        let former = app.storage.database.former_cost(id)?;
        // A record can be read whatever has become of the books.
        let prices = priced::versions(&app, &record, former.as_ref()).unwrap_or_else(|error| {
            tracing::warn!(%error, record = %id, "which prices a call was charged at can not be told");
            Vec::new()
        });
        let mut whole = shown::whole(&record, &sub_calls, former);
        whole["cost"]["prices"] = prices.into();
        Ok::<_, StoreError>(Some(whole))
    };
    let found = tokio::task::spawn_blocking(work).await??;
    found.map(Json).ok_or_else(|| unknown(&id.to_string()))
}

/// What two limits on what may be seen let through together.
pub(super) fn both(one: Option<Vec<AccountId>>, other: Option<Vec<AccountId>>) -> Option<Vec<AccountId>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.into_iter().filter(|id| other.contains(id)).collect()),
        (one, other) => one.or(other),
    }
}

/// The record of that id, where it may be seen.
fn find(
    app: &App,
    id: RequestId,
    seen_from: Option<Vec<AccountId>>,
    with_bodies: bool,
) -> Result<Option<LogRow>, StoreError> {
    let one = LogFilter { request_id: Some(id), seen_from, with_bodies, ..LogFilter::default() };
    Ok(app.storage.database.logs(&one)?.rows.into_iter().next())
}

/// A record and its sub-calls, where it may be seen.
fn read(
    app: &App,
    id: RequestId,
    seen_from: Option<Vec<AccountId>>,
) -> Result<Option<(LogRow, Vec<LogRow>)>, StoreError> {
    let database = &app.storage.database;
    let Some(record) = find(app, id, seen_from.clone(), false)? else { return Ok(None) };
    // They begin when their request does, and end soon after it, or within a day.
    let (from, to) = (record.time.saturating_sub(1_000_000), record.time.saturating_add(DAY_US));
    let below = LogFilter {
        parent_id: Some(id),
        seen_from,
        from: Some(from),
        to: Some(to),
        limit: MAX_SUB_CALLS,
        ..LogFilter::default()
    };
    let sub_calls = database.search(&below, Some(SEARCH_LIMIT), &mut |_| true)?.rows;
    Ok(Some((record, sub_calls)))
}

const DAY_US: i64 = 24 * 3_600 * 1_000_000;

fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no record of a request '{id}'"))
}
