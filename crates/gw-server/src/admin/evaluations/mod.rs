//! `/api/v1/evaluations`: datasets put to models, and how those fared. What is done and where is said here; a thread of the
//! gateway does it.

mod input;
mod results;

pub(super) use results::{CSV, export, list as results};

use super::by::By;
use super::error::ApiError;
use super::given::Given;
use super::query::Page;
use crate::app::authorization::{Caller, Resource};
use crate::app::evaluations::feedback::{Opinions, Scale};
use crate::app::evaluations::summary::{self, Fared, Pair};
use crate::app::evaluations::{self, Anew, Evaluation, EvaluationError, results as kept};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use gw_model::{NanoUsd, time};
use gw_store::types::{EvaluationId, ResultFigures};
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Json<Value>, ApiError>;
type Made = Result<(StatusCode, Json<Value>), ApiError>;

/// Lists evaluations, the latest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Answer {
    let (limit, before) = (page.limit()?, page.after::<EvaluationId>()?);
    let work = move || evaluations::list(&app, &caller, before, limit);
    let (found, is_more) = tokio::task::spawn_blocking(work).await??;
    let next = found.last().filter(|_| is_more).map(|last| last.stored.id.to_string());
    Ok(Json(json!({ "data": found.iter().map(row).collect::<Vec<_>>(), "next_cursor": next })))
}

/// Has a dataset put to models.
pub(super) async fn create(State(app): State<Arc<App>>, Extension(caller): By, body: Bytes) -> Made {
    let work = move || {
        caller.authority.may_somewhere(Resource::Datasets.write())?;
        let wanted = input::read(&app, &caller, &body)?;
        Ok::<_, ApiError>(evaluations::create(&app, &caller, wanted)?)
    };
    let made = tokio::task::spawn_blocking(work).await??;
    Ok((StatusCode::CREATED, Json(row(&made))))
}

/// Shows how far one is, and how models fared so far.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Answer {
    let id = parse(&id)?;
    let work = move || {
        let evaluation = evaluations::find(&app, &caller, id)?;
        let figures = app.storage.database.result_figures(id)?;
        let scale = Scale::of(&evaluation.job.checks);
        let opinions = scale.map(|scale| Opinions::look(&app, scale, &figures)).transpose()?;
        Ok::<_, EvaluationError>(whole(&evaluation, &figures, opinions.as_ref()))
    };
    Ok(Json(tokio::task::spawn_blocking(work).await??))
}

/// Ends one that is not wanted any more.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let id = parse(&id)?;
    Given::read(or_nothing(&body), &[])?;
    let done = tokio::task::spawn_blocking(move || evaluations::cancel(&app, &caller, id)).await??;
    Ok(Json(row(&done)))
}

/// Goes on with one that ended before its time.
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    Ok(Json(row(&anew(app, caller, &id, body, evaluations::resume).await?)))
}

/// Does the same once more, from the beginning.
pub(super) async fn rerun(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    body: Bytes,
) -> Made {
    Ok((StatusCode::CREATED, Json(row(&anew(app, caller, &id, body, evaluations::rerun).await?))))
}

/// Begins again what was there, with what the body says is to be different.
async fn anew(
    app: Arc<App>,
    caller: Arc<Caller>,
    id: &str,
    body: Bytes,
    begin: fn(&App, &Caller, EvaluationId, Anew) -> Result<Evaluation, EvaluationError>,
) -> Result<Evaluation, ApiError> {
    let id = parse(id)?;
    let work = move || {
        let anew = input::anew(&app, &caller, or_nothing(&body))?;
        Ok::<_, ApiError>(begin(&app, &caller, id, anew)?)
    };
    tokio::task::spawn_blocking(work).await?
}

/// Removes one with its results.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = parse(&id)?;
    tokio::task::spawn_blocking(move || evaluations::remove(&app, &caller, id)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// No body is an object without members.
fn or_nothing(body: &[u8]) -> &[u8] {
    if body.is_empty() { b"{}" } else { body }
}

/// An id that is none is an evaluation that does not exist.
fn parse(id: &str) -> Result<EvaluationId, ApiError> {
    id.parse().map_err(|_| ApiError::from(EvaluationError::NotFound))
}

fn row(evaluation: &Evaluation) -> Value {
    let (stored, job) = (&evaluation.stored, &evaluation.job);
    json!({
        "id": stored.id.to_string(),
        "name": job.name,
        "state": stored.state.as_str(),
        "error": job.error,
        "dataset_id": job.dataset_id,
        "dataset_name": job.dataset_name,
        "owner": stored.owner,
        "account_id": stored.place.map(|place| place.to_string()),
        "targets": job.targets,
        "checks": job.checks,
        "key_id": job.key_id,
        "budget_usd": job.budget().to_string(),
        "spent_usd": NanoUsd(job.spent).to_string(),
        "concurrency": job.concurrency,
        "items": job.items,
        "progress": {
            "total": job.total(),
            "done": job.passed + job.failed + job.errors,
            "passed": job.passed,
            "failed": job.failed,
            "errors": job.errors,
        },
        "interruptions": job.interruptions,
        "created_at": time::format(job.created_at),
        "started_at": job.started_at.map(time::format),
        "ended_at": job.ended_at.map(time::format),
    })
}

/// With how models fared, and against each other; where what people say is asked, with that.
fn whole(evaluation: &Evaluation, figures: &[ResultFigures], opinions: Option<&Opinions>) -> Value {
    let job = &evaluation.job;
    let count = job.targets.len();
    let counted = opinions.map(|of| figures.iter().map(|one| of.counted(one)).collect::<Vec<_>>());
    let figures = counted.as_deref().unwrap_or(figures);
    let name = |number: usize| job.targets.get(number).map(|target| target.name.as_str());
    let fared = summary::by_target(figures, count);
    let fared = fared.iter().enumerate().map(|(number, one)| {
        let model = job.targets.get(number).map(|target| target.model.as_str());
        let mut row = figures_of(name(number), model, one);
        let rated = opinions.map(|of| of.of_target(figures, number)).unwrap_or_default();
        (row["rated"], row["feedback_score"]) = (rated.rated.into(), rated.mean_score.into());
        row
    });
    let pair = |pair: Pair| {
        json!({
            "a": name(pair.a),
            "b": name(pair.b),
            "a_wins": pair.a_wins,
            "b_wins": pair.b_wins,
            "ties": pair.ties,
        })
    };
    let mut row = row(evaluation);
    row["summary"] = fared.collect();
    row["comparison"] = summary::pairs(figures, count).into_iter().map(pair).collect();
    let names: Vec<Option<&str>> = (0..count).map(name).collect();
    row["recorded"] = opinions.map(|of| recorded(of, figures, &names)).into();
    row
}

/// How people rate the answers that were recorded with the items, and models beside them.
fn recorded(opinions: &Opinions, figures: &[ResultFigures], names: &[Option<&str>]) -> Value {
    let rated = opinions.of_all_recorded(figures);
    let against = |(number, name): (usize, &Option<&str>)| {
        let against = opinions.against(figures, number);
        json!({
            "target": name,
            "target_wins": against.target_wins,
            "recorded_wins": against.recorded_wins,
            "ties": against.ties,
        })
    };
    json!({
        "rated": rated.rated,
        "passed": rated.passed,
        "pass_rate": rated.pass_rate,
        "mean_score": rated.mean_score,
        "comparison": names.iter().enumerate().map(against).collect::<Vec<_>>(),
    })
}

fn figures_of(name: Option<&str>, model: Option<&str>, fared: &Fared) -> Value {
    json!({
        "target": name,
        "model": model,
        "passed": fared.passed,
        "failed": fared.failed,
        "errors": fared.errors,
        "pass_rate": fared.pass_rate,
        "mean_score": fared.mean_score,
        "cost_usd": fared.cost.to_string(),
        "p50_ms": fared.p50_ms,
        "p95_ms": fared.p95_ms,
        "input_tokens": fared.input_tokens,
        "output_tokens": fared.output_tokens,
        "repeated": fared.repeated,
    })
}

impl From<EvaluationError> for ApiError {
    fn from(error: EvaluationError) -> Self {
        let text = error.to_string();
        match error {
            EvaluationError::NotFound => Self::not_found(text),
            EvaluationError::NoDataset | EvaluationError::Empty => Self::invalid("dataset_id", text),
            EvaluationError::Key => Self::invalid("key", text),
            EvaluationError::TooLarge { .. } => Self::invalid("max_items", text),
            EvaluationError::TooMany { .. } | EvaluationError::TooManyOfOne { .. } => {
                Self::too_many(text, 60)
            }
            EvaluationError::Open => Self::conflict("id", text),
            EvaluationError::Busy => Self::busy(text),
            EvaluationError::Denied(denied) => denied.into(),
            EvaluationError::Store(error) => error.into(),
        }
    }
}

/// What a place in the results is as a cursor.
fn cursor((item, target): kept::Place) -> String {
    format!("{item}.{target}")
}
