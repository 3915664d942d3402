//! Evaluations of datasets: how much they may do.

use crate::settings::evaluations::EvaluationBlock;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluationSettings {
    /// Evaluations that wait or run at a time.
    pub max_open: usize,
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
        max_concurrency: block.max_concurrency.value.size(),
        max_calls: block.max_calls.value.size(),
        retention_days: block.retention_days.value.get(),
    }
}
