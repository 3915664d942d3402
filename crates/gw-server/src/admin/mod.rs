//! The admin API: handlers only. They parse, call one function of `app`, and convert. Who asks is found out in one place, for
//! every path below `/api`; what he may do is asked of `app::authorization` by each handler, or by what it calls.

mod access;
mod account_input;
mod accounts;
mod admin_tokens;
mod alerts;
mod analytics;
mod apply;
mod audit;
mod auth;
mod blocks;
mod budgets;
mod by;
mod cache;
mod calls;
mod credentials;
mod datasets;
mod effective;
mod error;
mod etag;
mod evaluations;
mod exports;
mod figures;
mod given;
mod guardrails;
mod held;
pub(crate) mod idempotency;
mod key_input;
mod keys;
mod last_used;
mod limits;
mod logs;
pub(crate) mod metrics;
mod models;
pub(crate) mod openapi;
mod own;
mod parameters;
mod prices;
mod providers;
mod query;
mod reconcile;
mod reports;
mod routes;
mod scim;
mod settings;
mod usage;
mod views;

use crate::app::audit::refused;
use crate::app::authorization::{Caller, Unidentified, identify};
use crate::app::blocks::Kind;
use crate::app::state::App;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::{HeaderMap, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use datasets::Datasets;
use error::ApiError;
use gw_model::Level;
use gw_store::audit::{Actor, Origin};
use gw_store::types::{LogFilter, LogRow};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use views::Views;

/// Media type of server-sent events.
const EVENT_STREAM: &str = "text/event-stream";

/// Characters of a path that the audit log tells of.
const MAX_PATH: usize = 256;

/// Where a request of the control plane comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The routes of the control plane.
pub(crate) fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/keys", get(keys::list).post(keys::create))
        .route("/keys/{id}", get(keys::show).patch(keys::change).delete(keys::revoke))
        .route("/keys/{id}/rotate", post(keys::rotate))
        .route("/keys/{id}/effective", get(keys::effective))
        .route("/admin-tokens", get(admin_tokens::list).post(admin_tokens::create))
        .route(
            "/admin-tokens/{id}",
            get(admin_tokens::show).patch(admin_tokens::change).delete(admin_tokens::revoke),
        )
        .route("/admin-tokens/{id}/rotate", post(admin_tokens::rotate))
        .route("/me", get(admin_tokens::me))
        .merge(tenancy())
        .merge(alerts::router())
        .route("/users/{id}/password-link", post(auth::link))
        .route("/budgets", get(budgets::list))
        .route("/apply", post(apply::apply).layer(DefaultBodyLimit::max(apply::MAX_BODY)))
        .route("/export", get(apply::export))
        .route("/credentials", get(credentials::list).post(credentials::create))
        .route(
            "/credentials/{id}",
            get(credentials::show).patch(credentials::change).delete(credentials::remove),
        )
        .route("/providers", blocks::create_at(Kind::Provider, get(providers::list)))
        // Its test is asked for by POST alone, so that a provider of the name `test` is managed as any.
        .route("/providers/{id}", blocks::one_at(Kind::Provider).post(blocks::test))
        .route("/models", blocks::create_at(Kind::Model, get(models::list)))
        .route("/models/{id}", blocks::one_at(Kind::Model))
        .route("/routes", get(routes::list).post(routes::create))
        .route("/routes/{id}", get(routes::show).patch(routes::change).delete(routes::remove))
        .route("/routes/{id}/versions", get(routes::versions))
        .route("/routes/{id}/publish", post(routes::publish))
        .route("/routes/{id}/rollback", post(routes::rollback))
        .route("/routes/{id}/simulate", post(routes::simulate))
        .route("/guardrails", blocks::create_at(Kind::Guardrail, get(guardrails::list)))
        .route("/guardrails/{id}", blocks::one_at(Kind::Guardrail).post(guardrails::test))
        .route("/settings", get(settings::list))
        .route("/settings/{id}", get(settings::show).patch(settings::change).delete(settings::remove))
        .route("/cache", get(cache::show))
        .route("/cache/purge", post(cache::purge))
        .merge(records())
        .merge(evaluations())
        .route("/audit", get(audit::list))
        .route("/audit/export", get(audit::export))
        .route("/audit/verify", get(audit::verify))
        .fallback(|| async { ApiError::not_found("there is nothing at this path of the admin API") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), idempotency::answer_once))
        .layer(middleware::from_fn(parameters::only_known))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), identified))
        .nest("/auth", auth::router(&app))
        .layer(middleware::map_response(in_the_form_of_errors));
    Router::new()
        .nest("/api/v1", api)
        .nest("/scim/v2", scim::router(&app))
        .route("/metrics", get(metrics::show))
        .fallback(|| async { ApiError::not_found("there is nothing here; the admin API is at /api/v1") })
        .with_state(app)
}

/// Records of calls, and what is made of them.
fn records() -> Router<Arc<App>> {
    Router::new()
        .route("/logs", get(logs::list))
        .route("/logs/tail", get(logs::tail))
        .route("/logs/{id}", get(logs::show))
        .route("/logs/{id}/bodies", get(logs::bodies))
        .route("/logs/{id}/replay", post(logs::replay))
        .route("/logs/{id}/feedback", get(logs::feedback).post(logs::add_feedback))
        .route("/views", get(own::list::<Views>).post(own::create::<Views>))
        .route("/views/{id}", one::<Views>())
        .route("/datasets", get(own::list::<Datasets>).post(own::create::<Datasets>))
        .route("/datasets/{id}", one::<Datasets>())
        .route("/datasets/{id}/items", get(datasets::items).patch(datasets::change_items))
        .route("/datasets/{id}/import", post(datasets::import))
        .route("/datasets/{id}/export", get(datasets::export))
        .route("/datasets/{id}/collect", post(datasets::collect))
        .route("/usage", get(usage::rows))
        .route("/analytics/timeseries", get(analytics::timeseries))
        .route("/analytics/overview", get(analytics::overview))
        .route("/exports", get(exports::list).post(exports::create))
        .route("/exports/{id}", get(exports::show))
        .route("/exports/{id}/cancel", post(exports::cancel))
        .route("/exports/{id}/download", get(exports::download))
        .route("/prices/{name}/history", get(prices::history))
        .route("/prices/recostings", get(prices::list).post(prices::create))
        .route("/prices/recostings/{id}", get(prices::show))
        .route("/prices/recostings/{id}/cancel", post(prices::cancel))
        .route("/reports/chargeback", get(reports::chargeback))
        .route("/reports/reconcile", post(reconcile::report))
}

/// One of the things that people make for themselves.
fn one<O: own::Own>() -> MethodRouter<Arc<App>> {
    get(own::show::<O>).patch(own::change::<O>).delete(own::remove::<O>)
}

/// Datasets put to models.
fn evaluations() -> Router<Arc<App>> {
    Router::new()
        .route("/evaluations", get(evaluations::list).post(evaluations::create))
        .route("/evaluations/{id}", get(evaluations::show).delete(evaluations::remove))
        .route("/evaluations/{id}/cancel", post(evaluations::cancel))
        .route("/evaluations/{id}/resume", post(evaluations::resume))
        .route("/evaluations/{id}/rerun", post(evaluations::rerun))
        .route("/evaluations/{id}/results", get(evaluations::results))
        .route("/evaluations/{id}/export", get(evaluations::export))
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

/// A body that is cut off while it is read is refused beneath the handlers, in plain text.
async fn in_the_form_of_errors(response: Response) -> Response {
    let is_plain = !response.headers().contains_key("x-gatewright-error");
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && is_plain {
        let text = "the body is larger than this operation takes: 2 MiB, but for documents to apply and items to import";
        return ApiError::too_large(text).into_response();
    }
    response
}

/// Every request to the API needs a credential that is good for it: a key, or else a session of whoever signed in.
/// Who asks, and from where, goes on with the request.
async fn identified(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let (shown, session) = (Shown::by(&request, "/api/v1"), auth::Shown::of(&app, &request));
    match who(&app, shown, Some(session)).await {
        Ok(caller) => {
            request.extensions_mut().insert(Arc::new(caller));
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

/// What a request shows of whoever asks.
struct Shown {
    credential: Option<String>,
    origin: Origin,
    method: String,
    path: String,
}

impl Shown {
    /// By a request to a path below `base`.
    fn by(request: &Request, base: &str) -> Self {
        Self {
            credential: gw_ingress::credential::find(request.headers(), None),
            origin: origin_of(request),
            method: request.method().to_string(),
            // Without the query: a key may stand there.
            path: format!("{base}{}", request.uri().path()),
        }
    }
}

/// Who asks, by a key, or else by a session where that is good too; who is refused is written down.
async fn who(app: &Arc<App>, shown: Shown, session: Option<auth::Shown>) -> Result<Caller, ApiError> {
    let Shown { credential: presented, origin, method, path } = shown;
    let found = match (&presented, session) {
        (Some(key), _) => by_key(app, key, &origin).await?,
        (None, Some(session)) => auth::by_session(app, session, &origin).await?.map(|who| who.caller),
        (None, None) => None,
    };
    if let Some(caller) = found {
        return Ok(caller);
    }
    let app = Arc::clone(app);
    let noted = tokio::task::spawn_blocking(move || {
        let path: String = path.chars().take(MAX_PATH).collect();
        refused(&app, presented.as_deref(), origin, &method, &path);
    });
    if let Err(error) = noted.await {
        tracing::error!(%error, "a refused credential was not written down");
    }
    Err(ApiError::unauthorized())
}

/// Whose key it is; nobody's where it is not good.
async fn by_key(app: &Arc<App>, key: &str, origin: &Origin) -> Result<Option<Caller>, ApiError> {
    let (asked, key) = (Arc::clone(app), key.to_owned());
    match tokio::task::spawn_blocking(move || identify(&asked, &key)).await? {
        Ok((actor, authority)) => Ok(Some(Caller { origin: Origin { actor, ..origin.clone() }, authority })),
        Err(Unidentified::Unknown) => Ok(None),
        Err(Unidentified::Store(error)) => Err(error.into()),
    }
}

/// Where a request comes from, before it is known who asks.
fn origin_of(request: &Request) -> Origin {
    let address = request.extensions().get::<ClientAddress>().map(|from| from.0.to_string());
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Origin {
        actor: Actor::Unknown,
        address: address.unwrap_or_default(),
        agent: agent.unwrap_or_default().to_owned(),
        once: None,
    }
}

// For the data plane.
pub(crate) use logs::say_feedback;
// Of a record, for files of them.
pub(crate) use logs::{endpoint_of, media_of, parameters_of, tries_of, verdicts};

/// A record as the list of records shows it, for files of them.
pub(crate) fn log_row(row: &LogRow) -> Value {
    logs::row(row)
}

/// The records that written parameters of that list ask for. Errors: what is wrong with them, for people.
pub(crate) fn log_filter(parameters: &BTreeMap<String, String>) -> Result<LogFilter, String> {
    logs::LogsQuery::of_written(parameters).map_err(|error| error.message().to_owned())
}

/// Are the answer's pieces sent as they are made? Others are whole when they begin.
pub(crate) fn is_streamed(headers: &HeaderMap) -> bool {
    let streamed = [audit::JSON_LINES, evaluations::CSV, exports::PARQUET, EVENT_STREAM];
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| streamed.iter().any(|one| kind == one))
}
