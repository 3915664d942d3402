//! Providers, models and guardrails that the admin API manages: blocks of the configuration in the database, checked by what checks
//! the file, and in force beside those of the file. What stands in the file wins. Secrets are sealed apart, and never
//! given out again.

pub(crate) mod merge;
pub(crate) mod probe;
mod secrets;
mod users;

use super::audit;
use super::authorization::Caller;
use super::called;
use super::routes::{self, RoutesError};
use super::state::App;
use gw_config::{StoredFault, StoredKind};
use gw_model::Snapshot;
use gw_pipeline::PublishError;
use gw_store::StoreError;
use gw_store::audit::{AuditDraft, changed};
use gw_store::traits::ControlStore;
use gw_store::types::StoredBlock;
use merge::{Candidate, OfFile, Problems};
use secrets::{moved, split};
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::Arc;

/// Why a provider, model or guardrail cannot be made, changed, removed or tested.
#[derive(Debug)]
pub(crate) enum BlockError {
    /// There is none of that name.
    NotFound(Kind),
    /// The file has it.
    OfFile(Kind, String),
    /// There are as many as there may be.
    TooMany(Kind),
    /// It is wrong.
    Faults(Vec<StoredFault>),
    /// Its secrets would go elsewhere.
    Moved {
        /// What leads elsewhere.
        field: String,
        /// The secret that was not given again.
        secret: String,
    },
    /// Others need it as it is.
    InUse(Vec<String>),
    /// It changed since.
    Changed(i64),
    /// Too many tests are under way, or the process ends.
    Busy,
    /// The configuration with it cannot be put in force.
    Publish(PublishError),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(kind) => write!(f, "there is no such {}", kind.as_str()),
            Self::OfFile(kind, name) => write!(
                f,
                "the {} '{name}' stands in the configuration file: change it there, or choose another name",
                kind.as_str()
            ),
            Self::TooMany(kind) => {
                write!(f, "there are {} {}s already; remove one first", kind.most(), kind.as_str())
            }
            Self::Faults(faults) => f.write_str(faults.first().map_or("", |fault| &fault.message)),
            Self::Moved { field, secret } => {
                write!(f, "'{field}' leads elsewhere: give '{secret}' again, or null")
            }
            Self::InUse(who) => write!(f, "{} would not work any more; change that first", who.join(", ")),
            Self::Changed(_) => f.write_str("it changed since"),
            Self::Busy => f.write_str("too many tests are under way; try again"),
            Self::Publish(error) => {
                write!(f, "{error}")?;
                std::error::Error::source(error).map_or(Ok(()), |source| write!(f, ": {source}"))
            }
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for BlockError {}

impl From<StoreError> for BlockError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed { revision } => Self::Changed(revision),
            error => Self::Store(error),
        }
    }
}

/// What a block describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Provider,
    Model,
    Guardrail,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Provider, Self::Model, Self::Guardrail];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Model => "model",
            Self::Guardrail => "guardrail",
        }
    }

    /// Most blocks of it: all are compiled anew with each change, and each call passes all guardrails.
    const fn most(self) -> usize {
        match self {
            Self::Provider | Self::Model => 500,
            Self::Guardrail => 100,
        }
    }

    /// `None`: a later version wrote it.
    fn of(block: &StoredBlock) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == block.kind)
    }

    const fn stored(self) -> StoredKind {
        match self {
            Self::Provider => StoredKind::Provider,
            Self::Model => StoredKind::Model,
            Self::Guardrail => StoredKind::Guardrail,
        }
    }

    /// Does a configuration have one of that name?
    fn is_in(self, snapshot: &Snapshot, name: &str) -> bool {
        match self {
            Self::Provider => snapshot.providers.contains_key(name),
            Self::Model => snapshot.models.contains_key(name),
            Self::Guardrail => {
                let mut guardrails = snapshot.guardrails.iter();
                guardrails.any(|spec| *spec.name == *name && !spec.is_stand_in())
            }
        }
    }

    const fn actions(self) -> [&'static str; 3] {
        match self {
            Self::Provider => ["provider.create", "provider.update", "provider.delete"],
            Self::Model => ["model.create", "model.update", "model.delete"],
            Self::Guardrail => ["guardrail.create", "guardrail.update", "guardrail.delete"],
        }
    }
}

/// A block as it may be shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) name: String,
    /// Without secrets.
    pub(crate) document: Map<String, Value>,
    /// Where secrets stand, as JSON pointers.
    pub(crate) secrets: Vec<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) revision: i64,
    /// Why it is not in force.
    pub(crate) problem: Option<String>,
}

/// Puts all that is stored in force, at start; what does not go with the file is left out and logged.
pub(crate) fn load(app: &App) -> Result<(), BlockError> {
    let _changing = app.changing.lock();
    if app.storage.database.blocks()?.is_empty() {
        return Ok(());
    }
    refresh_locked(app)
}

/// Puts in force what another node changed.
pub(crate) fn refresh(app: &App) -> Result<(), BlockError> {
    let _changing = app.changing.lock();
    refresh_locked(app)
}

fn refresh_locked(app: &App) -> Result<(), BlockError> {
    let base = merge::with_most(app, &app.file.load_full())?;
    put_in_force(app, base, || Ok(()))
}

/// What can fail comes first, `commit` (the database) last of it; then the new configuration is in force.
fn put_in_force<T>(
    app: &App,
    base: Snapshot,
    commit: impl FnOnce() -> Result<T, BlockError>,
) -> Result<T, BlockError> {
    let database = &*app.storage.database;
    let mut snapshot = routes::with_most(&base, database, None)?;
    snapshot.revision = app.gateway.live().snapshot.revision + 1;
    let live = app.gateway.prepare(snapshot, app.embedding()).map_err(BlockError::Publish)?;
    let done = commit()?;
    app.base.store(Arc::new(base));
    called::restore(database, &live, app.gateway.clock().now());
    app.gateway.publish(live);
    app.price_bell.ring();
    Ok(done)
}

/// All of a kind, by name.
pub(crate) fn list(app: &App, kind: Kind) -> Result<Vec<Shown>, BlockError> {
    let blocks = app.storage.database.blocks()?;
    let of_kind = blocks.iter().filter(|block| Kind::of(block) == Some(kind));
    let problems = Problems::default();
    Ok(of_kind.map(|block| shown_with(app, block, &problems)).collect())
}

/// One of them.
pub(crate) fn find(app: &App, kind: Kind, name: &str) -> Result<Shown, BlockError> {
    Ok(shown(app, &stored(app, kind, name)?))
}

fn shown(app: &App, block: &StoredBlock) -> Shown {
    shown_with(app, block, &Problems::default())
}

fn shown_with(app: &App, block: &StoredBlock, problems: &Problems) -> Shown {
    let opened = secrets::open(app, block);
    let secrets = opened.as_ref().map(|(_, hidden)| secrets::pointers(hidden)).unwrap_or_default();
    let is_in_force = Kind::of(block).is_some_and(|kind| kind.is_in(&app.base.load(), &block.name));
    let of_file = Kind::of(block).is_some_and(|kind| kind.is_in(&app.file.load().snapshot, &block.name));
    let problem = match (opened.is_some(), of_file, is_in_force) {
        (false, ..) => Some("what is sealed of it cannot be opened with this encryption key".to_owned()),
        (true, true, _) => Some("the configuration file has one of this name, which holds".to_owned()),
        (true, false, false) => problems.of(app, block),
        (true, false, true) => None,
    };
    Shown {
        name: block.name.clone(),
        document: serde_json::from_str(&block.document).unwrap_or_default(),
        secrets,
        created_at: block.created_at,
        updated_at: block.updated_at,
        revision: block.revision,
        problem,
    }
}

fn stored(app: &App, kind: Kind, name: &str) -> Result<StoredBlock, BlockError> {
    let all = app.storage.database.blocks()?;
    let found = all.into_iter().find(|block| Kind::of(block) == Some(kind) && block.name == name);
    found.ok_or_else(|| match kind.is_in(&app.file.load().snapshot, name) {
        true => BlockError::OfFile(kind, name.to_owned()),
        false => BlockError::NotFound(kind),
    })
}

/// Makes one; it is in force at once.
pub(crate) fn create(
    app: &App,
    caller: &Caller,
    kind: Kind,
    name: &str,
    mut given: Map<String, Value>,
) -> Result<Shown, BlockError> {
    let _changing = app.changing.lock();
    let file = app.file.load_full();
    if kind.is_in(&file.snapshot, name) {
        return Err(BlockError::OfFile(kind, name.to_owned()));
    }
    let blocks = app.storage.database.blocks()?;
    if blocks.iter().filter(|block| Kind::of(block) == Some(kind)).count() >= kind.most() {
        return Err(BlockError::TooMany(kind));
    }
    if blocks.iter().any(|block| Kind::of(block) == Some(kind) && block.name == name) {
        return Err(StoreError::NameTaken { name: name.to_owned() }.into());
    }
    given.retain(|_, value| !value.is_null());
    let base = checked(app, &file, &Candidate { kind, name, document: Some(given.clone()) })?;
    let now = app.gateway.clock().now();
    let block = sealed(app, kind, (name, now, now, 1), given)?;
    let mut entry = noted(app, caller, kind, 0, name);
    entry.after = Some(told(&block));
    put_in_force(app, base, || {
        audit::with_entry(app, &entry, |store| store.create_block(&block).map(Some))?;
        Ok(())
    })?;
    Ok(shown(app, &block))
}

/// Changes the members given; null takes one away. Calls that start from then on see it.
pub(crate) fn change(
    app: &App,
    caller: &Caller,
    (kind, name): (Kind, &str),
    given: Map<String, Value>,
    if_revision: Option<i64>,
) -> Result<Shown, BlockError> {
    let _changing = app.changing.lock();
    let file = app.file.load_full();
    let old = expected(stored(app, kind, name)?, if_revision)?;
    let has_secrets = given.iter().any(|(member, value)| secrets::is_hidden(member, value));
    let document = patched(app, &old, given)?;
    let base = checked(app, &file, &Candidate { kind, name, document: Some(document.clone()) })?;
    let now = app.gateway.clock().now();
    let block = sealed(app, kind, (name, old.created_at, now, old.revision + 1), document)?;
    let mut entry = noted(app, caller, kind, 1, name);
    let (before, mut after) = changed(&told(&old), &told(&block));
    if has_secrets {
        after["secrets"] = "others".into();
    }
    (entry.before, entry.after) = (Some(before), Some(after));
    put_in_force(app, base, || {
        let update = |store: &dyn ControlStore| Ok(store.update_block(&block)?.then_some(()));
        audit::with_entry(app, &entry, update)?.ok_or_else(|| overtaken(app, kind, name))
    })?;
    Ok(shown(app, &block))
}

/// Removes one that nothing needs; calls that it has in flight go on.
pub(crate) fn remove(
    app: &App,
    caller: &Caller,
    kind: Kind,
    name: &str,
    if_revision: Option<i64>,
) -> Result<(), BlockError> {
    let _changing = app.changing.lock();
    let file = app.file.load_full();
    let old = expected(stored(app, kind, name)?, if_revision)?;
    let users = users::of(app, &file, kind, name);
    if !users.is_empty() {
        return Err(BlockError::InUse(users));
    }
    let base = checked(app, &file, &Candidate { kind, name, document: None })?;
    let mut entry = noted(app, caller, kind, 2, name);
    entry.before = Some(told(&old));
    put_in_force(app, base, || {
        let delete = |store: &dyn ControlStore| {
            Ok(store.delete_block(kind.as_str(), name, Some(old.revision))?.then_some(()))
        };
        audit::with_entry(app, &entry, delete)?.ok_or_else(|| overtaken(app, kind, name))
    })
}

/// Another gateway was first.
fn overtaken(app: &App, kind: Kind, name: &str) -> BlockError {
    stored(app, kind, name).map_or_else(|error| error, |block| BlockError::Changed(block.revision))
}

fn expected(block: StoredBlock, if_revision: Option<i64>) -> Result<StoredBlock, BlockError> {
    match if_revision.is_some_and(|expected| expected != block.revision) {
        true => Err(BlockError::Changed(block.revision)),
        false => Ok(block),
    }
}

/// What is stored with the members given in place of its own. Errors: secrets would go elsewhere with it.
fn patched(
    app: &App,
    old: &StoredBlock,
    given: Map<String, Value>,
) -> Result<Map<String, Value>, BlockError> {
    let before = match secrets::open(app, old) {
        Some((whole, _)) => whole,
        // What cannot be opened is lost: whoever changes it gives it again.
        None => serde_json::from_str(&old.document).unwrap_or_default(),
    };
    let mut document = before.clone();
    for (name, value) in &given {
        match value {
            Value::Null => drop(document.remove(name)),
            value => drop(document.insert(name.clone(), value.clone())),
        }
    }
    if let Some((field, secret)) = moved(&before, &document, &given) {
        return Err(BlockError::Moved { field, secret });
    }
    Ok(document)
}

/// The configuration with the candidate. Errors: its faults, or what would not work any more.
fn checked(app: &App, file: &OfFile, candidate: &Candidate<'_>) -> Result<Snapshot, BlockError> {
    let base = merge::with(app, file, candidate)?;
    let broken = routes::newly_broken(&app.base.load(), &base, &*app.storage.database)?;
    if !broken.is_empty() {
        let who = broken.into_iter().map(|name| format!("the route '{name}'")).collect();
        return Err(BlockError::InUse(who));
    }
    Ok(base)
}

fn sealed(
    app: &App,
    kind: Kind,
    (name, created_at, updated_at, revision): (&str, i64, i64, i64),
    document: Map<String, Value>,
) -> Result<StoredBlock, BlockError> {
    let (public, hidden) = split(kind, document);
    let sealed = secrets::seal(app, kind, name, &hidden)?;
    Ok(StoredBlock {
        kind: kind.as_str().to_owned(),
        name: name.to_owned(),
        document: Value::Object(public).to_string(),
        sealed,
        created_at,
        updated_at,
        revision,
    })
}

/// An entry about a block.
fn noted(app: &App, caller: &Caller, kind: Kind, action: usize, name: &str) -> AuditDraft {
    let action = kind.actions().get(action).copied().unwrap_or_default();
    let mut entry = audit::draft(app, &caller.origin, action, kind.as_str());
    (entry.id, entry.name) = (name.to_owned(), name.to_owned());
    entry
}

/// What the audit log tells of one: never its secrets.
fn told(block: &StoredBlock) -> Value {
    let document: Value = serde_json::from_str(&block.document).unwrap_or_default();
    json!({ "document": document, "has_secrets": block.sealed.is_some() })
}

impl From<RoutesError> for BlockError {
    fn from(error: RoutesError) -> Self {
        match error {
            RoutesError::Publish(error) => Self::Publish(error),
            RoutesError::Store(error) => Self::Store(error),
            other => Self::InUse(vec![other.to_string()]),
        }
    }
}
