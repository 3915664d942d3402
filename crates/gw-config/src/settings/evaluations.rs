//! Evaluations of datasets: how much they may do.

use crate::shape::{Whole, settings};

settings! {
    /// Evaluations of datasets (docs/guides/evaluations.md).
    pub struct EvaluationBlock {
        /// Evaluations that wait or run at a time, at all gateways together.
        default(200) max_open: Whole<1, 10_000>,
        /// Of those, evaluations with keys of one organization.
        default(50) max_open_per_organization: Whole<1, 10_000>,
        /// Evaluations that one gateway runs at a time, each with keys of another organization. Those of one organization come
        /// one after the other.
        default(4) max_running: Whole<1, 32>,
        /// Seconds after which an evaluation lets one of another organization go on that waits for a place.
        default(60) turn_seconds: Whole<1, 86_400>,
        /// Calls of one evaluation at a time, at most.
        default(8) max_concurrency: Whole<1, 32>,
        /// Items times models of one evaluation, at most.
        default(10_000) max_calls: Whole<1, 200_000>,
        /// Days that an evaluation is kept after it is over, with its results.
        default(90) retention_days: Whole<1, 3_650>,
    }
}
