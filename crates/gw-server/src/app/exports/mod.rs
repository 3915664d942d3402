//! Exports of records: what is to be written where, by hand or by a schedule, and what came of it. Any node may write one;
//! whoever changes its row first does. It must not know HTTP.

mod columns;
mod file;
mod parquet;
pub(crate) mod run;
mod schedule;

use super::audit;
use super::state::App;
use gw_model::{Micros, RequestId};
use gw_store::StoreError;
use gw_store::audit::Origin;
use gw_store::types::{ExportState, StoredExport};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Most exports that wait or are written at a time.
pub(crate) const MAX_OPEN: usize = 200;

/// What is to be written, and what came of it. Stored as JSON: members are added, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Job {
    /// `parquet` or `jsonl`.
    pub(crate) format: String,
    /// `directory` or `s3`.
    pub(crate) to: String,
    /// With bodies.
    pub(crate) with_bodies: bool,
    /// Which records, as parameters of their list.
    pub(crate) filter: BTreeMap<String, String>,
    /// Records that arrived from then on.
    pub(crate) from: Micros,
    /// And before then.
    pub(crate) until: Micros,
    /// The schedule that it is of.
    pub(crate) schedule: Option<String>,
    /// Who asked for it.
    pub(crate) by: String,
    pub(crate) created_at: Micros,
    /// It is not tried before then.
    pub(crate) not_before: Micros,
    pub(crate) ended_at: Option<Micros>,
    pub(crate) tries: u32,
    /// Its name in the directory or the bucket.
    pub(crate) name: String,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// Records of which bodies are kept that could not be read.
    pub(crate) without_bodies: u64,
    /// Why the last try failed.
    pub(crate) error: Option<String>,
}

impl Job {
    pub(crate) fn is_parquet(&self) -> bool {
        self.format == "parquet"
    }

    /// Its media type.
    pub(crate) fn media_type(&self) -> &'static str {
        if self.is_parquet() { "application/vnd.apache.parquet" } else { "application/jsonl" }
    }
}

/// An export, read.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    pub(crate) stored: StoredExport,
    pub(crate) job: Job,
}

impl Export {
    fn read(stored: StoredExport) -> Result<Self, StoreError> {
        let job = serde_json::from_str(&stored.job).map_err(|_| StoreError::Damaged { what: "an export" })?;
        Ok(Self { stored, job })
    }

    /// As it is to be stored next.
    fn next(&self, state: ExportState, node: u64, now: Micros) -> Result<StoredExport, StoreError> {
        let job = serde_json::to_string(&self.job).map_err(|_| StoreError::Damaged { what: "an export" })?;
        Ok(StoredExport {
            id: self.stored.id,
            state,
            node,
            touched_at: now,
            revision: self.stored.revision + 1,
            job,
        })
    }

    /// Its id, as shown.
    pub(crate) fn id(&self) -> String {
        shown(self.stored.id)
    }
}

/// An id as text.
pub(crate) fn shown(id: u128) -> String {
    format!("exp_{id:032x}")
}

/// The id of a text.
pub(crate) fn id_of(text: &str) -> Option<u128> {
    let hex = text.strip_prefix("exp_").filter(|hex| hex.len() == 32)?;
    u128::from_str_radix(hex, 16).ok()
}

/// Where files are.
pub(crate) fn directory(app: &App) -> PathBuf {
    let settings = app.exports.load();
    settings.directory.clone().unwrap_or_else(|| app.storage.path().join("exports"))
}

/// Why an export cannot be made or changed.
#[derive(Debug)]
pub(crate) enum ExportError {
    /// There are too many.
    TooMany,
    /// There is no bucket.
    NoBucket,
    /// It is over, so that nothing can be cancelled.
    Over(ExportState),
    /// It changes all the time.
    Busy,
    /// The database.
    Store(StoreError),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Has something to be written as soon as a node can.
pub(crate) fn create(app: &App, origin: &Origin, job: Job) -> Result<Export, ExportError> {
    if job.to == "s3" && app.exports.load().s3.is_none() {
        return Err(ExportError::NoBucket);
    }
    if app.storage.database.open_exports(MAX_OPEN)?.len() >= MAX_OPEN {
        return Err(ExportError::TooMany);
    }
    let now = app.gateway.clock().now();
    let id = RequestId::new(now, fastrand::u128(..)).0;
    let name = format!("records-{}.{}", shown(id), job.format);
    let job = Job { name, created_at: now, ..job };
    let stored = StoredExport {
        id,
        state: ExportState::Waiting,
        node: 0,
        touched_at: now,
        revision: 0,
        job: String::new(),
    };
    let mut export = Export { stored, job };
    export.stored = export.next(ExportState::Waiting, 0, now)?;
    let mut entry = audit::draft(app, origin, "export.create", "export");
    (entry.id, entry.name) = (export.id(), export.job.name.clone());
    entry.after = Some(
        json!({ "format": export.job.format, "to": export.job.to, "with_bodies": export.job.with_bodies }),
    );
    audit::with_entry(app, &entry, |store| {
        store.add_export(&export.stored).map(|added| added.then_some(()))
    })?;
    app.export_bell.ring();
    Ok(export)
}

/// A page of exports, the latest first.
pub(crate) fn list(app: &App, before: Option<u128>, limit: usize) -> Result<Vec<Export>, StoreError> {
    app.storage.database.exports(before, limit)?.into_iter().map(Export::read).collect()
}

/// The export of that id.
pub(crate) fn find(app: &App, id: u128) -> Result<Option<Export>, StoreError> {
    app.storage.database.export(id)?.map(Export::read).transpose()
}

/// Ends one that is not wanted any more; `None` where there is none.
pub(crate) fn cancel(app: &App, origin: &Origin, id: u128) -> Result<Option<Export>, ExportError> {
    // Whoever writes it says so now and then, which is no reason to give up.
    for _ in 0..10 {
        let Some(mut export) = find(app, id)? else { return Ok(None) };
        if !export.stored.state.is_open() {
            return Err(ExportError::Over(export.stored.state));
        }
        let now = app.gateway.clock().now();
        export.job.ended_at = Some(now);
        let next = export.next(ExportState::Cancelled, export.stored.node, now)?;
        let mut entry = audit::draft(app, origin, "export.cancel", "export");
        (entry.id, entry.name) = (export.id(), export.job.name.clone());
        entry.after = Some(json!({ "state": next.state.as_str() }));
        let done = audit::with_entry(app, &entry, |store| {
            store.change_export(&next).map(|done| done.then_some(()))
        })?;
        if done.is_some() {
            export.stored = next;
            return Ok(Some(export));
        }
    }
    Err(ExportError::Busy)
}

/// Notes that somebody took a file that has bodies.
pub(crate) fn note_download(app: &App, origin: &Origin, export: &Export) -> Result<(), StoreError> {
    let mut entry = audit::draft(app, origin, "export.download", "export");
    (entry.id, entry.name) = (export.id(), export.job.name.clone());
    entry.after = Some(json!({ "with_bodies": export.job.with_bodies, "records": export.job.records }));
    audit::note(app, &entry)
}
