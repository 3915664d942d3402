//! `Idempotency-Key`: a POST or PATCH that comes again within a day is given the answer that it was given first, and does nothing.
//! That it was made is noted in its own transaction, so that neither two nodes nor a crash make it twice.
//! Answers are kept sealed, since they may show a key. It must not keep what changed nothing.

use super::error::ApiError;
use crate::app::authorization::Caller;
use crate::app::state::App;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gw_model::Secret;
use gw_store::StoreError;
use gw_store::audit::{Actor, Repeatable};
use gw_store::keys::{fingerprint, generate_route_id};
use gw_store::types::GivenAnswer;
use gw_store::vault::name_of_answer;
use http_body_util::BodyExt;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

const HEADER: &str = "idempotency-key";
/// Says that an answer is one that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Longest key in bytes.
const MAX_KEY: usize = 255;
/// For how long an answer is given again, in microseconds: a day.
const KEPT: i64 = 86_400_000_000;
/// How often is looked for the answer of a write that another node has made, and after what time again: ten seconds in all.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Writes that are under way, by their keys: one that comes again meanwhile waits for the first. As many as there are
/// requests at once.
pub(crate) type UnderWay = Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>;

/// See the module.
pub(super) async fn answer_once(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let takes_key = [Method::POST, Method::PATCH].contains(request.method());
    if !takes_key || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    match once(app, request, next).await {
        Ok(answer) => answer,
        Err(error) => error.into_response(),
    }
}

async fn once(app: Arc<App>, request: Request, next: Next) -> Result<Response, ApiError> {
    let key = key_of(&request)?;
    let (mut head, body) = request.into_parts();
    let body = collect(body).await?;
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let asked = match head.method {
        Method::PATCH => fingerprint(&format!("PATCH {path}"), &body),
        _ => fingerprint(path, &body),
    };
    let asked = asked.to_vec();

    let turn = turn(&app, &key);
    let _turn = turn.lock().await;
    if let Some(known) = awaited(&app, &key).await? {
        return replay(&app, &key, &known, &asked);
    }
    if let Some(caller) = head.extensions.get::<Arc<Caller>>() {
        let mut caller = Caller::clone(caller);
        let mark = generate_route_id().map_err(|error| ApiError::internal(&error))?;
        let since = app.gateway.clock().now() - KEPT;
        caller.origin.once =
            Some(Arc::new(Repeatable { name: key.clone(), request: asked.clone(), mark, since }));
        head.extensions.insert(Arc::new(caller));
    }
    let answer = next.run(Request::from_parts(head, Body::from(body))).await;
    if !answer.status().is_success() {
        // Another node may have made it meanwhile.
        return match awaited(&app, &key).await? {
            Some(known) => replay(&app, &key, &known, &asked),
            None => Ok(answer),
        };
    }
    let (head, body) = answer.into_parts();
    let body = collect(body).await?;
    let etag =
        head.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
    let (status, text) = (head.status.as_u16(), body.clone());
    let keep = move || keep(&app, &key, asked, (status, etag), &text);
    if let Err(error) = tokio::task::spawn_blocking(keep).await? {
        // What was done is done, and the caller must know of it.
        tracing::error!(%error, "an answer could not be kept for its idempotency key");
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

/// What is known of earlier times. Where another node has made the write, its answer is waited for.
async fn awaited(app: &Arc<App>, key: &str) -> Result<Option<GivenAnswer>, ApiError> {
    for _ in 0..LOOKS {
        let (reading, name) = (Arc::clone(app), key.to_owned());
        let since = app.gateway.clock().now() - KEPT;
        let look = move || reading.storage.database.given_answer(&name, since);
        match tokio::task::spawn_blocking(look).await?? {
            Some(known) if known.status == 0 => tokio::time::sleep(BETWEEN_LOOKS).await,
            known => return Ok(known),
        }
    }
    Err(ApiError::repeated())
}

/// The key under which an answer is kept. Whoever else sends the same one is not given it.
fn key_of(request: &Request) -> Result<String, ApiError> {
    let key = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > MAX_KEY || !is_plain {
        let text = format!("'Idempotency-Key' must have 1 to {MAX_KEY} visible ASCII characters");
        return Err(ApiError::invalid("Idempotency-Key", text));
    }
    let caller = request.extensions().get::<Arc<Caller>>().map(|caller| caller.origin.actor);
    match caller {
        // As it was before there were others.
        Some(Actor::Master) => Ok(key.to_owned()),
        actor => Ok(format!("{} {key}", actor.unwrap_or(Actor::Unknown))),
    }
}

#[expect(clippy::disallowed_methods, reason = "the request is limited, the answer is the gateway's own")]
async fn collect(body: Body) -> Result<Bytes, ApiError> {
    let read = body.collect().await;
    read.map(|read| read.to_bytes()).map_err(|_| ApiError::malformed("the body broke off"))
}

fn turn(app: &App, key: &str) -> Arc<tokio::sync::Mutex<()>> {
    let mut under_way = app.under_way.lock();
    if let Some(turn) = under_way.get(key).and_then(Weak::upgrade) {
        return turn;
    }
    under_way.retain(|_, turn| turn.strong_count() > 0);
    let turn = Arc::default();
    under_way.insert(key.to_owned(), Arc::downgrade(&turn));
    turn
}

fn keep(
    app: &App,
    key: &str,
    request: Vec<u8>,
    (status, etag): (u16, String),
    body: &Bytes,
) -> Result<(), StoreError> {
    let text = Secret::new(String::from_utf8_lossy(body).into_owned());
    let now = app.gateway.clock().now();
    let sealed = app.storage.vault.seal(&name_of_answer(key), &text)?;
    let answer = GivenAnswer { request, status, etag, sealed, created_at: now };
    app.storage.database.keep_answer(key, &answer, now - KEPT, app.storage.idempotency_entries)
}

fn replay(app: &App, key: &str, known: &GivenAnswer, asked: &[u8]) -> Result<Response, ApiError> {
    if known.request != asked {
        let text = "this key came before with another path or body; give each write a key of its own";
        return Err(ApiError::conflict("Idempotency-Key", text));
    }
    let body = app.storage.vault.open(&name_of_answer(key), &known.sealed)?;
    let status = StatusCode::from_u16(known.status).unwrap_or(StatusCode::OK);
    let mut answer = (status, body.expose().to_owned()).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Ok(tag) = HeaderValue::from_str(&known.etag)
        && !tag.is_empty()
    {
        headers.insert(header::ETAG, tag);
    }
    Ok(answer)
}
