//! `/api/v1/exports`: records in files. What is written and where is said here; a thread of the gateway does it.

use super::audit::{BrokenOff, Pieces};
use super::by::{By, on_gateway};
use super::error::ApiError;
use super::given::Given;
use super::query::{Page, cut, time as parse_time};
use crate::app::authorization::{Caller, Resource};
use crate::app::exports::{self, Export, ExportError, Job};
use crate::app::state::App;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gw_model::time;
use gw_store::types::ExportState;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Media type of Parquet files.
pub(super) const PARQUET: &str = "application/vnd.apache.parquet";

/// Bytes of a file that are read at once, and how many such pieces may wait for a slow reader.
const PIECE: usize = 256 << 10;
const PIECES: usize = 2;

const MEMBERS: [&str; 6] = ["format", "to", "with_bodies", "filter", "from", "until"];

/// Lists exports, the latest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Exports.read())?;
    let (limit, before) = (page.limit()?, page.before(exports::id_of)?);
    let found = tokio::task::spawn_blocking(move || exports::list(&app, before, limit + 1)).await??;
    let (found, next) = cut(found, limit, Export::id);
    let data: Vec<Value> = found.iter().map(row).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// Has records written to a file.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    body: Bytes,
) -> Result<Response, ApiError> {
    on_gateway(&caller, Resource::Exports.write())?;
    on_gateway(&caller, Resource::Logs.read())?;
    let given = Given::read(&body, &MEMBERS)?;
    let one_of = |field: &'static str, names: [&'static str; 2]| match given.text(field)?.flatten() {
        None => Ok(names[0].to_owned()),
        Some(name) if names.contains(&name.as_str()) => Ok(name),
        Some(_) => Err(ApiError::invalid(field, format!("'{field}' must be {} or {}", names[0], names[1]))),
    };
    let at = |field: &'static str| parse_time(field, given.text(field)?.flatten().as_deref());
    let now = app.gateway.clock().now();
    let job = Job {
        format: one_of("format", ["parquet", "jsonl"])?,
        to: one_of("to", ["directory", "s3"])?,
        with_bodies: given.flag("with_bodies")?.unwrap_or(false),
        filter: given.texts_by_name("filter")?.unwrap_or_default(),
        from: at("from")?.unwrap_or(0),
        until: at("until")?.unwrap_or(now).min(now),
        by: caller.origin.actor.to_string(),
        ..Job::default()
    };
    if job.from > job.until {
        return Err(ApiError::invalid("from", "'from' must not be after 'until'"));
    }
    check_filter(&job)?;
    if job.with_bodies {
        on_gateway(&caller, Resource::Bodies.read())?;
    }
    let writing = Arc::clone(&app);
    let made = tokio::task::spawn_blocking(move || exports::create(&writing, &caller.origin, job)).await??;
    Ok((StatusCode::CREATED, Json(row(&made))).into_response())
}

fn check_filter(job: &Job) -> Result<(), ApiError> {
    let known = gw_config::compile::FILTERS;
    if let Some(name) = job.filter.keys().find(|name| !known.contains(&name.as_str())) {
        let text = format!("there is no filter '{name}'; there are {}", known.join(", "));
        return Err(ApiError::invalid("filter", text));
    }
    super::logs::LogsQuery::of_written(&job.filter).map(drop)
}

/// Shows one.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Exports.read())?;
    Ok(Json(row(&find(&app, &id).await?)))
}

/// Ends one that is not wanted any more.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Exports.write())?;
    let number = exports::id_of(&id).ok_or_else(|| unknown(&id))?;
    let work = move || exports::cancel(&app, &caller.origin, number);
    let cancelled = tokio::task::spawn_blocking(work).await??;
    cancelled.map(|export| Json(row(&export))).ok_or_else(|| unknown(&id))
}

/// Sends the file of one that stayed here.
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    may_download(&caller, false)?;
    let export = find(&app, &id).await?;
    may_download(&caller, export.job.with_bodies)?;
    let gone = || {
        ApiError::not_found(
            "there is no file of this export here: it is not done, went elsewhere, or was removed",
        )
    };
    if export.stored.state != ExportState::Done || export.job.to != "directory" {
        return Err(gone());
    }
    let (opening, taken) = (Arc::clone(&app), export.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::open(exports::directory(&opening).join(&taken.job.name)).ok();
        let noted = file.is_some().then(|| exports::note_download(&opening, &caller.origin, &taken));
        noted.transpose().map(|_| file)
    });
    let file = opened.await??.ok_or_else(gone)?;
    let (pieces, receiver) = mpsc::channel(PIECES);
    tokio::task::spawn_blocking(move || send(file, &pieces));
    let name = export.job.name.replace(['/', '"'], "-");
    let headers = [
        (header::CONTENT_TYPE, export.job.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::new(Pieces(receiver))).into_response())
}

fn may_download(caller: &Caller, with_bodies: bool) -> Result<(), ApiError> {
    on_gateway(caller, Resource::Exports.read())?;
    on_gateway(caller, Resource::Logs.read())?;
    if with_bodies { on_gateway(caller, Resource::Bodies.read()) } else { Ok(()) }
}

fn send(mut file: std::fs::File, pieces: &mpsc::Sender<Result<Bytes, BrokenOff>>) {
    loop {
        let mut piece = vec![0; PIECE];
        let sent = match file.read(&mut piece) {
            Ok(0) => return,
            Ok(read) => {
                piece.truncate(read);
                pieces.blocking_send(Ok(piece.into()))
            }
            Err(error) => {
                tracing::error!(%error, "the download of an export broke off");
                return drop(pieces.blocking_send(Err(BrokenOff)));
            }
        };
        // Nobody reads on.
        if sent.is_err() {
            return;
        }
    }
}

async fn find(app: &Arc<App>, id: &str) -> Result<Export, ApiError> {
    let number = exports::id_of(id).ok_or_else(|| unknown(id))?;
    let app = Arc::clone(app);
    let found = tokio::task::spawn_blocking(move || exports::find(&app, number)).await??;
    found.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no export '{id}'"))
}

fn row(export: &Export) -> Value {
    let job = &export.job;
    json!({
        "id": export.id(),
        "state": export.stored.state.as_str(),
        "format": job.format,
        "to": job.to,
        "name": job.name,
        "schedule": job.schedule,
        "by": job.by,
        "with_bodies": job.with_bodies,
        "filter": job.filter,
        "from": time::format(job.from),
        "until": time::format(job.until),
        "records": job.records,
        "without_bodies": job.without_bodies,
        "bytes": job.bytes,
        "tries": job.tries,
        "error": job.error,
        "created_at": time::format(job.created_at),
        "ended_at": job.ended_at.map(time::format),
    })
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::TooMany => {
                let most = exports::MAX_OPEN;
                Self::too_many(format!("{most} exports wait already: cancel some, or come again"), 60)
            }
            ExportError::NoBucket => Self::invalid(
                "to",
                "there is no object storage: give 'exports.s3' in the configuration, or 'to': 'directory'",
            ),
            ExportError::Over(state) => {
                let text = format!("this export is {} and can not be cancelled", state.as_str());
                Self::conflict("id", text)
            }
            ExportError::Busy => Self::busy("this export changes at this moment; try again"),
            ExportError::Store(error) => error.into(),
        }
    }
}
