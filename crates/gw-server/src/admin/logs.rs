//! `GET /api/v1/logs`: records of requests, newest first.

use super::by::By;
use super::error::ApiError;
use super::query::time as parse_time;
use crate::app::authorization::Resource;
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::{AccountId, Level, Outcome, RequestId, time};
use gw_store::types::{LogFilter, LogRow};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::str::FromStr;
use std::sync::Arc;

/// Most rows of one answer.
pub(super) const MAX_LIMIT: usize = 1000;

/// Filters.
#[derive(Debug, Deserialize)]
pub(super) struct LogsQuery {
    request_id: Option<String>,
    key_id: Option<String>,
    team_id: Option<String>,
    organization_id: Option<String>,
    project_id: Option<String>,
    user_id: Option<String>,
    customer_id: Option<String>,
    tag_id: Option<String>,
    model: Option<String>,
    outcome: Option<String>,
    parent_id: Option<String>,
    include: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Lists records.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<LogsQuery>,
) -> Result<Json<Value>, ApiError> {
    let seen_from = caller.authority.seen_from(Resource::Logs.read())?;
    let filter = LogFilter { seen_from, ..filter(query)? };
    let page = tokio::task::spawn_blocking(move || app.storage.database.logs(&filter)).await??;
    let data: Vec<Value> = page.rows.iter().map(row).collect();
    Ok(Json(json!({ "data": data, "next_cursor": page.next.map(|id| id.to_string()) })))
}

fn filter(query: LogsQuery) -> Result<LogFilter, ApiError> {
    let limit = match query.limit {
        None => super::query::DEFAULT_LIMIT,
        Some(limit @ 1..=MAX_LIMIT) => limit,
        Some(_) => return Err(ApiError::invalid("limit", format!("'limit' must be from 1 to {MAX_LIMIT}"))),
    };
    let outcome = match query.outcome.as_deref().filter(|o| !o.is_empty()) {
        None => None,
        Some(name) => Some(Outcome::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = Outcome::ALL.iter().map(|o| o.as_str()).collect();
            ApiError::invalid("outcome", format!("'outcome' must be one of {}", names.join(", ")))
        })?),
    };
    let sub_calls = match query.include.as_deref().unwrap_or_default() {
        "" => false,
        "subcalls" => true,
        _ => return Err(ApiError::invalid("include", "'include' must be 'subcalls', or left out")),
    };
    let accounts = [
        ("organization_id", Level::Organization, &query.organization_id),
        ("project_id", Level::Project, &query.project_id),
        ("user_id", Level::User, &query.user_id),
        ("customer_id", Level::Customer, &query.customer_id),
        ("tag_id", Level::Tag, &query.tag_id),
    ];
    let accounts = accounts.into_iter().filter_map(|(field, level, text)| {
        let found = id::<AccountId>(field, text.as_deref()).transpose()?;
        Some(found.and_then(|id| match id.level == level {
            true => Ok(id),
            false => {
                Err(ApiError::invalid(field, format!("'{field}' is not the id of a {}", level.as_str())))
            }
        }))
    });
    Ok(LogFilter {
        seen_from: None,
        accounts: accounts.collect::<Result<_, _>>()?,
        team_id: query.team_id.filter(|team| !team.is_empty()),
        request_id: id::<RequestId>("request_id", query.request_id.as_deref())?,
        key_id: id("key_id", query.key_id.as_deref())?,
        model: query.model.filter(|m| !m.is_empty()),
        outcome,
        parent_id: id("parent_id", query.parent_id.as_deref())?,
        sub_calls,
        from: parse_time("from", query.from.as_deref())?,
        to: parse_time("to", query.to.as_deref())?,
        before: id("cursor", query.cursor.as_deref())?,
        limit,
    })
}

fn id<T: FromStr>(field: &'static str, text: Option<&str>) -> Result<Option<T>, ApiError> {
    let parse =
        |text: &str| text.parse().map_err(|_| ApiError::invalid(field, format!("'{field}' is not an id")));
    text.filter(|t| !t.is_empty()).map(parse).transpose()
}

fn row(row: &LogRow) -> Value {
    let id = row.request_id.to_string();
    let of_level = |level| row.accounts.iter().filter(move |id| id.level == level).map(ToString::to_string);
    let account = |level| of_level(level).next();
    let media = row.tries.as_deref().and_then(media);
    let tries = row.tries.as_deref().and_then(|t| RawValue::from_string(t.to_owned()).ok());
    json!({
        "id": id,
        "time": time::format(row.time),
        "request_id": id,
        "parent_id": row.parent_id.map(|id| id.to_string()),
        "role": row.role.map(gw_model::SubCallRole::as_str),
        "key_id": row.key_id.map(|k| k.to_string()),
        "team_id": account(Level::Team).or_else(|| row.team_id.clone()),
        "organization_id": account(Level::Organization),
        "project_id": account(Level::Project),
        "user_id": account(Level::User),
        "customer_id": account(Level::Customer),
        "tag_ids": of_level(Level::Tag).collect::<Vec<_>>(),
        "format": row.format,
        "model": row.model,
        "provider": row.provider,
        "upstream_model": row.upstream_model,
        "stream": row.stream,
        "outcome": row.outcome.as_str(),
        "status": row.status,
        "error_code": row.error_code,
        "error_detail": row.error_detail,
        "attempts": row.attempts,
        "tries": tries,
        "cache": row.cache,
        "customer": row.customer,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cached_tokens": row.cached_tokens,
        "cache_write_tokens": row.cache_write_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "media": media,
        "usage_source": row.usage_source.as_str(),
        "cost_usd": row.cost.to_string(),
        "first_byte_ms": row.first_byte_us.map(milliseconds),
        "total_ms": milliseconds(row.total_us),
    })
}

/// Images, characters and milliseconds of all attempts together; nothing when there are none.
fn media(tries: &str) -> Option<Value> {
    let tries: Vec<Value> = serde_json::from_str(tries).ok()?;
    let mut sum = serde_json::Map::new();
    for (name, count) in tries.iter().filter_map(|one| one["media"].as_object()).flatten() {
        let so_far = sum.get(name).and_then(Value::as_u64).unwrap_or(0);
        sum.insert(name.clone(), (so_far + count.as_u64().unwrap_or(0)).into());
    }
    (!sum.is_empty()).then_some(Value::Object(sum))
}

/// Milliseconds with three places.
#[expect(clippy::cast_precision_loss, reason = "a duration for display")]
fn milliseconds(us: u64) -> f64 {
    us as f64 / 1000.0
}
