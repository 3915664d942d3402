//! Journal and store.

use crate::shape::{Whole, settings};

settings! {
    /// Journal and store.
    pub struct StorageSettings {
        /// Size of one journal segment, in bytes. Segments are allocated ahead.
        default(16_777_216) journal_segment_bytes: Whole<1_048_576, 1_073_741_824>,
        /// Disk space kept for the calls in flight when the disk fills, in bytes.
        default(33_554_432) journal_reserve_bytes: Whole<1_048_576, 10_737_418_240>,
        /// How often the journal is forced to disk, in milliseconds; what a power cut (not a crash of the program) can lose. 0 leaves it to the system.
        default(1_000) fsync_interval_ms: Whole<0, 60_000>,
        /// Most records that are written in one transaction.
        default(1_000) batch_max_records: Whole<1, 100_000>,
        /// How often records are written, in milliseconds.
        default(200) batch_interval_ms: Whole<10, 1_000>,
    }
}
