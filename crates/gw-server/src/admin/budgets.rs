//! `GET /api/v1/budgets`: where each budget stands.

use super::error::ApiError;
use super::limits;
use super::query::{Page, paged};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Paging.
#[derive(Debug, Deserialize)]
pub(super) struct BudgetsQuery {
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists budgets.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Query(query): Query<BudgetsQuery>,
) -> Result<Json<Value>, ApiError> {
    let now = app.gateway.clock().now();
    let rows = app.gateway.keys.list().into_iter().flat_map(|entry| {
        limits::budgets_shown(&entry.tally, &entry.rules, now).into_iter().map(move |mut row| {
            row.insert("key_id".to_owned(), entry.id.to_string().into());
            row.insert("key_name".to_owned(), entry.policy.name.clone().into());
            Value::Object(row)
        })
    });
    let (data, next) = paged(rows.collect(), &Page { limit: query.limit, cursor: query.cursor })?;
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}
