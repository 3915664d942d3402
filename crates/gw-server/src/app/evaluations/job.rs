//! What an evaluation is to do, and how far it is: as it is stored beside its results.

use super::checks::CheckSpec;
use gw_model::{Micros, NanoUsd};
use gw_store::StoreError;
use gw_store::types::{EvaluationState, ResultFigures, StoredEvaluation, Verdict};
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

    /// Is what is known of an item with a model to be found out anew?
    pub(super) fn does_again(&self, known: &ResultFigures) -> bool {
        match known.verdict {
            Verdict::Begun => true,
            // An error that came of trying again is not tried again in the next turn.
            Verdict::Error if self.redo => self.redo_after.as_ref().is_none_or(|(item, number)| {
                (known.item.to_string(), usize::try_from(known.target).unwrap_or_default())
                    > (item.clone(), *number)
            }),
            Verdict::Error | Verdict::Passed | Verdict::Failed => false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use gw_store::types::ItemId;

    fn known(item: u128, target: i16, verdict: Verdict) -> ResultFigures {
        ResultFigures {
            item: ItemId(item),
            target,
            verdict,
            score: None,
            cost: NanoUsd(0),
            total_us: None,
            input_tokens: 0,
            output_tokens: 0,
            tries: 1,
            request: None,
            source: None,
            scored: 0,
        }
    }

    #[test]
    fn errors_are_tried_again_once_where_somebody_asks_for_it() {
        let plain = Job::default();
        assert!(plain.does_again(&known(1, 0, Verdict::Begun)));
        for verdict in [Verdict::Error, Verdict::Passed, Verdict::Failed] {
            assert!(!plain.does_again(&known(1, 0, verdict)), "{verdict:?}");
        }
        let first = Job { redo: true, ..Job::default() };
        assert!(first.does_again(&known(1, 0, Verdict::Error)));
        assert!(!first.does_again(&known(1, 0, Verdict::Failed)));
        let later = Job { redo_after: Some((ItemId(5).to_string(), 1)), ..first };
        for (item, target, again) in
            [(4, 3, false), (5, 0, false), (5, 1, false), (5, 2, true), (6, 0, true), (300, 0, true)]
        {
            assert_eq!(later.does_again(&known(item, target, Verdict::Error)), again, "{item} {target}");
        }
    }
}
