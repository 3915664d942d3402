//! The admin API: handlers only. They parse, call one function of `app`, and convert. The master key is
//! asked for in one place, for every path below `/api`.

mod account_input;
mod accounts;
mod budgets;
mod cache;
mod credentials;
mod effective;
mod error;
mod etag;
mod given;
pub(crate) mod idempotency;
mod key_input;
mod keys;
mod limits;
mod logs;
mod metrics;
mod models;
pub(crate) mod openapi;
mod providers;
mod query;
mod routes;
mod usage;

use crate::app::state::App;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use error::ApiError;
use gw_model::Level;
use std::sync::Arc;

/// The routes of the control plane.
pub(crate) fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/keys", get(keys::list).post(keys::create))
        .route("/keys/{id}", get(keys::show).patch(keys::change).delete(keys::revoke))
        .route("/keys/{id}/rotate", post(keys::rotate))
        .route("/keys/{id}/effective", get(keys::effective))
        .merge(tenancy())
        .route("/budgets", get(budgets::list))
        .route("/credentials", get(credentials::list).post(credentials::create))
        .route(
            "/credentials/{id}",
            get(credentials::show).patch(credentials::change).delete(credentials::remove),
        )
        .route("/providers", get(providers::list))
        .route("/models", get(models::list))
        .route("/routes", get(routes::list).post(routes::create))
        .route("/routes/{id}", get(routes::show).patch(routes::change).delete(routes::remove))
        .route("/routes/{id}/versions", get(routes::versions))
        .route("/routes/{id}/publish", post(routes::publish))
        .route("/routes/{id}/rollback", post(routes::rollback))
        .route("/routes/{id}/simulate", post(routes::simulate))
        .route("/cache", get(cache::show))
        .route("/cache/purge", post(cache::purge))
        .route("/cache/answers/{key}", delete(cache::remove))
        .route("/logs", get(logs::list))
        .route("/usage", get(usage::rows))
        .fallback(|| async { ApiError::not_found("there is nothing at this path of the admin API") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), idempotency::answer_once))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), require_master));
    Router::new()
        .nest("/api/v1", api)
        .route("/metrics", get(metrics::show))
        .fallback(|| async { ApiError::not_found("there is nothing here; the admin API is at /api/v1") })
        .with_state(app)
}

/// What stands above and beside keys.
fn tenancy() -> Router<Arc<App>> {
    let resources = [
        ("/organizations", Level::Organization),
        ("/teams", Level::Team),
        ("/projects", Level::Project),
        ("/users", Level::User),
        ("/customers", Level::Customer),
        ("/tags", Level::Tag),
        ("/plans", Level::Plan),
    ];
    resources.into_iter().fold(Router::new(), |router, (path, level)| {
        router.route(path, accounts::all(level)).route(&format!("{path}/{{id}}"), accounts::one(level))
    })
}

/// Every request to the API needs the master key.
async fn require_master(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let presented = crate::ingress::credential::find(request.headers(), None);
    match presented {
        Some(key) if app.gateway.is_master(&key) => next.run(request).await,
        _ => ApiError::unauthorized().into_response(),
    }
}
