//! `GET /api/v1/reports/chargeback`: what each team, project or customer used and what it cost, month by month.

use super::by::By;
use super::error::ApiError;
use super::figures::{self, Calls, Given};
use super::query::time as parse_time;
use super::usage::UsageAsk;
use crate::app::analytics::RECORDS_LIMIT;
use crate::app::reports::{self, ChargebackRow, MAX_MONTHS, csv};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gw_model::limits::Period;
use gw_model::time;
use gw_store::types::GroupBy;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const CSV: &str = "text/csv; charset=utf-8";

/// Dimensions of whom something is charged to.
const GROUPS: [GroupBy; 7] = [
    GroupBy::Team,
    GroupBy::Project,
    GroupBy::Customer,
    GroupBy::Organization,
    GroupBy::User,
    GroupBy::Key,
    GroupBy::Tag,
];

/// Columns of the table.
const COLUMNS: [&str; 10] = [
    "month",
    "id",
    "name",
    "requests",
    "errors",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cost_usd",
    "saved_usd",
];

/// What to report.
#[derive(Debug, Deserialize)]
pub(super) struct ChargebackQuery {
    group_by: Option<String>,
    from: Option<String>,
    to: Option<String>,
    format: Option<String>,
    #[serde(flatten)]
    filters: Given,
}

/// Reports.
pub(super) async fn chargeback(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<ChargebackQuery>,
) -> Result<Response, ApiError> {
    let group_by = match query.group_by.as_deref().filter(|name| !name.is_empty()) {
        None => GroupBy::Team,
        Some(name) => GROUPS.into_iter().find(|by| by.as_str() == name).ok_or_else(|| {
            let names = GROUPS.map(GroupBy::as_str).join(", ");
            ApiError::invalid("group_by", format!("'group_by' must be one of {names}"))
        })?,
    };
    let is_csv = match query.format.as_deref().unwrap_or_default() {
        "" | "json" => false,
        "csv" => true,
        _ => return Err(ApiError::invalid("format", "'format' must be json or csv")),
    };
    let now = app.gateway.clock().now();
    let to = parse_time("to", query.to.as_deref())?.unwrap_or(now);
    let from = parse_time("from", query.from.as_deref())?.unwrap_or(Period::Month.window_start(to - 1));
    let months = reports::months(from, to).filter(|months| !months.is_empty()).ok_or_else(|| {
        let text = format!("'from' must be before 'to', with at most {MAX_MONTHS} months between them");
        ApiError::invalid("from", text)
    })?;
    let ask = UsageAsk { group_by, calls: Calls::read(&caller, &query.filters)? };
    let _turn = if ask.is_of_records() { Some(figures::turn(&caller).await?) } else { None };
    let summed = move || {
        // All months together take no longer than a question about one.
        let until =
            app.gateway.clock().now().saturating_add(i64::try_from(RECORDS_LIMIT.as_micros()).unwrap_or(0));
        reports::chargeback(&months, |from, to| {
            let left = u64::try_from(until - app.gateway.clock().now()).unwrap_or(0);
            ask.summed(&app, &caller, (Some(from), Some(to)), Duration::from_micros(left))
        })
    };
    let rows = tokio::task::spawn_blocking(summed).await??;
    if is_csv {
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        let name = format!("attachment; filename=\"chargeback-{}.csv\"", group_by.as_str());
        let head = [(CONTENT_TYPE, CSV.to_owned()), (CONTENT_DISPOSITION, name)];
        return Ok((head, csv(&COLUMNS, &rows)).into_response());
    }
    let data: Vec<Value> = rows.iter().map(row).collect();
    let told = json!({
        "data": data,
        "next_cursor": null,
        "group_by": group_by.as_str(),
        "from": time::format(from),
        "to": time::format(to),
    });
    Ok(Json(told).into_response())
}

fn row(row: &ChargebackRow) -> Value {
    let usage = &row.usage;
    json!({
        "month": row.month,
        "id": usage.value,
        "name": usage.name,
        "requests": usage.requests,
        "errors": usage.errors,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "cost_usd": usage.cost.to_string(),
        "saved_usd": usage.saved.to_string(),
    })
}

/// In the order of [`COLUMNS`].
fn cells(row: &ChargebackRow) -> Vec<String> {
    let usage = &row.usage;
    vec![
        row.month.clone(),
        usage.value.clone(),
        usage.name.clone().unwrap_or_default(),
        usage.requests.to_string(),
        usage.errors.to_string(),
        usage.input_tokens.to_string(),
        usage.output_tokens.to_string(),
        usage.cached_tokens.to_string(),
        usage.cost.to_string(),
        usage.saved.to_string(),
    ]
}
