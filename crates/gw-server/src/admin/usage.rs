//! `GET /api/v1/usage`.

use super::error::ApiError;
use super::query::time as parse_time;
use crate::app::state::App;
use axum::Json;
use axum::extract::{Query, State};
use gw_store::types::{GroupBy, UsageFilter, UsageRow};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What to sum.
#[derive(Debug, Deserialize)]
pub(super) struct UsageQuery {
    group_by: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// Sums usage by a dimension.
pub(super) async fn rows(
    State(app): State<Arc<App>>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Value>, ApiError> {
    let group_by = match query.group_by.as_deref() {
        None => GroupBy::Key,
        Some(name) => GroupBy::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = GroupBy::ALL.iter().map(|g| g.as_str()).collect();
            ApiError::invalid("group_by", format!("'group_by' must be one of {}", names.join(", ")))
        })?,
    };
    let filter = UsageFilter {
        group_by,
        from: parse_time("from", query.from.as_deref())?,
        to: parse_time("to", query.to.as_deref())?,
    };
    let rows = tokio::task::spawn_blocking(move || app.storage.database.usage(&filter)).await??;
    let data: Vec<Value> = rows.iter().map(|r| row(group_by, r)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": null })))
}

fn row(group_by: GroupBy, sums: &UsageRow) -> Value {
    let mut row = Map::new();
    row.insert(group_by.as_str().to_owned(), json!(sums.value));
    if group_by == GroupBy::Key {
        row.insert("key_id".to_owned(), json!(sums.value));
        row.insert("key_name".to_owned(), json!(sums.key_name));
    }
    let counts = [
        ("requests", json!(sums.requests)),
        ("errors", json!(sums.errors)),
        ("input_tokens", json!(sums.input_tokens)),
        ("output_tokens", json!(sums.output_tokens)),
        ("cached_tokens", json!(sums.cached_tokens)),
        ("cost_usd", json!(sums.cost.to_string())),
        ("saved_usd", json!(sums.saved.to_string())),
    ];
    row.extend(counts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(row)
}
