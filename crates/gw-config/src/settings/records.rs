//! What is written down of calls, and for how long.

use super::exports::S3Block;
use crate::shape::{Text, Whole, choices, settings};

settings! {
    /// Records of calls (docs/guides/records.md).
    pub struct RecordSettings {
        /// What records say of the address that a call came from: `off` (nothing), `network` (the first 24 bits of an IPv4 address, 48 of an IPv6 one), or `full`.
        default("off") client_ip: ClientIpName,
        /// How much is written down of a call where nobody whom it counts for says anything: `off` (only what money, limits and reports need), `metadata` (without its texts), `redacted` (its bodies too, with personal data and credentials masked) or `full` (its bodies).
        default("metadata") logging: LoggingName,
        /// The most that keys, teams, projects, organizations and others may ask for with `logging`. As `logging` when not given.
        optional max_logging: LoggingName,
        /// Most bytes of a request's or an answer's body that are kept; of a larger one that is not to be masked, the beginning.
        default(65_536) max_body_bytes: Whole<1_024, 67_108_864>,
        /// Days that bodies are kept.
        default(30) body_retention_days: Whole<1, 3_650>,
        /// Bytes of bodies that may wait to be written; what comes beyond is dropped and counted. Read at start.
        default(67_108_864) body_queue_bytes: Whole<1_048_576, 10_737_418_240>,
        /// Where bodies are kept: in `files` of the data directory, in object storage (`s3`), or in the `database`. Those that are kept already stay where they are, and are read there. When nothing is given, `files` where the database is an SQLite file, `database` where it is in memory (nothing else is possible there) or in PostgreSQL: there, other nodes see bodies in files only where `bodies_directory` is shared. Read at start.
        optional bodies_in: BodiesInName,
        /// Directory of files of bodies, where the database is PostgreSQL; nodes may share it. `bodies` in the data directory when not given. Read at start.
        optional bodies_directory: Text,
        /// Bytes of a file of bodies; then the next one is begun. Read at start.
        default(67_108_864) body_segment_bytes: Whole<1_048_576, 1_073_741_824>,
        /// Bucket of bodies, for `bodies_in: s3` and for as long as bodies stand there. Its `prefix` is this installation's alone. Read at start.
        optional s3: S3Block,
        /// Seconds after which a file of bodies is sent to object storage although it is not full; other nodes see its bodies from then on. What is to go early is overwritten there within that time too. Read at start.
        default(60) body_upload_seconds: Whole<1, 86_400>,
        /// Bytes of files of bodies that may wait to be sent to object storage; what comes beyond is dropped and counted. With `bodies_in: s3`, at least `body_segment_bytes`. Read at start.
        default(1_073_741_824) body_spool_bytes: Whole<1_048_576, 1_099_511_627_776>,
        /// Days that records are kept. For ever when not given. Sums of usage and spending stay. Read at start.
        optional retention_days: Whole<1, 36_500>,
        /// Most readers that may follow records live at one node at the same time. Read at start.
        default(32) max_tail_readers: Whole<1, 1_000>,
        /// Most bytes of bodies, as they are stored, that are read at once for lists that look into them, for datasets and for exports: a page ends there, whatever its `limit`. Read at start.
        default(16_777_216) max_page_bytes: Whole<65_536, 1_073_741_824>,
    }
}

choices! {
    /// How much is written down.
    pub enum LoggingName {
        /// Only what is needed.
        Off = "off",
        /// No texts.
        Metadata = "metadata",
        /// Masked texts.
        Redacted = "redacted",
        /// Everything.
        Full = "full",
    }
}

choices! {
    /// Where bodies are kept.
    pub enum BodiesInName {
        /// In the data directory.
        Files = "files",
        /// In object storage.
        S3 = "s3",
        /// With the records.
        Database = "database",
    }
}

choices! {
    /// What is kept of a client's address.
    pub enum ClientIpName {
        /// Nothing.
        Off = "off",
        /// The network.
        Network = "network",
        /// All of it.
        Full = "full",
    }
}
