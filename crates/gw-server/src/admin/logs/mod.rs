//! `/api/v1/logs`: records of requests, newest first, and what is known of one of them.

mod filter;
mod shown;

use super::by::By;
use super::error::ApiError;
use crate::app::authorization::Resource;
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use filter::LogsQuery;
pub(super) use filter::PARAMETERS;
use gw_model::{AccountId, RequestId, time};
use gw_store::StoreError;
use gw_store::types::{LogFilter, LogRow};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

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
    let filter = LogFilter { seen_from, ..query.filter()? };
    let found = move || app.storage.database.search(&filter, Some(SEARCH_LIMIT), &mut |_| true);
    let page = tokio::task::spawn_blocking(found).await??;
    let data: Vec<Value> = page.rows.iter().map(shown::row).collect();
    let searched_to = page.searched_to.map(|id| time::format(id.unix_millis().saturating_mul(1000)));
    Ok(Json(json!({
        "data": data,
        "next_cursor": page.next.map(|id| id.to_string()),
        "searched_to": searched_to,
    })))
}

/// Shows one record with its attempts, its sub-calls, and what its cost is made of.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let seen_from = caller.authority.seen_from(Resource::Logs.read())?;
    let id: RequestId = id.parse().map_err(|_| unknown(&id))?;
    let found = tokio::task::spawn_blocking(move || read(&app, id, seen_from)).await??;
    let (record, sub_calls) = found.ok_or_else(|| unknown(&id.to_string()))?;
    Ok(Json(shown::whole(&record, &sub_calls)))
}

/// A record and its sub-calls, where it may be seen.
fn read(
    app: &App,
    id: RequestId,
    seen_from: Option<Vec<AccountId>>,
) -> Result<Option<(LogRow, Vec<LogRow>)>, StoreError> {
    let database = &app.storage.database;
    let one = LogFilter { request_id: Some(id), seen_from: seen_from.clone(), ..LogFilter::default() };
    let Some(record) = database.logs(&one)?.rows.into_iter().next() else { return Ok(None) };
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
