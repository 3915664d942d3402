//! Costs of past calls, computed again at other prices: because somebody asks for it, one at a time. Any node may do it; whoever
//! changes its row first does. Budgets stay as they were settled. It must not know HTTP.

mod job;
mod reprice;
pub(crate) mod run;

pub(crate) use job::{Change, Job, Recosting, id_of, shown};

use crate::app::audit;
use crate::app::state::App;
use gw_model::{NanoUsd, RequestId};
use gw_store::StoreError;
use gw_store::audit::Origin;
use gw_store::types::{JobState, StoredRecosting};
use serde_json::{Value, json};

/// Why a re-costing cannot be made or changed.
#[derive(Debug)]
pub(crate) enum RecostingError {
    /// Another one waits or runs.
    Open(Option<String>),
    /// It changes all the time.
    Busy,
    /// The database.
    Store(StoreError),
}

impl From<StoreError> for RecostingError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Has past calls cost something else as soon as a node can.
pub(crate) fn create(app: &App, origin: &Origin, job: Job) -> Result<Recosting, RecostingError> {
    let now = app.gateway.clock().now();
    let stored = StoredRecosting {
        id: RequestId::new(now, fastrand::u128(..)).0,
        state: JobState::Waiting,
        node: 0,
        touched_at: now,
        revision: 0,
        job: String::new(),
    };
    let mut recosting = Recosting { stored, job: Job { created_at: now, ..job } };
    recosting.stored = recosting.next(JobState::Waiting, 0, now)?;
    let mut entry = audit::draft(app, origin, "recosting.create", "recosting");
    entry.id = recosting.id();
    entry.after = Some(told(&recosting.job));
    let added = audit::with_entry(app, &entry, |store| {
        store.add_recosting(&recosting.stored).map(|added| added.then_some(()))
    })?;
    match added {
        Some(()) => {
            app.price_bell.ring();
            Ok(recosting)
        }
        None => Err(RecostingError::Open(app.storage.database.open_recosting()?.map(|open| shown(open.id)))),
    }
}

/// A page of them, the latest first.
pub(crate) fn list(app: &App, before: Option<u128>, limit: usize) -> Result<Vec<Recosting>, StoreError> {
    app.storage.database.recostings(before, limit)?.into_iter().map(Recosting::read).collect()
}

/// The one of that id.
pub(crate) fn find(app: &App, id: u128) -> Result<Option<Recosting>, StoreError> {
    app.storage.database.recosting(id)?.map(Recosting::read).transpose()
}

/// Ends one that is not wanted any more; what it changed stays changed, and one that is over stays as it is. `None` where there is
/// none.
pub(crate) fn cancel(app: &App, origin: &Origin, id: u128) -> Result<Option<Recosting>, RecostingError> {
    // Whoever does it says so with each page, which is no reason to give up.
    for _ in 0..20 {
        let Some(mut recosting) = find(app, id)? else { return Ok(None) };
        if !recosting.stored.state.is_open() {
            return Ok(Some(recosting));
        }
        let now = app.gateway.clock().now();
        recosting.job.ended_at = Some(now);
        let next = recosting.next(JobState::Cancelled, recosting.stored.node, now)?;
        let mut entry = audit::draft(app, origin, "recosting.cancel", "recosting");
        entry.id = recosting.id();
        entry.after = Some(json!({ "state": next.state.as_str(), "changed": recosting.job.changed.records }));
        let done = audit::with_entry(app, &entry, |store| {
            store.change_recosting(&next).map(|done| done.then_some(()))
        })?;
        if done.is_some() {
            recosting.stored = next;
            return Ok(Some(recosting));
        }
    }
    Err(RecostingError::Busy)
}

/// What the audit log says of one.
fn told(job: &Job) -> Value {
    let amount = |nanos: u64| NanoUsd(nanos).to_string();
    let mut told = json!({
        "dry_run": job.dry_run,
        "provider": job.provider,
        "upstream_model": job.upstream_model,
        "model": job.model,
        "from": gw_model::time::format(job.from),
        "to": gw_model::time::format(job.until),
        "prices": if job.prices.is_some() { "given" } else { "in force" },
    });
    if job.ended_at.is_some() {
        told["changed"] = job.changed.records.into();
        told["cost_before_usd"] = amount(job.changed.before).into();
        told["cost_after_usd"] = amount(job.changed.after).into();
    }
    told
}
