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
        /// Most connections to PostgreSQL at the same time, where `database_url` names it; one more listens.
        default(8) database_max_connections: Whole<2, 100>,
        /// How often records are written, in milliseconds.
        default(200) batch_interval_ms: Whole<10, 1_000>,
        /// Days that stored responses are kept: those that the gateway stores itself, and whose those are that providers store.
        default(30) response_retention_days: Whole<1, 3_650>,
        /// Largest conversation that the gateway stores itself for providers that store none, in bytes of the request.
        default(16_777_216) max_stored_response_bytes: Whole<1_024, 1_073_741_824>,
        /// Files, batches and stored responses whose owner is kept in memory too; about 300 bytes each.
        default(65_536) object_memory_entries: Whole<1_024, 100_000_000>,
        /// Bytes of stored responses that may wait to be written; what comes beyond is refused with 503.
        default(134_217_728) object_queue_bytes: Whole<1_048_576, 10_737_418_240>,
        /// Most answers of the admin API that are kept for a day, to be given again for the same `Idempotency-Key`. The oldest goes first.
        default(10_000) idempotency_entries: Whole<1, 1_000_000>,
        /// Days that entries of the audit log are kept. For ever when not given.
        optional audit_retention_days: Whole<1, 36_500>,
        /// Most refused credentials of the admin API that the audit log tells of in a minute; the others are counted.
        default(60) audit_refusals_per_minute: Whole<1, 100_000>,
    }
}
