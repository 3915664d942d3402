//! `/api/v1/prices`: what models cost from when on, and past calls that are to cost something else.

mod given;

use super::by::{By, anyone, on_gateway};
use super::error::ApiError;
use super::given::Given;
use super::query::{Page, cut, time as parse_time};
use crate::app::authorization::Resource;
use crate::app::prices::book;
use crate::app::prices::history::{self, Pages, Stretch, Subject};
use crate::app::prices::recosting::{self, Change, Job, Recosting, RecostingError};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gw_model::{Micros, NanoUsd, PriceSheet, time};
use gw_store::StoreError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MEMBERS: [&str; 8] =
    ["provider", "upstream_model", "model", "from", "to", "not_before", "prices", "dry_run"];

/// Which provider's.
#[derive(Debug, Deserialize)]
pub(super) struct HistoryQuery {
    provider: Option<String>,
}

/// What a model cost from when on.
pub(super) async fn history(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(name): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Value>, ApiError> {
    anyone(&caller, Resource::Models.read())?;
    let provider = query.provider.filter(|provider| !provider.is_empty());
    let work = move || -> Result<Option<Vec<Value>>, StoreError> {
        let live = app.gateway.live();
        let snapshot = &live.snapshot;
        let subjects = history::subjects(snapshot, &name, provider.as_deref());
        if subjects.is_empty() {
            return Ok(None);
        }
        // What is in force now is known from now on, also before it would be written down by itself.
        let now = app.gateway.clock().now();
        book::keep_catalogue(&app, snapshot, now)?;
        book::keep_configuration(&app, now)?;
        let pages = Pages::read(&app)?;
        let shown = subjects.iter().map(|subject| {
            let key = snapshot.providers.get(&*subject.provider).map_or("", |known| &known.price_key);
            history_of(subject, &pages.of(subject, key))
        });
        Ok(Some(shown.collect()))
    };
    let data = tokio::task::spawn_blocking(work).await??;
    let data = data.ok_or_else(|| {
        ApiError::not_found("no model of this name has prices here: write an alias, MODEL, or PROVIDER/MODEL")
    })?;
    Ok(Json(json!({ "data": data, "next_cursor": null })))
}

fn history_of(subject: &Subject, stretches: &[Stretch]) -> Value {
    let ends = stretches.iter().skip(1).map(|next| Some(next.since)).chain([None]);
    let history = stretches.iter().zip(ends).map(|(stretch, end)| {
        json!({
            "from": time::format(stretch.since),
            "to": end.map(time::format),
            "book": stretch.book,
            "source": stretch.source,
            "prices": stretch.prices.as_ref().map(sheet).unwrap_or_default(),
        })
    });
    json!({
        "provider": subject.provider,
        "model": subject.model,
        "alias": Some(&subject.alias).filter(|alias| !alias.is_empty()),
        "history": history.collect::<Vec<_>>(),
    })
}

/// Prices, in dollars for a million units.
fn sheet(prices: &PriceSheet) -> Vec<Value> {
    let rate = |rate: &gw_model::Rate| {
        json!({
            "unit": rate.unit.as_str(),
            "tier": rate.tier.as_str(),
            "above_tokens": rate.above_tokens,
            // So many femto-dollars for one are as many nano-dollars for a million.
            "usd_per_million": NanoUsd(rate.price.0).to_string(),
        })
    };
    prices.rates.iter().map(rate).collect()
}

/// Lists re-costings, the latest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Recostings.read())?;
    let (limit, before) = (page.limit()?, page.before(recosting::id_of)?);
    let found = tokio::task::spawn_blocking(move || recosting::list(&app, before, limit + 1)).await??;
    let (found, next) = cut(found, limit, Recosting::id);
    let data: Vec<Value> = found.iter().map(row).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// Has past calls cost what they should have.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    body: Bytes,
) -> Result<Response, ApiError> {
    on_gateway(&caller, Resource::Recostings.write())?;
    let given = Given::read(&body, &MEMBERS)?;
    let text = |field| Ok::<_, ApiError>(given.text(field)?.flatten().filter(|text| !text.is_empty()));
    let at = |field: &'static str| parse_time(field, given.text(field)?.flatten().as_deref());
    let now = app.gateway.clock().now();
    let job = Job {
        dry_run: given.flag("dry_run")?.unwrap_or(false),
        provider: text("provider")?,
        upstream_model: text("upstream_model")?,
        model: text("model")?,
        prices: given::prices(&given)?,
        from: at("from")?.ok_or_else(|| {
            ApiError::invalid("from", "'from' must say from when on calls are to be looked at, as 2026-11-01")
        })?,
        until: at("to")?.unwrap_or(now).min(now),
        not_before: at("not_before")?.unwrap_or(0),
        by: caller.origin.actor.to_string(),
        ..Job::default()
    };
    if job.from > job.until {
        return Err(ApiError::invalid("from", "'from' must not be after 'to', nor after now"));
    }
    if job.prices.is_some() && job.upstream_model.is_none() {
        let text = "'prices' are those of one model: give its name at the provider as 'upstream_model'";
        return Err(ApiError::invalid("prices", text));
    }
    let making = Arc::clone(&app);
    let work = move || recosting::create(&making, &caller.origin, job);
    let made = tokio::task::spawn_blocking(work).await??;
    Ok((StatusCode::CREATED, Json(row(&made))).into_response())
}

/// Shows one.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Recostings.read())?;
    let number = recosting::id_of(&id).ok_or_else(|| unknown(&id))?;
    let found = tokio::task::spawn_blocking(move || recosting::find(&app, number)).await??;
    found.map(|one| Json(row(&one))).ok_or_else(|| unknown(&id))
}

/// Ends one that is not wanted any more.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Recostings.write())?;
    if !body.is_empty() {
        Given::read(&body, &[])?;
    }
    let number = recosting::id_of(&id).ok_or_else(|| unknown(&id))?;
    let work = move || recosting::cancel(&app, &caller.origin, number);
    let cancelled = tokio::task::spawn_blocking(work).await??;
    cancelled.map(|one| Json(row(&one))).ok_or_else(|| unknown(&id))
}

fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no re-costing '{id}'"))
}

fn row(recosting: &Recosting) -> Value {
    let job = &recosting.job;
    let reached = job.before.as_ref().and_then(|id| id.parse::<gw_model::RequestId>().ok());
    let reached = reached.map(|id| Micros::try_from(id.0 >> 80).unwrap_or(0).saturating_mul(1000));
    let mut shown = json!({
        "id": recosting.id(),
        "state": recosting.stored.state.as_str(),
        "dry_run": job.dry_run,
        "provider": job.provider,
        "upstream_model": job.upstream_model,
        "model": job.model,
        "prices": job.prices.as_ref().map(sheet),
        "from": time::format(job.from),
        "to": time::format(job.until),
        "not_before": (job.not_before > 0).then(|| time::format(job.not_before)),
        "by": job.by,
        "created_at": time::format(job.created_at),
        "started_at": job.started_at.map(time::format),
        "ended_at": job.ended_at.map(time::format),
        "reached": reached.map(time::format),
        "seen": job.seen,
        "left": job.left,
        "models": parts(&job.models),
        "teams": parts(&job.teams),
        "error": job.error,
    });
    if let (Some(members), Value::Object(changed)) = (shown.as_object_mut(), change(&job.changed)) {
        members.extend(changed);
    }
    shown
}

fn parts(parts: &BTreeMap<String, Change>) -> Vec<Value> {
    let part = |(name, of): (&String, &Change)| {
        let mut shown = change(of);
        shown["name"] = name.as_str().into();
        shown
    };
    parts.iter().map(part).collect()
}

fn change(change: &Change) -> Value {
    let Change { records, before, after } = *change;
    let sign = if after < before { "-" } else { "" };
    json!({
        "records": records,
        "cost_before_usd": NanoUsd(before).to_string(),
        "cost_after_usd": NanoUsd(after).to_string(),
        "difference_usd": format!("{sign}{}", NanoUsd(after.abs_diff(before))),
    })
}

impl From<RecostingError> for ApiError {
    fn from(error: RecostingError) -> Self {
        match error {
            RecostingError::Open(id) => {
                let which = id.map(|id| format!(" ({id})")).unwrap_or_default();
                let text = format!(
                    "another re-costing waits or runs{which}: cancel it, or come again when it is over"
                );
                Self::conflict("id", text)
            }
            RecostingError::Busy => Self::busy("this re-costing changes at this moment; try again"),
            RecostingError::Store(error) => error.into(),
        }
    }
}
