//! Datasets, and evaluations of them: how large they may be, and how much these may do.

use crate::settings::datasets::DatasetBlock;
use crate::settings::evaluations::EvaluationBlock;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluationSettings {
    /// Evaluations that wait or run at a time.
    pub max_open: usize,
    /// Of those, evaluations with keys of one organization.
    pub max_open_per_organization: usize,
    /// Evaluations that one gateway runs at a time, each of another organization.
    pub max_running: usize,
    /// Seconds after which one lets another go on.
    pub turn_seconds: u64,
    /// Calls of one evaluation at a time.
    pub max_concurrency: usize,
    /// Items times models of one evaluation.
    pub max_calls: usize,
    /// Days that one is kept after it is over.
    pub retention_days: u64,
}

pub(super) fn evaluations(block: &EvaluationBlock) -> EvaluationSettings {
    EvaluationSettings {
        max_open: block.max_open.value.size(),
        max_open_per_organization: block.max_open_per_organization.value.size(),
        max_running: block.max_running.value.size(),
        turn_seconds: block.turn_seconds.value.get(),
        max_concurrency: block.max_concurrency.value.size(),
        max_calls: block.max_calls.value.size(),
        retention_days: block.retention_days.value.get(),
    }
}

/// How large datasets may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatasetSettings {
    /// Items of one.
    pub max_items: usize,
    /// Bytes of those, as they are stored.
    pub max_bytes: u64,
}

pub(super) fn datasets(block: &DatasetBlock) -> DatasetSettings {
    DatasetSettings { max_items: block.max_items.value.size(), max_bytes: block.max_bytes.value.get() }
}
