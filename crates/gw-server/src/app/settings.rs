//! Plain settings: what is in force and where it comes from, and what the API puts in the place of defaults. The file goes before
//! it, as everywhere. A change is compiled as the file is, stored with its entry in the audit log, and in force at once; other
//! gateways follow. It must not change what a gateway reads at its start alone.

use super::audit;
use super::authorization::Caller;
use super::state::{App, ApplyError};
use crate::serve::boot::Configured;
use crate::serve::configuration::{self, ConfigurationError};
use crate::serve::demo;
use arc_swap::ArcSwap;
use gw_config::Compiled;
use gw_config::listed::{Listed, Origin, Stored};
use gw_store::StoreError;
use gw_store::traits::{BlockStore, ControlStore};
use gw_store::types::StoredBlock;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The kind of their rows beside those of providers and models; earlier versions pass them over.
const KIND: &str = "setting";

/// What the process knows of them.
#[derive(Default)]
pub(crate) struct Overlay {
    /// How the configuration is read, once the process serves.
    configured: OnceLock<Configured>,
    /// Those in force.
    stored: ArcSwap<Vec<Stored>>,
    /// What the database said when those came into force: some of it may not go with the file.
    seen: ArcSwap<Vec<Stored>>,
    /// Held while the configuration is read and put in force.
    turn: Mutex<()>,
}

impl Overlay {
    /// That were in force at start.
    pub(crate) fn of(stored: Vec<Stored>) -> Self {
        let stored = Arc::new(stored);
        Self { stored: ArcSwap::new(Arc::clone(&stored)), seen: ArcSwap::new(stored), ..Self::default() }
    }

    /// How the configuration is read from now on. Counts once.
    pub(crate) fn serve(&self, configured: Configured) {
        // The first one stays.
        let _ = self.configured.set(configured);
    }
}

/// Why a setting cannot be changed.
#[derive(Debug)]
pub(crate) enum SettingError {
    /// There is none of that name.
    NotFound,
    /// The file says what it is, or what goes before the file.
    Elsewhere {
        /// Where.
        place: String,
    },
    /// It counts at start alone, or is no plain number, truth value or word.
    AtStart,
    /// The value is not right.
    Wrong(String),
    /// The configuration file is not right now, whatever the setting is.
    File(ConfigurationError),
    /// It changed since.
    Changed(i64),
    /// The process is about to begin or to end.
    NotServing,
    /// It cannot be put in force here.
    NotInForce(ApplyError),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such setting"),
            Self::Elsewhere { place } => {
                write!(f, "{place} says what this is, and goes before the API; change it there")
            }
            Self::AtStart => {
                f.write_str("this cannot be changed while the gateway runs; set it in the configuration file")
            }
            Self::Wrong(why) => f.write_str(why),
            Self::File(error) => {
                write!(f, "the configuration file changed and cannot be read; put it right first: {error}")
            }
            Self::Changed(_) => f.write_str("it changed since"),
            Self::NotServing => f.write_str("the gateway is about to begin or to end; try again"),
            Self::NotInForce(error) => write!(f, "it cannot be put in force: {error}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for SettingError {}

impl From<ApplyError> for SettingError {
    fn from(error: ApplyError) -> Self {
        Self::NotInForce(error)
    }
}

impl From<StoreError> for SettingError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed { revision } => Self::Changed(revision),
            error => Self::Store(error),
        }
    }
}

/// A setting, and what is stored of it.
pub(crate) struct Shown {
    pub(crate) listed: Listed,
    pub(crate) row: Option<StoredBlock>,
}

impl Shown {
    /// 0 where nothing is stored.
    pub(crate) fn revision(&self) -> i64 {
        self.row.as_ref().map_or(0, |row| row.revision)
    }
}

/// What is stored.
fn rows(database: &dyn BlockStore) -> Result<Vec<StoredBlock>, StoreError> {
    let mut rows = database.blocks()?;
    rows.retain(|row| row.kind == KIND);
    Ok(rows)
}

/// What a row says; nothing where a later version wrote it.
fn stored(row: &StoredBlock) -> Option<Stored> {
    let document: Value = serde_json::from_str(&row.document).ok()?;
    Some(Stored { name: row.name.clone(), value: document.get("value")?.clone() })
}

/// All that is stored.
fn all_stored(database: &dyn BlockStore) -> Result<Vec<Stored>, StoreError> {
    Ok(rows(database)?.iter().filter_map(stored).collect())
}

/// Reads the configuration with what is stored; what does not go with the file is left out and logged.
fn read(
    origin: &configuration::Origin,
    revision: u64,
    wanted: &[Stored],
) -> Result<(Compiled, Vec<Stored>), ConfigurationError> {
    if let Ok(compiled) = configuration::read_with(origin, revision, wanted) {
        return Ok((compiled, wanted.to_vec()));
    }
    // What is wrong without them is the file's own.
    let mut compiled = configuration::read(origin, revision)?;
    let mut kept: Vec<Stored> = Vec::new();
    for one in wanted {
        kept.push(one.clone());
        match configuration::read_with(origin, revision, &kept) {
            Ok(with) => compiled = with,
            Err(error) => {
                tracing::error!(setting = one.name, %error, "a setting of the API is left out");
                kept.pop();
            }
        }
    }
    Ok((compiled, kept))
}

/// The configuration at start with what is stored, in place of the one that was read before there was a store.
pub(crate) fn at_start(
    database: &dyn BlockStore,
    configured: &Configured,
    before: Compiled,
) -> Result<(Compiled, Vec<Stored>), StoreError> {
    let wanted = all_stored(database)?;
    if wanted.is_empty() {
        return Ok((before, wanted));
    }
    // The file was right a moment ago.
    let Ok((mut compiled, kept)) = read(&configured.origin, configured.revision, &wanted) else {
        return Ok((before, Vec::new()));
    };
    if let Some(addr) = configured.emulator {
        demo::connect(&mut compiled.snapshot, addr);
    }
    Ok((compiled, kept))
}

/// Why the configuration cannot be read anew.
#[derive(Debug)]
pub(crate) enum RereadError {
    /// It is wrong.
    Configuration(ConfigurationError),
    /// It cannot be put in force.
    Apply(ApplyError),
}

impl fmt::Display for RereadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(error) => write!(f, "{error}"),
            Self::Apply(error) => write!(f, "{error}"),
        }
    }
}

/// Reads the configuration anew, and puts it in force with what is stored. While the database is away, with what it said last.
pub(crate) fn reread(app: &App, configured: &Configured, revision: u64) -> Result<(), RereadError> {
    let _turn = app.settings.turn.lock();
    let wanted = match all_stored(&*app.storage.database) {
        Ok(wanted) => wanted,
        Err(error) => {
            tracing::warn!(%error, "settings of the API cannot be read; those in force stay");
            app.settings.stored.load().to_vec()
        }
    };
    let (compiled, kept) = read(&configured.origin, revision, &wanted).map_err(RereadError::Configuration)?;
    app.apply(compiled, configured.emulator).map_err(RereadError::Apply)?;
    app.settings.stored.store(Arc::new(kept));
    app.settings.seen.store(Arc::new(wanted));
    Ok(())
}

/// Puts in force what another gateway changed. True where there was something: then all of the configuration is.
pub(crate) fn refresh(app: &App) -> Result<bool, StoreError> {
    let Some(configured) = app.settings.configured.get() else { return Ok(false) };
    let wanted = all_stored(&*app.storage.database)?;
    if **app.settings.seen.load() == wanted {
        return Ok(false);
    }
    if let Err(error) = reread(app, configured, configured.revision) {
        tracing::error!(%error, "settings of another gateway cannot be put in force");
        // Not again until they change, or the file is read anew.
        app.settings.seen.store(Arc::new(wanted));
        return Ok(false);
    }
    Ok(true)
}

/// All settings as they are stored now: what another gateway changed a moment ago comes into force here first, so that nobody
/// gets the revision of a value that he was not shown.
pub(crate) fn list_fresh(app: &App) -> Result<Vec<Shown>, StoreError> {
    refresh(app)?;
    list(app)
}

/// The same of one.
pub(crate) fn find_fresh(app: &App, name: &str) -> Result<Shown, SettingError> {
    refresh(app)?;
    find(app, name)
}

/// All settings.
fn list(app: &App) -> Result<Vec<Shown>, StoreError> {
    let mut rows = rows(&*app.storage.database)?;
    let listed = app.file.load().declared.listed();
    let shown = listed.into_iter().map(|listed| {
        let at = rows.iter().position(|row| row.name == listed.name);
        Shown { row: at.map(|at| rows.swap_remove(at)), listed }
    });
    Ok(shown.collect())
}

/// The setting of that name.
fn find(app: &App, name: &str) -> Result<Shown, SettingError> {
    list(app)?.into_iter().find(|shown| shown.listed.name == name).ok_or(SettingError::NotFound)
}

/// Puts a value in the place of the default, or takes it away.
pub(crate) fn change(
    app: &App,
    caller: &Caller,
    name: &str,
    value: Option<Value>,
    if_revision: Option<i64>,
) -> Result<Shown, SettingError> {
    let configured = app.settings.configured.get().ok_or(SettingError::NotServing)?;
    let _turn = app.settings.turn.lock();
    let shown = find(app, name)?;
    may_change(&shown, value.is_none(), app, name)?;
    if let Some(expected) = if_revision.filter(|expected| *expected != shown.revision()) {
        tracing::debug!(setting = name, expected, "a setting changed since it was read");
        return Err(SettingError::Changed(shown.revision()));
    }
    let mut wanted: Vec<Stored> = app.settings.stored.load().to_vec();
    wanted.retain(|one| one.name != name);
    wanted.extend(value.clone().map(|value| Stored { name: name.to_owned(), value }));
    wanted.sort_by(|one, other| one.name.cmp(&other.name));
    let revision = app.gateway.live().snapshot.revision + 1;
    let compiled = configuration::read_with(&configured.origin, revision, &wanted).map_err(|error| {
        // Without it the file may be wrong too, and is then what to look at.
        match configuration::read(&configured.origin, revision) {
            Err(of_file) => SettingError::File(of_file),
            Ok(_) => SettingError::Wrong(why(&error)),
        }
    })?;
    app.apply_with(compiled, configured.emulator, |entry| {
        write(app, caller, &shown, value)?;
        // It is stored, and so in force: what tells of the same as the setting's own entry is no reason to say otherwise.
        audit::note_or_log(app, entry);
        Ok::<_, SettingError>(())
    })?;
    let wanted = Arc::new(wanted);
    app.settings.stored.store(Arc::clone(&wanted));
    app.settings.seen.store(wanted);
    find(app, name)
}

/// What is wrong with a value, in the configuration's own words: those of its file need no naming here.
fn why(error: &ConfigurationError) -> String {
    match error {
        ConfigurationError::Faults(faults) => {
            faults.faults.first().map_or_else(|| error.to_string(), |fault| fault.message.clone())
        }
        other => other.to_string(),
    }
}

fn may_change(shown: &Shown, is_removal: bool, app: &App, name: &str) -> Result<(), SettingError> {
    if is_removal && shown.row.is_none() {
        return Err(SettingError::NotFound);
    }
    // What is stored and of no effect may go.
    if is_removal {
        return Ok(());
    }
    match shown.listed.origin {
        Origin::File(place) => {
            Err(SettingError::Elsewhere { place: format!("{}:{} ('{name}')", app.file_name(), place.line) })
        }
        Origin::Start => {
            Err(SettingError::Elsewhere { place: "the command line or the environment".to_owned() })
        }
        Origin::Default | Origin::Api if !shown.listed.is_changeable => Err(SettingError::AtStart),
        Origin::Default | Origin::Api => Ok(()),
    }
}

/// Stores it, with its entry in the audit log.
fn write(app: &App, caller: &Caller, shown: &Shown, value: Option<Value>) -> Result<(), SettingError> {
    let name = shown.listed.name;
    let action = if value.is_some() { "setting.update" } else { "setting.delete" };
    let mut entry = audit::draft(app, &caller.origin, action, "setting");
    (entry.id, entry.name) = (name.to_owned(), name.to_owned());
    entry.before = Some(json!({ "value": shown.listed.value }));
    entry.after = Some(json!({ "value": value.as_ref().unwrap_or(shown.listed.default) }));
    let now = app.gateway.clock().now();
    let changed = |value: Value| StoredBlock {
        kind: KIND.to_owned(),
        name: name.to_owned(),
        document: json!({ "value": value }).to_string(),
        sealed: None,
        created_at: shown.row.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
        // One that goes and comes back is another one, of which nobody has an ETag.
        revision: shown.row.as_ref().map_or(now, |row| row.revision + 1),
    };
    let change = |store: &dyn ControlStore| {
        let is_done = match (value, &shown.row) {
            (Some(value), None) => store.create_block(&changed(value)).map(|()| true)?,
            (Some(value), Some(_)) => store.update_block(&changed(value))?,
            (None, _) => store.delete_block(KIND, name, Some(shown.revision()))?,
        };
        Ok(is_done.then_some(()))
    };
    match audit::with_entry(app, &entry, change) {
        Ok(Some(())) => Ok(()),
        // Another gateway was first.
        Ok(None) | Err(StoreError::NameTaken { .. }) => {
            let now = rows(&*app.storage.database)?.into_iter().find(|row| row.name == name);
            Err(SettingError::Changed(now.map_or(0, |row| row.revision)))
        }
        Err(error) => Err(error.into()),
    }
}
