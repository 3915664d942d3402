//! What a re-costing is to do, and how far it is.

use gw_model::{Micros, NanoUsd, PriceSheet};
use gw_store::StoreError;
use gw_store::types::{JobState, StoredRecosting};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Models and teams whose differences are told one by one; those of further ones are told together.
const MAX_TOLD: usize = 500;
/// What those are called.
const OTHERS: &str = "(others)";

/// What a part of the records cost, and is to cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Change {
    pub(crate) records: u64,
    pub(crate) before: u64,
    pub(crate) after: u64,
}

impl Change {
    pub(super) fn add(&mut self, before: NanoUsd, after: NanoUsd) {
        self.records += 1;
        self.before = self.before.saturating_add(before.0);
        self.after = self.after.saturating_add(after.0);
    }
}

/// What is to be done, and how far it is. Stored as JSON: members are added, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Job {
    /// Nothing is to be changed, only told.
    pub(crate) dry_run: bool,
    /// Attempts at that provider only.
    pub(crate) provider: Option<String>,
    /// Attempts with that name of a model there only.
    pub(crate) upstream_model: Option<String>,
    /// Calls of that model, as callers name it, only.
    pub(crate) model: Option<String>,
    /// These prices, in place of those in force.
    pub(crate) prices: Option<PriceSheet>,
    /// Records of calls that arrived from then on, and before then.
    pub(crate) from: Micros,
    pub(crate) until: Micros,
    /// It does not begin before then.
    pub(crate) not_before: Micros,
    /// Who asked for it.
    pub(crate) by: String,
    pub(crate) created_at: Micros,
    pub(crate) started_at: Option<Micros>,
    pub(crate) ended_at: Option<Micros>,
    /// What is still to be done are records older than this one.
    pub(crate) before: Option<String>,
    /// Records that were looked at.
    pub(crate) seen: u64,
    /// Those that cost something else from now on.
    pub(crate) changed: Change,
    /// Those that stay as they are though they were asked for, by the reason.
    pub(crate) left: BTreeMap<String, u64>,
    /// By provider and model there, with a slash between.
    pub(crate) models: BTreeMap<String, Change>,
    /// By team.
    pub(crate) teams: BTreeMap<String, Change>,
    /// Why it was given up.
    pub(crate) error: Option<String>,
}

impl Job {
    /// Is it about attempts at that provider, with that name of a model there?
    pub(crate) fn wants(&self, provider: &str, upstream_model: &str) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        is(&self.provider, provider) && is(&self.upstream_model, upstream_model)
    }

    /// Counts a difference among others of its sort.
    pub(super) fn tell(sort: &mut BTreeMap<String, Change>, name: &str, before: NanoUsd, after: NanoUsd) {
        let is_known = sort.len() < MAX_TOLD || sort.contains_key(name);
        let name = if is_known { name } else { OTHERS };
        sort.entry(name.to_owned()).or_default().add(before, after);
    }
}

/// A re-costing, read.
#[derive(Clone, Debug)]
pub(crate) struct Recosting {
    pub(crate) stored: StoredRecosting,
    pub(crate) job: Job,
}

impl Recosting {
    pub(super) fn read(stored: StoredRecosting) -> Result<Self, StoreError> {
        let damaged = |_| StoreError::Damaged { what: "a re-costing" };
        let job = serde_json::from_str(&stored.job).map_err(damaged)?;
        Ok(Self { stored, job })
    }

    /// As it is to be stored next.
    pub(super) fn next(
        &self,
        state: JobState,
        node: u64,
        now: Micros,
    ) -> Result<StoredRecosting, StoreError> {
        let damaged = |_| StoreError::Damaged { what: "a re-costing" };
        let job = serde_json::to_string(&self.job).map_err(damaged)?;
        let (id, revision) = (self.stored.id, self.stored.revision + 1);
        Ok(StoredRecosting { id, state, node, touched_at: now, revision, job })
    }

    /// Its id, as shown.
    pub(crate) fn id(&self) -> String {
        shown(self.stored.id)
    }
}

/// An id as text.
pub(crate) fn shown(id: u128) -> String {
    format!("rec_{id:032x}")
}

/// The id of a text.
pub(crate) fn id_of(text: &str) -> Option<u128> {
    let hex = text.strip_prefix("rec_").filter(|hex| hex.len() == 32)?;
    u128::from_str_radix(hex, 16).ok()
}
