//! Datasets: how large they may be.

use crate::shape::{Whole, settings};

settings! {
    /// Datasets (docs/guides/datasets.md).
    pub struct DatasetBlock {
        /// Items of one dataset, at most.
        default(20_000) max_items: Whole<1, 1_000_000>,
        /// Bytes of the items of one dataset, at most, as they are stored: compressed and sealed. An item alone has at most 1 MiB.
        default(268_435_456) max_bytes: Whole<1_048_576, 1_099_511_627_776>,
    }
}
