//! Providers, models and guardrails that the admin API manages: made, changed, removed, and providers tested. How they are
//! shown stands in `providers`, `models` and `guardrails`.

use super::by::{By, on_gateway};
use super::error::ApiError;
use super::etag::{expected, tagged};
use super::{guardrails, models, providers};
use crate::app::authorization::{Permission, Resource};
use crate::app::blocks::{self, BlockError, Kind, Shown};
use crate::app::state::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use gw_config::StoredFault;
use gw_pipeline::PublishError;
use gw_store::StoreError;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Longest name that is answered in a message, in characters.
const MAX_SHOWN: usize = 64;

/// All of a kind, for a router that lists them by itself.
pub(super) fn create_at(kind: Kind, router: MethodRouter<Arc<App>>) -> MethodRouter<Arc<App>> {
    router.post(move |State(app): State<Arc<App>>, Extension(caller): By, body: Bytes| async move {
        on_gateway(&caller, write(kind))?;
        let mut given = read(&body)?;
        let name = text(&mut given, "name")?
            .ok_or_else(|| ApiError::invalid("name", "'name' is missing: give it a name"))?;
        let asked = Arc::clone(&app);
        let made = move || blocks::create(&asked, &caller, kind, &name, given);
        let shown = tokio::task::spawn_blocking(made).await??;
        Ok::<Response, ApiError>(one(&app, kind, StatusCode::CREATED, &shown))
    })
}

/// One of a kind.
pub(super) fn one_at(kind: Kind) -> MethodRouter<Arc<App>> {
    get(move |State(app): State<Arc<App>>, Extension(caller): By, Path(name): Path<String>| async move {
        match kind {
            Kind::Provider => providers::show(app, &caller, name).await,
            Kind::Model => models::show(app, &caller, name).await,
            Kind::Guardrail => guardrails::show(app, &caller, name).await,
        }
    })
    .patch(
        move |State(app): State<Arc<App>>,
              Extension(caller): By,
              Path(name): Path<String>,
              headers: HeaderMap,
              body: Bytes| async move {
            on_gateway(&caller, write(kind))?;
            let (mut given, revision) = (read(&body)?, expected(&headers)?);
            if text(&mut given, "name")?.is_some_and(|given| given != name) {
                return Err(ApiError::invalid("name", "'name' cannot be changed: make another one"));
            }
            let asked = Arc::clone(&app);
            let change = move || blocks::change(&asked, &caller, (kind, &name), given, revision);
            let shown = tokio::task::spawn_blocking(change).await??;
            Ok::<Response, ApiError>(one(&app, kind, StatusCode::OK, &shown))
        },
    )
    .delete(
        move |State(app): State<Arc<App>>,
              Extension(caller): By,
              Path(name): Path<String>,
              headers: HeaderMap| async move {
            on_gateway(&caller, write(kind))?;
            let revision = expected(&headers)?;
            let remove = move || blocks::remove(&app, &caller, kind, &name, revision);
            tokio::task::spawn_blocking(remove).await??;
            Ok::<StatusCode, ApiError>(StatusCode::NO_CONTENT)
        },
    )
}

/// What stands in the place of a name where a test is asked for.
pub(super) const TEST: &str = "test";

/// Makes one small call to a provider: to one that is there, with what is given in place of its own, or to one that is not
/// there yet.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(place): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    if place != TEST {
        return Err(ApiError::method_not_allowed());
    }
    on_gateway(&caller, write(Kind::Provider))?;
    let mut given = read(&body)?;
    let (name, model) = (text(&mut given, "name")?, text(&mut given, "model")?);
    let model = model.filter(|model| !model.is_empty());
    let asked = Arc::clone(&app);
    let prepared = move || blocks::probe::prepare(&asked, name, model, given);
    let probe = tokio::task::spawn_blocking(prepared).await??;
    let probed = app.probes.make(probe).await?;
    Ok(Json(json!({
        "ok": probed.ok,
        "status": probed.status,
        "latency_ms": probed.latency_ms,
        "reason": (!probed.reason.is_empty()).then_some(probed.reason),
        "models": probed.models,
    })))
}

const fn write(kind: Kind) -> Permission {
    match kind {
        Kind::Provider => Resource::Providers.write(),
        Kind::Model => Resource::Models.write(),
        Kind::Guardrail => Resource::Guardrails.write(),
    }
}

fn one(app: &App, kind: Kind, status: StatusCode, shown: &Shown) -> Response {
    let row = match kind {
        Kind::Provider => providers::row_of(app, shown),
        Kind::Model => models::row_of(app, shown, true),
        Kind::Guardrail => guardrails::row_of(app, shown, true),
    };
    tagged(status, shown.revision, row)
}

/// What is stored of one, beside what is known of all of its kind; its document for those who may change it.
pub(super) fn add_stored(row: &mut Value, shown: &Shown, is_whole: bool) {
    row["source"] = "api".into();
    row["managed_by"] = "api".into();
    row["created_at"] = gw_model::time::format(shown.created_at).into();
    row["updated_at"] = gw_model::time::format(shown.updated_at).into();
    row["revision"] = shown.revision.into();
    if is_whole {
        row["settings"] = Value::Object(shown.document.clone());
        row["secrets"] = json!(shown.secrets);
        row["problem"] = json!(shown.problem);
    }
}

/// The parser's words may repeat what was written, so that its place alone is told.
fn read(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::malformed(format!("the body must be a JSON object (column {})", error.column()))
    })
}

fn text(given: &mut Map<String, Value>, field: &'static str) -> Result<Option<String>, ApiError> {
    match given.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ApiError::invalid(field, format!("'{field}' must be a text"))),
    }
}

/// The member at fault: of one that is missing, its name.
fn field(fault: &StoredFault) -> String {
    let pointer = fault.pointer.trim_start_matches('/');
    // What a kind needs is missed at the kind, or at the block as a whole.
    let needed = fault.message.split_once("needs '").and_then(|(_, rest)| rest.split_once('\''));
    let missing = || fault.message.strip_prefix('\'').and_then(|rest| rest.split_once("' is missing"));
    match (pointer, needed.or_else(missing)) {
        ("" | "kind", Some((field, _))) => field.to_owned(),
        ("", None) => "name".to_owned(),
        (pointer, _) => pointer.replace('/', "."),
    }
}

impl From<BlockError> for ApiError {
    fn from(error: BlockError) -> Self {
        let text = error.to_string();
        match error {
            BlockError::NotFound(_) => Self::not_found(text),
            BlockError::OfFile(..) => Self::conflict("name", text),
            BlockError::TooMany(_) | BlockError::InUse(_) => Self::in_the_way(text),
            BlockError::Faults(found) => {
                let faults: Vec<Value> = found
                    .iter()
                    .map(|fault| json!({ "pointer": fault.pointer, "message": fault.message }))
                    .collect();
                let first = found.first().map_or_else(|| "name".to_owned(), field);
                Self::invalid(first, text).with("faults", faults.into())
            }
            BlockError::Moved { field, .. } => Self::invalid(field, text),
            BlockError::Changed(revision) => Self::changed(revision),
            BlockError::Busy => Self::busy(text),
            BlockError::Publish(PublishError::Guardrail { .. }) => Self::invalid("url", text),
            BlockError::Publish(_) => Self::invalid("base_url", text),
            BlockError::Store(StoreError::NameTaken { name }) => {
                let name: String = name.chars().take(MAX_SHOWN).collect();
                Self::conflict("name", format!("there is one named '{name}' already; choose another name"))
            }
            BlockError::Store(error) => Self::from(error),
        }
    }
}
