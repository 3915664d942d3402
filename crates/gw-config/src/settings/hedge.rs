//! Hedging of a model alias: a second target is asked while the first is silent.

use crate::shape::{Whole, choices, settings};

settings! {
    /// A second target is asked while the first is silent; the first good answer is taken.
    pub struct HedgeSettings {
        /// How long the first target may be silent, in milliseconds. In place of `after`.
        optional after_ms: Whole<1, 600_000>,
        /// How long it may be silent by its own latest answers: `p90`, `p95` or `p99` of them came sooner. `p95` unless `after_ms` is given.
        optional after: AfterName,
        /// For `after`: the shortest time, in milliseconds; 50 unless given.
        optional min_ms: Whole<1, 600_000>,
        /// For `after`: the longest time, in milliseconds, and the time of a deployment of which fewer than 20 answers are known; 10000 unless given.
        optional max_ms: Whole<1, 600_000>,
        /// Most requests of a hundred that are hedged.
        default(5) max_percent: Whole<1, 100>,
        /// Hedges that may come at once, before `max_percent` counts.
        default(3) burst: Whole<1, 1_000>,
        /// Most further targets that one request is sent to, each after another such time.
        default(1) attempts: Whole<1, 3>,
    }
}

choices! {
    /// Which of its latest answers a deployment is measured by.
    pub enum AfterName {
        /// Nine of ten came sooner.
        P90 = "p90",
        /// Nineteen of twenty came sooner.
        P95 = "p95",
        /// Ninety-nine of a hundred came sooner.
        P99 = "p99",
    }
}
