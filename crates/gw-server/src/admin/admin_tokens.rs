//! `/api/v1/admin-tokens`, and `/api/v1/me`: who asks.

use super::account_input::{id_of, role};
use super::by::By;
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::given::Given;
use super::keys::grace_seconds;
use super::query::{self, Page, paged_by};
use crate::app::authorization::Scopes;
use crate::app::state::App;
use crate::app::tokens::{self, MadeToken, TokensError, Wanted};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gw_model::{AccountId, Level, time};
use gw_store::types::{StoredToken, TokenHolder, TokenId};
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Response, ApiError>;

const CHANGEABLE: [&str; 3] = ["name", "scopes", "expires_at"];
const MEMBERS: [&str; 6] = ["name", "scopes", "expires_at", "role", "account_id", "user_id"];

/// Lists tokens.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    let reading = Arc::clone(&app);
    let all = tokio::task::spawn_blocking(move || tokens::list(&reading, &caller)).await??;
    let (rows, next) = paged_by(all, &page, |token| token.id)?;
    let data: Vec<Value> = rows.iter().map(|token| row(&app, token)).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// One token.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Answer {
    let id = parse(&id)?;
    let reading = Arc::clone(&app);
    let token = tokio::task::spawn_blocking(move || tokens::find(&reading, &caller, id)).await??;
    Ok(tagged(StatusCode::OK, token.revision, row(&app, &token)))
}

/// Makes a token; the answer is the only one that shows it.
pub(super) async fn create(State(app): State<Arc<App>>, Extension(caller): By, body: Bytes) -> Answer {
    let given = Given::read(&body, &MEMBERS)?;
    let nothing = Wanted { name: String::new(), scopes: Scopes::everything(), expires_at: None };
    let (holder, wanted) = (holder(&given)?, apply(&app, &given, nothing)?);
    let writing = Arc::clone(&app);
    let made = tokio::task::spawn_blocking(move || tokens::create(&writing, &caller, holder, wanted));
    Ok(with_secret(&app, StatusCode::CREATED, &made.await??))
}

/// Changes the members that are given.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, revision) = (parse(&id)?, expected(&headers)?);
    let given = Given::read(&body, &CHANGEABLE)?;
    let writing = Arc::clone(&app);
    let work =
        move || tokens::update::<ApiError>(&writing, &caller, id, revision, |is| apply(&writing, &given, is));
    let token = tokio::task::spawn_blocking(work).await??;
    Ok(tagged(StatusCode::OK, token.revision, row(&app, &token)))
}

/// Gives a token another secret; the answer is the only one that shows it.
pub(super) async fn rotate(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (id, revision, grace) = (parse(&id)?, expected(&headers)?, grace_seconds(&body)?);
    let writing = Arc::clone(&app);
    let work = move || tokens::rotate(&writing, &caller, id, grace, revision);
    Ok(with_secret(&app, StatusCode::OK, &tokio::task::spawn_blocking(work).await??))
}

/// Revokes a token.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let (id, revision) = (parse(&id)?, expected(&headers)?);
    tokio::task::spawn_blocking(move || tokens::revoke(&app, &caller, id, revision)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Who asks, and with what roles and scopes.
pub(super) async fn me(Extension(caller): By) -> Json<Value> {
    let authority = &caller.authority;
    let roles = authority
        .grants()
        .iter()
        .map(|grant| json!({ "role": grant.role.as_str(), "account_id": grant.at.map(|at| at.to_string()) }));
    Json(json!({
        "actor": caller.origin.actor.to_string(),
        "user_id": authority.user().map(|user| user.to_string()),
        "roles": roles.collect::<Vec<_>>(),
        "scopes": authority.scopes().texts(),
    }))
}

fn holder(given: &Given) -> Result<TokenHolder, ApiError> {
    let text = |name| Ok::<_, ApiError>(given.text(name)?.flatten());
    let (user, named, at) = (text("user_id")?, text("role")?, text("account_id")?);
    match (user, named) {
        (Some(user), None) if at.is_none() => id_of("user_id", &user, Level::User).map(TokenHolder::User),
        (None, Some(name)) => {
            let belongs =
                |id: &AccountId| matches!(id.level, Level::Organization | Level::Team | Level::Project);
            let place = |text: String| {
                text.parse::<AccountId>().ok().filter(belongs).ok_or_else(|| {
                    let text = "'account_id' must be the id of an organization, a team or a project";
                    ApiError::invalid("account_id", text)
                })
            };
            Ok(TokenHolder::Role { role: role("role", &name)?, at: at.map(place).transpose()? })
        }
        _ => {
            let text =
                "give 'role', with 'account_id' where it holds for an account only; or 'user_id' alone";
            Err(ApiError::invalid("role", text))
        }
    }
}

fn apply(app: &App, given: &Given, mut wanted: Wanted) -> Result<Wanted, ApiError> {
    given.name(&mut wanted.name, "what the token is for")?;
    if let Some(scopes) = given.texts("scopes")? {
        wanted.scopes = Scopes::parse(scopes).map_err(|text| ApiError::invalid("scopes", text))?;
    }
    if let Some(at) = given.text("expires_at")? {
        wanted.expires_at = query::time("expires_at", at.as_deref())?;
        if wanted.expires_at.is_some_and(|at| at <= app.gateway.clock().now()) {
            return Err(ApiError::invalid("expires_at", "'expires_at' must be in the future"));
        }
    }
    Ok(wanted)
}

fn with_secret(app: &App, status: StatusCode, made: &MadeToken) -> Response {
    let mut shown = row(app, &made.stored);
    shown["token"] = json!(made.secret.expose());
    tagged(status, made.stored.revision, shown)
}

/// An id that is none is a token that does not exist.
fn parse(id: &str) -> Result<TokenId, ApiError> {
    id.parse().map_err(|_| ApiError::from(TokensError::NotFound))
}

impl From<TokensError> for ApiError {
    fn from(error: TokensError) -> Self {
        match error {
            TokensError::NotFound => Self::not_found(error.to_string()),
            TokensError::TooMany => Self::conflict("name", error.to_string()),
            TokensError::Exceeds { field } => Self::refused(field, error.to_string()),
            TokensError::Changed { revision } => Self::changed(revision),
            TokensError::Denied(denied) => denied.into(),
            TokensError::Account(error) => error.into(),
            TokensError::Store(error) => error.into(),
        }
    }
}

fn row(app: &App, token: &StoredToken) -> Value {
    let (role, at, user) = tokens::shown_holder(token.holder);
    let now = app.gateway.clock().now();
    let previous = token.retiring.map(|old| old.until).filter(|until| *until > now);
    json!({
        "id": token.id.to_string(),
        "name": token.name,
        "role": role,
        "account_id": at,
        "user_id": user,
        "scopes": token.scopes,
        "expires_at": token.expires_at.map(time::format),
        "previous_token_until": previous.map(time::format),
        "prefix": token.prefix,
        "last4": token.last4,
        "created_by": token.created_by,
        "created_at": time::format(token.created_at),
        "updated_at": time::format(token.updated_at),
        "revision": token.revision,
    })
}
