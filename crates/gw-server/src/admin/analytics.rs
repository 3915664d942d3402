//! `GET /api/v1/analytics/timeseries` and `/overview`: charts and figures out of sums by time.

use super::by::By;
use super::error::ApiError;
use super::figures::{self, Calls, Given};
use super::query::time as parse_time;
use crate::app::analytics::{
    self, FORECAST_METHOD, Figure, Forecast, Metric, Overview, Source, Timeseries, TimeseriesAsk,
    TimeseriesError, Top, span_of,
};
use crate::app::authorization::{Caller, Resource, Standing};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use gw_model::{AccountId, Level, Micros, time};
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
    #[serde(flatten)]
    filters: Given,
}

/// Figures over time.
pub(super) async fn timeseries(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<AnalyticsQuery>,
) -> Result<Json<Value>, ApiError> {
    let group_by = group_by(query.group_by.as_deref())?;
    let ask = ask(&app, &caller, &query, group_by)?;
    let is_of_records = matches!(ask.source, Source::Records(_));
    let _turn = if is_of_records { Some(figures::turn(&caller).await?) } else { None };
    let is_restricted = ask.filter.seen_from.is_some();
    tokio::task::spawn_blocking(move || {
        // Of tags, parts and records, only those calls count that he may see.
        let by_account = ask.group_by == Some(RollupBy::Customer) && !is_of_records;
        let sees = |value: &str| !(is_restricted && by_account) || sees(&app, &caller, value);
        let found = analytics::timeseries(&*app.storage.database, &ask, &sees);
        let found = found.map_err(|error| match error {
            TimeseriesError::Store(error) => error.into(),
            TimeseriesError::Unfinished(searched_to) => figures::unfinished(searched_to),
        })?;
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
    // Others than those of roll-ups are no parameters of it.
    let Calls { filter, .. } = Calls::read(&caller, &query.filters)?;
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
    let calls = Calls::read(caller, &query.filters)?;
    let source = source(app, caller, (group_by, span), &metrics, &calls);
    let filter = calls.filter;
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
    Ok(TimeseriesAsk { metrics, group_by, span, from, to, filter, source, most_lines, value })
}

/// Where the figures come from: from sums, where such are kept, else from records.
fn source(
    app: &App,
    caller: &Caller,
    (group_by, span): (Option<RollupBy>, Span),
    metrics: &[Metric],
    calls: &Calls,
) -> Source {
    let from_records = || Source::Records(Box::new(calls.more.clone()));
    let is_kept = |by| is_kept_of(by, span, metrics, &calls.filter);
    match (group_by, calls.one_apart()) {
        (Some(by), None) if calls.is_of_roll_ups() => {
            let is_apart = by.is_of_account() || by.is_of_part();
            if is_apart && !is_kept(by) { from_records() } else { Source::Kept }
        }
        (None, None) if calls.is_of_roll_ups() => Source::Kept,
        (None, Some((by, value))) if is_kept(*by) => {
            let is_restricted = calls.filter.seen_from.is_some();
            if *by == RollupBy::Customer && is_restricted && !sees(app, caller, value) {
                return from_records();
            }
            Source::Apart(*by, value.clone())
        }
        _ => from_records(),
    }
}

/// Of customers, tags and what else is summed up apart less is kept: hours and days, few figures, and nothing beside but
/// organizations.
fn is_kept_of(by: RollupBy, span: Span, metrics: &[Metric], filter: &RollupFilter) -> bool {
    let is_of_organization = |id: &AccountId| id.level == Level::Organization && by != RollupBy::Customer;
    let names_callers = filter.key_id.is_some()
        || !filter.accounts.iter().all(is_of_organization)
        || filter.team_id.is_some();
    // Whoever sees a part of an organization sees none of its sums, but those of customers that he sees as a whole.
    let is_part = |id: &AccountId| id.level != Level::Organization;
    let seen_in_part = filter.seen_from.as_deref().is_some_and(|ids| ids.iter().any(is_part));
    span != Span::Minute
        && metrics.iter().all(|metric| metric.is_of_accounts())
        && !names_callers
        && filter.is_of_callers_only()
        && (by == RollupBy::Customer || !seen_in_part)
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

/// May he see the sums of that account?
fn sees(app: &App, caller: &Caller, value: &str) -> bool {
    let account = value.parse::<AccountId>().map(|id| Standing::of_account(app, id));
    account.is_ok_and(|standing| caller.authority.sees(Resource::Usage.read(), &standing))
}

/// The name of the key or account of that id, where it is there.
fn name(app: &App, by: Option<RollupBy>, value: Option<&str>) -> Value {
    json!(by.zip(value).and_then(|(by, value)| name_of(app, by, value)))
}

/// The same, as text.
pub(super) fn name_of(app: &App, by: RollupBy, value: &str) -> Option<String> {
    let keys = &app.gateway.keys;
    match by.level()? {
        Level::Key => keys.get(value.parse().ok()?).map(|key| key.name.to_string()),
        _ => keys.accounts.get(value.parse().ok()?).map(|account| account.version().name.to_string()),
    }
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
