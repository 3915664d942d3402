//! `GET /api/v1/usage`.

use super::by::By;
use super::error::ApiError;
use super::query::{MAX_LIMIT, Page, paged, time as parse_time};
use crate::app::authorization::{Caller, Resource, Standing};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::AccountId;
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
    key_id: Option<String>,
    team_id: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Sums usage by a dimension.
pub(super) async fn rows(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Value>, ApiError> {
    let group_by = match query.group_by.as_deref() {
        None => GroupBy::Key,
        Some(name) => GroupBy::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = GroupBy::ALL.iter().map(|g| g.as_str()).collect();
            ApiError::invalid("group_by", format!("'group_by' must be one of {}", names.join(", ")))
        })?,
    };
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (key_id, team_id) = (given(query.key_id), given(query.team_id));
    for (field, is_given) in [("key_id", key_id.is_some()), ("team_id", team_id.is_some())] {
        if is_given && !group_by.is_by_call() {
            let by = group_by.as_str();
            let text = format!(
                "'{field}' cannot be combined with 'group_by={by}'; ask '/api/v1/logs' for single calls"
            );
            return Err(ApiError::invalid(field, text));
        }
    }
    let seen_from = caller.authority.seen_from(Resource::Usage.read())?;
    let is_restricted = seen_from.is_some();
    let filter = UsageFilter {
        seen_from,
        group_by,
        from: parse_time("from", query.from.as_deref())?,
        to: parse_time("to", query.to.as_deref())?,
        key_id: key_id
            .map(|key| key.parse())
            .transpose()
            .map_err(|_| ApiError::invalid("key_id", "'key_id' is not an id"))?,
        team_id,
    };
    let reading = Arc::clone(&app);
    let mut rows = tokio::task::spawn_blocking(move || reading.storage.database.usage(&filter)).await??;
    if is_restricted && is_seen_whole(group_by) {
        rows.retain(|row| sees(&app, &caller, row));
    }
    let page = Page { limit: query.limit.or(Some(MAX_LIMIT)), cursor: query.cursor };
    let (rows, next) = paged(rows, &page)?;
    let data: Vec<Value> = rows.iter().map(|r| row(group_by, r)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// Are its sums those of whole accounts? Users and tags have calls of several tenants: their sums are of the calls that may
/// be seen.
pub(super) const fn is_seen_whole(group_by: GroupBy) -> bool {
    group_by.level().is_some() && !matches!(group_by, GroupBy::User | GroupBy::Tag)
}

/// May he see the sums of that account?
pub(super) fn sees(app: &App, caller: &Caller, row: &UsageRow) -> bool {
    let account = row.value.parse::<AccountId>().map(|id| Standing::of_account(app, id));
    account.is_ok_and(|standing| caller.authority.sees(Resource::Usage.read(), &standing))
}

fn row(group_by: GroupBy, sums: &UsageRow) -> Value {
    let mut row = Map::new();
    row.insert(group_by.as_str().to_owned(), json!(sums.value));
    if group_by == GroupBy::Key {
        row.insert("key_id".to_owned(), json!(sums.value));
        row.insert("key_name".to_owned(), json!(sums.name));
    } else if group_by.is_account() {
        row.insert("name".to_owned(), json!(sums.name));
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
