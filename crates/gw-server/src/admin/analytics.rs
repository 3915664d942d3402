//! `GET /api/v1/analytics/timeseries` and `/overview`: charts and figures out of sums by time.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::query::{id, time as parse_time};
use crate::app::analytics::{
    self, FORECAST_METHOD, Figure, Forecast, Metric, Overview, Timeseries, TimeseriesAsk, Top, span_of,
};
use crate::app::authorization::{Caller, Resource, Standing};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::{AccountId, KeyId, Level, Micros, Outcome, time};
use gw_store::analytics::{RollupBy, RollupFilter, RollupRow, Span};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const DAY: Micros = 86_400_000_000;

/// Most points of a line.
const MAX_POINTS: i64 = 2_000;
/// Lines when nothing is said, and at most.
const LINES: (usize, usize) = (10, 50);
/// Figures that are asked for at once, at most.
const MAX_METRICS: usize = 8;

/// What to sum up, and of which calls.
#[derive(Debug, Deserialize)]
pub(super) struct AnalyticsQuery {
    metric: Option<String>,
    group_by: Option<String>,
    interval: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
    value: Option<String>,
    key_id: Option<String>,
    team_id: Option<String>,
    organization_id: Option<String>,
    project_id: Option<String>,
    user_id: Option<String>,
    model: Option<String>,
    provider: Option<String>,
    outcome: Option<String>,
    error_code: Option<String>,
    cache: Option<String>,
}

/// Figures over time.
pub(super) async fn timeseries(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<AnalyticsQuery>,
) -> Result<Json<Value>, ApiError> {
    let group_by = group_by(query.group_by.as_deref())?;
    let ask = ask(&app, &caller, &query, group_by)?;
    let is_restricted = ask.filter.seen_from.is_some();
    tokio::task::spawn_blocking(move || {
        // Of tags and parts, only those calls count that he may see.
        let by_account = ask.group_by == Some(RollupBy::Customer);
        let sees = |value: &str| !(is_restricted && by_account) || sees(&app, &caller, value);
        let found = analytics::timeseries(&*app.storage.database, &ask, &sees)?;
        Ok(Json(told(&app, &ask, &found)))
    })
    .await?
}

/// Figures beside those of the time before.
pub(super) async fn overview(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<AnalyticsQuery>,
) -> Result<Json<Value>, ApiError> {
    let now = app.gateway.clock().now();
    let (from, to) = stretch(&query, now)?;
    let filter = filter(&caller, &query)?;
    tokio::task::spawn_blocking(move || {
        let found = analytics::overview(&*app.storage.database, &filter, (from, to), now)?;
        Ok(Json(overview_told(&app, &found)))
    })
    .await?
}

fn group_by(name: Option<&str>) -> Result<Option<RollupBy>, ApiError> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    RollupBy::from_name(name).map(Some).ok_or_else(|| {
        let names: Vec<&str> = RollupBy::ALL.iter().map(|by| by.as_str()).collect();
        ApiError::invalid("group_by", format!("'group_by' must be one of {}", names.join(", ")))
    })
}

fn ask(
    app: &App,
    caller: &Caller,
    query: &AnalyticsQuery,
    group_by: Option<RollupBy>,
) -> Result<TimeseriesAsk, ApiError> {
    let (from, to) = stretch(query, app.gateway.clock().now())?;
    let span = interval(query.interval.as_deref(), from, to)?;
    let metrics = metrics(query.metric.as_deref())?;
    let filter = filter(caller, query)?;
    if let Some(by) = group_by.filter(|by| by.is_of_account() || by.is_of_part()) {
        of_accounts(by, span, &metrics, &filter)?;
    }
    let is_by_organization = group_by.is_some_and(|by| by == RollupBy::Tag || by.is_of_part());
    let sees_none = |ids: &[AccountId]| ids.iter().all(|id| id.level != Level::Organization);
    if is_by_organization && filter.seen_from.as_deref().is_some_and(sees_none) {
        // They are summed up by organization: whoever sees a part of one only sees none of them.
        on_gateway(caller, Resource::Usage.read())?;
    }
    let most_lines = match query.limit {
        None => LINES.0,
        Some(limit) if (1..=LINES.1).contains(&limit) => limit,
        Some(_) => {
            return Err(ApiError::invalid("limit", format!("'limit' must be from 1 to {}", LINES.1)));
        }
    };
    let value = query.value.clone();
    if value.is_some() && group_by.is_none() {
        return Err(ApiError::invalid(
            "value",
            "'value' is one of a dimension; name the dimension as 'group_by'",
        ));
    }
    Ok(TimeseriesAsk { metrics, group_by, span, from, to, filter, most_lines, value })
}

/// Of customers, tags and what else is summed up apart less is kept.
fn of_accounts(by: RollupBy, span: Span, metrics: &[Metric], filter: &RollupFilter) -> Result<(), ApiError> {
    let name = by.as_str();
    if span == Span::Minute {
        let text =
            format!("'group_by={name}' is summed up by hour and day; choose one of them as 'interval'");
        return Err(ApiError::invalid("interval", text));
    }
    if let Some(metric) = metrics.iter().find(|metric| !metric.is_of_accounts()) {
        let text = format!("'{}' is not kept by {name}; choose another metric", metric.as_str());
        return Err(ApiError::invalid("metric", text));
    }
    let is_of_organization = |id: &AccountId| id.level == Level::Organization && by != RollupBy::Customer;
    let names_callers = filter.key_id.is_some()
        || !filter.accounts.iter().all(is_of_organization)
        || filter.team_id.is_some();
    if names_callers || !filter.is_of_callers_only() {
        let but = if by == RollupBy::Customer { "" } else { " but 'organization_id'" };
        let text =
            format!("'group_by={name}' takes no further filter{but}; ask '/api/v1/logs' for single calls");
        return Err(ApiError::invalid("group_by", text));
    }
    Ok(())
}

fn metrics(names: Option<&str>) -> Result<Vec<Metric>, ApiError> {
    let known = || Metric::names().join(", ");
    let names = names.filter(|names| !names.is_empty()).unwrap_or("requests");
    let metrics: Vec<Metric> = names
        .split(',')
        .map(|name| {
            Metric::from_name(name.trim())
                .ok_or_else(|| ApiError::invalid("metric", format!("'metric' must be among {}", known())))
        })
        .collect::<Result<_, _>>()?;
    if metrics.len() > MAX_METRICS {
        return Err(ApiError::invalid("metric", format!("at most {MAX_METRICS} metrics are told at once")));
    }
    Ok(metrics)
}

/// The last day unless something is said.
fn stretch(query: &AnalyticsQuery, now: Micros) -> Result<(Micros, Micros), ApiError> {
    let to = parse_time("to", query.to.as_deref())?.unwrap_or(now);
    let from = parse_time("from", query.from.as_deref())?.unwrap_or(to.saturating_sub(DAY));
    if from >= to || from < 0 {
        return Err(ApiError::invalid("from", "'from' must be before 'to', and not before 1970"));
    }
    Ok((from, to))
}

fn interval(name: Option<&str>, from: Micros, to: Micros) -> Result<Span, ApiError> {
    let span = match name.filter(|name| !name.is_empty()) {
        None => span_of(from, to),
        Some(name) => Span::from_name(name)
            .ok_or_else(|| ApiError::invalid("interval", "'interval' must be minute, hour or day"))?,
    };
    if (to - from) / span.us() > MAX_POINTS {
        let text = format!(
            "from 'from' to 'to' there are more than {MAX_POINTS} of '{}'; choose a longer interval or less time",
            span.as_str()
        );
        return Err(ApiError::invalid("interval", text));
    }
    Ok(span)
}

fn filter(caller: &Caller, query: &AnalyticsQuery) -> Result<RollupFilter, ApiError> {
    let accounts = [
        ("organization_id", Level::Organization, &query.organization_id),
        ("project_id", Level::Project, &query.project_id),
        ("user_id", Level::User, &query.user_id),
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
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let outcome = given(&query.outcome).map(|name| {
        Outcome::from_name(&name).ok_or_else(|| {
            let names: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
            ApiError::invalid("outcome", format!("'outcome' must be one of {}", names.join(", ")))
        })
    });
    Ok(RollupFilter {
        key_id: id::<KeyId>("key_id", query.key_id.as_deref())?,
        accounts: accounts.collect::<Result<_, _>>()?,
        team_id: given(&query.team_id),
        model: given(&query.model),
        provider: given(&query.provider),
        outcome: outcome.transpose()?,
        error: given(&query.error_code),
        cache: given(&query.cache),
        seen_from: caller.authority.seen_from(Resource::Usage.read())?,
    })
}

/// May he see the sums of that account?
fn sees(app: &App, caller: &Caller, value: &str) -> bool {
    let account = value.parse::<AccountId>().map(|id| Standing::of_account(app, id));
    account.is_ok_and(|standing| caller.authority.sees(Resource::Usage.read(), &standing))
}

/// The name of the key or account of that id, where it is there.
fn name(app: &App, by: Option<RollupBy>, value: Option<&str>) -> Value {
    let (Some(level), Some(value)) = (by.and_then(RollupBy::level), value) else { return Value::Null };
    let keys = &app.gateway.keys;
    let name = match level {
        Level::Key => value.parse().ok().and_then(|id| keys.get(id)).map(|key| key.name.to_string()),
        _ => value
            .parse()
            .ok()
            .and_then(|id| keys.accounts.get(id))
            .map(|account| account.version().name.to_string()),
    };
    json!(name)
}

fn figure(figure: Figure) -> Value {
    match figure {
        Figure::Count(count) => json!(count),
        Figure::Usd(amount) => json!(amount.to_string()),
        Figure::Real(value) => json!(value),
        Figure::Nothing => Value::Null,
    }
}

fn told(app: &App, ask: &TimeseriesAsk, found: &Timeseries) -> Value {
    let figures = |values: &[Figure]| -> Map<String, Value> {
        let named = ask.metrics.iter().zip(values);
        named.map(|(metric, value)| (metric.as_str().to_owned(), figure(*value))).collect()
    };
    let lines = found.lines.iter().map(|line| {
        let points = found.times.iter().zip(&line.points).map(|(start, values)| {
            let mut point = figures(values);
            point.insert("time".to_owned(), json!(time::format(*start)));
            Value::Object(point)
        });
        json!({
            "value": line.value,
            "name": name(app, ask.group_by, line.value.as_deref()),
            "is_rest": line.value.is_none(),
            "total": figures(&line.total),
            "points": points.collect::<Vec<_>>(),
        })
    });
    json!({
        "data": lines.collect::<Vec<_>>(),
        "next_cursor": null,
        "group_by": ask.group_by.map(RollupBy::as_str),
        "interval": ask.span.as_str(),
        "from": time::format(found.from),
        "to": time::format(found.to),
    })
}

fn overview_told(app: &App, found: &Overview) -> Value {
    let list = |top: &Top| -> Value {
        let row = |row: &RollupRow| {
            let mut told = sums(row);
            told.insert("value".to_owned(), json!(row.value));
            told.insert("name".to_owned(), name(app, Some(top.by), row.value.as_deref()));
            Value::Object(told)
        };
        top.rows.iter().map(row).collect()
    };
    let period = |row: &RollupRow, hits: i64| {
        let mut told = sums(row);
        let durations =
            ["latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "first_byte_p50_ms", "first_byte_p95_ms"];
        for name in durations.into_iter().chain(["error_rate"]) {
            let value = Metric::from_name(name).map_or(Figure::Nothing, |metric| metric.of(row));
            told.insert(name.to_owned(), figure(value));
        }
        told.insert("cache_hits".to_owned(), json!(hits));
        Value::Object(told)
    };
    let top: Map<String, Value> =
        found.top.iter().map(|top| (format!("{}s", top.by.as_str()), list(top))).collect();
    let endings: Map<String, Value> =
        found.endings.iter().map(|top| (format!("{}s", top.by.as_str()), list(top))).collect();
    json!({
        "from": time::format(found.from),
        "to": time::format(found.to),
        "interval": found.span.as_str(),
        "current": period(&found.now, found.cache_hits[0]),
        "previous": period(&found.before, found.cache_hits[1]),
        "top": top,
        "endings": endings,
        "forecast": forecast(&found.forecast),
    })
}

fn forecast(found: &Forecast) -> Value {
    json!({
        "method": FORECAST_METHOD,
        "from": time::format(found.from),
        "to": time::format(found.to),
        "spent_usd": found.spent.to_string(),
        "expected_usd": found.expected.map(|expected| expected.to_string()),
    })
}

fn sums(row: &RollupRow) -> Map<String, Value> {
    let counts = [
        "requests",
        "errors",
        "input_tokens",
        "output_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "cost_usd",
        "saved_usd",
    ];
    let counts = counts.into_iter().filter_map(|name| Metric::from_name(name).map(|metric| (name, metric)));
    counts.map(|(name, metric)| (name.to_owned(), figure(metric.of(row)))).collect()
}
