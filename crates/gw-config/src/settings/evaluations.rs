//! Evaluations of datasets: how much they may do.

use crate::shape::{Whole, settings};

settings! {
    /// Evaluations of datasets (docs/guides/evaluations.md).
    pub struct EvaluationBlock {
        /// Evaluations that wait or run at a time. Each gateway runs one after the other.
        default(200) max_open: Whole<1, 10_000>,
        /// Calls of one evaluation at a time, at most.
        default(8) max_concurrency: Whole<1, 32>,
        /// Items times models of one evaluation, at most.
        default(10_000) max_calls: Whole<1, 200_000>,
        /// Days that an evaluation is kept after it is over, with its results.
        default(90) retention_days: Whole<1, 3_650>,
    }
}
