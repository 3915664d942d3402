//! `/api/v1/providers`: the providers of the configuration file and those of the API, how they fare, and what is left of
//! their limits and ours. Credentials are never shown.

mod standing;

use super::blocks::add_stored;
use super::by::{By, on_gateway};
use super::error::ApiError;
use super::etag::tagged;
use super::query::{Page, paged};
use crate::app::authorization::{Caller, Resource};
use crate::app::blocks::{self, BlockError, Kind, Shown};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gw_model::catalog::ProviderKind;
use gw_model::snapshot::Provider;
use gw_model::time;
use gw_pipeline::credentials::CredentialView;
use serde_json::{Value, json};
use standing::Standings;
use std::sync::Arc;

/// Lists providers, by name.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    on_gateway(&caller, Resource::Providers.read())?;
    let asked = Arc::clone(&app);
    let stored = tokio::task::spawn_blocking(move || blocks::list(&asked, Kind::Provider)).await??;
    let live = app.gateway.live();
    let standings = Standings::of(&app);
    let mut rows: Vec<(String, Value)> = live
        .snapshot
        .providers
        .values()
        .map(|provider| {
            let mut row = row(&app, provider, &standings);
            if let Some(shown) =
                stored.iter().find(|one| *one.name == *provider.name && one.problem.is_none())
            {
                add_stored(&mut row, shown, true);
            }
            (provider.name.to_string(), row)
        })
        .collect();
    let left_out = stored.iter().filter(|shown| shown.problem.is_some());
    rows.extend(left_out.map(|shown| (shown.name.clone(), row_of(&app, shown))));
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    let (rows, next) = paged(rows, &page)?;
    Ok(Json(json!({ "data": rows, "next_cursor": next })))
}

/// One provider.
pub(super) async fn show(app: Arc<App>, caller: &Caller, name: String) -> Result<Response, ApiError> {
    on_gateway(caller, Resource::Providers.read())?;
    let asked = Arc::clone(&app);
    let wanted = name.clone();
    let found = tokio::task::spawn_blocking(move || blocks::find(&asked, Kind::Provider, &wanted)).await?;
    match found {
        Ok(shown) if shown.problem.is_none() => {
            Ok(tagged(StatusCode::OK, shown.revision, row_of(&app, &shown)))
        }
        Ok(_) | Err(BlockError::NotFound(_) | BlockError::OfFile(..)) => {
            let live = app.gateway.live();
            if let Some(provider) = live.snapshot.providers.get(name.as_str()) {
                return Ok(Json(row(&app, provider, &Standings::of(&app))).into_response());
            }
            let shown = found?;
            Ok(tagged(StatusCode::OK, shown.revision, row_of(&app, &shown)))
        }
        Err(error) => Err(error.into()),
    }
}

/// One that the API manages, in force or not.
pub(super) fn row_of(app: &App, shown: &Shown) -> Value {
    let live = app.gateway.live();
    let in_force = live.snapshot.providers.get(shown.name.as_str()).filter(|_| shown.problem.is_none());
    let mut row = match in_force {
        Some(provider) => row(app, provider, &Standings::of(app)),
        None => json!({
            "id": shown.name, "name": shown.name, "kind": shown.document.get("kind").cloned().unwrap_or_else(|| json!(shown.name)),
            "base_url": shown.document.get("base_url").cloned().unwrap_or_else(|| json!("")),
            "region": shown.document.get("region"), "formats": [], "models": [], "credentials": [],
            "has_credential": !shown.secrets.is_empty(), "state": "left_out", "deployments": [],
            "limits": [], "budgets": [],
        }),
    };
    add_stored(&mut row, shown, true);
    row
}

fn row(app: &App, provider: &Provider, standings: &Standings) -> Value {
    let mut row = json!({
        "id": &*provider.name,
        "name": &*provider.name,
        "kind": format!("{:?}", provider.kind),
        "base_url": &*provider.base_url,
        "region": provider.region.as_deref(),
        "formats": provider.formats.iter().map(|f| f.as_str()).collect::<Vec<_>>(),
        "models": provider.listed_models.iter().map(|model| &**model).collect::<Vec<_>>(),
        "has_credential":
            provider.api_key.is_some() || provider.aws.is_some() || !provider.credentials.is_empty(),
        "credentials": app.gateway.credentials(provider).iter().map(credential).collect::<Vec<_>>(),
        "lists_models": !matches!(
            provider.kind,
            ProviderKind::AzureOpenAi | ProviderKind::Bedrock | ProviderKind::Vertex
        ),
        "source": "config",
        "managed_by": "file",
    });
    standings.add(&mut row, provider);
    row
}

/// A credential as far as it may be shown: where it comes from and how it fares, never what it is.
fn credential(view: &CredentialView) -> Value {
    let state = view.state.as_deref();
    let failing = state.and_then(|state| state.failing.as_ref());
    json!({
        "name": &*view.name,
        "weight": view.weight,
        "source": view.source,
        "ready": view.ready,
        "obtained_at": state.and_then(|state| state.obtained_at).map(time::format),
        "expires_at": state.and_then(|state| state.expires_at).map(time::format),
        "failures": failing.map_or(0, |failing| failing.times),
        "last_error": failing.map(|failing| &failing.detail),
    })
}
