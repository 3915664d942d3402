//! What an evaluation is to do, and how far it is: as it is stored beside its results.

use super::checks::CheckSpec;
use gw_model::{Micros, NanoUsd};
use gw_store::StoreError;
use gw_store::types::{EvaluationState, StoredEvaluation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A model that items are put to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// What it is called in results; the model's name unless given.
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) model: String,
    /// Members that take the place of those of the request, such as `temperature`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) parameters: Map<String, Value>,
}

/// What is to be done, and how far it is. Stored as JSON: members are added, never changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) dataset_id: String,
    pub(crate) dataset_name: String,
    /// Whose calls the dataset was collected from.
    pub(crate) origins: String,
    pub(crate) targets: Vec<Target>,
    pub(crate) checks: Vec<CheckSpec>,
    /// Whose calls they are.
    pub(crate) key_id: String,
    /// Who gave that key.
    #[serde(default)]
    pub(crate) key_by: String,
    /// The organization of that key.
    pub(crate) organization: Option<String>,
    /// Where whoever wanted it came from.
    pub(crate) from: String,
    /// Most that all calls and judges may cost.
    pub(crate) budget: u64,
    pub(crate) concurrency: usize,
    /// Items that are put to each model.
    pub(crate) items: usize,
    /// Most of them, as somebody said.
    pub(crate) max_items: Option<usize>,
    /// Who asked for it.
    pub(crate) by: String,
    pub(crate) created_at: Micros,
    pub(crate) started_at: Option<Micros>,
    pub(crate) ended_at: Option<Micros>,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) errors: usize,
    /// What calls and judges cost so far.
    pub(crate) spent: u64,
    /// How often it was cut: its gateway ended, or fell silent.
    pub(crate) interruptions: u32,
    /// Items without an answer are tried again.
    pub(crate) redo: bool,
    /// Up to there that was done already: the last item that was begun for it, and the number of the model.
    pub(crate) redo_after: Option<(String, usize)>,
    /// Why it ended before its time.
    pub(crate) error: Option<String>,
}

impl Job {
    /// Items times models.
    pub(crate) fn total(&self) -> usize {
        self.items.saturating_mul(self.targets.len())
    }

    pub(crate) const fn budget(&self) -> NanoUsd {
        NanoUsd(self.budget)
    }
}

/// An evaluation, read.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation {
    pub(crate) stored: StoredEvaluation,
    pub(crate) job: Job,
}

impl Evaluation {
    pub(super) fn read(stored: StoredEvaluation) -> Result<Self, StoreError> {
        let damaged = |_| StoreError::Damaged { what: "an evaluation" };
        let job = serde_json::from_str(&stored.job).map_err(damaged)?;
        Ok(Self { stored, job })
    }

    /// As it is to be stored next.
    pub(super) fn next(
        &self,
        state: EvaluationState,
        node: u64,
        now: Micros,
    ) -> Result<StoredEvaluation, StoreError> {
        let damaged = |_| StoreError::Damaged { what: "an evaluation" };
        let job = serde_json::to_string(&self.job).map_err(damaged)?;
        let revision = self.stored.revision + 1;
        Ok(StoredEvaluation { state, node, touched_at: now, revision, job, ..self.stored.clone() })
    }
}
