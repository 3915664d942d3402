//! `GET /api/v1/budgets`: where each budget stands.

use super::error::ApiError;
use super::query::{Page, paged};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Query, State};
use gw_model::time;
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
    let rows = app.gateway.keys.list().into_iter().filter_map(|entry| {
        let budget = entry.policy.budget?;
        let view = entry.usage.budget_view(&entry.policy, now)?;
        Some(json!({
            "key_id": entry.id.to_string(),
            "key_name": entry.policy.name,
            "limit_usd": view.limit.to_string(),
            "spent_usd": view.spent.to_string(),
            "reserved_usd": view.reserved.to_string(),
            "period": budget.period.as_str(),
            "strict": budget.strict,
            "resets_at": view.resets_at.map(time::format),
        }))
    });
    let (data, next) = paged(rows.collect(), &Page { limit: query.limit, cursor: query.cursor })?;
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}
