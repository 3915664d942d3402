//! Dynamic routes that the API manages: drafts and versions in the database, the published ones in the configuration in
//! force. What the file declares stays the floor: a route of the database never takes the name of a model of the file.

pub(crate) mod explain;

use super::audit;
use super::authorization::Caller;
use super::state::App;
use gw_config::{CompiledRoute, RouteFault, compile_route};
use gw_model::Snapshot;
use gw_model::routing::GateLimit;
use gw_model::snapshot::Model;
use gw_pipeline::PublishError;
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, changed};
use gw_store::fold::restore_tolls;
use gw_store::keys::generate_route_id;
use gw_store::traits::{ControlStore, Database};
use gw_store::types::{RouteDraft, RouteVersion, StoredRoute, VersionState};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Most routes of one gateway: all published ones are compiled anew with each change.
const MAX_ROUTES: usize = 1_000;

/// Why a route cannot be made, changed or put in force.
#[derive(Debug)]
pub(crate) enum RoutesError {
    /// There is no such route.
    NotFound,
    /// The route has no version of that number.
    NoVersion,
    /// There is nothing to publish.
    NoDraft,
    /// There is nothing to go back to.
    NothingBefore,
    /// There are as many as there may be.
    TooMany,
    /// A model of the file has that name.
    NameOfModel {
        /// Which.
        name: String,
    },
    /// The document is wrong.
    Faults {
        /// The route.
        name: String,
        /// What is wrong.
        faults: Vec<RouteFault>,
    },
    /// The configuration with it cannot be put in force.
    Publish(PublishError),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for RoutesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such route"),
            Self::NoVersion => f.write_str("the route has no such version; list them at /versions"),
            Self::NoDraft => f.write_str("the route has no draft; PATCH it first"),
            Self::NothingBefore => f.write_str("no version was published before; name one in 'version'"),
            Self::TooMany => write!(f, "there are {MAX_ROUTES} routes already; remove one first"),
            Self::NameOfModel { name } => {
                write!(f, "the configuration file has a model or route named '{name}'; choose another name")
            }
            Self::Faults { name, faults } => {
                let first = faults.first();
                let (at, what) = first.map_or(("", ""), |fault| (&fault.pointer, &fault.message));
                write!(f, "the route '{name}' cannot be put in force: {at}: {what}")
            }
            Self::Publish(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for RoutesError {}

impl From<StoreError> for RoutesError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A version of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// What is being written.
    Draft,
    /// What is in force; the draft when nothing is.
    Current,
    /// What was in force before.
    Before,
    /// By its number.
    Number(i64),
}

/// Compiles a document against the configuration of the file.
pub(crate) fn compile(base: &Snapshot, name: &str, document: &Value) -> Result<CompiledRoute, RoutesError> {
    // Also that of an alias which cannot be in force now: the route would stand for it, without its guardrails.
    if base.models.contains_key(name) || base.absent.contains(name) {
        return Err(RoutesError::NameOfModel { name: name.to_owned() });
    }
    compile_route(name, document, base)
        .map_err(|faults| RoutesError::Faults { name: name.to_owned(), faults })
}

/// The published version of a stored route, compiled.
fn published(base: &Snapshot, route: &StoredRoute) -> Option<Result<Model, RoutesError>> {
    let version = route.in_state(VersionState::Published)?;
    Some(compile_stored(base, &route.name, version).map(|compiled| compiled.model))
}

fn compile_stored(base: &Snapshot, name: &str, version: &RouteVersion) -> Result<CompiledRoute, RoutesError> {
    let document: Value = serde_json::from_str(&version.document)
        .map_err(|_| RoutesError::Store(StoreError::Damaged { what: "the document of a route" }))?;
    compile(base, name, &document)
}

/// The configuration of a new file with every published route. Errors: one of them does not go with the file.
pub(crate) fn with_all(base: &Snapshot, database: &dyn Database) -> Result<Snapshot, RoutesError> {
    let mut snapshot = base.clone();
    for route in database.routes()? {
        if let Some(model) = published(base, &route) {
            add(&mut snapshot, model?);
        }
    }
    Ok(snapshot)
}

fn add(snapshot: &mut Snapshot, model: Model) {
    snapshot.models.insert(Arc::clone(&model.name), Arc::new(model));
}

/// The configuration with the published routes that go with it; the others are left out and logged. `instead` stands in
/// for what is stored of a route: its model, or nothing.
pub(super) fn with_most(
    base: &Snapshot,
    database: &dyn Database,
    instead: Option<(&str, Option<Model>)>,
) -> Result<Snapshot, StoreError> {
    let mut snapshot = base.clone();
    let id = instead.as_ref().map(|(id, _)| *id);
    for route in database.routes()?.iter().filter(|route| Some(&*route.id) != id) {
        match published(base, route) {
            None => {}
            Some(Ok(model)) => add(&mut snapshot, model),
            Some(Err(error)) => {
                tracing::error!(route = %route.name, %error, "a route is left out");
                Arc::make_mut(&mut snapshot.absent).insert(route.name.as_str().into());
            }
        }
    }
    if let Some((_, Some(model))) = instead {
        add(&mut snapshot, model);
    }
    Ok(snapshot)
}

/// Names of the published routes that go with one configuration and not with another.
pub(super) fn newly_broken(
    before: &Snapshot,
    after: &Snapshot,
    database: &dyn Database,
) -> Result<Vec<String>, StoreError> {
    let fits =
        |base: &Snapshot, route: &StoredRoute| published(base, route).is_none_or(|model| model.is_ok());
    let routes = database.routes()?;
    let broken = routes.iter().filter(|route| fits(before, route) && !fits(after, route));
    Ok(broken.map(|route| route.name.clone()).collect())
}

/// Puts the published routes in force at start.
pub(crate) fn load(app: &App) -> Result<(), RoutesError> {
    let _changing = app.changing.lock();
    if app.storage.database.routes()?.is_empty() {
        return Ok(());
    }
    refresh_locked(app)
}

/// Puts the published routes in force that another node changed.
pub(crate) fn refresh(app: &App) -> Result<(), RoutesError> {
    let _changing = app.changing.lock();
    refresh_locked(app)
}

fn refresh_locked(app: &App) -> Result<(), RoutesError> {
    let base = app.base.load_full();
    let snapshot = with_most(&base, &*app.storage.database, None)?;
    put_in_force(app, snapshot, || Ok(()))
}

/// Sets, at start, what was spent behind the budgets of the routes in force, and of all else that is called.
pub(crate) fn restore_budgets(app: &App) -> Result<(), StoreError> {
    let live = app.gateway.live();
    let mut periods = HashMap::new();
    for model in live.snapshot.models.values() {
        model.group.gates(&mut |gate| {
            if let GateLimit::Budget { period, .. } = gate.limit {
                periods.insert(gate.counter, period);
            }
        });
    }
    let period_of = |gate| periods.get(&gate).copied();
    let now = app.gateway.clock().now();
    super::called::restore(&*app.storage.database, &live, now);
    restore_tolls(&*app.storage.database, &app.gateway.gates, now, &period_of)
}

/// What can fail comes first, `commit` (the database) last of it; then the new configuration is in force.
fn put_in_force<T>(
    app: &App,
    mut snapshot: Snapshot,
    commit: impl FnOnce() -> Result<T, RoutesError>,
) -> Result<T, RoutesError> {
    snapshot.revision = app.gateway.live().snapshot.revision + 1;
    let live = app.gateway.prepare(snapshot, app.embedding()).map_err(RoutesError::Publish)?;
    let done = commit()?;
    app.gateway.publish(live);
    Ok(done)
}

/// All of them, by name.
pub(crate) fn list(app: &App) -> Result<Vec<StoredRoute>, StoreError> {
    app.storage.database.routes()
}

/// One of them.
pub(crate) fn find(app: &App, id: &str) -> Result<StoredRoute, RoutesError> {
    app.storage.database.route(id)?.ok_or(RoutesError::NotFound)
}

/// What a caller writes.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) document: Value,
    pub(crate) author: String,
    pub(crate) note: String,
}

impl Draft {
    fn stored(self) -> RouteDraft {
        RouteDraft { document: self.document.to_string(), author: self.author, note: self.note }
    }
}

/// Makes a route with a draft; nobody can call it yet.
pub(crate) fn create(
    app: &App,
    caller: &Caller,
    name: &str,
    draft: Draft,
) -> Result<(StoredRoute, Vec<RouteFault>), RoutesError> {
    let _changing = app.changing.lock();
    let compiled = compile(&app.base.load(), name, &draft.document)?;
    if app.storage.database.routes()?.len() >= MAX_ROUTES {
        return Err(RoutesError::TooMany);
    }
    let now = app.gateway.clock().now();
    let id = generate_route_id()?;
    let mut entry = noted(app, caller, "route.create", (&id, name));
    entry.after = Some(told(&draft));
    let draft = draft.stored();
    let made = audit::with_entry(app, &entry, |store| store.create_route(&id, name, &draft, now).map(Some))?;
    Ok((made.ok_or(RoutesError::NotFound)?, compiled.warnings))
}

/// Writes the draft; what is in force stays.
pub(crate) fn save(
    app: &App,
    caller: &Caller,
    id: &str,
    draft: Draft,
    if_revision: Option<i64>,
) -> Result<(StoredRoute, Vec<RouteFault>), RoutesError> {
    let _changing = app.changing.lock();
    let route = find(app, id)?;
    let compiled = compile(&app.base.load(), &route.name, &draft.document)?;
    let now = app.gateway.clock().now();
    let mut entry = noted(app, caller, "route.update", (id, &route.name));
    let old = route.in_state(VersionState::Draft).map(told_version).unwrap_or_else(|| json!({}));
    let (before, after) = changed(&old, &told(&draft));
    (entry.before, entry.after) = (Some(before), Some(after));
    let draft = draft.stored();
    let saved = audit::with_entry(app, &entry, |store| store.save_draft(id, &draft, if_revision, now))?;
    Ok((saved.ok_or(RoutesError::NotFound)?, compiled.warnings))
}

/// The version of a route.
pub(crate) fn version(route: &StoredRoute, which: Which) -> Result<&RouteVersion, RoutesError> {
    let draft = || route.in_state(VersionState::Draft);
    match which {
        Which::Draft => draft().ok_or(RoutesError::NoDraft),
        Which::Current => {
            route.in_state(VersionState::Published).or_else(draft).ok_or(RoutesError::NoVersion)
        }
        Which::Before => route.before().ok_or(RoutesError::NothingBefore),
        Which::Number(number) => {
            route.versions.iter().find(|version| version.number == number).ok_or(RoutesError::NoVersion)
        }
    }
}

/// Puts a version in force, at once and for every call that starts from then on.
pub(crate) fn publish(
    app: &App,
    caller: &Caller,
    id: &str,
    which: Which,
    if_revision: Option<i64>,
) -> Result<StoredRoute, RoutesError> {
    let _changing = app.changing.lock();
    let route = find(app, id)?;
    let version = version(&route, which)?;
    let base = app.base.load_full();
    let model = compile_stored(&base, &route.name, version)?.model;
    let database = &*app.storage.database;
    let snapshot = with_most(&base, database, Some((id, Some(model))))?;
    let now = app.gateway.clock().now();
    let action = if which == Which::Draft { "route.publish" } else { "route.rollback" };
    let mut entry = noted(app, caller, action, (id, &route.name));
    let in_force = |version: &RouteVersion| {
        let mut told = told_version(version);
        told["version"] = version.number.into();
        told
    };
    let old = route.in_state(VersionState::Published).map(in_force).unwrap_or_else(|| json!({}));
    let (before, after) = changed(&old, &in_force(version));
    (entry.before, entry.after) = (Some(before), Some(after));
    put_in_force(app, snapshot, || {
        let publish = |store: &dyn ControlStore| store.publish_route(id, version.number, if_revision, now);
        audit::with_entry(app, &entry, publish)?.ok_or(RoutesError::NotFound)
    })
}

/// Removes a route; calls that it has in flight go on.
pub(crate) fn remove(
    app: &App,
    caller: &Caller,
    id: &str,
    if_revision: Option<i64>,
) -> Result<(), RoutesError> {
    let _changing = app.changing.lock();
    let route = find(app, id)?;
    let mut entry = noted(app, caller, "route.delete", (id, &route.name));
    let known = route.in_state(VersionState::Published).or_else(|| route.in_state(VersionState::Draft));
    entry.before = known.map(told_version);
    let database = &*app.storage.database;
    let snapshot = with_most(&app.base.load_full(), database, Some((id, None)))?;
    put_in_force(app, snapshot, || {
        let delete = |store: &dyn ControlStore| Ok(store.delete_route(id, if_revision)?.then_some(()));
        audit::with_entry(app, &entry, delete)?.ok_or(RoutesError::NotFound)
    })
}

/// An entry about a route, by its id and name.
fn noted(app: &App, caller: &Caller, action: &'static str, (id, name): (&str, &str)) -> AuditDraft {
    let mut entry = audit::draft(app, &caller.origin, action, "route");
    (entry.id, entry.name) = (id.to_owned(), name.to_owned());
    entry
}

/// A draft as the audit log tells of it.
fn told(draft: &Draft) -> Value {
    json!({ "document": draft.document, "author": draft.author, "note": draft.note })
}

fn told_version(version: &RouteVersion) -> Value {
    let document: Value = serde_json::from_str(&version.document).unwrap_or_default();
    json!({ "document": document, "author": version.author, "note": version.note })
}

/// A version as it would run now.
pub(crate) fn model(app: &App, route: &StoredRoute, which: Which) -> Result<Arc<Model>, RoutesError> {
    let compiled = compile_stored(&app.base.load(), &route.name, version(route, which)?)?;
    Ok(Arc::new(compiled.model))
}
