//! What people make for themselves and share: handlers that all such things have (saved views, datasets, evaluations). Each says
//! of itself how it is read, made, changed and shown. They must not know what the things are.

use super::by::By;
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::given::Given;
use super::query::{Page, paged_by};
use crate::app::authorization::Caller;
use crate::app::ownership::NotAllowed;
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gw_model::AccountId;
use serde_json::{Value, json};
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

type Answer = Result<Response, ApiError>;

/// A kind of such things.
pub(super) trait Own: 'static {
    /// What one is known by.
    type Id: FromStr + Display + Ord + Copy + Send + 'static;
    /// One, as it is shown.
    type Thing: Send + 'static;
    /// Members that may be written.
    const MEMBERS: &'static [&'static str];

    /// There is none of that id.
    fn none() -> ApiError;
    /// Its id, and its revision.
    fn known_by(thing: &Self::Thing) -> (Self::Id, i64);
    /// For those who may see it.
    fn shown(thing: &Self::Thing) -> Value;
    /// All that somebody may see.
    fn list(app: &App, caller: &Caller) -> Result<Vec<Self::Thing>, ApiError>;
    /// One that somebody may see.
    fn find(app: &App, caller: &Caller, id: Self::Id) -> Result<Self::Thing, ApiError>;
    /// Makes one.
    fn create(app: &App, caller: &Caller, given: &Given) -> Result<Self::Thing, ApiError>;
    /// Changes the members that are given, where it has that revision.
    fn update(
        app: &App,
        caller: &Caller,
        at: (Self::Id, Option<i64>),
        given: &Given,
    ) -> Result<Self::Thing, ApiError>;
    /// Removes one, where it has that revision.
    fn remove(app: &App, caller: &Caller, at: (Self::Id, Option<i64>)) -> Result<(), ApiError>;
}

/// Lists them: his own, and those that others share with him.
pub(super) async fn list<O: Own>(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    let all = tokio::task::spawn_blocking(move || O::list(&app, &caller)).await??;
    let (rows, next) = paged_by(all, &page, |thing| O::known_by(thing).0)?;
    Ok(Json(json!({ "data": rows.iter().map(O::shown).collect::<Vec<_>>(), "next_cursor": next })))
}

/// Shows one.
pub(super) async fn show<O: Own>(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Answer {
    let id = parse::<O>(&id)?;
    let found = tokio::task::spawn_blocking(move || O::find(&app, &caller, id)).await??;
    Ok(told::<O>(StatusCode::OK, &found))
}

/// Makes one.
pub(super) async fn create<O: Own>(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    body: Bytes,
) -> Answer {
    let given = Given::read(&body, O::MEMBERS)?;
    let made = tokio::task::spawn_blocking(move || O::create(&app, &caller, &given)).await??;
    Ok(told::<O>(StatusCode::CREATED, &made))
}

/// Changes the members that are given.
pub(super) async fn change<O: Own>(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let at = (parse::<O>(&id)?, expected(&headers)?);
    let given = Given::read(&body, O::MEMBERS)?;
    let changed = tokio::task::spawn_blocking(move || O::update(&app, &caller, at, &given)).await??;
    Ok(told::<O>(StatusCode::OK, &changed))
}

/// Removes one.
pub(super) async fn remove<O: Own>(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let at = (parse::<O>(&id)?, expected(&headers)?);
    tokio::task::spawn_blocking(move || O::remove(&app, &caller, at)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// An id that is none is one of which there is nothing.
pub(super) fn parse<O: Own>(id: &str) -> Result<O::Id, ApiError> {
    id.parse().map_err(|_| O::none())
}

/// One, at its revision.
pub(super) fn told<O: Own>(status: StatusCode, thing: &O::Thing) -> Response {
    tagged(status, O::known_by(thing).1, O::shown(thing))
}

/// With whom it is shared, where that is given: `null` with nobody.
pub(super) fn place(given: &Given, is_now: &mut Option<AccountId>) -> Result<(), ApiError> {
    let Some(place) = given.text("account_id")? else { return Ok(()) };
    let place = place.filter(|text| !text.is_empty());
    let wrong = |_| ApiError::invalid("account_id", NotAllowed::NO_PLACE);
    *is_now = place.map(|text| text.parse().map_err(wrong)).transpose()?;
    Ok(())
}
