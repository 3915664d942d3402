//! `/api/v1/apply` and `/api/v1/export`: organizations, keys and what else there is, as a document.

mod document;
mod export;
mod form;
mod json;
mod shown;
mod yaml;

use self::document::Configured;
use super::by::{self, By};
use super::error::ApiError;
use crate::app::apply::{self as work, Done, Fault, Options, Plan, PlanError, Stopped};
use crate::app::authorization::{Caller, Resource};
use crate::app::control::MAX_APPLY_BODY;
use crate::app::state::App;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use gw_config::document::{self as text, Node};
use gw_model::Secret;
use gw_store::StoreError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Largest body, in bytes.
pub(super) const MAX_BODY: usize = MAX_APPLY_BODY;

/// Most files of one request.
const MAX_FILES: usize = 1_000;

/// The name of a document that came without a file.
const NO_FILE: &str = "document";

/// What is asked for, in JSON.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Input {
    files: Vec<File>,
    /// Values of `${NAME}` in the files.
    variables: HashMap<String, String>,
    /// What keys are to be that the document gives none: by what they go by in the plan (`path`).
    secrets: HashMap<String, String>,
    dry_run: bool,
    prune: bool,
    take_over: bool,
    /// The plan that was seen: nothing is done if it is another by now.
    plan: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    text: String,
}

/// What is asked for beside a plain document.
#[derive(Debug, Deserialize)]
pub(super) struct ApplyQuery {
    dry_run: Option<bool>,
    prune: Option<bool>,
    take_over: Option<bool>,
    plan: Option<String>,
}

/// Makes everything as a document says, or says what would be done.
pub(super) async fn apply(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<ApplyQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    by::on_gateway(&caller, Resource::Documents.write())?;
    if !caller.authority.scopes().are_everything() {
        return Err(ApiError::forbidden(Resource::Documents.write()));
    }
    let input = input(&headers, &body, query)?;
    drop(body);
    let done = tokio::task::spawn_blocking(move || run(&app, &caller, &input)).await??;
    Ok(Json(done))
}

fn input(headers: &HeaderMap, body: &[u8], query: ApplyQuery) -> Result<Input, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        let text = std::str::from_utf8(body)
            .map_err(|_| ApiError::malformed("the document is not UTF-8: save it as such"))?;
        let file = File { name: NO_FILE.to_owned(), text: text.to_owned() };
        return Ok(Input {
            files: vec![file],
            dry_run: query.dry_run.unwrap_or_default(),
            prune: query.prune.unwrap_or_default(),
            take_over: query.take_over.unwrap_or_default(),
            plan: query.plan,
            ..Input::default()
        });
    }
    let mut input: Input = serde_json::from_slice(body).map_err(|error| {
        let text = format!(
            "the body must be {{\"files\": [{{\"name\", \"text\"}}], ...}}, or the document itself as application/yaml: {error}"
        );
        ApiError::malformed(text)
    })?;
    if input.files.is_empty() || input.files.len() > MAX_FILES {
        return Err(ApiError::invalid("files", format!("'files' must have 1 to {MAX_FILES} files")));
    }
    input.dry_run |= query.dry_run.unwrap_or_default();
    input.prune |= query.prune.unwrap_or_default();
    input.take_over |= query.take_over.unwrap_or_default();
    input.plan = input.plan.or(query.plan);
    Ok(input)
}

fn run(app: &App, caller: &Caller, input: &Input) -> Result<Value, ApiError> {
    let secrets = secrets(app, input)?;
    let names: Vec<&str> = input.files.iter().map(|file| file.name.as_str()).collect();
    let roots = nodes(input)?;
    let snapshot = &app.gateway.live().snapshot;
    let configured = Configured {
        provider: &|name| snapshot.providers.contains_key(name),
        guardrail: &|name| snapshot.guardrails.iter().any(|spec| &*spec.name == name),
    };
    let wanted = document::read(&roots, configured).map_err(|found| faults(&names, &found))?;
    drop(roots);
    let options = Options { prune: input.prune, take_over: input.take_over };
    let plan = work::plan(app, &wanted, options).map_err(|error| match error {
        PlanError::Faults(found) => faults(&names, &found),
        PlanError::Store(error) => error.into(),
    })?;
    let mut shown = shown::plan(&plan, &names);
    if input.plan.as_ref().is_some_and(|seen| shown["plan"] != seen.as_str()) {
        let text = "something was changed meanwhile: the plan is another one now; look at it again";
        return Err(ApiError::in_the_way(text).with("result", shown));
    }
    shown["dry_run"] = input.dry_run.into();
    if input.dry_run {
        return Ok(shown);
    }
    let done = work::execute(app, caller, &plan, &secrets);
    finish(&plan, &done, shown)
}

/// What keys are to be that the document gives none.
fn secrets(app: &App, input: &Input) -> Result<HashMap<String, Secret>, ApiError> {
    let (mut secrets, mut seen) = (HashMap::with_capacity(input.secrets.len()), HashSet::new());
    for (name, text) in &input.secrets {
        let fault = work::secret_fault(app, text, None);
        let fault = fault.or_else(|| (!seen.insert(text)).then(|| "another of them is the same".to_owned()));
        if let Some(message) = fault {
            return Err(ApiError::invalid(format!("secrets.{name}"), message));
        }
        secrets.insert(name.clone(), Secret::new(text.clone()));
    }
    Ok(secrets)
}

fn nodes(input: &Input) -> Result<Vec<Node>, ApiError> {
    let (mut roots, mut wrong) = (Vec::with_capacity(input.files.len()), Vec::new());
    for file in &input.files {
        let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
        match text::read_filled(text, &input.variables) {
            Ok(root) => roots.push(root),
            Err(found) => wrong.extend(found.into_iter().map(|fault| {
                let place = fault.place;
                told(&file.name, (place.line, place.column), "", &fault.message)
            })),
        }
    }
    if wrong.is_empty() { Ok(roots) } else { Err(refused(wrong)) }
}

/// What was done, or how far it went and why not on.
fn finish(plan: &Plan, done: &Done, mut shown: Value) -> Result<Value, ApiError> {
    shown["applied"] = done.applied.into();
    shown["keys"] = done
        .made
        .iter()
        .map(|made| json!({ "id": made.id.to_string(), "name": made.name, "key": made.key.expose() }))
        .collect();
    let Some(stopped) = &done.error else { return Ok(shown) };
    let all = plan.changes.len();
    let so_far = match done.applied {
        0 => "nothing was changed".to_owned(),
        applied => format!("{applied} of {all} changes were made, the rest was not; apply it again"),
    };
    Err(match stopped {
        Stopped::Busy => ApiError::in_the_way("another document is being applied; try again when it is done"),
        Stopped::Refused { at, error } => {
            let planned = plan.changes.get(*at);
            let kind = planned.map_or("entry", |planned| planned.change.account().level.as_str());
            let path = planned.map_or("", |planned| planned.path.as_str());
            ApiError::in_the_way(format!("the {kind} '{path}': {}; {so_far}", reason(error)))
                .with("result", shown)
        }
        Stopped::Store(error) if done.applied == 0 => {
            tracing::warn!(%error, "a document was not applied");
            ApiError::storage_unavailable(error)
        }
        Stopped::Store(error) => {
            tracing::warn!(%error, "a document was applied in part");
            ApiError::storage_unavailable(error).saying(so_far).with("result", shown)
        }
    })
}

fn reason(error: &StoreError) -> String {
    match error {
        StoreError::NameTaken { .. } => "another one beside it has this name".to_owned(),
        StoreError::Changed { .. } => "it was changed meanwhile".to_owned(),
        StoreError::Gone => "it, or what it refers to, was removed meanwhile".to_owned(),
        error => error.to_string(),
    }
}

fn faults(names: &[&str], found: &[Fault]) -> ApiError {
    let told = found.iter().map(|fault| {
        let spot = fault.entry.spot;
        let name = names.get(spot.file).copied().unwrap_or(NO_FILE);
        told(name, (spot.place.line, spot.place.column), &fault.entry.field, &fault.message)
    });
    refused(told.collect())
}

fn told(file: &str, (line, column): (u32, u32), field: &str, message: &str) -> Value {
    json!({ "file": file, "line": line, "column": column, "field": field, "message": message })
}

/// 400 with the first fault in words, and all of them for machines.
fn refused(faults: Vec<Value>) -> ApiError {
    let first = faults.first().cloned().unwrap_or_default();
    let text = |name: &str| first[name].as_str().unwrap_or_default().to_owned();
    let place = match first["line"].as_u64() {
        Some(line) if line > 0 => format!("{}:{line}:{}: ", text("file"), first["column"]),
        _ => String::new(),
    };
    ApiError::invalid(text("field"), format!("{place}{}", text("message"))).with("faults", faults.into())
}

/// Which part, and how it is written.
#[derive(Debug, Deserialize)]
pub(super) struct ExportQuery {
    organization: Option<String>,
    format: Option<String>,
    ids: Option<bool>,
}

/// Everything, or one organization, as a document.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    by::on_gateway(&caller, Resource::Documents.read())?;
    let as_json = match query.format.as_deref() {
        None | Some("yaml") => false,
        Some("json") => true,
        Some(_) => return Err(ApiError::invalid("format", "'format' must be yaml or json")),
    };
    let work = move || {
        let document = export::document(&app, query.organization.as_deref(), query.ids.unwrap_or_default())?;
        if as_json { Ok(yaml::write_json(&document)) } else { yaml::write(&document) }
    };
    let text = tokio::task::spawn_blocking(move || work().and_then(bounded)).await??;
    let kind = if as_json { "application/json" } else { "application/yaml" };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// What is larger could not be applied either.
fn bounded(text: String) -> Result<String, ApiError> {
    if text.len() > MAX_BODY {
        let text =
            "this is more than one document can hold: export one organization at a time (organization=NAME)";
        return Err(ApiError::too_large(text));
    }
    Ok(text)
}
